"""What was: `change_history`, `field_versions`, `time_in_status`, `history_snapshots`."""

# ruff: noqa: S608 - nothing but words of our own goes into these texts

from schemas.history import PLAIN, SETS
from store.views.dialect import Dialect
from store.views.tickets import SEEN, identity, named, own

_PEOPLE = "('assignees', 'reporter')"

_PRESENT = {
    "reporter": "t.reporter_id",
    "milestone": "{milestone}",
    "sprint": "{sprint}",
    "project": "coalesce(nullif(t.project ->> 'name', ''), t.project ->> 'id')",
    "parent": "coalesce(t.parent ->> 'key', t.parent ->> 'external_id', t.parent ->> 'url')",
    "epic": "coalesce(t.epic ->> 'key', t.epic ->> 'external_id', t.epic ->> 'url')",
}
"""Where a field's present value lies, if not in its own column."""

_NUMBERS = ("estimate", "story_points", "weight", "time_estimate", "time_spent")
_TRUTHS = ("locked", "confidential")
_DEFINED = {"labels": ("label_ids", "label"), "components": ("component_ids", "component")}


def change_history(d: Dialect, tracker: str) -> str:
    """Every change of every field. `exact` is false for what was inferred from two records: it
    then happened between `not_before` and `changed_at`."""
    return f"""SELECT
  h.id AS id,
  h.source AS source,
  {identity(tracker, "t")} AS work_item_id,
  t.title AS title,
  t.type AS work_item_type,
  coalesce(h.field, h.native_field) AS field,
  {_readable(d, "h.before")} AS old_value,
  {_readable(d, "h.after")} AS new_value,
  h.at AS changed_at,
  {named("who", "h.actor_id")} AS changed_by,
  h.native_field AS native_field,
  h.told AS values_known,
  h.basis AS basis,
  (h.basis <> 'inferred') AS exact,
  h.since AS not_before
{own(d, tracker)}
JOIN {d.table("history")} h ON h.source = t.source AND h.ticket = t.external_id AND NOT h.covered
LEFT JOIN {d.table("people")} who ON who.source = h.source AND who.external_id = h.actor_id
WHERE {SEEN}"""


def _readable(d: Dialect, column: str) -> str:
    """A value for people: members in a row, people by name."""
    met = f"p.source = h.source AND h.field IN {_PEOPLE} AND p.external_id"
    members = f"""(SELECT {d.joined(named("p", "member.value"))} FROM {d.members(column)}
      LEFT JOIN {d.table("people")} p ON {met} = member.value)"""
    plain = d.plain(column)
    one = f"""coalesce((SELECT {named("p", plain)} FROM {d.table("people")} p
      WHERE {met} = {plain}), {plain})"""
    return f"CASE WHEN {d.is_list(column)} THEN {members} ELSE {one} END"


def field_versions(d: Dialect, tracker: str) -> str:
    """What every field said, and from when to when: a ticket, or a board, at any moment.

    Of a field with one value there is a row for each value; of one with members a row for each
    time that a member was there. Unset has no row. `known` false: nobody can tell what it was.
    """
    # A question that names what the window is partitioned by makes nothing else be looked at. The
    # present is the last of all changes, without a time; what came and went at once went first.
    return f"""WITH former AS (
{_former(d)}
)
SELECT
  v.source AS source,
  v.ticket AS ticket,
  {identity(tracker, "v")} AS id,
  v.key AS key,
  v.field AS field,
  v.value AS value,
  {_shown(d)} AS name,
  v.known AS known,
  CASE WHEN v.since IS NULL OR v.since < v.born THEN v.born ELSE v.since END AS valid_from,
  v.at AS valid_to
FROM (
  SELECT e.*, lag(e.at) OVER (
    PARTITION BY source, ticket, key, number, field, member
    ORDER BY at NULLS LAST, place, id, went DESC
  ) AS since
  FROM (
{_changes(d, tracker)}
  UNION ALL
{_moves(d, tracker)}
  ) e
) v
WHERE v.went = 1 AND (v.value IS NOT NULL OR NOT v.known)
  AND (v.at IS NULL OR v.born IS NULL OR v.at > v.born)
  AND (v.at IS NULL OR v.since IS NULL OR v.at > v.since)"""


