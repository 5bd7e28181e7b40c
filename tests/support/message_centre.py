"""The message centre of a running stack, as an operator, apps and users call it."""

import json
import urllib.request
import uuid
from dataclasses import dataclass
from typing import Any

from support.running import MakeRun

Json = dict[str, Any]


@dataclass(frozen=True)
class Caller:
    """`token`: an operator key, an app's secret or a user's session."""

    url: str
    token: str

    def call(self, method: str, path: str, body: Json | None = None) -> Any:
        request = urllib.request.Request(
            self.url + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.loads(answer.read() or b"null")


@dataclass(frozen=True)
class CentreApp(Caller):
    def push(self, key: str, **message: Any) -> Json:
        [result] = self.call("POST", "/centre/messages", {"to": {"key": key}, **message})["results"]
        assert result["status"] == "stored", result
        return dict(result)


@dataclass(frozen=True)
class CentreUser(Caller):
    openid: str

    def bind(self, appid: str) -> str:
        """The binding's key."""
        return str(self.call("POST", "/me/bindings", {"appid": appid, "openid": f"at-{appid}"})["key"])

    def inbox(self) -> list[Json]:
        return list(self.call("GET", "/me/inbox")["items"])

    def complain(self, message_id: str, category: str, text: str) -> None:
        self.call("POST", f"/me/inbox/{message_id}/complaint", {"category": category, "text": text})


class MessageCentre:
    def __init__(self, stack: MakeRun) -> None:
        self._stack = stack
        self._operator = Caller(stack.api_url, stack.operator_key)

    def register(self, appid: str, name: str) -> CentreApp:
        secret = self._operator.call("POST", "/centre/apps", {"appid": appid, "name": name})["secret"]
        return self.app(secret)

    def complained_about(self, category: str, *, name: str = "某某商城", **texts: str) -> str:
        """The AppID of an app about which a user has complained. `texts`: of the message."""
        appid = f"wx{uuid.uuid4().hex[:16]}"
        app = self.register(appid, name)
        anna = self.user(f"anna-{appid}")
        app.push(anna.bind(appid), **{"title": "恭喜中奖", "body": "点击领取"} | texts)
        anna.complain(anna.inbox()[0]["id"], category, "每天都是广告")
        return appid

    def app(self, secret: str) -> CentreApp:
        return CentreApp(self._stack.api_url, secret)

    def record(self, appid: str) -> list[Json]:
        return list(self._operator.call("GET", f"/centre/apps/{appid}/record")["items"])

    def read(self, appid: str) -> Json:
        return dict(self._operator.call("GET", f"/centre/apps/{appid}"))

    def change(self, appid: str, changes: Json) -> None:
        self._operator.call("PATCH", f"/centre/apps/{appid}", changes)

    def complaints(self) -> list[Json]:
        return list(self._operator.call("GET", "/centre/complaints?status=open&limit=100")["items"])

    def decide(self, complaint_id: str, verdict: str) -> None:
        body = {"verdict": verdict, "note": "decided elsewhere"}
        self._operator.call("POST", f"/centre/complaints/{complaint_id}/decision", body)

    def tag(self, openid: str, tags: list[str]) -> None:
        self._operator.call("PATCH", f"/users/{openid}", {"tags": tags})

    def user(self, openid: str) -> CentreUser:
        """A user who is logged in."""
        with self._stack.control() as wechat:
            code = wechat.add_user(openid).js_code
        session = Caller(self._stack.api_url, "").call("POST", "/session", {"code": code})
        return CentreUser(self._stack.api_url, session["token"], openid)
