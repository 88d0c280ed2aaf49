"""ADF documents and Markdown texts for tests: one of everything, and strategies that make more."""

import gzip
import json
from functools import cache
from typing import Any

from hypothesis import strategies as st
from jsonschema import Draft4Validator

from tests.trackers.stand_ins import shared


@cache
def _validator(path: str) -> Draft4Validator:
    with gzip.open(path) as file:
        return Draft4Validator(json.load(file))


def schema_errors(document: Any) -> list[str]:
    """What the official schema says against a document; skips where the schema is absent."""
    found = _validator(str(shared("specs/adf.schema.json.gz"))).iter_errors(document)
    return [f"{list(error.absolute_path)}: {error.message[:300]}" for error in found]


def text(words: str, *marks: Any) -> Any:
    named = [{"type": one} if isinstance(one, str) else one for one in marks]
    return {"type": "text", "text": words} | ({"marks": named} if named else {})


def paragraph(*content: Any) -> Any:
    inner = [text(one) if isinstance(one, str) else one for one in content]
    return {"type": "paragraph", "content": inner}


def node(kind: str, *content: Any, **attrs: Any) -> Any:
    return {"type": kind} | ({"attrs": attrs} if attrs else {}) | {"content": list(content)}


def leaf(kind: str, **attrs: Any) -> Any:
    return {"type": kind, "attrs": attrs}


def document(*blocks: Any) -> Any:
    return {"type": "doc", "version": 1, "content": list(blocks)}


def link(href: str) -> Any:
    return {"type": "link", "attrs": {"href": href}}


def item(*content: Any) -> Any:
    return node("listItem", *content)


def row(kind: str, *cells: Any) -> Any:
    return node("tableRow", *[node(kind, cell) for cell in cells])


def task(words: str, state: str = "TODO") -> Any:
    return node("taskItem", text(words), localId="t", state=state)


INLINE = (
    leaf("mention", id="557058:ab-12", text="@Ann Lee"),
    leaf("emoji", shortName=":smile:", id="1f604", text="😄"),
    leaf("emoji", shortName=":parrot:", id="site-1"),
    leaf("date", timestamp="1763596800000"),
    leaf("status", text="IN REVIEW", color="blue"),
    leaf("inlineCard", url="https://example.com/a/b_c"),
    leaf("placeholder", text="type here"),
    leaf("inlineExtension", extensionKey="k", extensionType="t", text="macro"),
    leaf("mediaInline", type="file", id="f-1", collection="c"),
)
FILE = leaf("media", type="file", id="f-1", collection="c", alt="shot.png")
BLOCKS = (
    node("heading", text("Steps #"), level=2),
    node("rule") | {},
    node("codeBlock", text("a ``` b\n\n````\n</details>"), language="python"),
    node(
        "panel", paragraph("Careful"), node("bulletList", item(paragraph("x"))), panelType="warning"
    ),
    node("panel", paragraph("own"), panelType="custom", panelColor="#ffffff"),
    node("expand", paragraph("inside"), title="More <of> it"),
    node("blockquote", paragraph("[!NOTE]"), paragraph("said")),
    node(
        "decisionList", node("decisionItem", text("yes"), localId="i", state="DECIDED"), localId="d"
    ),
    node("mediaSingle", FILE, layout="center"),
    node("mediaGroup", FILE, FILE),
    node(
        "mediaSingle",
        leaf("media", type="external", url="https://example.com/a (b).png"),
        layout="center",
    ),
    leaf("blockCard", url="https://example.com/card"),
    leaf("embedCard", url="https://example.com/embed", layout="center"),
    leaf("extension", extensionKey="k", extensionType="t"),
    node(
        "layoutSection", *[node("layoutColumn", paragraph(f"column {n}"), width=50) for n in (1, 2)]
    ),
    node(
        "table",
        row("tableHeader", paragraph("a | b"), paragraph()),
        row(
            "tableCell", paragraph(text("x|y", "code")), paragraph("1", {"type": "hardBreak"}, "2")
        ),
    ),
    node(
        "table",
        node("tableRow", node("tableCell", paragraph("wide"), colspan=2)),
        row("tableCell", paragraph("1"), paragraph("2")),
    ),
    node("table", row("tableCell", paragraph("one"), paragraph("two"))),
    node("taskList", task("do"), node("taskList", task("done", "DONE"), localId="l"), localId="l"),
    node(
        "bulletList",
        item(
            paragraph("a"),
            node("orderedList", item(paragraph("b"), node("codeBlock", text("c\n\nd"))), order=3),
        ),
        item(paragraph("e")),
    ),
    node("orderedList", item(paragraph("f"), paragraph("g")), item(paragraph())),
)
BLOCKS = tuple(
    {key: value for key, value in one.items() if one["type"] != "rule" or key == "type"}
    for one in BLOCKS
)
EVERYTHING = document(
    paragraph(
        "Plain ",
        text("bold ", "strong"),
        text("both", "strong", "em"),
        " and ",
        text("struck", "strike"),
        text("foo.", "strong"),
        text("bar"),
        text("under", "underline"),
        text("2", {"type": "subsup", "attrs": {"type": "sub"}}),
        text("red", {"type": "textColor", "attrs": {"color": "#ff0000"}}),
        text("back", {"type": "backgroundColor", "attrs": {"color": "#00ff00"}}),
        text("linked", "strong", link("https://example.com/(x")),
        text("c`d", "code"),
    ),
    *[paragraph("before ", one, " after") for one in INLINE],
    *BLOCKS,
)

