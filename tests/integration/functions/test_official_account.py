"""The official account, from a follow to a message: the functions with their stores, their queue and the simulator."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence

import pytest
from mypy_boto3_dynamodb import DynamoDBClient
from support.deployment import CALLBACK, KEYS, Deployment, dismantle
from support.official_account import MESSAGE, Official, official_account
from support.simulated_wechat import KilledError
from support.written import counting_writes

from functions.official import worker
from local.simulator.official.account import OFFICIAL_APPID, OFFICIAL_SECRET, OFFICIAL_SEND
from minipush.adapters.dynamodb.state.signs_of_life import DynamoSignsOfLife
from minipush.adapters.wechat.followers import WeChatFollowers
from minipush.application.followers import sync_followers
from minipush.domain.accounts import Account, AccountKind
from minipush.domain.followers import FollowerInfo
from minipush.wechat.callback import PushCredentials

pytestmark = pytest.mark.emulator


@pytest.fixture
def official(deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> Iterator[Official]:
    with official_account(deployment, monkeypatch) as made:
        yield made


def test_a_follower_gets_a_message_that_leads_into_the_mini_program(official: Official) -> None:
    openid = official.log_in()
    assert official.send(openid)[0]["reason"] == "not_mapped"
    there = official.control.follow(openid)[openid]
    assert official.push() == [(200, "success")]
    assert official.work() == 1
    [result] = official.send(openid)
    assert (result["status"], result["permit_kind"]) == ("sent", "follow")
    [message] = official.control.messages()
    assert (message["openid"], message["miniprogram"]) == (
        there,
        {"appid": official.deployment.simulator.appid, "pagepath": "pages/a"},
    )
    assert len(message["client_msg_id"]) == 32


def test_who_follows_before_the_first_log_in_is_mapped_by_it(official: Official) -> None:
    user = official.control.add_user()
    official.control.follow(user.openid)
    official.push()
    official.work()
    official.deployment.call("log-in", {"code": user.js_code})
    assert official.send(user.openid)[0]["status"] == "sent"


def test_an_unfollow_ends_it_and_a_scan_shows_a_follow(official: Official) -> None:
    openid = official.follower()
    official.control.unfollow(openid)
    official.push()
    official.work()
    assert official.send(openid)[0]["reason"] == "not_following"
    official.control.follow(openid)
    official.control.scan(openid)
    official.push()
    official.work()
    assert official.send(openid)[0]["status"] == "sent"


def test_the_callback_never_calls_wechat_and_a_success_goes_nowhere(official: Official) -> None:
    openid = official.follower()
    official.send(openid)
    before = official.requests
    assert official.push() == [(200, "success")]
    assert official.work() == 0
    assert official.requests == before


def test_the_callback_notes_that_wechat_uses_new_values_while_older_ones_count(
    official: Official, dynamodb: DynamoDBClient
) -> None:
    account = Account(OFFICIAL_APPID, AccountKind.OFFICIAL_ACCOUNT)
    signs = DynamoSignsOfLife(dynamodb, official.deployment.state, account)
    official.follower()
    assert signs.last_new_credentials() is None
    arn = official.deployment.environment["OFFICIAL_SECRET_ARN"]
    older = {"callback_token": "BBBBB", "encoding_aes_key": "B" * 43}
    secret = json.dumps({"app_secret": OFFICIAL_SECRET, **CALLBACK, "replaced": [older]})
    official.deployment.secrets.put_secret_value(SecretId=arn, SecretString=secret)
    dismantle()
    official.follower()
    assert signs.last_new_credentials() == PushCredentials(*CALLBACK.values()).mark


def test_a_push_of_another_account_is_refused(official: Official) -> None:
    answer = official.deployment.call(
        "receive-official-event", query={"timestamp": "1", "nonce": "n", "signature": "s"}
    )
    assert answer.status == 403


@pytest.mark.parametrize("is_zero", [False, True], ids=["msgid", "zero"])
@pytest.mark.parametrize(
    ("status", "reason"), [("failed:user block", "refused"), ("failed: system failed", "wechat_unavailable")]
)
def test_a_late_failure_corrects_the_campaign(
    official: Official, *, is_zero: bool, status: str, reason: str
) -> None:
    openid = official.follower()
    official.control.configure(finish_msgid_zero=is_zero)
    official.control.fault("undelivered", path=OFFICIAL_SEND, errcode=1, error_status=status)
    campaign_id = official.campaign(openid)
    assert official.recipient(campaign_id)["status"] == "sent"
    official.push()
    assert official.work() == 1
    found = official.recipient(campaign_id)
    assert (found["status"], found["reason"]) == ("failed", reason)
    counts = official.deployment.call("read-campaign", token=KEYS["read"], campaign_id=campaign_id).json[
        "counts"
    ]
    assert (counts["sent"], counts["failed"]) == (0, 1)


def test_a_sync_maps_followers_whose_events_never_came(official: Official) -> None:
    openids = [official.log_in() for _ in range(3)]
    official.control.add_followers(2)
    official.control.follow(openids)
    answer = official.deployment.call("sync-followers", token=KEYS["admin"])
    assert (answer.status, answer.json["finished_at"]) == (202, None)
    assert official.work() == 1
    told = official.deployment.call("read-follower-sync", token=KEYS["read"]).json["sync"]
    assert (told["id"], told["followers"]) == (answer.json["id"], 5)
    assert told["finished_at"]
    assert {each["status"] for each in official.send(*openids)} == {"sent"}


def test_a_sync_whose_worker_was_killed_goes_on(official: Official, monkeypatch: pytest.MonkeyPatch) -> None:
    """The queue hands its message out again, and what was read before the last step is not read again."""
    monkeypatch.setattr(sync_followers, "STORED_EVERY", 2)
    openids = [official.log_in() for _ in range(5)]
    official.control.follow(openids)
    official.deployment.call("sync-followers", token=KEYS["admin"])
    asked: list[Sequence[str]] = []
    read = WeChatFollowers.infos

    def infos(source: WeChatFollowers, openids: Sequence[str]) -> list[FollowerInfo]:
        asked.append(openids)
        if len(asked) == 2:
            raise KilledError
        return read(source, openids)

    monkeypatch.setattr(WeChatFollowers, "infos", infos)
    with monkeypatch.context() as hidden_for_no_time:
        hidden_for_no_time.setattr(worker, "HIDDEN_SECONDS", 0)
        with pytest.raises(KilledError):
            official.work()
    assert Counter(each["status"] for each in official.send(*openids)) == {"sent": 2, "skipped": 3}
    assert official.work() == 1
    assert {each["status"] for each in official.send(*openids)} == {"sent"}
    # The list, from where the first worker died; then those that are known.
    assert [len(each) for each in asked[:4]] == [2, 2, 2, 1]
    assert asked[1] == asked[2]


def test_the_user_s_messages_name_the_follow(official: Official) -> None:
    openid = official.follower()
    official.send(openid)
    items = official.deployment.call("read-user", token=KEYS["read"], openid=openid).json["messages"]
    assert [each["permit_kind"] for each in items] == ["follow"]


def test_a_message_costs_one_write(official: Official, monkeypatch: pytest.MonkeyPatch) -> None:
    """The claim's marker. Nobody stores a permit for it."""
    openids = [official.log_in() for _ in range(5)]
    official.control.follow(openids)
    official.push()
    official.work()
    writes = counting_writes(official.deployment, monkeypatch)()
    campaign = {"name": "n", "message": MESSAGE, "audience": {"type": "all"}}
    official.deployment.call("create-campaign", campaign, token=KEYS["send"])
    official.deployment.carry_all()
    assert official.control.summary()["by_kind"] == {"official": 5}
    assert writes.total() == 5
