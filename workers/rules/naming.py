"""Naming: a text that names a local ticket names what became of it instead. Pure."""

import re
from functools import partial

from workers.rules.prose import outside_code

_LINK = re.compile(r"\[([^\[\]]*)\]\(<?([^()<>\s]*)>?\)")


def renamed(text: str, key: str, name: str, url: str | None) -> str:
    """A text with `000001`, `#000001`, `local/000001`, `LOCAL-1` and links to the ticket's folder
    naming the ticket at its tracker; code stays as it is.

    `key` is the local one, `name` what people call the new one, `url` its address.
    """
    return outside_code(text, partial(_prose, key=key, name=name, url=url))


def _prose(text: str, *, key: str, name: str, url: str | None) -> str:
    parts, end = [], 0
    for found in _LINK.finditer(text):
        parts += [_plain(text[end : found.start()], key, name, url), _link(found, key, name, url)]
        end = found.end()
    return "".join([*parts, _plain(text[end:], key, name, url)])


def _link(found: re.Match[str], key: str, name: str, url: str | None) -> str:
    """A link to the ticket's folder leads to its address, and is called by its new name."""
    title, target = found[1], found[2]
    if not re.search(rf"(?:^|/){key}(?:_[^/]*)?(?:/(?:ISSUE\.md)?)?$", target) or not url:
        return found[0]
    return f"[{_named(key).sub(lambda _: name, title)}](<{url}>)"


def _plain(text: str, key: str, name: str, url: str | None) -> str:
    said = f"[{name}](<{url}>)" if url else name
    return _named(key).sub(lambda _: said, text)


def _named(key: str) -> re.Pattern[str]:
    short = key.lstrip("0")
    spelt = rf"local[/#: ]#?{key}|LOCAL-0*{short}|#?{key}"
    return re.compile(rf"(?<![\w/#.\-])(?:{spelt})(?![\w\-]|\.\d)", re.IGNORECASE)
