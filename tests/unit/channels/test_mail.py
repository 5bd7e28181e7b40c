"""The text of mails, and what mail servers' replies mean."""

import re
from dataclasses import replace
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

import pytest
from support.reminder_channels import MAIL_FROM, MESSAGE_ID, reminder

from minipush.application.ports.reminder_channel import Concerns, ReminderVerdict
from minipush.channels.email.addresses import read_address
from minipush.channels.email.mail import MAIL_POLICY, code_mail, reminder_mail
from minipush.channels.email.ses import ses_refusal
from minipush.channels.email.smtp_answers import Phase, refused
from minipush.channels.email.smtp_server import SmtpServer
from minipush.domain.centre.message_ids import made_at
from minipush.domain.centre.reminders import Reminder, ReminderReason

TO = "anna@example.com"
UNSUBSCRIBE = "https://api.example.com/unsubscribe/abc"


def sent_bytes(sent: Reminder) -> bytes:
    return reminder_mail(sent, MAIL_FROM, TO).as_bytes(policy=MAIL_POLICY)


def arrived(sent: Reminder) -> EmailMessage:
    """After the way over the wire."""
    read = message_from_bytes(sent_bytes(sent), policy=default)
    assert isinstance(read, EmailMessage)
    return read


def part(mail: EmailMessage, kind: str) -> str:
    body = mail.get_body((kind,))
    assert body is not None
    return str(body.get_content())


def first_reminder(later_ms: int = 0) -> Reminder:
    """Of a message at its first place; or of one that has taken its place so much later."""
    return reminder(at=made_at(MESSAGE_ID) + later_ms)


def test_a_mail_bears_the_messages_id() -> None:
    assert arrived(first_reminder())["Message-ID"] == f"<{MESSAGE_ID}@minipush.example>"


def test_a_mail_of_an_update_is_a_mail_of_its_own_in_the_thread_of_the_first() -> None:
    """A mail program shows one mail of those with the same id."""
    first = arrived(first_reminder())
    later = [arrived(first_reminder(n)) for n in (1, 2)]
    ids = [str(mail["Message-ID"]) for mail in (first, *later)]
    assert len(set(ids)) == 3
    assert all(MESSAGE_ID in id_ for id_ in ids)
    assert [(mail["In-Reply-To"], mail["References"]) for mail in later] == [(ids[0], ids[0])] * 2
    assert [mail["X-Message-Id"] for mail in later] == [MESSAGE_ID] * 2


def test_a_first_mail_answers_none() -> None:
    assert arrived(first_reminder())["In-Reply-To"] is None


def test_the_mail_of_an_update_has_the_same_id_at_every_try() -> None:
    update = first_reminder(1)
    assert arrived(update)["Message-ID"] == arrived(replace(update, is_repeat=True))["Message-ID"]


def test_a_mail_names_its_sender_and_its_title() -> None:
    mail = arrived(reminder(title="暴雨预警 🌧"))
    assert mail["Subject"] == "【天气小助手】暴雨预警 🌧"
    assert mail["From"] == MAIL_FROM


def test_an_unchecked_text_is_the_senders_name_once() -> None:
    assert arrived(reminder(title="天气小助手", body=""))["Subject"] == "天气小助手"


def test_one_click_unsubscribes() -> None:
    mail = arrived(reminder(unsubscribe_url=UNSUBSCRIBE))
    assert mail["List-Unsubscribe"] == f"<{UNSUBSCRIBE}>"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_a_long_address_to_unsubscribe_stands_in_the_mail_as_it_is() -> None:
    url = f"https://abcdefghij.execute-api.ap-southeast-1.amazonaws.com/unsubscribe/{'k' * 100}?token={'t' * 60}"
    assert f"\r\nList-Unsubscribe: <{url}>\r\n".encode() in sent_bytes(reminder(unsubscribe_url=url))


