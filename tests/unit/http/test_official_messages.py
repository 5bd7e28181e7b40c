"""Messages of the official account in POST /messages and POST /campaigns, and the account's templates."""

from typing import Any

import pytest
from support.followers import MemoryFollowerSyncs, MemoryOfficialQueue
from support.http_app import HttpApp
from support.memory import MemoryTemplates

from minipush.application.followers.sync_followers import StartFollowerSync
from minipush.application.messages.sync_templates import SyncTemplates
from minipush.domain.accounts import Account, AccountKind
from minipush.domain.follower import Follower
from minipush.domain.templates import SyncedTemplates, Template
from minipush.settings.official import OfficialSettings

TEMPLATE = Template(
    "O1", "订单", "订单:{{thing1.DATA}}", "订单:瑜伽", is_long_term=False, keys=("thing1",), enums={}
)
DATA = {"thing1": {"value": "瑜伽"}}
OFFICIAL = {"account": "official"}
MESSAGE: dict[str, Any] = {"type": "official", "template_id": "O1", "data": DATA}


class OneTemplate:
    def read(self) -> list[Template]:
        return [TEMPLATE]


@pytest.fixture
def official(app: HttpApp) -> HttpApp:
    """A deployment with an official account. ada follows it, bob did, and carl is unknown there."""
    store = MemoryTemplates()
    sync = SyncTemplates(OneTemplate(), store, lambda: app.now)
    app.container.override(official_templates=store, sync_official_templates=sync)
    app.store.followers = {"ada": Follower("o-ada", follows=True), "bob": Follower("o-bob", follows=False)}
    for openid in ("ada", "bob", "carl"):
        app.store.record_login(openid, None, app.now)
    return app


def send(app: HttpApp, **changes: Any) -> Any:
    return app.ask("POST /messages", MESSAGE | {"touser": ["ada", "bob", "carl"]} | changes)


def test_each_user_has_a_result_under_the_openid_of_the_mini_program(official: HttpApp) -> None:
    results = send(official).json["results"]
    assert [(each["openid"], each["status"], each.get("reason")) for each in results] == [
        ("ada", "sent", None),
        ("bob", "skipped", "not_following"),
        ("carl", "skipped", "not_mapped"),
    ]
    assert results[0]["permit_kind"] == "follow"


@pytest.mark.parametrize(("openid", "follows"), [("ada", True), ("bob", False), ("carl", None)])
def test_a_user_is_said_to_follow_where_that_is_known(
    official: HttpApp, openid: str, follows: bool | None
) -> None:
    user = official.ask("GET /users/{openid}", token="mp_reader", path={"openid": openid}).json
    assert user.get("follows") is follows
    assert ("follows" in user) == (follows is not None)


@pytest.mark.parametrize("path", ["POST /messages", "POST /campaigns"])
def test_without_an_official_account_the_request_is_refused(app: HttpApp, path: str) -> None:
    body = MESSAGE | {"touser": "ada"}
    if path == "POST /campaigns":
        body = {"name": "n", "message": MESSAGE, "audience": {"type": "all"}}
    answer = app.ask(path, body)
    assert (answer.status, answer.json["type"].rpartition("#")[2]) == (409, "official-account-off")


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"page": "pages/a"}, "/page"),
        ({"lang": "zh_CN"}, "/lang"),
        ({"on_unknown": "retry"}, "/on_unknown"),
        ({"keywords": ["a"]}, "/keywords"),
        ({"url": "ftp://example.org"}, "/url"),
        ({"miniprogram": {}}, "/miniprogram/page"),
        ({"miniprogram": {"page": " "}}, "/miniprogram/page"),
        ({"miniprogram": {"page": "pages/a", "appid": "wx 1"}}, "/miniprogram/appid"),
        ({"miniprogram": {"page": "https://example.org"}}, "/miniprogram/page"),
        ({"type": "subscribe", "url": "https://example.org"}, "/url"),
        ({"type": "template", "miniprogram": {"page": "pages/a"}}, "/miniprogram"),
        ({"data": {"thing1": {"value": "x" * 21}}}, "/data/thing1/value"),
        ({"data": {"thing1": {"value": "Tee 😀"}}}, "/data/thing1/value"),
    ],
)
def test_a_field_that_does_not_fit_is_named(official: HttpApp, changes: dict[str, Any], pointer: str) -> None:
    answer = send(official, **changes)
    assert answer.status == 422
    assert [each["pointer"] for each in answer.json["errors"]] == [pointer]


