"""The population: users known to the simulated WeChat and to minipush's table, with permits, real and fake."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import batched

from chaos.fault_plan import FaultPlan, UserPlan
from mypy_boto3_dynamodb import DynamoDBClient

from local.simulator.client import Control
from minipush.adapters.dynamodb.users.items import PROFILE, Item, key, permit_item
from minipush.domain.campaigns import Audience, AudienceType
from minipush.domain.permits import (
    Permit,
    PermitKind,
    form_permits,
    pay_permits,
    subscription_permits,
)
from minipush.domain.timestamps import HOUR_MS

TEMPLATE = "T1"
TAG = "vip"
NOBODY = ("nobody-we-know", "not an openid")
WITHIN_HOURS = 24


@dataclass
class Population:
    """`permits`: in the table at first, by openid. `fakes`: ids among them that WeChat never issued."""

    users: dict[str, UserPlan] = field(default_factory=dict)
    permits: dict[str, list[Permit]] = field(default_factory=dict)
    fakes: set[str] = field(default_factory=set)

    def audience(self, plan: FaultPlan) -> tuple[Audience, set[str]]:
        """The campaign's audience, and the openids in it."""
        asked, kinds = plan.audience_type, plan.message_type.kinds
        if asked is AudienceType.OPENIDS:
            named = [openid for openid, user in self.users.items() if user.is_named]
            return Audience(asked, (*named, *NOBODY)), {*named, *NOBODY}
        holders = {
            openid
            for openid, permits in self.permits.items()
            if any(permit.kind in kinds for permit in permits)
        }
        if asked is AudienceType.TAG:
            return Audience(asked, tag=TAG), {openid for openid in holders if self.users[openid].is_tagged}
        if asked is AudienceType.EXPIRING:
            return Audience(asked, within_hours=WITHIN_HOURS), set(filter(self._is_expiring, holders))
        return Audience(asked), holders

    def _is_expiring(self, openid: str) -> bool:
        until = time.time() * 1000 + WITHIN_HOURS * HOUR_MS
        spendable = [p for p in self.permits[openid] if p.kind in (PermitKind.FORM, PermitKind.PAY)]
        return bool(spendable) and all(p.expires_at and p.expires_at <= until for p in spendable)


def create_population(plan: FaultPlan, wechat: Control) -> Population:
    population = Population()
    now = time.time_ns() // 1_000_000
    openids = [user.openid for user in wechat.add_users(len(plan.users))]
    for openid, user in zip(openids, plan.users, strict=True):
        population.users[openid] = user
        population.permits[openid] = list(_permits(openid, user, wechat, population.fakes, now))
    return population


def _permits(openid: str, user: UserPlan, wechat: Control, fakes: set[str], now: int) -> Iterator[Permit]:
    expires_at = now + 12 * HOUR_MS if user.is_about_to_expire else None
    fake_ids = [f"fake-{openid}-{n}" for n in range(user.fakes)]
    fakes.update(fake_ids)
    form_ids = wechat.tap(openid, user.forms) if user.forms else []
    for form_id in (*form_ids, *fake_ids):
        yield from form_permits(form_id, expires_at, now)
    if user.payments:
        for prepay_id in wechat.pay(openid, user.payments):
            yield from pay_permits(prepay_id, now)
    if user.accepts:
        wechat.accept(openid, TEMPLATE, user.accepts)
    for n in range(user.accepts):
        yield from subscription_permits(f"accept-{n}", TEMPLATE, "accept", long_term=False)
    if user.long_term:
        wechat.accept_long_term(openid, TEMPLATE)
        yield from subscription_permits("always", TEMPLATE, "accept", long_term=True)


def store(population: Population, client: DynamoDBClient, table: str) -> None:
    items = [item for openid in population.users for item in _items(openid, population)]
    for batch in batched(items, 25, strict=False):
        answer = client.batch_write_item(
            RequestItems={table: [{"PutRequest": {"Item": item}} for item in batch]}
        )
        assert not answer.get("UnprocessedItems")


def _items(openid: str, population: Population) -> Iterator[Item]:
    user = population.users[openid]
    tags = {"tags": {"SS": [TAG]}} if user.is_tagged else {}
    yield {**key(openid, PROFILE), "opt_out": {"BOOL": user.opts_out}, **tags}
    for permit in population.permits[openid]:
        yield permit_item(openid, permit)
