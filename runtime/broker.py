"""The queue: a hint that there is work (law 2). Messages go by name and carry ids only."""

from typing import Any

import dramatiq
import fakeredis
import orjson
import redis
from dramatiq.brokers.redis import RedisBroker
from dramatiq.encoder import Encoder
from dramatiq.errors import DecodeError

from runtime import redis_client
from schemas.messages import Message

EMBEDDED = "embedded"
NAMESPACE = "ticketsync"
QUEUES = ("deliveries", "writes")

HEARTBEAT_MS = 15_000
MAINTENANCE_CHANCE = 50_000
"""Of a million commands: an idle consumer then takes back a dead one's messages within seconds."""

PREFETCH = 256
IDLE_POLL_MS = 100
"""Dramatiq's own is 1,000, which alone is half a second between webhook and apply."""


class Broker(RedisBroker):
    """Dramatiq's broker with our prefetch and idle poll.

    Both are module constants of Dramatiq, read from the environment when it is imported: its
    command line does that long before it asks us for a broker.
    """

    def consume(self, queue_name: str, prefetch: int = 1, timeout: int = 5000) -> dramatiq.Consumer:
        """The consumer of a queue; `timeout` in milliseconds."""
        return super().consume(queue_name, max(prefetch, PREFETCH), min(timeout, IDLE_POLL_MS))


class OrjsonEncoder(Encoder):
    """Messages as JSON; measured at half the cost of the default encoder."""

    def encode(self, data: dict[str, Any]) -> bytes:
        """A message's fields as bytes."""
        return orjson.dumps(data)

    def decode(self, data: bytes) -> dict[str, Any]:
        """The fields of a message; raises DecodeError."""
        try:
            found: dict[str, Any] = orjson.loads(data)
        except orjson.JSONDecodeError as error:
            raise DecodeError("not a message", data, error) from None  # type: ignore[no-untyped-call]
        return found


def connect(url: str = EMBEDDED, *, socket_seconds: float = 1.0) -> Broker:
    """A broker with our queues declared; nothing is sent until it is used.

    `embedded` is a queue inside this process, lost with it, which is legal. `socket_seconds`
    bounds every call to Redis, so that whoever rings is never held up for long.
    """
    dramatiq.set_encoder(OrjsonEncoder())
    broker = Broker(  # type: ignore[no-untyped-call]
        client=_client(url, socket_seconds),
        namespace=NAMESPACE,
        heartbeat_timeout=HEARTBEAT_MS,
        maintenance_chance=0 if url == EMBEDDED else MAINTENANCE_CHANCE,
        # No middleware: attempts, deadlines and dead letters live in the journal, not here.
        middleware=[],
    )
    for queue in QUEUES:
        broker.declare_queue(queue)
    return broker


def ring(broker: dramatiq.Broker, message: Message) -> None:
    """Sends a message to the actor it names, which takes its fields as keyword arguments.

    Raises redis.RedisError (or OSError) when the queue is away; `Bell` is for those who may not.
    """
    broker.enqueue(
        dramatiq.Message(
            queue_name=message.queue,
            actor_name=message.actor,
            args=(),
            kwargs=message.model_dump(mode="json"),
            options={},
        )
    )


def _client(url: str, socket_seconds: float) -> redis.Redis:
    if url == EMBEDDED:
        return fakeredis.FakeRedis(server=fakeredis.FakeServer())
    return redis_client.client(url, socket_seconds)
