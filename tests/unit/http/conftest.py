from collections.abc import Iterator

import pytest
from support.http_app import Edge


@pytest.fixture
def edge() -> Iterator[Edge]:
    made = Edge()
    yield made
    made.runner.close()
