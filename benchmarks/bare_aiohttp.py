"""aiohttp alone, without a ledger."""

import asyncio
import ssl
from collections.abc import Iterator

import aiohttp

from benchmarks.cloud import body_of
from benchmarks.contender import Job, in_event_loop

IN_FLIGHT = 200
HEADERS = {"Content-Type": "application/json"}


async def _send_all(job: Job, waiting: Iterator[str]) -> None:
    trusted = ssl.create_default_context(cafile=job.ca or None)
    connector = aiohttp.TCPConnector(limit=IN_FLIGHT, ssl=trusted)
    async with aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        headers=HEADERS,
        skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding"),
    ) as session:
        await asyncio.gather(*(_send_next(session, job, waiting) for _ in range(IN_FLIGHT)))


async def _send_next(session: aiohttp.ClientSession, job: Job, waiting: Iterator[str]) -> None:
    for openid in waiting:
        async with session.post(job.send_url, data=body_of(job, openid)) as answer:
            await answer.read()


prepare = in_event_loop(_send_all)
