"""Requests as API Gateway hands them over (payload format 2.0), read without trusting that all of it is there."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

OTHERWISE = "$default"


@dataclass(frozen=True, slots=True)
class Request:
    """`route` is the gateway's own match (`GET /users/{openid}`), `$default` where it found none.

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
    given: Mapping[str, Any] = field(repr=False)

    @classmethod
    def read(cls, event: Mapping[str, Any], context: Any) -> "Request":
        about = event.get("requestContext") or {}
        http = about.get("http") or {}
        return cls(
            id=about.get("requestId") or context.aws_request_id,
            route=event.get("routeKey") or OTHERWISE,
            path=event.get("rawPath") or "/",
            method=http.get("method") or "",
            headers={name.lower(): value for name, value in (event.get("headers") or {}).items()},
            parameters=event.get("pathParameters") or {},
            query=event.get("queryStringParameters") or {},
            body=event.get("body") or "",
            is_base64=bool(event.get("isBase64Encoded")),
            given=event,
        )

    def for_resolver(self) -> dict[str, Any]:
        """An event that leads where the gateway's match leads, whatever its path decodes to.

        A path may be encoded (`/m%65`), bear a stage or the prefix of a custom domain; a second match on
        it could come out otherwise than the one that the access rules went by.
        """
        method, _, template = self.route.partition(" ")
        path = re.sub(r"\{(\w+)\}", self._parameter, template)
        about = {**(self.given.get("requestContext") or {}), "stage": OTHERWISE, "http": {"method": method}}
        return {
            **self.given,
            "rawPath": path,
            "requestContext": about,
            # Powertools knows the content type by its very letters; ours was looked at before.
            "headers": {**self.headers, "content-type": "application/json"},
            "body": self.body,
            "isBase64Encoded": self.is_base64,
        }

    def _parameter(self, name: re.Match[str]) -> str:
        return quote(self.parameters.get(name[1], ""), safe="", errors="replace")
