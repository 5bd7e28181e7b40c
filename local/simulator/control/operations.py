"""The operations of the control API: JSON in, JSON out."""

from collections.abc import Callable, Mapping
from typing import Any

from local.simulator.control import follower_operations, user_operations
from local.simulator.control.commands import CHANGES, FAULTS, TEMPLATE, Offset, Page, Revocation, Settle, Step
from local.simulator.settings import SimulatorSettings
from local.simulator.state import SimulatorState
from local.simulator.wechat import WeChat

PREFIX = "/_simulator/"
Json = dict[str, Any]
Query = Mapping[str, str]


def register_template(state: SimulatorState, body: bytes, _query: Query) -> Json:
    template = TEMPLATE.validate_json(body)
    state.wechat.templates.register(template)
    return {"template_id": template.template_id, "keys": template.keys}


def set_clock(state: SimulatorState, body: bytes, _query: Query) -> Json:
    state.wechat.clock.offset = Offset.model_validate_json(body).offset
    return clock(state, b"", {})


def advance_clock(state: SimulatorState, body: bytes, _query: Query) -> Json:
    state.wechat.clock.offset += Step.model_validate_json(body).seconds
    return clock(state, b"", {})


def clock(state: SimulatorState, _body: bytes, _query: Query) -> Json:
    return {"now": state.wechat.clock(), "offset": state.wechat.clock.offset}


def revoke_tokens(state: SimulatorState, body: bytes, _query: Query) -> Json:
    value = Revocation.model_validate_json(body or b"{}").access_token
    wechat = state.wechat
    return {"revoked": wechat.tokens.revoke(value) + wechat.official.tokens.revoke(value)}


def change_settings(state: SimulatorState, body: bytes, _query: Query) -> Json:
    changes = CHANGES.validate_json(body)
    state.wechat.settings = SimulatorSettings.model_validate(state.wechat.settings.model_dump() | changes)
    return settings(state, b"", {})


def settings(state: SimulatorState, _body: bytes, _query: Query) -> Json:
    return state.wechat.settings.model_dump(mode="json")


def arm_faults(state: SimulatorState, body: bytes, _query: Query) -> Json:
    wanted = FAULTS.validate_json(body)
    return {"ids": [state.faults.arm(fault) for fault in (wanted if isinstance(wanted, list) else [wanted])]}


def faults(state: SimulatorState, _body: bytes, _query: Query) -> Json:
    return {
        "faults": [
            armed.fault.model_dump(exclude_defaults=True)
            | {"id": armed.id, "matched": armed.matched, "applied": armed.applied}
            for armed in state.faults.listed()
        ]
    }


def clear_faults(state: SimulatorState, _body: bytes, _query: Query) -> Json:
    state.faults.clear()
    return {}


def reset(state: SimulatorState, _body: bytes, _query: Query) -> Json:
    state.reset()
    return {}


def ledger(state: SimulatorState, _body: bytes, query: Query) -> Json:
    page = Page.model_validate(dict(query))
    return state.wechat.ledger.page(page.limit, page.cursor, page.openid) | _totals(state.wechat)


def pushes(state: SimulatorState, _body: bytes, query: Query) -> Json:
    page = Page.model_validate(dict(query))
    Settle.model_validate(dict(query))
    return state.wechat.outbox.page(page.limit, page.cursor, page.openid)


def summary(state: SimulatorState, _body: bytes, _query: Query) -> Json:
    """The counts, and the permits by their state. Counts all permits anew."""
    tally = state.wechat.sends.forms.tally()
    totals = _totals(state.wechat)
    return {
        **totals.pop("counts"),
        **totals,
        "form_ids": tally["form"],
        "prepay_ids": tally["pay"],
        "subscriptions": state.wechat.sends.subscriptions.tally(),
        "choices": dict(state.wechat.popups.counts),
    }


def _totals(wechat: WeChat) -> Json:
    ledger = wechat.ledger
    return {
        "counts": {
            **ledger.counts(),
            "users": len(wechat.users),
            "followers": len(wechat.official.followers),
        },
        "requests": dict(ledger.requests),
        "errcodes": {str(code): count for code, count in ledger.errcodes.items()},
        "tokens_issued": dict(wechat.tokens.issued),
    }


def contents(wechat: WeChat) -> Json:
    """What the simulator serves."""
    calls = [f"{method or 'GET'} {path}" for path, (method, _) in wechat.endpoints.items()]
    operations = [f"{method} {PREFIX}{name}" for method, name in (*OPERATIONS, ("POST", "pushes"))]
    return {"wechat": calls, "control": operations, "documentation": "docs/simulator.md"}


OPERATIONS: dict[tuple[str, str], Callable[[SimulatorState, bytes, Query], Json]] = {
    ("POST", "users"): user_operations.add_users,
    ("POST", "taps"): user_operations.tap,
    ("POST", "payments"): user_operations.pay,
    ("POST", "subscriptions"): user_operations.subscribe,
    ("POST", "popups"): user_operations.show_popup,
    ("POST", "follows"): follower_operations.follow,
    ("POST", "unfollows"): follower_operations.unfollow,
    ("POST", "scans"): follower_operations.scan,
    ("POST", "templates"): register_template,
    ("GET", "clock"): clock,
    ("PUT", "clock"): set_clock,
    ("POST", "clock/advance"): advance_clock,
    ("POST", "tokens/revoke"): revoke_tokens,
    ("GET", "settings"): settings,
    ("PUT", "settings"): change_settings,
    ("POST", "faults"): arm_faults,
    ("GET", "faults"): faults,
    ("DELETE", "faults"): clear_faults,
    ("POST", "reset"): reset,
    ("GET", "pushes"): pushes,
    ("GET", "ledger"): ledger,
    ("GET", "ledger/summary"): summary,
}
