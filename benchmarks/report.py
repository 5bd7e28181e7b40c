"""The report of all runs: a table, the goals, and the counts that must be right."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

NAMES: Final = {
    "articles": "the articles' way",
    "per_user": "by user, in threads",
    "ours": "minipush",
    "bare_aiohttp": "bare aiohttp, no ledger",
    "bare_curl": "bare libcurl, no ledger",
}
PERMITS: Final = (3, 10)
# At 3 permits over TLS, as ratios within the run.
RATIO_GOALS: Final = {"per_user": 16, "bare_aiohttp": 1.0, "bare_curl": 0.3}
# At 10 permits, relative to 3 permits.
MORE_PERMITS_GOAL: Final = 0.8
MOST_CURSOR_WRITES: Final = 0.01
# Allows for the allocator's variation; real growth with the audience would be hundreds of bytes per user.
MOST_GROWTH: Final = 1.15
HEAD: Final = (
    "                                 answers  permits   messages per    messages    peak\n"
    "                                   after   a user     CPU-second    a second      MB   users"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """`delay`: of WeChat's answers, in ms. `permits`: a user's, also where a client without a ledger is compared."""

    delay: int = field(kw_only=False)
    permits: int = field(kw_only=False)
    has_tls: bool
    subscribes: bool = False

    def __str__(self) -> str:
        return f"{self.permits} permits, {'TLS' if self.has_tls else 'HTTP'}, {self.delay} ms"


@dataclass(slots=True)
class Run:
    """`figures`: as the contender's process reported them."""

    name: str
    case: Case
    users: int
    figures: Mapping[str, float]
    counts_are_right: bool

    @property
    def per_cpu_second(self) -> float:
        return self.users / self.figures["cpu_seconds"]

    @property
    def line(self) -> str:
        case = self.case
        what = f"{NAMES[self.name]}{', subscriptions' if case.subscribes else ''}"
        return (
            f"{what:36}{'TLS ' if case.has_tls else 'HTTP'}{case.delay:4} ms{case.permits or '':>6}"
            f"{self.per_cpu_second:13,.0f}{self.users / self.figures['seconds']:12,.0f}"
            f"{self.figures['peak_mb']:8.0f}{self.users:8,}"
            f"{'' if self.counts_are_right else '   WRONG: not each user once'}"
        )

    def as_json(self) -> dict[str, Any]:
        return {
            "contender": self.name,
            "wechat_ms": self.case.delay,
            "permits": self.case.permits,
            "tls": self.case.has_tls,
            "type": "subscribe" if self.case.subscribes else "template",
            "users": self.users,
            "per_cpu_second": round(self.per_cpu_second, 1),
            "counts_are_right": self.counts_are_right,
            **{name: round(value, 4) for name, value in self.figures.items()},
        }


@dataclass(frozen=True, slots=True)
class Comparison:
    """Our speed in one case, relative to the others' in the same case; by contender."""

    case: Case
    ratios: Mapping[str, float]

    @property
    def line(self) -> str:
        shares = ", ".join(f"{ratio:.2f} times {NAMES[name]}" for name, ratio in self.ratios.items())
        return f"minipush, {self.case}: {shares}"

    def as_json(self) -> dict[str, Any]:
        return {
            "permits": self.case.permits,
            "wechat_ms": self.case.delay,
            "tls": self.case.has_tls,
            **{f"ours_to_{name}": round(ratio, 3) for name, ratio in self.ratios.items()},
        }


@dataclass(slots=True)
class Report:
    """`put_units`: write units to collect one permit. `judges_memory`: whether the audiences are far enough apart for
    growth to show beside what the allocator and a busy machine change.
    """

    runs: list[Run] = field(default_factory=list)
    put_units: float = 0.0
    judges_memory: bool = True

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
        checks = {
            "each user reached once": all(run.counts_are_right for run in self.runs),
            "2.0 writes a message": {*self.writes_per_message} == {2.0},
            "cursor writes below 0.01": self.cursor_writes_per_message < MOST_CURSOR_WRITES,
        }
        if self.judges_memory:
            checks["memory does not grow"] = self.memory_growth < MOST_GROWTH
        return checks

    @property
    def goals_are_met(self) -> bool:
        return all(self.goals().values())

    def goals(self) -> dict[str, bool]:
        met: dict[str, bool] = {}
        for compared in self.comparisons:
            if compared.case.has_tls and compared.case.permits == min(PERMITS):
                for name, goal in RATIO_GOALS.items():
                    what = f"{goal} times {NAMES[name]}: {compared.case}"
                    met[what] = compared.ratios[name] >= goal
        for case, ratio in self._more_permits():
            met[f"{MORE_PERMITS_GOAL} times the speed with fewer permits: {case}"] = (
                ratio >= MORE_PERMITS_GOAL
            )
        return met

    @property
    def comparisons(self) -> list[Comparison]:
        """Of formIds."""
        return [
            Comparison(case, self._ratios(case))
            for case in dict.fromkeys(run.case for run in self.ours)
            if not case.subscribes
        ]

    def _ratios(self, case: Case) -> dict[str, float]:
        ours = self._speed("ours", case)
        return {name: ours / self._speed(name, case) for name in RATIO_GOALS}

    def _more_permits(self) -> Iterator[tuple[Case, float]]:
        few, many = PERMITS
        for case in [compared.case for compared in self.comparisons if compared.case.permits == many]:
            ratio = self._speed("ours", case) / self._speed("ours", replace(case, permits=few))
            yield case, ratio

    def _speed(self, name: str, case: Case) -> float:
        """Over all runs of the case; of ours, the first one: later ones measure memory."""
        runs = [run for run in self.runs if (run.name, run.case) == (name, case)]
        counted = runs[:1] if name == "ours" else runs
        return sum(run.users for run in counted) / sum(run.figures["cpu_seconds"] for run in counted)

    def text(self) -> str:
        lines = [HEAD, *(run.line for run in self.runs), ""]
        lines += [compared.line for compared in self.comparisons]
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
            "ratios": [compared.as_json() for compared in self.comparisons],
            "writes_per_message": max(self.writes_per_message),
            "cursor_writes_per_message": round(self.cursor_writes_per_message, 5),
            "memory_growth": round(self.memory_growth, 3),
            "checks": self.checks(),
            "goals": self.goals(),
        }
