"""Requests as API Gateway passes them on (payload format 2.0). Any part may be missing."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

UNMATCHED = "$default"


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """`route` is the route that the gateway matched (`GET /users/{openid}`), or `$default` for none.

    HEAD gets the route of GET: only `method` tells them apart. Any gateway drops the body of an answer to HEAD.
    Header names are in lower case.
    """

    id: str
    route: str
    path: str
    method: str
    headers: Mapping[str, str]
    parameters: Mapping[str, str]
    query: Mapping[str, str]
    body: str
    is_base64: bool
    event: Mapping[str, Any] = field(repr=False)

    @classmethod
    def read(cls, event: Mapping[str, Any], context: Any) -> "HttpRequest":
        about = event.get("requestContext") or {}
        http = about.get("http") or {}
        return cls(
            id=about.get("requestId") or context.aws_request_id,
            route=re.sub("^HEAD ", "GET ", event.get("routeKey") or UNMATCHED),
            path=event.get("rawPath") or "/",
            method=http.get("method") or "",
            headers={name.lower(): value for name, value in (event.get("headers") or {}).items()},
            parameters=event.get("pathParameters") or {},
            query=event.get("queryStringParameters") or {},
            body=event.get("body") or "",
            is_base64=bool(event.get("isBase64Encoded")),
            event=event,
        )

    def for_resolver(self) -> dict[str, Any]:
        """An event whose path is built from the gateway's match, so that a second match has the same result.

        The original path may be encoded (`/m%65`), or start with a stage or a custom domain's prefix. A
        different match would bypass the access rules of the route.
        """
        method, _, template = self.route.partition(" ")
        path = re.sub(r"\{(\w+)\}", self._parameter, template)
        about = self.event.get("requestContext") or {}
        http = {**(about.get("http") or {}), "method": method}
        return {
            **self.event,
            "rawPath": path,
            "requestContext": {**about, "stage": UNMATCHED, "http": http},
            # Powertools compares the content type letter by letter; bodies.py has checked it.
            "headers": {**self.headers, "content-type": "application/json"},
            "body": self.body,
            # The body is parsed already.
            "isBase64Encoded": False,
        }

    def _parameter(self, name: re.Match[str]) -> str:
        return quote(self.parameters.get(name[1], ""), safe="", errors="replace")
