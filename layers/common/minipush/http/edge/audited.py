"""Which requests of operators the audit records, and what it says of them."""

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from minipush.domain.audit import About, Act
from minipush.domain.ids import user_hash
from minipush.http.edge.gateway import HttpRequest

SEND, ADD_PERMITS = "POST /messages", "POST /users/{openid}/permits"
SWITCH = "PUT /sending"
# Back ends make these for single users.
FREQUENT = frozenset({SEND, ADD_PERMITS})
# The ids of cases of the message centre, in paths.
CASES = ("complaint_id", "sanction_id", "appeal_id")


def changed_something(request: HttpRequest, body: Mapping[str, Any], status: int) -> bool:
    """A refused request changed nothing. One that failed may have changed a part."""
    is_read = request.method in ("GET", "HEAD") or body.get("dry_run") is True
    is_refused = HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR
    return not (is_read or is_refused)


def act_of(
    request: HttpRequest, operator: str, body: Mapping[str, Any], answer: Mapping[str, Any], at: int
) -> Act:
    return Act(
        at=at,
        operator=operator,
        action=request.route,
        request_id=request.id,
        status=answer["statusCode"],
        about=_about(request, body, answer),
    )


def _about(request: HttpRequest, body: Mapping[str, Any], answer: Mapping[str, Any]) -> About:
    message, audience = body.get("message", body), body.get("audience")
    openid = request.parameters.get("openid")
    found: dict[str, Any] = {
        "campaign_id": request.parameters.get("campaign_id") or _created(request, answer),
        "user": user_hash(openid) if openid else None,
        "appid": request.parameters.get("appid") or body.get("appid"),
        "case": next((request.parameters[name] for name in CASES if name in request.parameters), None),
        "verdict": body.get("verdict"),
        "template_id": message.get("template_id") if isinstance(message, dict) else None,
        "audience": audience.get("type") if isinstance(audience, dict) else None,
        "recipients": _recipients(body),
        "users": _count(body.get("openids")),
        "enabled": str(body["enabled"]).lower() if request.route == SWITCH else None,
        "reason": body.get("reason") if request.route == SWITCH else None,
        "fields": sorted(body) if request.method in ("PATCH", "PUT") else None,
    }
    return {name: value for name, value in found.items() if value}


def _created(request: HttpRequest, answer: Mapping[str, Any]) -> str | None:
    if request.route != "POST /campaigns" or answer["statusCode"] != HTTPStatus.CREATED:
        return None
    return str(json.loads(answer["body"])["id"])


def _recipients(body: Mapping[str, Any]) -> int | None:
    touser = body.get("touser")
    return _count(touser) or (1 if touser else None)


def _count(values: Any) -> int | None:
    return len(values) if isinstance(values, list) else None
