"""The HTTP client alone, without a ledger: the upper limit."""

import asyncio
import json
from typing import TYPE_CHECKING

import aiohttp

from benchmarks.cloud import MESSAGE, openids
from benchmarks.contender import Job, Send

if TYPE_CHECKING:
    from collections.abc import Iterator

IN_FLIGHT = 200


def prepare(job: Job) -> Send:
    url = f"{job.wechat}/cgi-bin/message/wxopen/template/send?access_token=stub"

    def send() -> dict[str, float]:
        asyncio.run(_send_all(url, iter(openids(job.users))))
        return {}

    return send


async def _send_all(url: str, waiting: "Iterator[str]") -> None:
    connector = aiohttp.TCPConnector(limit=IN_FLIGHT)
    async with aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar()) as session:
        await asyncio.gather(*(_send_next(session, url, waiting) for _ in range(IN_FLIGHT)))


async def _send_next(session: aiohttp.ClientSession, url: str, waiting: "Iterator[str]") -> None:
    for openid in waiting:
        body = {
            "touser": openid,
            "template_id": MESSAGE.template_id,
            "form_id": "0" * 32,
            "page": MESSAGE.page,
            "data": MESSAGE.data,
        }
        async with session.post(url, data=json.dumps(body).encode()) as answer:
            await answer.read()
