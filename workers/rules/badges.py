"""Labels: their names as a tracker can hold them, and those that we make (`Milestone::v1.0`)."""

from collections.abc import Collection, Iterable, Sequence

from workers.rules.quiet import QUIET

_LONGEST = {"github": 50, "gitlab": 255, "jira": 255, "linear": 80, "azure_devops": 400}
"""GitHub https://docs.github.com/rest/issues/labels, Azure DevOps
https://learn.microsoft.com/azure/devops/boards/queries/add-tags-to-work-items."""
_CUT = "…"


def fitting(name: str, tracker: str) -> str:
    """A label's name as the tracker keeps it: GitLab separates labels by commas, Azure DevOps by
    semicolons, Jira's hold no blanks."""
    if tracker in ("gitlab", "azure_devops"):
        name = name.replace(",", " ")
    if tracker == "azure_devops":
        name = name.replace(";", " ")
    words = name.split()
    name = ("-" if tracker == "jira" else " ").join(words)
    most = _LONGEST.get(tracker, 255)
    return name if len(name) <= most else name[: most - len(_CUT)].rstrip() + _CUT


def is_badge(name: str, prefixes: Collection[str]) -> bool:
    """Whether a label looks like one that we make."""
    head, sign, _ = name.partition("::")
    if not sign:
        return False
    return head.strip().lower() in prefixes


def badge(prefix: str, value: str, tracker: str) -> str:
    """The label that stands for a value."""
    return fitting(f"{prefix}::{value.replace(QUIET, '')}", tracker)


def apart(names: Iterable[str], prefixes: Collection[str]) -> tuple[list[str], list[str]]:
    """(people's labels, the labels that we made), each sorted."""
    own: set[str] = set()
    made: set[str] = set()
    for name in names:
        (made if is_badge(name, prefixes) else own).add(name)
    return sorted(own), sorted(made)


def carried(names: Iterable[str], there: Sequence[str], own: str, other: str) -> list[str]:
    """Labels as the other side spells them: one that stands there already keeps its spelling."""
    left = list(there)
    found: dict[str, str] = {}
    for name in sorted(names):
        wanted = fitting(name, other)
        kept = _same(name, wanted, left, own)
        if kept is not None:
            left.remove(kept)
        chosen = kept or wanted
        if chosen:
            found.setdefault(chosen if other in ("gitlab", "jira") else chosen.lower(), chosen)
    return sorted(found.values())


def _same(name: str, wanted: str, there: Sequence[str], own: str) -> str | None:
    if wanted in there:
        return wanted
    folded = wanted.lower()
    for one in there:
        if one.lower() == folded or fitting(one, own).lower() == name.lower():
            return one
    return None


def spelled(names: Iterable[str], there: Sequence[str]) -> list[str]:
    """Our labels, each once, as those that stand there are spelled."""
    known = {one.lower(): one for one in there}
    found = {name.lower(): known.get(name.lower(), name) for name in names}
    return sorted(found.values())


def one_a_scope(names: Iterable[str]) -> list[str]:
    """The first label of each scope, where labels of one scope exclude each other
    (https://docs.gitlab.com/user/project/labels/#scoped-labels)."""
    found: dict[str, str] = {}
    for name in sorted(names):
        found.setdefault(name.rpartition("::")[0].lower() or name, name)
    return sorted(found.values())
