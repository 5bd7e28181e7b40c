"""`make secret`: stores one value in a deployment's secret and keeps the other values."""

import getpass
import os
import re
import secrets
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from minipush_cli.aws.deployed_stack import DeployedStack
from minipush_cli.aws.secret_changes import change_secret
from minipush_cli.errors import CommandError, Exit
from operate.command import run_command, told_if_interrupted
from operate.environments import deployed_stack
from operate.switches import is_on

SESSION_KEY_BYTES = 48


@dataclass(frozen=True, slots=True)
class SecretValue:
    """Where a value is kept, and what it looks like. `output` names the stack's output with the secret's ARN.

    `key`: its name in the secret, where that differs from the value's. `ends`: what `make rotate-…` left in the secret, and
    this value ends at once.
    """

    output: str
    pattern: str
    rule: str
    key: str = ""
    ends: str = ""


VALUES: Mapping[str, SecretValue] = {
    "app_secret": SecretValue("WeChatSecretArn", r"\S{1,256}", "the AppSecret, without blanks"),
    "callback_token": SecretValue(
        "CallbackSecretArn", r"[A-Za-z0-9]{3,32}", "3 to 32 letters and digits", ends="replaced"
    ),
    "encoding_aes_key": SecretValue(
        "CallbackSecretArn", r"([A-Za-z0-9]{43})?", "43 letters and digits", ends="replaced"
    ),
    "plain_pushes": SecretValue("CallbackSecretArn", r"(accept)?", "accept, or nothing"),
    "official_app_secret": SecretValue(
        "OfficialSecretArn", r"\S{1,256}", "the official account's AppSecret, without blanks", "app_secret"
    ),
    "official_callback_token": SecretValue(
        "OfficialSecretArn", r"[A-Za-z0-9]{3,32}", "3 to 32 letters and digits", "callback_token", "replaced"
    ),
    "official_encoding_aes_key": SecretValue(
        "OfficialSecretArn", r"([A-Za-z0-9]{43})?", "43 letters and digits", "encoding_aes_key", "replaced"
    ),
    "username": SecretValue("RedisSecretArn", r"\S{0,256}", "without blanks"),
    "password": SecretValue("RedisSecretArn", r"\S{1,512}", "the password of the Redis, without blanks"),
    "smtp_url": SecretValue(
        "ChannelSecretArn", r"smtps?://\S{1,500}", "smtps://user:password@host, or smtp://host"
    ),
    "sms_key_id": SecretValue("ChannelSecretArn", r"\S{1,256}", "without blanks"),
    "sms_key_secret": SecretValue("ChannelSecretArn", r"\S{1,256}", "without blanks"),
    "session_key": SecretValue(
        "AccessSecretArn", r"\S{32,256}", "32 characters or more, without blanks", ends="other_session_keys"
    ),
}
OFFERED_BY = {
    "RedisSecretArn": "RedisUrl",
    "OfficialSecretArn": "OfficialAppId",
    "ChannelSecretArn": "MessageCentre=on",
}
"""The parameters without which a stack has no such secret."""
USAGE = f"make secret NAME=… with one of {', '.join(VALUES)}; RANDOM=1 with session_key"


class SecretError(CommandError):
    """The command changed nothing. The message contains the reason, never the value."""

    def __init__(self, message: str) -> None:
        super().__init__(message, Exit.USAGE)


def ensure_offered(stack: DeployedStack, name: str) -> None:
    """Raises SecretError, DeployedStackError."""
    output = VALUES[name].output
    if output not in stack.outputs and output in OFFERED_BY:
        raise SecretError(
            f"the stack {stack.name} is deployed without {OFFERED_BY[output]}, and has no {name}"
        )


def store_value(stack: DeployedStack, name: str, value: str) -> None:
    """Raises SecretError, DeployedStackError, SecretContendedError."""
    wanted = VALUES[name]
    if not re.fullmatch(wanted.pattern, value):
        raise SecretError(f"the value of {name} must be {wanted.rule}")
    arn = stack.output(wanted.output)
    change_secret(stack.client("secretsmanager"), arn, lambda secret: _with(secret, wanted, name, value))


def _with(secret: Mapping[str, Any], wanted: SecretValue, name: str, value: str) -> dict[str, Any]:
    return {key: kept for key, kept in secret.items() if key != wanted.ends} | {wanted.key or name: value}


def _run(variables: Mapping[str, str], ask: Callable[[str], str]) -> list[str]:
    """The output doesn't have the value: it is a secret."""
    name, is_random = variables.get("NAME", ""), is_on(variables, "RANDOM")
    if name not in VALUES or (is_random and name != "session_key"):
        raise SecretError(USAGE)
    stack = deployed_stack(variables)
    ensure_offered(stack, name)
    value = secrets.token_urlsafe(SESSION_KEY_BYTES) if is_random else ask(name)
    with told_if_interrupted(f"{name} may be stored or not: run the command again"):
        store_value(stack, name, value)
    return [f"{name} is stored. All processes use it within a minute.\n"]


def _ask(name: str) -> str:
    """From the terminal, without showing it, or from standard input."""
    if sys.stdin.isatty():
        return getpass.getpass(f"{name}: ").strip()
    return sys.stdin.read().strip()


def main() -> int:
    return run_command("secret", lambda: _run(os.environ, _ask))


if __name__ == "__main__":
    sys.exit(main())
