"""MiniStack's own process; `local.emulator` starts it on the emulator's interpreter. Ends when stdin closes."""

import os
import signal
import sys
import threading

from ministack import app
from ministack.core.lambda_runtime import Worker


def tune() -> None:
    # Functions are started with sys.executable. The emulator's environment holds packages that Lambda and
    # our layer have not; on the interpreter beneath it, what isn't in the layer is missing, as in Lambda.
    sys.executable = sys._base_executable  # type: ignore[attr-defined] # noqa: SLF001
    # After each call MiniStack waits for log lines: 50 ms for the first, if there is none. They are there
    # within one: functions write them before they answer.
    Worker._drain_stderr_bounded.__defaults__ = (0.003, 0.002, 0.25)  # noqa: SLF001


def end_with_the_parent() -> None:
    """The parent holds the other end of stdin: however it goes, the pipe closes."""
    while os.read(0, 4096):
        pass
    os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    tune()
    threading.Thread(target=end_with_the_parent, daemon=True).start()
    app.main()
