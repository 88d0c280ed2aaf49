"""The house of the design, held by reading the sources: each rule is a function over one module.

A rule yields (line, what is wrong); a failure names file:line and the rule. Nothing is imported,
so a folder that does not exist yet is covered from its first file on.
"""

import ast
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

FLOORS = {
    "schemas": 0,
    **dict.fromkeys(("trackers", "store", "runtime"), 1),
    **dict.fromkeys(("receiver", "workers", "reconciler"), 2),
    "cli": 3,
}
APART = ("sandbox", "tests", "bench")
OURS = {*FLOORS, *APART}

HOMES = {
    "starlette": ("receiver", "sandbox"),
    "dramatiq": ("workers", "runtime/broker"),
    "redis": ("runtime",),
    "fakeredis": ("runtime",),
    "httpx": ("trackers/http", "trackers/base", "runtime/http", "sandbox"),
    "sqlalchemy": ("store",),
    "alembic": ("store",),
    "psycopg": ("store",),
    "psycopg_pool": ("store",),
    "sentry_sdk": ("runtime/telemetry",),
}
ENVIRON_HOME = ("runtime/config",)
ENVIRON = {"environ", "environb", "getenv", "getenvb", "putenv", "unsetenv"}

BUILDERS = re.compile(
    "build|start|connect|configure|basicConfig|init|create_engine|sessionmaker|load_dotenv|set_broker|"
    "(Strict|Fake|FakeStrict)?Redis|ConnectionPool|(Redis|Stub)Broker|(Async)?Client|Session|Starlette|"
    "Thread|(Thread|Process)PoolExecutor|Worker"
)
BY_ALEMBIC = ("store/migrations/env",)
"""Run by Alembic as a script, by its path; nobody imports it."""

SHARED_BY_TRACKERS = ("markdown",)  # a folder, and no tracker

FORBIDDEN = re.compile("(manager|helper|util|processor|handler|service)s?|data|info")
ALLOWED_NAMES = {"ProjectInfo", "FieldInfo", "data_received"}
"""Names that the design or, for a callback, the standard library gives."""

FILE_LINES = 400
FUNCTION_LINES = 60

Finding = tuple[int, str]
FUNCTION = (ast.FunctionDef, ast.AsyncFunctionDef)


@dataclass(frozen=True)
class Module:
    """One source file, by its path below the root."""

    root: Path
    path: Path

    @property
    def room(self) -> str:
        return self.path.parts[0]

    @cached_property
    def source(self) -> str:
        return (self.root / self.path).read_text(encoding="utf-8")

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.source, filename=str(self.path))

    @cached_property
    def nodes(self) -> list[ast.AST]:
        return list(ast.walk(self.tree))

    def lives_in(self, *homes: str) -> bool:
        """Whether this is one of the files or below one of the folders (named without .py)."""
        own = self.path.with_suffix("").as_posix()
        return any(own == home or own.startswith(home + "/") for home in homes)

    def imports(self) -> Iterator[tuple[int, tuple[str, ...]]]:
        """Line and dotted parts of each import; `from a import b` gives a.b."""
        for node in self.nodes:
            if isinstance(node, ast.Import):
                yield from ((node.lineno, tuple(name.name.split("."))) for name in node.names)
            elif isinstance(node, ast.ImportFrom):
                start = self._start(node)
                yield from ((node.lineno, (*start, name.name)) for name in node.names)

    def _start(self, node: ast.ImportFrom) -> tuple[str, ...]:
        named = tuple(node.module.split(".")) if node.module else ()
        return (*self.path.parts[: -node.level], *named) if node.level else named

    def tracker_folder(self, parts: tuple[str, ...]) -> str | None:
        """The tracker that a dotted name lies in; None for what trackers share."""
        inside = len(parts) > 1 and parts[0] == "trackers" and parts[1] not in SHARED_BY_TRACKERS
        return parts[1] if inside and (self.root / "trackers" / parts[1]).is_dir() else None


def modules(root: Path) -> list[Module]:
    """Every source of ours; what tools leave in hidden folders is not ours."""
    paths = [
        path.relative_to(root) for room in sorted(OURS) for path in (root / room).rglob("*.py")
    ]
    return [Module(root, path) for path in sorted(paths) if "__pycache__" not in path.parts]


# The rules.


