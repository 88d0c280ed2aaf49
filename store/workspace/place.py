"""Placing attachments: streamed to a name of their own, durable, and only then in their place."""

import filecmp
import os
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from uuid import uuid4

from schemas.errors import Transient
from store.database import Store
from store.keys import Key
from store.workspace import attached, files, layout
from store.workspace.beside import FOLDER

INCOMING = ".incoming"
FORGOTTEN = timedelta(days=1)
"""After so long what is incoming belongs to somebody who was killed."""


def receive(root: Path, source: str, pieces: Iterable[bytes], now: datetime) -> Path:
    """Streams a file below the source's folder; where it is. A stream that breaks leaves nothing.

    Raises what the stream raises, and Transient when the disk refuses.
    """
    nest = root / layout.source_folder(source) / INCOMING
    draft = nest / uuid4().hex
    try:
        nest.mkdir(parents=True, exist_ok=True)
        _tidy(nest, now)
        with draft.open("xb") as handle:
            for piece in pieces:
                handle.write(piece)
            handle.flush()
            os.fsync(handle.fileno())
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise _refused(nest, error) from error
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    return draft


def put(store: Store, root: Path, key: Key, draft: Path, name: str, id_: str) -> str:
    """Moves a received file beside its ticket's; the name it has there.

    Nothing that lies there is replaced, but what is the same file counts as placed.
    """
    folder = root / layout.source_folder(key[0])
    try:
        with files.only_writer(folder):
            with store.read() as connection:
                ticket = attached.folder_of(connection, key)
            if ticket is None:
                raise Transient(f"{key[0]}: the folder of ticket {key[1]} is not written yet")
            target = folder / ticket / FOLDER
            target.mkdir(parents=True, exist_ok=True)
            found = _link(draft, target, name, id_)
            files.settle([target, target.parent])
    except OSError as error:
        raise _refused(folder, error) from error
    finally:
        draft.unlink(missing_ok=True)
    return found


def _link(draft: Path, target: Path, name: str, id_: str) -> str:
    for one in _names(name, id_):
        try:
            os.link(draft, target / one)
        except FileExistsError:
            if not filecmp.cmp(draft, target / one, shallow=False):
                continue
        return one
    raise AssertionError("there are endless names")


def _names(name: str, id_: str) -> Iterator[str]:
    yield name
    apart = Path(attached.named_apart(name, id_))
    yield apart.name
    for number in count(2):
        yield f"{apart.stem}-{number}{apart.suffix}"


def _tidy(nest: Path, now: datetime) -> None:
    oldest = (now - FORGOTTEN).timestamp()
    for one in nest.iterdir():
        if one.stat().st_mtime < oldest:
            one.unlink(missing_ok=True)


def _refused(folder: Path, error: OSError) -> Transient:
    return Transient(f"[workspace] path: cannot write {folder}: {error.strerror}")
