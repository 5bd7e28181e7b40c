"""The report of all runs: a table, the goals, and the counts that must be right."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

NAMES: Final = {
    "articles": "the articles' way",
    "per_user": "by user, in threads",
    "ours": "minipush",
    "bare": "bare client, no ledger",
}
# Messages per CPU-second, by the permits that each user holds.
GOALS: Final = {3: 3000, 10: 2000}
RATIO_GOAL: Final = 8
MOST_CURSOR_WRITES: Final = 0.01
# Allows for the allocator's variation; real growth with the audience would be hundreds of bytes per user.
MOST_GROWTH: Final = 1.15
HEAD: Final = (
    "                          answers   permits   messages per    messages    peak\n"
    "                            after    a user     CPU-second    a second      MB   users"
)


@dataclass(slots=True)
class Run:
    """`figures`: as the contender's process reported them."""

    name: str
    delay: int
    permits: int
    users: int
    figures: Mapping[str, float]
    counts_are_right: bool

    @property
    def per_cpu_second(self) -> float:
        return self.users / self.figures["cpu_seconds"]

    @property
    def line(self) -> str:
        return (
            f"{NAMES[self.name]:24}{self.delay:6} ms{self.permits or '':>10}{self.per_cpu_second:15,.0f}"
            f"{self.users / self.figures['seconds']:12,.0f}{self.figures['peak_mb']:8.0f}{self.users:8,}"
            f"{'' if self.counts_are_right else '   WRONG: not each user once'}"
        )

    def as_json(self) -> dict[str, Any]:
        return {
            "contender": self.name,
            "wechat_ms": self.delay,
            "permits": self.permits,
            "users": self.users,
            "per_cpu_second": round(self.per_cpu_second, 1),
            "counts_are_right": self.counts_are_right,
            **{name: round(value, 4) for name, value in self.figures.items()},
        }


@dataclass(slots=True)
class Report:
    """`put_units`: write units to collect one permit."""

    runs: list[Run] = field(default_factory=list)
    put_units: float = 0.0

    @property
    def ours(self) -> list[Run]:
        return [run for run in self.runs if run.name == "ours"]

    @property
    def writes_per_message(self) -> list[float]:
        """The permit's put and its claim, in each run."""
        return [self.put_units + run.figures["user_units"] / run.users for run in self.ours]

    @property
    def cursor_writes_per_message(self) -> float:
        return max(run.figures["campaign_units"] / run.users for run in self.ours)

    @property
    def memory_growth(self) -> float:
        """The peak of our last run, relative to the run before it, which has fewer users."""
        small, large = self.ours[-2:]
        return large.figures["peak_mb"] / small.figures["peak_mb"]

    @property
    def counts_are_right(self) -> bool:
        return all(self.checks().values())

    def checks(self) -> dict[str, bool]:
        return {
            "each user reached once": all(run.counts_are_right for run in self.runs),
            "2.0 writes a message": {*self.writes_per_message} == {2.0},
            "cursor writes below 0.01": self.cursor_writes_per_message < MOST_CURSOR_WRITES,
            "memory does not grow": self.memory_growth < MOST_GROWTH,
        }

    def goals(self) -> dict[str, bool]:
        """Where several runs have the same parameters, the slowest counts."""
        speeds: dict[str, bool] = {}
        for run in self.ours:
            goal = GOALS[run.permits]
            what = f"{goal:,} per CPU-second at {run.permits} permits, {run.delay} ms"
            speeds[what] = speeds.get(what, True) and run.per_cpu_second >= goal
        return speeds | {
            f"{RATIO_GOAL} times by user at {permits} permits, {delay} ms": ratio >= RATIO_GOAL
            for permits, delay, ratio in self.ratios()
        }

    def ratios(self) -> Iterator[tuple[int, int, float]]:
        """Permits, delay, and our speed relative to the by-user contender's with the same parameters."""
        ours = {(run.permits, run.delay): run.per_cpu_second for run in reversed(self.ours)}
        for run in self.runs:
            if run.name == "per_user":
                where = (run.permits, run.delay)
                yield *where, ours[where] / run.per_cpu_second

    def text(self) -> str:
        lines = [HEAD, *(run.line for run in self.runs), ""]
        lines += [
            f"minipush to by user, {permits:2} permits, {delay:2} ms: {ratio:.1f} times"
            for permits, delay, ratio in self.ratios()
        ]
        lines += [
            f"writes a message: {max(self.writes_per_message):g}, and {self.cursor_writes_per_message:.4f} for cursors",
            f"memory: {self.memory_growth:.2f} times for {self.ours[-1].users // self.ours[-2].users} times the users",
            "",
        ]
        lines += [f"{'right ' if right else 'WRONG '} {what}" for what, right in self.checks().items()]
        lines += [f"{'met   ' if met else 'missed'} {what}" for what, met in self.goals().items()]
        return "\n".join(lines)

    def as_json(self) -> dict[str, Any]:
        return {
            "runs": [run.as_json() for run in self.runs],
            "ratios": [
                {"permits": permits, "wechat_ms": delay, "ours_to_per_user": round(ratio, 2)}
                for permits, delay, ratio in self.ratios()
            ],
            "writes_per_message": max(self.writes_per_message),
            "cursor_writes_per_message": round(self.cursor_writes_per_message, 5),
            "memory_growth": round(self.memory_growth, 3),
            "checks": self.checks(),
            "goals": self.goals(),
        }
