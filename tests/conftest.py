from collections.abc import Iterator
from pathlib import Path

import pytest
from mypy_boto3_dynamodb import DynamoDBClient

from local.stack.emulator import Emulator
from minipush.adapters.dynamodb.plain_json import plain_json_session

# Tests that mostly wait, in lanes that run side by side (`--dist loadgroup`). A lane is one worker's, on one
# stack, from its first test to its last. All other files are spread over whoever is free.
LANES = {
    "faults": ("e2e/test_faults.py", "e2e/test_pushes.py", "e2e/test_fuzz.py"),
    "campaigns": (
        "e2e/test_campaigns.py",
        "e2e/test_delivery_failures.py",
        "e2e/test_text_checks.py",
        "e2e/test_prompts.py",
        "e2e/test_callback.py",
        "e2e/test_contract_http.py",
        "e2e/test_readme.py",
        "e2e/test_demo.py",
    ),
    "platform": (
        "e2e/stack/test_queues.py",
        "e2e/stack/test_front.py",
        "e2e/stack/test_invoke.py",
        "e2e/stack/test_events.py",
        "e2e/stack/test_schedules.py",
        "e2e/stack/test_run.py",
        "e2e/stack/test_layer.py",
    ),
    "chaos": ("chaos/test_chaos.py", "e2e/bench/test_bench.py"),
}
PLACES = {
    file: (number, lane, place)
    for number, (lane, files) in enumerate(LANES.items())
    for place, file in enumerate(files)
}
TESTS = Path(__file__).parent


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Lanes first, in their order; then file by file."""
    for item in items:
        file = item.path.relative_to(TESTS).as_posix()
        _, group, _ = PLACES.get(file, (0, file, 0))
        item.add_marker(pytest.mark.xdist_group(group))
    items.sort(key=lambda item: _place(item.path.relative_to(TESTS).as_posix()))


def _place(file: str) -> tuple[int, int]:
    number, _, place = PLACES.get(file, (len(LANES), "", 0))
    return number, place


@pytest.fixture(scope="session")
def aws_endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A whole AWS of our own, one per test process: its DynamoDB keeps conditions, PartiQL and TTL."""
    with Emulator(tmp_path_factory.mktemp("emulator")) as emulator:
        yield emulator.url


@pytest.fixture(scope="session")
def dynamodb(aws_endpoint: str) -> DynamoDBClient:
    """As the functions have it: see minipush.adapters.dynamodb.plain_json."""
    return plain_json_session().client(
        "dynamodb",
        endpoint_url=aws_endpoint,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
