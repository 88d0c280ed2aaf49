"""What a process tells of itself, and that no secret is in it."""

import io
import json
import logging
import urllib.request

import pytest
import sentry_sdk
import structlog
from sentry_sdk.transport import Transport

from runtime import telemetry
from runtime.telemetry.logfiles import LogFile
from runtime.telemetry.redact import STRUCK, Redactor
from schemas.errors import ConfigError
from schemas.settings import LogSettings, SentrySettings, Settings, SourceSettings
from tests.servers import free_port

TOKENS = [
    "ghp_0123456789abcdefghijABCDEFGHIJ012345",
    "ghs_0123456789abcdefghijABCDEFGHIJ012345",
    "github_pat_11ABCDEFG0123456789_abcdefghij",
    "glpat-0123456789abcdefghij",
    "Bearer abcdefgh12345678",
    "sha256=" + "0a" * 32,
    "postgresql://user:hunter2hunter2@db/x",
    "redis://:hunter2hunter2@h:6379/0",
    "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----",
    "https://api.example/x?access_token=abcdef123456",
]
HIDDEN = ("0123456789", "hunter2", "abcdefgh12345678", "0a0a0a", "MIIE", "abcdef123456")


class Captured(Transport):
    """Sentry's network, as a list."""

    events: list[dict] = []  # noqa: RUF012

    def capture_envelope(self, envelope):
        found = envelope.get_event()
        if found:
            self.events.append(found)


@pytest.fixture
def told():
    """Starts telemetry on a string and gives logging back; (telemetry, lines)."""
    started = []

    def start(settings=None, **more):
        out = io.StringIO()
        made = telemetry.start(settings or Settings(), process="test", stream=out, **more)
        started.append(made)
        return made, lambda: [json.loads(line) for line in out.getvalue().splitlines()]

    yield start
    for made in started:
        made.close()


@pytest.fixture
def sentry():
    Captured.events.clear()
    yield Captured
    # Off again; with the integrations it would enable by itself every later request of this
    # process would carry headers of its own.
    sentry_sdk.init(auto_enabling_integrations=False)


def with_dsn() -> Settings:
    return Settings(sentry=SentrySettings(dsn="https://key@sentry.example/1"))


@pytest.mark.parametrize("secret", TOKENS)
def test_secrets_are_struck_out_by_their_shape(secret):
    cleaned = Redactor().text(f"before {secret} after")
    assert cleaned.startswith("before ")
    assert cleaned.endswith(" after")
    assert not any(part in cleaned for part in HIDDEN)


def test_secrets_are_struck_out_by_name_and_by_value():
    redactor = Redactor(["correct horse"])
    line = {
        "token": "abc", "webhook_secret": "x", "Authorization": "y", "nested": {"password": "z"},
        "text": "say correct horse loudly", "token_env": "GITHUB_TOKEN", "tokens": 3,
        "body": b"raw", "listed": ["correct horse"],
    }  # fmt: skip
    cleaned = {key: redactor.named(key, value) for key, value in line.items()}
    assert cleaned == {
        "token": STRUCK, "webhook_secret": STRUCK, "Authorization": STRUCK,
        "nested": {"password": STRUCK}, "text": f"say {STRUCK} loudly",
        "token_env": "GITHUB_TOKEN", "tokens": 3, "body": "<3 bytes>", "listed": [STRUCK],
    }  # fmt: skip


def test_ordinary_words_stay():
    text = "the token expired; basic auth is off; see https://example.org/a?page=2"
    assert Redactor(["", "short"]).text(text) == text


def test_a_log_line_is_one_json_object(told):
    _, lines = told()
    structlog.get_logger("x").info("drained", source="s", rows=3)
    (line,) = lines()
    assert line["event"] == "drained"
    assert (line["level"], line["process"], line["source"], line["rows"]) == (
        "info",
        "test",
        "s",
        3,
    )
    assert line["timestamp"].endswith("Z")


def test_others_loggers_pass_the_same_way_and_below_warning_not_at_all(told):
    _, lines = told()
    logging.getLogger("httpx").info("GET https://u:hunter2hunter2@h")
    logging.getLogger("httpx").warning("failed for %s", "ghp_0123456789abcdefghij")
    (line,) = lines()
    assert line["event"] == f"failed for {STRUCK}"
    assert line["level"] == "warning"


def test_a_traceback_is_in_the_line_without_secrets(told):
    _, lines = told()
    try:
        raise ValueError("bad token ghp_0123456789abcdefghij")
    except ValueError:
        structlog.get_logger("x").exception("failed")
    (line,) = lines()
    assert "Traceback" in line["exception"]
    assert "ghp_" not in line["exception"]


def test_what_json_cannot_hold_is_still_logged(told):
    _, lines = told()
    structlog.get_logger("x").info("odd", surrogate="\ud800", huge=2**80)
    assert lines()[0]["huge"] == 2**80


