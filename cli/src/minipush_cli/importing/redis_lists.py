"""The lists of the well-known articles: `mina:openid:<openid>`, whose elements are JSON with formId and expire."""

import json
import os
import time
from collections.abc import Iterator
from typing import Any

from minipush_cli.errors import CommandError, Exit
from minipush_cli.importing.entries import Record
from minipush_cli.importing.sources import opened

PREFIX = "mina:openid:"
SCHEMES = ("redis://", "rediss://", "unix://")
AT_A_TIME = 500


def is_redis(name: str) -> bool:
    return name.startswith(SCHEMES)


def lists_of_file(name: str) -> Iterator[Record]:
    """Lines with a key, each followed by its elements, as `redis-cli` prints them; or JSON objects of keys and lists."""
    openid = None
    with opened(name) as file:
        for number, line in enumerate(file, start=1):
            text = line.strip()
            if text.startswith(PREFIX):
                openid = text[len(PREFIX) :]
            elif text:
                yield from _of_line(number, openid, text)


def lists_of_server(url: str) -> Iterator[Record]:
    """The password may be in REDISCLI_AUTH instead of the URL."""
    try:
        import redis
    except ImportError:
        raise CommandError("redis is missing. Run: pipx install 'minipush[redis]'", Exit.USAGE) from None
    try:
        with redis.Redis.from_url(
            url, password=os.environ.get("REDISCLI_AUTH"), decode_responses=True
        ) as client:
            yield from _of_server(client)
    except (redis.RedisError, ValueError) as error:
        raise CommandError(f"Redis: {error}", Exit.UNREACHABLE) from None


def _of_server(client: Any) -> Iterator[Record]:
    number = 0
    for key in client.scan_iter(match=f"{PREFIX}*", count=AT_A_TIME, _type="list"):
        for element in client.lrange(key, 0, -1):
            number += 1
            yield _record(number, key[len(PREFIX) :], element)


def _of_line(number: int, openid: str | None, text: str) -> Iterator[Record]:
    value = _parsed(text)
    lists = {key: value[key] for key in value if key.startswith(PREFIX)} if isinstance(value, dict) else {}
    if lists:
        for key, elements in lists.items():
            for element in elements if isinstance(elements, list) else [elements]:
                yield _record(number, key[len(PREFIX) :], element)
    elif openid is None:
        yield Record(number, {}, f"an element before any key of the form {PREFIX}<openid>")
    else:
        yield _record(number, openid, text)


def _record(number: int, openid: str, element: Any) -> Record:
    """An element that is no formId, or has expired, has fields that say so: see `is_worthless`."""
    value = _parsed(element) if isinstance(element, str) else element
    if not isinstance(value, dict):
        return Record(number, {"openid": openid, "form_id": None})
    return Record(
        number, {"openid": openid, "form_id": value.get("formId"), "expires_at": _ms(value.get("expire"))}
    )


def is_worthless(record: Record) -> bool:
    """No formId, or one that has expired."""
    expires_at = record.fields.get("expires_at")
    has_expired = isinstance(expires_at, int) and expires_at <= time.time() * 1000
    return record.error is None and (not record.fields.get("form_id") or has_expired)


def _ms(value: Any) -> Any:
    return int(value) if isinstance(value, (float, str)) and str(value).strip().isdigit() else value


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
