"""The link in a mail mutes the sender that it names, and nobody else."""

from dataclasses import dataclass, field, replace

import pytest
from support.http_app import Answer, Context, request
from support.reminders import OPENID, strong_message

from minipush.application.centre.unsubscribe import Unsubscribe, UnsubscribeLinks, UnsubscribeTokens
from minipush.domain.centre.inbox import Sender, SenderKind
from minipush.errors import StoreError
from minipush.http.routes.centre.unsubscribe import UnsubscribePage

MESSAGE = strong_message()
FORM = {"content-type": "application/x-www-form-urlencoded"}


@dataclass
class Case:
    muted: list[tuple[str, SenderKind, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.tokens = UnsubscribeTokens(lambda: b"a key")
        unsubscribe = Unsubscribe(self.tokens, lambda *named: self.muted.append(named))
        self.page = UnsubscribePage(unsubscribe, lambda _: None)
        made = self.tokens.make(MESSAGE)
        assert made
        self.token = made

    def ask(self, method: str, token: str) -> Answer:
        event = request(
            f"{method} /centre/unsubscribe",
            "List-Unsubscribe=One-Click" if method == "POST" else None,
            token=None,
            query={"token": token},
            headers=FORM,
        )
        return Answer(self.page(event, Context()))


@pytest.fixture
def case() -> Case:
    return Case()


def test_a_mail_program_s_click_mutes_the_sender(case: Case) -> None:
    answer = case.ask("POST", case.token)
    assert answer.status == 200
    assert case.muted == [(OPENID, SenderKind.APP, "wx1")]


def test_who_opens_the_link_is_asked_first(case: Case) -> None:
    answer = case.ask("GET", case.token)
    assert (answer.status, case.muted) == (200, [])
    assert '<form method="post">' in answer.raw["body"]
    assert answer.headers["content-type"] == "text/html; charset=utf-8"


def test_a_store_that_fails_is_told_to_the_mail_program(case: Case) -> None:
    def fail(*_: object) -> None:
        raise StoreError

    case.page = UnsubscribePage(Unsubscribe(case.tokens, fail), lambda _: None)
    assert case.ask("POST", case.token).status == 503


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("token", ["", "x", "é", "AAAA", "A" * 100])
def test_a_token_that_was_not_made_here_does_nothing(case: Case, method: str, token: str) -> None:
    assert (case.ask(method, token).status, case.muted) == (404, [])


def test_every_letter_of_a_token_counts(case: Case) -> None:
    for place, letter in enumerate(case.token):
        other = "A" if letter != "A" else "B"
        changed = case.token[:place] + other + case.token[place + 1 :]
        # The last letter may hold bits that mean nothing.
        assert case.tokens.read(changed) is None or place == len(case.token) - 1


def test_a_token_of_another_key_is_refused(case: Case) -> None:
    assert UnsubscribeTokens(lambda: b"another key").read(case.token) is None


def test_a_token_is_fit_for_a_url_and_a_mail_header(case: Case) -> None:
    assert case.token.replace("-", "").replace("_", "").isalnum()
    assert case.token.isascii()


def test_a_link_leads_to_this_api(case: Case) -> None:
    links = UnsubscribeLinks("https://api.example", case.tokens)
    assert links(MESSAGE) == f"https://api.example/centre/unsubscribe?token={case.token}"


def test_a_message_of_the_centre_has_no_link(case: Case) -> None:
    message = replace(MESSAGE, sender=Sender(SenderKind.CENTRE, "", ""))
    assert UnsubscribeLinks("https://api.example", case.tokens)(message) is None


def test_without_an_address_of_the_api_there_is_no_link(case: Case) -> None:
    assert UnsubscribeLinks("", case.tokens)(MESSAGE) is None
