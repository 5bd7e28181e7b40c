"""What somebody who copies the tables has after a user has logged in, permits were collected and a message was sent."""

import json
from collections.abc import Mapping

import pytest
from mypy_boto3_dynamodb import DynamoDBClient
from support.deployment import CALLBACK, KEYS, Deployment, operator

from minipush.domain.centre.message_ids import key_ref

pytestmark = pytest.mark.emulator

TEXT = "a parcel of rubber ducks"


def copies(deployment: Deployment, dynamodb: DynamoDBClient) -> Mapping[str, str]:
    """All items of each table, as text, by the table's variable."""
    return {
        name: json.dumps(dynamodb.scan(TableName=table)["Items"], ensure_ascii=False, default=str)
        for name, table in deployment.environment.items()
        if name.endswith("_TABLE")
    }


@pytest.fixture
def used(deployment: Deployment) -> tuple[str, str, str]:
    """A user with a session and a personal key, who got TEXT."""
    openid, session = deployment.log_in()
    [form] = deployment.simulator.control.tap(openid)
    deployment.call("collect-permits", {"form_ids": [{"form_id": form}]}, token=session)
    message = {"type": "template", "template_id": "T1", "touser": openid, "keywords": [TEXT]}
    answer = deployment.call(
        "send-messages", message, token="mp_send", headers={"idempotency-key": "with-a-text"}
    )
    assert [result["status"] for result in answer.json["results"]] == ["sent"]
    key = deployment.call("make-personal-key", {"label": "server"}, token=session).json["key"]
    return openid, session, str(key)


def test_no_table_holds_a_credential_or_the_text_of_a_message(
    deployment: Deployment, dynamodb: DynamoDBClient, used: tuple[str, str, str]
) -> None:
    openid, session, personal_key = used
    found = copies(deployment, dynamodb)
    assert openid in found["USERS_TABLE"]
    assert openid in found["STATE_TABLE"]
    secrets = (
        TEXT,
        session,
        personal_key,
        "s" * 64,
        deployment.simulator.secret,
        *KEYS.values(),
        CALLBACK["encoding_aes_key"],
    )
    hashes = [operator(scope)["hash"].removeprefix("sha256:") for scope in KEYS]
    leaks = [
        (name, secret) for name, text in found.items() for secret in (*secrets, *hashes) if secret in text
    ]
    assert leaks == []


def test_a_personal_key_is_stored_as_a_hash(
    deployment: Deployment, dynamodb: DynamoDBClient, used: tuple[str, str, str]
) -> None:
    *_, personal_key = used
    centre = copies(deployment, dynamodb)["CENTRE_TABLE"]
    assert key_ref(personal_key) in centre
    assert personal_key not in centre