_TICKET = "t.source, t.external_id AS ticket, t.key, t.number, t.created_at AS born"


def _shown(d: Dialect) -> str:
    """A value for people."""
    return f"""CASE WHEN v.field IN {_PEOPLE} THEN coalesce((
    SELECT {named("p", "v.value")} FROM {d.table("people")} p
    WHERE p.source = v.source AND p.external_id = v.value), v.value) ELSE v.value END"""


def _changes(d: Dialect, tracker: str) -> str:
    """What a field with one value said before each change, and what it says now.

    A change told without values has those of a record or webhook that tells of the same change.
    """
    defined = {
        kind: (
            f"(SELECT nullif(x.name, '') FROM {d.table('definitions')} x"
            f" WHERE x.source = t.source AND x.kind = '{kind}'"
            f" AND x.external_id = t.{kind}_id AND NOT x.deleted)"
        )
        for kind in ("milestone", "sprint")
    }
    present = (
        f"  SELECT {_TICKET}, '{field}' AS field, {_never(d)} AS at, 0 AS place, 0 AS id,\n"
        f"    {_value(d, field).format(**defined)} AS value, NULL AS member, 1 AS went,\n"
        f"    {_yes(d)} AS known\n"
        f"  {own(d, tracker)} WHERE {SEEN}"
        for field in PLAIN
    )
    since = f"coalesce(c.since, {_shifted(d, 'c.at', -2)})"
    told = f"""FROM {d.table("history")} c
      WHERE c.source = h.source AND c.ticket = h.ticket AND c.field = h.field AND c.covered
        AND {since} < h.at AND h.at <= {_shifted(d, "c.at", 2)}
      ORDER BY c.at, c.place, c.id LIMIT 1"""
    past = f"""  SELECT {_TICKET}, h.field, h.at, h.place, h.id,
    CASE WHEN h.told THEN {d.plain("h.before")}
      ELSE (SELECT {d.plain("c.before")} {told}) END, NULL, 1,
    (h.told OR EXISTS (SELECT 1 {told}))
  {_with_history(d, tracker, PLAIN)}"""
    return "\n  UNION ALL\n".join((*present, past))


def _value(d: Dialect, field: str) -> str:
    column = _PRESENT.get(field, f"t.{field}")
    if field in _NUMBERS:
        return d.number(column)
    if field in _TRUTHS:
        return d.truth(column)
    return f"nullif({d.text(column)}, '')"


def _moves(d: Dialect, tracker: str) -> str:
    """The members there are now, those that went, and those that came."""
    now = f"{_never(d)} AS at, 0 AS place, 0 AS id"
    defined = (
        f"""  SELECT DISTINCT {_TICKET}, '{field}' AS field, {now},
    coalesce(nullif(x.name, ''), x.external_id), coalesce(nullif(x.name, ''), x.external_id),
    1, {_yes(d)}
  {own(d, tracker)} CROSS JOIN {_lateral(d, f"t.{column}")}
  JOIN {d.table("definitions")} x ON x.source = t.source AND x.kind = '{kind}'
    AND x.external_id = member.value AND NOT x.deleted
  WHERE {SEEN}"""
        for field, (column, kind) in _DEFINED.items()
    )
    people = f"""  SELECT DISTINCT {_TICKET}, 'assignees' AS field, {now},
    member.value, member.value, 1, {_yes(d)}
  {own(d, tracker)} CROSS JOIN {_lateral(d, "t.assignee_ids")}
  WHERE {SEEN}"""
    past = (
        f"""  SELECT {_TICKET}, h.field, h.at, h.place, h.id,
    coalesce(f.present, member.value), coalesce(f.present, member.value), {went}, {_yes(d)}
  {_with_history(d, tracker, SETS, _members_of(d, column))}"""
        for column, went in (("h.before", 1), ("h.after", 0))
    )
    return "\n  UNION ALL\n".join((*defined, people, *past))


