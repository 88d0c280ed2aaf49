"""What Jira says of its limits, and whom it concerns."""

import pytest

from schemas.errors import Transient
from schemas.ports import Rate
from tests.trackers.jira.jira_payloads import PROJECT
from tests.trackers.jira.jira_scene import DATE, connected, reply
from tests.trackers.stand_ins import shared
from trackers import tolerant
from trackers.jira import limits

NEAR = {
    "x_ratelimit_limit": "65000",
    "x_ratelimit_remaining": "120",
    "x_ratelimit_reset": "2026-11-20T13:00:00Z",
    "x_ratelimit_nearlimit": "true",
}


def refused(headers, status=429):
    named = {name.replace("-", "_").lower(): value for name, value in headers.items()}
    return connected({"GET /project/HARB": reply({}, status, **named)})


def test_the_budget_is_learnt_where_a_reset_is_told():
    one = connected({"GET /project/HARB": reply(PROJECT, 200, **NEAR)})
    one.client.project()
    [rate] = one.budget.rates
    assert (rate.limit, rate.remaining) == (65000, 120)
    assert rate.reset_at.isoformat() == "2026-11-20T13:00:00+00:00"


def test_an_ordinary_answer_without_a_reset_teaches_nothing():
    headers = {"x_ratelimit_limit": "350", "x_ratelimit_remaining": "349"}
    one = connected({"GET /project/HARB": reply(PROJECT, 200, **headers)})
    one.client.project()
    assert one.budget.rates == []


@pytest.mark.parametrize("prefix", ["", "beta_"])
def test_the_structured_header_tells_the_scarcest_budget(prefix):
    told = '"app-quota";r=900;t=60, "tenant-app-quota";r=120;t=1800, "burst";r=x;t=1'
    one = connected({"GET /project/HARB": reply(PROJECT, 200, **{f"{prefix}ratelimit": told})})
    one.client.project()
    [rate] = one.budget.rates
    assert (rate.remaining, rate.reset_at.isoformat()) == (120, "2026-11-20T12:30:00+00:00")


@pytest.mark.parametrize("told", ["", "r=5", '"x";q=5;w=60', '"x";r=-1;t=5', ";;,,"])
def test_a_structured_header_without_both_numbers_teaches_nothing(told):
    one = connected({"GET /project/HARB": reply(PROJECT, 200, ratelimit=told)})
    one.client.project()
    assert one.budget.rates == []


def test_the_usual_limit_is_that_of_cloud_alone():
    assert limits.manners(cloud=True).usual == limits.USUAL
    assert limits.manners(cloud=False).usual is None


@pytest.mark.parametrize(
    ("name", "blocks", "wait"),
    [
        ("rate_limited_quota.json", [1740.0], 1740),
        ("rate_limited_burst.json", [], 1),
        ("rate_limited_per_issue_write.json", [], 2),
    ],
)
def test_only_a_spent_quota_stops_everything(name, blocks, wait):
    told = tolerant.loads(shared(f"reference/payloads/jira/{name}").read_bytes())
    one = refused(told["_headers"])
    with pytest.raises(Transient) as limit:
        one.client.project()
    assert limit.value.retry_after == wait
    assert one.budget.blocks == blocks
    assert all(isinstance(rate, Rate) and rate.remaining == 0 for rate in one.budget.rates)


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"beta-retry-after": "9"}, 9),
        ({"x-ratelimit-reset": "2026-11-20T12:00:30Z"}, 31),
        ({"x-ratelimit-reset": "soon"}, 30),
        ({}, 30),
        ({"retry-after": "5", "ratelimit-reason": "jira-cost-based"}, 5),
    ],
)
def test_a_limit_without_its_usual_headers_still_names_a_time(headers, wait):
    one = refused(headers)
    with pytest.raises(Transient) as limit:
        one.client.project()
    assert limit.value.retry_after == wait
    assert one.budget.blocks == [wait]


def test_a_busy_site_says_when_to_come_back():
    with pytest.raises(Transient) as busy:
        refused({"retry-after": "5"}, 503).client.project()
    assert busy.value.retry_after == 5


def test_the_clock_of_a_test_is_the_one_of_its_answers():
    assert DATE["date"].startswith("Fri, 20 Nov 2026")
