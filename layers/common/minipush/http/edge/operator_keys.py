"""Operator keys, as the secret keeps them."""

import hashlib
import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from minipush.domain.operators import OperatorLimits

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class OperatorKey:
    """`expires_at` in ms; None: never."""

    name: str
    scopes: frozenset[str]
    hash: str
    expires_at: int | None
    limits: OperatorLimits


def read_operator_keys(secret: Mapping[str, Any]) -> Iterator[OperatorKey]:
    """From `{"operator_keys": [{"name", "scopes", "hash", "expires_at"?, "max_audience"?, "max_per_second"?, "templates"?}]}`.

    An entry that can't be read opens nothing: without one of its limits, its key would reach too far.
    """
    for number, entry in enumerate(secret["operator_keys"]):
        try:
            yield _read(entry)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            about = {"number": number, "error": type(error).__name__}
            logger.warning("an operator key can't be read and opens nothing", extra=about)


def hash_key(key: str) -> str:
    """Operator keys have 256 random bits, so a plain hash is as safe as a slow one."""
    return "sha256:" + hashlib.sha256(key.encode(errors="surrogatepass")).hexdigest()


def _read(entry: Mapping[str, Any]) -> OperatorKey:
    expires_at, templates = entry.get("expires_at"), entry.get("templates")
    limits = OperatorLimits(
        _whole(entry.get("max_audience")),
        _whole(entry.get("max_per_second")),
        None if templates is None else _texts(templates),
    )
    [name, hashed] = (_text(entry[field]) for field in ("name", "hash"))
    expiry = None if expires_at is None else _milliseconds(expires_at)
    return OperatorKey(name, _texts(entry["scopes"]), hashed, expiry, limits)


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value.isascii():
        raise TypeError(value)
    return value


def _texts(value: Any) -> frozenset[str]:
    if not isinstance(value, list):
        raise TypeError(value)
    return frozenset(map(_text, value))


def _milliseconds(instant: str) -> int:
    moment = datetime.fromisoformat(instant)
    if moment.tzinfo is None:
        raise ValueError("no offset from UTC")
    return round(moment.timestamp() * 1000)


def _whole(value: Any) -> int | None:
    if value is not None and (type(value) is not int or value < 1):
        raise ValueError(value)
    return value
