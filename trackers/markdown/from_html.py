"""HTML → Markdown: markdownify's walk, with forms of our own for nearly every element.

Its own escape too much or too little, its fences are always three backticks, and checkboxes,
alignment, details and Azure's mentions have no form there.
"""

import re
from collections.abc import Callable
from urllib.parse import quote

from bs4.element import NavigableString, Tag
from markdownify import ATX, MarkdownConverter

from trackers.markdown import escape, html_tables, html_tree, layout
from trackers.markdown.converted import Converted
from trackers.markdown.html_tree import BREAK

Form = Callable[["HtmlReader", Tag, str, set[str]], str]

_MENTION = re.compile(r"version:([\d.]+),([0-9A-Za-z-]+)\s*$")
_COLOUR = re.compile(r"(?:^|;)\s*(background-color|color)\s*:\s*([^;]+)", re.IGNORECASE)
_RGB = re.compile(r"rgb\(\s*(\d{1,3})\s*,\s*(\d{1,3})\s*,\s*(\d{1,3})\s*\)")
_UNSAFE = ("javascript:", "vbscript:", "file:", "data:")
_ALERT = re.compile(r"markdown-alert-(note|tip|important|warning|caution)")
_BREAKS = re.compile(rf" *((?:{BREAK} *)+)")


def from_html(html: str) -> Converted:
    """Markdown for a piece of HTML; Unconvertible when it cannot be parsed."""
    losses: dict[str, None] = {}
    body = html_tree.regular(html, losses)
    where = escape.hazards(body.get_text())
    return Converted(HtmlReader(where, losses).convert_soup(body).strip("\n"), tuple(losses))


def _wrapping(delimiter: str, tag: str) -> Form:
    def convert(reader: "HtmlReader", el: Tag, text: str, parent_tags: set[str]) -> str:
        body = text.strip(f" {BREAK}")
        if not body or "_noformat" in parent_tags:
            return text
        left = text[: len(text) - len(text.lstrip(f" {BREAK}"))]
        right = text[len(text.rstrip(f" {BREAK}")) :]
        before = " " if left else _beside(el.previous_sibling, -1)
        after = " " if right else _beside(el.next_sibling, 0)
        if delimiter and escape.delimits(body, delimiter[0], before, after):
            return f"{left}{delimiter}{body}{delimiter}{right}"
        return f"{left}<{tag}>{body}</{tag}>{right}"

    return convert


def _beside(neighbour: object, at: int) -> str:
    """The character next to an element; a letter where we cannot know."""
    if neighbour is None:
        return ""
    if isinstance(neighbour, NavigableString):
        return str(neighbour)[at] if neighbour else ""
    return " " if isinstance(neighbour, Tag) and neighbour.name == "br" else "x"


def _inside(text: str, tag: str) -> str:
    return _BREAKS.sub(lambda run: tag * run[1].count(BREAK), text).strip(" ")