def test_a_mail_has_a_text_and_a_page() -> None:
    mail = arrived(reminder(body="第一行\n第二行", url="https://example.com/?a=1&b=2"))
    assert "第一行\n第二行" in part(mail, "plain").replace("\r\n", "\n")
    assert "第一行<br>第二行" in part(mail, "html")
    assert 'href="https://example.com/?a=1&amp;b=2"' in part(mail, "html")


@pytest.mark.parametrize("field", ["title", "body", "sender", "copy", "url", "unsubscribe_url"])
def test_no_field_becomes_markup(field: str) -> None:
    page = part(
        arrived(reminder(**{field: "https://a.example/' \"onclick=x><script>alert(1)</script>"})), "html"
    )
    assert "<script" not in page
    assert not re.search(r"[\"']\s*onclick", page)
    assert "&quot;onclick=x&gt;&lt;script&gt;" in page


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "weixin://dl"])
def test_only_a_web_address_becomes_a_link(url: str) -> None:
    assert "href" not in part(arrived(reminder(url=url)), "html")


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r", "\u2028", "\x85", "\x00\n"])
@pytest.mark.parametrize("field", ["title", "sender", "unsubscribe_url"])
def test_no_field_adds_a_header(field: str, end: str) -> None:
    given = {"unsubscribe_url": UNSUBSCRIBE} | {field: f"https://x{end}Bcc: eve@example.com{end}{end}body"}
    mail = arrived(reminder(**given))
    assert mail["Bcc"] is None
    assert mail["To"] == TO


def test_half_a_surrogate_pair_ends_nothing() -> None:
    assert "?" in arrived(reminder(title="\ud83d", sender="\ud83d"))["Subject"]


def test_each_mail_with_a_code_has_an_id_of_its_own() -> None:
    first, second = (code_mail("482913", MAIL_FROM, TO) for _ in range(2))
    assert first["Message-ID"] != second["Message-ID"]
    assert "482913" in part(first, "plain")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (" anna@Example.COM ", "anna@example.com"),
        ("anna+tag@sub.example.co", "anna+tag@sub.example.co"),
        ("Anna@example.com", "Anna@example.com"),
        ("anna@例子.中国", "anna@xn--fsqu00a.xn--fiqs8s"),
    ],
)
def test_addresses(text: str, expected: str) -> None:
    assert read_address(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "", "anna", "@example.com", "anna@", "anna@localhost", "anna@127.0.0.1", "anna@[127.0.0.1]", '"a b"@example.com',
        "a@b@example.com", "anna@example.com\r\nBcc: eve@example.com", "anna@example.com,eve@example.com",
        "<anna@example.com>", "安娜@example.com", "a..b@example.com", ".a@example.com", f"{'a' * 65}@example.com",
        f"a@{'b' * 63}.{'c' * 63}.{'d' * 63}.{'e' * 63}.com", "anna@exa mple.com", "anna@.com", "anna@-a.com",
    ],
)  # fmt: skip
def test_what_is_no_address(text: str) -> None:
    with pytest.raises(ValueError, match="mail address"):
        read_address(text)


