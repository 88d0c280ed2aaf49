"""What a write costs: no more requests than the tracker's API asks for."""

import pytest

from bench.mirror import LEAST, TRACKERS, measured

ALLOWED = {
    # Spent time only adds up: the total is read first, so that a repeated step adds nothing.
    ("gitlab", "time spent"): 3,
    # Which field holds an issue's story points, only its own edit screen tells.
    ("jira", "weight or size"): 3,
}


@pytest.mark.parametrize("name", TRACKERS)
def test_a_client_at_work_sends_the_least_the_api_allows(name):
    found = measured(name)
    assert set(found) == {word for word, least in LEAST.items() if name in least}
    for word, (first, then) in found.items():
        assert then <= ALLOWED.get((name, word), LEAST[word][name]), word
        assert first <= then + 3, word  # what the site calls things, asked for once a minute
