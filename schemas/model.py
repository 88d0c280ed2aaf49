"""What every shape here has in common: frozen, and closed to misspelt fields."""

from typing import Any

from pydantic import BaseModel, ConfigDict

Json = Any
"""A value as it stands in a tracker's JSON; only `trackers` may look inside."""


class Model(BaseModel):
    """A frozen value; a change is a new value (`model_copy(update=…)`)."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=False)