def imports_go_down(module: Module) -> Iterator[Finding]:
    """cli → receiver | workers | reconciler → trackers | store | runtime → schemas."""
    if module.room not in FLOORS:
        return
    for line, (first, *_) in module.imports():
        if first in FLOORS and first != module.room and FLOORS[first] >= FLOORS[module.room]:
            yield line, f"{module.room} imports {first}, which is not below it"
        elif first in APART and (module.room, first) != ("cli", "sandbox"):
            yield line, f"{module.room} imports {first}"


def schemas_stand_alone(module: Module) -> Iterator[Finding]:
    """schemas knows pydantic and the standard library."""
    if module.room == "schemas":
        yield from _only(module, {"schemas", "pydantic", "pydantic_core"})


def rules_are_pure(module: Module) -> Iterator[Finding]:
    """workers/rules imports schemas alone."""
    if not module.lives_in("workers/rules"):
        return
    yield from _only(module, {"schemas", "pydantic", "workers"})
    for line, parts in module.imports():
        if parts[0] == "workers" and parts[1:2] != ("rules",):
            yield line, f"imports {'.'.join(parts)}, which is outside the rules"


def _only(module: Module, allowed: set[str]) -> Iterator[Finding]:
    for line, (first, *_) in module.imports():
        if first not in allowed and first not in sys.stdlib_module_names:
            yield line, f"imports {first}"


def trackers_do_not_meet(module: Module) -> Iterator[Finding]:
    """trackers/<a> never imports trackers/<b>; what they share knows none but in the register."""
    if module.room != "trackers" or module.lives_in("trackers/registry"):
        return
    own = module.tracker_folder(module.path.parts)
    for line, parts in module.imports():
        other = module.tracker_folder(parts)
        if other not in (None, own):
            yield line, f"imports the tracker {other}"


def sandbox_is_a_leaf(module: Module) -> Iterator[Finding]:
    """sandbox imports nothing of ours, so it cannot share our mistakes."""
    if module.room == "sandbox":
        for line, (first, *_) in module.imports():
            if first in OURS - {"sandbox"}:
                yield line, f"imports {first}"


def outsiders_have_one_home(module: Module) -> Iterator[Finding]:
    """Each library is known in one place, so that replacing it is one place's work."""
    if module.room in ("tests", "bench"):
        return
    for line, (first, *_) in module.imports():
        if first in HOMES and not module.lives_in(*HOMES[first]):
            yield line, f"imports {first}, whose home is {', '.join(HOMES[first])}"


def environment_is_read_once(module: Module) -> Iterator[Finding]:
    """os.environ belongs to runtime/config."""
    if module.room in ("tests", "bench") or module.lives_in(*ENVIRON_HOME):
        return
    for line, parts in module.imports():
        if parts[0] == "os" and parts[-1] in ENVIRON:
            yield line, f"imports {'.'.join(parts)}"
    for node in module.nodes:
        if isinstance(node, ast.Attribute) and node.attr in ENVIRON and _name(node.value) == "os":
            yield node.lineno, f"uses os.{node.attr}"


def nothing_is_built_at_import(module: Module) -> Iterator[Finding]:
    """Importing a module opens, starts and configures nothing."""
    if module.room in ("tests", "bench") or module.lives_in(*BY_ALEMBIC):
        return
    for node in _run_at_import(module.tree.body):
        if isinstance(node, ast.Call) and BUILDERS.fullmatch(_name(node.func)):
            yield node.lineno, f"calls {_name(node.func)}() at import"


def _run_at_import(body: list[ast.stmt]) -> Iterator[ast.AST]:
    """All that an import executes: also class bodies, decorators and defaults."""
    pending: list[ast.AST] = list(body)
    while pending:
        node = pending.pop()
        if isinstance(node, ast.If) and "__main__" in ast.unparse(node.test):
            pending += node.orelse
        elif isinstance(node, FUNCTION):
            pending += [*node.decorator_list, node.args]
        elif isinstance(node, ast.Lambda):
            pending.append(node.args)
        else:
            yield node
            pending += ast.iter_child_nodes(node)


