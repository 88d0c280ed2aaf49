"""The Markdown of the house: GitHub's, with the few HTML tags people use, parsed to tokens.

Raw HTML is never passed on. A footnote stays text; so do bare e-mail addresses and `www.` words.
"""

import re
from collections.abc import Callable
from functools import cache

from markdown_it import MarkdownIt
from markdown_it.common.utils import escapeHtml
from markdown_it.renderer import RendererHTML
from markdown_it.rules_block import StateBlock, reference
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict
from mdit_py_plugins.gfm import gfm_plugin

from trackers.markdown.converted import Unconvertible
from trackers.markdown.details import details_plugin
from trackers.markdown.escape import clean
from trackers.markdown.tags import tags_plugin

LONGEST = 1_000_000
"""Characters; the longest body of the five trackers (Azure DevOps) is a million."""

DEEPEST = 100
"""Blocks within blocks; the parser itself would drop what lies deeper, without a word."""


_WEB = re.compile(r"https?://\w", re.IGNORECASE)
_BRACKETS = re.compile(r"[\[\]]")
_MOST_BRACKETS = 500


class TooDeep(ValueError):
    """Nested deeper than is read; the text can only be shown as it is."""


@cache
def parser() -> MarkdownIt:
    """The parser; it keeps nothing between texts."""
    md = MarkdownIt("commonmark", {"html": False, "maxNesting": DEEPEST, "breaks": True})
    md.use(gfm_plugin).use(tags_plugin).use(details_plugin)
    md.disable(["footnote_def", "footnote_ref", "footnote_tail"])
    md.disable(["gfm_autolink_www", "gfm_autolink_email"])
    md.block.ruler.at("reference", _reference)
    md.inline.ruler.at("gfm_autolink_protocol", _only_web(md))
    md.normalizeLink = _as_written  # type: ignore[method-assign]
    md.normalizeLinkText = _as_written  # type: ignore[method-assign, assignment]
    md.add_render_rule("details_open", _details)
    md.add_render_rule("comment", _nothing)
    md.add_render_rule("emoji", _content)
    return md


def parse(markdown: str) -> list[Token]:
    """The tokens of a text; TooDeep, or Unconvertible for one that is too long."""
    if len(markdown) > LONGEST:
        raise Unconvertible(f"a text of {len(markdown)} characters; {LONGEST} is the longest")
    if markdown.count("[") > _MOST_BRACKETS and _bracketed(markdown):
        raise TooDeep
    try:
        tokens = parser().parse(clean(markdown))
    except RecursionError as error:
        raise TooDeep from error
    if any(token.level >= DEEPEST - 2 for token in tokens):
        raise TooDeep
    return tokens


def _bracketed(markdown: str) -> bool:
    """Whether brackets are open within brackets so often that looking for links takes ages."""
    depth = 0
    for found in _BRACKETS.finditer(markdown):
        depth = max(0, depth + (1 if found[0] == "[" else -1))
        if depth > _MOST_BRACKETS:
            return True
    return False


def render(tokens: list[Token]) -> str:
    """HTML of tokens, when they have been changed on the way."""
    md = parser()
    return str(md.renderer.render(tokens, md.options, {}))


def _as_written(url: str) -> str:
    return url


def _only_web(md: MarkdownIt) -> Callable[[StateInline, bool], bool]:
    """The plugin's rule, asked only after `http`: it looks back over all the text at each colon."""
    found = next(one.fn for one in md.inline.ruler.__rules__ if one.name == "gfm_autolink_protocol")

    def rule(state: StateInline, silent: bool) -> bool:
        return bool(_WEB.search(state.src, max(0, state.pos - 5), state.pos + 4)) and found(
            state, silent
        )

    return rule


def _reference(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    at = state.bMarks[start] + state.tShift[start]
    return not state.src.startswith("[^", at) and reference(state, start, end, silent)


def _details(
    renderer: RendererHTML, tokens: list[Token], idx: int, options: OptionsDict, env: EnvType
) -> str:
    title = escapeHtml(tokens[idx].meta["title"])
    return f"<details>\n<summary>{title}</summary>\n"


def _nothing(
    renderer: RendererHTML, tokens: list[Token], idx: int, options: OptionsDict, env: EnvType
) -> str:
    return ""


def _content(
    renderer: RendererHTML, tokens: list[Token], idx: int, options: OptionsDict, env: EnvType
) -> str:
    return escapeHtml(tokens[idx].content)
