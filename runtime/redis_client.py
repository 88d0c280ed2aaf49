"""One way to reach Redis: bounded in time, with one quick second try."""

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry


def client(url: str, socket_seconds: float) -> redis.Redis:
    """A client of `url`; nothing is sent yet. Every call ends within about twice the seconds."""
    return redis.Redis.from_url(
        url,
        socket_timeout=socket_seconds,
        socket_connect_timeout=socket_seconds,
        # The second try is for a pooled connection that Redis closed meanwhile.
        retry=Retry(NoBackoff(), 1),
    )
