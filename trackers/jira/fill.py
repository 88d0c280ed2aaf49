"""Filling in what only the site knows: ids of fields, names of types and priorities, what is
required, and which fields its screens show at all.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

from schemas.errors import Permanent
from schemas.model import Json
from schemas.source import Source
from trackers.fields import Fields
from trackers.jira import fields as known
from trackers.jira import marks, states, texts, values
from trackers.jira.record import Recorder
from trackers.jira.site import Site

_ALWAYS = frozenset({"project", "issuetype", "summary"})
_TEXT_AREA = "com.atlassian.jira.plugin.system.customfieldtypes:textarea"
_T = TypeVar("_T")
Metas = Mapping[str, Fields]


class Filler:
    """One site's screens; what it said of creating is kept for a moment, beyond the client."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._kept = site.shelf.metas
        self._read: set[str] = set()
        self._used: set[str] = set()

    def new(self, draft: Json) -> Json:
        """The body that creates an issue; Permanent naming what is required and not filled."""
        ours = dict(draft.get("ours") or {})
        kind = self._type(str(ours.pop("type", "") or ""))
        number = kind.need_id("id")
        metas = self._told(number, lambda: known.creatable(self._site, number))
        wanted = {**draft["fields"], **self._shaped(ours, metas)}
        fields = {
            name: value
            for name, value in wanted.items()
            if value is not None and (name in metas or name in _ALWAYS)
        }
        project = self._site.key
        place = {"id" if project.isdecimal() else "key": project}
        fields |= {"project": place, "issuetype": {"id": number}}
        self._require(metas, fields, kind.text("name") or number)
        body = {"fields": fields}
        return body | {name: draft[name] for name in ("properties",) if draft.get(name)}

    def forget(self) -> bool:
        """Drops what was said before this client; False when there was nothing of it."""
        old = [one for one in self._used if one not in self._read]
        for one in old:
            self._kept.forget(self._question(one))
        return bool(old)

    def _question(self, name: str) -> tuple[str, str, str]:
        return name, self._site.session.credential, f"{self._site.session.base} {self._site.key}"

    def _told(self, name: str, ask: Callable[[], _T]) -> _T:
        self._used.add(name)
        found: _T | None = self._kept.known(self._question(name))
        if found is None:
            found = ask()
            self._read.add(name)
            self._kept.keep(self._question(name), found)
        return found

    @staticmethod
    def plain(draft: Json) -> Json:
        """The body of an edit whose fields have one form everywhere; None when some have not."""
        if draft.get("ours"):
            return None
        update = draft.get("update")
        return {"fields": draft["fields"]} | ({"update": update} if update else {})

    def edited(self, ticket: str, draft: Json) -> Json:
        """The body of an edit with what the screen shows; None when nothing is left to write.

        What needs no look at the screen is `plain`, and tried without.
        """
        answer = self._site.part(f"/issue/{ticket}/editmeta")
        shown = answer.object.get("fields") or {}
        metas = {key: Fields.of(meta, f"editmeta.{key}") for key, meta in shown.items()}
        ours = dict(draft.get("ours") or {})
        kind = ours.pop("type", None)
        wanted = {**draft["fields"], **self._shaped(ours, metas)}
        if kind and "issuetype" in metas:
            wanted["issuetype"] = {"id": self._type(str(kind)).need_id("id")}
        fields = {name: value for name, value in wanted.items() if name in metas}
        update = {n: value for n, value in (draft.get("update") or {}).items() if n in metas}
        if fields or update:
            return {"fields": fields} | ({"update": update} if update else {})
        missed = sorted({*wanted, *(draft.get("update") or {})})
        if missed:
            names = ", ".join(missed)
            raise Permanent(f"issue {ticket}: {names} cannot be set, no edit screen shows it")
        return None

    def _type(self, wanted: str) -> Fields:
        """The issue type of a name of ours, else the plainest one there is."""
        types = self._told("types", lambda: known.issue_types(self._site))
        plain = [one for one in types if not one.flag("subtask")]
        source = self._site.source
        for one in types:
            name = one.text("name") or ""
            if wanted and wanted.casefold() in (name.casefold(), _type_name(one, source)):
                return one
        for name in ("task", "story", "bug"):
            for one in plain:
                if (one.text("name") or "").casefold() == name:
                    return one
        if not plain:
            raise Permanent(f"project {self._site.key}: no issue type can be created here")
        return plain[0]

    def _shaped(self, ours: Mapping[str, Json], metas: Metas) -> dict[str, Json]:
        """Fields of ours by Jira's ids, each value in the form its field takes."""
        found: dict[str, Json] = {}
        notes = Recorder(self._site).notes()["fields"]
        for name, value in ours.items():
            if name in ("priority", "severity"):
                key, shaped = self._rank(name, value, metas)
            else:
                key = self._id(name, notes, metas)
                shaped = self._value(metas[key], value) if key else None
            fits = shaped is not None or value in (None, "")
            if key and fits and not (name == "severity" and key in found):
                found[key] = shaped
        return found

    def _id(self, name: str, notes: marks.Found, metas: Metas) -> str:
        if name.startswith("customfield_"):
            return name if name in metas else ""
        listed = marks.candidates(name, self._site.source, notes)
        return next((key for key in listed if key in metas), "")

    def _rank(self, name: str, value: Json, metas: Metas) -> tuple[str, Json]:
        """A priority by its name; a severity by the configured field, else by a priority."""
        own = self._site.source.fields.get(name)
        key = own or "priority"
        if key not in metas or not value:
            return "", None
        offered = known.options(metas[key]) or self._priorities(key)
        fitting = [
            one
            for one in offered
            if one.casefold() == str(value).casefold()
            or (name == "severity" and states.severity(one, self._site.source) == value)
        ]
        if not fitting:
            return "", None
        return key, {"value": fitting[0]} if own else {"name": fitting[0]}

    def _priorities(self, key: str) -> tuple[str, ...]:
        if key != "priority" or not self._site.cloud:
            return ()
        listed = self._site.paged("/priority/search", "values")
        return tuple(one.text("name") or "" for one in listed)

    def _value(self, meta: Fields, value: Json) -> Json:
        """In the form of its field; None where the field is of a kind that takes no such value."""
        schema = meta.object("schema")
        if schema is None or value is None or value == "":
            return None
        kind, custom = schema.text("type") or "", schema.text("custom") or ""
        kind = f"array of {schema.text('items')}" if kind == "array" else kind
        if custom == _TEXT_AREA:
            return texts.written(str(value), None, cloud=self._site.cloud)[0]
        shape = _SHAPES.get("sprint" if custom.endswith(":gh-sprint") else kind)
        return shape(value) if shape else None

    def _require(self, metas: Metas, filled: Iterable[str], kind: str) -> None:
        missing = [
            f"{meta.text('name') or key} ({key})"
            for key, meta in metas.items()
            if known.must_fill(meta) and key not in filled
        ]
        if missing:
            raise Permanent(
                f"a new {kind} in project {self._site.key} needs {', '.join(sorted(missing))}, "
                "which nothing fills: map a field of ours to it under `fields` of the source, "
                "or give it a default at Jira"
            )


def _cascade(value: Json) -> Json:
    """`Europe / Spain`, as we read it."""
    first, _, second = str(value).partition(" / ")
    return {"value": first} | ({"child": {"value": second}} if second else {})


def _several(value: Json) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list) else str(value).split(", ")


_SHAPES: dict[str, Callable[[Json], Json]] = {
    "string": str,
    "date": str,
    "datetime": str,
    "number": values.number,
    "sprint": lambda value: value if isinstance(value, int) else None,
    "option": lambda value: {"value": str(value)},
    "option-with-child": _cascade,
    "array of option": lambda value: [{"value": one} for one in _several(value)],
    "array of string": _several,
}
"""By the type of a field. People, teams and the like need ids that a plain value does not have."""


def _type_name(one: Fields, source: Source) -> str:
    return states.type_name(one.text("name"), source).casefold()
