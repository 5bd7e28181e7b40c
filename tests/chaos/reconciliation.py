"""Reconciles a finished campaign: the report, the campaign's counts, the users table, and WeChat's messages."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby

from chaos.campaign_run import ID, CampaignRun

from minipush.adapters.clock import milliseconds
from minipush.adapters.dynamodb.users.items import sort_key
from minipush.adapters.dynamodb.users.partitions import read_user
from minipush.application.campaigns.read_campaigns import ReadCampaigns
from minipush.application.campaigns.read_report import ReadReport
from minipush.domain.counts import Counts
from minipush.domain.messages import Status
from minipush.domain.permits import Permit


@dataclass
class Reconciliation:
    """`statuses`: each user's statuses in the report; `accepted`: the number of WeChat's messages by user.

    Of the real permits, `claimed` are those held for a delivery, `lost` are gone or invalidated.
    `left_alone`: users in doubt, or claimed by a killed worker, when the campaign was cancelled.
    """

    counts: Counts
    statuses: Mapping[str, list[str]]
    accepted: Counter[str]
    claimed: Mapping[str, list[Permit]]
    lost: list[str]
    left_alone: set[str]

    def with_status(self, *wanted: Status) -> set[str]:
        return {openid for openid, found in self.statuses.items() if set(found) & set(wanted)}

    @property
    def tally(self) -> Counter[str]:
        return Counter(status for found in self.statuses.values() for status in found)

    @property
    def held_for_nothing(self) -> set[str]:
        """Users with more claimed permits than the one that reached them, or may have reached them."""
        spent = self.accepted.keys() | self.with_status(Status.SENT, Status.UNKNOWN) | self.left_alone
        return {openid for openid, held in self.claimed.items() if len(held) > (openid in spent)}


def reconcile(run: CampaignRun) -> Reconciliation:
    report = ReadReport(run.wired.campaigns, run.wired.reports)
    statuses: dict[str, list[str]] = {}
    cursor: str | None = None
    while True:
        entries, cursor = report(ID, 1000, cursor)
        for entry in entries:
            statuses.setdefault(entry.openid, []).append(entry.status)
        if cursor is None:
            break
    claimed, lost = _permits(run)
    return Reconciliation(
        counts=ReadCampaigns(run.wired.campaigns, milliseconds).progress(run.campaign).counts,
        statuses=statuses,
        accepted=Counter(message["openid"] for message in run.wechat.messages()),
        claimed=claimed,
        lost=lost,
        left_alone=run.audience - statuses.keys() if run.has_doubts else set(),
    )


def _permits(run: CampaignRun) -> tuple[dict[str, list[Permit]], list[str]]:
    """Of the real permits: the claimed ones by user, and the keys of those that can't be used any more."""
    claimed: dict[str, list[Permit]] = {}
    lost: list[str] = []
    table = in_table(run)
    for openid, given in run.population.permits.items():
        mine = [permit for permit in table[openid] if permit.id not in run.population.fakes]
        claimed[openid] = [permit for permit in mine if permit.claim and permit.claim.invalidated_by is None]
        usable = {sort_key(permit) for permit in mine if not (permit.claim and permit.claim.invalidated_by)}
        lost += sorted(
            {sort_key(permit) for permit in given if permit.id not in run.population.fakes} - usable
        )
    return claimed, lost


def in_table(run: CampaignRun) -> dict[str, list[Permit]]:
    pages = run.wired.dynamodb.get_paginator("scan").paginate(
        TableName=run.deployment.users, ConsistentRead=True
    )
    items = [item for page in pages for item in page["Items"]]
    partitions = groupby(items, lambda item: str(item["openid"]["S"]))
    return {openid: list(read_user(openid, partition).permits) for openid, partition in partitions}
