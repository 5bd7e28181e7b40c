"""`make run`: the whole stack in the foreground, until Ctrl-C or SIGTERM."""

import os
import signal
import sys
import threading
from types import FrameType
from typing import NoReturn

from local.stack import Settings, Stack

LOOK_EVERY = 0.25


def main() -> int:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _stop)
    try:
        with Stack(Settings.from_environment(os.environ), say=_say) as stack:
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
    # A key that was given is its giver's secret, and may outlive this log.
    key = "that of OPERATOR_KEY" if os.environ.get("OPERATOR_KEY") else stack.operator_key
    print(
        f"\n  API           {stack.api_url}\n  AWS endpoint  {stack.aws_url}\n"
        f"  WeChat        {stack.wechat_url}\n  operator key  {key}\n\n"
        "ready; Ctrl-C stops everything",
        flush=True,
    )


def _watch(stack: Stack) -> NoReturn:
    """Wait for a signal, or for a part that ends, or for the make that started this to be gone."""
    parent = os.getppid() if "MAKELEVEL" in os.environ else None
    while True:
        stack.check()
        if parent not in {None, os.getppid()}:
            raise RuntimeError("make is gone")
        threading.Event().wait(LOOK_EVERY)


def _say(what: str) -> None:
    print(f"minipush: {what}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
