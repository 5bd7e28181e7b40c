"""Errors as RFC 9457 problem documents."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from minipush.http.edge import problem_types as types
from minipush.http.edge.problem_types import ProblemType

MEDIA_TYPE = "application/problem+json"
NOT_VALID = "The request is not valid."
UNEXPECTED = "An unexpected error occurred in minipush."
CHALLENGE = {"WWW-Authenticate": "Bearer"}

type Faults = Iterable[tuple[str, str]]
"""JSON pointers into the body, each with what is wrong there."""


class ProblemError(Exception):
    """A response that is a problem document. `reason` and `members` are extension members, for machines."""

    def __init__(
        self,
        type_: ProblemType,
        detail: str,
        errors: Faults = (),
        headers: Mapping[str, str] | None = None,
        reason: str | None = None,
    ) -> None:
        super().__init__(detail)
        self.type = type_
        self.detail = detail
        self.errors = list(errors)
        self.headers = dict(headers or {})
        self.reason = reason
        self.members: dict[str, Any] = {}

    def document(self) -> dict[str, Any]:
        document: dict[str, Any] = {
            "type": self.type.url,
            "title": self.type.title,
            "status": self.type.status.value,
            "detail": self.detail,
        }
        if self.reason:
            document["reason"] = self.reason
        if self.errors:
            document["errors"] = [{"pointer": pointer, "detail": detail} for pointer, detail in self.errors]
        return document | self.members

    def answer(self) -> dict[str, Any]:
        """In API Gateway's payload format 2.0."""
        headers = {"Content-Type": MEDIA_TYPE, **self.headers}
        return {
            "statusCode": self.type.status.value,
            "headers": headers,
            "body": self.body(),
            "isBase64Encoded": False,
        }

    def body(self) -> str:
        return json.dumps(self.document(), ensure_ascii=False)


def unauthorized(detail: str) -> ProblemError:
    return ProblemError(types.UNAUTHORIZED, detail, headers=CHALLENGE)


def not_found() -> ProblemError:
    return ProblemError(types.NOT_FOUND, "There is nothing at this path.")


def invalid(errors: Faults) -> ProblemError:
    return ProblemError(types.INVALID_REQUEST, NOT_VALID, errors)


def internal_error() -> ProblemError:
    return ProblemError(types.INTERNAL_ERROR, UNEXPECTED)


def rate_limit(limit: int, remaining: int, reset: int) -> Mapping[str, str]:
    """Headers for a limit with so many requests left for `reset` seconds. `Retry-After` if none is left."""
    headers = {
        "RateLimit-Limit": str(limit),
        "RateLimit-Remaining": str(remaining),
        "RateLimit-Reset": str(reset),
    }
    return headers if remaining else {**headers, "Retry-After": str(reset)}
