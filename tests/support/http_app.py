"""Both HTTP services, on stores in memory and on requests made by hand. WeChat accepts everything."""

import asyncio
import hashlib
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from support.campaigns import (
    MemoryCampaignEvents,
    MemoryCampaigns,
    MemoryQueue,
    MemoryReports,
    MemorySchedules,
)
from support.centre import MemoryApps, MemoryPreferences
from support.centre_addressees import MemoryAddressees
from support.centre_app_use import MemoryAppUse
from support.centre_bindings import MemoryBindings, MemoryPersonalKeys
from support.centre_broadcasts import MemoryBoundUsers, MemoryBroadcasts
from support.centre_inbox import MemoryInbox
from support.centre_reminder_queue import QueuedReminders
from support.environment import ENVIRONMENT
from support.histories import MemoryHistories
from support.memory import (
    MemoryAudit,
    MemoryIdempotencyStore,
    MemoryRefusalCounts,
    MemoryStore,
    MemoryTargetStore,
    MemoryTemplates,
    MemoryTextCheckCache,
)
from support.moderation import MemoryModeration
from support.rate_gate import FreeSlots
from support.rates import MemoryRateReservations
from support.ready_channel import ReadyChannel
from support.recipients import MemoryRecipients
from support.reminders import MemoryChannels, ScriptedChannel, own_channels
from support.sample_apps import APPID
from support.sending import MemorySendingSwitch
from support.signs_of_life import MemorySignsOfLife
from support.statistics import MemoryStatistics
from support.tags import MemoryTagStore

from minipush.adapters.wechat.circuit_breaker import CircuitBreaker
from minipush.adapters.wechat.sessions import WeChatSessions
from minipush.adapters.wechat.templates import WeChatTemplates
from minipush.adapters.wechat.text_check import WeChatTextCheck
from minipush.application.delivery.retry_policy import RetryPolicy
from minipush.application.ports.channel import SendResult, Verdict
from minipush.container import Container
from minipush.container.message_centre import MessageCentre
from minipush.domain.centre.reminders import ChannelKind
from minipush.domain.messages import Message
from minipush.domain.permits import Permit
from minipush.domain.quotas import DailyQuota
from minipush.http.edge.openapi import document
from minipush.http.edge.problem_types import NOT_FOUND, PROBLEM_TYPES
from minipush.http.edge.service import Service
from minipush.http.routes import message_centre, operators
from minipush.settings import Settings
from minipush.settings.centre import CentreSettings
from minipush.wechat.errcodes import code_of
from minipush.wechat.errors import LoginRefusedError, WeChatError
from minipush.wechat.sessions import Session
from minipush.wechat.templates import AccountTemplate
from minipush.wechat.text_check import Suggestion, TextVerdict
from minipush.wechat.token_store import Token

# PyJWT goes by the real clock.
NOW = time.time_ns() // 1_000_000
KEY = "mp_a-key-of-an-operator"
SEGMENTS = 4
PROBLEM_URLS = {problem.url for problem in PROBLEM_TYPES}
RESPONSES = {
    f"{method.upper()} {path}": operation["responses"]
    for path, item in json.loads(document())["paths"].items()
    for method, operation in item.items()
}


def hashed(key: str) -> str:
    return "sha256:" + hashlib.sha256(key.encode()).hexdigest()


@dataclass
class Context:
    aws_request_id: str = "of-the-invocation"

    def get_remaining_time_in_millis(self) -> int:
        return 29_000


class Obliging(ReadyChannel):
    """A WeChat that accepts every message."""

    async def send(
        self, openid: str, permit: Permit, message: Message, timeout: float, delivery_id: str
    ) -> SendResult:
        return SendResult(verdict=Verdict.ACCEPTED)


@dataclass
class FakeAccount:
    """The templates that WeChat lists for the account, or the error instead."""

    templates: list[AccountTemplate] = field(default_factory=list)
    failure: WeChatError | None = None

    def read(self) -> list[AccountTemplate]:
        if self.failure:
            raise self.failure
        return self.templates


@dataclass
class FakeTextCheck:
    """WeChat's verdict on any text, or the error instead; `asked` has each text with its openid."""

    verdict: TextVerdict = field(default_factory=lambda: TextVerdict(Suggestion.PASS, 100))
    failure: WeChatError | None = None
    asked: list[tuple[str, str]] = field(default_factory=list)

    def check(self, text: str, openid: str) -> TextVerdict:
        self.asked.append((text, openid))
        if self.failure:
            raise self.failure
        return self.verdict


