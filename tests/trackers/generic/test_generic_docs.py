"""The examples of the page, run as they stand: both sign and send what is accepted."""

import os
import re
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sandbox import serve
from sandbox.wire import Reply, read_call, write_reply
from tests.trackers.generic.generic_payloads import SECRET
from tests.trackers.stand_ins import a_delivery
from trackers.generic import GENERIC
from trackers.generic.webhook import KINDS

PAGE = (Path(__file__).parents[3] / "docs" / "generic.md").read_text()


class Inbox:
    """Keeps what it is sent."""

    def __init__(self):
        self.got = []

    async def __call__(self, scope, receive, send):
        call = await read_call(scope, receive)
        self.got.append(({name.lower(): one for name, one in call.headers.items()}, call.body))
        await write_reply(Reply(202), send)


@pytest.fixture
def inbox():
    here = Inbox()
    served = serve.Served(here, serve.bind())
    here.url = f"{served.url}/webhooks/tool"
    yield here
    served.stop()


def example(language, with_word):
    found = re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    [one] = [text for text in found if with_word in text]
    return one


def accepted(inbox):
    [(headers, body)] = inbox.got
    proof = GENERIC.verify(headers, body, [SECRET], datetime.now(UTC))
    return proof, GENERIC.parse(a_delivery(headers, body))


def run(command, inbox):
    around = {
        "PATH": os.environ["PATH"],
        "TOOL_WEBHOOK_SECRET": SECRET,
        "TOOL_WEBHOOK_URL": inbox.url,
    }
    done = subprocess.run(command, env=around, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_python_example_is_accepted(inbox):
    told = run([sys.executable, "-c", example("python", "urlopen")], inbox)
    assert told.strip() == "202"
    proof, events = accepted(inbox)
    assert (proof.event, proof.ticket) == ("ticket.created", "T-1")
    assert [event.fact for event in events] == ["ticket_seen"]


@pytest.mark.skipif(
    not all(map(shutil.which, ("bash", "curl", "openssl", "od"))), reason="no curl or openssl here"
)
def test_the_shell_example_is_accepted(inbox):
    run(["bash", "-euc", example("bash", "curl")], inbox)
    proof, events = accepted(inbox)
    assert (proof.event, proof.ticket) == ("ticket.closed", "T-1")
    assert [event.fact for event in events] == ["ticket_seen"]


def test_every_type_that_is_read_is_on_the_page():
    for kind in KINDS.values():
        assert f"`{kind}`" in PAGE
