"""Jira's rules of placing: what a container does not take becomes the nearest thing it takes."""

from dataclasses import dataclass, field

from schemas.model import Json
from trackers.jira.adf import forms, grammar, tables
from trackers.jira.adf.natural import Losses

_DEEPEST_KEPT = 50
_WITH_CODE = ("link", "annotation", "code")


@dataclass
class Placing:
    """What is known while placing: the losses, and what the original document holds."""

    losses: Losses
    nodes: frozenset[str] = frozenset()
    files: frozenset[str] = frozenset()
    tasks: int = field(default=0)


def within(nodes: list[Json], parent: str, at: Placing) -> list[Json]:
    """The children of a container, at least an empty paragraph where it must not be empty."""
    placed = [one for node in nodes for one in fit(node, parent, at)]
    if not placed and grammar.NODES[parent].least:
        return [{"type": "paragraph", "content": []}]
    return placed


def fit(node: Json, parent: str, at: Placing) -> list[Json]:
    """A natural block as valid ADF inside of a parent."""
    match node["type"]:
        case "paragraph":
            return _paragraph(node, parent, at)
        case "heading":
            return [_heading(node, parent, at)]
        case "bulletList" | "orderedList":
            return [_list(node, parent, at)]
        case "adf":
            return [_kept(node, parent, at)]
        case "table":
            return [_table(node, parent, at)]
        case "codeBlock":
            return [_bare(node)]
        case "rule":
            return [_rule(parent, at)]
    return _container(node, parent, at)


def _bare(node: Json) -> Json:
    return {key: value for key, value in node.items() if key != "lines"}


def _takes(parent: str, kind: str) -> bool:
    children = grammar.NODES[parent].children
    return children is not None and kind in children


def _rule(parent: str, at: Placing) -> Json:
    if _takes(parent, "rule"):
        return {"type": "rule"}
    at.losses[f"a rule inside of a {parent} becomes text"] = None
    return {"type": "paragraph", "content": [{"type": "text", "text": "---"}]}


def _heading(node: Json, parent: str, at: Placing) -> Json:
    content = line(node.get("content") or [], at)
    if _takes(parent, "heading"):
        return {"type": "heading", "attrs": node["attrs"], "content": content}
    at.losses[f"a heading inside of a {parent} becomes bold text"] = None
    return {"type": "paragraph", "content": [_bold(one) for one in content]}


def _bold(node: Json) -> Json:
    marks = node.get("marks", [])
    kinds = {mark["type"] for mark in marks}
    if node["type"] != "text" or kinds & {"code", "strong"}:
        return node
    return node | {"marks": [*marks, {"type": "strong"}]}


def _container(node: Json, parent: str, at: Placing) -> list[Json]:
    """A quote, panel or expand; where it is not taken, what is inside of it."""
    kind = node["type"]
    if kind == "expand" and parent == "expand":
        kind = "nestedExpand"
    if _takes(parent, kind):
        attrs = {"attrs": node["attrs"]} if node.get("attrs") else {}
        return [{"type": kind, **attrs, "content": within(node["content"], kind, at)}]
    at.losses[f"a {node['type']} inside of a {parent} becomes part of it"] = None
    title = (node.get("attrs") or {}).get("title")
    first = [_strong(title)] if title else []
    return first + [one for child in node["content"] for one in fit(child, parent, at)]


def _strong(text: str) -> Json:
    bold = {"type": "text", "text": text, "marks": [{"type": "strong"}]}
    return {"type": "paragraph", "content": [bold]}


def _table(node: Json, parent: str, at: Placing) -> Json:
    rows = [_row(row, at) for row in node["content"]]
    table: Json = {"type": "table", "content": rows}
    if len(rows) > 1 and not any(_filled(cell) for cell in rows[0]["content"]):
        rows.pop(0)
    if _takes(parent, "table"):
        return table
    at.losses[f"a table inside of a {parent} becomes a code block"] = None
    return _code(tables.written(table, at.losses), "markdown")


def _filled(cell: Json) -> bool:
    return bool(cell["content"][0].get("content"))


def _row(row: Json, at: Placing) -> Json:
    cells = [{"type": one["type"], "content": [_cell(one, at)]} for one in row["content"]]
    return {"type": "tableRow", "content": cells}


def _cell(cell: Json, at: Placing) -> Json:
    paragraph = cell["content"][0]
    content = paragraph["content"]
    if len(content) == 1 and content[0]["type"] == "image" and not _inline_file(content[0]):
        single = _media(content[0], at)
        if single:
            return single
    inside = line(content, at)
    return paragraph | {"content": inside} if inside else {"type": "paragraph", "content": []}


