"""minipush's own numbers beside those of WeChat's ledger, and whether they agree."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from local.demo.back_end import CAMPAIGN, DIRECT
from local.demo.crowd import SENDS_OF_A_PREPAY_ID, CollectResult

type Results = Mapping[str, Mapping[str, Any]]
"""What minipush says became of a message, by openid."""


@dataclass(frozen=True, slots=True)
class Line:
    """One number, as minipush has it and as WeChat has it; None where one of them can't know."""

    label: str
    ours: int | None = None
    theirs: int | None = None

    @property
    def agrees(self) -> bool:
        return None in (self.ours, self.theirs) or self.ours == self.theirs


@dataclass(frozen=True, slots=True)
class Sends:
    """One message to many. `taken`: the openids in WeChat's ledger, once for each time; `undelivered`: those of
    messages that WeChat took and did not deliver, whether or not minipush counts them as failed by now.
    """

    results: Results
    taken: Sequence[str]
    undelivered: frozenset[str] = frozenset()

    def lines(self) -> Iterator[Line]:
        yield Line("  sent", self.count("sent"), self.reached("sent"))
        for status in ("failed", "skipped"):
            for reason, count in sorted(self._reasons(status).items()):
                yield Line(f"  {status}: {reason}", count)
        yield Line("  unknown", self.count("unknown"))
        yield Line("    of which WeChat took", None, self.reached("unknown"))
        yield Line("  taken by WeChat, but not for anybody above", 0, self._reached_besides())
        yield Line("  users reached more than once", 0, self._reached_again())

    def count(self, status: str) -> int:
        return sum(result["status"] == status for result in self.results.values())

    def reached(self, status: str) -> int:
        """Messages that WeChat took to users whose result is this."""
        return sum(self._status(openid) == status for openid in self.taken)

    def spent(self) -> int:
        """Permits that are gone for good, delivered or not."""
        return self.count("sent") + self._failed_later()

    def _failed_later(self) -> int:
        return sum(self._status(openid) == "failed" for openid in self.undelivered)

    def _status(self, openid: str) -> str | None:
        return self.results.get(openid, {}).get("status")

    def _reasons(self, status: str) -> Counter[str]:
        results = self.results.values()
        return Counter(result["reason"] for result in results if result["status"] == status)

    def _reached_besides(self) -> int:
        return len(self.taken) - self.reached("sent") - self.reached("unknown") - self._failed_later()

    def _reached_again(self) -> int:
        return sum(count > 1 for count in Counter(self.taken).values())


@dataclass(frozen=True, slots=True)
class Books:
    """`left`: the pool as the sweep measured it. `summary` and `messages` are the simulator's ledger."""

    collected: CollectResult
    direct: Results
    campaign: Results
    left: int
    summary: Mapping[str, Any]
    messages: Sequence[Mapping[str, Any]]

    def lines(self) -> list[Line]:
        users = Line("users", len(self.direct), self.summary["users"])
        direct, campaign = self._sends()
        holders = Line("a campaign to all who held a permit then", len(self.campaign))
        headed = [Line("a message to each"), *direct.lines(), holders, *campaign.lines()]
        return [users, *headed, Line("permits"), *self._permits()]

    def _sends(self) -> tuple[Sends, Sends]:
        return Sends(self.direct, self._taken(DIRECT)), Sends(self.campaign, self._taken(CAMPAIGN))

    def _taken(self, template_id: str) -> list[str]:
        return [message["openid"] for message in self.messages if message["template_id"] == template_id]

    def _permits(self) -> Iterator[Line]:
        kept = self.collected
        expired = kept.rejected["expired"]
        yield Line("  ids collected", kept.stored, self._ids() - expired)
        for reason, count in sorted(kept.rejected.items()):
            yield Line(f"    refused at the door: {reason}", count)
        yield Line("  sends that they are worth", kept.sends, self._given() - expired)
        yield Line("  spent", self._count("sent"), self._reached("sent"))
        yield Line("  dead: WeChat refused them", self._dead(), self.summary["form_ids"]["expired"] - expired)
        yield Line("  held back: unknown", self._count("unknown"))
        yield Line("  left in the pool", self.left, self._live())

    def _count(self, status: str) -> int:
        return sum(sends.count(status) for sends in self._sends())

    def _reached(self, status: str) -> int:
        return sum(sends.reached(status) for sends in self._sends())

    def _dead(self) -> int:
        return self.collected.sends - self._count("sent") - self._count("unknown") - self.left

    def _ids(self, *kinds: str) -> int:
        """How many WeChat gave out, whatever became of them."""
        return sum(sum(self.summary[kind].values()) for kind in kinds or ("form_ids", "prepay_ids"))

    def _given(self) -> int:
        return self._ids("form_ids") + SENDS_OF_A_PREPAY_ID * self._ids("prepay_ids")

    def _live(self) -> int:
        """What WeChat would still take, less the permits that wait for ever on an answer that was lost."""
        spent_of_prepay_ids = sum(message["permit"] == "pay" for message in self.messages)
        prepay_ids = SENDS_OF_A_PREPAY_ID * self._ids("prepay_ids") - spent_of_prepay_ids
        untouched = self._count("unknown") - self._reached("unknown")
        return int(self.summary["form_ids"]["live"] + prepay_ids - untouched)


def agree(lines: Sequence[Line]) -> bool:
    return all(line.agrees for line in lines)


def table(lines: Sequence[Line]) -> str:
    width = max(len(line.label) for line in lines)
    rows = [f"{'':{width}}  {'minipush':>8}  {'WeChat':>8}"]
    for line in lines:
        ours, theirs = ("" if number is None else str(number) for number in (line.ours, line.theirs))
        verdict = "" if line.agrees else "  <- they disagree"
        rows.append(f"{line.label:{width}}  {ours:>8}  {theirs:>8}{verdict}".rstrip())
    return "\n".join(rows)
