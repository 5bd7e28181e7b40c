"""The control API: JSON in, JSON out."""

from collections.abc import Callable, Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from local.providers.faults import Fault
from local.providers.state import ProvidersState

PREFIX = "/_providers/"
Json = dict[str, Any]
Query = Mapping[str, str]
FAULTS: TypeAdapter[Fault | list[Fault]] = TypeAdapter(Fault | list[Fault])


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class NewDevice(Body):
    key: str = ""
    reason: str = ""
    encryption_key: str = ""
    cipher: Literal["cbc", "gcm", "ecb"] = "cbc"


class Step(Body):
    seconds: float


class Number(Body):
    number: str = Field(pattern="^[0-9]{11}$")


def add_device(state: ProvidersState, body: bytes, _query: Query) -> Json:
    device = state.bark.register(**NewDevice.model_validate_json(body or b"{}").model_dump())
    return {"key": device.key, "token": device.token}


def blacklist(state: ProvidersState, body: bytes, _query: Query) -> Json:
    state.sms.blacklist.add(Number.model_validate_json(body).number)
    return {}


def shown(state: ProvidersState, _body: bytes, query: Query) -> Json:
    """`provider`, `to` and `id` narrow the list."""
    wanted = {name: query[name] for name in ("provider", "to", "id") if name in query}
    found = [
        each.to_json()
        for each in state.phones.shown
        if all(getattr(each, name) == value for name, value in wanted.items())
    ]
    return {"shown": found}


def counts(state: ProvidersState, _body: bytes, _query: Query) -> Json:
    return {"bark": state.bark.requests, "sms": state.sms.requests, "smtp": state.mail.connections}


def arm_faults(state: ProvidersState, body: bytes, _query: Query) -> Json:
    wanted = FAULTS.validate_json(body)
    return {"ids": [state.faults.arm(fault) for fault in (wanted if isinstance(wanted, list) else [wanted])]}


def faults(state: ProvidersState, _body: bytes, _query: Query) -> Json:
    return {
        "faults": [
            armed.fault.model_dump(exclude_defaults=True)
            | {"id": armed.id, "matched": armed.matched, "applied": armed.applied}
            for armed in state.faults.listed()
        ]
    }


def clear_faults(state: ProvidersState, _body: bytes, _query: Query) -> Json:
    state.faults.clear()
    return {}


def advance_clock(state: ProvidersState, body: bytes, _query: Query) -> Json:
    state.clock.offset += Step.model_validate_json(body).seconds
    return {"now": state.clock()}


def reset(state: ProvidersState, _body: bytes, _query: Query) -> Json:
    state.reset()
    return {}


OPERATIONS: Mapping[tuple[str, str], Callable[[ProvidersState, bytes, Query], Json]] = {
    ("POST", "devices"): add_device,
    ("POST", "blacklist"): blacklist,
    ("GET", "shown"): shown,
    ("GET", "counts"): counts,
    ("POST", "faults"): arm_faults,
    ("GET", "faults"): faults,
    ("DELETE", "faults"): clear_faults,
    ("POST", "clock/advance"): advance_clock,
    ("POST", "reset"): reset,
}
