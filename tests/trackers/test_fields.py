"""Typed reading: wrong types end in a Permanent that names the field."""

from datetime import UTC, datetime

import pytest

from schemas.errors import Permanent
from trackers.fields import Fields

WRONG = [
    ("text", 1), ("text", []), ("whole", True), ("whole", -1), ("whole", 1.0), ("whole", 2**40),
    ("whole", "1"), ("id", True), ("id", 2**70), ("id", ""), ("id", 1.5), ("flag", 1),
    ("time", "yesterday"), ("time", 5), ("time", "0001-01-01T00:00:00+14:00"), ("object", []),
    ("items", {}), ("items", "ab"),
]  # fmt: skip


@pytest.mark.parametrize(("reader", "value"), WRONG)
def test_a_wrong_type_names_the_field(reader, value):
    with pytest.raises(Permanent, match=r"issue\.field"):
        getattr(Fields({"field": value}, "issue"), reader)("field")


@pytest.mark.parametrize("reader", ["text", "whole", "id", "flag", "time", "object"])
def test_missing_and_null_are_none(reader):
    assert getattr(Fields({}, "issue"), reader)("field") is None
    assert getattr(Fields({"field": None}, "issue"), reader)("field") is None


@pytest.mark.parametrize("reader", ["need_text", "need_whole", "need_id", "need_object"])
def test_what_is_needed_must_be_there(reader):
    with pytest.raises(Permanent, match=r"issue\.field is missing"):
        getattr(Fields({}, "issue"), reader)("field")


@pytest.mark.parametrize("value", [None, [], "x", 3, True, 1.5])
def test_only_an_object_is_an_object(value):
    with pytest.raises(Permanent, match=r"the body is .*, not an object"):
        Fields.of(value, "the body")


def test_values_come_back_in_one_form():
    fields = Fields({"at": "2026-11-20T10:00:00+01:00", "id": 2**60, "all": [1, None]}, "issue")
    assert fields.time("at") == datetime(2026, 11, 20, 9, tzinfo=UTC)
    assert fields.id("id") == str(2**60)
    assert fields.items("all") == [1]
    assert "at" in fields
    assert "else" not in fields
