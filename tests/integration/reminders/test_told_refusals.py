"""What a provider says of a refusal is for operators: its code, and neither an address nor a key, a password or a text."""

import json
from typing import Any

import pytest
from support.reminder_channels import BARK_KEY, NUMBER, channel_case, quiet_providers, reminder

from local.providers.providers import Providers
from minipush.application.ports.reminder_channel import Concerns

SENT = reminder()
TOLD = {
    "bark": "400 failed to get device token of …",
    "smtp": "535 5.7.8 <…>: no log-in as …, mailbox …",
    "aliyun": "SignatureDoesNotMatch … PhoneNumbers=…&AccessKeyId=…",
    "tencent": "AuthFailure.SecretIdNotFound … of …",
}


def refusal(name: str, providers: Providers) -> dict[str, Any]:
    """The fault in which the provider repeats all it knows."""
    key_id, secret = providers.options.sms.key_id, providers.options.sms.key_secret
    if name == "bark":
        text = json.dumps({"code": 400, "message": f"failed to get device token of {BARK_KEY}"})
        return {"action": "answer", "status": 400, "text": text}
    if name == "smtp":
        text = "535 5.7.8 <anna@example.com>: no log-in as anna, mailbox anna"
        return {"action": "refuse", "phase": "rcpt", "text": text}
    if name == "aliyun":
        said = f"{secret} PhoneNumbers={NUMBER}&AccessKeyId={key_id}"
        body: dict[str, Any] = {"Code": "SignatureDoesNotMatch", "Message": said}
    else:
        error = {"Code": "AuthFailure.SecretIdNotFound", "Message": f"{key_id} of +86{NUMBER}"}
        body = {"Response": {"Error": error}}
    return {"action": "answer", "status": 400, "text": json.dumps(body)}


@pytest.mark.parametrize("name", TOLD)
def test_a_refusal_begins_with_the_code_and_repeats_nothing_private(name: str) -> None:
    with quiet_providers() as providers:
        case = channel_case(name, providers)
        case.fault(**refusal(name, providers))
        result = case.send(SENT)
        case.close()
    assert result.concerns is (Concerns.ADDRESS if name == "bark" else Concerns.ACCOUNT)
    assert result.detail == TOLD[name]


def test_a_page_of_another_server_is_not_repeated() -> None:
    with quiet_providers() as providers:
        case = channel_case("bark", providers)
        case.fault("answer", status=404, text=f"<h1>{BARK_KEY}: {SENT.title} {SENT.body}</h1>")
        result = case.send(SENT)
        case.close()
    assert (result.concerns, result.detail) == (Concerns.ACCOUNT, "404: this is no Bark server")
