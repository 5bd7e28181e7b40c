import pytest

from minipush.domain import permit_kinds
from minipush.domain.permits import WITHDRAWAL, Claim, Permit
from minipush.domain.settings_log import KEPT_MS, Changer, SettingsChange, SettingsStep
from minipush.domain.template_refusals import TemplateRefusal
from minipush.domain.timelines import (
    DeliveryFailure,
    StoredPermit,
    TimelineEntry,
    TimelineEvent,
    UserHistory,
    timeline,
)

NOW = 1_800_000_000_000
FORM = Permit(permit_kinds.FORM, "f", NOW + 1000)
ONCE = Permit(permit_kinds.ONCE, "a", template_id="T1")
MARKER = Permit(permit_kinds.LONG, "", claim=Claim("c-7/x", NOW - 5))


def entries(*permits: StoredPermit) -> list[TimelineEntry]:
    return timeline(UserHistory(permits), NOW)


def claimed(claim: Claim, failure: DeliveryFailure | None = None) -> list[TimelineEntry]:
    """Without the entry of the accept itself."""
    return [
        entry
        for entry in entries(StoredPermit(ONCE._replace(claim=claim), NOW - 99, failure))
        if entry.at > NOW - 99
    ]


def test_who_has_nothing_has_an_empty_timeline() -> None:
    assert timeline(UserHistory(), NOW) == []


def test_a_permit_begins_with_its_upload() -> None:
    [entry] = entries(StoredPermit(ONCE, NOW - 5))
    assert entry == TimelineEntry(
        at=NOW - 5, event=TimelineEvent.PERMIT_ADDED, permit_kind="once", template_id="T1", permits=1
    )


def test_the_three_uses_of_a_payment_are_one_entry() -> None:
    pay = Permit(permit_kinds.PAY, "wx1", NOW + 1000)
    [entry] = entries(*(StoredPermit(pay._replace(use=use), NOW - 5) for use in (1, 2, 3)))
    assert (entry.event, entry.permit_kind, entry.permits) == (TimelineEvent.PERMIT_ADDED, "pay", 3)


def test_a_permit_of_unknown_age_shows_what_became_of_it() -> None:
    assert entries(StoredPermit(FORM)) == []
    [entry] = entries(StoredPermit(FORM._replace(expires_at=NOW)))
    assert (entry.event, entry.at) == (TimelineEvent.PERMIT_EXPIRED, NOW)


def test_a_permit_that_was_spent_does_not_expire() -> None:
    spent = FORM._replace(expires_at=NOW - 1, claim=Claim("c-1/x", NOW - 5))
    assert [entry.event for entry in entries(StoredPermit(spent))] == [TimelineEvent.SENT]


@pytest.mark.parametrize(("delivery", "campaign"), [("c-1", "c-1"), ("work-1", None)])
def test_a_message_names_its_campaign(delivery: str, campaign: str | None) -> None:
    [entry] = claimed(Claim(f"{delivery}/x", NOW - 5))
    assert (entry.event, entry.at, entry.campaign) == (TimelineEvent.SENT, NOW - 5, campaign)


def test_a_message_through_a_long_term_permit_is_an_entry_and_no_new_permit() -> None:
    [entry] = entries(StoredPermit(MARKER))
    assert (entry.event, entry.campaign, entry.permit_kind) == (TimelineEvent.SENT, "c-7", "long")


def test_a_message_in_doubt_is_unknown() -> None:
    [entry] = claimed(Claim("c-1/x", NOW - 5, is_reported_unknown=True))
    assert entry.event is TimelineEvent.UNKNOWN


def test_a_message_that_wechat_refused_has_the_errcode() -> None:
    [entry] = claimed(Claim("c-1/x", NOW - 5, invalidated_by=43101))
    assert (entry.event, entry.errcode, entry.campaign) == (TimelineEvent.REFUSED, 43101, "c-1")


def test_a_late_failure_follows_the_message_at_its_own_time() -> None:
    claim = Claim("c-1/x", NOW - 50, failed_msgid="7")
    failed, sent = claimed(claim, DeliveryFailure(NOW - 5, 5))
    assert (sent.event, sent.at, sent.errcode) == (TimelineEvent.SENT, NOW - 50, None)
    assert (failed.event, failed.at, failed.errcode) == (TimelineEvent.DELIVERY_FAILED, NOW - 5, 5)
    assert failed.campaign == "c-1"


def test_a_late_failure_is_not_older_than_its_send() -> None:
    """WeChat tells the time of an event in whole seconds."""
    failed, sent = claimed(Claim("c-1/x", NOW, failed_msgid="7"), DeliveryFailure(NOW - 31, 5))
    assert (failed.event, failed.at) == (TimelineEvent.DELIVERY_FAILED, NOW)
    assert (sent.event, sent.at) == (TimelineEvent.SENT, NOW)


def test_a_late_failure_of_unknown_time_comes_right_after_the_message() -> None:
    failed, sent = claimed(Claim("c-1/x", NOW - 50, failed_msgid="7"), DeliveryFailure(None, None))
    assert (failed.at, failed.event, sent.event) == (
        NOW - 50,
        TimelineEvent.DELIVERY_FAILED,
        TimelineEvent.SENT,
    )


def test_a_withdrawal_is_the_users_and_no_message() -> None:
    [entry] = claimed(Claim(WITHDRAWAL, NOW - 5, invalidated_by=43101))
    assert (entry.event, entry.errcode, entry.campaign) == (TimelineEvent.PERMIT_WITHDRAWN, None, None)


@pytest.mark.parametrize(("is_ban", "note"), [(False, "reject"), (True, "ban")])
def test_a_refused_prompt_names_the_template(is_ban: bool, note: str) -> None:
    refusal = TemplateRefusal("T1", NOW - 5, is_ban=is_ban)
    [entry] = timeline(UserHistory(template_refusals=(refusal,)), NOW)
    assert (entry.event, entry.at, entry.template_id, entry.note) == (
        TimelineEvent.PROMPT_REFUSED,
        NOW - 5,
        "T1",
        note,
    )


def test_changed_settings_say_who_changed_what_for_ninety_days() -> None:
    log = tuple(
        SettingsChange(NOW - age, Changer.USER, SettingsStep.OPTED_OUT) for age in (KEPT_MS, KEPT_MS - 1)
    )
    [entry] = timeline(UserHistory(settings_log=log), NOW)
    assert (entry.event, entry.note, entry.by) == (TimelineEvent.SETTINGS_CHANGED, "opted_out", Changer.USER)


def test_the_newest_entry_comes_first() -> None:
    permits = [StoredPermit(ONCE._replace(id=f"a{n}"), NOW - n) for n in (5, 1, 9, 3)]
    assert [NOW - entry.at for entry in entries(*permits)] == [1, 3, 5, 9]
