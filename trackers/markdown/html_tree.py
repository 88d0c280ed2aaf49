"""HTML made regular before it is converted: every run of text in a block, lists well nested.

Scripts and styles go without a word; whatever else goes is named.
"""

import re
from collections.abc import Container

from bs4 import BeautifulSoup
from bs4.element import Comment, NavigableString, PageElement, PreformattedString, Tag
from bs4.exceptions import ParserRejectedMarkup

from trackers.markdown.converted import Unconvertible
from trackers.markdown.dialect import LONGEST
from trackers.markdown.escape import clean

DEEPEST = 60
"""Elements within elements; what lies deeper is kept as text."""

BREAK = "\ufdd0"
"""Stands for a line break while lines are put together; no text may hold it."""

BLOCKS = frozenset({
    "p", "div", "section", "article", "main", "header", "footer", "aside", "nav", "figure",
    "figcaption", "address", "center", "form", "fieldset", "h1", "h2", "h3", "h4", "h5", "h6",
    "ul", "ol", "li", "blockquote", "pre", "hr", "table", "thead", "tbody", "tfoot", "tr", "td",
    "th", "caption", "details", "summary", "dl", "dt", "dd", "body", "html",
})  # fmt: skip
_HOLDERS = BLOCKS & {
    "body", "div", "section", "article", "main", "header", "footer", "aside", "nav", "figure",
    "center", "form", "fieldset", "address", "figcaption", "caption", "li", "blockquote", "td",
    "th", "details", "dd", "dt",
}  # fmt: skip
_SILENT = ("script", "style", "head", "title", "template", "noscript", "meta", "link", "base")
_LOST = (
    "iframe", "object", "embed", "svg", "math", "video", "audio", "canvas", "select", "textarea",
    "button",
)  # fmt: skip
_EMPTY = (
    "p", "div", "section", "article", "blockquote", "center", "span", "font", "b", "strong", "i",
    "em", "u", "ins", "s", "del", "sub", "sup", "a", "h1", "h2", "h3", "h4", "h5", "h6",
)  # fmt: skip
_SPACE = re.compile(r"[ \t\r\n\f]+")


def regular(html: str, losses: dict[str, None]) -> Tag:
    """The body of a piece of HTML; Unconvertible when it cannot be parsed."""
    if len(html) > LONGEST:
        raise Unconvertible(f"HTML of {len(html)} characters; {LONGEST} is the longest")
    body = _parsed(clean(html).replace(BREAK, "\ufffd"))
    _remove(body, losses)
    _flatten(body, losses)
    _collapse(body)
    for found in _named(body, {"ul", "ol"}):
        _nest(found)
    for box in _named(body, {"input"}):
        _mark(box)
    for holder in [body, *_named(body, _HOLDERS)]:
        _wrap(holder)
    _remove_empty(body)
    for found in _named(body, {"ul", "ol"}):
        before = found.find_previous_sibling()
        if before is not None and before.name == found.name and not before.get("data-other"):
            found["data-other"] = "1"
    return body


def _parsed(html: str) -> Tag:
    try:
        soup = BeautifulSoup(f"<body>{html}", "html.parser")
    except (ParserRejectedMarkup, AssertionError, RecursionError) as error:
        raise Unconvertible("HTML that cannot be parsed") from error
    root = BeautifulSoup("<body></body>", "html.parser")
    body = root.body
    if body is None:
        raise Unconvertible("HTML without a body")
    for child in list(soup.children):
        body.append(child.extract())
    for inner in _named(body, {"body", "html"}):
        inner.unwrap()
    return body


def _remove(body: Tag, losses: dict[str, None]) -> None:
    for found in _named(body, _SILENT):
        found.extract()
    for found in _named(body, _LOST):
        losses[f"an element of HTML: {found.name}"] = None
        found.replace_with(NavigableString(found.get_text(" ")))
    for note in [one for one in body.descendants if isinstance(one, PreformattedString)]:
        if isinstance(note, Comment):
            losses["an HTML comment"] = None
        note.extract()


def _flatten(body: Tag, losses: dict[str, None]) -> None:
    """What lies too deep becomes its text."""
    level: list[Tag] = [body]
    for _ in range(DEEPEST):
        level = [one for tag in level for one in tag.children if isinstance(one, Tag)]
    for tag in level:
        losses[f"what is nested deeper than {DEEPEST} elements becomes text"] = None
        tag.replace_with(NavigableString(tag.get_text(" ")))


def _collapse(body: Tag) -> None:
    """Blanks and line ends in text are one blank, except in preformatted text."""
    kept = {id(text) for pre in _named(body, {"pre"}) for text in pre.find_all(string=True)}
    for text in [one for one in body.descendants if isinstance(one, NavigableString)]:
        if id(text) not in kept:
            short = _SPACE.sub(" ", str(text))
            if short != text:
                text.replace_with(NavigableString(short))


def _nest(found: Tag) -> None:
    """Whatever is no item joins the item before it, as browsers show it."""
    number = _start(found)
    item: Tag | None = None
    for child in list(found.children):
        if isinstance(child, Tag) and child.name == "li":
            item = child
            item["data-number"] = str(number)
            number += 1
        elif isinstance(child, Tag) or str(child).strip():
            if item is None:
                item = _new("li")
                child.insert_before(item)
                item["data-number"] = str(number)
                number += 1
            item.append(child.extract())


def _start(found: Tag) -> int:
    start = str(found.get("start", "1"))
    return int(start) if start.isascii() and start.isdigit() and len(start) < 9 else 1


def _mark(box: Tag) -> None:
    """A checkbox at the beginning of an item makes it a task."""
    item = box.find_parent("li") if box.get("type") == "checkbox" else None
    if item is None:
        return
    first = next(
        (one for one in item.descendants if isinstance(one, Tag) and one.name != "p"), None
    )
    if first is box:
        item["data-checked"] = "x" if box.has_attr("checked") else " "
        after = box.next_sibling
        if isinstance(after, NavigableString):
            after.replace_with(NavigableString(after.lstrip()))
        box.extract()


def _wrap(holder: Tag) -> None:
    """Runs of inline content become paragraphs."""
    run: list[PageElement] = []
    for child in [*list(holder.children), None]:
        if child is not None and not _is_block(child):
            run.append(child)
            continue
        if not any(isinstance(one, Tag) or str(one).strip() for one in run):
            for one in run:
                one.extract()
        else:
            paragraph = _new("p")
            run[0].insert_before(paragraph)
            for one in run:
                paragraph.append(one.extract())
        run = []


def _named(body: Tag, names: Container[str]) -> list[Tag]:
    """Every element of these names, in document order."""
    return [one for one in body.descendants if isinstance(one, Tag) and one.name in names]


def _remove_empty(body: Tag) -> None:
    """What shows nothing goes, from the inside out."""
    for found in reversed(_named(body, _EMPTY)):
        if all(_invisible(child) for child in found.children):
            found.extract()


def _invisible(child: PageElement) -> bool:
    return child.name == "br" if isinstance(child, Tag) else not str(child).strip()


def _is_block(child: PageElement) -> bool:
    if not isinstance(child, Tag) or child.name == "a":
        return False
    return child.name in BLOCKS or bool(_named(child, BLOCKS))


def _new(name: str) -> Tag:
    return Tag(name=name)
