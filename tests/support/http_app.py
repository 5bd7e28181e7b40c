"""Services on stores in memory and on requests made by hand; WeChat takes everything."""

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
from support.memory import (
    MemoryIdempotencyStore,
    MemoryStore,
    MemoryTargetStore,
    MemoryTemplates,
    MemoryTextCheckCache,
)
from support.rate_gate import FreeSlots
from support.recipients import MemoryRecipients

from minipush.application.campaigns.campaign_lifecycle import CampaignLifecycle
from minipush.application.campaigns.create_campaign import CreateCampaign
from minipush.application.campaigns.dry_run import DryRun
from minipush.application.campaigns.read_campaigns import ReadCampaigns
from minipush.application.delivery.deliver import Deliver
from minipush.application.delivery.delivery import DeliveryDependencies, RetryPolicy
from minipush.application.delivery.send_messages import SendMessages
from minipush.application.idempotency import Idempotency
from minipush.application.messages.check_fields import CheckFields
from minipush.application.messages.check_text import CheckTexts
from minipush.application.messages.sync_templates import SyncTemplates
from minipush.application.permits.collect_permits import CollectPermits
from minipush.application.ports.channel import SendResult
from minipush.application.ports.channel import Verdict as SendVerdict
from minipush.application.prompts.choose_prompt import ChoosePrompt
from minipush.application.prompts.set_subscription_targets import SetSubscriptionTargets
from minipush.domain.messages import Message
from minipush.domain.permits import Permit
from minipush.http.edge.access import Access
from minipush.http.edge.service import Service
from minipush.http.routes import mini_program, operators
from minipush.http.routes.campaigns import CampaignServices
from minipush.http.routes.templates import TemplateServices
from minipush.wechat.errcodes import reaction_to
from minipush.wechat.errors import LoginRefusedError, WeChatError
from minipush.wechat.templates import AccountTemplate
from minipush.wechat.text_check import Suggestion, Verdict

# PyJWT goes by the real clock.
NOW = time.time_ns() // 1_000_000
KEY = "mp_a-key-of-an-operator"
SEGMENTS = 4


def hashed(key: str) -> str:
    return "sha256:" + hashlib.sha256(key.encode()).hexdigest()


@dataclass
class Context:
    aws_request_id: str = "of-the-invocation"

    def get_remaining_time_in_millis(self) -> int:
        return 29_000


class Obliging:
    """WeChat on its best day."""

    async def send(self, openid: str, permit: Permit, message: Message, timeout: float) -> SendResult:
        return SendResult(verdict=SendVerdict.ACCEPTED)


@dataclass
class Account:
    """The templates that WeChat has for it, or what it answers instead."""

    templates: list[AccountTemplate] = field(default_factory=list)
    failure: WeChatError | None = None

    def read(self) -> list[AccountTemplate]:
        if self.failure:
            raise self.failure
        return self.templates


@dataclass
class FakeTextCheck:
    """What WeChat says of any text, or answers instead; `asked` are the texts and under which openid."""

    verdict: Verdict = field(default_factory=lambda: Verdict(Suggestion.PASS, 100))
    failure: WeChatError | None = None
    asked: list[tuple[str, str]] = field(default_factory=list)

    def check(self, text: str, openid: str) -> Verdict:
        self.asked.append((text, openid))
        if self.failure:
            raise self.failure
        return self.verdict


def refuse(code: str) -> str:
    raise LoginRefusedError(reaction_to(40029))