class HtmlReader(MarkdownConverter):
    """One conversion: what brackets could be misread as, and the losses so far."""

    def __init__(self, where: escape.Hazards, losses: dict[str, None]) -> None:
        super().__init__(heading_style=ATX, bullets="-", escape_misc=True)
        self.where, self.losses = where, losses

    def escape(self, text: str, parent_tags: set[str]) -> str:
        where = escape.LINKED if "a" in parent_tags else self.where
        return escape.escaped(text, where, before="x", after="x")

    def process_text(self, el: NavigableString, parent_tags: set[str] | None = None) -> str:
        tags = parent_tags or set()
        if "_noformat" in tags:
            return str(el)
        beside = {"before": _beside(el.previous_sibling, -1), "after": _beside(el.next_sibling, 0)}
        if "a" in tags:
            return self.escape(str(el), tags)
        return escape.escaped(str(el), self.where, **beside, marked=bool(tags & _MARKING))

    def convert_p(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        inner = escape.guarded(_lines(text))
        return f"\n\n{inner}\n\n" if inner else ""

    def convert_div(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        return f"\n\n{text.strip(chr(10))}\n\n" if text.strip() else ""

    convert_section = convert_article = convert_body = convert_dl = convert_figure = convert_div
    convert_dt = convert_dd = convert_div

    def convert_br(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        return BREAK

    def convert_hN(self, n: int, el: Tag, text: str, parent_tags: set[str]) -> str:
        line = _inside(" ".join(text.split()), "<br>")
        bare = line.rstrip("#")
        if bare != line and (not bare or bare.endswith(" ")):
            line = f"{bare}\\{line[len(bare) :]}"
        return f"\n\n{'#' * max(1, min(n, 6))} {line}".rstrip() + "\n\n"

    def convert_hr(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        return f"\n\n{'___' if 'li' in parent_tags else '---'}\n\n"

    def convert_pre(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        code = el.get_text().removeprefix("\n").removesuffix("\n")
        return f"\n\n{escape.fence(code, _language(el))}\n\n"

    def convert_code(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        if "_noformat" in parent_tags:
            return text
        return escape.code(el.get_text())

    convert_kbd = convert_samp = convert_tt = convert_code

    convert_strong = convert_b = _wrapping("**", "strong")
    convert_em = convert_i = convert_cite = convert_var = _wrapping("*", "em")
    convert_del = convert_s = convert_strike = _wrapping("~~", "del")
    convert_u = convert_ins = _wrapping("", "u")
    convert_sub = _wrapping("", "sub")
    convert_sup = _wrapping("", "sup")

    def convert_span(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        colour = _colour(str(el.get("style", "")))
        if not colour or not text.strip() or "_noformat" in parent_tags:
            return text
        return f'<span style="{colour}">{text}</span>'

    convert_font = convert_span

    def convert_a(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        if "_noformat" in parent_tags:
            return text
        shown = _inside(" ".join(text.split()), "<br>")
        href = str(el.get("href") or "").strip()
        if mention := _MENTION.match(str(el.get("data-vss-mention", ""))):
            return f"[{shown or '@'}](azureid:{_identity(mention)})"
        if not href or not shown or href.lower().startswith(_UNSAFE):
            if href:
                self.losses[f"the link of {shown[:60]!r}"] = None
            return text
        if el.get_text() == href and not el.find("img"):
            left, right = _beside(el.previous_sibling, -1), _beside(el.next_sibling, 0)
            return escape.address(href, left, right)
        title = escape.quoted(str(el.get("title") or ""))
        return f"[{shown}]({escape.destination(href)}{title})"

    def convert_img(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        src, alt = str(el.get("src") or "").strip(), escape.literal(str(el.get("alt") or ""))
        if not src or src.lower().startswith(_UNSAFE):
            self.losses[f"an image without an address: {alt[:60]!r}"] = None
            return alt
        title = escape.quoted(str(el.get("title") or ""))
        return f"![{alt}]({escape.destination(src)}{title})"

    def convert_input(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        if el.get("type") == "checkbox":
            return "[x] " if el.has_attr("checked") else "[ ] "
        self.losses["an input field"] = None
        return ""

    def convert_blockquote(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        inner = text.strip("\n")
        alert = _ALERT.search(" ".join(el.get_attribute_list("class", [])))  # type: ignore[arg-type]
        if alert and inner:
            _, _, rest = inner.partition("\n")
            inner = f"[!{alert[1].upper()}]\n{rest.lstrip(chr(10))}"
        elif inner.startswith("[!"):
            inner = f"\\{inner}"
        return f"\n\n{layout.prefixed(inner, '> ')}\n\n" if inner else ""

    def convert_details(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        parts = ("<details>", text.strip("\n"), "</details>")
        if not text.strip("\n").startswith("<summary>"):
            parts = ("<details>\n<summary></summary>\n", text.strip("\n"), "</details>")
        return "\n\n" + "\n".join(parts[:2]).rstrip("\n") + "\n\n</details>\n\n"

    def convert_summary(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        words = " ".join(el.get_text().split())
        words = words.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        return f"<summary>{words}</summary>\n\n"

    def convert_list(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        return f"\n\n{text.strip(chr(10))}\n\n"

    convert_ul = convert_ol = convert_list

    def convert_li(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        parent = el.parent
        other = parent is not None and parent.has_attr("data-other")
        marker = "* " if other else "- "
        if parent is not None and parent.name == "ol":
            marker = f"{el.get('data-number', '1')}{')' if other else '.'} "
        box = f"[{el['data-checked']}] " if el.has_attr("data-checked") else ""
        inner = _tight(el, text.strip("\n"))
        return layout.item(marker, f"{box}{inner or '<!---->'}" if box else inner) + "\n"

    def convert_table(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        if "table" in parent_tags:
            return text
        return f"\n\n{html_tables.written(el, self.cell, self.losses)}\n\n"

    def cell(self, el: Tag, tags: set[str]) -> str:
        """A cell on one line."""
        inside = tags | {"td", "table"}
        parts = [self.process_element(one, inside) for one in el.children]  # type: ignore[attr-defined]
        lines = [_inside(part.strip("\n "), "<br>") for part in parts]
        joined = "<br>".join(line for line in lines if line).replace("\n", "<br>")
        return joined.replace("|", "\\|")

    def convert_td(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        return text

    convert_th = convert_tr = convert_tbody = convert_thead = convert_tfoot = convert_td
    convert_caption = convert_div
    convert_q = convert_td


_MARKING = {"b", "strong", "i", "em", "del", "s", "strike", "u", "ins", "sub", "sup", "cite", "var"}


def _lines(text: str) -> str:
    """A paragraph's text: single breaks are line ends, several in a row are tags."""
    text = text.replace("\n", " ").strip(f" {BREAK}")
    return _BREAKS.sub(lambda run: "\n" if (n := run[1].count(BREAK)) == 1 else "<br>" * n, text)


def _tight(el: Tag, text: str) -> str:
    """An item of one paragraph and a list needs no blank line between them."""
    children = [one.name for one in el.children if isinstance(one, Tag)]
    first, _, rest = text.partition("\n\n")
    if children == ["p", "ul"] and "\n\n" not in rest and rest.partition("\n")[0] not in "-*":
        return f"{first}\n{rest}"
    return text


def _language(el: Tag) -> str:
    code = el.find("code")
    for tag in (el, code):
        names = tag.get_attribute_list("class") if isinstance(tag, Tag) else []
        for name in names:
            if name and str(name).startswith(("language-", "lang-")):
                return str(name).partition("-")[2]
    return ""


def _colour(style: str) -> str:
    found = _COLOUR.search(style)
    if not found:
        return ""
    value = found[2].strip().lower()
    if rgb := _RGB.fullmatch(value):
        value = "#" + "".join(f"{min(int(one), 255):02x}" for one in rgb.groups())
    usual = value in ("#000000", "#ffffff") or not re.fullmatch("#[0-9a-f]{6}", value)
    return "" if usual else f"{found[1].lower()}: {value}"


def _identity(mention: re.Match[str]) -> str:
    version = "" if mention[1] == "2.0" else f"?version={mention[1]}"
    return quote(mention[2], safe="-") + version
