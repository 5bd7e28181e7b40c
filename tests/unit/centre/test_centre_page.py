"""docs/centre.md shows apps how to make a ticket: what it shows binds."""

import re
from typing import Any

import pytest
from support.bind_tickets import HUB
from support.http_app import HttpApp
from support.sample_apps import APPID, SECRET, SHOP

from local.processes import ROOT

PAGE = (ROOT / "docs" / "centre.md").read_text(encoding="utf-8")


@pytest.fixture
def make_ticket() -> Any:
    [shown] = [
        code
        for code in re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
        if "jwt" in code
    ]
    names: dict[str, Any] = {}
    exec(shown, names)  # noqa: S102  # the documentation's own code
    return names["make_ticket"]


def test_the_ticket_that_the_page_makes_confirms_a_binding(app: HttpApp, make_ticket: Any) -> None:
    app.apps.add(SHOP, SECRET)
    body = {"appid": APPID, "openid": "oShop-anna", "ticket": make_ticket(SECRET, APPID, "oShop-anna", HUB)}
    answer = app.ask("POST /me/bindings", body, token=app.user)
    assert (answer.status, answer.json["confirmed"]) == (201, True)