@dataclass
class FakeTokens:
    """What WeChat says to a request for a token."""

    said: Token | Exception = field(default_factory=lambda: Token("t", NOW / 1000 + 7200))

    def check(self) -> Token:
        if isinstance(self.said, Exception):
            raise self.said
        return self.said


class FakeDeadLetters:
    def count(self) -> dict[str, int]:
        return {"segments": 2, "unstarted_campaigns": 0}


class RefusedCodes:
    """Log-ins with codes that WeChat refuses."""

    def log_in(self, code: str) -> Session:
        raise LoginRefusedError(code_of(40029))


@dataclass
class HttpApp:
    """Both services, as a client sees them. `now` is in ms since the epoch."""

    store: MemoryStore = field(default_factory=MemoryStore)
    now: int = NOW
    secret: dict[str, Any] = field(
        default_factory=lambda: {
            "session_key": "s" * 64,
            "operator_keys": [
                {"name": "backend", "scopes": ["send", "read", "admin", "moderate"], "hash": hashed(KEY)},
                {"name": "reader", "scopes": ["read"], "hash": hashed("mp_reader")},
            ],
        }
    )
    campaigns: MemoryCampaigns = field(default_factory=MemoryCampaigns)
    queue: MemoryQueue = field(default_factory=MemoryQueue)
    schedules: MemorySchedules = field(default_factory=MemorySchedules)
    reports: MemoryReports = field(default_factory=MemoryReports)
    templates: MemoryTemplates = field(default_factory=MemoryTemplates)
    targets: MemoryTargetStore = field(default_factory=MemoryTargetStore)
    account: FakeAccount = field(default_factory=FakeAccount)
    text_check: FakeTextCheck = field(default_factory=FakeTextCheck)
    quotas: dict[str, DailyQuota] = field(default_factory=dict)
    text_check_cache: MemoryTextCheckCache = field(default_factory=MemoryTextCheckCache)
    statistics: MemoryStatistics = field(default_factory=MemoryStatistics)
    switch: MemorySendingSwitch = field(default_factory=MemorySendingSwitch)
    tokens: FakeTokens = field(default_factory=FakeTokens)
    signs: MemorySignsOfLife = field(default_factory=MemorySignsOfLife)
    audit: MemoryAudit = field(default_factory=MemoryAudit)
    apps: MemoryApps = field(default_factory=MemoryApps)
    bindings: MemoryBindings = field(default_factory=MemoryBindings)
    preferences: MemoryPreferences = field(default_factory=MemoryPreferences)
    counted: list[Mapping[str, int]] = field(default_factory=list)
    named: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.runner = asyncio.Runner()
        account: Any = self.account
        codes: Any = RefusedCodes()
        self.container = Container(
            Settings.read(ENVIRONMENT | {"PERMITS_PER_USER": "200", "CAMPAIGN_SEGMENTS": str(SEGMENTS)}),
            clock=lambda: self.now,
            count=self.counted.append,
            name_request=self.named.append,
            loop=self.runner,
            channel=Obliging(),
            account_templates=WeChatTemplates(account),
            text_check=WeChatTextCheck(self.text_check.check),
            read_quota=lambda message_type: self.quotas.get(message_type.name),
            sessions=WeChatSessions(codes, CircuitBreaker(lambda: self.now)),
            retry_policy=RetryPolicy(tries=1),
            rate_limiter=FreeSlots(),
            rates=MemoryRateReservations(),
            users=self.store,
            histories=MemoryHistories(self.store),
            tag_store=MemoryTagStore(self.store),
            ledger=self.store,
            sweeps=self.store,
            recipients=MemoryRecipients(self.store, self.campaigns),
            campaigns=self.campaigns,
            segment_queue=self.queue,
            schedules=self.schedules,
            reports=self.reports,
            campaign_events=MemoryCampaignEvents(),
            templates=self.templates,
            subscription_targets=self.targets,
            idempotency_store=MemoryIdempotencyStore(),
            text_check_cache=self.text_check_cache,
            audit=self.audit,
            refusal_counts=MemoryRefusalCounts(),
            statistics=self.statistics,
            statistics_reader=self.statistics,
            sending_switch=self.switch,
            sending_look=self.switch,
            signs_of_life=self.signs,
            tokens=self.tokens,
            dead_letters=FakeDeadLetters(),
            access_secret=lambda: self.secret,
        )
        self.access = self.container.access
        self.mini_programs = self.container.mini_program_service
        self.operators = self.container.operators_service
        self.inbox = MemoryInbox()
        self.moderation = MemoryModeration(self.apps)
        self.addressees = MemoryAddressees()
        self.broadcasts = MemoryBroadcasts()
        self.bound_users = MemoryBoundUsers(appid=APPID)
        self.reminder_queue = QueuedReminders()
        self.centre = MessageCentre(
            self.container,
            CentreSettings.read(ENVIRONMENT),
            preferences=self.preferences,
            inbox=self.inbox,
            app_use=MemoryAppUse(),
            addressees=self.addressees,
            broadcast_store=self.broadcasts,
            bound_users=self.bound_users,
            reminder_queue=self.reminder_queue,
            complaints=self.moderation,
            sanctions=self.moderation,
            apps=self.apps,
            bindings=self.bindings,
            personal_key_store=MemoryPersonalKeys(),
            own_channels=own_channels(MemoryChannels(), ScriptedChannel(ChannelKind.EMAIL), lambda: self.now),
        )

    @property
    def user(self) -> str:
        return self.access.issue_session("anna")

    def send(self, event: dict[str, Any]) -> "Answer":
        route = str(event.get("routeKey")).replace("HEAD ", "GET ")
        answer = Answer(self._service(route)(event, Context()))
        assert answer.is_described(route), f"{route} describes no {answer.status}"
        return answer

    def _service(self, route: str) -> Service:
        if route in message_centre.ROUTES:
            return self.centre.service
        return self.operators if route in operators.ROUTES else self.mini_programs

    def push_by_key(self, event: dict[str, Any]) -> "Answer":
        return Answer(self.centre.push_by_key(event, Context()))

    def ask(self, route: str, body: Any = None, *, token: str | None = KEY, **fields: Any) -> "Answer":
        return self.send(request(route, body, token=token, **fields))


