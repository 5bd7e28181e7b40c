"""Users whose phones run the real mini-program kit: Node plays the kit's example for them."""

import json
import os
import subprocess
from collections.abc import Iterator, Sequence
from typing import Any

from local.demo.phones import SENDS_OF_A_PREPAY_ID, CollectResult
from local.demo.population import User
from local.processes import ROOT

NODE = ROOT / ".tools" / "node" / "bin" / "node"
PLAY = ROOT / "miniprogram" / "phone" / "play.mjs"
# About 50 of 1,000 users. No divisor of the number of profiles in a round, so that many profiles are among them.
STRIDE = 17


class KitError(RuntimeError):
    """A phone that runs the kit failed, or lost a permit."""


def kit_users(users: Sequence[User]) -> list[User]:
    """Those that a phone can be: it has no ids of last week and no developer tools, and each payment begins with a tap."""
    return [user for user in users[::STRIDE] if _is_playable(user)]


def play(api_url: str, wechat_url: str, wechat_ca: str, users: Sequence[User]) -> Iterator[CollectResult]:
    """Each user's result, as soon as minipush has confirmed everything. `wechat_ca`: a file in PEM, or empty."""
    script = {"api": api_url, "wechat": wechat_url, "users": [_described(user) for user in users]}
    environment = {**os.environ, "NODE_EXTRA_CA_CERTS": wechat_ca}
    with subprocess.Popen(
        [NODE, PLAY], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as node:
        try:
            yield from _results(node, json.dumps(script))
        finally:
            node.kill()


def _results(node: subprocess.Popen[str], script: str) -> Iterator[CollectResult]:
    assert node.stdin
    assert node.stdout
    node.stdin.write(script)
    node.stdin.close()
    for line in node.stdout:
        yield _result(json.loads(line))
    if node.wait():
        raise KitError("a phone with the kit failed; its error is above")


def _is_playable(user: User) -> bool:
    profile = user.profile
    return not profile.old_taps and not profile.mock and 0 < profile.taps >= profile.payments


def _described(user: User) -> dict[str, Any]:
    profile = user.profile
    wanted = {"taps": profile.taps, "payments": profile.payments, "opts_out": profile.opts_out}
    return {"openid": user.openid, **wanted}


def _result(played: dict[str, Any]) -> CollectResult:
    given = played["form_ids"] + played["prepay_ids"]
    if played["stored"] != given:
        raise KitError(f"WeChat gave {given} ids, and the kit had {played['stored']} stored: {played}")
    return CollectResult(
        sends=played["form_ids"] + SENDS_OF_A_PREPAY_ID * played["prepay_ids"], stored=played["stored"]
    )
