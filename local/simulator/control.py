"""The control API: what tests, the demo and people do to the simulated world. JSON in, JSON out."""

from collections.abc import Callable, Mapping
from typing import Any

from local.simulator import user_control
from local.simulator.commands import CHANGES, FAULTS, TEMPLATE, Offset, Page, Revocation, Settle, Step
from local.simulator.settings import Settings
from local.simulator.wechat import WeChat
from local.simulator.world import World

PREFIX = "/_simulator/"
Json = dict[str, Any]
Query = Mapping[str, str]


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


def pushes(world: World, _body: bytes, query: Query) -> Json:
    page = Page.model_validate(dict(query))
    Settle.model_validate(dict(query))
    return world.wechat.outbox.page(page.limit, page.cursor, page.openid)


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
        "choices": dict(world.wechat.popups.counts),
    }


def _totals(wechat: WeChat) -> Json:
    books = wechat.ledger
    return {
        "counts": {**books.counts(), "users": len(wechat.users)},
        "requests": dict(books.requests),
        "errcodes": {str(code): count for code, count in books.errcodes.items()},
        "tokens_issued": dict(wechat.tokens.issued),
    }


OPERATIONS: dict[tuple[str, str], Callable[[World, bytes, Query], Json]] = {
    ("POST", "users"): user_control.add_users,
    ("POST", "taps"): user_control.tap,
    ("POST", "payments"): user_control.pay,
    ("POST", "subscriptions"): user_control.subscribe,
    ("POST", "popups"): user_control.show_popup,
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
