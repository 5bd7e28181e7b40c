"""Writes docs/wechat-errors.md from the table of codes."""

from local.processes import ROOT
from minipush.wechat.errcodes import CODES, Code, Reaction

FILE = ROOT / "docs" / "wechat-errors.md"

REACTIONS = {
    Reaction.OK: "Counts as sent.",
    Reaction.REFRESH_TOKEN: "The access_token is replaced, once for all workers, and the same request goes again, once.",
    Reaction.BACK_OFF: "The same permit goes again after a pause that doubles, six times in all; then the message"
    " is `failed` and its permit given back.",
    Reaction.NEXT_PERMIT: "This permit is dead. The user's next one is taken; without one the message is `failed`.",
    Reaction.COUNT_EMPTY: "`failed`, and every permit of the user for this template is dead: WeChat has nothing left of them."
    " A sudden mass of it in a campaign is [doubted first](operations.md#a-mass-of-43101).",
    Reaction.USER_FAIL: "`failed` for this user, permit given back.",
    Reaction.MESSAGE_FAIL: "`failed`, permit given back: this message's contents are at fault.",
    Reaction.CAMPAIGN_FAIL: "`failed`, permit given back. Every other message with this template or page"
    " would fail alike: stop sending it.",
    Reaction.PAUSE: "`failed`, permit given back. The whole account is concerned: stop sending and look into it.",
}

HEAD = """\
# WeChat's error codes

Made from `minipush.wechat.errcodes` by `python -m local.wechat_errors`; change it there.

What minipush does about each errcode that WeChat may answer to a send, a log-in or a request for an access_token. The reason is what
the result of the send bears; [api.md](api.md#reasons) says what to do about it. An errcode that is not here gets one more try, and
then fails its message with `wechat_unavailable`. What a text check makes of them: [api.md](api.md#the-text-check).

## Reactions

| reaction | what happens |
| --- | --- |
"""


def text() -> str:
    reactions = "".join(f"| `{reaction}` | {told} |\n" for reaction, told in REACTIONS.items())
    codes = "".join(map(_row, sorted(CODES, key=lambda code: code.errcode)))
    return f"{HEAD}{reactions}\n## Codes\n\n| errcode | meaning | reaction | reason |\n| --- | --- | --- | --- |\n{codes}"


def _row(code: Code) -> str:
    reason = f"`{code.reason}`" if code.reason else ""
    return f"| {code.errcode} | {code.meaning} | `{code.reaction}` | {reason} |\n"


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
