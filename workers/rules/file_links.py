"""The files that texts name: which addresses are files of the tracker the texts come from. Pure."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from urllib.parse import parse_qs, unquote, urlsplit

from schemas.source import Source
from schemas.ticket import Attachment, Ticket

LONGEST_ADDRESS = 2_000
LONGEST_NAME = 120
_ADDRESS = r"(?P<{0}>(?:[^\s()<>\"']|\([^\s()<>\"']*\))+)"
_LINK = re.compile(
    r"(?P<shown>!?)\[(?P<alt>(?:[^\[\]\n\\]|\\.)*)\]\(\s*<?" + _ADDRESS.format("link")
)
_TAG = re.compile(r"<(?P<tag>img|a|video|audio|source)\b(?P<rest>[^<>]*)>", re.IGNORECASE)
_AT = re.compile(r"\b(?:src|href)\s*=\s*[\"']?(?P<at>[^\s\"'<>]+)", re.IGNORECASE)
_ALT = re.compile(r"\balt\s*=\s*[\"'](?P<alt>[^\"'<>]*)", re.IGNORECASE)
_BARE = re.compile(r"https?://[^\s<>()\[\]\"'`]+")


@dataclass(slots=True)
class LinkedFile:
    """A file of the tracker: its full address, and how the texts spell it.

    `shown` says that a text shows it as an image; `asked` is the address to download it by.
    `listed` says that the ticket has it among its attachments.
    """

    url: str
    name: str
    asked: str
    shown: bool = False
    media_type: str | None = None
    size: int | None = None
    listed: bool = False
    spelled: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class _Mention:
    address: str
    alt: str
    shown: bool


def linked_files(
    texts: Iterable[str],
    attachments: Sequence[Attachment],
    source: Source,
    patterns: Sequence[str],
) -> list[LinkedFile]:
    """The source's own files that a ticket lists or its texts name, each once.

    `patterns` are the tracker's (`Capabilities.files`). Every other address is left alone, whatever
    it looks like: nobody may make us fetch what he names.
    """
    found = {one.url: _listed(one) for one in attachments if _usual(one.url)}
    for mention in _mentions(texts):
        url = mention.address if mention.address in found else _full(mention, source, patterns)
        file = found.get(url) if url else _by_name(mention, found.values())
        if file is None and url:
            asked = mention.address if mention.address.startswith("/") else url
            file = found.setdefault(url, LinkedFile(url, _name(url, mention), asked))
        if file is not None:
            file.spelled.add(mention.address)
            file.shown |= mention.shown
    return list(found.values())


def leaving_files(ticket: Ticket) -> tuple[Attachment, ...]:
    """The attachments that may leave: all but those that only internal comments name."""
    hidden = [one.body for one in ticket.comments if one.internal]
    if not hidden:
        return ticket.attachments
    told = [ticket.body, *(one.body for one in ticket.comments if not one.internal)]
    return tuple(
        one for one in ticket.attachments if _named_in(one, told) or not _named_in(one, hidden)
    )


def _named_in(file: Attachment, texts: Iterable[str]) -> bool:
    return any(file.url in text or (file.name and file.name in text) for text in texts)


def spelled_at_home(url: str, source: Source) -> str:
    """How the source's own texts spell the address of one of its files: an upload to a project is
    named from the project on."""
    page = source.url.rstrip("/")
    return url.removeprefix(page) if url.startswith(f"{page}/uploads/") else url


def _listed(attachment: Attachment) -> LinkedFile:
    return LinkedFile(
        attachment.url,
        safe_name(attachment.name),
        attachment.url,
        media_type=attachment.media_type,
        size=attachment.size,
        listed=True,
    )


def _mentions(texts: Iterable[str]) -> Iterable[_Mention]:
    for text in texts:
        for link in _LINK.finditer(text):
            yield _Mention(link["link"], link["alt"], bool(link["shown"]))
        for tag in _TAG.finditer(text):
            at, alt = _AT.search(tag["rest"]), _ALT.search(tag["rest"])
            if at:
                shown = tag["tag"].lower() == "img"
                yield _Mention(at["at"], alt["alt"] if alt else "", shown)
        for bare in _BARE.finditer(text):
            yield _Mention(bare[0].rstrip(".,;:!?*_"), "", False)


def _full(mention: _Mention, source: Source, patterns: Sequence[str]) -> str | None:
    """The whole address of a file of the source, None for anything else."""
    address = mention.address.partition("#")[0]
    if not _usual(address) or ".." in address:
        return None
    if re.match(r"/(?!/)", address):
        page = source.url.rstrip("/") if address.startswith("/uploads/") else _origin(source.url)
        return f"{page}{address}" if _matches(urlsplit(address).path, patterns) else None
    try:
        parts = urlsplit(address)
    except ValueError:
        return None
    if parts.scheme not in ("http", "https"):
        return None
    own = _origin(address) in {_origin(source.url), _origin(source.api_url or source.url)}
    ours = _matches(address.partition("?")[0], patterns) or (own and _matches(parts.path, patterns))
    return address if ours else None


def _matches(told: str, patterns: Sequence[str]) -> bool:
    """Whether a path fits a pattern of paths, or a whole address one of whole addresses."""
    kind = told.startswith("/")
    fit = (one for one in patterns if kind is not one.startswith("https:"))
    return any(re.fullmatch(one, told) for one in fit)


def _by_name(mention: _Mention, files: Iterable[LinkedFile]) -> LinkedFile | None:
    """An image without an address of the web is the attachment it has the name of."""
    if not mention.shown or "://" in mention.address or mention.address.startswith("/"):
        return None
    named = [one for one in files if one.listed and one.name == safe_name(mention.alt)]
    return named[0] if len(named) == 1 else None


def _usual(address: str) -> bool:
    return 0 < len(address) <= LONGEST_ADDRESS


def _origin(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}".lower()


def _name(url: str, mention: _Mention) -> str:
    parts = urlsplit(url)
    asked = parse_qs(parts.query).get("fileName", [""])[0]
    last = unquote(parts.path.rstrip("/").rpartition("/")[2])
    return safe_name(asked or (last if "." in last else mention.alt or last))


def safe_name(name: str) -> str:
    """A name of a file without a path, controls or anything that a form would trip over."""
    last = re.split(r"[/\\]", name)[-1]
    plain = "".join(one if one.isprintable() and one not in '"<>|:*?;' else "_" for one in last)
    stem, dot, ending = plain.strip(" .").rpartition(".")
    if dot and len(ending) <= 10:
        return f"{stem[: LONGEST_NAME - len(ending) - 1]}.{ending}"
    return plain.strip(" .")[:LONGEST_NAME] or "file"
