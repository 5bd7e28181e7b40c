"""`make rotate-callback`: a new token and EncodingAESKey for WeChat's pushes. The old ones count until END=1."""

import base64
import secrets

from operate.deployed_api import eventually
from operate.environments import make_variables
from operate.logs import read_lines
from operate.rotation.rotation import SECRET_AGE_SECONDS, Rotation, RotationError, Value

TOKEN, KEY, REPLACED = "callback_token", "encoding_aes_key", "replaced"  # names in the secret
OUTDATED = "a push was signed with a replaced token"
QUIET_SECONDS = 15 * 60


def rotate(on: Rotation) -> str:
    output = "OfficialSecretArn" if on.is_official else "CallbackSecretArn"
    before = on.read(output)
    return _end(on, output, before) if on.is_end else _begin(on, output, before)


def _begin(on: Rotation, output: str, before: Value) -> str:
    if before.get(REPLACED):
        raise RotationError("the last rotation has not ended: END=1 ends it; nothing was changed")
    if not before.get(TOKEN):
        raise RotationError(
            f"no callback token is stored: make secret NAME=callback_token{make_variables(on.variables)}; nothing was changed"
        )
    if not on.api.takes_callback_token(_path(on), before[TOKEN]):
        raise RotationError("the callback refuses the present token; nothing was changed")
    new = {TOKEN: secrets.token_hex(16), KEY: new_aes_key() if before.get(KEY) else ""}
    on.change(output, lambda secret: _with_new(before, secret, new))
    if not eventually(lambda: on.api.takes_callback_token(_path(on), new[TOKEN]), 2 * SECRET_AGE_SECONDS):
        raise RotationError("both tokens are stored, but the callback does not take the new one")
    on.wait()
    if not on.api.takes_callback_token(_path(on), before[TOKEN]):
        raise RotationError("both tokens are stored, but the callback no longer takes the old one")
    if new[KEY] and not on.api.opens_push(_path(on), new[TOKEN], new[KEY], _appid(on)):
        raise RotationError("both keys are stored, but the callback does not open a push of the new one")
    on.say(
        "The callback takes the old values and these. Enter them in WeChat's console now (开发管理, 消息推送), "
        "and then end the overlap: END=1."
    )
    return "".join(f"{name}\t{value}\n" for name, value in new.items() if value)


def _end(on: Rotation, output: str, before: Value) -> str:
    if not before.get(REPLACED):
        raise RotationError("no rotation is under way; nothing was changed")
    if not on.is_forced and _is_still_used(on):
        raise RotationError(
            "WeChat signed with the old token in the last 15 minutes: enter the new one in its console, and wait. "
            "YES=1 ends the old one all the same. Nothing was changed"
        )
    on.change(output, lambda secret: {name: value for name, value in secret.items() if name != REPLACED})
    old = before[REPLACED][0][TOKEN]
    if not eventually(lambda: not on.api.takes_callback_token(_path(on), old), 2 * SECRET_AGE_SECONDS):
        raise RotationError("the old token is no longer stored, but the callback still takes it")
    if not on.api.takes_callback_token(_path(on), before[TOKEN]):
        raise RotationError("the old token has ended, but the callback does not take the new one")
    return "The callback takes the new values alone.\n"


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


def _is_still_used(on: Rotation) -> bool:
    name = "OfficialCallback" if on.is_official else "WeChatCallback"
    group = on.stack.resources("AWS::Logs::LogGroup").get(f"{name}Logs")
    if group is None:
        return False
    since = int((on.clock() - QUIET_SECONDS) * 1000)
    return any(True for _ in read_lines(on.stack, {name: group}, since, f'"{OUTDATED}"'))


def _appid(on: Rotation) -> str:
    return str(on.stack.parameters["OfficialAppId" if on.is_official else "WeChatAppId"])


def _path(on: Rotation) -> str:
    return "/wechat/official/callback" if on.is_official else "/wechat/callback"
