"""What is told outside of a ticket that its source's rules keep at home."""

import pytest

from schemas.notice import confidential
from schemas.source import PrivacyRule
from schemas.ticket import Label
from tests.builders import a_ticket
from tests.trackers.stand_ins import a_source
from workers.rules.privacy import marked

RULE = PrivacyRule(privacy="local_only", label="secret")


@pytest.mark.parametrize(
    ("source", "labels", "secret"),
    [
        ({}, ["secret"], False),
        ({"privacy_rules": (RULE,)}, ["secret"], True),
        ({"privacy_rules": (RULE,)}, ["open"], False),
        ({"privacy": "local_only"}, [], True),
    ],
)
def test_a_notice_says_no_more_of_a_ticket_than_its_source_allows(source, labels, secret) -> None:
    ticket = a_ticket(
        confidential=False, labels=tuple(Label(id=one, name=one) for one in labels), full=True
    )
    home = a_source("gitlab", "https://gitlab.com/acme/shop", **source)
    assert confidential(marked(ticket, home)) is secret
    assert marked(ticket, None) == ticket
