"""The operations of the control API that create users and simulate what they do on their phones."""

from collections.abc import Mapping
from typing import Any

from local.simulator.control.commands import Accepts, NewUsers, Permits, Popup
from local.simulator.permits.form_permits import FormKind
from local.simulator.state import SimulatorState
from local.simulator.wechat import WeChat

Json = dict[str, Any]
Query = Mapping[str, str]


class UnknownUserError(ValueError):
    """No user has this openid."""


def add_users(state: SimulatorState, body: bytes, _query: Query) -> Json:
    wanted = NewUsers.model_validate_json(body or b"{}")
    if wanted.count is None:
        return _logged_in(state.wechat, wanted.openid, high_risk=wanted.high_risk)
    return {
        "users": [_logged_in(state.wechat, None, high_risk=wanted.high_risk) for _ in range(wanted.count)]
    }


def tap(state: SimulatorState, body: bytes, _query: Query) -> Json:
    return _give(state.wechat, "form", Permits.model_validate_json(body))


def pay(state: SimulatorState, body: bytes, _query: Query) -> Json:
    return _give(state.wechat, "pay", Permits.model_validate_json(body))


def subscribe(state: SimulatorState, body: bytes, _query: Query) -> Json:
    wanted = Accepts.model_validate_json(body)
    popups = state.wechat.popups
    for openid in _known(state.wechat, wanted.users()):
        if wanted.result == "reject":
            popups.turn_off(openid, wanted.template_id)
        elif wanted.result == "turn_on":
            popups.turn_on(openid, wanted.template_id)
        else:
            popups.accept(openid, wanted.template_id, wanted.count, long_term=wanted.long_term)
    return {}


def show_popup(state: SimulatorState, body: bytes, _query: Query) -> Json:
    wanted = Popup.model_validate_json(body)
    [openid] = _known(state.wechat, [wanted.openid])
    push_kept = state.wechat.settings.push_kept_choices
    return state.wechat.popups.request(openid, wanted.choices, keep=wanted.keep, push_kept=push_kept)


def _logged_in(wechat: WeChat, openid: str | None, *, high_risk: bool) -> Json:
    user = wechat.users.add(openid, high_risk=high_risk)
    return {"openid": user.openid, "js_code": wechat.users.new_code(user)}


def _give(wechat: WeChat, kind: FormKind, wanted: Permits) -> Json:
    given = {
        openid: [_new_id(wechat, kind, openid) for _ in range(wanted.count)]
        for openid in _known(wechat, wanted.users())
    }
    name = "form_ids" if kind == "form" else "prepay_ids"
    return {name: given[wanted.openid] if wanted.openid and not wanted.openids else given}


def _new_id(wechat: WeChat, kind: FormKind, openid: str) -> str:
    form_id = wechat.ids.form_id() if kind == "form" else wechat.ids.prepay_id(wechat.clock())
    wechat.sends.forms.give(form_id, openid, kind)
    return form_id


def _known(wechat: WeChat, openids: list[str]) -> list[str]:
    for openid in openids:
        if openid not in wechat.users:
            raise UnknownUserError(f"no such user: {openid}")
    return openids
