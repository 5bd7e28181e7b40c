"""What `make run` takes for the message centre."""

import re

import pytest
from support.template import TEMPLATE

from local.stack.centre import CentreStack

ON = {"MESSAGE_CENTRE": "on"}
INBOX_PAGE = TEMPLATE["Parameters"]["InboxPage"]


def inbox_page(**environment: str) -> str | None:
    stack = CentreStack.from_environment(ON | environment)
    return stack.template_parameters("http://127.0.0.1:3000").get("InboxPage")


def test_reminders_lead_to_the_example_s_inbox_unless_there_is_another_wechat() -> None:
    assert inbox_page() == "pages/inbox/index"
    assert inbox_page(WECHAT_API_BASE="https://wechat.example") is None
    assert inbox_page(WECHAT_API_BASE="https://wechat.example", INBOX_PAGE="pages/a") == "pages/a"
    assert inbox_page(INBOX_PAGE="pages/a") == "pages/a"


def test_without_the_message_centre_nothing_of_it_is_set() -> None:
    assert CentreStack.from_environment({}).template_parameters("http://127.0.0.1:3000") == {}


@pytest.mark.parametrize("page", ["", "index", "pages/inbox/index", "pages/inbox/index?from=reminder&x=1"])
def test_a_page_of_the_inbox(page: str) -> None:
    assert re.fullmatch(INBOX_PAGE["AllowedPattern"], page)


@pytest.mark.parametrize(
    "page", ["/pages/inbox", "pages/", "https://a.example/b", "pages/in box", "?x=1", "pages//a"]
)
def test_what_is_no_page_is_refused(page: str) -> None:
    assert not re.fullmatch(INBOX_PAGE["AllowedPattern"], page)
