"""`make smoke`: a deployed stack from end to end, after a deployment. It sends nothing and stores no user.

It asks the API as a stranger, a mini-program, WeChat's console and a back end do. For the last one it makes an operator key
and revokes it again.
"""

import os
import secrets
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from minipush import __version__
from minipush_cli.aws.deployed_stack import DeployedStack
from minipush_cli.aws.operator_keys import KeyOptions, OperatorKeyError, OperatorKeys
from minipush_cli.aws.secret_changes import read_secret
from minipush_cli.doctor.check import Check, failed, passed, warned
from operate.command import ensure_passed, run_command, say, told_if_interrupted
from operate.deployed_api import LOOKED_AT, DeployedApi
from operate.environments import deployed_stack, with_variables
from operate.waiting import eventually

ACCEPTED_SECONDS = 120.0
KEY_LIFETIME = timedelta(minutes=10)
"""Of the key, when this command could not revoke it."""
CALLBACK = "/wechat/callback"
LOGS = "make logs LEVEL=ERROR"


@dataclass(frozen=True)
class Asked:
    api: DeployedApi
    stack: DeployedStack


def check_version(on: Asked) -> Iterator[Check]:
    answer = on.api.ask("/health")
    version = (answer.json or {}).get("version")
    if (answer.status, version) == (200, __version__):
        yield passed("health", f"version {version}")
    else:
        found = f"{answer.status}, version {version} instead of {__version__}"
        yield failed("health", found, "make deploy")


def check_strangers(on: Asked) -> Iterator[Check]:
    """Somebody without a credential reads nothing."""
    statuses = {path: on.api.ask(path).status for path in ("/me", "/pool", "/status")}
    if set(statuses.values()) == {401}:
        yield passed("strangers", "read nothing")
    else:
        yield failed("strangers", f"get {statuses}", LOGS)


def check_login(on: Asked) -> Iterator[Check]:
    status = on.api.invented_login()
    if status == LOOKED_AT:
        yield passed("log-in", "WeChat looks at codes")
    else:
        next_ = "make doctor: AppSecret, IP allow-list"
        yield failed("log-in", f"{status} for an invented code", next_)


def check_callback(on: Asked) -> Iterator[Check]:
    secret = read_secret(on.stack.client("secretsmanager"), on.stack.output("CallbackSecretArn"))
    token = secret.get("callback_token")
    if not token:
        yield warned("callback", "no token is stored", "make secret NAME=callback_token")
    elif on.api.takes_callback_token(CALLBACK, token):
        yield passed("callback", "answers the check of its URL")
    else:
        yield failed("callback", "refuses its own token", LOGS)


def check_back_end(on: Asked) -> Iterator[Check]:
    with _operator_key(on.stack) as key:
        if not eventually(lambda: on.api.takes_operator_key(key), ACCEPTED_SECONDS, say):
            yield failed("back end", "a new operator key is not accepted", LOGS)
            return
        statuses = {
            path: on.api.ask(path, key).status for path in ("/status", "/pool", "/campaigns", "/templates")
        }
    if set(statuses.values()) == {200}:
        yield passed("back end", "reads the state, the pool, campaigns and templates")
    else:
        yield failed("back end", f"gets {statuses}", LOGS)


@contextmanager
def _operator_key(stack: DeployedStack) -> Iterator[str]:
    name, keys = f"smoke-{secrets.token_hex(4)}", OperatorKeys(stack)
    expiry = (datetime.now(UTC) + KEY_LIFETIME).isoformat(timespec="seconds")
    with told_if_interrupted(
        f"{name}, the operator key of this command, is revoked, or ends by itself in ten minutes"
    ):
        try:
            yield keys.add(name, KeyOptions(scopes=["read"], expires_at=expiry))
        finally:
            with suppress(OperatorKeyError):  # an interruption before it was stored
                keys.revoke(name)


CHECKS = (check_version, check_strangers, check_login, check_callback, check_back_end)


def _run(variables: Mapping[str, str]) -> Iterator[str]:
    stack = deployed_stack(variables)
    api = DeployedApi(variables.get("API") or stack.output("ApiUrl"))
    on, found = Asked(api, stack), []
    for check in CHECKS:
        for one in check(on):
            found.append(one)
            yield _line(replace(one, next=with_variables(one.next, variables)))
    ensure_passed(found)


def _line(check: Check) -> str:
    next_ = f" -> {check.next}" if check.next else ""
    return f"{check.level:<8} {check.name:<10} {check.found}{next_}\n"


def main() -> int:
    return run_command("smoke", lambda: _run(os.environ))


if __name__ == "__main__":
    sys.exit(main())
