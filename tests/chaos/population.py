"""Users of both worlds: what they gave to WeChat lies in our table, and some things besides."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import batched

from chaos.fault_plan import Person, Weather
from mypy_boto3_dynamodb import DynamoDBClient

from local.simulator.client import Control
from minipush.adapters.dynamodb.users.items import PROFILE, Item, key, permit_item
from minipush.domain import permit_kinds
from minipush.domain.campaigns import Audience, AudienceType
from minipush.domain.permit_kinds import form_permits, pay_permits, subscription_permits
from minipush.domain.permits import Permit
from minipush.domain.timestamps import HOUR_MS

TEMPLATE = "T1"
TAG = "vip"
NOBODY = ("nobody-we-know", "not an openid")
WITHIN_HOURS = 24


@dataclass
class Crowd:
    """`permits`: what lies in the table at first. `fakes`: ids among them that WeChat never gave out."""

    people: dict[str, Person] = field(default_factory=dict)
    permits: dict[str, list[Permit]] = field(default_factory=dict)
    fakes: set[str] = field(default_factory=set)

    def audience(self, weather: Weather) -> tuple[Audience, set[str]]:
        """As it is asked for, and who that is."""
        asked, kinds = weather.audience_type, weather.message_type.permit_kinds
        if asked is AudienceType.OPENIDS:
            named = [openid for openid, person in self.people.items() if person.is_named]
            return Audience(asked, (*named, *NOBODY)), {*named, *NOBODY}
        holders = {
            openid
            for openid, permits in self.permits.items()
            if any(permit.kind in kinds for permit in permits)
        }
        if asked is AudienceType.TAG:
            return Audience(asked, tag=TAG), {openid for openid in holders if self.people[openid].is_tagged}
        if asked is AudienceType.EXPIRING:
            return Audience(asked, within_hours=WITHIN_HOURS), set(filter(self._is_expiring, holders))
        return Audience(asked), holders

    def _is_expiring(self, openid: str) -> bool:
        until = time.time() * 1000 + WITHIN_HOURS * HOUR_MS
        spendable = [p for p in self.permits[openid] if p.kind in (permit_kinds.FORM, permit_kinds.PAY)]
        return bool(spendable) and all(p.expires_at and p.expires_at <= until for p in spendable)


def gather(weather: Weather, wechat: Control) -> Crowd:
    crowd = Crowd()
    now = time.time_ns() // 1_000_000
    openids = [user.openid for user in wechat.add_users(len(weather.people))]
    for openid, person in zip(openids, weather.people, strict=True):
        crowd.people[openid] = person
        crowd.permits[openid] = list(_give(openid, person, wechat, crowd.fakes, now))
    return crowd


def _give(openid: str, person: Person, wechat: Control, fakes: set[str], now: int) -> Iterator[Permit]:
    expires_at = now + 12 * HOUR_MS if person.is_about_to_expire else None
    made_up = [f"fake-{openid}-{n}" for n in range(person.fakes)]
    fakes.update(made_up)
    form_ids = wechat.tap(openid, person.forms) if person.forms else []
    for form_id in (*form_ids, *made_up):
        yield from form_permits(form_id, expires_at, now)
    if person.payments:
        for prepay_id in wechat.pay(openid, person.payments):
            yield from pay_permits(prepay_id, now)
    if person.accepts:
        wechat.accept(openid, TEMPLATE, person.accepts)
    for n in range(person.accepts):
        yield from subscription_permits(f"accept-{n}", TEMPLATE, "accept", long_term=False)
    if person.long_term:
        wechat.accept_long_term(openid, TEMPLATE)
        yield from subscription_permits("always", TEMPLATE, "accept", long_term=True)


def store(crowd: Crowd, client: DynamoDBClient, table: str) -> None:
    items = [item for openid in crowd.people for item in _items(openid, crowd)]
    for batch in batched(items, 25, strict=False):
        answer = client.batch_write_item(
            RequestItems={table: [{"PutRequest": {"Item": item}} for item in batch]}
        )
        assert not answer.get("UnprocessedItems")


def _items(openid: str, crowd: Crowd) -> Iterator[Item]:
    person = crowd.people[openid]
    tags = {"tags": {"SS": [TAG]}} if person.is_tagged else {}
    yield {**key(openid, PROFILE), "opt_out": {"BOOL": person.opts_out}, **tags}
    for permit in crowd.permits[openid]:
        yield permit_item(openid, permit)