def _code(text: str, language: str) -> Json:
    content = [{"type": "text", "text": text}] if text else []
    return {"type": "codeBlock", "attrs": {"language": language}, "content": content}


def _kept(node: Json, parent: str, at: Placing) -> Json:
    """JSON from a fence: what is valid here, and whatever the original holds as well."""
    inner = node["node"]
    if grammar.depth(inner) > _DEEPEST_KEPT:
        return _code(node["raw"], "adf")
    if forms.packed(inner) in at.nodes and not _misplaced(inner, parent):
        return inner
    fits = grammar.known({"type": parent, **_frame(parent), "content": [inner]})
    if fits and grammar.valid(inner) and _files(inner) <= at.files:
        return inner
    at.losses["JSON that is no valid ADF here is shown as code"] = None
    return _code(node["raw"], "adf")


def _misplaced(node: Json, parent: str) -> bool:
    return node.get("type") in grammar.NODES and not _takes(parent, node["type"])


def _frame(parent: str) -> Json:
    """The attributes without which a container is not valid."""
    attrs = {"panel": {"panelType": "info"}, "nestedExpand": {}}.get(parent)
    return {} if attrs is None else {"attrs": attrs}


def _files(node: Json) -> set[str]:
    """The ids of the stored files inside of a node."""
    own = set()
    if node.get("type") in ("media", "mediaInline"):
        found = (node.get("attrs") or {}).get("id")
        own = {found} if isinstance(found, str) else set()
    inner = node.get("content")
    children = [one for one in inner if isinstance(one, dict)] if isinstance(inner, list) else []
    return own.union(*[_files(one) for one in children])


def _list(node: Json, parent: str, at: Placing) -> Json:
    if _takes(parent, "taskList") and _is_tasks(node):
        return _tasks(node, at)
    items = [_item(item, at) for item in node["content"]]
    attrs = {"attrs": node["attrs"]} if node.get("attrs") else {}
    return {"type": node["type"], **attrs, "content": items}


def _is_tasks(node: Json) -> bool:
    """A list of tasks, each one paragraph and at most one such list below."""
    if node["type"] != "bulletList":
        return False
    return all(
        item["checked"] is not None and _is_task(item["content"]) for item in node["content"]
    )


def _is_task(content: list[Json]) -> bool:
    first, rest = content[:1], content[1:]
    if first and (first[0]["type"] != "paragraph" or _has_images(first[0])):
        return False
    return not rest or (len(rest) == 1 and _is_tasks(rest[0]))


def _has_images(paragraph: Json) -> bool:
    return any(one["type"] in ("image", "card") for one in paragraph["content"])


def _tasks(node: Json, at: Placing) -> Json:
    content: list[Json] = []
    for item in node["content"]:
        attrs = {"localId": _local_id(at), "state": "DONE" if item["checked"] else "TODO"}
        text = item["content"][0]["content"] if item["content"] else []
        content.append({"type": "taskItem", "attrs": attrs, "content": line(text, at)})
        content += [_tasks(inner, at) for inner in item["content"][1:]]
    return {"type": "taskList", "attrs": {"localId": _local_id(at)}, "content": content}


def _local_id(at: Placing) -> str:
    at.tasks += 1
    return f"task-{at.tasks}"


def _item(item: Json, at: Placing) -> Json:
    content = within(item["content"], "listItem", at)
    if item["checked"] is not None:
        at.losses["task states in a list of other things become text"] = None
        content = _boxed("[x] " if item["checked"] else "[ ] ", content)
    if content[0]["type"] not in ("paragraph", "codeBlock", "mediaSingle"):
        content = [{"type": "paragraph", "content": []}, *content]
    return {"type": "listItem", "content": content}


def _boxed(box: str, content: list[Json]) -> list[Json]:
    text: Json = {"type": "text", "text": box}
    if content[0]["type"] != "paragraph":
        return [{"type": "paragraph", "content": [text]}, *content]
    first = {"type": "paragraph", "content": [text, *content[0]["content"]]}
    return [first, *content[1:]]


def _paragraph(node: Json, parent: str, at: Placing) -> list[Json]:
    """Images stand in blocks of their own, so a paragraph is split around them."""
    content = node.get("content") or []
    if len(content) == 1 and content[0]["type"] == "card" and _takes(parent, "blockCard"):
        return [{"type": "blockCard", "attrs": content[0]["attrs"]}]
    out: list[Json] = []
    run: list[Json] = []
    for one in content:
        single = _media(one, at) if one["type"] == "image" and not _inline_file(one) else None
        if single is None:
            run.append(one)
            continue
        out += _run(run, at)
        _add_media(out, one, single, parent)
        run = []
    return out + _run(run, at)


