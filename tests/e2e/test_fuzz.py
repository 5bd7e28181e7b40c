"""The running stack against its OpenAPI document, with generated requests."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis import Case, GenerationMode
from schemathesis.checks import CHECKS, load_all_checks
from support.running import MakeRun

from minipush.http.edge.openapi import document

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(400)]

load_all_checks()
# Rules that no schema expresses, such as the names of time zones, and that data and keywords exclude each other.
BEYOND_A_SCHEMA = ["positive_data_acceptance"]
BEYOND_ITS_SCHEMA = {
    # One permit that can't be read doesn't lose the others: it is in `rejected`.
    "POST /collect": ["negative_data_rejection"],
    "POST /users/{openid}/permits": ["negative_data_rejection"],
    # The console's files are below the same path.
    "POST /console/session": ["unsupported_method"],
    "DELETE /console/session": ["unsupported_method"],
}

# The stack has no message centre and no official account: their routes are 404 there.
described = schemathesis.openapi.from_dict(json.loads(document())).exclude(
    path_regex="^/(centre|official|wechat/official|me/(centre|inbox|bindings|keys|channels|complaints)|users/{openid}/centre)"
)
described.config.generation.update(modes=list(GenerationMode))


@pytest.fixture(scope="session")
def tokens(stack: MakeRun) -> dict[str, str]:
    """A credential for each security scheme of the document."""
    with stack.control() as wechat:
        code = wechat.add_user().js_code
    session = requests.post(f"{stack.api_url}/session", json={"code": code}, timeout=30).json()
    return {"session": session["token"], "operator": stack.operator_key}


@pytest.fixture(scope="module", autouse=True)
def no_campaign_goes_on(stack: MakeRun) -> Iterator[None]:
    """Cancel the generated campaigns, so that they don't reach the users of other tests."""
    yield
    headers = {"Authorization": f"Bearer {stack.operator_key}"}
    cursor = ""
    while cursor is not None:
        query = {"limit": 100} | ({"cursor": cursor} if cursor else {})
        page = requests.get(f"{stack.api_url}/campaigns", params=query, headers=headers, timeout=60).json()
        for campaign in page["items"]:
            if campaign["status"] in {"scheduled", "running", "paused"}:
                url = f"{stack.api_url}/campaigns/{campaign['id']}/cancel"
                requests.post(url, headers=headers, timeout=60)
        cursor = page["next_cursor"]


@described.parametrize()
@settings(
    max_examples=30,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_every_answer_is_as_described(case: Case[Any], stack: MakeRun, tokens: dict[str, str]) -> None:
    schemes = (name for one in case.operation.definition.raw["security"] for name in one)
    headers = [("Authorization", f"Bearer {tokens[name]}") for name in schemes]
    excluded: Any = CHECKS.get_by_names([*BEYOND_A_SCHEMA, *BEYOND_ITS_SCHEMA.get(case.operation.label, ())])
    case.call_and_validate(
        base_url=stack.api_url, headers=dict(headers), timeout=60, excluded_checks=excluded
    )
