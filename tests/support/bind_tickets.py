"""Tickets, as the back end of an app makes them."""

from typing import Any
from uuid import uuid4

import jwt
from support.http_app import NOW
from support.sample_apps import APPID, SECRET

HUB = "wx0123456789abcdef"


def ticket(
    openid: str = "oShop-anna", *, secret: str = SECRET, algorithm: str = "HS256", **claims: Any
) -> str:
    """`claims` replace what a good ticket says; None leaves a claim out."""
    good = {"iss": APPID, "sub": openid, "aud": HUB, "jti": uuid4().hex, "exp": NOW // 1000 + 300}
    given = {name: value for name, value in (good | claims).items() if value is not None}
    return jwt.encode(given, secret, algorithm=algorithm)
