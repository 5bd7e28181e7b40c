"""The result of one check."""

from dataclasses import dataclass

OK, WARNING, FAILED = "ok", "warning", "failed"


@dataclass(frozen=True)
class Check:
    """`found`: what was seen. `next`: what to do, mostly a command; empty if all is well."""

    name: str
    level: str
    found: str
    next: str = ""


def passed(name: str, found: str) -> Check:
    return Check(name, OK, found)


def warned(name: str, found: str, next_: str) -> Check:
    return Check(name, WARNING, found, next_)


def failed(name: str, found: str, next_: str) -> Check:
    return Check(name, FAILED, found, next_)
