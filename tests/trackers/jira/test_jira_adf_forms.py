"""How each ADF node looks in Markdown, and what comes back from it."""

import copy

import pytest

from tests.trackers.jira.jira_documents import (
    BLOCKS,
    EVERYTHING,
    INLINE,
    document,
    item,
    leaf,
    link,
    node,
    paragraph,
    row,
    schema_errors,
    text,
)
from trackers.jira.adf import from_markdown, grammar, to_markdown
from trackers.markdown import Unconvertible


def shown(*blocks):
    return to_markdown(document(*blocks)).text


def read(markdown, original=None):
    return from_markdown(markdown, original).document["content"]


def test_the_test_document_is_valid():
    assert schema_errors(EVERYTHING) == []
    assert grammar.valid(EVERYTHING)


def test_an_untouched_document_comes_back_as_it_was():
    assert from_markdown(to_markdown(EVERYTHING).text, EVERYTHING).document == EVERYTHING


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block["type"])
def test_every_block_survives_beside_an_edit(block):
    original = document(paragraph("first"), block, paragraph("last"))
    edited = to_markdown(original).text.replace("first", "edited")
    again = from_markdown(edited, original).document["content"]
    assert again == [paragraph("edited"), block, paragraph("last")]


@pytest.mark.parametrize("inline", INLINE, ids=lambda inline: inline["type"])
def test_every_inline_node_survives_an_edit_of_its_own_line(inline):
    original = document(paragraph("before ", inline, " after"))
    edited = to_markdown(original).text.replace("before", "edited")
    [again] = from_markdown(edited, original).document["content"]
    if inline == leaf("emoji", shortName=":smile:", id="1f604", text="😄"):
        assert again == paragraph("edited 😄 after")
    elif inline["type"] == "emoji":
        assert again["content"][1]["attrs"] == inline["attrs"] | {"text": ":parrot:"}
    else:
        assert again["content"][1] == inline


@pytest.mark.parametrize(
    ("inline", "markdown"),
    [
        (leaf("mention", id="557058:ab", text="@Ann Lee"), "[@Ann Lee](accountid:557058:ab)"),
        (leaf("mention", id="1"), "[@1](accountid:1)"),
        (leaf("date", timestamp="1763596800000"), "[2025-11-20](date:1763596800000)"),
        (leaf("status", text="IN REVIEW", color="blue"), "[IN REVIEW](status:blue)"),
        (leaf("emoji", shortName=":smile:", text="😄"), "😄"),
        (leaf("emoji", shortName=":tada:"), ":tada:"),
        (leaf("inlineCard", url="https://example.com/a_b"), "https://example.com/a_b"),
        (text("a b", "strong"), "**a b**"),
        (text("a", "strong", "em"), "***a***"),
        (text("a`b", "code"), "``a`b``"),
        (text("x", "underline"), "<u>x</u>"),
        (text("2", {"type": "subsup", "attrs": {"type": "sub"}}), "<sub>2</sub>"),
        (text("r", {"type": "textColor", "attrs": {"color": "#FF0000"}}),
         '<span style="color: #ff0000">r</span>'),
        (text("t", link("https://example.com/(a")), r"[t](https://example.com/\(a)"),
    ],
)  # fmt: skip
def test_inline_nodes_have_their_form(inline, markdown):
    assert shown(paragraph("see ", inline, " end")) == f"see {markdown} end"


@pytest.mark.parametrize(
    ("kind", "alert"),
    [("info", "NOTE"), ("note", "IMPORTANT"), ("success", "TIP"), ("warning", "WARNING"),
     ("error", "CAUTION")],
)  # fmt: skip
def test_panels_are_alerts(kind, alert):
    markdown = f"> [!{alert}]\n> Careful\n>\n> - x"
    panel = node(
        "panel", paragraph("Careful"), node("bulletList", item(paragraph("x"))), panelType=kind
    )
    assert shown(panel) == markdown
    assert read(markdown) == [panel]


def test_an_expand_is_details_and_comes_back():
    expand = node(
        "expand", paragraph("in"), node("codeBlock", text("</details>")), title="A <b> & c"
    )
    markdown = shown(expand)
    assert markdown.startswith("<details>\n<summary>A &lt;b&gt; &amp; c</summary>\n\nin\n\n```\n")
    assert read(markdown) == [expand]


