"""A tracker's files as they are brought in tests, and where they end."""

from collections.abc import Iterator
from pathlib import Path

from schemas.errors import TooLarge
from schemas.ticket import Attachment
from store.database import Store
from store.tables import tickets
from tests.builders import SOURCE, Clock, a_work, an_issue, issue_webhook
from tests.workers.draining import drained
from workers.attachments import bring
from workers.render import render
from workers.work import Work

MB = 1_000_000
LOG = Attachment(id="7", name="boot log.txt", url="https://files.test/7", size=5)


class Files:
    """A tracker's files by address; an exception is raised instead."""

    def __init__(self, **by_id: object) -> None:
        self.held = {f"https://files.test/{key.lstrip('_')}": one for key, one in by_id.items()}
        self.asked: list[str] = []

    def connect(self, source: object) -> "Files":
        return self

    def close(self) -> None:
        """Nothing is open."""

    def download(self, url: str, *, largest: int | None = None) -> Iterator[bytes]:
        self.asked.append(url.rpartition("/")[2])
        found = self.held[url]
        if isinstance(found, Exception):
            raise found
        got = 0
        for piece in found:
            if isinstance(piece, Exception):
                raise piece
            got += len(piece)
            if largest is not None and got > largest:
                raise TooLarge("larger")
            yield piece


def with_files(store: Store, *found: Attachment, number: int = 12, updated: float = 0) -> None:
    """A ticket of the store with these attachments."""
    drained(store, issue_webhook(an_issue(number, title="T", updated=updated)))
    stored = [one.model_dump(mode="json", exclude_none=True) for one in found]
    with store.write() as connection:
        connection.execute(
            tickets.update()
            .where(tickets.c.external_id == str(number))
            .values(attachments=stored, render_due=tickets.c.render_due + 1)
        )


def work_of(store: Store, root: Path, files: Files, clock: Clock, largest: int | None = MB) -> Work:
    return a_work(
        store, connect=files.connect, now=clock, workspace=root / "tickets", attachments=largest
    )


def went(work: Work) -> int:
    """Renders, brings, renders; how many were settled."""
    render(work, [SOURCE])
    settled = bring(work, [SOURCE])
    render(work, [SOURCE])
    return settled


def folder(root: Path, name: str = "12_t") -> Path:
    return root / "tickets" / SOURCE / name


def names(root: Path) -> list[str]:
    return sorted(one.name for one in (folder(root) / "attachments").iterdir())
