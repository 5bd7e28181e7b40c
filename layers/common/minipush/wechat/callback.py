"""WeChat's pushes (消息推送): verify their signature and decrypt them.

Source: framework/server-ability/message-push on developers.weixin.qq.com. A setting in WeChat's
console decides the mode: plain, encrypted ("secure") or both at once ("compatible"), each in JSON or XML.
"""

import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from minipush.wechat.errors import MalformedPushError, PushRefusedError
from minipush.wechat.push_bodies import Fields, parse

# WeChat repeats a push within seconds, so an older one is a replay.
REPLAY_SECONDS = 5 * 60

type Query = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Push:
    """`nonce`: what WeChat signed of a plain push, whose signature doesn't cover the body. None if it was encrypted.

    Whoever acts on a plain push must see to it that a nonce comes with one body only.
    """

    fields: Fields
    nonce: str | None


def sign(*parts: str) -> str:
    """WeChat's signature over the token, the timestamp, the nonce and, if there is one, the encrypted text."""
    joined = "".join(sorted(parts))
    return hashlib.sha1(joined.encode(errors="surrogatepass")).hexdigest()  # noqa: S324 - WeChat's choice


class Callback:
    """`clock` is in ms. Without a token, every push is refused; without an AES key, every push in secure mode.

    With an AES key, every plain push is refused unless `accepts_plain`.
    """

    def __init__(
        self,
        appid: str,
        token: str,
        encoding_aes_key: str,
        clock: Callable[[], int],
        *,
        accepts_plain: bool = False,
    ) -> None:
        self._appid = appid
        self._accepts_plain = accepts_plain or not encoding_aes_key
        self._token = token
        self._encoding_aes_key = encoding_aes_key
        self._clock = clock

    def check_url(self, query: Query) -> str:
        """The response to the console's check of the URL. Raises PushRefusedError."""
        self._check_age(query)
        self._verify(query, "signature")
        return query.get("echostr", "")

    def open(self, query: Query, body: bytes) -> Push:
        """The push, decrypted. Raises PushRefusedError, MalformedPushError."""
        self._check_age(query)
        # A `msg_signature` covers a part of the body. Without one, no stranger's body is parsed.
        if "msg_signature" not in query:
            self._verify(query, "signature")
        fields = self._parse(query, body)
        if not self._is_encrypted(query, fields):
            return self._open_plain(query, fields)
        encrypted = fields.get("Encrypt")
        if not isinstance(encrypted, str):
            raise PushRefusedError("the encrypted text is missing")
        self._verify(query, "msg_signature", encrypted)
        return Push(parse(self._decrypt(encrypted)), nonce=None)

    def _open_plain(self, query: Query, fields: Fields) -> Push:
        self._verify(query, "signature")
        if not self._accepts_plain:
            raise PushRefusedError("it is plain, and there is an encoding_aes_key")
        return Push(fields, f"{query.get('timestamp')}/{query.get('nonce')}")

    def _is_encrypted(self, query: Query, fields: Fields) -> bool:
        """Compatible mode sends both parts; without an AES key, the plain part counts."""
        if not self._encoding_aes_key and "MsgType" in fields:
            return False
        return "Encrypt" in fields or "msg_signature" in query or query.get("encrypt_type") == "aes"

    def _parse(self, query: Query, body: bytes) -> Fields:
        try:
            return parse(body)
        except MalformedPushError:
            # A sender without a valid signature learns nothing about the body.
            self._verify(query, "signature")
            raise

    def _decrypt(self, encrypted: str) -> bytes:
        from minipush.wechat.encryption import Encryption  # noqa: PLC0415  # plain mode doesn't load AES

        return Encryption(self._encoding_aes_key, self._appid).decrypt(encrypted)

    def _verify(self, query: Query, name: str, *signed: str) -> None:
        if not self._token:
            raise PushRefusedError("no callback_token is set")
        wanted = sign(self._token, query.get("timestamp", ""), query.get("nonce", ""), *signed)
        given = query.get(name, "")
        if not hmac.compare_digest(wanted.encode(), given.encode(errors="surrogatepass")):
            raise PushRefusedError("the signature is wrong")

    def _check_age(self, query: Query) -> None:
        timestamp = query.get("timestamp", "")
        if not (timestamp.isascii() and timestamp.isdecimal() and len(timestamp) <= 12):
            raise PushRefusedError("the timestamp is not a number")
        if abs(self._clock() / 1000 - int(timestamp)) > REPLAY_SECONDS:
            raise PushRefusedError("the timestamp is more than five minutes away")
