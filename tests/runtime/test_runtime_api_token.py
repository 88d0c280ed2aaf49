"""The token of the environment: long enough, and struck out wherever it appears."""

import pytest

from runtime import config
from runtime.usual_names import API_TOKEN
from schemas.errors import ConfigError

GOOD = "x" * 20


def test_a_token_that_can_be_guessed_is_a_fault_that_does_not_repeat_it(tmp_path):
    (tmp_path / "ticketsync.toml").write_text("")
    for given in ("short-one", f"{GOOD} short-one"):
        with pytest.raises(ConfigError) as told:
            config.load(tmp_path / "ticketsync.toml", {API_TOKEN: given})
        (fault,) = told.value.faults
        assert fault.startswith(API_TOKEN)
        assert "short-one" not in fault


def test_good_ones_are_taken_and_known_as_secrets(tmp_path):
    (tmp_path / "ticketsync.toml").write_text("")
    environ = {API_TOKEN: f"{GOOD}, {GOOD}2"}
    settings = config.load(tmp_path / "ticketsync.toml", environ)
    secrets = config.secrets(settings, environ)
    assert secrets.api_tokens() == (GOOD, f"{GOOD}2")
    assert {GOOD, f"{GOOD}2"} <= secrets.values(())
    assert config.secrets(settings, {}).api_tokens() == ()
