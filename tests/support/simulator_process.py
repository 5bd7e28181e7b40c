"""A WeChat simulator in a process of its own."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from local.processes import ROOT
from local.simulator.client import Control


@dataclass
class SimulatorProcess:
    url: str
    appid: str
    secret: str
    control: Control
    ca: str = ""


@contextmanager
def running_simulator(*arguments: str) -> Iterator[SimulatorProcess]:
    command = [sys.executable, "-m", "local.simulator", "--port", "0", "--exit-with-parent", *arguments]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe) as process:
        assert process.stdout
        try:
            announced = json.loads(process.stdout.readline())
            with Control(announced["url"], announced.get("ca", "")) as control:
                yield SimulatorProcess(**announced, control=control)
        finally:
            process.terminate()
