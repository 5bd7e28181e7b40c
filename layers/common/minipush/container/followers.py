"""Builders of what the official account's own functions need. The deployment has such an account: see `official_settings`."""

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from minipush.adapters.dynamodb.state.followers import DynamoFollowers, DynamoFollowerSyncs
    from minipush.adapters.sqs_official import SqsOfficialQueue
    from minipush.adapters.wechat.followers import WeChatFollowers
    from minipush.application.followers.handle_official_event import HandleOfficialEvent
    from minipush.application.followers.map_follower import MapFollower, MapUser
    from minipush.application.followers.sync_followers import StartFollowerSync, SyncFollowers
    from minipush.application.followers.work import DoOfficialWork
    from minipush.container import Container
    from minipush.http.routes.callback import WeChatCallback
    from minipush.settings.official import OfficialSettings
    from minipush.wechat.callback import Callback


def _settings(c: "Container") -> "OfficialSettings":
    from minipush.settings.official import OfficialSettings

    return c.official_settings or OfficialSettings.read(os.environ)


def followers(c: "Container") -> "DynamoFollowers":
    from minipush.adapters.dynamodb.state.followers import DynamoFollowers
    from minipush.settings.official import official_account

    account = official_account(os.environ)
    return DynamoFollowers(c.dynamodb, c.settings.state_table, c.settings.users_table, account)


def follower_syncs(c: "Container") -> "DynamoFollowerSyncs":
    from minipush.adapters.dynamodb.state.followers import DynamoFollowerSyncs

    return DynamoFollowerSyncs(c.dynamodb, c.settings.state_table, _settings(c).account)


def follower_source(c: "Container") -> "WeChatFollowers":
    from minipush.adapters.wechat.followers import WeChatFollowers
    from minipush.wechat.followers import AccountFollowers

    def account() -> AccountFollowers:
        transport, tokens = c.official_transport, c.official_tokens
        assert transport is not None
        assert tokens is not None
        return AccountFollowers(transport, tokens)

    return WeChatFollowers(account)


def official_queue(c: "Container") -> "SqsOfficialQueue":
    from minipush.adapters.sqs_official import SqsOfficialQueue
    from minipush.settings import own_setting

    return SqsOfficialQueue(c.sqs, own_setting(os.environ, "OFFICIAL_QUEUE_URL"))


def map_user(c: "Container") -> "MapUser | None":
    """None if the deployment has no official account."""
    if not os.environ.get("OFFICIAL_APPID"):
        return None
    from minipush.application.followers.map_follower import MapUser

    return MapUser(c.followers)


def map_follower(c: "Container") -> "MapFollower":
    from minipush.application.followers.map_follower import MapFollower

    return MapFollower(c.follower_source, c.followers, c.clock)


def start_follower_sync(c: "Container") -> "StartFollowerSync":
    from minipush.application.followers.sync_followers import StartFollowerSync

    return StartFollowerSync(c.follower_syncs, c.official_queue, c.clock)


def sync_followers(c: "Container") -> "SyncFollowers":
    from minipush.application.followers.sync_followers import SyncFollowers

    return SyncFollowers(
        c.follower_source, c.followers, c.follower_syncs, c.official_queue, c.map_follower, c.clock
    )


def handle_official_event(c: "Container") -> "HandleOfficialEvent":
    from minipush.application.followers.handle_official_event import HandleOfficialEvent

    return HandleOfficialEvent(
        c.map_follower,
        c.followers,
        c.processed_events,
        lambda failure: c.fail_official_reminder(failure) if c.fail_official_reminder else False,
        lambda openid, there: c.block_official_channel(openid, there) if c.block_official_channel else None,
        lambda failure: c.record_delivery_failure(failure),
        c.record_statistics,
        c.clock,
    )


def do_official_work(c: "Container") -> "DoOfficialWork":
    from minipush.application.followers.work import DoOfficialWork

    return DoOfficialWork(c.handle_official_event, c.sync_followers)


def read_official_callback(c: "Container") -> "Callable[[], Callback]":
    """Read for each push: the secret may change. The callable raises StoreError."""
    from minipush.container.wechat import callback_of

    settings = _settings(c)
    return lambda: callback_of(c.secrets.read(settings.secret_arn), settings.account.appid, c.clock)


def official_callback(c: "Container") -> "WeChatCallback[Any]":
    from minipush.adapters.dynamodb.state.signs_of_life import DynamoSignsOfLife
    from minipush.adapters.wechat.followers import read_event
    from minipush.application.events.note_callback import NoteCallback
    from minipush.application.followers.queue_event import QueueOfficialEvent
    from minipush.container.services import NONCE_KEPT_MS
    from minipush.http.routes.callback import WeChatCallback

    signs = DynamoSignsOfLife(c.dynamodb, c.settings.state_table, _settings(c).account)
    return WeChatCallback(
        c.read_official_callback,
        lambda nonce, body: c.used_nonces.take(nonce, body, c.clock() + NONCE_KEPT_MS),
        read_event,
        QueueOfficialEvent(c.official_queue),
        c.count,
        c.name_request,
        c.record_statistics,
        NoteCallback(signs, c.clock),
    )
