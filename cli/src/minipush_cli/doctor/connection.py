"""From here to the deployment: address, TLS, clock and key."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from typing import Any

from minipush_cli import __version__
from minipush_cli.api import Answer, Api, refused
from minipush_cli.compatibility import goes_with, series
from minipush_cli.doctor.check import Check, failed, passed, warned
from minipush_cli.errors import UnreachableError
from minipush_cli.texts import ago, listed

CLOCK_SECONDS = 60.0
LOGIN = "minipush login --url URL, with the output ApiUrl of the stack"
SCOPES = {"read", "send", "admin"}


class NoConnectionError(Exception):
    """The checks that follow are pointless."""


def check_connection(api: Api) -> Iterator[Check]:
    """Raises NoConnectionError after the check that failed."""
    try:
        health = api.ask("GET", "/health")
    except UnreachableError as error:
        yield failed("connection", str(error), _next_after(str(error)))
        raise NoConnectionError from None
    if not _is_minipush(health):
        yield failed("connection", f"{api.url}/health answers {health.status}, and not as minipush", LOGIN)
        raise NoConnectionError
    yield passed("connection", api.url)
    yield _version(str(health.body.get("version", "unknown")))
    yield _clock(health.headers)


def check_key(api: Api) -> Iterator[Check]:
    """Raises NoConnectionError if the key opens nothing."""
    answer = api.ask("GET", "/operator")
    if answer.status >= 400:
        yield failed(
            "operator key",
            str(refused(answer)),
            "minipush login --url URL, or: minipush keys make NAME --scopes read",
        )
        raise NoConnectionError
    yield _scopes(answer.body)


def _is_minipush(health: Answer) -> bool:
    return health.status == 200 and isinstance(health.body, dict) and health.body.get("status") == "ok"


def _version(server: str) -> Check:
    if goes_with(server):
        return passed("version", server)
    found = f"the server has {server}; this command line, {__version__}, goes with {series()}"
    return warned("version", found, "docs/upgrading.md: install the command line of the server's version")


def _next_after(error: str) -> str:
    if "certificate has expired" in error:
        return "renew the certificate of the API's domain, in AWS Certificate Manager"
    if "TLS" in error:
        return "compare the domain with its certificate; a CA of your own goes into SSL_CERT_FILE"
    return LOGIN


def _clock(headers: Mapping[str, str]) -> Check:
    date = {name.lower(): value for name, value in headers.items()}.get("date")
    try:
        theirs = parsedate_to_datetime(date or "")
    except (TypeError, ValueError):
        return warned("clock", "the answer has no date", "look at this machine's clock")
    seconds = (datetime.now(timezone.utc) - theirs).total_seconds()
    if abs(seconds) <= CLOCK_SECONDS:
        return passed("clock", f"within {CLOCK_SECONDS:.0f} s of minipush's")
    direction = "ahead" if seconds > 0 else "behind"
    return failed(
        "clock", f"this machine's clock is {ago(abs(seconds))} {direction}", "sudo timedatectl set-ntp true"
    )


def _scopes(operator: Mapping[str, Any]) -> Check:
    missing = SCOPES.difference(operator["scopes"])
    found = f"{operator['name']}: {listed(operator['scopes'])}"
    if "read" in missing:
        return failed("operator key", f"{found}; it cannot read", "minipush keys make NAME --scopes read")
    return passed("operator key", found)
