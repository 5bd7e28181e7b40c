"""The message centre and the official account of a running stack against the OpenAPI document."""

from collections.abc import Iterator
from typing import Any

import pytest
from schemathesis import Case
from support.generated_requests import call_and_check, cancel_campaigns, described, examples
from support.known_ids import Known, make_known
from support.message_centre import Caller
from support.running import MakeRun

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(400)]

BEYOND_ITS_SCHEMA: dict[str, tuple[str, ...]] = {}


@pytest.fixture
def known(centre_stack: MakeRun) -> Known:
    """New for each operation: what one of them ends is not missing in the next."""
    return make_known(centre_stack)


@pytest.fixture(scope="module", autouse=True)
def nothing_goes_on(centre_stack: MakeRun) -> Iterator[None]:
    """No generated broadcast, and no channel that a generated request has paused."""
    yield
    cancel_campaigns(centre_stack)
    operator = Caller(centre_stack.api_url, centre_stack.operator_key)
    for channel in operator.call("GET", "/centre/channels")["items"]:
        operator.call("POST", f"/centre/channels/{channel['kind']}/resume")


@described(with_centre=True).parametrize()
@examples(15)
def test_every_answer_is_as_described(case: Case[Any], centre_stack: MakeRun, known: Known) -> None:
    known.put_into(case)
    beyond = BEYOND_ITS_SCHEMA.get(case.operation.label, ())
    known.go_on_with(call_and_check(case, centre_stack, known.tokens, beyond))
