"""The operators' console: the files of site/, and nothing else. It needs no table, no secret and no part of the layer."""

import base64
import gzip
import hashlib
import json
import re
from functools import cache
from pathlib import Path
from typing import Any

SITE = Path(__file__).parent / "site"
FILES = {file.relative_to(SITE).as_posix(): file for file in SITE.rglob("*") if file.is_file()}
TYPES = {".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
NOT_FOUND = {
    "type": "https://github.com/minipush/minipush/blob/main/docs/errors.md#not-found",
    "title": "Nothing at this path", "status": 404, "detail": "The console has no such file.",
}  # fmt: skip
# Trusted Types: only lit-html turns text into HTML, and it does so with the console's own templates alone.
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types lit-html",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Strict-Transport-Security": "max-age=31536000",
    "Cache-Control": "no-cache",
    "Vary": "Accept-Encoding",
}


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    headers = HEADERS | {"X-Request-Id": (event.get("requestContext") or {}).get("requestId") or "-"}
    asked = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    if (event.get("rawPath") or "").endswith("/console"):
        return {"statusCode": 308, "headers": headers | {"Location": "/console/"}, "body": ""}
    path = (event.get("pathParameters") or {}).get("path") or "index.html"
    if path not in FILES:
        headers["Content-Type"] = "application/problem+json"
        return {"statusCode": 404, "headers": headers, "body": json.dumps(NOT_FOUND)}
    etag, plain, packed = _read(path)
    headers["ETag"] = etag
    if etag in re.split(r"\s*,\s*", asked.get("if-none-match", "")):
        return {"statusCode": 304, "headers": headers, "body": ""}
    headers["Content-Type"] = f"{TYPES.get(FILES[path].suffix, 'text/plain')}; charset=utf-8"
    body = plain
    if re.search(r"\bgzip\b(?!\s*;\s*q=0(\.0*)?\s*(,|$))", asked.get("accept-encoding", "")):
        headers["Content-Encoding"], body = "gzip", packed
    return {"statusCode": 200, "headers": headers, "body": body, "isBase64Encoded": True}


@cache
def _read(path: str) -> tuple[str, str, str]:
    """The ETag, which is the same for both forms; the content and the compressed content, in base64."""
    content = FILES[path].read_bytes()
    plain, packed = (base64.b64encode(one).decode() for one in (content, gzip.compress(content, 9, mtime=0)))
    return f'W/"{hashlib.sha256(content).hexdigest()[:16]}"', plain, packed
