"""WeChat's pushes (消息推送): verify their signature and decrypt them.

Source: framework/server-ability/message-push on developers.weixin.qq.com. A setting in WeChat's
console decides the mode: plain, encrypted ("secure") or both at once ("compatible"), each in JSON or XML.
"""

import hashlib
import hmac
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from minipush.wechat.errors import MalformedPushError, PushRefusedError
from minipush.wechat.push_bodies import Fields, parse

# WeChat repeats a push within seconds, so an older one is a replay.
REPLAY_SECONDS = 5 * 60
TRIAL_SENDER = "rotation-check"
"""Who sends the push with which `make rotate-callback` tries the callback. No openid of WeChat's has a hyphen at this place."""

type Query = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Push:
    """`nonce`: what WeChat signed of a plain push, whose signature doesn't cover the body. None if it was encrypted.

    Whoever acts on a plain push must see to it that a nonce comes with one body only.
    `is_outdated`: it was signed with a token that a newer one has replaced.
    `new_mark`: while older credentials still count, the mark of the new ones, if they signed it.
    """

    fields: Fields
    nonce: str | None
    is_outdated: bool = False
    new_mark: str = ""

    @property
    def is_trial(self) -> bool:
        """It is no sign that WeChat has called."""
        return self.fields.get("FromUserName") == TRIAL_SENDER


@dataclass(frozen=True, slots=True)
class PushCredentials:
    """What WeChat's console has for the message push. `encoding_aes_key` is empty in plain mode."""

    token: str = field(repr=False)
    encoding_aes_key: str = field(default="", repr=False)

    @property
    def mark(self) -> str:
        """Tells them from others. It may be stored only where the token is random: a short one could be guessed from it."""
        return hashlib.sha256(f"{self.token} {self.encoding_aes_key}".encode()).hexdigest()[:16]


def sign(*parts: str) -> str:
    """WeChat's signature over the token, the timestamp, the nonce and, if there is one, the encrypted text."""
    joined = "".join(sorted(parts))
    return hashlib.sha1(joined.encode(errors="surrogatepass")).hexdigest()  # noqa: S324 - WeChat's choice


class Callback:
    """`clock` is in ms. Without a token, every push is refused; without an AES key, every push in secure mode.

    With an AES key, every plain push is refused unless `accepts_plain`. `replaced`: older credentials that still count.
    """

    def __init__(
        self,
        appid: str,
        token: str,
        encoding_aes_key: str,
        clock: Callable[[], int],
        *,
        accepts_plain: bool = False,
        replaced: Sequence[PushCredentials] = (),
    ) -> None:
        self._appid = appid
        self._accepts_plain = accepts_plain
        self._current = PushCredentials(token, encoding_aes_key)
        self._accepted = [one for one in (self._current, *replaced) if one.token]
        self._has_keys = any(one.encoding_aes_key for one in self._accepted)
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
        signers = self._verify(query, "msg_signature", encrypted)
        if not signers[0].encoding_aes_key and "MsgType" in fields:
            return self._open_plain(query, fields)
        decrypted, signer = self._decrypt(encrypted, signers)
        return self._push(parse(decrypted), None, signer)

    def _open_plain(self, query: Query, fields: Fields) -> Push:
        signer = self._verify(query, "signature")[0]
        if signer.encoding_aes_key and not self._accepts_plain:
            raise PushRefusedError("it is plain, and there is an encoding_aes_key")
        nonce = f"{query.get('timestamp')}/{query.get('nonce')}"
        return self._push(fields, nonce, signer)

    def _push(self, fields: Fields, nonce: str | None, signer: PushCredentials) -> Push:
        if signer != self._current:
            return Push(fields, nonce, is_outdated=True)
        return Push(fields, nonce, new_mark=signer.mark if len(self._accepted) > 1 else "")

    def _is_encrypted(self, query: Query, fields: Fields) -> bool:
        """Compatible mode sends both parts; without an AES key, the plain part counts."""
        if not self._has_keys and "MsgType" in fields:
            return False
        return "Encrypt" in fields or "msg_signature" in query or query.get("encrypt_type") == "aes"

    def _parse(self, query: Query, body: bytes) -> Fields:
        try:
            return parse(body)
        except MalformedPushError:
            # A sender without a valid signature learns nothing about the body.
            self._verify(query, "signature")
            raise

    def _decrypt(self, encrypted: str, signers: Sequence[PushCredentials]) -> tuple[bytes, PushCredentials]:
        """With the key of the first that opens it: several may have the same token."""
        from minipush.wechat.encryption import Encryption  # noqa: PLC0415  # plain mode doesn't load AES

        refusals = []
        for one in signers:
            try:
                return Encryption(one.encoding_aes_key, self._appid).decrypt(encrypted), one
            except PushRefusedError as refusal:
                refusals.append(refusal)
        raise refusals[0]

    def _verify(self, query: Query, name: str, *signed: str) -> list[PushCredentials]:
        """All those that WeChat may have signed with, the current ones first. Never empty."""
        if not self._accepted:
            raise PushRefusedError("no callback_token is set")
        given = query.get(name, "").encode(errors="surrogatepass")
        found = []
        for one in self._accepted:
            wanted = sign(one.token, query.get("timestamp", ""), query.get("nonce", ""), *signed)
            if hmac.compare_digest(wanted.encode(), given):
                found.append(one)
        if not found:
            raise PushRefusedError("the signature is wrong")
        return found

    def _check_age(self, query: Query) -> None:
        timestamp = query.get("timestamp", "")
        if not (timestamp.isascii() and timestamp.isdecimal() and len(timestamp) <= 12):
            raise PushRefusedError("the timestamp is not a number")
        if abs(self._clock() / 1000 - int(timestamp)) > REPLAY_SECONDS:
            raise PushRefusedError("the timestamp is more than five minutes away")
