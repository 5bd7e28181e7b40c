"""What a user is asked for next: never more than fits, never what was just refused, the neediest first."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minipush.domain import permit_kinds
from minipush.domain.permits import Claim, Permit
from minipush.domain.prompts import Prompt, SubscriptionTargets, Target, ids_per_call, next_prompt
from minipush.domain.template_refusals import TemplateRefusal
from minipush.domain.templates import Template
from minipush.domain.timestamps import HOUR_MS
from minipush.domain.users import User, UserSettings

NOW = 1_800_000_000_000
DAY_MS = 24 * HOUR_MS
T1, T2, T3, L1, L2 = (
    Target("T1", 2),
    Target("T2", 4),
    Target("T3", 1),
    Target("L1", 1, long_term=True),
    Target("L2", 1, long_term=True),
)
SPENT = Claim("d", NOW)


def once(template_id: str, count: int = 1, claim: Claim | None = None) -> list[Permit]:
    return [Permit(permit_kinds.ONCE, str(n), template_id=template_id, claim=claim) for n in range(count)]


def long(template_id: str) -> list[Permit]:
    return [Permit(permit_kinds.LONG, "", template_id=template_id)]


def template(id_: str, title: str, *, is_long_term: bool = False) -> Template:
    return Template(id_, title, "", "", is_long_term=is_long_term, keys=(), enums={})


def ask(
    *goals: Target,
    permits: list[Permit] | None = None,
    template_refusals: tuple[TemplateRefusal, ...] = (),
    templates: Mapping[str, Template] | None = None,
    room: int = 5,
    opt_out: bool = False,
) -> Prompt:
    user = User("anna", UserSettings(opt_out=opt_out), tuple(permits or ()), template_refusals)
    return next_prompt(SubscriptionTargets(goals), templates or {}, user, room, NOW)


@pytest.mark.parametrize(
    ("version", "ids"),
    [
        (None, 3),
        ("3.12.1", 5),
        ("3.12.10", 5),
        ("4.0.0", 5),
        ("10.0.0", 5),
        ("3.12.0", 3),
        ("3.2.1", 3),
        ("2.8.4", 3),
        ("2.10.0", 3),
        ("2.8.3", 1),
        ("2.4.4", 1),
        ("2.4.3", 0),
        ("1.99.99", 0),
    ],
)
def test_how_many_ids_a_client_takes(version: str | None, ids: int) -> None:
    assert ids_per_call(version) == ids


@pytest.mark.parametrize(
    ("goals", "permits", "asked"),
    [
        pytest.param([], [], Prompt(), id="nothing is planned"),
        pytest.param([T1], [], Prompt(("T1",)), id="nothing is there"),
        pytest.param([T1], once("T1"), Prompt(("T1",)), id="too few are there"),
        pytest.param([T1], once("T1", 2), Prompt(), id="enough are there"),
        pytest.param([T1], once("T1", 5), Prompt(), id="more than enough are there"),
        pytest.param([T1], once("T1", 2, SPENT), Prompt(("T1",)), id="what was spent is gone"),
        pytest.param([T1], long("T1"), Prompt(), id="a long-term one is enough by itself"),
        pytest.param([T1], once("T2", 2), Prompt(("T1",)), id="another template's don't count"),
        pytest.param([T1, T2], [], Prompt(("T1", "T2")), id="equally needy: by priority"),
        pytest.param(
            [T2, T1], once("T1") + once("T2", 2), Prompt(("T2", "T1")), id="half of each: by priority"
        ),
        pytest.param([T1, T2], once("T1"), Prompt(("T2", "T1")), id="the neediest first"),
        pytest.param([T1, T2], once("T2", 1), Prompt(("T1", "T2")), id="by share, not by number"),
        pytest.param([L1, L2], [], Prompt(("L1", "L2"), long_term=True), id="long-term ones together"),
        pytest.param([T1, L1, T3], [], Prompt(("T1", "T3")), id="no long-term one among the others"),
        pytest.param([L1, T1, L2], [], Prompt(("L1", "L2"), long_term=True), id="nor the other way round"),
        pytest.param([L1, T1], long("L1"), Prompt(("T1",)), id="then the others' turn"),
    ],
)
def test_what_is_asked_for(goals: list[Target], permits: list[Permit], asked: Prompt) -> None:
    assert ask(*goals, permits=permits) == asked


def test_who_opted_out_is_left_alone() -> None:
    assert ask(T1, opt_out=True) == Prompt()


@pytest.mark.parametrize(
    ("room", "asked"), [(5, ("T1", "T2", "T3")), (2, ("T1", "T2")), (1, ("T1",)), (0, ())]
)
def test_as_many_as_fit(room: int, asked: tuple[str, ...]) -> None:
    assert ask(T1, T2, T3, room=room) == Prompt(asked)


@pytest.mark.parametrize(
    ("said", "is_asked"),
    [
        (TemplateRefusal("T1", NOW), False),
        (TemplateRefusal("T1", NOW - 72 * HOUR_MS + 1), False),
        (TemplateRefusal("T1", NOW - 72 * HOUR_MS), True),
        (TemplateRefusal("T1", NOW - 72 * HOUR_MS, times=2), False),
        (TemplateRefusal("T1", NOW - 144 * HOUR_MS, times=2), True),
        (TemplateRefusal("T1", NOW - 30 * DAY_MS + 1, times=9), False),
        (TemplateRefusal("T1", NOW - 30 * DAY_MS, times=10**6), True),
        (TemplateRefusal("T1", NOW - 29 * DAY_MS, is_ban=True), False),
        (TemplateRefusal("T1", NOW - 30 * DAY_MS, is_ban=True), True),
        (TemplateRefusal("T2", NOW), True),
    ],
)
def test_a_no_is_respected_for_a_while(said: TemplateRefusal, is_asked: bool) -> None:
    assert ask(T1, template_refusals=(said,)) == Prompt(("T1",) if is_asked else ())


def test_the_operator_says_how_long_a_while_is() -> None:
    user = User("anna", template_refusals=(TemplateRefusal("T1", NOW - HOUR_MS),))
    assert next_prompt(SubscriptionTargets((T1,), pause_hours=1), {}, user, 5, NOW) == Prompt(("T1",))
    assert next_prompt(SubscriptionTargets((T1,), pause_hours=2), {}, user, 5, NOW) == Prompt()


def test_of_two_with_the_same_title_the_needier_one_is_asked_for() -> None:
    templates = {id_: template(id_, title) for id_, title in (("T1", "上课"), ("T2", "取餐"), ("T3", "上课"))}
    assert ask(T1, T2, T3, templates=templates) == Prompt(("T1", "T2"))
    assert ask(T1, T2, T3, templates=templates, permits=once("T1")) == Prompt(("T2", "T3"))


def test_titles_that_are_not_known_are_taken_for_distinct() -> None:
    assert ask(T1, T2, T3, templates={"T1": template("T1", "T2")}) == Prompt(("T1", "T2", "T3"))


def test_what_wechat_says_of_a_template_counts_for_more_than_the_plan() -> None:
    templates = {"T1": template("T1", "a", is_long_term=True), "L1": template("L1", "b")}
    assert ask(T1, L1, templates=templates) == Prompt(("T1",), long_term=True)
    assert ask(L1, T2, templates=templates) == Prompt(("L1", "T2"))


IDS = st.sampled_from([f"T{n}" for n in range(8)])
goals = st.lists(
    st.builds(Target, IDS, st.integers(1, 4), st.sampled_from([None, True, False])),
    unique_by=lambda goal: goal.template_id,
)
known = st.dictionaries(
    IDS,
    st.builds(
        lambda title, is_long: template("", title, is_long_term=is_long), st.sampled_from("ab"), st.booleans()
    ),
)
permits = st.lists(IDS.map(lambda id_: once(id_)[0]) | IDS.map(lambda id_: long(id_)[0]))
template_refusals = st.lists(
    st.builds(TemplateRefusal, IDS, st.integers(NOW - 40 * DAY_MS, NOW), st.integers(1, 20), st.booleans()),
    unique_by=lambda refusal: refusal.template_id,
)


@given(goals, known, permits, template_refusals, st.integers(0, 5), st.integers(1, 720))
def test_whatever_there_is_one_call_can_take_what_is_asked_for(
    goals: list[Target],
    known: dict[str, Template],
    permits: list[Permit],
    template_refusals: list[TemplateRefusal],
    room: int,
    pause_hours: int,
) -> None:
    user = User("anna", permits=tuple(permits), template_refusals=tuple(template_refusals))
    asked = next_prompt(SubscriptionTargets(tuple(goals), pause_hours), known, user, room, NOW)
    by_id = {goal.template_id: goal for goal in goals}
    assert len(asked.template_ids) == len(set(asked.template_ids)) <= room
    assert {by_id[id_].is_long_term(known) for id_ in asked.template_ids} <= {asked.long_term}
    titles = [known[id_].title for id_ in asked.template_ids if id_ in known]
    assert len(titles) == len(set(titles))
    said = {refusal.template_id: refusal for refusal in template_refusals}
    within = [id_ for id_ in asked.template_ids if id_ in said and said[id_].at + pause_hours * HOUR_MS > NOW]
    assert within == []


@given(goals, permits, st.integers(1, 5))
def test_who_lacks_something_is_asked_for_something(
    goals: list[Target], permits: list[Permit], room: int
) -> None:
    live = [permit.template_id for permit in permits if permit.kind is permit_kinds.ONCE]
    kept = {permit.template_id for permit in permits if permit.kind is permit_kinds.LONG}
    lacks = [g for g in goals if g.template_id not in kept and live.count(g.template_id) < g.wanted]
    asked = next_prompt(
        SubscriptionTargets(tuple(goals)), {}, User("anna", permits=tuple(permits)), room, NOW
    )
    assert bool(asked.template_ids) is bool(lacks)
