"""The headers of a call to DynamoDB, with botocore's signature.

botocore's signer reads a request back from its parts for each call. Here, all requests have the same few headers: only
the canonical text is written, and botocore signs it. (AWS, Signature Version 4: create a canonical request)
"""

from datetime import UTC, datetime
from hashlib import sha256
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_CONTENT_TYPE: Final = "application/x-amz-json-1.0"
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}


class SignedHeaders:
    """For POSTs to `url`, with the client's credentials and region."""

    def __init__(self, client: "DynamoDBClient", url: str) -> None:
        # botocore has no public way to its signer. It has had this one since 2015.
        self._signer: Any = client._request_signer  # type: ignore[attr-defined]  # noqa: SLF001
        self._signing = (client.meta.service_model.signing_name, client.meta.region_name, "v4")
        self._host = _host(url)
        self._path = urlsplit(url).path

    def of(self, operation: str, body: bytes) -> tuple[str, ...]:
        """As curl takes them."""
        # This refreshes credentials that expire.
        auth: Any = self._signer.get_auth_instance(*self._signing)
        at, token = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ"), auth.credentials.token
        own = {
            "content-type": _CONTENT_TYPE,
            "host": self._host,
            "x-amz-date": at,
            **({"x-amz-security-token": token} if token else {}),
            "x-amz-target": f"DynamoDB_20120810.{operation}",
        }
        lines, names = [f"{name}:{text}" for name, text in own.items()], ";".join(own)
        canonical = "\n".join(["POST", self._path, "", *lines, "", names, sha256(body).hexdigest()])
        request = SimpleNamespace(context={"timestamp": at})
        signature = auth.signature(auth.string_to_sign(request, canonical), request)
        credential = f"AWS4-HMAC-SHA256 Credential={auth.scope(request)}"
        return (*lines, f"authorization:{credential}, SignedHeaders={names}, Signature={signature}")


def _host(url: str) -> str:
    """As the header has it: without the default port."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    return host if parts.port in (None, _DEFAULT_PORTS.get(parts.scheme)) else f"{host}:{parts.port}"
