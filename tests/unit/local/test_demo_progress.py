"""The progress of the demo, on a terminal and on a pipe."""

import io

from local.demo import progress


def test_on_a_terminal_one_line_rewrites_itself() -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    terminal = Terminal()
    with progress.Progress(terminal, interval=0).step("sent", 2) as step:
        step.tick()
        step.tick()
    assert terminal.getvalue().startswith("\r\x1b[Ksent  1 of 2\r\x1b[Ksent  2 of 2")
    assert terminal.getvalue().count("\n") == 1


def test_on_a_pipe_a_line_comes_now_and_then() -> None:
    pipe = io.StringIO()
    with progress.Progress(pipe).step("sent", 1000) as step:
        for _ in range(1000):
            step.tick()
    assert len(pipe.getvalue().splitlines()) == 1
