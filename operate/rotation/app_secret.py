"""`make rotate-app-secret`: stores an AppSecret that WeChat's console has just made.

WeChat ends the old one at once. Access tokens that it gave still count, so sends go on; log-ins fail until this command
has run and a minute has passed.
"""

import re
import time
from pathlib import Path

from minipush.wechat.errors import RefusedError, WeChatError
from minipush.wechat.requests_transport import RequestsTransport
from minipush.wechat.token_calls import ADDRESS_REFUSED, TokenCalls, address_to_allow
from operate.command import told_if_interrupted
from operate.deployed_api import LOOKED_AT
from operate.environments import make_variables
from operate.rotation.rotation import Rotation, RotationError, Value
from operate.switches import is_on

NAME = "app_secret"


def rotate(on: Rotation) -> str:
    output = "OfficialSecretArn" if on.is_official else "WeChatSecretArn"
    before, new = on.read(output), on.ask("the new AppSecret: ").strip()
    if not re.fullmatch(r"\S{1,256}", new):
        raise RotationError("an AppSecret has no blanks; nothing was changed")
    if new == before.get(NAME):
        raise RotationError("this AppSecret is stored already; nothing was changed")
    _check(on, new)
    with told_if_interrupted(
        "All processes use the new AppSecret within a minute, if it is stored already: "
        f"{on.make('rotate-app-secret', 'ACCOUNT')} stores it, or says that it is. {on.make('smoke')} tries a log-in"
    ):
        _store(on, output, before, new)
        return "The new AppSecret is stored. " + _tried(on)


def _store(on: Rotation, output: str, before: Value, new: str) -> None:
    """Raises RotationError."""
    on.change(output, lambda secret: secret | {NAME: new})
    after = on.read(output)
    if _others(after) != _others(before) or after.get(NAME) != new:
        raise RotationError(
            "somebody else changed the secret at the same time: look at it in Secrets Manager"
        )


def _tried(on: Rotation) -> str:
    """Once every process has the new AppSecret, a log-in with an invented code. Raises RotationError."""
    if on.is_official:
        return "All processes use it within a minute.\n"
    on.say("The new AppSecret is stored. In a minute, when all processes use it, a log-in is tried.")
    # A process that real log-ins have met with the old secret answers none for half a minute more: the second try counts.
    status = _try_after_a_wait(on)
    if status != LOOKED_AT:
        status = _try_after_a_wait(on)
    if status != LOOKED_AT:
        raise RotationError(
            f"the new AppSecret is stored, but WeChat answers no log-in ({status}): "
            f"make doctor{make_variables(on.variables)}"
        )
    return "WeChat looks at log-ins with it.\n"


def _try_after_a_wait(on: Rotation) -> int:
    on.wait()
    return on.api.invented_login()


def _others(secret: Value) -> Value:
    return {name: value for name, value in secret.items() if name != NAME}


def _check(on: Rotation, secret: str) -> None:
    """Ask WeChat for the current stable token, which ends no other. Raises RotationError."""
    if is_on(on.variables, "UNCHECKED"):
        on.say("WeChat is not asked.")
        return
    parameters = on.stack.parameters
    appid, base = parameters["WeChatAppId"], parameters["WeChatApiBase"]
    if on.is_official:
        appid, base = parameters["OfficialAppId"], parameters.get("OfficialApiBase") or base
    ca = parameters.get("WeChatCaFile", "")
    transport = RequestsTransport(base, ca=ca if ca and Path(ca).exists() else "")
    try:
        TokenCalls(transport, appid, secret, time.time).stable()
    except RefusedError as error:
        raise RotationError(_refused(error)) from None
    except WeChatError as error:
        raise RotationError(
            f"WeChat cannot be asked ({error}); nothing was changed. UNCHECKED=1 stores it all the same"
        ) from None
    finally:
        transport.close()


def _refused(error: RefusedError) -> str:
    if error.code.errcode == ADDRESS_REFUSED:
        address = address_to_allow(error) or "of this machine"
        return (
            f"WeChat does not allow calls from the address {address} (40164); nothing was changed. Add it to the IP "
            "allow-list (IP 白名单) for the moment, or store the AppSecret unchecked with UNCHECKED=1"
        )
    return f"WeChat refuses this AppSecret ({error}); nothing was changed"