@dataclass
class Edge:
    """Both services, as a client sees them. `now` is in ms since the epoch."""

    store: MemoryStore = field(default_factory=MemoryStore)
    now: int = NOW
    secret: dict[str, Any] = field(
        default_factory=lambda: {
            "session_key": "s" * 64,
            "operator_keys": [
                {"name": "backend", "scopes": ["send", "read", "admin"], "hash": hashed(KEY)},
                {"name": "reader", "scopes": ["read"], "hash": hashed("mp_reader")},
            ],
        }
    )
    campaigns: MemoryCampaigns = field(default_factory=MemoryCampaigns)
    queue: MemoryQueue = field(default_factory=MemoryQueue)
    schedules: MemorySchedules = field(default_factory=MemorySchedules)
    reports: MemoryReports = field(default_factory=MemoryReports)
    templates: MemoryTemplates = field(default_factory=MemoryTemplates)
    stock_plans: MemoryTargetStore = field(default_factory=MemoryTargetStore)
    account: Account = field(default_factory=Account)
    censor: FakeTextCheck = field(default_factory=FakeTextCheck)
    verdicts: MemoryTextCheckCache = field(default_factory=MemoryTextCheckCache)
    counted: list[Mapping[str, int]] = field(default_factory=list)
    named: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.runner = asyncio.Runner()
        self.access = Access(lambda: self.secret, lambda: self.now, 3600)
        collect = CollectPermits(self.store, lambda: self.now, 200)
        deliver = Deliver(
            DeliveryDependencies(
                ledger=self.store,
                channel=Obliging(),
                rate_gate=FreeSlots(),
                clock=lambda: self.now,
                retry_policy=RetryPolicy(tries=1),
            )
        )
        self.check_fields = CheckFields(self.templates)
        send = SendMessages(self.store, self.check_fields, deliver)
        counts = self.counted.append
        refusing: Any = refuse
        account: Any = self.account
        templates = TemplateServices(
            SyncTemplates(account, self.templates, lambda: self.now),
            self.templates,
            SetSubscriptionTargets(self.stock_plans, self.templates, lambda: self.now),
        )
        choose_prompt = ChoosePrompt(self.store, self.stock_plans, self.templates, lambda: self.now)
        idempotency = Idempotency(MemoryIdempotencyStore(), lambda: self.now)
        self.mini_programs = Service(
            mini_program.mini_program_app(refusing, collect, self.store, self.access, counts, choose_prompt),
            mini_program.ROUTES,
            self.access,
            self.named.append,
        )
        self.operators = Service(
            operators.operators_app(
                send,
                self.runner.run,
                idempotency,
                self._campaign_uses(),
                templates,
                collect,
                self.store,
                self.store,
                lambda: self.now,
                counts,
            ),
            operators.ROUTES,
            self.access,
            self.named.append,
        )

    def _campaign_uses(self) -> CampaignServices:
        control = CampaignLifecycle(
            self.campaigns, self.queue, self.schedules.remove, MemoryCampaignEvents(), lambda: self.now
        )
        recipients = MemoryRecipients(self.store, self.campaigns)
        check_texts = CheckTexts(self.censor.check, self.verdicts, lambda: self.now)
        return CampaignServices(
            CreateCampaign(
                self.campaigns,
                self.check_fields,
                check_texts,
                self.schedules.set,
                control,
                lambda: self.now,
                SEGMENTS,
            ),
            DryRun(recipients, self.check_fields, check_texts, lambda: self.now, SEGMENTS, 0),
            ReadCampaigns(self.campaigns, self.reports),
            control,
        )

    @property
    def user(self) -> str:
        return self.access.issue_session("anna")

    def send(self, event: dict[str, Any]) -> "Answer":
        service = self.operators if event.get("routeKey") in operators.ROUTES else self.mini_programs
        return Answer(service(event, Context()))

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

    def is_a_problem(self) -> bool:
        document = self.json
        return (
            self.headers["content-type"] == "application/problem+json"
            and document["status"] == self.status
            and all(
                isinstance(document[name], str) and document[name] for name in ("type", "title", "detail")
            )
        )


def request(
    route: str,
    body: Any = None,
    *,
    token: str | None = KEY,
    openid: str = "anna",
    campaign_id: str = "c-none",
    query: dict[str, str] | None = None,
    **fields: Any,
) -> dict[str, Any]:
    """An event of payload format 2.0; `fields` replace its own, `headers` are added to it."""
    method, _, template = route.partition(" ")
    headers = {"content-type": "application/json"} | ({"authorization": f"Bearer {token}"} if token else {})
    given = {"openid": openid, "campaign_id": campaign_id}
    parameters = {name: value for name, value in given.items() if f"{{{name}}}" in template}
    path = template.replace("{openid}", openid).replace("{campaign_id}", campaign_id)
    return {
        "version": "2.0",
        "routeKey": route,
        "rawPath": path,
        "rawQueryString": urlencode(query or {}),
        "headers": headers | fields.pop("headers", {}),
        "queryStringParameters": query,
        "pathParameters": parameters or None,
        "requestContext": {
            "http": {"method": method, "path": path},
            "requestId": "of-the-request",
            "stage": "$default",
        },
        "body": body if body is None or isinstance(body, str) else json.dumps(body),
        "isBase64Encoded": False,
    } | fields
