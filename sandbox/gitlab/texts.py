"""The invented boatyard: who works there and what goes wrong. Non-ASCII on purpose."""

from __future__ import annotations

PEOPLE = (
    ("ewa.nowak", "Ewa Nowak"),
    ("sven-borg", "Sven Borg"),
    ("yuki.tanaka", "田中 由紀"),
    ("rosa.lima", "Rosa Lima"),
    ("omar.said", "Omar Saïd"),
)
VISITORS = (("harbour.guest", "A guest"),)
LABELS = (
    ("bug", "#d9534f", "Something is broken"),
    ("wish", "#5cb85c", None),
    ("priority::1", "#cc0033", "Now"),
    ("priority::3", "#eee600", None),
    ("severity::2", "#ed9121", None),
    ("customer::Nordlicht", "#6699cc", "A customer"),
    ("Rumpf & Kiel", "#8fbc8f", "Holz und Stahl"),
)
GROUP_LABELS = (("fleet", "#330066", "For every yard"),)
MILESTONES = (("Launch", "The first boat"), ("2026.12", None))
ITERATIONS = (("2026-11-09", "2026-11-22", None), ("2026-11-23", "2026-12-06", "Winter"))
THINGS = (
    "tide table",
    "mooring planner",
    "invoice page",
    "paint calculator",
    "radio log",
    "crane booking",
    "café till",
    "weather panel",
)
TROUBLES = (
    "forgets the last entry",
    "is slow on Mondays",
    "shows yesterday",
    "counts twice",
    "loses umlauts",
    "cannot be closed",
)
BODIES = (
    "The {thing} was fine last week. Since the update it is not.",
    "A customer called about the {thing}.\n\nIt happens every evening.",
    "Please look at the {thing} when there is time. 潮汐が違います。",
    "",
)
REMARKS = (
    "Reproduced on the second screen.",
    "I will look at it tomorrow.",
    "Fixed in the branch, please try.",
    "It came back this morning.\n\nOnly with two boats.",
    "Könnte am neuen Drucker liegen.",
)