def test_a_field_may_have_emoji_if_the_sender_insists(official: HttpApp) -> None:
    answer = send(official, data={"thing1": {"value": "Tee 😀"}}, fields="unchecked")
    assert answer.json["results"][0]["status"] == "sent"


def test_a_synced_template_needs_its_fields(official: HttpApp) -> None:
    assert official.ask("POST /templates/sync", query=OFFICIAL).status == 200
    assert send(official, data={"thing2": {"value": "x"}}).status == 422


def test_each_account_has_templates_of_its_own(official: HttpApp) -> None:
    official.templates.keep(SyncedTemplates(1, ()))
    synced = official.ask("POST /templates/sync", query=OFFICIAL).json["items"]
    listed = official.ask("GET /templates", query=OFFICIAL).json["items"]
    assert [(each["template_id"], each["type"]) for each in listed] == [("O1", "follow")]
    assert listed == synced
    assert official.ask("GET /templates").json["items"] == []


def test_without_an_official_account_it_has_no_templates(app: HttpApp) -> None:
    assert app.ask("GET /templates", query=OFFICIAL).status == 409


def test_a_dry_run_tells_followers_and_unmapped(official: HttpApp) -> None:
    body = {"name": "n", "message": MESSAGE, "audience": {"type": "all"}, "dry_run": True}
    told = official.ask("POST /campaigns", body).json
    assert (told["recipients"], told["followers"], told["unmapped"]) == (1, 1, 1)


def test_a_dry_run_of_named_users_says_why_some_are_left_out(official: HttpApp) -> None:
    audience = {"type": "openids", "openids": ["ada", "bob", "carl"]}
    body = {"name": "n", "message": MESSAGE, "audience": audience, "dry_run": True}
    told = official.ask("POST /campaigns", body).json
    assert told["left_out"] == {"not_following": 1, "not_mapped": 1}


def test_a_dry_run_of_another_message_says_nothing_of_followers(official: HttpApp) -> None:
    message = {"type": "subscribe", "template_id": "S1", "data": DATA}
    body = {"name": "n", "message": message, "audience": {"type": "all"}, "dry_run": True}
    assert not {"followers", "unmapped"} & official.ask("POST /campaigns", body).json.keys()


def test_a_campaign_shows_its_message_as_it_was_requested(official: HttpApp) -> None:
    message = MESSAGE | {"url": "https://example.org/", "miniprogram": {"page": "pages/order?id=7"}}
    created = official.ask("POST /campaigns", {"name": "n", "message": message, "audience": {"type": "all"}})
    shown = official.ask("GET /campaigns/{campaign_id}", campaign_id=created.json["id"]).json
    assert shown["message"] == message


@pytest.mark.parametrize("route", ["POST /official/sync", "GET /official/sync"])
def test_without_an_official_account_there_is_no_sync(app: HttpApp, route: str) -> None:
    assert app.ask(route).status == 409


def test_a_sync_of_followers_is_begun_followed_and_audited(official: HttpApp) -> None:
    syncs, queue = MemoryFollowerSyncs(), MemoryOfficialQueue()
    start = StartFollowerSync(syncs, queue, lambda: official.now)
    settings = OfficialSettings(
        Account("wxofficial", AccountKind.OFFICIAL_ACCOUNT), "https://wechat.invalid", "arn"
    )
    official.container.override(official_settings=settings, start_follower_sync=start, follower_syncs=syncs)
    assert official.ask("GET /official/sync").json == {"sync": None}
    begun = official.ask("POST /official/sync")
    assert (begun.status, begun.json["followers"], begun.json["finished_at"]) == (202, 0, None)
    assert queue.syncs == [(begun.json["id"], 0)]
    assert official.ask("GET /official/sync").json["sync"] == begun.json
    assert [(act.action, act.status) for act in official.audit.acts] == [("POST /official/sync", 202)]