@pytest.mark.parametrize(
    ("code", "text", "phase", "concerns"),
    [
        (550, "no such user", Phase.RECIPIENT, Concerns.ADDRESS),
        (550, "5.1.1 unknown user", Phase.RECIPIENT, Concerns.ADDRESS),
        (550, "Mailbox not found or access denied", Phase.RECIPIENT, Concerns.ADDRESS),
        (550, "5.2.1 mailbox disabled", Phase.RECIPIENT, Concerns.ADDRESS),
        (553, "mailbox name not allowed", Phase.RECIPIENT, Concerns.ADDRESS),
        (550, "no such user", Phase.MAIL, Concerns.ADDRESS),
        (550, "5.2.2 mailbox full", Phase.RECIPIENT, Concerns.MESSAGE),
        (552, "mailbox full", Phase.RECIPIENT, Concerns.MESSAGE),
        (550, "5.7.1 relaying denied", Phase.RECIPIENT, Concerns.ACCOUNT),
        (550, "relay not permitted", Phase.RECIPIENT, Concerns.ACCOUNT),
        (550, "IP frequency limited", Phase.RECIPIENT, Concerns.ACCOUNT),
        (550, "Mail content denied", Phase.MAIL, Concerns.MESSAGE),
        (554, "transaction failed", Phase.MAIL, Concerns.MESSAGE),
        (550, "5.7.1 looks like spam", Phase.MAIL, Concerns.MESSAGE),
        (535, "authentication failed", Phase.ACCOUNT, Concerns.ACCOUNT),
        (530, "authentication required", Phase.RECIPIENT, Concerns.ACCOUNT),
        (550, "sender not allowed", Phase.ACCOUNT, Concerns.ACCOUNT),
        (421, "too many connections", Phase.ACCOUNT, Concerns.PROVIDER),
        (450, "mailbox busy", Phase.RECIPIENT, Concerns.PROVIDER),
        (451, "try later", Phase.MAIL, Concerns.PROVIDER),
        (452, "out of storage", Phase.MAIL, Concerns.PROVIDER),
    ],
)
def test_replies_of_mail_servers(code: int, text: str, phase: Phase, concerns: Concerns) -> None:
    result = refused(code, text, phase)
    assert (result.verdict, result.concerns) == (ReminderVerdict.REJECTED, concerns)


def test_a_mail_that_is_too_big_is_too_long() -> None:
    assert refused(552, "5.3.4 message too big", Phase.MAIL).reason is ReminderReason.TOO_LONG


def test_a_reply_is_told_without_addresses() -> None:
    assert TO not in str(refused(550, f"<{TO}>: no such user", Phase.RECIPIENT).detail)


@pytest.mark.parametrize(
    ("code", "message", "status", "verdict", "concerns"),
    [
        ("AccountSuspendedException", "", 400, ReminderVerdict.REJECTED, Concerns.ACCOUNT),
        ("SendingPausedException", "", 400, ReminderVerdict.REJECTED, Concerns.ACCOUNT),
        ("MailFromDomainNotVerifiedException", "", 400, ReminderVerdict.REJECTED, Concerns.ACCOUNT),
        ("NotFoundException", "", 404, ReminderVerdict.REJECTED, Concerns.ACCOUNT),
        (
            "MessageRejected",
            "Email address is not verified.",
            400,
            ReminderVerdict.REJECTED,
            Concerns.ACCOUNT,
        ),
        ("MessageRejected", "virus", 400, ReminderVerdict.REJECTED, Concerns.MESSAGE),
        ("BadRequestException", "illegal address", 400, ReminderVerdict.REJECTED, Concerns.MESSAGE),
        ("LimitExceededException", "", 400, ReminderVerdict.REJECTED, Concerns.ACCOUNT),
        ("TooManyRequestsException", "", 429, ReminderVerdict.REJECTED, Concerns.PROVIDER),
        ("ServiceUnavailable", "", 503, ReminderVerdict.REJECTED, Concerns.PROVIDER),
        ("503", "Service Unavailable", 503, ReminderVerdict.UNKNOWN, None),
        ("InternalFailure", "", 500, ReminderVerdict.UNKNOWN, None),
    ],
)
def test_refusals_of_ses(
    code: str, message: str, status: int, verdict: ReminderVerdict, concerns: Concerns | None
) -> None:
    answer = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}}
    assert (ses_refusal(answer).verdict, ses_refusal(answer).concerns) == (verdict, concerns)


def test_the_address_of_a_mail_server() -> None:
    server = SmtpServer.read("smtps://anna%40example.com:p%3Aw@mail.example.com")
    assert (server.host, server.port, server.has_tls) == ("mail.example.com", 465, True)
    assert (server.user, server.password) == ("anna@example.com", "p:w")
    assert "p:w" not in repr(server)
    assert SmtpServer.read("smtp://127.0.0.1:2525").is_local


@pytest.mark.parametrize("url", ["", "mail.example.com", "http://mail.example.com", "smtp://"])
def test_what_is_no_mail_server(url: str) -> None:
    with pytest.raises(ValueError):
        SmtpServer.read(url)
