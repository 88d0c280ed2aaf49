"""What the team calls things: states and labels, looked up once in a while."""

from collections.abc import Callable
from typing import TypeVar

from schemas.errors import Denied, Permanent
from schemas.model import Json
from schemas.ticket import StatusCategory
from trackers.colors import spelt
from trackers.fields import Fields
from trackers.kept import Kept
from trackers.linear import paging, queries, translate, words
from trackers.linear.team import Team

_T = TypeVar("_T")


class Vocabulary:
    """States and labels of one team, by name and id.

    They are kept for a moment beyond the client; what is not found in them is looked up anew.
    """

    def __init__(self, team: Team, kept: Kept) -> None:
        self._team = team
        self._kept = kept
        self._read: set[str] = set()

    def forget(self) -> bool:
        """Drops what was taken from before; False when all of it was read just now."""
        old = [one for one in ("states", "labels") if one not in self._read]
        known = [one for one in old if self._kept.known(self._question(one)) is not None]
        for one in known:
            self._kept.forget(self._question(one))
        return bool(known)

    def _question(self, name: str) -> tuple[str, str, str]:
        return name, self._team.graph.session.credential, f"{self._team.key} {self._team.id}"

    def _told(self, name: str, ask: Callable[[], _T]) -> _T:
        found: _T | None = self._kept.known(self._question(name))
        if found is None:
            found = ask()
            self._read.add(name)
            self._kept.keep(self._question(name), found)
        return found

    def state(self, wanted: Fields) -> str | None:
        """The id of the state meant: by id, by name, else the first of its category.

        None when it stays as it is: nothing fits the words alone, or the state means the same
        already, and "In Review" is not thrown back to "In Progress" for being one of several.
        """
        now, named = wanted.id("now"), self._named(wanted) or self._named_since(wanted)
        if named:
            return named
        states = self.states()
        meant = wanted.text("category")
        if meant is None:
            return None
        category = StatusCategory(meant)
        fitting = [one for one in states if words.category(one, self._team.source) is category]
        if now in [one.need_id("id") for one in fitting]:
            return None
        if not fitting:
            raise Permanent(f"team {self._team.key} has no state that means {category}")
        return min(fitting, key=lambda one: _rank(one, category)).need_id("id")

    def _named_since(self, wanted: Fields) -> str | None:
        """Among the states as they are now; a word that is none then is not looked up again."""
        told = [one for one in (wanted.id("id"), wanted.text("name")) if one]
        none = self._question(f"no state {told}")
        if not told or "states" in self._read or self._kept.known(none):
            return None
        self._kept.forget(self._question("states"))
        found = self._named(wanted)
        if found is None:
            self._kept.keep(none, True)
        return found

    def _named(self, wanted: Fields) -> str | None:
        for told, field in ((wanted.text("id"), "id"), (wanted.text("name"), "name")):
            for state in self.states():
                if told and (state.text(field) or "").lower() == told.lower():
                    return state.need_id("id")
        return None

    def states(self) -> list[Fields]:
        """The team's states."""
        return self._told("states", self._asked_states)

    def _asked_states(self) -> list[Fields]:
        asked = {"filter": {"team": self._team.filter}}
        answer = self._team.graph.ask(queries.STATES, asked).need_object("workflowStates")
        return [Fields.of(one, "state") for one in answer.items("nodes")]

    def labels(self, wanted: list[Json]) -> list[str]:
        """The ids of the labels meant, by id or name; one that the team lacks is made."""
        return list(dict.fromkeys(self._label(Fields.of(one, "label")) for one in wanted))

    def _label(self, wanted: Fields) -> str:
        """Somebody may have made it since the labels were read, so they are read before one is
        made."""
        found = self._labelled(wanted)
        if found is None and "labels" not in self._read:
            self._kept.forget(self._question("labels"))
            found = self._labelled(wanted)
        if found is not None:
            return found
        name = (wanted.text("name") or "").strip()
        if not name:
            raise Permanent(f"label {wanted.id('id')} is none of team {self._team.key}")
        try:
            made = self._make(name, wanted.text("color"), wanted.text("description"))
        except Denied:
            raise
        except Permanent:  # somebody made it in the meantime, or it cannot be made at all
            self._kept.forget(self._question("labels"))
            found = self._labelled(wanted)
            if found is None:
                raise
            return found
        known = {**self._told("labels", self._asked_labels), name.lower(): made}
        self._kept.keep(self._question("labels"), known)
        return made

    def _labelled(self, wanted: Fields) -> str | None:
        known = self._told("labels", self._asked_labels)
        key = wanted.id("id")
        if key in known.values():
            return key
        return known.get((wanted.text("name") or "").strip().lower())

    def _make(self, name: str, color: str | None, description: str | None) -> str:
        given: dict[str, Json] = {"name": name, "teamId": self._team.id}
        if description:
            given["description"] = description
        if spelt(color):
            given["color"] = spelt(color)
        answer = self._team.graph.change(queries.LABEL_CREATE, {"input": given})
        return answer.need_object("issueLabelCreate").need_object("issueLabel").need_id("id")

    def _asked_labels(self) -> dict[str, str]:
        """Ids by lower-case name; groups cannot be put on issues."""
        ours: dict[str, Json] = {"or": [{"team": self._team.filter}, {"team": {"null": True}}]}
        found = paging.nodes(self._team.graph, queries.LABELS, {"filter": ours}, "issueLabels")
        usable = [one for one in found if not one.flag("isGroup")]
        return {one.need_text("name").lower(): one.need_id("id") for one in usable}


def _rank(state: Fields, category: StatusCategory) -> tuple[int, float]:
    types = words.TYPES[category]
    kind = state.text("type") or ""
    place = types.index(kind) if kind in types else len(types)
    return place, translate.number(state, "position") or 0.0
