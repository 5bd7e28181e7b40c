"""How requests to Aliyun and Tencent are signed.

Sources: "V3 request body and signature" of Aliyun's OpenAPI (ACS3-HMAC-SHA256), and "Signature v3" of Tencent Cloud's API
(TC3-HMAC-SHA256).
"""

import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final
from urllib.parse import quote

from minipush.channels.sms.account import SmsKey

_ACS3: Final = "ACS3-HMAC-SHA256"
_TC3: Final = "TC3-HMAC-SHA256"
_TC3_SIGNED: Final = ("content-type", "host")


def acs3_query(parameters: Mapping[str, str]) -> str:
    """Sorted and percent-encoded (RFC 3986), as it is signed and sent."""
    return "&".join(f"{_quoted(name)}={_quoted(parameters[name])}" for name in sorted(parameters))


def acs3_authorization(key: SmsKey, query: str, headers: Mapping[str, str], body: bytes = b"") -> str:
    """`headers`: names in lower case, with `host` and all `x-acs-…`; all of them are signed."""
    names = sorted(headers)
    signed = ";".join(names)
    lines = "".join(f"{name}:{headers[name].strip()}\n" for name in names)
    request = "\n".join(["POST", "/", query, lines, signed, _sha256(body)])
    signature = _hmac(key.secret.encode(), f"{_ACS3}\n{_sha256(request.encode())}").hex()
    return f"{_ACS3} Credential={key.id},SignedHeaders={signed},Signature={signature}"


def tc3_authorization(key: SmsKey, service: str, host: str, content_type: str, body: bytes, at: int) -> str:
    """`at`: seconds since the epoch, as in `X-TC-Timestamp`."""
    date = datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d")
    scope, signed = f"{date}/{service}/tc3_request", ";".join(_TC3_SIGNED)
    lines = f"content-type:{content_type}\nhost:{host}\n"
    request = "\n".join(["POST", "/", "", lines, signed, _sha256(body)])
    text = "\n".join([_TC3, str(at), scope, _sha256(request.encode())])
    signing_key = f"TC3{key.secret}".encode()
    for part in (date, service, "tc3_request"):
        signing_key = _hmac(signing_key, part)
    return f"{_TC3} Credential={key.id}/{scope}, SignedHeaders={signed}, Signature={_hmac(signing_key, text).hex()}"


def _quoted(text: str) -> str:
    return quote(text, safe="~")


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.digest(key, text.encode(), "sha256")