def _name(node: ast.AST) -> str:
    """The last part of a dotted name: `redis.Redis` is Redis."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def files_are_short(module: Module) -> Iterator[Finding]:
    """A file has one subject; beyond the cap it has two."""
    lines = len(module.source.splitlines())
    if lines > FILE_LINES:
        yield FILE_LINES + 1, f"{lines} lines, the cap is {FILE_LINES}"


def functions_are_short(module: Module) -> Iterator[Finding]:
    """A function fits on a screen; a migration is one list of tables, written down once."""
    if module.path.parts[:3] == ("store", "migrations", "versions"):
        return
    for node in module.nodes:
        if isinstance(node, FUNCTION):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines > FUNCTION_LINES:
                yield node.lineno, f"{node.name} has {lines} lines, the cap is {FUNCTION_LINES}"


def names_say_something(module: Module) -> Iterator[Finding]:
    """No word that fits everything. The names of tests are sentences, so they are free."""
    if module.room == "tests":
        return
    named = [(1, part) for part in module.path.with_suffix("").parts]
    named += [(n.lineno, n.name) for n in module.nodes if isinstance(n, (*FUNCTION, ast.ClassDef))]
    for line, name in named:
        found = [word for word in words_of(name) if FORBIDDEN.fullmatch(word)]
        if found and name not in ALLOWED_NAMES:
            yield line, f"the name {name} holds the word {found[0]}"


def words_of(name: str) -> list[str]:
    """The words of a snake_case or CamelCase name, in lower case."""
    return [word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", name)]


def nothing_is_printed(module: Module) -> Iterator[Finding]:
    """People are spoken to by the command line; all others log."""
    if module.room in ("cli", "sandbox", "tests", "bench"):
        return
    for node in module.nodes:
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            if node.func.id in ("print", "pprint"):
                yield node.lineno, f"calls {node.func.id}()"
        elif isinstance(node, ast.Attribute) and ast.unparse(node) == "sys.stdout":
            yield node.lineno, "uses sys.stdout"


Rule = Callable[[Module], Iterator[Finding]]
RULES: tuple[Rule, ...] = (
    imports_go_down,
    schemas_stand_alone,
    rules_are_pure,
    trackers_do_not_meet,
    sandbox_is_a_leaf,
    outsiders_have_one_home,
    environment_is_read_once,
    nothing_is_built_at_import,
    files_are_short,
    functions_are_short,
    names_say_something,
    nothing_is_printed,
)


def violations(rule: Rule, root: Path) -> list[str]:
    return [
        f"{module.path}:{line}: {rule.__name__}: {fault}"
        for module in modules(root)
        for line, fault in rule(module)
    ]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_house_holds(rule: Rule) -> None:
    found = violations(rule, ROOT)
    if found:
        pytest.fail("\n".join([rule.__doc__ or "", *found]), pytrace=False)


# The rules themselves: each line below must be found, each of the second table must not.

BROKEN: list[tuple[Rule, str, str]] = [
    (imports_go_down, "schemas/a.py", "import store.tables"),
    (imports_go_down, "store/a.py", "from trackers.base import Tracker"),
    (imports_go_down, "trackers/github/a.py", "import runtime"),
    (imports_go_down, "receiver/a.py", "def f():\n    from workers import actors"),
    (imports_go_down, "workers/a.py", "import cli"),
    (imports_go_down, "workers/a.py", "from sandbox import serve"),
    (imports_go_down, "cli/a.py", "import tests.builders"),
    (imports_go_down, "store/rooms/a.py", "from ...workers import drain"),
    (schemas_stand_alone, "schemas/a.py", "import orjson"),
    (rules_are_pure, "workers/rules/merge.py", "from store import tickets"),
    (rules_are_pure, "workers/rules/merge.py", "from workers.apply import write"),
    (rules_are_pure, "workers/rules/merge.py", "from .. import apply"),
    (trackers_do_not_meet, "trackers/github/a.py", "from trackers.gitlab import read"),
    (trackers_do_not_meet, "trackers/github/a.py", "from trackers import gitlab"),
    (trackers_do_not_meet, "trackers/github/a.py", "from ..gitlab.read import page"),
    (trackers_do_not_meet, "trackers/base.py", "import trackers.gitlab"),
    (sandbox_is_a_leaf, "sandbox/a.py", "from schemas.ticket import Ticket"),
    (outsiders_have_one_home, "workers/a.py", "from starlette.routing import Route"),
    (outsiders_have_one_home, "receiver/a.py", "import dramatiq"),
    (outsiders_have_one_home, "runtime/brokers.py", "import dramatiq"),
    (outsiders_have_one_home, "store/a.py", "import redis"),
    (outsiders_have_one_home, "trackers/github/client.py", "import httpx"),
    (outsiders_have_one_home, "workers/a.py", "from sqlalchemy import select"),
    (outsiders_have_one_home, "cli/a.py", "import alembic.command"),
    (outsiders_have_one_home, "workers/a.py", "import sentry_sdk"),
    (environment_is_read_once, "cli/a.py", "import os\nTOKEN = os.environ['A']"),
    (environment_is_read_once, "store/a.py", "import os\nTOKEN = os.getenv('A')"),
    (environment_is_read_once, "store/a.py", "from os import environ"),
    (nothing_is_built_at_import, "receiver/app.py", "app = build()"),
    (nothing_is_built_at_import, "store/a.py", "class A:\n    engine = sa.create_engine('x')"),
    (nothing_is_built_at_import, "runtime/a.py", "def f(client=redis.Redis()): ..."),
    (nothing_is_built_at_import, "runtime/a.py", "if True:\n    POOL = Redis()"),
    (files_are_short, "tests/a.py", "a = 1\n" * (FILE_LINES + 1)),
    (functions_are_short, "tests/a.py", "def f():\n" + "    a = 1\n" * FUNCTION_LINES),
    (names_say_something, "store/utils.py", "a = 1"),
    (names_say_something, "store/ticket_service/a.py", "a = 1"),
    (names_say_something, "store/a.py", "class HTTPHandler: ..."),
    (names_say_something, "store/a.py", "def ticket_data(): ..."),
    (names_say_something, "store/a.py", "class A:\n    def get_info(self): ..."),
    (nothing_is_printed, "workers/a.py", "def f():\n    print('x')"),
    (nothing_is_printed, "workers/a.py", "import sys\nsys.stdout.write('x')"),
]

SOUND: list[tuple[Rule, str, str]] = [
    (imports_go_down, "cli/a.py", "import receiver, store, sandbox, schemas.ticket"),
    (
        imports_go_down,
        "workers/a.py",
        "from . import drain\nfrom store import journal\nimport rich",
    ),
    (imports_go_down, "tests/a.py", "import sandbox, cli, store"),
    (schemas_stand_alone, "schemas/a.py", "import enum\nfrom pydantic import BaseModel"),
    (rules_are_pure, "workers/rules/a.py", "from . import b\nfrom schemas.ticket import Ticket"),
    (trackers_do_not_meet, "trackers/registry.py", "from trackers import github, gitlab"),
    (trackers_do_not_meet, "trackers/github/a.py", "from . import read\nfrom trackers import http"),
    (sandbox_is_a_leaf, "sandbox/github/a.py", "from sandbox import wire\nimport starlette"),
    (outsiders_have_one_home, "runtime/broker.py", "import dramatiq, redis"),
    (outsiders_have_one_home, "runtime/telemetry/sentry.py", "import sentry_sdk"),
    (outsiders_have_one_home, "tests/a.py", "import httpx, sqlalchemy"),
    (environment_is_read_once, "runtime/config.py", "import os\na = os.environ"),
    (environment_is_read_once, "store/a.py", "def f(environ): return environ.get('A')"),
    (nothing_is_built_at_import, "receiver/a.py", "def f():\n    return Starlette()"),
    (nothing_is_built_at_import, "reconciler/a.py", "if __name__ == '__main__':\n    start()"),
    (files_are_short, "store/a.py", "a = 1\n" * FILE_LINES),
    (functions_are_short, "store/a.py", "def f():\n" + "    a = 1\n" * (FUNCTION_LINES - 1)),
    (names_say_something, "store/database.py", "class ProjectInfo: ...\ndef updated_at(): ..."),
    (nothing_is_printed, "cli/a.py", "print('x')"),
]


def house(root: Path, path: str, source: str) -> Path:
    """A house with two trackers and one more file."""
    for folder in ("trackers/github", "trackers/gitlab"):
        (root / folder).mkdir(parents=True)
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text(source)
    return root


@pytest.mark.parametrize(("rule", "path", "source"), BROKEN)
def test_rule_finds_what_breaks_it(rule: Rule, path: str, source: str, tmp_path: Path) -> None:
    (found,) = violations(rule, house(tmp_path, path, source))
    assert re.match(rf"{re.escape(path)}:[0-9]+: {rule.__name__}: .+", found)


@pytest.mark.parametrize(("rule", "path", "source"), SOUND)
def test_rule_lets_pass_what_is_sound(rule: Rule, path: str, source: str, tmp_path: Path) -> None:
    assert violations(rule, house(tmp_path, path, source)) == []


def test_every_rule_is_proven_both_ways() -> None:
    assert {rule for rule, _, _ in BROKEN} == {rule for rule, _, _ in SOUND} == set(RULES)
