"""`make run`: the complete stack in the foreground, until Ctrl-C or SIGTERM."""

import os
import signal
import sys
import threading
from types import FrameType
from typing import NoReturn

from local.stack.settings import StackSettings
from local.stack.stack import Stack

CHECK_INTERVAL = 0.25


def main() -> int:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _stop)
    try:
        with Stack(StackSettings.from_environment(os.environ), say=_say) as stack:
            _announce(stack)
            _watch(stack)
    except (RuntimeError, OSError, ValueError) as error:
        _say(f"stopped: {error}")
        return 1


def _stop(number: int, _frame: FrameType | None) -> NoReturn:
    for again in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(again, signal.SIG_IGN)
    _say(f"{signal.Signals(number).name}: stopping")
    sys.exit(0)


def _announce(stack: Stack) -> None:
    # A given key is a secret that may be in use longer than this log exists.
    key = "the value of OPERATOR_KEY" if os.environ.get("OPERATOR_KEY") else stack.operator_key
    providers = "".join(f"  {name:<13} {url}\n" for name, url in stack.provider_urls.items())
    print(
        f"\n  API           {stack.api_url}\n  AWS endpoint  {stack.aws_url}\n"
        f"  WeChat        {stack.wechat_url}\n  console       {stack.api_url}/console/\n  operator key  {key}\n{providers}\n"
        "ready; Ctrl-C stops everything",
        flush=True,
    )


def _watch(stack: Stack) -> NoReturn:
    """Wait for a signal, the end of a part of the stack, or the end of the make that started this process."""
    parent = os.getppid() if "MAKELEVEL" in os.environ else None
    while True:
        stack.check()
        if parent not in {None, os.getppid()}:
            raise RuntimeError("make ended")
        threading.Event().wait(CHECK_INTERVAL)


def _say(message: str) -> None:
    print(f"minipush: {message}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
