"""The headers of a call to AWS, with botocore's signature.

botocore's signer reads a request back from its parts for each call. Here, all requests of a service have the same few
headers: only the canonical text is written, and botocore signs it. (AWS, Signature Version 4: create a canonical
request)
"""

from datetime import UTC, datetime
from hashlib import sha256
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_dynamodb import DynamoDBClient

_DEFAULT_PORTS = {"http": 80, "https": 443}


class SignedHeaders:
    """With the client's credentials and region, for a service of AWS by its name in signatures."""

    def __init__(self, client: "DynamoDBClient", service: str) -> None:
        # botocore has no public way to its signer. It has had this one since 2015.
        self._signer: Any = client._request_signer  # type: ignore[attr-defined]  # noqa: SLF001
        self._signing = (service, client.meta.region_name, "v4")

    def of(self, method: str, path: str, own: "Mapping[str, str]", body: bytes) -> tuple[str, ...]:
        """As curl takes them. `own`: in lower case, with `host`. `path`: as the request has it, without a query."""
        # This refreshes credentials that expire.
        auth: Any = self._signer.get_auth_instance(*self._signing)
        at, token = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ"), auth.credentials.token
        digest = sha256(body).hexdigest()
        headers = {**own, "x-amz-content-sha256": digest, "x-amz-date": at}
        if token:
            headers["x-amz-security-token"] = token
        names = sorted(headers)
        lines, signed = [f"{name}:{headers[name]}" for name in names], ";".join(names)
        canonical = "\n".join([method, path, "", *lines, "", signed, digest])
        request = SimpleNamespace(context={"timestamp": at})
        signature = auth.signature(auth.string_to_sign(request, canonical), request)
        credential = f"AWS4-HMAC-SHA256 Credential={auth.scope(request)}"
        return (*lines, f"authorization:{credential}, SignedHeaders={signed}, Signature={signature}")


def host_of(url: str) -> str:
    """As the header has it: without the default port."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    return host if parts.port in (None, _DEFAULT_PORTS.get(parts.scheme)) else f"{host}:{parts.port}"
