"""The invented shop at Linear, and how Linear rewrites the text it is given."""

from __future__ import annotations

import re

PEOPLE = (
    ("mara.lind", "Mara Lind"),
    ("tomasz.wrona", "Tomasz Wrona"),
    ("aiko", "林 愛子"),
    ("jurgen", "Jürgen Koch"),
    ("noor", "Noor Haddad"),
    ("pilar", "Pilar Muñoz"),
)

STATES = (
    ("Triage", "triage", "#fc7840"),
    ("Backlog", "backlog", "#bec2c8"),
    ("Todo", "unstarted", "#e2e2e2"),
    ("In Progress", "started", "#f2c94c"),
    ("In Review", "started", "#0f783c"),
    ("Done", "completed", "#5e6ad2"),
    ("Canceled", "canceled", "#95a2b3"),
    ("Duplicate", "duplicate", "#95a2b3"),
)

LABELS = (
    ("Bug", "#eb5757", "Something is broken"),
    ("Feature", "#bb87fc", None),
    ("Improvement", "#4ea7fc", "Better than before"),
    ("Übersetzung", "#fbca04", "Texte und Sprachen"),
)

GROUP = ("Area", ("Checkout", "Warehouse", "Shop floor"))

MILESTONES = (("Spring sale", "2027-03-01"), ("Kassenumbau", "2027-06-30"))

THINGS = (
    "barcode scanner",
    "basket page",
    "gift card field",
    "invoice PDF",
    "stock counter",
    "search box",
    "return form",
    "price tag printer",
    "café till",
    "délai de livraison",
)

TROUBLES = (
    "drops every third item",
    "shows the wrong currency",
    "is slow on Mondays",
    "forgets what was typed",
    "answers 500 after midnight",
    "ignores the discount",
    "cannot be closed on a phone",
    "counts twice",
    "does not work — at all",
)

BODIES = (
    "The {thing} was fine last week. Since the update it is not.",
    "A customer called about the {thing}. 日本語の注文だけ失敗します。",
    "See the photo. The {thing} says “NaN €”.\n\nExpected: it works.",
    "Nobody on the late shift can use the {thing}.\n\nThe early shift can.",
    "",
)

REMARKS = (
    "Reproduced on the second till.",
    "Same here, only with two items in the basket.",
    "I will look at it tomorrow.",
    "Könnte am neuen Drucker liegen 🤔",
    "Fixed in the branch, please try.",
    "Not fixed: it came back this morning.",
    "Thanks! Works now ✅",
    "Asked the supplier, waiting for an answer.",
)

_COMMENT = re.compile(r"[ \t]*<!--.*?-->[ \t]*\n?", re.DOTALL)
_BULLET = re.compile(r"(?m)^([ \t]*)[-+] (?!\[[ xX]\] )")


def normal(text: str | None) -> str:
    """As it is read back: texts are kept rich, so that list marks are unified and comments lost."""
    plain = (text or "").replace("\r\n", "\n").replace("\r", "\n")
    plain = _BULLET.sub(r"\1* ", _COMMENT.sub("", plain))
    return "\n".join(line.rstrip() for line in plain.split("\n")).strip("\n")
