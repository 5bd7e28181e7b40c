from collections.abc import Iterator

import pytest
from support.simulator_process import SimulatorProcess, running_simulator


@pytest.fixture(scope="session")
def wechat() -> Iterator[SimulatorProcess]:
    with running_simulator() as simulator:
        yield simulator
