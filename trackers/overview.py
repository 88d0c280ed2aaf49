"""What each tracker can do, as one page: `./run trackers > docs/trackers.md`.

It is read off the register, so it cannot promise what is not there; a test holds the page to it.
"""

from collections.abc import Callable, Iterable

from trackers.base import Capabilities, Tracker

_TITLE = """# Trackers

What ticketsync can do with each of them. The table is made from the register by
`./run trackers`; each tracker has a page of its own: {pages}.
Rich text: see [text.md](text.md).

"""
_LINKS = ("parent", "child", "blocks", "blocked_by", "duplicates", "duplicated_by", "relates")
Cell = Callable[[Capabilities], str]


def _yes(value: object) -> str:
    return "yes" if value else "no"


def _listed(words: Iterable[str]) -> str:
    return ", ".join(words) or "none"


def _told(parts: Iterable[str]) -> str:
    return _listed(_PARTS[one] for one in _PARTS if one in set(parts))


_PARTS = {
    "core": "tickets",
    "comments": "comments",
    "comment_gone": "deleted comments",
    "links": "links",
    "definitions": "labels and their like",
    "gone": "deleted tickets",
}
_ROWS: tuple[tuple[str, Cell], ...] = (
    ("webhook proof", lambda can: _listed(can.schemes)),
    ("answer to a delivery", lambda can: str(can.ack_status)),
    ("polled by the reconciler", lambda can: _yes(can.polls)),
    ("webhooks tell every change of", lambda can: _told(can.tells)),
    ("activity list", lambda can: _yes(can.activity)),
    ("unchanged lists are free", lambda can: _yes(can.conditional)),
    ("webhook registered by us", lambda can: _yes(can.hooks_api)),
    ("failed deliveries sent again", lambda can: _yes(can.redelivers)),
    ("history from the tracker", lambda can: _yes(can.history)),
    ("deleted tickets can return", lambda can: _yes(can.restorable)),
    ("rich text", lambda can: can.text),
    ("fields written", lambda can: _listed(sorted(can.writes))),
    ("comments written", lambda can: _listed(sorted(can.comments))),
    ("links written", lambda can: _listed(one for one in _LINKS if one in can.links)),
    ("files uploaded", lambda can: _yes(can.uploads)),
    ("custom fields mapped", lambda can: _yes(can.custom_fields)),
    ("sign in with OAuth", lambda can: _yes(can.oauth)),
    ("usual token variables", lambda can: _listed(f"`{one}`" for one in can.token_variables)),
)


def page(trackers: Iterable[Tracker]) -> str:
    """The whole page."""
    known = list(trackers)
    pages = ", ".join(f"[{one.name}]({one.name}.md)" for one in known)
    rows = [_line("", [one.name for one in known]), _line("---", ["---"] * len(known))]
    rows += [_line(name, [cell(one.capabilities) for one in known]) for name, cell in _ROWS]
    return _TITLE.format(pages=pages) + "\n".join(rows) + "\n"


def _line(name: str, cells: Iterable[str]) -> str:
    return f"| {name} | {' | '.join(cells)} |"
