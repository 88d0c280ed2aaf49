"""What the two dialects spell differently in a view."""

from dataclasses import dataclass

TABLES = "ticketsync"
"""The schema of our own tables on PostgreSQL."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """`name` is sqlite or postgresql. All methods take SQL and give SQL."""

    name: str

    @property
    def is_postgres(self) -> bool:
        """Whether it is PostgreSQL."""
        return self.name == "postgresql"

    def table(self, name: str) -> str:
        """One of our tables, whatever the search path."""
        return f"{TABLES}.{name}" if self.is_postgres else name

    def members(self, column: str) -> str:
        """The members of a JSON list as rows, to be selected from: `member.value`.

        Anything but a list has none.
        """
        if self.is_postgres:
            items = f"CASE WHEN jsonb_typeof({column}) = 'array' THEN {column} ELSE '[]' END"
            return f"jsonb_array_elements_text({items}) WITH ORDINALITY AS member(value, place)"
        items = f"CASE WHEN json_type({column}) = 'array' THEN {column} ELSE '[]' END"
        return f"json_each({items}) AS member"

    def joined(self, expression: str) -> str:
        """The members as one text, in their order."""
        if self.is_postgres:
            return f"string_agg({expression}, ', ' ORDER BY member.place)"
        return f"group_concat({expression}, ', ')"

    def is_list(self, column: str) -> str:
        """Whether a JSON value is a list."""
        kind = "jsonb_typeof" if self.is_postgres else "json_type"
        return f"{kind}({column}) = 'array'"

    def plain(self, column: str) -> str:
        """A JSON value as text: texts without quotes, numbers without needless noughts."""
        if self.is_postgres:
            text = f"({column} #>> '{{}}')"
            number = self.number(f"({column} #>> '{{}}')")
            return f"CASE jsonb_typeof({column}) WHEN 'number' THEN {number} ELSE {text} END"
        value = f"json_extract({column}, '$')"
        return (
            f"CASE json_type({column}) WHEN 'integer' THEN {self.number(value)}"
            f" WHEN 'real' THEN {self.number(value)} WHEN 'text' THEN {value} ELSE {column} END"
        )

    def number(self, expression: str) -> str:
        """A number as text: 3, not 3.0."""
        if self.is_postgres:
            return f"({expression})::double precision::text"
        # printf would print an absent number as 0.
        return f"CASE WHEN {expression} IS NOT NULL THEN printf('%.15g', {expression}) END"

    def truth(self, column: str) -> str:
        """A truth as text."""
        return f"CASE WHEN {column} THEN 'true' WHEN NOT {column} THEN 'false' END"

    def text(self, expression: str) -> str:
        """Whatever it is, as text."""
        return f"CAST({expression} AS TEXT)"

    def whole(self, text: str) -> str:
        """A text of digits as a number; nothing of any other."""
        if self.is_postgres:
            return f"CASE WHEN {text} ~ '^[0-9]{{1,18}}$' THEN ({text})::bigint END"
        digits = f"{text} <> '' AND {text} NOT GLOB '*[^0-9]*'"
        return f"CASE WHEN {digits} THEN CAST({text} AS INTEGER) END"

    def hours(self, seconds: str) -> str:
        """Seconds as hours, to the hundredth."""
        if self.is_postgres:
            return f"round({seconds} / 3600.0, 2)::double precision"
        return f"round({seconds} / 3600.0, 2)"
