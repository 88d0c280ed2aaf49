"""Text made safe to stand in Markdown, with no more backslashes than are needed.

https://spec.commonmark.org/0.31.2/ and https://github.github.com/gfm/ say what is special where.
"""

import re
from dataclasses import dataclass

_SPECIAL = re.compile(r"[\\`*_~\[\]<&:]")
_DEFINITION = re.compile(r"\[(?!\^)(?:[^\[\]\\]++|\\.)*+\]:", re.DOTALL)
_ENTITY = re.compile(r"&(?:#\w{1,8}|[A-Za-z]\w{1,31});")
_EMOJI = re.compile(r":(?=[a-z0-9_+-]*[a-z])[a-z0-9_+-]{1,60}:(?![\w:])")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")
_RUNS = re.compile(r"`+")
_BARE = re.compile(r"https?://[^\s<>]+")
_TRAILING = re.compile(r"[?!.,:;*_~'\")\]]+$")
_SIMPLE = re.compile(
    r"https?://(?:localhost|[a-zA-Z0-9-]+(?:\.[a-zA-Z0-9-]+)+)(?::\d{1,5})?"
    r"(?:[/?#][a-zA-Z0-9/._~%+=#?@&-]*)?"
)
_ANGLE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{1,31}:[^\s<>\x00-\x20\\]*")
_PUNCTUATION = frozenset("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~")
_SAFE_BESIDE = frozenset(" \n!\"#$%&'()+,-./:;<=>?@[]^{|}")
_LINE_START = re.compile(
    r"(?:#{1,6}(?=[ \t]|$)|>|[-+*](?=[ \t]|$)|=+[ \t]*$|-[- \t]*$|~{3,}|[|:-][ \t|:-]*$"
    r"|_[ \t]*_[ \t]*_[_ \t]*$)"
)
_LINE_END = re.compile(r"[ \t]*(?:\n|$)")
_NUMBER = re.compile(r"(\d{1,9})([.)])(?=[ \t]|$)")


@dataclass(frozen=True)
class Hazards:
    """What the plain text of one block, taken as a whole, could be misread as."""

    brackets: bool = False
    tildes: bool = False


def hazards(plain: str) -> Hazards:
    """Brackets are only special before `(` or `[`, tildes only in pairs.

    Before `:` they are where a paragraph begins, which is for `guarded` to see.
    """
    return Hazards(brackets="](" in plain or "][" in plain, tildes=plain.count("~") > 1)


LINKED = Hazards(brackets=True, tildes=True)
"""Inside of a link's text, where no address is a link of its own."""