def _with_history(d: Dialect, tracker: str, fields: tuple[str, ...], more: str = "") -> str:
    listed = ", ".join(f"'{field}'" for field in fields)
    return f"""{own(d, tracker)}
  JOIN {d.table("history")} h ON h.source = t.source AND h.ticket = t.external_id{more}
  WHERE {SEEN} AND NOT h.covered AND h.field IN ({listed})"""


def _members_of(d: Dialect, column: str) -> str:
    """The members of a change, by the names they have now."""
    return f"""
  CROSS JOIN {_lateral(d, column)}
  LEFT JOIN former f ON f.source = h.source AND f.name = member.value AND f.kind =
    CASE h.field WHEN 'labels' THEN 'label' WHEN 'components' THEN 'component' END"""


def _former(d: Dialect) -> str:
    """The present names of labels and components that were called something else."""
    return f"""  SELECT x.source, x.kind, member.value AS name, min(x.name) AS present
  FROM {d.table("definitions")} x CROSS JOIN {_lateral(d, "x.former")}
  WHERE x.kind IN ('label', 'component') AND x.former IS NOT NULL AND NOT x.deleted
    AND NOT EXISTS (
      SELECT 1 FROM {d.table("definitions")} y WHERE y.source = x.source AND y.kind = x.kind
        AND y.name = member.value AND NOT y.deleted)
  GROUP BY x.source, x.kind, member.value"""


def _lateral(d: Dialect, column: str) -> str:
    return f"LATERAL {d.members(column)}" if d.is_postgres else d.members(column)


def _shifted(d: Dialect, moment: str, seconds: int) -> str:
    if d.is_postgres:
        return f"({moment} + interval '{seconds} seconds')"
    return f"strftime('%Y-%m-%d %H:%M:%f000', {moment}, '{seconds:+d} seconds')"


def _yes(d: Dialect) -> str:
    return "true" if d.is_postgres else "1"


def _never(d: Dialect) -> str:
    return "NULL::timestamptz" if d.is_postgres else "NULL"


def time_in_status(d: Dialect, tracker: str) -> str:
    """A row for each stay of a ticket in a status; the present one has no end."""
    return f"""SELECT
  x.source AS source,
  {identity(tracker, "t")} AS work_item_id,
  t.title AS title,
  t.type AS work_item_type,
  x.status AS state,
  x.category AS state_category,
  nullif(x.came_from, '') AS came_from_category,
  x.entered_at AS entered_at,
  x.left_at AS left_at,
  {d.hours("x.seconds")} AS hours
{own(d, tracker)}
JOIN {d.table("spans")} x ON x.source = t.source AND x.ticket = t.external_id
WHERE {SEEN}"""


def history_snapshots(d: Dialect, tracker: str) -> str:
    """The figures of each day, as the reconciler kept them."""
    return f"""SELECT
  x.day AS snapshot_date,
  x.source AS source,
  x.metric AS metric,
  x.dimension AS dimension,
  CASE WHEN x.dimension = 'assignee' THEN {named("p", "x.member")} ELSE x.member END AS member,
  x.count AS tickets,
  {d.hours("x.seconds")} AS total_hours,
  {d.hours("x.p50")} AS median_hours,
  {d.hours("x.p85")} AS p85_hours,
  x.inferred AS inferred,
  x.taken_at AS taken_at
FROM {d.table("snapshots")} x
JOIN {d.table("sources")} s ON s.name = x.source AND s.tracker = '{tracker}'
LEFT JOIN {d.table("people")} p ON p.source = x.source AND p.external_id = x.member"""
