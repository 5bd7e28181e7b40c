from collections.abc import Iterator

import pytest
from support.told_server import Server, running_server


@pytest.fixture
def server() -> Iterator[Server]:
    with running_server() as told:
        yield told
