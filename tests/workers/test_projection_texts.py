"""Texts on their way: nobody is notified, no number points at a stranger, the way back is true."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.workers.crossing import NAMES, PAIRS, page, terms
from trackers import markers
from trackers.azure_devops import texts as azure
from trackers.gitlab import quick
from trackers.jira import texts as jira
from workers.rules import harmless
from workers.rules.prose import pieces
from workers.rules.quiet import QUIET

NUMBERS = {5: 105, 12: 112}


def test_a_mention_of_nobody_we_know_notifies_nobody() -> None:
    found = harmless.carried("ask @dave, @group/team or (@Eve)", terms("gitlab", "gitlab"))
    assert found == f"ask @{QUIET}dave, @{QUIET}group/team or (@{QUIET}Eve)"
    assert "@dave" not in found


def test_a_mention_of_somebody_with_an_account_there_names_that_account() -> None:
    assert harmless.carried("ask @Alice", terms("gitlab", "github")) == "ask @alice"
    found = harmless.carried("ask @alice.", terms("github", "jira"))
    assert found == "ask [@Alice Smith](accountid:right-alice)."
    way = terms("jira", "github")
    assert harmless.carried("ask [@Alice](accountid:left-alice)", way) == "ask @alice"
    assert harmless.carried("ask @alice", way) == f"ask @{QUIET}alice"
    assert harmless.carried("ask [@Eve](accountid:9)", way) == f"ask @{QUIET}Eve"


def test_addresses_of_mail_are_no_mentions() -> None:
    text = "write to a@example.com or https://example.com/@dave"
    assert harmless.carried(text, terms("gitlab", "gitlab")) == text


@pytest.mark.parametrize(
    "code",
    [
        "```\n@dave #12 /uploads/x\n```",
        "~~~py\n@dave\n\n#12\n~~~",
        "before `@dave #12` after",
        "``a ` @dave``",
        "> ```\n> @dave\n> ```",
        "- ```\n  @dave\n  ```",
        "```\nnever closed @dave",
    ],
)
def test_code_is_left_alone(code: str) -> None:
    assert harmless.carried(code, terms("gitlab", "gitlab", numbers=NUMBERS)) == code


@pytest.mark.parametrize(
    "text",
    [
        "a ` @dave",
        "\\`@dave\\`",
        "> ```\n> x\n@dave",
        "- ```\n  x\n\n@dave",
        "`a\n\n@dave`",
        "_@dave_",
        "@@dave",
        "é@dave",
        "\\@dave",
        "x.@dave",
        "</@dave",
    ],
)
def test_what_only_looks_like_code_is_none(text: str) -> None:
    assert "@dave" not in harmless.carried(text, terms("gitlab", "gitlab"))


def test_a_number_of_a_mirrored_ticket_becomes_its_twin_s() -> None:
    way = terms("gitlab", "gitlab", numbers=NUMBERS)
    assert harmless.carried("see #12, left/project#5.", way) == "see #112, right/project#105."
    to_jira = terms("gitlab", "jira", numbers=NUMBERS)
    assert (
        harmless.carried("see #12", to_jira)
        == "see [RGT-112](https://jira.example.com/browse/RGT-112)"
    )
    from_jira = terms("jira", "github", numbers=NUMBERS)
    assert harmless.carried("see LFT-12 and UTF-8", from_jira) == "see #112 and UTF-8"
    url = page("gitlab", "left", 12)
    assert harmless.carried(f"see {url}.", way) == f"see {page('gitlab', 'right', 112)}."
    assert harmless.carried(f"[that]({url})", way) == f"[that]({page('gitlab', 'right', 112)})"


def test_a_number_of_a_stranger_becomes_a_link_to_who_was_meant() -> None:
    way = terms("gitlab", "github")
    host = "https://gitlab.example.com"
    assert harmless.carried("#7", way) == f"[left/project#7]({host}/left/project/-/issues/7)"
    assert harmless.carried("a/b#7", way) == f"[a/b#7]({host}/a/b/-/issues/7)"
    assert (
        harmless.carried("!7", way) == f"[left/project!7]({host}/left/project/-/merge_requests/7)"
    )
    jira = terms("jira", "github")
    assert harmless.carried("LFT-7", jira) == "[LFT-7](https://jira.example.com/browse/LFT-7)"


def test_numbers_that_mean_nothing_here_do_not_come_to_mean_something_there() -> None:
    assert harmless.carried("we are #1", terms("jira", "github")) == f"we are #{QUIET}1"
    lost = terms("gitlab", "gitlab", here="")
    assert harmless.carried("#7", lost) == f"#{QUIET}7"
    assert harmless.carried("epic &4, a &amp; &#39;", terms("gitlab", "gitlab")) == (
        f"epic &{QUIET}4, a &amp; &#39;"
    )


def test_long_names_mean_the_same_at_one_instance() -> None:
    way = terms("gitlab", "gitlab", other_instance="1")
    assert harmless.carried("see a/b#7", way) == "see a/b#7"


def test_files_go_by_their_addresses_there() -> None:
    files = {"/uploads/a1/x.png": "/uploads/b2/x.png", "https://h.example/f.zip": "https://o/f"}
    way = terms("gitlab", "gitlab", files=files)
    text = '![x](/uploads/a1/x.png "t") <img src="/uploads/a1/x.png"> https://h.example/f.zip'
    assert harmless.carried(text, way) == (
        '![x](/uploads/b2/x.png "t") <img src="/uploads/b2/x.png"> https://o/f'
    )
    badge = "[![x](/uploads/a1/x.png)](https://h.example/f.zip)"
    assert harmless.carried(badge, way) == "[![x](/uploads/b2/x.png)](https://o/f)"


def test_a_pasted_marker_is_none_any_more() -> None:
    marker = markers.hidden(markers.minted(b"k" * 32, "here", "a>b", "a/1"))
    for text in (marker, f"`{marker}`", f"```\n{marker}\n```"):
        found = harmless.carried(text, terms("jira", "github"))
        assert markers.found(found) == []
        assert harmless.undone(found, terms("jira", "github", side="right", born="left")) == text


def test_quick_actions_in_a_carried_text_are_disarmed_by_gitlab_s_own_dialect() -> None:
    found = harmless.carried("/close\n/assign @alice", terms("github", "gitlab"))
    assert quick.disarmed(found).splitlines()[0] == "\\/close"


@pytest.mark.parametrize("other", ["jira", "azure_devops"])
def test_quiet_names_survive_other_forms_of_text(other: str) -> None:
    said = harmless.carried("ask @dave about #7", terms("jira", "gitlab"))
    if other == "jira":
        back = jira.read(jira.written(said, None, cloud=True)[0])[0]
    else:
        back = azure.read(azure.written(said, is_markdown=False).text, is_markdown=False).text
    assert back.strip() == said


def test_somebody_whom_people_there_mention_stays_mentioned() -> None:
    there = "thanks @dave"
    back = harmless.carried(there, terms("gitlab", "gitlab", side="right"))
    assert back == f"thanks @{QUIET}dave"
    again = harmless.carried(f"{back}!", terms("gitlab", "gitlab"), there)
    assert again == "thanks @dave!"
    assert harmless.carried(back, terms("gitlab", "gitlab")) == f"thanks @{QUIET}{QUIET}dave"


WORDS = [
    "plain words", "#12", "#5.", "#7", "left/project#12", "left/project#7", "x/y#3", "!4", "&9",
    "LFT-12", "LFT-7", "RGT-7", "UTF-8", "C#", "a@example.com", "`#12 @x`", "\n", "\n\n",
    "- item", "```\n#12\n```", "[text](https://example.com/a)", "https://example.com/a#12.",
    "(#12)", "**#7**", "/uploads/a1/x.png", "![i](/uploads/a1/x.png)", "[x]", "&amp;", "\\",
    "[left/project#7](https://example.com)", "[#12](https://example.com/)", "a\u2060b", "<b>x</b>",
    "<!-- note -->", "ticketsync:1:a", "` open", "> quote", "| a | b |", "/close", "&#64;dave",
]  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(PAIRS),
    st.lists(st.sampled_from(WORDS), max_size=12),
    st.sampled_from((" ", "\n", ", ")),
)
def test_a_text_carried_there_and_back_is_the_text(
    pair: tuple[str, str], words: list[str], between: str
) -> None:
    left, right = pair
    text = between.join(words)
    pages = [page(left, "left", 12), page(left, "left", 7)]
    text += f" {pages[0]} [a]({pages[0]}) [LFT-12]({pages[0]}) [left/project#7]({pages[1]})"
    files = {"/uploads/a1/x.png": "/uploads/b2/x.png"}
    there = terms(left, right, numbers=NUMBERS, files=files)
    back = terms(left, right, side="right", numbers=NUMBERS, files=files)
    said = harmless.carried(text, there)
    assert harmless.carried(said, back) == text
    assert harmless.undone(said, back) == text


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="a`~>- \n#@1\\", max_size=60))
def test_pieces_joined_are_the_text(text: str) -> None:
    assert "".join(piece for _, piece in pieces(text)) == text


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(NAMES), st.text(alphabet="a`@ \n*_[]()#1/", max_size=50))
def test_no_mention_outside_code_is_left(right: str, text: str) -> None:
    assert not harmless.mentioned([harmless.carried(text, terms("github", right, people=()))])


def test_long_texts_take_no_longer_than_their_length() -> None:
    for text in (
        "`" * 50_000,
        "` " * 25_000,
        "[" * 50_000,
        "@a" * 25_000,
        "a/" * 25_000,
        "#" * 50_000,
    ):
        harmless.carried(text, terms("github", "gitlab"))
