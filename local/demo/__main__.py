"""`make demo`: runs the whole flow on its own stack and reconciles it with WeChat's counts. USERS=1000 by default."""

import os
import secrets
import signal
import sys
import time

from local.demo.demo import Demo
from local.demo.progress import Progress
from local.stack.centre import CentreStack
from local.stack.official import OfficialStack
from local.stack.settings import StackSettings
from local.stack.stack import Stack

OFFICIAL_APPID = "wxdemo0ff1c1a1"


def main() -> int:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, _: sys.exit(128 + number))
    started = time.monotonic()
    progress = Progress(sys.stdout)
    try:
        users = _users(os.environ.get("USERS") or "1000")
        with Stack(_settings(), say=progress.say) as stack:
            matched = Demo(stack, progress).run(users)
    except (RuntimeError, OSError, ValueError) as error:
        progress.say(f"demo: {error}")
        return 1
    verdict = "All numbers match WeChat's." if matched else "The numbers DISAGREE with WeChat's."
    progress.say(f"{verdict} Total time: {time.monotonic() - started:.0f} s")
    return 0 if matched else 1


def _settings() -> StackSettings:
    """A stack with everything that is off by default."""
    official = {"app_secret": "s" * 32, "callback_token": secrets.token_hex(8)}
    return StackSettings(
        port=0,
        aws_port=0,
        has_tls=True,
        centre=CentreStack(is_on=True),
        official=OfficialStack(parameters={"OfficialAppId": OFFICIAL_APPID}, secret=official),
    )


def _users(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise ValueError(f"USERS={text}: must be a number of users, 1 or more")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
