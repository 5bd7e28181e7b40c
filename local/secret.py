"""`make secret`: stores one value in a deployment's secret and keeps the other values."""

import getpass
import os
import re
import secrets
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from botocore.exceptions import BotoCoreError, ClientError

from minipush_cli.aws.deployed_stack import DeployedStack, DeployedStackError
from minipush_cli.aws.secret_changes import SecretContendedError, change_secret

SESSION_KEY_BYTES = 48


@dataclass(frozen=True, slots=True)
class SecretValue:
    """Where a value is kept, and what it looks like. `output` names the stack's output with the secret's ARN."""

    output: str
    pattern: str
    rule: str


VALUES: Mapping[str, SecretValue] = {
    "app_secret": SecretValue("WeChatSecretArn", r"\S{1,256}", "the AppSecret, without blanks"),
    "callback_token": SecretValue("CallbackSecretArn", r"[A-Za-z0-9]{3,32}", "3 to 32 letters and digits"),
    "encoding_aes_key": SecretValue("CallbackSecretArn", r"([A-Za-z0-9]{43})?", "43 letters and digits"),
    "plain_pushes": SecretValue("CallbackSecretArn", r"(accept)?", "accept, or nothing"),
    "username": SecretValue("RedisSecretArn", r"\S{0,256}", "without blanks"),
    "password": SecretValue("RedisSecretArn", r"\S{1,512}", "the password of the Redis, without blanks"),
    "session_key": SecretValue("AccessSecretArn", r"\S{32,256}", "32 characters or more, without blanks"),
}
USAGE = f"make secret NAME=… with one of {', '.join(VALUES)}; RANDOM=1 with session_key"


class SecretError(Exception):
    """The command changed nothing. The message contains the reason, never the value."""


def store_value(stack: DeployedStack, name: str, value: str) -> None:
    """Raises SecretError, DeployedStackError, SecretContendedError."""
    wanted = VALUES[name]
    if not re.fullmatch(wanted.pattern, value):
        raise SecretError(f"the value of {name} must be {wanted.rule}")
    arn = stack.output(wanted.output)
    change_secret(stack.client("secretsmanager"), arn, lambda secret: secret | {name: value})


def _run(environment: Mapping[str, str], ask: Callable[[str], str]) -> None:
    name = environment.get("NAME", "")
    if name not in VALUES or (environment.get("RANDOM") and name != "session_key"):
        raise SecretError(USAGE)
    stack = DeployedStack.of(environment)
    value = secrets.token_urlsafe(SESSION_KEY_BYTES) if environment.get("RANDOM") else ask(name)
    store_value(stack, name, value)


def _ask(name: str) -> str:
    """From the terminal, without showing it, or from standard input."""
    if sys.stdin.isatty():
        return getpass.getpass(f"{name}: ").strip()
    return sys.stdin.read().strip()


def main() -> int:
    try:
        _run(os.environ, _ask)
    except (SecretError, DeployedStackError, SecretContendedError, BotoCoreError, ClientError) as error:
        print(f"secret: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