@dataclass
class Answer:
    raw: dict[str, Any]

    @property
    def status(self) -> int:
        return int(self.raw["statusCode"])

    @property
    def headers(self) -> dict[str, str]:
        return {name.lower(): value for name, value in self.raw["headers"].items()}

    @property
    def json(self) -> Any:
        return json.loads(self.raw["body"])

    @property
    def pointers(self) -> list[str]:
        return [error["pointer"] for error in self.json["errors"]]

    def is_described(self, route: str) -> bool:
        """Not all routes are, and no operation describes what the resolver finds at no path, such as an empty openid."""
        described = RESPONSES.get(route)
        if described is None or str(self.status) in described:
            return True
        return self.status == 404 and bool(self.json["type"] == NOT_FOUND.url)

    def is_a_problem(self) -> bool:
        document = self.json
        return (
            self.headers["content-type"] == "application/problem+json"
            and document["status"] == self.status
            and document["type"] in PROBLEM_URLS
            and all(isinstance(document[name], str) and document[name] for name in ("title", "detail"))
        )


def request(
    route: str,
    body: Any = None,
    *,
    token: str | None = KEY,
    openid: str = "anna",
    campaign_id: str = "c-none",
    path: dict[str, str] | None = None,
    query: dict[str, str] | None = None,
    **fields: Any,
) -> dict[str, Any]:
    """An event of payload format 2.0; `fields` replace its own, `headers` are added to it."""
    method, _, template = route.partition(" ")
    headers = {"content-type": "application/json"} | ({"authorization": f"Bearer {token}"} if token else {})
    given = {"openid": openid, "campaign_id": campaign_id, "kind": "email"} | (path or {})
    parameters = {name: value for name, value in given.items() if f"{{{name}}}" in template}
    raw_path = template
    for name, value in parameters.items():
        raw_path = raw_path.replace(f"{{{name}}}", value)
    return {
        "version": "2.0",
        "routeKey": route,
        "rawPath": raw_path,
        "rawQueryString": urlencode(query or {}),
        "headers": headers | fields.pop("headers", {}),
        "queryStringParameters": query,
        "pathParameters": parameters or None,
        "requestContext": {
            "http": {"method": method, "path": raw_path},
            "domainName": "push.example",
            "requestId": "of-the-request",
            "stage": "$default",
        },
        "body": body if body is None or isinstance(body, str) else json.dumps(body),
        "isBase64Encoded": False,
    } | fields