def test_an_expand_within_an_expand_is_a_nested_one():
    inner = node("nestedExpand", paragraph("deep"), title="b")
    outer = node("expand", paragraph("a"), inner, title="a")
    assert read(shown(outer)) == [outer]


def test_tasks_nest_and_keep_their_states():
    markdown = "- [ ] do\n  - [x] done\n- [ ] more"
    [tasks] = read(markdown)
    assert [one["type"] for one in tasks["content"]] == ["taskItem", "taskList", "taskItem"]
    assert tasks["content"][1]["content"][0]["attrs"]["state"] == "DONE"
    assert shown(tasks) == markdown


def test_tasks_among_other_items_stay_readable_as_tasks():
    markdown = "- [ ] do\n- plain"
    assert shown(*read(markdown)) == markdown
    assert from_markdown(markdown).losses == ("task states in a list of other things become text",)


def test_a_simple_table_is_one_of_github():
    markdown = "| a \\| b | c |\n| --- | :---: |\n| `x\\|y` | 1<br>2 |"
    [table] = read(markdown)
    assert table["content"][0]["content"][0] == node("tableHeader", paragraph("a | b"))
    assert shown(table) == markdown


def test_a_table_without_a_header_row_keeps_none():
    table = node("table", row("tableCell", paragraph("one"), paragraph("two")))
    assert shown(table) == "|  |  |\n| --- | --- |\n| one | two |"
    assert read(shown(table)) == [table]


@pytest.mark.parametrize(
    "cell",
    [
        node("tableCell", paragraph("wide"), colspan=2),
        node("tableCell", paragraph("tall"), rowspan=2),
        node("tableCell", paragraph("one"), paragraph("two")),
        node("tableCell", node("bulletList", item(paragraph("x")))),
    ],
)
def test_a_table_with_spans_or_blocks_in_cells_is_kept_as_it_is(cell):
    table = node("table", node("tableRow", cell))
    result = to_markdown(document(table))
    assert result.text.startswith("```adf\n")
    assert result.losses == ("table is kept as JSON",)
    assert read(result.text) == [table]


def test_a_fence_is_one_longer_than_the_longest_run_inside():
    code = node("codeBlock", text("a\n````\nb"), language="python")
    assert shown(code) == "`````python\na\n````\nb\n`````"
    assert read(shown(code)) == [code]


def test_lists_nest_with_code_and_numbers():
    inner = node("orderedList", item(paragraph("b"), node("codeBlock", text("c\n\nd"))), order=3)
    outer = node("bulletList", item(paragraph("a"), inner), item(paragraph("e")))
    assert shown(outer) == "- a\n\n  3. b\n\n     ```\n     c\n\n     d\n     ```\n- e"
    assert read(shown(outer)) == [outer]


def test_two_lists_side_by_side_stay_two():
    lists = [node("bulletList", item(paragraph(word))) for word in ("a", "b")]
    assert shown(*lists) == "- a\n\n* b"
    assert read(shown(*lists)) == lists


def test_a_node_of_the_future_is_kept_and_given_back_to_its_document_only():
    future = {"type": "hologram", "attrs": {"beam": 3}}
    original = document(paragraph("a"), future)
    markdown = to_markdown(original).text
    assert markdown == 'a\n\n```adf\n{"attrs":{"beam":3},"type":"hologram"}\n```'
    assert from_markdown(f"new\n\n{markdown}", original).document["content"][-1] == future
    assert read(markdown)[-1]["type"] == "codeBlock"


def test_an_inline_node_of_the_future_is_a_link_with_its_text():
    future = {"type": "sparkle", "attrs": {"text": "shiny"}}
    original = document(paragraph("a ", future))
    markdown = to_markdown(original).text
    assert markdown.startswith("a [shiny](adf:%7B")
    edited = from_markdown(markdown.replace("a ", "b "), original).document["content"][0]
    assert edited == paragraph("b ", future)
    assert read(markdown) == [paragraph("a shiny")]


def test_a_stored_file_is_only_written_to_the_document_that_holds_it():
    single = BLOCKS[8]
    original = document(single)
    assert shown(single) == "![shot.png](media:f-1?collection=c)"
    assert from_markdown(f"new\n\n{shown(single)}", original).document["content"][1] == single
    elsewhere = from_markdown(shown(single))
    assert elsewhere.document["content"] == [paragraph("shot.png")]
    assert elsewhere.losses == ("the image 'shot.png', a file stored elsewhere",)


