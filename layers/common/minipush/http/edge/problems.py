"""Errors as RFC 9457 problem documents."""

import json
from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler import Response

MEDIA_TYPE = "application/problem+json"


class ProblemError(Exception):
    """An answer that is an error. `errors` are (JSON pointer into the body, what is wrong there).

    `reason` is an extension member, for machines.
    """

    def __init__(
        self,
        status: HTTPStatus,
        detail: str,
        errors: Iterable[tuple[str, str]] = (),
        headers: Mapping[str, str] | None = None,
        reason: str | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.errors = list(errors)
        self.headers = dict(headers or {})
        self.reason = reason

    def document(self) -> dict[str, Any]:
        document: dict[str, Any] = {
            "type": "about:blank",
            "title": self.status.phrase,
            "status": self.status.value,
            "detail": self.detail,
        }
        if self.reason:
            document["reason"] = self.reason
        if self.errors:
            document["errors"] = [{"pointer": pointer, "detail": detail} for pointer, detail in self.errors]
        return document

    def response(self) -> Response[str]:
        return Response(self.status.value, MEDIA_TYPE, self._body(), dict(self.headers))

    def answer(self) -> dict[str, Any]:
        """For API Gateway."""
        headers = {"Content-Type": MEDIA_TYPE, **self.headers}
        return {
            "statusCode": self.status.value,
            "headers": headers,
            "body": self._body(),
            "isBase64Encoded": False,
        }

    def _body(self) -> str:
        return json.dumps(self.document())


def unauthorized(detail: str) -> ProblemError:
    return ProblemError(HTTPStatus.UNAUTHORIZED, detail, headers={"WWW-Authenticate": "Bearer"})


def invalid(errors: Iterable[tuple[str, str]]) -> ProblemError:
    return ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, "The request is not valid.", errors)


def pointer(location: Sequence[str | int]) -> str:
    """RFC 6901. What pydantic names after a union is the one of its types that it went by, and no step."""
    if location[:1] == ("audience",):
        location = (*location[:1], *location[2:])
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in location)
