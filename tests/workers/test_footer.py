"""The footer of a twin: its form, and how it is known again in what trackers make of it."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trackers.azure_devops import texts as azure
from trackers.jira import texts as jira
from workers.rules import footer
from workers.rules.footer import EMOJI, FOREIGN, HEADING, MARK, Line, cut, with_footer

SOURCE = Line(
    "Source", "group/project#123", "https://gitlab.example.com/group/project/-/issues/123"
)
ALL = footer.text(
    [
        Line("Assignees", "Alice Smith, Bob Jones"),
        SOURCE,
        Line("Milestone", "v1.0 *beta* <x> [y] 1_2_3 _z_ & `c` \\ #1"),
        Line("Iteration", "Sprint 5"),
        Line("Epic", "&42 Big Feature"),
        Line("Due date", "2026-01-02"),
        Line("Time spent", "3h30m"),
    ]
)


def _adf(text: str) -> str:
    return jira.read(jira.written(text, None, cloud=True)[0])[0]


def _wiki(text: str) -> str:
    return jira.read(jira.written(text, None, cloud=False)[0])[0]


def _html(text: str) -> str:
    return azure.read(azure.written(text, is_markdown=False).text, is_markdown=False).text


FORMS: list[Callable[[str], str]] = [str, _adf, _wiki, _html]


def test_lines_stand_in_the_footer_s_own_order() -> None:
    assert [line.split("**")[1] for line in ALL.splitlines()] == [
        "Source", "Milestone", "Iteration", "Epic", "Assignees", "Due date", "Time spent",
    ]  # fmt: skip
    assert ALL.splitlines()[0] == (
        "🔗 **Source**: [group/project#123](https://gitlab.example.com/group/project/-/issues/123)"
    )


def test_the_whole_footer_stands_below_the_body() -> None:
    text = with_footer("Body", footer.text([SOURCE, Line("Milestone", "v1.0")]))
    assert text == (
        f"Body\n\n---\n\n{MARK}\n{HEADING}\n\n"
        "🔗 **Source**: [group/project#123]"
        "(https://gitlab.example.com/group/project/-/issues/123)\n\n🎯 **Milestone**: v1.0"
    )


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("hidden", [True, False])
@pytest.mark.parametrize(
    "body", ["", "Hello\n\nworld", "> q\n\n- a\n- b", "a\n\n---", "```\nx\n```"]
)
def test_a_footer_is_known_in_every_form_of_text(
    form: Callable[[str], str], hidden: bool, body: str
) -> None:
    assert cut(form(with_footer(body, ALL, hidden=hidden))) == (body, ALL)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("\n\n---\n\n", "\n\n* * *\n\n"),
        ("\n\n---\n\n", "\n\n***\n"),
        ("### 📋 Mirror", "## 📋 Mirror"),
        ("### 📋 Mirror", "### :clipboard: Mirror"),
        ("### 📋 Mirror Information", "**📋 Mirror Information**"),
        (f"{MARK}\n", ""),
        ("#123", "\\#123"),
        ("**Source**:", "**Source:**"),
        ("**Milestone**:", "__Milestone__:"),
        ("🔗 ", ":link: "),
        ("\n\n🎯", "\\\n🎯"),
        ("&42", "&amp;42"),
    ],
)
def test_a_footer_is_known_when_it_comes_back_altered(before: str, after: str) -> None:
    text = with_footer("Body", ALL)
    assert before in text
    assert cut(text.replace(before, after)) == ("Body", ALL)


def test_another_tool_s_footer_is_cut_off_and_differs_from_ours() -> None:
    text = (
        f"Body\n\n---\n\n{FOREIGN}\n### 📋 Mirror Information\n\n"
        "🔗 **Source**: [a/b#1](https://x.example/1)\n\n🏷️ **Labels**: x\n"
    )
    body, found = cut(text)
    assert body == "Body"
    assert found.startswith(FOREIGN)
    replaced = with_footer(body, ALL)
    assert FOREIGN not in replaced
    assert cut(replaced) == ("Body", ALL)


def test_another_tool_s_footer_that_has_to_stay_keeps_its_lines() -> None:
    text = f"Body\n\n---\n\n{FOREIGN}\n{HEADING}\n\n🔗 **Source**: [a](https://x.example/1)"
    body, found = cut(text)
    assert cut(with_footer(f"{body}!", found))[0] == "Body!"


@pytest.mark.parametrize(
    "text",
    [
        "### Mirror Information\n\nWhat I know about mirrors.",
        "intro\n\n### 📋 Mirror Information\n\n- one\n\n🔗 **Source**: me",
        "### 📋 Mirror Information",
        "Mirror Information\n\n🔗 **Source**: [a](https://x.example)",
        "---\n\n🔗 **Source**: [a](https://x.example)",
    ],
)
def test_what_people_write_of_mirrors_is_theirs(text: str) -> None:
    assert cut(text) == (text, "")


def test_what_somebody_wrote_below_the_footer_belongs_to_the_body() -> None:
    text = with_footer("Body", ALL) + "\n\nPS: also this"
    assert cut(text) == ("Body\n\nPS: also this", ALL)


def test_a_twin_of_a_twin_has_one_footer_at_its_end() -> None:
    once = with_footer("Body", ALL)
    assert cut(with_footer(cut(once)[0], ALL)) == ("Body", ALL)


def test_without_lines_there_is_no_footer() -> None:
    assert with_footer("Body", "") == "Body"


_BODY = st.text(alphabet="ab*_-# \n`>[]()\\", max_size=40)
_WORDS = st.text(alphabet="ab1_*`[]<>&;#\\ .~", min_size=1, max_size=20).filter(str.strip)


@settings(max_examples=200, deadline=None)
@given(_BODY, st.dictionaries(st.sampled_from(list(EMOJI)), _WORDS, min_size=1), st.booleans())
def test_cutting_off_what_was_set_below_gives_both_back(
    body: str, lines: dict[str, str], hidden: bool
) -> None:
    told = footer.text([SOURCE, *(Line(k, v) for k, v in lines.items() if k != "Source")])
    plain = cut(body)[0]
    whole = with_footer(plain, told, hidden=hidden)
    assert cut(whole) == (plain, told)
    assert cut(cut(whole)[0]) == (plain, "")
