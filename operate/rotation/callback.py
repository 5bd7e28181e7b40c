"""`make rotate-callback`: a new token and EncodingAESKey for WeChat's pushes. The old ones count until END=1.

The new values are shown as soon as they are stored. Repeated, the command shows them again and goes on with its checks.
"""

import base64
import secrets

from minipush.adapters.dynamodb.state.signs_of_life import DynamoSignsOfLife
from minipush.domain.accounts import Account, AccountKind
from minipush.errors import StoreError
from minipush.wechat.callback import PushCredentials
from operate.command import told_if_interrupted
from operate.environments import make_variables
from operate.logs import read_lines
from operate.rotation.rotation import Rotation, RotationError, Value

TOKEN, KEY, REPLACED = "callback_token", "encoding_aes_key", "replaced"  # names in the secret
OUTDATED = "a push was signed with a replaced token"
QUIET_SECONDS = 15 * 60


def rotate(on: Rotation) -> str:
    output = "OfficialSecretArn" if on.is_official else "CallbackSecretArn"
    before = on.read(output)
    if on.is_end:
        return _end(on, output, before)
    return _go_on(on, before) if before.get(REPLACED) else _begin(on, output, before)


def _begin(on: Rotation, output: str, before: Value) -> str:
    if not before.get(TOKEN):
        raise RotationError(
            f"no callback token is stored: make secret NAME=callback_token{make_variables(on.variables)}; nothing was changed"
        )
    if not on.api.takes_callback_token(_path(on), before[TOKEN]):
        raise RotationError("the callback refuses the present token; nothing was changed")
    new = {TOKEN: secrets.token_hex(16), KEY: new_aes_key() if before.get(KEY) else ""}
    with told_if_interrupted(
        f"The old values go on. {_again(on)} shows the new ones, if they are stored already, and goes on with its checks"
    ):
        on.change(output, lambda secret: _with_new(before, secret, new))
        _show(on, new)
        return _check(on, new, before[TOKEN])


def _go_on(on: Rotation, stored: Value) -> str:
    on.say(
        "The last rotation has not ended. It goes on with its new values, which are stored; nothing is changed."
    )
    _show(on, stored)
    with told_if_interrupted(
        f"Nothing was changed: old and new values count. {_again(on)} repeats the checks"
    ):
        return _check(on, stored, stored[REPLACED][0][TOKEN])


def _show(on: Rotation, new: Value) -> None:
    on.write("".join(f"{name}\t{new[name]}\n" for name in (TOKEN, KEY) if new.get(name)))


def _check(on: Rotation, new: Value, old_token: str) -> str:
    """Raises RotationError."""
    on.say(
        "These values are stored beside the old ones. In a minute, when all processes have read them, they are tried."
    )
    on.wait()
    if not on.eventually(lambda: on.api.takes_callback_token(_path(on), new[TOKEN])):
        raise RotationError(_stored_but(on, "the callback does not take the new token"))
    if not on.api.takes_callback_token(_path(on), old_token):
        raise RotationError(_stored_but(on, "the callback no longer takes the old token"))
    if new.get(KEY) and not on.api.opens_push(_path(on), new[TOKEN], new[KEY], _appid(on)):
        raise RotationError(_stored_but(on, "the callback does not open a push of the new key"))
    on.say(
        "The callback takes the old values and these. Enter them in WeChat's console now (开发管理, 消息推送). When WeChat has "
        f"pushed with them, end the overlap: {_again(on, END='1')}"
    )
    return ""


def _stored_but(on: Rotation, what: str) -> str:
    return f"old and new values are stored, but {what}. Leave WeChat's console as it is; {_again(on)} repeats the checks"


def _end(on: Rotation, output: str, before: Value) -> str:
    if not before.get(REPLACED):
        raise RotationError("no rotation is under way; nothing was changed")
    if not on.is_forced:
        _ensure_new_is_used(on, before)
    old = before[REPLACED][0][TOKEN]
    with told_if_interrupted(
        "The old values have ended, or end within a minute, unless a repeated "
        f"{_again(on, END='1')} says otherwise: repeat it"
    ):
        on.change(output, lambda secret: {name: value for name, value in secret.items() if name != REPLACED})
        on.say("The old values are no longer stored. All processes refuse them within a minute.")
        if not on.eventually(lambda: not on.api.takes_callback_token(_path(on), old)):
            raise RotationError("the old token is no longer stored, but the callback still takes it")
        if not on.api.takes_callback_token(_path(on), before[TOKEN]):
            raise RotationError("the old token has ended, but the callback does not take the new one")
    return "The callback takes the new values alone.\n"


def _ensure_new_is_used(on: Rotation, stored: Value) -> None:
    """Raises RotationError."""
    if _is_old_used(on):
        raise RotationError(
            "WeChat signed with the old token in the last 15 minutes: enter the new one in its console, and wait. "
            "YES=1 ends the old one all the same. Nothing was changed"
        )
    if not _was_new_used(on, stored):
        raise RotationError(
            "WeChat has not been seen to use the new values since the rotation began: enter them in its console "
            f"({_again(on)} shows them), and wait for its next push. If WeChat seldom pushes and its console has saved "
            "them, YES=1 ends the old ones all the same. Nothing was changed"
        )


def _was_new_used(on: Rotation, stored: Value) -> bool:
    """The deployment notes it. Raises RotationError."""
    kind = AccountKind.OFFICIAL_ACCOUNT if on.is_official else AccountKind.MINI_PROGRAM
    table = on.stack.output("StateTable")
    signs = DynamoSignsOfLife(on.stack.client("dynamodb"), table, Account(_appid(on), kind))
    try:
        return signs.last_new_credentials() == PushCredentials(stored[TOKEN], stored.get(KEY) or "").mark
    except StoreError as error:
        raise RotationError(
            f"what WeChat has used can't be read from the table {table} ({error.__cause__ or error}). "
            "YES=1 doesn't ask. Nothing was changed"
        ) from None


def new_aes_key() -> str:
    """43 letters and digits that stand for 32 bytes."""
    while True:
        key = base64.b64encode(secrets.token_bytes(32)).decode().rstrip("=")
        if key.isalnum():
            return key


def _with_new(before: Value, secret: Value, new: Value) -> Value:
    old = {name: before[name] for name in (TOKEN, KEY) if before.get(name)}
    now = {name: secret[name] for name in (TOKEN, KEY) if secret.get(name)}
    if old != now or secret.get(REPLACED):
        raise RotationError("somebody else changed the secret at the same time; nothing was changed")
    return secret | new | {REPLACED: [old]}


def _is_old_used(on: Rotation) -> bool:
    name = "OfficialCallback" if on.is_official else "WeChatCallback"
    group = on.stack.resources("AWS::Logs::LogGroup").get(f"{name}Logs")
    if group is None:
        return False
    since = int((on.clock() - QUIET_SECONDS) * 1000)
    return any(True for _ in read_lines(on.stack, {name: group}, since, f'"{OUTDATED}"'))


def _again(on: Rotation, **more: str) -> str:
    return on.make("rotate-callback", "ACCOUNT", **more)


def _appid(on: Rotation) -> str:
    return str(on.stack.parameters["OfficialAppId" if on.is_official else "WeChatAppId"])


def _path(on: Rotation) -> str:
    return "/wechat/official/callback" if on.is_official else "/wechat/callback"