def test_the_level_holds(told):
    _, lines = told(Settings(log=LogSettings(level="error")))
    structlog.get_logger("x").warning("quiet")
    assert lines() == []


def test_human_lines_are_no_json(told):
    settings = Settings(log=LogSettings(format="human"))
    out = io.StringIO()
    made = telemetry.start(settings, process="test", stream=out)
    structlog.get_logger("x").info("drained", source="s")
    made.close()
    assert "drained" in out.getvalue()
    assert "source=s" in out.getvalue()


def test_a_log_folder_has_one_file_for_all_and_one_for_each_source(told, tmp_path):
    source = SourceSettings(name="My Repo", tracker="github", url="https://github.com/o/r")
    settings = Settings(log=LogSettings(dir="logs"), folder=tmp_path, sources=(source,))
    told(settings)
    log = structlog.get_logger("x")
    log.info("one", source="My Repo")
    log.info("two", source="unknown")
    log.info("three")
    files = {file.name: file.read_text().splitlines() for file in (tmp_path / "logs").iterdir()}
    assert {name: len(lines) for name, lines in files.items()} == {"_all.log": 3, "my-repo.log": 1}
    assert json.loads(files["my-repo.log"][0])["event"] == "one"


def test_a_log_file_rotates_by_size_and_keeps_the_last_ones(tmp_path):
    file = LogFile(tmp_path / "x.log", max_bytes=30, keep=2)
    for number in range(12):
        file.write(b"line %03d\n" % number)
    file.close()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["x.log", "x.log.1", "x.log.2"]
    assert (tmp_path / "x.log").read_bytes().endswith(b"line 011\n")


def test_a_file_that_another_process_rotated_is_found_again(tmp_path):
    one, other = (LogFile(tmp_path / "x.log", max_bytes=30) for _ in range(2))
    for number in range(10):
        (one, other)[number % 2].write(b"line %03d\n" % number)
    one.close()
    other.close()
    written = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert sorted(written.splitlines()) == [b"line %03d" % number for number in range(10)]


def test_metrics_are_those_of_this_start_alone(told):
    one, _ = told()
    other, _ = told()
    one.metrics.received.labels("s", "issues", "kept").inc()
    name, labels = "ticketsync_deliveries_received_total", {
        "source": "s", "event": "issues", "answer": "kept",
    }  # fmt: skip
    assert one.metrics.registry.get_sample_value(name, labels) == 1
    assert other.metrics.registry.get_sample_value(name, labels) is None


def test_the_exporter_takes_the_next_free_port(told):
    first = telemetry.Metrics()
    port = free_port()
    stop = first.serve(port)
    second = telemetry.Metrics()
    second.refetches.labels("s", "same").inc()
    stop_second = second.serve(port)
    text = urllib.request.urlopen(f"http://127.0.0.1:{port + 1}/metrics").read().decode()
    assert 'ticketsync_refetches_total{result="same",source="s"} 1.0' in text
    stop()
    stop_second()


def test_no_free_port_is_a_config_error():
    with pytest.raises(ConfigError, match="METRICS_PORT"):
        telemetry.Metrics().serve(65536)


def test_sentry_is_off_without_a_dsn(told, sentry):
    made, _ = told(transport=sentry)
    made.capture(ValueError("x"))
    assert sentry.events == []


def test_a_report_holds_no_secret_no_body_and_no_local_variable(told, sentry):
    made, _ = told(with_dsn(), transport=sentry, secrets=["correct horse"])
    logging.getLogger("breadcrumb").warning("with correct horse")

    def fails():
        local = "ghp_local789abcdefghij"  # noqa: F841
        raise ValueError("correct horse ghp_0123456789abcdefghij")

    try:
        fails()
    except ValueError as error:
        made.capture(error, delivery=7)
    (event,) = sentry.events
    text = json.dumps(event)
    assert event["contexts"]["ticketsync"] == {"delivery": 7}
    assert "correct horse" not in text
    assert "ghp_" not in text


def test_a_log_line_at_error_is_no_report_of_its_own(told, sentry):
    told(with_dsn(), transport=sentry)
    structlog.get_logger("x").error("failed")
    logging.getLogger("y").error("failed")
    assert sentry.events == []


def test_a_request_is_stripped_to_harmless_headers(told, sentry):
    made, _ = told(with_dsn(), transport=sentry)

    def add_request(event, _hint):
        event["request"] = {
            "url": "https://h/x", "query_string": "token=abc", "data": "b", "cookies": {"a": "b"},
            "headers": {"X-Gitlab-Token": "s", "User-Agent": "u", "X-Hub-Signature-256": "z"},
        }  # fmt: skip
        return event

    with sentry_sdk.new_scope() as scope:
        scope.add_event_processor(add_request)
        made.capture(ValueError("x"))
    assert sentry.events[0]["request"] == {"url": "https://h/x", "headers": {"User-Agent": "u"}}
