"""The API of a deployment, asked from here with credentials that are at hand."""

import json
import secrets
import time
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass
from typing import Any

import jwt

from minipush.http.edge.access import AUDIENCE
from minipush.http.edge.session_tokens import ALGORITHM, ISSUER
from minipush.wechat.callback import TRIAL_SENDER, sign
from minipush.wechat.encryption import Encryption
from minipush_cli.errors import CommandError, Exit

NOBODY = TRIAL_SENDER
"""No user of WeChat's. Reading this user's settings stores nothing."""
SECONDS = 120
LOOKED_AT = 401
"""The answer to a log-in with an invented code: WeChat was reached, took the AppSecret and refused the code."""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: bytes

    @property
    def json(self) -> Any:
        """None for what is not JSON."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None


class DeployedApi:
    """`url`: without a path."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")

    def takes_session_key(self, key: str) -> bool:
        """Does a session that the key signed open the API?"""
        now = int(time.time())
        claims = {"iss": ISSUER, "aud": AUDIENCE, "sub": NOBODY, "iat": now, "exp": now + SECONDS}
        return self._status("/me", jwt.encode(claims, key, algorithm=ALGORITHM)) == 200

    def takes_operator_key(self, key: str) -> bool:
        return self._status("/operator", key) == 200

    def invented_login(self) -> int:
        """The status of a log-in that no user made."""
        return self.ask("/session", body={"code": secrets.token_hex(16)}).status

    def takes_callback_token(self, path: str, token: str) -> bool:
        """Does the callback answer the check of its URL, as WeChat's console makes it?"""
        at, nonce, echo = str(int(time.time())), secrets.token_hex(8), secrets.token_hex(8)
        query = {"timestamp": at, "nonce": nonce, "echostr": echo, "signature": sign(token, at, nonce)}
        return self._status(f"{path}?{urllib.parse.urlencode(query)}", "") == 200

    def opens_push(self, path: str, token: str, key: str, appid: str) -> bool:
        """Does the callback open a push that WeChat would encrypt with the key? It is an event that minipush ignores."""
        event = {"FromUserName": NOBODY, "CreateTime": int(time.time()), "MsgType": "event", "Event": NOBODY}
        encrypted = Encryption(key, appid).encrypt(json.dumps(event).encode())
        at, nonce = str(int(time.time())), secrets.token_hex(8)
        query = {"timestamp": at, "nonce": nonce, "encrypt_type": "aes"}
        query["msg_signature"] = sign(token, at, nonce, encrypted)
        pushed = self.ask(f"{path}?{urllib.parse.urlencode(query)}", body={"Encrypt": encrypted})
        return (pushed.status, pushed.body) == (200, b"success")

    def _status(self, path: str, credential: str) -> int:
        return self.ask(path, credential).status

    def ask(self, path: str, credential: str = "", body: object = None) -> Answer:
        """A GET, or a POST of a body. Raises CommandError if nothing answers."""
        headers = {"Authorization": f"Bearer {credential}"} if credential else {}
        data = None if body is None else json.dumps(body).encode()
        headers |= {} if body is None else {"Content-Type": "application/json"}
        request = urllib.request.Request(self.url + path, data, headers)  # noqa: S310  # the stack's own
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
                return Answer(int(answer.status), answer.read())
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, error.read())
        except OSError as error:
            raise CommandError(
                f"{self.url} does not answer ({error}); API=https://… names another address", Exit.UNREACHABLE
            ) from None
