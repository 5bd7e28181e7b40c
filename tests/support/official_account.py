"""A deployment with an official account: its functions, its queue and the simulator."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from support.deployment import CALLBACK, KEYS, Deployment, dismantle, keep
from support.receiver import Receiver, receiving

from local.simulator.client import Control
from local.simulator.official.account import OFFICIAL_APPID, OFFICIAL_SECRET
from minipush.adapters import sqs_official

MESSAGE = {
    "type": "official",
    "template_id": "O1",
    "data": {"thing1": {"value": "瑜伽"}},
    "miniprogram": {"page": "pages/a"},
}


@dataclass
class Official:
    """A deployment with an official account. Its events wait until `push` hands them to the callback."""

    deployment: Deployment
    receiver: Receiver

    @property
    def control(self) -> Control:
        return self.deployment.simulator.control

    def log_in(self) -> str:
        return self.deployment.log_in()[0]

    def push(self) -> list[tuple[int, str]]:
        """What the callback answers to the events that WeChat has pushed since the last call."""
        self.control.settle()
        answers = [
            self.deployment.call("receive-official-event", body.decode(), query=query)
            for query, body in self.receiver.got
        ]
        self.receiver.got.clear()
        return [(answer.status, answer.raw["body"]) for answer in answers]

    def work(self) -> int:
        return self.deployment.do_official_work()

    def follower(self) -> str:
        """A user of the mini-program who follows the official account, and whose follow has come through."""
        openid = self.log_in()
        self.control.follow(openid)
        self.push()
        self.work()
        return openid

    def send(self, *openids: str, **changes: Any) -> list[dict[str, Any]]:
        body = MESSAGE | {"touser": list(openids)} | changes
        answer = self.deployment.call("send-messages", body, token=KEYS["send"])
        assert answer.status == 200, answer.raw
        return list(answer.json["results"])

    def campaign(self, openid: str) -> str:
        audience = {"type": "openids", "openids": [openid]}
        body = {"name": "n", "message": MESSAGE, "audience": audience}
        id_: str = self.deployment.call("create-campaign", body, token=KEYS["send"]).json["id"]
        self.deployment.carry_all()
        return id_

    def recipient(self, campaign_id: str) -> dict[str, Any]:
        listed = self.deployment.call("list-recipients", token=KEYS["read"], campaign_id=campaign_id)
        return dict(listed.json["items"][0])

    @property
    def requests(self) -> dict[str, int]:
        return dict(self.control.summary()["requests"])


@contextmanager
def official_account(deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> Iterator[Official]:
    queue = deployment.sqs.create_queue(QueueName=f"queue-{uuid.uuid4().hex}")["QueueUrl"]
    deployment.environment |= {
        "OFFICIAL_APPID": OFFICIAL_APPID,
        "OFFICIAL_API_BASE": deployment.simulator.url,
        "OFFICIAL_SECRET_ARN": keep(deployment.secrets, {"app_secret": OFFICIAL_SECRET, **CALLBACK}),
        "OFFICIAL_QUEUE_URL": queue,
    }
    for name, value in deployment.environment.items():
        monkeypatch.setenv(name, value)
    # A failure waits in the queue until the recipient is in the report.
    monkeypatch.setattr(sqs_official, "FAILURE_DELAY_SECONDS", 0)
    dismantle()
    with receiving(OFFICIAL_APPID) as receiver:
        deployment.simulator.control.configure(
            unionid=True,
            official_callback_url=receiver.url,
            official_callback_token=CALLBACK["callback_token"],
            official_encoding_aes_key=CALLBACK["encoding_aes_key"],
        )
        yield Official(deployment, receiver)
