"""Requests that Schemathesis generates from the OpenAPI document, and the checks of their answers."""

import json
import re
from collections.abc import Mapping
from typing import Any

import requests
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis import Case, GenerationMode
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.core.transport import Response
from schemathesis.schemas import BaseSchema
from support.running import MakeRun

from minipush.http.edge.openapi import document

load_all_checks()
# Rules that no schema expresses, such as the names of time zones, and that data and keywords exclude each other.
BEYOND_A_SCHEMA = ("positive_data_acceptance",)
# What a stack without a message centre and without an official account answers with 404.
CENTRE = "^/(centre|official|wechat/official|me/(centre|inbox|bindings|keys|channels|complaints)|users/[^/]+/centre)"


def described(*, with_centre: bool) -> BaseSchema:
    """The operations of the message centre and of the official account, or all others."""
    all_of_them = json.loads(document())
    paths = {path: item for path, item in all_of_them["paths"].items() if _is_centre(path) is with_centre}
    found = schemathesis.openapi.from_dict(all_of_them | {"paths": paths})
    found.config.generation.update(modes=list(GenerationMode))
    return found


def _is_centre(path: str) -> bool:
    return re.match(CENTRE, path) is not None


def examples(most: int) -> settings:
    """The same ones in each run."""
    return settings(
        max_examples=most,
        deadline=None,
        derandomize=True,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )


def call_and_check(
    case: Case[Any], stack: MakeRun, tokens: Mapping[str, str], beyond_its_schema: tuple[str, ...] = ()
) -> Response:
    """`tokens`: by the names of the document's security schemes. `beyond_its_schema`: checks to leave out."""
    schemes = (name for one in case.operation.definition.raw["security"] for name in one)
    headers = [("Authorization", f"Bearer {tokens[name]}") for name in schemes]
    excluded: Any = CHECKS.get_by_names([*BEYOND_A_SCHEMA, *beyond_its_schema])
    return case.call_and_validate(
        base_url=stack.api_url, headers=dict(headers), timeout=60, excluded_checks=excluded
    )


def cancel_campaigns(stack: MakeRun) -> None:
    """So that generated ones don't reach the users of other tests."""
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
