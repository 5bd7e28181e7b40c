"""Builders of the text check, complaints, sanctions and appeals."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from minipush.adapters.dynamodb.centre.complaints import DynamoComplaints
    from minipush.adapters.dynamodb.centre.sanctions import DynamoSanctions
    from minipush.application.centre.appeal_sanction import AppealSanction, DecideAppeal
    from minipush.application.centre.check_push_text import CheckInboxTexts, CheckPushText
    from minipush.application.centre.complain import Complain
    from minipush.application.centre.decide_complaint import DecideComplaint
    from minipush.application.centre.read_cases import ReadCases
    from minipush.application.centre.sanction_app import SanctionApp
    from minipush.application.messages.check_text import TextChecks
    from minipush.container.message_centre import MessageCentre


def complaints(m: "MessageCentre") -> "DynamoComplaints":
    from minipush.adapters.dynamodb.centre.complaints import DynamoComplaints

    return DynamoComplaints(m.table)


def sanctions(m: "MessageCentre") -> "DynamoSanctions":
    from minipush.adapters.dynamodb.centre.sanctions import DynamoSanctions

    return DynamoSanctions(m.table)


def text_checks(m: "MessageCentre") -> "TextChecks":
    from minipush.adapters.wechat.circuit_breaker import CircuitBreaker
    from minipush.adapters.wechat.text_check import SparingTextCheck
    from minipush.application.messages.check_text import TextChecks

    c = m.container
    checker = SparingTextCheck(c.text_check, CircuitBreaker(c.clock))
    return TextChecks(checker, c.text_check_cache, c.clock)


def check_push_text(m: "MessageCentre") -> "CheckPushText":
    from minipush.application.centre.check_push_text import CheckPushText, TextCheckUnder

    clock, store = m.container.clock, m.sanctions
    return CheckPushText(
        m.text_checks,
        m.container.users.last_login,
        lambda appid: store.count_blocked_text(appid, clock()),
        clock,
        TextCheckUnder(m.settings.text_check_under),
    )


def check_inbox_texts(m: "MessageCentre") -> "CheckInboxTexts":
    from minipush.application.centre.check_push_text import CheckInboxTexts

    clock, store = m.container.clock, m.sanctions
    return CheckInboxTexts(
        lambda: m.text_checks,
        lambda appid: store.count_blocked_text(appid, clock()),
        m.inbox.keep_text_check,
    )


def complain(m: "MessageCentre") -> "Complain":
    from minipush.application.centre.complain import Complain

    return Complain(m.inbox.find, m.complaints, m.sanctions, m.app_use.messages_of_day, m.container.clock)


def decide_complaint(m: "MessageCentre") -> "DecideComplaint":
    from minipush.application.centre.decide_complaint import DecideComplaint

    return DecideComplaint(m.complaints, m.sanctions, m.container.clock)


def sanction_app(m: "MessageCentre") -> "SanctionApp":
    from minipush.application.centre.sanction_app import SanctionApp

    return SanctionApp(m.sanctions, m.container.clock)


def appeal_sanction(m: "MessageCentre") -> "AppealSanction":
    from minipush.application.centre.appeal_sanction import AppealSanction

    return AppealSanction(m.sanctions, m.container.clock)


def decide_appeal(m: "MessageCentre") -> "DecideAppeal":
    from minipush.application.centre.appeal_sanction import DecideAppeal

    return DecideAppeal(m.sanctions, m.container.clock)


def read_cases(m: "MessageCentre") -> "ReadCases":
    from minipush.application.centre.read_cases import ReadCases

    return ReadCases(m.complaints, m.sanctions, m.container.clock)
