"""Hears at once of what other processes wrote, by PostgreSQL's LISTEN and NOTIFY."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable

import anyio
import anyio.to_thread
import psycopg

from textrequest_mcp.ground.postgres_link import Link, reason_of

logger = logging.getLogger(__name__)

_AGAIN_SECONDS = 1.0


async def listen(opened: Callable[[], Link], told: Callable[[str | None], None]) -> None:
    """Pass on each topic that is told of; never returns.

    Args:
        opened: opens a connection; it is called in a worker thread.
        told: called with the topic; with None after each connection, because until then nothing was heard.
    """
    known = False
    while True:
        link: Link | None = None
        try:
            link = await anyio.to_thread.run_sync(opened)
            link.run(f"LISTEN {link.channel}".encode())
            known = False
            told(None)
            while True:
                await anyio.wait_readable(link.socket)
                for topic in link.news():
                    told(topic)
        except (psycopg.Error, OSError) as error:
            if not known:
                reason = reason_of(error) if isinstance(error, psycopg.Error) else None
                logger.warning("news of other servers come late until the database is back: %s", reason or "it is away")
            known = True
        finally:
            if link is not None:
                link.close()
        await anyio.sleep(_AGAIN_SECONDS * random.uniform(0.5, 1.0))  # noqa: S311 - spreads tries, guards nothing
