"""The invented harbour office: who works there and what goes wrong."""

from __future__ import annotations

PEOPLE = (
    ("ana.ortiz", "Ana Ortiz"),
    ("ben.okafor", "Ben Okafor"),
    ("chiara.rossi", "Chiara Rossi"),
    ("dmitri.volkov", "Дмитрий Волков"),
    ("emi.sato", "佐藤 恵美"),
    ("jorg.weiss", "Jörg Weiß"),
)
LABELS = ("berth", "customs", "refunds", "paperwork", "nightshift", "Übersetzung", "p2")
COMPONENTS = ("Gate", "Crane", "Billing")
VERSIONS = ("Harbour 1.4", "Harbour 1.5", "Winter schedule")
SPRINTS = ("Harbour Sprint 7", "Harbour Sprint 8")

THINGS = (
    "berth planner",
    "crane dashboard",
    "customs form",
    "invoice export",
    "tide table",
    "truck gate",
    "container list",
    "pilot booking",
    "café billing",
    "weather feed",
)
TROUBLES = (
    "shows yesterday twice",
    "loses the last line",
    "is slow after midnight",
    "rounds the wrong way",
    "forgets the time zone",
    "prints broken umlauts",
    "refuses long names",
    "asks for the password again",
)
BODIES = (
    "Seen on the {thing} this morning.\n\nExpected: it simply works.",
    "The {thing} was fine last week. Since the update it is not.",
    "A captain called about the {thing}. 港の担当者も同じ問題を見ました。",
    "First open the page, then wait, then look at the {thing}.\n\nIt happens every time.",
    "",
)
REMARKS = (
    "Reproduced on the second terminal.",
    "Same here, but only with two ships.",
    "I will look at it tomorrow.",
    "Könnte am neuen Kran liegen 🤔",
    "Fixed in the branch, please try.",
    "Not fixed: it came back this morning.",
    "Thanks! Works now ✅",
    "Asked the supplier.\n\nWaiting for an answer.",
)
