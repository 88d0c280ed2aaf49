"""Quick actions: lines that GitLab would carry out instead of keeping them.

A line that begins with `/close` or the like is executed with the rights of whoever writes it
(https://docs.gitlab.com/user/project/quick_actions/), so texts from elsewhere are written with a
backslash before the slash, which Markdown shows as the slash alone. Reading takes it away again.
"""

import re

_ACTION = re.compile(r"^(\s*)/(?=[a-z_])", re.ASCII | re.IGNORECASE)
_KEPT = re.compile(r"^(\s*)\\/(?=[a-z_])", re.ASCII | re.IGNORECASE)
_FENCE = re.compile(r"```[\w+#.-]*", re.ASCII)
_UNCERTAIN = re.compile(r"^\s*(~~~|<|>)|````")


def disarmed(text: str) -> str:
    """The text with every line kept from being executed; plain blocks of code stay as they are."""
    return _outside_code(text, _ACTION, r"\1\\/") if "/" in text else text


def plain(text: str) -> str:
    """The text as it was meant, without the backslashes of `disarmed`."""
    return _outside_code(text, _KEPT, r"\1/") if "\\" in text else text


def _outside_code(text: str, found: re.Pattern[str], instead: str) -> str:
    lines = text.split("\n")
    fenced = _certain(lines)
    code = False
    for place, line in enumerate(lines):
        if fenced and line.startswith("```"):
            code = not code
        elif not code:
            lines[place] = found.sub(instead, line)
    return "\n".join(lines)


def _certain(lines: list[str]) -> bool:
    """Whether nobody can doubt what is code here: GitLab's versions do not read fences alike, so
    code counts only when all of it lies between pairs of simple fences."""
    fences = [line for line in lines if "```" in line]
    odd = any(_UNCERTAIN.search(line) for line in lines)
    simple = all(_FENCE.fullmatch(line) for line in fences) and len(fences) % 2 == 0
    return not odd and simple and all(line == "```" for line in fences[1::2])