def _run(content: list[Json], at: Placing) -> list[Json]:
    inside = line(content, at)
    return [{"type": "paragraph", "content": inside}] if inside else []


def _add_media(out: list[Json], image: Json, single: Json, parent: str) -> None:
    """A file of a group joins the group before it."""
    grouped = "place=group" in image["attrs"]["url"] and _takes(parent, "mediaGroup")
    media = single["content"][0]
    if not grouped or "marks" in media:
        out.append(single)
    elif out and out[-1]["type"] == "mediaGroup":
        out[-1]["content"].append(media)
    else:
        out.append({"type": "mediaGroup", "content": [media]})


def _inline_file(image: Json) -> bool:
    url = image["attrs"]["url"]
    return bool(url.startswith("media:") and "place=inline" in url)


def _media(image: Json, at: Placing) -> Json:
    """A mediaSingle; None for a file that the original does not hold."""
    attrs = image["attrs"]
    layout = "center"
    if attrs["url"].startswith("media:"):
        _, media, layout = forms.media_node(attrs["url"], attrs["alt"])
        if media["attrs"]["id"] not in at.files:
            return None
    elif forms.scheme_of(attrs["url"]):
        return None
    else:
        media = {"type": "media", "attrs": {"type": "external", "url": attrs["url"]}}
        if attrs["alt"]:
            media["attrs"]["alt"] = attrs["alt"]
    if image.get("marks"):
        media["marks"] = image["marks"]
    content = [media]
    if attrs.get("title"):
        text = [{"type": "text", "text": attrs["title"]}]
        content.append({"type": "caption", "content": text})
    single = {"type": "mediaSingle", "attrs": {"layout": layout}, "content": content}
    return single if grammar.valid(single) else None


def line(nodes: list[Json], at: Placing) -> list[Json]:
    """Inline content with only valid nodes; images become links, unknown forms text."""
    out: list[Json] = []
    for node in nodes:
        placed = _phrase(node, at)
        last = out[-1] if out else None
        if last and placed and _same(last, placed):
            out[-1] = last | {"text": last["text"] + placed["text"]}
        elif placed:
            out.append(placed)
    while out and _blank(out[0]):
        out.pop(0)
    while out and _blank(out[-1]):
        out.pop()
    return out


def _blank(node: Json) -> bool:
    return node["type"] == "hardBreak" or (node["type"] == "text" and not node["text"].strip())


def _same(one: Json, other: Json) -> bool:
    if one["type"] != "text" or other["type"] != "text":
        return False
    return bool(one.get("marks", []) == other.get("marks", []))


def _phrase(node: Json, at: Placing) -> Json:
    match node["type"]:
        case "text":
            return _text(node, at)
        case "image":
            return _image(node, at)
        case "adf":
            return _inline_kept(node, at)
        case "foreign":
            at.losses[f"{node['attrs']['href'].partition(':')[0]} of {node['attrs']['text']!r}"] = (
                None
            )
            return _worded(node["attrs"]["text"])
        case "card":
            return {"type": "inlineCard", "attrs": node["attrs"]}
    return node


def _text(node: Json, at: Placing) -> Json:
    marks = node.get("marks", [])
    kinds = [mark["type"] for mark in marks]
    if "code" not in kinds or all(kind in _WITH_CODE for kind in kinds):
        return node
    at.losses["marks on inline code"] = None
    return node | {"marks": [mark for mark in marks if mark["type"] in _WITH_CODE]}


def _worded(text: str) -> Json:
    return {"type": "text", "text": text} if text else None


def _inline_kept(node: Json, at: Placing) -> Json:
    inner = node["node"]
    shallow = grammar.depth(inner) <= _DEEPEST_KEPT
    if shallow and forms.packed(inner) in at.nodes and inner.get("type") not in grammar.ROOT:
        return inner
    fits = shallow and inner.get("type") in grammar.INLINE and grammar.valid(inner)
    if fits and inner["type"] != "text" and _files(inner) <= at.files:
        return inner
    at.losses[f"{inner.get('type')} is not known here"] = None
    return _worded(node["raw"])


def _image(node: Json, at: Placing) -> Json:
    attrs = node["attrs"]
    if _inline_file(node):
        _, media, _ = forms.media_node(attrs["url"], attrs["alt"])
        if media["attrs"]["id"] in at.files and grammar.valid(media):
            return media
    text = attrs["alt"] or attrs["url"].rpartition("/")[2].partition("?")[0] or "image"
    if forms.scheme_of(attrs["url"]):
        at.losses[f"the image {text!r}, a file stored elsewhere"] = None
        return _worded(text)
    at.losses["an image within a line becomes a link"] = None
    link = {"type": "link", "attrs": {"href": attrs["url"]}}
    return {"type": "text", "text": text, "marks": [link]}
