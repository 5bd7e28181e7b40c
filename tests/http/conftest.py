from collections.abc import Iterator

import pytest
from fakes.edge import Edge


@pytest.fixture
def edge() -> Iterator[Edge]:
    made = Edge()
    yield made
    made.runner.close()
