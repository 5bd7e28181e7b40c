"""WeChat's pushes (消息推送): who sent them, and what they say.

Source: framework/server-ability/message-push on developers.weixin.qq.com. The console decides how they come: in
plain, encrypted ("secure"), or both at once ("compatible"); in JSON or XML.
"""

import hashlib
import hmac
from collections.abc import Callable, Mapping

from minipush.wechat.errors import MalformedPushError, PushRefusedError
from minipush.wechat.push_bodies import Fields, parse

# WeChat repeats a push within seconds; nothing older is WeChat's.
REPLAY_SECONDS = 5 * 60

type Query = Mapping[str, str]


def sign(*parts: str) -> str:
    """WeChat's signature over token, timestamp, nonce and, where there is one, what is encrypted."""
    joined = "".join(sorted(parts))
    return hashlib.sha1(joined.encode(errors="surrogatepass")).hexdigest()  # noqa: S324 - WeChat's choice


class Callback:
    """`clock` in ms. Without a token nothing is let in; without an AES key nothing that is encrypted alone."""

    def __init__(self, appid: str, token: str, encoding_aes_key: str, clock: Callable[[], int]) -> None:
        self._appid = appid
        self._token = token
        self._encoding_aes_key = encoding_aes_key
        self._clock = clock

    def check_url(self, query: Query) -> str:
        """What to answer when the console checks the URL. Raises PushRefusedError."""
        self._verify(query, "signature")
        return query.get("echostr", "")

    def open(self, query: Query, body: bytes) -> Fields:
        """What WeChat pushed, deciphered. Raises PushRefusedError, and MalformedPushError."""
        self._check_age(query)
        fields = self._parse(query, body)
        if not self._is_encrypted(query, fields):
            self._verify(query, "signature")
            return fields
        encrypted = fields.get("Encrypt")
        if not isinstance(encrypted, str):
            raise PushRefusedError("nothing in it is encrypted")
        self._verify(query, "msg_signature", encrypted)
        return parse(self._decrypt(encrypted))

    def _is_encrypted(self, query: Query, fields: Fields) -> bool:
        """Compatible mode sends both; without an AES key it is the plain part that counts."""
        if not self._encoding_aes_key and "MsgType" in fields:
            return False
        return "Encrypt" in fields or "msg_signature" in query or query.get("encrypt_type") == "aes"

    def _parse(self, query: Query, body: bytes) -> Fields:
        try:
            return parse(body)
        except MalformedPushError:
            # Who can't sign is told no more than that.
            self._verify(query, "signature")
            raise

    def _decrypt(self, encrypted: str) -> bytes:
        from minipush.wechat.encryption import Encryption  # noqa: PLC0415  # plain mode needs no AES

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
            raise PushRefusedError("the timestamp is none")
        if abs(self._clock() / 1000 - int(timestamp)) > REPLAY_SECONDS:
            raise PushRefusedError("it is older than five minutes, or of the future")
