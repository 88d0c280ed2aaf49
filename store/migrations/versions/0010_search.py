"""Words to search for, and what lists are read from"""

import sqlalchemy as sa
from alembic import op

from store.tables import UtcTime, row_id

revision = "0010"
down_revision = "0009"

# The last but one holds all that lists ask for: no row of the table, many times as long, is read.
# The tokenizer `ascii` takes every character beyond ASCII for a letter, so words end at blanks
# alone: they were cut before they came here. `column` is the least detail that knows titles. A row
# of words is many times as long as what a search asks of it, so that stands apart.
SQLITE = (
    """CREATE VIRTUAL TABLE searchable_index USING fts5(
        title, body, notes, content='searchable', content_rowid='id',
        tokenize='ascii', detail=column, columnsize=0)""",
    "CREATE TABLE searchable_found (id INTEGER PRIMARY KEY, at DATETIME, state TEXT, source TEXT)",
    """CREATE TRIGGER searchable_came AFTER INSERT ON searchable BEGIN
        INSERT INTO searchable_index(rowid, title, body, notes)
        VALUES (new.id, new.title, new.body, new.notes);
        INSERT INTO searchable_found VALUES (new.id, new.at, new.state, new.source);
    END""",
    """CREATE TRIGGER searchable_moved AFTER UPDATE OF at, state ON searchable BEGIN
        UPDATE searchable_found SET at = new.at, state = new.state WHERE id = new.id;
    END""",
    """CREATE TRIGGER searchable_went AFTER DELETE ON searchable BEGIN
        INSERT INTO searchable_index(searchable_index, rowid, title, body, notes)
        VALUES ('delete', old.id, old.title, old.body, old.notes);
        DELETE FROM searchable_found WHERE id = old.id;
    END""",
    """CREATE TRIGGER searchable_changed AFTER UPDATE OF title, body, notes ON searchable
    WHEN old.title <> new.title OR old.body <> new.body OR old.notes <> new.notes BEGIN
        INSERT INTO searchable_index(searchable_index, rowid, title, body, notes)
        VALUES ('delete', old.id, old.title, old.body, old.notes);
        INSERT INTO searchable_index(rowid, title, body, notes)
        VALUES (new.id, new.title, new.body, new.notes);
    END""",
    "DROP INDEX tickets_updated",
    """CREATE INDEX tickets_updated ON tickets
        (updated_at, source, number, fate, state, label_ids, assignee_ids, external_id)""",
    "CREATE INDEX tickets_called ON tickets (key COLLATE NOCASE)",
)

# The planner chooses between an index of words, for rare ones, and walking from the newest ticket
# back, for those that most tickets have; vectors that are kept make a wrong guess cheap.
POSTGRESQL = (
    """CREATE TABLE searchable_index (
        id bigint PRIMARY KEY REFERENCES searchable ON DELETE CASCADE,
        at timestamptz NOT NULL, state text NOT NULL, source text NOT NULL,
        titles tsvector NOT NULL, words tsvector NOT NULL)""",
    """CREATE FUNCTION searchable_words_of(words text) RETURNS tsvector
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
        SELECT array_to_tsvector(array_remove(string_to_array(words, ' '), ''))
    $$""",
    """CREATE FUNCTION searchable_changed() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            INSERT INTO searchable_index VALUES (
                new.id, new.at, new.state, new.source, searchable_words_of(new.title),
                searchable_words_of(new.title || ' ' || new.body || ' ' || new.notes)
            ) ON CONFLICT (id) DO UPDATE SET at = excluded.at, state = excluded.state,
                titles = excluded.titles, words = excluded.words;
            RETURN NULL;
        END
    $$""",
    """CREATE TRIGGER searchable_changed AFTER INSERT OR UPDATE ON searchable
    FOR EACH ROW EXECUTE FUNCTION searchable_changed()""",
    "CREATE INDEX searchable_words ON searchable_index USING gin (words)",
    "CREATE INDEX searchable_titles ON searchable_index USING gin (titles)",
    "CREATE INDEX searchable_newest ON searchable_index (at DESC, id)",
    "CREATE INDEX tickets_called ON tickets (lower(key))",
    "CREATE INDEX tickets_labels ON tickets USING gin (label_ids)",
    "CREATE INDEX tickets_assignees ON tickets USING gin (assignee_ids)",
    "CREATE INDEX tickets_absent ON tickets (updated_at) WHERE fate <> 'here'",
)


def upgrade() -> None:
    """Forward; there is no way back but a backup."""
    op.create_table(
        "searchable",
        sa.Column("id", row_id, autoincrement=True, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("ticket", sa.Text(), nullable=False),
        sa.Column("at", UtcTime, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("notes", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("source", "ticket", name="searchable_ticket"),
    )
    connection = op.get_bind()
    for statement in POSTGRESQL if connection.dialect.name == "postgresql" else SQLITE:
        connection.exec_driver_sql(statement)
