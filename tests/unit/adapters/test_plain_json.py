"""The answers of DynamoDB's client, read without botocore's models; canned ones, as the service words them."""

import io
import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from botocore.config import Config
from botocore.exceptions import ClientError

from minipush.adapters.dynamodb.plain_json import plain_json_session

type Canned = tuple[int, dict[str, Any] | str]

KEY = {"openid": {"S": "ada"}, "sk": {"S": "!profile"}}
ITEM = KEY | {
    "n": {"N": "1.50"},
    "yes": {"BOOL": True},
    "none": {"NULL": True},
    "tags": {"SS": ["a", "b"]},
    "hours": {"M": {"from": {"S": "22:00"}, "list": {"L": [{"N": "1"}]}}},
}
CAPACITY = {"TableName": "t", "CapacityUnits": 2.0}


class Body(io.BytesIO):
    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self.read()


def client_of(session: boto3.Session, *answers: Canned, service: str = "dynamodb") -> Any:
    """A client that gets these answers, one a call, and calls nobody."""
    client: Any = session.client(
        service,  # type: ignore[call-overload]
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(retries={"mode": "standard", "total_max_attempts": 2}),
    )
    waiting = iter(answers)

    def answer(request: Any, **_: Any) -> AWSResponse:
        status, content = next(waiting)
        body = content if isinstance(content, str) else json.dumps(content)
        headers = {"x-amzn-RequestId": "r-1", "Content-Type": "application/x-amz-json-1.0"}
        return AWSResponse(request.url, status, headers, Body(body.encode()))  # type: ignore[arg-type]

    client.meta.events.register(f"before-send.{service}", answer)
    return client


def plain(*answers: Canned) -> Any:
    return client_of(plain_json_session(), *answers)


def usual(*answers: Canned) -> Any:
    return client_of(boto3.Session(), *answers)


def error(code: str, **fields: Any) -> dict[str, Any]:
    return {"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": "no", **fields}


PAGE = {"Items": [ITEM, KEY], "Count": 2, "LastEvaluatedKey": KEY, "ConsumedCapacity": CAPACITY}
BATCH = {
    "Responses": [
        {"TableName": "t"},
        {"TableName": "t", "Item": ITEM},
        {"Error": {"Code": "ConditionalCheckFailed", "Message": "no", "Item": ITEM}, "TableName": "t"},
    ],
    "ConsumedCapacity": [CAPACITY],
}


@pytest.mark.parametrize(
    ("operation", "arguments", "answer"),
    [
        ("scan", {}, PAGE),
        ("query", {}, PAGE),
        ("get_item", {"Key": KEY}, {"Item": ITEM}),
        ("get_item", {"Key": KEY}, {}),
        ("update_item", {"Key": KEY}, {"Attributes": ITEM, "ConsumedCapacity": CAPACITY}),
        ("put_item", {"Item": KEY}, {}),
    ],
)
def test_an_answer_is_what_botocore_makes_of_it(
    operation: str, arguments: dict[str, Any], answer: dict[str, Any]
) -> None:
    found = [getattr(make((200, answer)), operation)(TableName="t", **arguments) for make in (plain, usual)]
    assert found[0] == found[1]
    assert found[0].items() >= answer.items()


def test_a_batch_of_statements_is_what_botocore_makes_of_it() -> None:
    statements = [{"Statement": 'SELECT * FROM "t"'}]
    found = [make((200, BATCH)).batch_execute_statement(Statements=statements) for make in (plain, usual)]
    assert found[0] == found[1]
    assert found[0]["Responses"] == BATCH["Responses"]


def test_answers_come_with_the_calls_metadata() -> None:
    metadata = plain((200, {})).scan(TableName="t")["ResponseMetadata"]
    assert (metadata["RequestId"], metadata["HTTPStatusCode"], metadata["RetryAttempts"]) == ("r-1", 200, 0)
    assert metadata["HTTPHeaders"]["x-amzn-requestid"] == "r-1"


def test_an_answer_without_a_body_is_an_empty_one() -> None:
    assert plain((200, "")).put_item(TableName="t", Item=KEY).keys() == {"ResponseMetadata"}


REFUSED = error("ConditionalCheckFailedException", Item=ITEM)
CANCELLED = error("TransactionCanceledException", CancellationReasons=[{"Code": "None"}])


@pytest.mark.parametrize(
    "answer", [(400, REFUSED), (400, CANCELLED), (400, error("ValidationException")), (413, "<html>")]
)
def test_an_error_is_what_botocore_makes_of_it(answer: Canned) -> None:
    found = []
    for make in (plain, usual):
        with pytest.raises(ClientError) as caught:
            make(answer).put_item(TableName="t", Item=KEY)
        found.append((type(caught.value).__name__, caught.value.response, str(caught.value)))
    assert found[0] == found[1]


def test_an_error_is_the_clients_own_exception_and_bears_the_item() -> None:
    client = plain((400, REFUSED))
    with pytest.raises(client.exceptions.ConditionalCheckFailedException) as caught:
        client.put_item(TableName="t", Item=KEY)
    assert caught.value.response["Error"] == {"Code": "ConditionalCheckFailedException", "Message": "no"}
    assert caught.value.response["Item"] == ITEM


@pytest.mark.parametrize(
    "passing",
    [
        (400, error("ProvisionedThroughputExceededException")),
        (500, error("InternalServerError")),
        (503, "<html><body>Service Unavailable</body></html>"),
        (500, ""),
    ],
)
def test_what_passes_is_tried_again(passing: Canned, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    found = plain(passing, (200, PAGE)).scan(TableName="t")
    assert (found["Count"], found["ResponseMetadata"]["RetryAttempts"]) == (2, 1)


def test_what_does_not_pass_is_a_client_error() -> None:
    client = plain((400, error("ResourceNotFoundException")))
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.scan(TableName="t")


def test_dynamodb_speaks_the_json_that_is_read_plainly() -> None:
    model = plain().meta.service_model
    assert (model.resolved_protocol, model.metadata["jsonVersion"]) == ("json", "1.0")


def test_no_model_is_walked(monkeypatch: pytest.MonkeyPatch) -> None:
    def walk(*_: Any) -> Any:
        raise AssertionError("the answer was walked along its model")

    client = plain((200, PAGE))
    monkeypatch.setattr("botocore.parsers.ResponseParser._parse_shape", walk)
    assert client.scan(TableName="t")["Items"] == [ITEM, KEY]


def test_services_of_other_protocols_are_read_as_ever() -> None:
    answer = "<GetCallerIdentityResponse><GetCallerIdentityResult><Account>1</Account></GetCallerIdentityResult></GetCallerIdentityResponse>"
    client = client_of(plain_json_session(), (200, answer), service="sts")
    assert client.get_caller_identity()["Account"] == "1"
