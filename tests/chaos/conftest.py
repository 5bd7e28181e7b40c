import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from local.processes import ROOT
from local.simulator.client import Control


@dataclass
class SimulatorProcess:
    url: str
    appid: str
    secret: str
    control: Control


@pytest.fixture(scope="session")
def wechat() -> Iterator[SimulatorProcess]:
    command = [sys.executable, "-m", "local.simulator", "--port", "0", "--exit-with-parent"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe) as process:
        assert process.stdout
        told = json.loads(process.stdout.readline())
        with Control(told["url"]) as control:
            yield SimulatorProcess(**told, control=control)
        process.terminate()
