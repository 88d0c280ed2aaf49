"""The invented shop: who works there and what goes wrong. Non-ASCII and CRLF on purpose."""

from __future__ import annotations

PEOPLE = (
    ("mara-lind", "Mara Lind"),
    ("tomasz-wrona", "Tomasz Wrona"),
    ("aiko-hayashi", "林 愛子"),
    ("jurgen-koch", "Jürgen Koch"),
    ("noor-haddad", "Noor Haddad"),
    ("pilar-munoz", "Pilar Muñoz"),
)

VISITORS = (("old-customer", "A customer"), ("drive-by-dan", "Dan"))

LABELS = (
    ("bug", "d73a4a", "Something is broken"),
    ("enhancement", "a2eeef", "New wish"),
    ("priority: high", "b60205", None),
    ("area/checkout", "1d76db", "Basket, payment, receipt"),
    ("area/warehouse", "0e8a16", None),
    ("good first issue", "7057ff", "For newcomers"),
    ("Übersetzung", "fbca04", "Texte und Sprachen"),
)

MILESTONES = (
    ("Spring sale", "Everything the sale needs"),
    ("v2.4", "Checkout rework"),
    ("Umzug Lager Süd", None),
)

ISSUE_TYPES = (
    ("Task", "A specific piece of work", "yellow"),
    ("Bug", "An unexpected problem or behavior", "red"),
    ("Feature", "A request, idea, or new functionality", "blue"),
)

ISSUE_FIELDS = (
    ("Priority", "single_select", ("Urgent", "High", "Medium", "Low")),
    ("Target date", "date", ()),
    ("Effort", "number", ()),
    ("Customer", "text", ()),
)

THINGS = (
    "barcode scanner",
    "basket page",
    "gift card field",
    "invoice PDF",
    "stock counter",
    "search box",
    "return form",
    "price tag printer",
    "newsletter sign-up",
    "café till",
    "login with ☕ in the name",
    "délai de livraison",
)

TROUBLES = (
    "drops every third item",
    "shows the wrong currency",
    "is slow on Mondays",
    "forgets what was typed",
    "prints umlauts as ï¿½",
    "answers 500 after midnight",
    "ignores the discount",
    "cannot be closed on a phone",
    "counts twice",
    "does not work — at all",
)

BODIES = (
    "Steps:\r\n1. open the page\r\n2. wait\r\n3. look at the {thing}\r\n\r\nExpected: it works.",
    "The {thing} was fine last week. Since the update it is not.\n\n- [ ] reproduce\n- [ ] fix",
    "A customer called about the {thing}. 日本語の注文だけ失敗します。",
    "```\nTraceback (most recent call last):\n  shop/{thing}.py\nKeyError: 'price'\n```",
    "See the photo. The {thing} says “NaN €”.",
    "",
)

REMARKS = (
    "Reproduced on the second till.",
    "Same here.\r\nOnly with two items in the basket.",
    "I will look at it tomorrow.",
    "Könnte am neuen Drucker liegen 🤔",
    "Fixed in the branch, please try.",
    "Not fixed: it came back this morning.",
    "Thanks! Works now ✅",
    "Asked the supplier, waiting for an answer.",
)
