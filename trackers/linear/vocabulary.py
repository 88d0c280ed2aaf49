"""What the team calls things: states and labels, looked up once per client."""

import re

from schemas.errors import Permanent
from schemas.model import Json
from schemas.ticket import StatusCategory
from trackers.fields import Fields
from trackers.linear import paging, queries, translate, words
from trackers.linear.team import Team

_COLOR = re.compile(r"#?([0-9a-fA-F]{6})")


class Vocabulary:
    """States and labels of one team, by name and id."""

    def __init__(self, team: Team) -> None:
        self._team = team
        self._states: list[Fields] | None = None
        self._labels: dict[str, str] | None = None
        self._label_ids: set[str] = set()

    def state(self, wanted: Fields) -> str | None:
        """The id of the state meant: by id, by name, else the first of its category.

        None when it stays as it is: nothing fits the words alone, or the state means the same
        already, and "In Review" is not thrown back to "In Progress" for being one of several.
        """
        states = self.states()
        now = wanted.id("now")
        for told, field in ((wanted.text("id"), "id"), (wanted.text("name"), "name")):
            for state in states:
                if told and (state.text(field) or "").lower() == told.lower():
                    return state.need_id("id")
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

    def states(self) -> list[Fields]:
        """The team's states."""
        if self._states is None:
            asked = {"filter": {"team": self._team.filter}}
            answer = self._team.graph.ask(queries.STATES, asked).need_object("workflowStates")
            self._states = [Fields.of(one, "state") for one in answer.items("nodes")]
        return self._states

    def labels(self, wanted: list[Json]) -> list[str]:
        """The ids of the labels meant, by id or name; one that the team lacks is made."""
        return list(dict.fromkeys(self._label(Fields.of(one, "label")) for one in wanted))

    def _label(self, wanted: Fields) -> str:
        known = self._known()
        key, name = wanted.id("id"), (wanted.text("name") or "").strip()
        if key in self._label_ids:
            return str(key)
        found = known.get(name.lower())
        if found is not None:
            return found
        if not name:
            raise Permanent(f"label {key} is none of team {self._team.key}")
        known[name.lower()] = made = self._make(name, wanted.text("color"))
        self._label_ids.add(made)
        return made

    def _make(self, name: str, color: str | None) -> str:
        given: dict[str, Json] = {"name": name, "teamId": self._team.id}
        spelt = _COLOR.fullmatch(color or "")
        if spelt:
            given["color"] = f"#{spelt[1]}"
        answer = self._team.graph.change(queries.LABEL_CREATE, {"input": given})
        return answer.need_object("issueLabelCreate").need_object("issueLabel").need_id("id")

    def _known(self) -> dict[str, str]:
        """Labels by lower-case name; groups cannot be put on issues."""
        if self._labels is None:
            ours: dict[str, Json] = {"or": [{"team": self._team.filter}, {"team": {"null": True}}]}
            found = paging.nodes(self._team.graph, queries.LABELS, {"filter": ours}, "issueLabels")
            usable = [one for one in found if not one.flag("isGroup")]
            self._labels = {one.need_text("name").lower(): one.need_id("id") for one in usable}
            self._label_ids = {one.need_id("id") for one in usable}
        return self._labels


def _rank(state: Fields, category: StatusCategory) -> tuple[int, float]:
    types = words.TYPES[category]
    kind = state.text("type") or ""
    place = types.index(kind) if kind in types else len(types)
    return place, translate.number(state, "position") or 0.0
