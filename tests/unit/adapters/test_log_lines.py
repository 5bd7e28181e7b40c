"""What a log line leaves out, whatever a module hands it."""

import json
import logging
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, ParamValidationError

from minipush.adapters.log_lines import LogLines
from minipush.domain.ids import user_hash
from minipush.domain.message_errors import InvalidDataError
from minipush.errors import StoreError

OPENID = "oAbC-1234567890defGHI_jklMNO"
TOKEN = "80_" + "aB3-_" * 20
SESSION = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJtbzhfWjkifQ.VZzhULZRobzQTwXm8Key"


def throw(error: BaseException) -> None:
    raise error


def line(message: str, error: BaseException | None = None, **extra: Any) -> dict[str, Any]:
    record = logging.LogRecord("minipush.x", logging.ERROR, __file__, 1, message, (), None)
    record.__dict__.update(extra)
    if error:
        with pytest.raises(type(error)) as raised:
            throw(error)
        record.exc_info = (type(error), error, raised.tb)
    found: dict[str, Any] = json.loads(LogLines().format(record))
    return found


def test_an_openid_becomes_the_hash_by_which_lines_of_one_user_are_found() -> None:
    said = line(f"no room for {OPENID}, at all", about={"touser": [OPENID]})
    assert said["message"] == f"no room for user:{user_hash(OPENID)}, at all"
    assert said["about"] == {"touser": [f"user:{user_hash(OPENID)}"]}


@pytest.mark.parametrize(
    "credential", [TOKEN, "mp_0b1Xy2Za3Kc4", "mpa_0b1Xy2Za3Kc4", "0123456789abcdef" * 2, SESSION]
)
def test_a_credential_is_left_out(credential: str) -> None:
    assert line("it was refused", cause=f"bad {credential}.")["cause"] == "bad …."


@pytest.mark.parametrize(
    "ids",
    [
        {"campaign_id": "c-0123456789abcdef0123456789abcdef"},
        {"delivery_id": "0123456789abcdef0123456789abcdef"},
        {"function": "minipush-production-CampaignWorkerFunction-0123456789AB-abcdefgh"},
        {"request_id": "VQ3hViGkyQ0EJsA="},
        {"template_id": "zun-LzcQyW-edafCVvzPkK4de2Rllr1fFpw2A_x0oXE"},
        {"rid": "6523ec1e-3e2f9a1b-5d2c7a10", "msgid": "2881234567890123456", "errcode": 40164},
    ],
    ids=str,
)
def test_ids_stay_as_they_are(ids: dict[str, Any]) -> None:
    assert line("something happened", **ids).items() >= ids.items()


def test_the_address_that_wechat_refuses_stays() -> None:
    errmsg = "invalid ip 203.0.113.7 ipv6 ::ffff:203.0.113.7, not in whitelist"
    assert line("no access_token", errmsg=errmsg)["errmsg"] == errmsg


@pytest.mark.parametrize(
    "error",
    [
        StoreError("ProvisionedThroughputExceededException: too fast"),
        ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "GetItem"),
        EndpointConnectionError(endpoint_url="https://dynamodb.example"),
        ConnectionResetError("Connection reset by peer"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_an_error_of_minipush_of_aws_and_of_the_network_says_what_it_is(error: Exception) -> None:
    assert line("the store failed", error)["exception"].endswith(str(error))


@pytest.mark.parametrize(
    "error",
    [
        ValueError("a text of a user"),
        KeyError("a text of a user"),
        InvalidDataError([]),
        ParamValidationError(report="a text of a user"),
        ExceptionGroup("a text of a user", [ValueError("a text of a user")]),
    ],
    ids=lambda error: type(error).__name__,
)
def test_any_other_error_tells_its_kind_and_its_place_alone(error: Exception) -> None:
    told = line("a request failed", error)
    assert told["exception"].rpartition(".")[2].endswith(type(error).__name__)
    assert f"{__name__.rpartition('.')[2]}.py" in told["exception"]
    assert "a text of a user" not in json.dumps(told)
    assert str(error) not in told["exception"]


def test_causes_and_notes_are_no_way_round() -> None:
    inner, outer = ValueError(f"for {OPENID}"), StoreError(f"the table refuses {OPENID}")
    outer.__cause__ = inner
    inner.__context__ = outer  # a circle ends
    outer.add_note("a text of a user")
    told = line("the store failed", outer)
    assert "ValueError" in told["exception"]
    assert told["exception"].endswith(f"StoreError: the table refuses user:{user_hash(OPENID)}")
    assert "a text of a user" not in json.dumps(told)
    assert OPENID not in json.dumps(told)
