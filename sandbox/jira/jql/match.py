"""Turns a parsed JQL into a test of issues.

Jira's own trap is kept: `!=` and `NOT IN` find only issues that have a value at all.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from sandbox.jira.jql import terms
from sandbox.jira.jql.dates import moment
from sandbox.jira.jql.lexer import JqlError
from sandbox.jira.jql.parse import Clause, Function, Junction, Node, Operand
from sandbox.jira.jql.terms import SAYS, Asking, Tags, plain
from sandbox.jira.moments import read_stamp
from sandbox.jira.prose import plain_text
from sandbox.jira.state import Issue

Test = Callable[[Issue], bool]
COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
}
DATES: dict[str, Callable[[Issue], int | None]] = {
    "created": lambda issue: issue.created,
    "updated": lambda issue: issue.updated,
    "resolved": lambda issue: issue.resolved,
    "due": lambda issue: read_stamp(issue.due) if issue.due else None,
    "statuscategorychangeddate": lambda issue: issue.status_since,
}
TEXTS: dict[str, Callable[[Issue], str]] = {
    "summary": lambda issue: issue.summary,
    "description": lambda issue: plain_text(issue.description),
    "comment": lambda issue: " ".join(plain_text(one.body) for one in issue.comments),
}


def compiled(node: Node | None, asking: Asking) -> Test:
    """Raises JqlError for an unknown field, value, function or operator."""
    if node is None:
        return lambda _: True
    if isinstance(node, Clause):
        return _clause(node, asking)
    parts = [compiled(part, asking) for part in node.parts]
    return _joined(node, parts)


def _joined(node: Junction, parts: list[Test]) -> Test:
    if node.word == "not":
        return lambda issue: not parts[0](issue)
    if node.word == "or":
        return lambda issue: any(part(issue) for part in parts)
    return lambda issue: all(part(issue) for part in parts)


def _clause(clause: Clause, asking: Asking) -> Test:
    field = plain(clause.field)
    if field == "resolution":
        clause = replace(clause, operands=tuple(_resolved(one) for one in clause.operands))
    if clause.operator in ("is", "is not") or clause.operands == (None,):
        return _emptiness(clause, field)
    if field in DATES:
        return _date(clause, field, asking)
    if field in TEXTS or field == "text":
        return _text(clause, field)
    if field not in SAYS:
        raise _unknown(clause.field)
    if field == "issuekey" and clause.operator in ("<", ">", "<=", ">="):
        return _key(clause, asking)
    if clause.operator not in ("=", "!=", "in", "not in"):
        raise _unfit(clause)
    return _membership(clause, field, asking)


def _resolved(operand: Operand) -> Operand:
    """ "Unresolved" is a word for no resolution."""
    near = isinstance(operand, str) and operand.casefold() == "unresolved"
    return None if near else operand


def _membership(clause: Clause, field: str, asking: Asking) -> Test:
    wanted: Tags = set()
    for operand in clause.operands:
        wanted |= _tags(field, operand, asking)
    says, empty = SAYS[field], None in clause.operands
    if clause.operator in ("=", "in"):
        return lambda issue: not wanted.isdisjoint(found := says(issue)) or (empty and not found)
    return lambda issue: bool(found := says(issue)) and wanted.isdisjoint(found)


def _tags(field: str, operand: Operand, asking: Asking) -> Tags:
    if operand is None:
        return set()
    if isinstance(operand, Function):
        return terms.call(field, operand, asking)
    return terms.find(field, operand, asking)


def _emptiness(clause: Clause, field: str) -> Test:
    wants_empty = clause.operator in ("is", "=", "in")
    if field in SAYS:
        says = SAYS[field]
        return lambda issue: (not says(issue)) == wants_empty
    if field in DATES:
        date = DATES[field]
        return lambda issue: (date(issue) is None) == wants_empty
    if field in TEXTS:
        text = TEXTS[field]
        return lambda issue: (not text(issue)) == wants_empty
    raise _unknown(clause.field)


def _date(clause: Clause, field: str, asking: Asking) -> Test:
    if clause.operator not in COMPARE:
        raise _unfit(clause)
    world, date, compare = asking.world, DATES[field], COMPARE[clause.operator]
    limit = moment(clause.field, clause.operands[0], world.now(), world.zone)

    def test(issue: Issue) -> bool:
        found = date(issue)
        return found is not None and compare(found, limit)

    return test


def _key(clause: Clause, asking: Asking) -> Test:
    named = str(clause.operands[0])
    found = asking.world.issue(named)
    key = found.key if found is not None else named.upper()
    prefix, _, number = key.rpartition("-")
    if not number.isdigit():
        raise JqlError(f"An issue with key '{named}' does not exist for field 'key'.")
    compare, limit = COMPARE[clause.operator], int(number)
    return lambda issue: issue.key.startswith(f"{prefix}-") and compare(issue.number, limit)


def _text(clause: Clause, field: str) -> Test:
    if clause.operator not in ("~", "!~"):
        raise _unfit(clause)
    words = re.findall(r"\w+", str(clause.operands[0]).casefold())
    wanted = clause.operator == "~"
    many = list(TEXTS.values()) if field == "text" else [TEXTS[field]]

    def test(issue: Issue) -> bool:
        found = " ".join(text(issue) for text in many).casefold()
        return all(word in found for word in words) == wanted

    return test


def _unknown(field: str) -> JqlError:
    return JqlError(f"Field '{field}' does not exist or you do not have permission to view it.")


def _unfit(clause: Clause) -> JqlError:
    return JqlError(
        f"The operator '{clause.operator}' is not supported by the '{clause.field}' field."
    )
