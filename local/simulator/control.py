"""The control API: what tests, the demo and people do to the simulated world. JSON in, JSON out."""

from collections.abc import Callable, Mapping
from typing import Any

from local.simulator.commands import (
    CHANGES,
    FAULTS,
    TEMPLATE,
    Accepts,
    NewUsers,
    Offset,
    Page,
    Permits,
    Revocation,
    Step,
)
from local.simulator.permits import FormKind
from local.simulator.settings import Settings
from local.simulator.wechat import WeChat
from local.simulator.world import World

PREFIX = "/_simulator/"
Json = dict[str, Any]
Query = Mapping[str, str]


class UnknownUserError(ValueError):
    """A permit is asked of a user who isn't there."""


def add_users(world: World, body: bytes, _query: Query) -> Json:
    wanted = NewUsers.model_validate_json(body or b"{}")
    if wanted.count is None:
        return _logged_in(world.wechat, wanted.openid, high_risk=wanted.high_risk)
    return {
        "users": [_logged_in(world.wechat, None, high_risk=wanted.high_risk) for _ in range(wanted.count)]
    }


def tap(world: World, body: bytes, _query: Query) -> Json:
    return _give(world.wechat, "form", Permits.model_validate_json(body))


def pay(world: World, body: bytes, _query: Query) -> Json:
    return _give(world.wechat, "pay", Permits.model_validate_json(body))


def subscribe(world: World, body: bytes, _query: Query) -> Json:
    wanted = Accepts.model_validate_json(body)
    subscriptions = world.wechat.sends.subscriptions
    for openid in _known(world.wechat, wanted):
        if wanted.result == "reject":
            subscriptions.reject(openid, wanted.template_id)
        elif wanted.long_term:
            subscriptions.accept_long_term(openid, wanted.template_id)
        else:
            subscriptions.accept(openid, wanted.template_id, wanted.count)
    return {}


def register_template(world: World, body: bytes, _query: Query) -> Json:
    template = TEMPLATE.validate_json(body)
    world.wechat.templates.register(template)
    return {"template_id": template.template_id, "keys": template.keys}


def set_clock(world: World, body: bytes, _query: Query) -> Json:
    world.wechat.clock.offset = Offset.model_validate_json(body).offset
    return clock(world, b"", {})


def advance_clock(world: World, body: bytes, _query: Query) -> Json:
    world.wechat.clock.offset += Step.model_validate_json(body).seconds
    return clock(world, b"", {})


def clock(world: World, _body: bytes, _query: Query) -> Json:
    return {"now": world.wechat.clock(), "offset": world.wechat.clock.offset}


def revoke_tokens(world: World, body: bytes, _query: Query) -> Json:
    value = Revocation.model_validate_json(body or b"{}").access_token
    return {"revoked": world.wechat.tokens.revoke(value)}


def change_settings(world: World, body: bytes, _query: Query) -> Json:
    changes = CHANGES.validate_json(body)
    world.wechat.settings = Settings.model_validate(world.wechat.settings.model_dump() | changes)
    return settings(world, b"", {})


def settings(world: World, _body: bytes, _query: Query) -> Json:
    return world.wechat.settings.model_dump(mode="json")


def arm_faults(world: World, body: bytes, _query: Query) -> Json:
    wanted = FAULTS.validate_json(body)
    return {"ids": [world.faults.arm(fault) for fault in (wanted if isinstance(wanted, list) else [wanted])]}


def faults(world: World, _body: bytes, _query: Query) -> Json:
    return {
        "faults": [
            armed.fault.model_dump(exclude_defaults=True)
            | {"id": armed.id, "matched": armed.matched, "struck": armed.struck}
            for armed in world.faults.listed()
        ]
    }


def clear_faults(world: World, _body: bytes, _query: Query) -> Json:
    world.faults.clear()
    return {}


def reset(world: World, _body: bytes, _query: Query) -> Json:
    world.reset()
    return {}


def ledger(world: World, _body: bytes, query: Query) -> Json:
    page = Page.model_validate(dict(query))
    return world.wechat.ledger.page(page.limit, page.cursor, page.openid) | _totals(world.wechat)


def summary(world: World, _body: bytes, _query: Query) -> Json:
    """The counts, and every permit by its state: this one walks over all permits."""
    tally = world.wechat.sends.forms.tally()
    totals = _totals(world.wechat)
    return {
        **totals.pop("counts"),
        **totals,
        "form_ids": tally["form"],
        "prepay_ids": tally["pay"],
        "subscriptions": world.wechat.sends.subscriptions.tally(),
    }


def _totals(wechat: WeChat) -> Json:
    books = wechat.ledger
    return {
        "counts": {**books.counts(), "users": len(wechat.users)},
        "requests": dict(books.requests),
        "errcodes": {str(code): count for code, count in books.errcodes.items()},
        "tokens_issued": dict(wechat.tokens.issued),
    }


def _logged_in(wechat: WeChat, openid: str | None, *, high_risk: bool) -> Json:
    user = wechat.users.add(openid, high_risk=high_risk)
    return {"openid": user.openid, "js_code": wechat.users.new_code(user)}


def _give(wechat: WeChat, kind: FormKind, wanted: Permits) -> Json:
    given = {
        openid: [_new_id(wechat, kind, openid) for _ in range(wanted.count)]
        for openid in _known(wechat, wanted)
    }
    name = "form_ids" if kind == "form" else "prepay_ids"
    return {name: given[wanted.openid] if wanted.openid and not wanted.openids else given}


def _new_id(wechat: WeChat, kind: FormKind, openid: str) -> str:
    form_id = wechat.ids.form_id() if kind == "form" else wechat.ids.prepay_id(wechat.clock())
    wechat.sends.forms.give(form_id, openid, kind)
    return form_id


def _known(wechat: WeChat, wanted: Permits) -> list[str]:
    for openid in wanted.users():
        if openid not in wechat.users:
            raise UnknownUserError(f"no such user: {openid}")
    return wanted.users()


OPERATIONS: dict[tuple[str, str], Callable[[World, bytes, Query], Json]] = {
    ("POST", "users"): add_users,
    ("POST", "taps"): tap,
    ("POST", "payments"): pay,
    ("POST", "subscriptions"): subscribe,
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
    ("GET", "ledger"): ledger,
    ("GET", "ledger/summary"): summary,
}