_SOUP = st.lists(
    st.sampled_from(
        [*"ab1 *_~`[]()<>!#|\\-+.:&\n=@/\"'éß ", "https://x.io/a", "**", "```", "\n\n"]
    ),
    max_size=24,
).map("".join)
WORDS = st.one_of(
    _SOUP, st.sampled_from(["plain words", "1. x", "- y", "# z", "[a](b)", "<b>", "a_b_c"])
)
_MARKS = st.lists(
    st.sampled_from(
        [{"type": one} for one in ("strong", "em", "strike", "underline")]
        + [
            link("https://example.com/a_b"),
            {"type": "textColor", "attrs": {"color": "#ff0000"}},
            {"type": "subsup", "attrs": {"type": "sup"}},
        ]
    ),
    max_size=3,
    unique_by=lambda mark: mark["type"],
)
_TEXTS = st.builds(lambda words, marks: text(words, *marks), WORDS.filter(bool), _MARKS)
_CODE = st.builds(lambda words: text(words, "code"), WORDS.filter(bool))
_INLINE = st.one_of(_TEXTS, _TEXTS, _CODE, st.sampled_from(INLINE), st.just({"type": "hardBreak"}))
PARAGRAPHS = st.builds(lambda inner: node("paragraph", *inner), st.lists(_INLINE, max_size=6))
_CODES = st.builds(lambda words: node("codeBlock", *[text(words)][: bool(words)]), WORDS)


def _lists(inner: Any) -> Any:
    items = st.builds(
        lambda first, rest: item(first, *rest), PARAGRAPHS, st.lists(inner, max_size=2)
    )
    kinds = st.sampled_from(["bulletList", "orderedList"])
    return st.builds(
        lambda kind, some: node(kind, *some), kinds, st.lists(items, min_size=1, max_size=3)
    )


# Two levels: each more makes checking against the official schema take four times as long.
_LEAVES = st.one_of(PARAGRAPHS, _CODES)
_NESTED = st.one_of(_LEAVES, _lists(_LEAVES), _lists(st.one_of(_LEAVES, _lists(_LEAVES))))
_CELLS = st.builds(
    lambda cells: row("tableCell", *cells), st.lists(PARAGRAPHS, min_size=2, max_size=2)
)
_TABLES = st.builds(lambda rows: node("table", *rows), st.lists(_CELLS, min_size=1, max_size=3))
_QUOTES = st.builds(
    lambda inner: node("blockquote", *inner), st.lists(_NESTED, min_size=1, max_size=3)
)
_PANELS = st.builds(
    lambda inner, kind: node("panel", *inner, panelType=kind),
    st.lists(_NESTED, min_size=1, max_size=3),
    st.sampled_from(["info", "note", "warning", "error", "success", "tip"]),
)
_EXPANDS = st.builds(
    lambda inner, title: node("expand", *inner, title=title),
    st.lists(st.one_of(_NESTED, _TABLES, _QUOTES), min_size=1, max_size=3),
    WORDS,
)
_HEADINGS = st.builds(
    lambda inner, level: node("heading", *inner["content"], level=level),
    PARAGRAPHS,
    st.integers(1, 6),
)
DOCUMENTS = st.builds(
    lambda blocks: document(*blocks),
    st.lists(
        st.one_of(
            PARAGRAPHS,
            _NESTED,
            _TABLES,
            _QUOTES,
            _PANELS,
            _EXPANDS,
            _HEADINGS,
            st.sampled_from(BLOCKS),
        ),
        max_size=5,
    ),
)
_LINES = st.sampled_from(
    [
        "",
        "",
        "text",
        "# head",
        "- a",
        "  - b",
        "* c",
        "1. d",
        "3) e",
        "- [ ] t",
        "  - [x] u",
        "> q",
        "> > r",
        "> [!TIP]",
        "> - s",
        "```",
        "```py",
        "    code",
        "---",
        "***",
        "===",
        "| a | b |",
        "| - | - |",
        "|:-:|--:|",
        "<details>",
        "<summary>s</summary>",
        "</details>",
        "![i](https://x.io/i.png)",
        "a ![i](u.png) b",
        "[![i](u.png)](https://x.io)",
        "[@A](accountid:1)",
        "[x](azureid:2)",
        "[^1]",
        "[^1]: n",
        "[r]: https://x.io",
        "[r]",
        "<u>a</u> <b>c</u>",
        "<!-- c -->",
        "<!--",
        "-->",
        "**b *i*** ~~s~~ `c`",
        ":tada:",
        "https://x.io/a_b",
        "<https://x.io>",
        "a\\",
        "b  ",
        "<br>",
        "&amp; &copy;",
        "[s](status:red)",
        "[d](date:1)",
        "  - [ ] v",
        "> # h",
        "- # h",
        "- > q",
        "- | a |\n  | - |",
        "- ***",
        "> ---",
        '```adf\n{"type":"rule"}\n```',
        "[x](adf:%7B%7D)",
    ]
)
MARKDOWN = st.one_of(st.lists(_LINES, max_size=12).map("\n".join), _SOUP, st.text())
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.floats(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["type", "attrs", "content", "marks", "text"]), inner, max_size=4
        )
        | st.builds(
            lambda kind, rest: rest | {"type": kind},
            st.sampled_from(
                [
                    "doc",
                    "paragraph",
                    "text",
                    "table",
                    "tableRow",
                    "tableCell",
                    "heading",
                    "bulletList",
                    "listItem",
                    "taskList",
                    "mention",
                    "mediaSingle",
                    "media",
                    "panel",
                    "status",
                    "hardBreak",
                    "codeBlock",
                    "expand",
                    "inlineCard",
                ]
            ),
            st.dictionaries(
                st.sampled_from(["attrs", "content", "marks", "text"]), inner, max_size=4
            ),
        )
    ),
    max_leaves=20,
)
