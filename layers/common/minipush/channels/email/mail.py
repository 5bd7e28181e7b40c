"""The text of a mail."""

import html
import re
import uuid
from datetime import UTC, datetime
from email.headerregistry import Address, BaseHeader, HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage
from email.policy import SMTP, EmailPolicy, Policy
from email.utils import format_datetime, parseaddr
from typing import Final

from minipush.domain.centre.reminders import Reminder

_CONTROL: Final = r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+"
_LONGEST_SUBJECT: Final = 150
_PAGE: Final = (
    '<!doctype html><html lang="zh-CN"><meta charset="utf-8"><body style="font-family:sans-serif;line-height:1.6">'
    "{content}</body></html>"
)


class _OneLine(UnstructuredHeader, BaseHeader):
    """A header with a long word, which Python would encode. Mail programs wouldn't find the URL in that."""

    def fold(self, *, policy: Policy) -> str:
        return f"{self.name}: {self}{policy.linesep}"


def _policy() -> "EmailPolicy[EmailMessage]":
    registry = HeaderRegistry()
    registry.map_to_type("list-unsubscribe", _OneLine)
    return SMTP.clone(header_factory=registry)


MAIL_POLICY: Final = _policy()


def reminder_mail(reminder: Reminder, mail_from: str, to: str) -> EmailMessage:
    """The message's id is in `Message-ID`, so that mail systems can recognise a mail that comes twice.

    What takes the place of an earlier message has another `Message-ID`, or they would drop it, and is in its thread.
    """
    title = reminder.title or reminder.sender
    subject = title if title == reminder.sender else f"【{reminder.sender}】{title}"
    mail = _envelope(subject, mail_from, to, reminder.message_id)
    if reminder.sending_id != reminder.message_id:
        first = str(mail["Message-ID"])
        mail.replace_header("Message-ID", first.replace("@", f".{reminder.at}@"))
        mail["In-Reply-To"] = mail["References"] = first
    mail["Date"] = format_datetime(datetime.fromtimestamp(reminder.at / 1000, UTC))
    if reminder.unsubscribe_url:
        mail["List-Unsubscribe"] = f"<{_plain(reminder.unsubscribe_url)}>"
        mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    _fill(mail, title, reminder.markdown or reminder.body, reminder)
    return mail


def code_mail(code: str, mail_from: str, to: str) -> EmailMessage:
    mail = _envelope(f"验证码 {code}", mail_from, to, uuid.uuid4().hex)
    mail["Date"] = format_datetime(datetime.now(UTC))
    text = f"{code} 是您的验证码，十分钟内有效。\n若非本人操作，请忽略这封邮件。\n"
    mail.set_content(text)
    mail.add_alternative(_PAGE.format(content=_paragraph(text)), subtype="html")
    return mail


def _envelope(subject: str, mail_from: str, to: str, id_: str) -> EmailMessage:
    """EmailMessage refuses a line break in a header."""
    name, address = parseaddr(mail_from)
    mail = EmailMessage(policy=MAIL_POLICY)
    mail["From"] = Address(display_name=name, addr_spec=address)
    mail["To"] = Address(addr_spec=to)
    mail["Subject"] = _plain(subject)[:_LONGEST_SUBJECT]
    mail["Message-ID"] = f"<{id_}@{address.rpartition('@')[2]}>"
    mail["X-Message-Id"] = id_  # SES replaces Message-ID by its own
    mail["Auto-Submitted"] = "auto-generated"
    return mail


def _fill(mail: EmailMessage, title: str, body: str, reminder: Reminder) -> None:
    """Markdown is sent as it stands."""
    parts = [part for part in (body, reminder.copy, reminder.url) if part]
    footer = f"来自 {reminder.sender}" + (
        f"\n退订：{reminder.unsubscribe_url}" if reminder.unsubscribe_url else ""
    )
    mail.set_content(_encodable("\n\n".join([title, *parts, f"--\n{footer}"]) + "\n"))
    shown = [f"<h3>{_escaped(title)}</h3>", *(_paragraph(part) for part in (body, reminder.copy) if part)]
    shown += [_link(reminder.url, reminder.url)] if reminder.url else []
    shown += [f'<hr><p style="color:#888">来自 {_escaped(reminder.sender)}</p>']
    shown += [_link(reminder.unsubscribe_url, "退订")] if reminder.unsubscribe_url else []
    mail.add_alternative(_PAGE.format(content="".join(shown)), subtype="html")


def _link(url: str, text: str) -> str:
    """Only web addresses become links."""
    if not re.match(r"https?://", url):
        return _paragraph(text)
    return f'<p><a href="{_escaped(url)}">{_escaped(text)}</a></p>'


def _paragraph(text: str) -> str:
    return f"<p>{_escaped(text).replace(chr(10), '<br>')}</p>"


def _escaped(text: str) -> str:
    return html.escape(_encodable(text), quote=True)


def _plain(text: str) -> str:
    """One line."""
    return re.sub(_CONTROL, " ", _encodable(text)).strip()


def _encodable(text: str) -> str:
    """UTF-8 has no half of a surrogate pair."""
    return text.encode(errors="replace").decode()