def clean(text: str) -> str:
    """LF line ends and no characters that cannot be stored or sent."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if _CONTROL.search(text):
        text = _CONTROL.sub(lambda found: " " if found[0].isspace() else "\ufffd", text)
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def escaped(
    text: str, where: Hazards, *, before: str = "", after: str = "", marked: bool = False
) -> str:
    """Text of one run between two characters; web addresses in it stay as people write them.

    marked: bold or the like, which an address as a link of its own could not be.
    """
    if not _SPECIAL.search(text):
        return text
    if "://" not in text or where is LINKED:
        return _escaped(text, where)
    parts, done = [], 0
    for found in _BARE.finditer(text):
        bare = _TRAILING.sub("", found[0])
        start, end = found.start(), found.start() + len(bare)
        left = text[start - 1] if start else before
        right = text[found.end()] if found.end() < len(text) else after
        kept = not found[0][len(bare) :].strip("?!.,)") and standing(left, right)
        parts.append(_escaped(text[done:start], where, ended=False))
        parts.append(_address(bare, kept, marked))
        done = end
    return "".join([*parts, _escaped(text[done:], where)])


def _address(bare: str, kept: bool, marked: bool) -> str:
    if kept and _SIMPLE.fullmatch(bare):
        return bare
    if _ANGLE.fullmatch(bare) and not marked:
        return f"<{bare}>"
    return _escaped(bare, Hazards(brackets=True, tildes=True)).replace(":", "\\:", 1)


def standing(before: str, after: str) -> bool:
    """Whether a bare address between these characters is read as one."""
    return (not before or before in " \n(") and (not after or after in " \n.,)!?")


def address(url: str, before: str, after: str) -> str:
    """A link whose text is its address, in the shortest form that is read back."""
    if _SIMPLE.fullmatch(url) and standing(before, after) and not _TRAILING.search(url):
        return url
    if _ANGLE.fullmatch(url):
        return f"<{url}>"
    return f"[{_escaped(url, Hazards(brackets=True, tildes=True))}]({destination(url)})"


def _escaped(text: str, where: Hazards, *, ended: bool = True) -> str:
    if not _SPECIAL.search(text):
        return text
    out, done, last = [], 0, len(text) - 1
    for found in _SPECIAL.finditer(text):
        at = found.start()
        if _needs(text, at, last if ended else -1, where):
            out.append(text[done:at] + "\\")
            done = at
    return "".join([*out, text[done:]])


def _needs(text: str, at: int, last: int, where: Hazards) -> bool:
    char, before, after = text[at], text[at - 1 : at] if at else "", text[at + 1 : at + 2]
    match char:
        case "`":
            return True
        case "~":
            return where.tildes
        case "[" | "]":
            return where.brackets
        case "*" | "_":
            return not _apart(char, before, after)
    return _may_begin(text, at, before, after)


def _may_begin(text: str, at: int, before: str, after: str) -> bool:
    match text[at]:
        case "\\":
            return after in _PUNCTUATION or bool(_LINE_END.match(text, at + 1))
        case "<":
            return not after or after in "/!?" or (after.isascii() and after.isalpha())
        case "&":
            return bool(_ENTITY.match(text, at))
    return not (before.isalnum() or before in ("_", ":")) and bool(_EMOJI.match(text, at))


def _apart(char: str, before: str, after: str) -> bool:
    """Whether a star or an underscore cannot be a delimiter where it stands."""
    if before in (" ", "\t") and after in (" ", "\t"):
        return True
    return char == "_" and before.isalnum() and after.isalnum()


def guarded(text: str) -> str:
    """A paragraph no line of which begins another block, and which defines no link.

    https://spec.commonmark.org/0.31.2/#link-reference-definitions: only at its beginning, and
    seen once the marks are written, since what stands in its label is not read before. A
    footnote's `[^1]:` is text in the dialect.
    """
    text = "\n".join([_guarded(line.strip(" \t")) for line in text.split("\n")])
    return f"\\{text}" if _DEFINITION.match(text) else text


def _guarded(line: str) -> str:
    if not line or line[0].isalpha():
        return line
    if _LINE_START.match(line):
        return "\\" + line
    return _NUMBER.sub(r"\1\\\2", line, count=1) if _NUMBER.match(line) else line


def code(text: str) -> str:
    """A code span; its delimiters are one longer than the longest run inside."""
    text = text.replace("\n", " ")
    ticks = "`" * (max((len(run) for run in _RUNS.findall(text)), default=0) + 1)
    if not text.strip(" "):
        return f"{ticks}{text}{ticks}" if text else ""
    padded = (text[0] == " " and text[-1] == " ") or "`" in (text[0], text[-1])
    return f"{ticks} {text} {ticks}" if padded else f"{ticks}{text}{ticks}"


def fence(text: str, language: str = "") -> str:
    """A fenced code block; the fence is one longer than the longest run inside, three at least."""
    longest = max((len(run) for run in _RUNS.findall(text)), default=0)
    ticks = "`" * max(3, longest + 1)
    info = "".join(char for char in language if char not in "`\n\r").strip()
    return f"{ticks}{_entity_safe(info)}\n{text}\n{ticks}"


def _entity_safe(info: str) -> str:
    return re.sub(r"[\\&]", r"\\\g<0>", info)


def destination(url: str) -> str:
    """A link's destination, so that it is read back as it is."""
    url = re.sub(r"[\x00-\x20\x7f<>]", lambda found: f"%{ord(found[0]):02X}", url)
    url = re.sub(r"\\|&(?=#?\w+;)", r"\\\g<0>", url)
    return url if _balanced(url) else re.sub(r"[()]", r"\\\g<0>", url)


def _balanced(url: str) -> bool:
    depth = 0
    for char in url:
        if char in "()":
            depth += 1 if char == "(" else -1
            if depth not in range(30):
                return False
    return depth == 0


def quoted(title: str) -> str:
    """A link's or an image's title with the blank before it, or nothing."""
    words = re.sub(r"[\\\"]|&(?=#?\w+;)", r"\\\g<0>", " ".join(title.split()))
    return f' "{words}"' if words else ""


def emoji_name(name: str) -> bool:
    """Whether `:name:` is read as an emoji."""
    return bool(_EMOJI.fullmatch(name))


def literal(text: str) -> str:
    """Text on one line in which nothing is special, addresses and brackets included."""
    return _escaped(" ".join(clean(text).split()), Hazards(brackets=True, tildes=True))


def delimits(body: str, char: str, before: str, after: str) -> bool:
    """Whether delimiters of this character around a body are read as such between its neighbours.

    https://spec.commonmark.org/0.31.2/#left-flanking-delimiter-run, on the safe side.
    """
    if char in (before, after) or before == "\\":
        return False
    opens = body[0].isalnum() or not before or before in _SAFE_BESIDE
    closes = body[-1].isalnum() or not after or after in _SAFE_BESIDE
    if char == "~":
        return opens and closes and "~" not in (body[0], body[-1])
    return opens and closes
