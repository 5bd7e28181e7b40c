"""A user, an app and what both have in the message centre, for generated requests that are not all 404."""

import re
import secrets
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from zlib import crc32

from schemathesis import Case
from schemathesis.core.parameters import ParameterLocation
from schemathesis.core.transport import Response
from support.message_centre import Caller, CentreApp, CentreUser, Json, MessageCentre
from support.running import MakeRun

from minipush.wechat.callback import sign

# One of so many generated ids stays: nothing has it.
KEPT_OF = 4
# It holds for all users. Those of the next operations have Bark.
PAUSE = "POST /centre/channels/{kind}/pause"
NOTICE = {"kind": "notice", "rule": "flood", "note": "300 an hour"}
NO_LIMITS = {"per_second": 100, "to_user_per_hour": 1000, "to_user_per_day": 1000}
MESSAGE = {"title": "包裹", "url": "https://shop.example/orders/7", "page": None}


@dataclass
class Known:
    """`tokens`: by the names of security schemes. `path`: by the names of parameters. The others: by operation."""

    tokens: dict[str, str]
    path: Mapping[str, str]
    queries: Mapping[str, dict[str, str]]
    bodies: Mapping[str, Json]

    def put_into(self, case: Case[Any]) -> None:
        """In the place of most generated values. What breaks the schema stays as it is."""
        meta, name = case.meta, case.operation.label
        assert meta is not None
        number = crc32(repr(case).encode())
        if "idempotency-key" in case.headers:
            case.headers["idempotency-key"] = f"{number}"
        if name == PAUSE and not meta.is_negative_at(ParameterLocation.PATH):
            case.path_parameters = {"kind": "sms"}
        if number % KEPT_OF == 0 or name == PAUSE:
            return
        if not meta.is_negative_at(ParameterLocation.PATH):
            case.path_parameters = _replaced(case.path_parameters, self.path)
        if not meta.is_negative_at(ParameterLocation.QUERY):
            case.query = case.query | self.queries.get(name, {})
        if not meta.is_negative_at(ParameterLocation.BODY) and isinstance(case.body, dict):
            case.body = _replaced(case.body, self.bodies.get(name, {}))

    def go_on_with(self, answer: Response) -> None:
        """With the app's newest secret: only two are valid."""
        if answer.status_code == 201 and (secret := answer.json().get("secret")):
            self.tokens["app"] = secret


def _replaced(generated: Json, known: Mapping[str, Any]) -> Json:
    return generated | {name: known[name] for name in generated if name in known}


def make_known(stack: MakeRun) -> Known:
    centre, appid = MessageCentre(stack), f"wx{uuid.uuid4().hex[:16]}"
    app, user = centre.register(appid, "某某商城"), centre.user(f"user-of-{appid}")
    centre.change(appid, {"limits": NO_LIMITS})
    binding = user.bind(appid)
    path = {
        "appid": appid,
        "openid": user.openid,
        "message_id": app.push(binding, title="包裹")["message_id"],
        "complaint_id": _complaint(app, user, binding),
        "key": binding,
        "id": user.call("POST", "/me/keys", {"label": "服务器"})["id"],
        "kind": "bark",
    } | _cases(Caller(stack.api_url, stack.operator_key), app, appid)
    tokens = {"session": user.token, "operator": stack.operator_key, "app": app.token}
    return Known(tokens, path, _signed(stack), _bodies(path, _device(stack, user)))


def _complaint(app: CentreApp, user: CentreUser, binding: str) -> str:
    user.complain(app.push(binding, title="大奖")["message_id"], "advert", "每天都是广告")
    return str(user.call("GET", "/me/complaints")["items"][0]["id"])


def _cases(operator: Caller, app: CentreApp, appid: str) -> dict[str, str]:
    """A sanction, and another one with an appeal."""
    path = f"/centre/apps/{appid}/sanctions"
    sanction, appealed = (operator.call("POST", path, NOTICE)["id"] for _ in range(2))
    app.call("POST", "/centre/app/appeals", {"sanction_id": appealed, "text": "这不是我们发的"})
    return {"sanction_id": sanction, "appeal_id": appealed}


def _device(stack: MakeRun, user: CentreUser) -> str:
    """The key of a phone with Bark, which is the user's channel."""
    phones = stack.providers()
    device = phones.add_device()
    user.call("PUT", "/me/channels/bark", {"address": device})
    [code] = re.findall("[0-9]{6}", phones.shown(provider="bark", to=device)[-1]["text"])
    user.call("POST", "/me/channels/bark/verify", {"code": code})
    phones.close()
    return device


def _signed(stack: MakeRun) -> dict[str, dict[str, str]]:
    now, nonce = str(int(time.time())), secrets.token_hex(5)
    signature = sign(stack.environment["OFFICIAL_CALLBACK_TOKEN"], now, nonce)
    return {"GET /wechat/official/callback": {"timestamp": now, "nonce": nonce, "signature": signature}}


def _bodies(path: Mapping[str, str], device: str) -> dict[str, Json]:
    messages = {"ids": [path["message_id"]], "appid": path["appid"]}
    return {
        "POST /me/bindings": {"appid": path["appid"]},
        "POST /me/inbox/read": messages,
        "POST /me/inbox/delete": messages,
        "POST /centre/apps": {"owner_openid": path["openid"]},
        "PATCH /centre/apps/{appid}": {"owner_openid": path["openid"]},
        "POST /centre/messages": {"to": {"key": path["key"]}, **MESSAGE},
        "POST /centre/broadcasts": MESSAGE,
        "POST /centre/app/appeals": {"sanction_id": path["sanction_id"]},
        "POST /centre/bindings/{key}/confirm": {"openid": f"at-{path['appid']}"},
        "PUT /me/channels/{kind}": {"address": device},
    }
