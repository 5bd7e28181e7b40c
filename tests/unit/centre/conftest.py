from collections.abc import Iterator

import pytest
from support.http_app import HttpApp


@pytest.fixture
def app() -> Iterator[HttpApp]:
    made = HttpApp()
    yield made
    made.runner.close()
