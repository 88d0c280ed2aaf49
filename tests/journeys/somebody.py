"""Somebody at a tracker: the same deeds at each of the five, as its own people would do them."""

import json
from typing import Any

from tests.mirroring import Mirroring

LABELS = ("red", "blue")
STONE = "v1.0"
DUE = "2027-03-01"
WORDS = ("Steps", "first", "second", "run --all", "See")
"""What the rich text says at every tracker."""

_MARKDOWN = "Steps for @{who}:\n\n- first\n- second\n\n```\nrun --all\n```\n\nSee {other}"
_HTML = (
    "<div>Steps:</div><ul><li>first</li><li>second</li></ul><pre><code>run --all</code></pre>"
    "<div>See #{other}</div>"
)


class Somebody:
    """One person at one source. A ticket is named as the tracker's own acts name it."""

    who = "somebody"

    def __init__(self, scene: Mirroring, source: str) -> None:
        self.acts: Any = scene.stands[source].running.site.acts

    def open(self, title: str) -> Any:
        """A ticket with little in it."""
        return self.key(self.acts.open(title))

    def rich(self, title: str, other: Any) -> Any:
        """A ticket with all that the tracker has; its text names `other`, a ticket here."""
        raise NotImplementedError

    def key(self, made: Any) -> Any:
        return made.number

    def markdown(self, other: Any) -> str:
        return _MARKDOWN.format(who=self.who, other=other)

    def retitle(self, key: Any, title: str) -> None:
        self.acts.edit(key, title=title)

    def green(self, key: Any) -> None:
        """One label more."""
        self.acts.label(key, "green")

    def rewrite(self, key: Any, old: str, new: str) -> None:
        """Other words in the text, and nothing else in it."""
        self.acts.edit(key, body=self.acts.issue(key).body.replace(old, new))


class AtGitHub(Somebody):
    who = "mara-lind"

    def rich(self, title: str, other: Any) -> Any:
        self.acts.create_milestone(STONE)
        body = self.markdown(f"#{other}")
        return self.key(self.acts.open(title, body, LABELS, [self.who], STONE, "Bug"))


class AtGitLab(Somebody):
    who = "ewa.nowak"

    def key(self, made: Any) -> Any:
        return made.iid

    def rich(self, title: str, other: Any) -> Any:
        stone = self.acts.create_milestone(STONE)
        body = self.markdown(f"#{other}")
        more = {"weight": 3, "estimate": 7_200, "due_date": DUE, "milestone_id": stone.id}
        return self.key(self.acts.open(title, body, LABELS, [self.who], **more))

    def rewrite(self, key: Any, old: str, new: str) -> None:
        self.acts.edit(key, description=self.acts.issue(key).description.replace(old, new))


class AtJira(Somebody):
    who = "ana.ortiz"

    def key(self, made: Any) -> Any:
        return made.key

    def rich(self, title: str, other: Any) -> Any:
        made = self.acts.open(title, "", list(LABELS), [self.who], "Bug")
        fields = {"description": _document(other), "duedate": DUE}
        self.acts.edit(made.key, fields=fields)
        self.acts.prioritise(made.key, "High")
        self.acts.estimate(made.key, 3.0)
        return self.key(made)

    def rewrite(self, key: Any, old: str, new: str) -> None:
        text = json.dumps(self.acts.issue(key).description).replace(old, new)
        self.acts.edit(key, fields={"description": json.loads(text)})


class AtLinear(Somebody):
    who = "mara.lind"

    def key(self, made: Any) -> Any:
        return made.identifier

    def rich(self, title: str, other: Any) -> Any:
        for name in LABELS:
            self.acts.create_label(name)
        made = self.acts.open(title, self.markdown(other), list(LABELS), [self.who])
        self.acts.edit(made.identifier, priority=2, estimate=3, due=DUE)
        return self.key(made)

    def green(self, key: Any) -> None:
        self.acts.create_label("green")
        super().green(key)

    def rewrite(self, key: Any, old: str, new: str) -> None:
        self.acts.edit(key, body=self.acts.issue(key).description.replace(old, new))


class AtAzure(Somebody):
    who = "mara@shop.example"
    text = "System.Description"

    def key(self, made: Any) -> Any:
        return made.id

    def open(self, title: str) -> Any:
        return self.key(self.acts.open(title, kind="User Story"))

    def rich(self, title: str, other: Any) -> Any:
        made = self.acts.open(title, "", "User Story", list(LABELS), self.who)
        fields = {
            self.text: _HTML.format(other=other),
            "Microsoft.VSTS.Common.Priority": 1,
            "Microsoft.VSTS.Scheduling.StoryPoints": 3.0,
            "Microsoft.VSTS.Scheduling.DueDate": f"{DUE}T00:00:00Z",
        }
        self.acts.edit(made.id, fields=fields)
        return self.key(made)

    def rewrite(self, key: Any, old: str, new: str) -> None:
        text = str(self.acts.item(key).fields[self.text])
        self.acts.edit(key, fields={self.text: text.replace(old, new)})


PEOPLE: dict[str, type[Somebody]] = {
    "github": AtGitHub,
    "gitlab": AtGitLab,
    "jira": AtJira,
    "linear": AtLinear,
    "azure_devops": AtAzure,
}


def _document(other: Any) -> dict[str, Any]:
    return {
        "type": "doc",
        "version": 1,
        "content": [
            _paragraph("Steps:"),
            {"type": "bulletList", "content": [_item("first"), _item("second")]},
            {"type": "codeBlock", "content": [_text("run --all")]},
            _paragraph(f"See {other}"),
        ],
    }


def _text(words: str) -> dict[str, Any]:
    return {"type": "text", "text": words}


def _paragraph(words: str) -> dict[str, Any]:
    return {"type": "paragraph", "content": [_text(words)]}


def _item(words: str) -> dict[str, Any]:
    return {"type": "listItem", "content": [_paragraph(words)]}
