"""pycurl's AsyncCurlMulti alone, without a ledger: the upper limit. libcurl may repeat a POST here; a sender must prevent it."""

import asyncio
from collections.abc import Iterator

import pycurl

from benchmarks.cloud import body_of
from benchmarks.contender import Job, in_event_loop

IN_FLIGHT = 200


async def _send_all(job: Job, waiting: Iterator[str]) -> None:
    async with pycurl.AsyncCurlMulti() as multi:
        multi.setopt(pycurl.M_MAXCONNECTS, IN_FLIGHT)
        await asyncio.gather(*(_send_next(multi, job, waiting) for _ in range(IN_FLIGHT)))


async def _send_next(multi: pycurl.AsyncCurlMulti, job: Job, waiting: Iterator[str]) -> None:
    curl, answer = pycurl.Curl(), bytearray()
    curl.setopt(pycurl.URL, job.send_url)
    curl.setopt(pycurl.HTTPHEADER, ["Content-Type: application/json", "Accept:", "Expect:"])
    curl.setopt(pycurl.NOSIGNAL, 1)
    curl.setopt(pycurl.WRITEFUNCTION, answer.extend)
    if job.ca:
        curl.setopt(pycurl.CAINFO, job.ca)
    for openid in waiting:
        answer.clear()
        curl.setopt(pycurl.POSTFIELDS, body_of(job, openid))
        await multi.add_handle(curl)


prepare = in_event_loop(_send_all)