def test_attributes_of_untouched_blocks_stay_though_markdown_cannot_say_them():
    centred = paragraph("middle") | {"marks": [{"type": "alignment", "attrs": {"align": "center"}}]}
    original = document(centred, {"type": "paragraph"}, paragraph("old"))
    assert to_markdown(original).losses == ("alignment of a paragraph",)
    again = from_markdown("middle\n\nold\n\nnew", original).document["content"]
    assert again == [centred, {"type": "paragraph"}, paragraph("old"), paragraph("new")]


@pytest.mark.parametrize(
    ("markdown", "kinds", "loss"),
    [
        ("- # a", ["bulletList"], "a heading inside of a listItem becomes bold text"),
        ("> > a", ["blockquote"], "a blockquote inside of a blockquote becomes part of it"),
        ("> ---", ["blockquote"], "a rule inside of a blockquote becomes text"),
        ("- | a |\n  | - |", ["bulletList"], "a table inside of a listItem becomes a code block"),
        ("a **`b`**", ["paragraph"], "marks on inline code"),
        ("a <!-- note -->", ["paragraph"], "an HTML comment"),
        ("[@Bo](azureid:12)", ["paragraph"], "azureid of '@Bo'"),
        (
            "# a ![b](https://example.com/c.png)",
            ["heading"],
            "an image within a line becomes a link",
        ),
    ],
)
def test_what_jira_does_not_take_becomes_the_nearest_thing_and_is_named(markdown, kinds, loss):
    result = from_markdown(markdown)
    assert [one["type"] for one in result.document["content"]] == kinds
    assert result.losses == (loss,)
    assert schema_errors(result.document) == []


def test_an_image_is_a_block_of_its_own():
    kinds = [one["type"] for one in read("a ![k](https://example.com/k.png) b")]
    assert kinds == ["paragraph", "mediaSingle", "paragraph"]


@pytest.mark.parametrize("plain", [
    "One sentence. Another one, with a comma - and a dash; 3 > 2 and 5 < 6!",
    "First paragraph.\n\nSecond paragraph.",
    "Two lines\nof one paragraph.",
    "See https://example.com/a_b?c=d&e=f, snake_case and C:\\path (10 % of $5 + 1 = ~2).",
    "It's \"quoted\", an e-mail ann@example.com, #12, @ann and 2 * 3 * 4.",
    "Ünïcödé, 日本語 and 🎉.",
])  # fmt: skip
def test_plain_text_passes_unchanged(plain):
    assert to_markdown(from_markdown(plain).document).text == plain


@pytest.mark.parametrize(
    ("content", "markdown"),
    [
        (["[x]: y"], "\\[x]: y"),
        (["[x", {"type": "hardBreak"}, "y]: z"], "\\[x\ny]: z"),
        (["[", text("^1", "strong"), "]: n"], "\\[**^1**]: n"),
        (["[", text("c", "code"), "^1]: n"], "\\[`c`^1]: n"),
        (["[x]", leaf("emoji", shortName=":tada:"), " n"], "\\[x]:tada: n"),
        (["a [x]: y"], "a [x]: y"),
        (["a", {"type": "hardBreak"}, " [^1]: n"], "a\n[^1]: n"),
    ],
)
def test_a_text_that_looks_like_a_definition_is_not_lost(content, markdown):
    assert shown(paragraph(*content)) == markdown
    assert shown(*read(markdown)) == markdown


@pytest.mark.parametrize(
    "value", ["text", 3, [], {"type": "paragraph"}, {"type": "doc", "content": 1}]
)
def test_what_is_no_document_is_refused(value):
    with pytest.raises(Unconvertible, match="no ADF document"):
        to_markdown(value)


def test_no_document_is_an_empty_text():
    assert to_markdown(None).text == ""
    assert from_markdown("").document == {"type": "doc", "version": 1, "content": []}


def test_a_document_nested_beyond_reading_is_refused():
    deep = paragraph("x")
    for _ in range(5000):
        deep = {"type": "blockquote", "content": [deep]}
    with pytest.raises(Unconvertible, match="nested deeper"):
        to_markdown(document(deep))
    assert from_markdown("x", document(deep)).document["content"] == [paragraph("x")]


def test_the_original_is_not_changed():
    before = copy.deepcopy(EVERYTHING)
    from_markdown(to_markdown(EVERYTHING).text + "\n\nmore", EVERYTHING)
    assert before == EVERYTHING
