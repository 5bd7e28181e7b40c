"""aiohttp alone, without a ledger."""

import asyncio
import ssl
from collections.abc import Iterator

import aiohttp

from benchmarks.cloud import body_of, openids
from benchmarks.contender import Job, Send

IN_FLIGHT = 200
HEADERS = {"Content-Type": "application/json"}


def prepare(job: Job) -> Send:
    def send() -> dict[str, float]:
        asyncio.run(_send_all(job, iter(openids(job.users))))
        return {}

    return send


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
