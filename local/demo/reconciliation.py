"""Compares minipush's numbers with those of WeChat's ledger."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from local.demo.back_end import CAMPAIGN, DIRECT
from local.demo.phones import SENDS_OF_A_PREPAY_ID, CollectResult

type Results = Mapping[str, Mapping[str, Any]]
"""minipush's results of a message, by openid."""


@dataclass(frozen=True, slots=True)
class Row:
    """One number according to minipush and to WeChat. None: not known to that side, or not compared."""

    label: str
    minipush: int | None = None
    wechat: int | None = None

    @property
    def matches(self) -> bool:
        return None in (self.minipush, self.wechat) or self.minipush == self.wechat


@dataclass(frozen=True, slots=True)
class SendComparison:
    """One message to many users.

    `accepted`: the openids in WeChat's ledger, once for each message. `undelivered`: the openids of accepted messages
    that WeChat did not deliver, whether or not minipush already counts them as failed.
    """

    results: Results
    accepted: Sequence[str]
    undelivered: frozenset[str] = frozenset()

    def rows(self) -> Iterator[Row]:
        yield Row("  sent", self.count("sent"), self.count_accepted("sent"))
        for status in ("failed", "skipped"):
            for reason, count in sorted(self._reasons(status).items()):
                yield Row(f"  {status}: {reason}", count)
        yield Row("  unknown", self.count("unknown"))
        yield Row("    of which WeChat accepted", None, self.count_accepted("unknown"))
        yield Row("  accepted by WeChat for none of the users above", 0, self._count_unexpected())
        yield Row("  users reached more than once", 0, self._count_reached_again())

    def count(self, status: str) -> int:
        return sum(result["status"] == status for result in self.results.values())

    def count_accepted(self, status: str) -> int:
        """The number of messages that WeChat accepted for users with this status."""
        return sum(self._status(openid) == status for openid in self.accepted)

    def count_spent(self) -> int:
        """The number of spent permits, delivered or not."""
        return self.count("sent") + self._count_failed_later()

    def _count_failed_later(self) -> int:
        return sum(self._status(openid) == "failed" for openid in self.undelivered)

    def _status(self, openid: str) -> str | None:
        return self.results.get(openid, {}).get("status")

    def _reasons(self, status: str) -> Counter[str]:
        results = self.results.values()
        return Counter(result["reason"] for result in results if result["status"] == status)

    def _count_unexpected(self) -> int:
        expected = self.count_accepted("sent") + self.count_accepted("unknown") + self._count_failed_later()
        return len(self.accepted) - expected

    def _count_reached_again(self) -> int:
        return sum(count > 1 for count in Counter(self.accepted).values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciliation:
    """`left`: the pool as the sweep measured it. `summary` and `messages`: the simulator's ledger."""

    collected: CollectResult
    direct: Results
    campaign: Results
    left: int
    summary: Mapping[str, Any]
    messages: Sequence[Mapping[str, Any]]

    def rows(self) -> list[Row]:
        users = Row("users", len(self.direct), self.summary["users"])
        direct, campaign = self._sends()
        holders = Row("a campaign to all permit holders", len(self.campaign))
        sends = [Row("a message to each"), *direct.rows(), holders, *campaign.rows()]
        return [users, *sends, Row("permits"), *self._permits()]

    def _sends(self) -> tuple[SendComparison, SendComparison]:
        return (
            SendComparison(self.direct, self._accepted(DIRECT)),
            SendComparison(self.campaign, self._accepted(CAMPAIGN)),
        )

    def _accepted(self, template_id: str) -> list[str]:
        return [message["openid"] for message in self.messages if message["template_id"] == template_id]

    def _permits(self) -> Iterator[Row]:
        collected = self.collected
        expired = collected.rejected["expired"]
        yield Row("  ids collected", collected.stored, self._count_ids() - expired)
        for reason, count in sorted(collected.rejected.items()):
            yield Row(f"    rejected: {reason}", count)
        yield Row("  sends that these ids allow", collected.sends, self._count_given() - expired)
        yield Row("  spent", self._count("sent"), self._count_accepted("sent"))
        rejected_by_wechat = self.summary["form_ids"]["expired"] - expired
        yield Row("  invalidated: WeChat rejected them", self._count_invalidated(), rejected_by_wechat)
        yield Row("  claimed, outcome unknown", self._count("unknown"))
        yield Row("  left in the pool", self.left, self._count_live())

    def _count(self, status: str) -> int:
        return sum(sends.count(status) for sends in self._sends())

    def _count_accepted(self, status: str) -> int:
        return sum(sends.count_accepted(status) for sends in self._sends())

    def _count_invalidated(self) -> int:
        return self.collected.sends - self._count("sent") - self._count("unknown") - self.left

    def _count_ids(self, *kinds: str) -> int:
        """The number of ids that WeChat gave out, in every state."""
        return sum(sum(self.summary[kind].values()) for kind in kinds or ("form_ids", "prepay_ids"))

    def _count_given(self) -> int:
        return self._count_ids("form_ids") + SENDS_OF_A_PREPAY_ID * self._count_ids("prepay_ids")

    def _count_live(self) -> int:
        """The sends that WeChat would still accept, less the permits that stay claimed after a lost answer."""
        spent_of_prepay_ids = sum(message["permit"] == "pay" for message in self.messages)
        prepay_ids = SENDS_OF_A_PREPAY_ID * self._count_ids("prepay_ids") - spent_of_prepay_ids
        claimed = self._count("unknown") - self._count_accepted("unknown")
        return int(self.summary["form_ids"]["live"] + prepay_ids - claimed)


def all_match(rows: Sequence[Row]) -> bool:
    return all(row.matches for row in rows)


def table(rows: Sequence[Row], others: str = "WeChat") -> str:
    width = max(len(row.label) for row in rows)
    lines = [f"{'':{width}}  {'minipush':>8}  {others:>8}"]
    for row in rows:
        ours, theirs = ("" if number is None else str(number) for number in (row.minipush, row.wechat))
        mark = "" if row.matches else "  <- they disagree"
        lines.append(f"{row.label:{width}}  {ours:>8}  {theirs:>8}{mark}".rstrip())
    return "\n".join(lines)
