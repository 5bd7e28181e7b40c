"""Every error has one documented, stable type."""

import re

import pytest
from support.http_app import HttpApp

from local.processes import ROOT
from local.stack import api_gateway
from minipush.domain.centre.errors import UnknownAppError
from minipush.errors import StoreError
from minipush.http.edge.centre_problem_rows import CENTRE_TABLE
from minipush.http.edge.problem_rows import CENTRE, TABLE, problem_of
from minipush.http.edge.problem_types import DOCS, GATEWAY, PROBLEM_TYPES, ProblemType, problem_url

PAGE = (ROOT / "docs" / "errors.md").read_text(encoding="utf-8")


def test_the_page_and_the_table_have_the_same_problems() -> None:
    headings = re.findall(r"^## (.+)$", PAGE, re.MULTILINE)
    assert sorted(headings) == sorted([*(problem.slug for problem in PROBLEM_TYPES), GATEWAY])


@pytest.mark.parametrize("problem", PROBLEM_TYPES, ids=lambda problem: problem.slug)
def test_the_page_gives_each_problems_status(problem: ProblemType) -> None:
    assert f"## {problem.slug}\n\n**{problem.status.value}.** " in PAGE


def test_no_two_problems_share_a_slug() -> None:
    assert len({problem.url for problem in PROBLEM_TYPES}) == len(PROBLEM_TYPES)
    assert all(problem.url == f"{DOCS}#{problem.slug}" for problem in PROBLEM_TYPES)


def test_every_problem_of_the_table_has_a_documented_type() -> None:
    assert {row.type for row in [*TABLE.values(), *CENTRE_TABLE.values()]} <= set(PROBLEM_TYPES)


def test_the_centres_errors_are_answered_by_the_centres_part_of_the_table() -> None:
    assert {each.__module__ for each in CENTRE_TABLE} == {CENTRE}
    assert CENTRE not in {each.__module__ for each in TABLE}
    assert problem_of(UnknownAppError(), {}).type is CENTRE_TABLE[UnknownAppError].type


def test_an_error_without_a_row_of_its_own_is_answered_as_its_parent() -> None:
    class OverloadedError(StoreError):
        pass

    assert problem_of(OverloadedError(), {}).type is TABLE[StoreError].type


@pytest.mark.parametrize(
    ("route", "slug"),
    [("GET /nowhere", "not-found"), ("GET /campaigns/{campaign_id}", "unknown-campaign")],
)
def test_a_problem_leads_to_the_page(app: HttpApp, route: str, slug: str) -> None:
    assert app.ask(route).json["type"] == f"{DOCS}#{slug}"


def test_the_local_gateway_answers_with_the_gateways_problem() -> None:
    assert problem_url(GATEWAY) == api_gateway.PROBLEM
