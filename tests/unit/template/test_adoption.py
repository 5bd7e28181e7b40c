"""A stack can take over tables, the bucket and the secret that another one left, or that a restore made."""

import json
from typing import Any

import pytest
from support.template import TEMPLATE
from support.transformed import Stack

TABLES = ("Users", "Campaigns", "Audit", "Centre")
SECRET = "arn:aws:secretsmanager:us-east-1:000000000000:secret:centre"
ADOPTED = {
    **{f"{name}TableName": f"restored-{name.lower()}" for name in TABLES},
    "ReportsBucketName": "retained-reports",
    "CentreSecretArn": SECRET,
}
OWN = (*TABLES, "ReportsBucket", "ReportsBucketPolicy", "CentreSecret")


@pytest.fixture(scope="module")
def made() -> Stack:
    return Stack(MessageCentre="on")


@pytest.fixture(scope="module")
def adopting() -> Stack:
    return Stack(MessageCentre="on", **ADOPTED)


def test_a_stack_makes_its_own_unless_it_is_told_otherwise(made: Stack) -> None:
    assert {*OWN} <= made.resources.keys()


def test_a_stack_that_adopts_makes_none_and_refers_to_none(adopting: Stack) -> None:
    assert not {*OWN} & adopting.resources.keys()
    text = json.dumps(adopting.resources) + json.dumps(outputs(adopting))
    assert [name for name in OWN if f"<{name}>" in text or f"<{name}." in text] == []


@pytest.mark.parametrize("name", TABLES)
def test_whoever_may_reach_a_table_may_reach_the_adopted_one(made: Stack, adopting: Stack, name: str) -> None:
    arn = f"arn:aws:dynamodb:us-east-1:000000000000:table/restored-{name.lower()}"
    as_made = json.dumps(policies(made)).replace(f"<{name}.Arn>", arn)
    assert as_made.count(arn) == json.dumps(policies(adopting)).count(arn) > 0


@pytest.mark.parametrize("name", TABLES)
def test_the_running_version_may_use_the_stacks_own_table_while_another_is_adopted(
    made: Stack, adopting: Stack, name: str
) -> None:
    """CloudFormation updates roles before versions, and a canary keeps the old version for minutes."""
    own = f"arn:aws:dynamodb:us-east-1:000000000000:table/minipush-{name}-*"
    grants = [grant for policy in policies(made) for grant in allowed(policy) if f"<{name}.Arn>" in grant]
    assert sum(own in grant for policy in policies(adopting) for grant in allowed(policy)) == len(grants) > 0
    assert own not in json.dumps(policies(made))


def test_the_running_version_may_read_the_stacks_own_reports_while_another_bucket_is_adopted(
    made: Stack, adopting: Stack
) -> None:
    own = "arn:aws:s3:::minipush-reportsbucket-*/*"
    grants = json.dumps(policies(made)).count("<ReportsBucket.Arn>/*")
    assert json.dumps(policies(adopting)).count(own) == grants > 0
    assert own not in json.dumps(policies(made))


def test_functions_are_told_the_adopted_names(adopting: Stack) -> None:
    variables = adopting.resources["CentreFunction"]["Properties"]["Environment"]["Variables"]
    assert variables["USERS_TABLE"] == "restored-users"
    assert variables["CAMPAIGNS_TABLE"] == "restored-campaigns"
    assert variables["AUDIT_TABLE"] == "restored-audit"
    assert variables["CENTRE_TABLE"] == "restored-centre"
    assert variables["REPORTS_BUCKET"] == "retained-reports"
    assert variables["CENTRE_SECRET_ARN"] == SECRET


def test_the_outputs_name_what_is_in_use(adopting: Stack) -> None:
    found = outputs(adopting)
    assert found["UsersTable"] == "restored-users"
    assert found["CentreTable"] == "restored-centre"
    assert found["ReportsBucket"] == "retained-reports"


def test_without_a_message_centre_none_is_adopted() -> None:
    assert "Centre" not in json.dumps(sorted(Stack(**ADOPTED).resources))


@pytest.mark.parametrize("name", [*TABLES, "ReportsBucket", "CentreSecret"])
def test_only_what_is_retained_can_be_adopted(name: str) -> None:
    parameters = {f"{name}TableName", f"{name}Name", f"{name}Arn"} & TEMPLATE["Parameters"].keys()
    [parameter] = parameters
    assert TEMPLATE["Parameters"][parameter]["Default"] == ""


def test_an_adopted_table_of_the_centre_comes_with_its_secret() -> None:
    rule = TEMPLATE["Rules"]["CentreTableNeedsItsSecret"]
    assert rule["RuleCondition"] == {"Not": [{"Equals": [{"Ref": "CentreTableName"}, ""]}]}
    assert rule["Assertions"][0]["Assert"] == {"Not": [{"Equals": [{"Ref": "CentreSecretArn"}, ""]}]}


def outputs(stack: Stack) -> dict[str, str]:
    return {
        name: stack.value(output["Value"])
        for name, output in stack.template["Outputs"].items()
        if stack.holds(output.get("Condition"))
    }


def allowed(role: list[dict[str, Any]]) -> list[list[str]]:
    """The resources of each statement of a role."""
    named = [part["Resource"] for policy in role for part in policy["PolicyDocument"]["Statement"]]
    return [each if isinstance(each, list) else [each] for each in named]


def policies(stack: Stack) -> list[list[dict[str, Any]]]:
    return [role["Policies"] for role in stack.of_type("AWS::IAM::Role").values() if "Policies" in role]
