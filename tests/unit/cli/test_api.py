"""What an answer, or none, means."""

from typing import Any

import pytest
from urllib3 import PoolManager
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    MaxRetryError,
    NameResolutionError,
    NewConnectionError,
    ProtocolError,
    ReadTimeoutError,
    SSLError,
)

from minipush_cli.api import Answer, refused, unreachable
from minipush_cli.errors import Exit

POOL: Any = PoolManager().connection_from_url("https://api.example.com")


@pytest.mark.parametrize(
    ("error", "expected", "is_lost"),
    [
        (NameResolutionError("api.example.com", POOL, OSError()), "no such host", False),  # type: ignore[arg-type]
        (NewConnectionError(POOL, "refused"), "refused", False),
        (ConnectTimeoutError(POOL, "slow"), "no connection within 5 s", False),
        (SSLError(OSError("WRONG_VERSION_NUMBER")), "TLS", False),
        (ReadTimeoutError(POOL, "/pool", "slow"), "no answer in time", True),
        (ProtocolError("reset"), "broke", True),
    ],
)
def test_each_way_to_fail_is_said_in_words(error: HTTPError, expected: str, is_lost: bool) -> None:
    for raised in (error, MaxRetryError(POOL, "/pool", error)):
        found = unreachable("https://api.example.com", raised)
        assert expected in str(found)
        assert (found.is_lost, found.code) == (is_lost, Exit.UNREACHABLE)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"detail": "No campaign has this id."}, "404: No campaign has this id."),
        ({"title": "No such campaign"}, "404: No such campaign"),
        ({"message": "Not Found"}, "404: Not Found"),
        (None, "404: no reason given"),
        (
            {"detail": "Wrong.", "errors": [{"pointer": "/name", "detail": "too long"}]},
            "404: Wrong.\n  /name: too long",
        ),
    ],
)
def test_a_refusal_is_shown_as_it_came(body: Any, message: str) -> None:
    found = refused(Answer(404, {}, body))
    assert (str(found), found.code) == (message, Exit.NOT_FOUND)
