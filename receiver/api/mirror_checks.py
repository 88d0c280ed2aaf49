"""Whether a mirror can be: the same rules as for the configuration file, told as problems."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

from receiver.api.desk import Desk
from receiver.api.problems import Problem, unfit
from runtime import config_mirrors, config_privacy
from schemas.mirror import Mirror, MirrorOptions
from schemas.source import LOCAL

Table = dict[str, Any]

_KEY = re.compile(r"\w+(?=:? )")
"""What a fault of the configuration begins with, when it is about one key."""


def check_free(name: str, source: str, target: str, others: Iterable[Mirror]) -> None:
    """Raises Problem 409 when there is a mirror of that name, or of that pair."""
    for one in others:
        if one.name == name:
            raise Problem(409, f'mirror {one.id} is called "{name}" already')
        if (one.source, one.target) == (source, target):
            raise Problem(409, f'mirror {one.id}, "{one.name}", joins {source} to {target} already')


def check(
    desk: Desk,
    others: Sequence[Mirror],
    name: str,
    source: str,
    target: str,
    options: MirrorOptions,
) -> None:
    """Raises Problem 422 when sources or options do not go together."""
    mine = _options(options) | {"name": name, "source": source, "target": target}
    tables = [_table(one) for one in others]
    known = {"sources": [_source(desk, one) for one in desk.sources], "mirrors": [*tables, mine]}
    label = config_mirrors.label(known["mirrors"], len(tables))
    found = config_mirrors.check(known, {})
    told = [one.removeprefix(f"{label}: ") for one in found if one.startswith(f"{label}: ")]
    faults = [(_key_of(one), one) for one in told]
    named = {*desk.sources, LOCAL}
    faults += [(one.split()[0], one) for one in config_privacy.mirror_faults(mine, named)]
    if faults:
        raise unfit(*faults)


def _table(mirror: Mirror) -> Table:
    named = {"name": mirror.name, "source": mirror.source, "target": mirror.target}
    return _options(mirror.options) | named


def _options(options: MirrorOptions) -> Table:
    """As somebody would have written them: a default contradicts nothing."""
    return options.model_dump(mode="json", exclude_defaults=True)


def _source(desk: Desk, name: str) -> Table:
    """A source as the rules read one; `token_env` stands for a token under any usual name."""
    source = desk.sources[name]
    table = source.model_dump(mode="json", include={"name", "tracker", "direction", "auth"})
    return table | {
        "token_env": desk.secrets.token_name(source),
        "app_id_env": source.app_id_env,
    }


def _key_of(fault: str) -> str:
    found = _KEY.match(fault)
    known = {"name", "source", "target", *MirrorOptions.model_fields}
    return found.group() if found and found.group() in known else "mirror"
