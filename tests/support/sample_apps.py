"""Apps for tests."""

from dataclasses import replace
from typing import Any

from minipush.domain.centre.apps import App

APPID = "wx5e1f0000c0ffee02"
SHOP = App(
    appid=APPID,
    name="某某商城",
    icon_url="https://shop.example/icon.png",
    summary="订单与物流通知",
    contact="ops@shop.example",
    registered_at=1_796_000_000_000,
)
SECRET = "mpa_" + "s" * 40


def app(**changes: Any) -> App:
    return replace(SHOP, **changes)
