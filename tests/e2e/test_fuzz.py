"""The running stack against its OpenAPI document, with generated requests."""

from collections.abc import Iterator
from typing import Any

import pytest
import requests
from schemathesis import Case
from support.generated_requests import call_and_check, cancel_campaigns, described, examples
from support.running import MakeRun

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(400)]

BEYOND_ITS_SCHEMA = {
    # One permit that can't be read doesn't lose the others: it is in `rejected`.
    "POST /collect": ("negative_data_rejection",),
    "POST /users/{openid}/permits": ("negative_data_rejection",),
    # The console's files are below the same path.
    "POST /console/session": ("unsupported_method",),
    "DELETE /console/session": ("unsupported_method",),
}


@pytest.fixture(scope="session")
def tokens(stack: MakeRun) -> dict[str, str]:
    """A credential for each security scheme of the document."""
    with stack.control() as wechat:
        code = wechat.add_user().js_code
    session = requests.post(f"{stack.api_url}/session", json={"code": code}, timeout=30).json()
    return {"session": session["token"], "operator": stack.operator_key}


@pytest.fixture(scope="module", autouse=True)
def no_campaign_goes_on(stack: MakeRun) -> Iterator[None]:
    yield
    cancel_campaigns(stack)


@described(with_centre=False).parametrize()
@examples(30)
def test_every_answer_is_as_described(case: Case[Any], stack: MakeRun, tokens: dict[str, str]) -> None:
    call_and_check(case, stack, tokens, BEYOND_ITS_SCHEMA.get(case.operation.label, ()))
