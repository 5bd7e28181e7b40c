"""What asking costs, and what a plan may hold."""

from dataclasses import dataclass, field

import pytest
from support.memory import MemoryStore, MemoryTargetStore, MemoryTemplates

from minipush.application.prompts.choose_prompt import ChoosePrompt
from minipush.application.prompts.set_subscription_targets import SetSubscriptionTargets
from minipush.domain.prompts import Prompt, SubscriptionTargets, Target
from minipush.domain.templates import SyncedTemplates, Template
from minipush.domain.users import User
from minipush.errors import ContradictionError

NOW = 1_800_000_000_000
MINUTE_MS = 60_000


def template(id_: str, *, is_long_term: bool = False) -> Template:
    return Template(id_, f"about {id_}", "", "", is_long_term=is_long_term, keys=(), enums={})


@dataclass
class Asking:
    now: int = NOW
    reads: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.plans, self.templates = MemoryTargetStore(), MemoryTemplates()
        counted = Counted(self.reads, self.plans, self.templates)
        self.choose_prompt = ChoosePrompt(counted.users, counted.plans, counted.templates, lambda: self.now)
        self.set_subscription_targets = SetSubscriptionTargets(self.plans, self.templates, lambda: self.now)

    def ask(self, sdk_version: str | None = None) -> Prompt:
        return self.choose_prompt("anna", sdk_version)

    def sync(self, *templates: Template) -> None:
        self.templates.keep(SyncedTemplates(self.now, templates))


class Counted:
    """Stores that note each read."""

    def __init__(self, reads: list[str], plans: MemoryTargetStore, templates: MemoryTemplates) -> None:
        class Users(MemoryStore):
            def read(self, openid: str) -> User:
                reads.append("user")
                return MemoryStore.read(self, openid)

        class Plans(MemoryTargetStore):
            def read(self) -> SubscriptionTargets:
                reads.append("plan")
                return plans.read()

        class Templates(MemoryTemplates):
            def read(self) -> SyncedTemplates | None:
                reads.append("templates")
                return templates.read()

        self.users, self.plans, self.templates = Users(), Plans(), Templates()


def test_an_answer_costs_three_reads_and_within_the_minute_one() -> None:
    here = Asking()
    here.set_subscription_targets((Target("T1", 1),), 72)
    here.ask()
    assert sorted(here.reads) == ["plan", "templates", "user"]
    here.reads.clear()
    here.now += MINUTE_MS - 1
    here.ask()
    assert here.reads == ["user"]


def test_a_changed_plan_counts_within_a_minute() -> None:
    here = Asking()
    here.set_subscription_targets((Target("T1", 1),), 72)
    assert here.ask().template_ids == ("T1",)
    here.set_subscription_targets((Target("T2", 1),), 72)
    here.now += MINUTE_MS
    assert here.ask().template_ids == ("T2",)


def test_without_a_plan_nothing_is_asked_for_and_nobody_looked_up() -> None:
    here = Asking()
    assert [here.ask() for _ in range(3)] == [Prompt()] * 3
    assert here.reads == ["plan"]


def test_a_first_plan_counts_within_a_minute() -> None:
    here = Asking()
    here.ask()
    here.set_subscription_targets((Target("T1", 1),), 72)
    here.now += MINUTE_MS
    assert here.ask().template_ids == ("T1",)


def test_a_client_that_cannot_ask_costs_no_read() -> None:
    here = Asking()
    here.set_subscription_targets((Target("T1", 1),), 72)
    assert here.ask("2.4.3") == Prompt()
    assert here.reads == []


def test_what_a_later_sync_no_longer_lists_is_not_asked_for() -> None:
    """One id that is gone would fail the call for all the others."""
    here = Asking()
    here.set_subscription_targets((Target("T1", 1), Target("T2", 1)), 72)
    here.now += 1
    here.sync(template("T2"))
    assert here.ask().template_ids == ("T2",)


def test_what_was_planned_after_the_sync_may_be_newer_than_it() -> None:
    here = Asking()
    here.sync(template("T2"))
    here.now += 1
    here.set_subscription_targets((Target("T1", 1), Target("T2", 1)), 72)
    assert here.ask().template_ids == ("T1", "T2")


def test_what_was_planned_in_the_very_moment_of_the_sync_may_be_newer_than_it() -> None:
    here = Asking()
    here.sync(template("T2"))
    here.set_subscription_targets((Target("T1", 1), Target("T2", 1)), 72)
    assert here.ask().template_ids == ("T1", "T2")


def test_what_a_sync_no_longer_lists_is_no_newer_for_being_planned_again() -> None:
    here = Asking()
    here.set_subscription_targets((Target("T1", 1), Target("T2", 1)), 72)
    here.now += 1
    here.sync(template("T2"))
    here.now += 1
    here.set_subscription_targets(here.set_subscription_targets.read().targets, 48)
    here.set_subscription_targets((Target("T3", 1), Target("T1", 5), Target("T2", 1)), 48)
    assert here.ask().template_ids == ("T3", "T2")


def test_what_was_out_of_the_plan_is_new_when_it_comes_back() -> None:
    here = Asking()
    here.set_subscription_targets((Target("T1", 1),), 72)
    here.now += 1
    here.sync(template("T2"))
    here.now += 1
    here.set_subscription_targets((), 72)
    here.set_subscription_targets((Target("T1", 1),), 72)
    assert here.ask().template_ids == ("T1",)


def test_a_plan_that_contradicts_the_sync_is_not_kept() -> None:
    here = Asking()
    here.sync(template("T1"), template("L1", is_long_term=True))
    goals = (
        Target("T1", 1, long_term=True),
        Target("T9", 1, long_term=True),
        Target("L1", 1, long_term=False),
    )
    with pytest.raises(ContradictionError) as error:
        here.set_subscription_targets(goals, 72)
    assert error.value.places == [0, 2]
    assert here.set_subscription_targets.read() == SubscriptionTargets()


def test_what_was_not_given_follows_the_sync_also_a_later_one() -> None:
    here = Asking()
    planned = here.set_subscription_targets((Target("T1", 1), Target("L1", 1)), 72)
    assert [goal.long_term for goal in planned.targets] == [False, False]
    here.sync(template("T1"), template("L1", is_long_term=True))
    assert [goal.long_term for goal in here.set_subscription_targets.read().targets] == [False, True]


def test_what_was_given_gives_way_to_a_later_sync() -> None:
    here = Asking()
    here.set_subscription_targets((Target("T1", 1, long_term=True),), 72)
    here.now += 1
    here.sync(template("T1"))
    assert here.ask() == Prompt(("T1",))
