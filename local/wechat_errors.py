"""Generates docs/wechat-errors.md from the table of errcodes."""

from local.processes import ROOT
from minipush.wechat.errcodes import CODES, Code, Reaction

FILE = ROOT / "docs" / "wechat-errors.md"

REACTIONS = {
    Reaction.OK: "Counts as sent.",
    Reaction.REFRESH_TOKEN: "The access_token is replaced once for all workers. The permit is released meanwhile, then the same "
    "message is sent at once. If WeChat refuses the new token, too, the reaction is `pause`.",
    Reaction.BACK_OFF: "The same permit is sent again after a pause that doubles, six times in total. Then the message "
    "is `failed` and its permit is released.",
    Reaction.NEXT_PERMIT: "This permit is invalidated, and the user's next one is tried. Without another permit, the "
    "message is `failed`.",
    Reaction.COUNT_EMPTY: "`failed`, and every permit of the user for this template is invalidated: WeChat has nothing left"
    " of the user's count. In a campaign, a sudden mass of this errcode is [verified "
    "first](operations.md#a-mass-of-43101).",
    Reaction.USER_FAIL: "`failed` for this user, and the permit is released.",
    Reaction.MESSAGE_FAIL: "`failed`, and the permit is released: the content of this message is invalid.",
    Reaction.CAMPAIGN_FAIL: "`failed`, and the permit is released. Every other message with this template or page would also "
    "fail: stop sending it.",
    Reaction.PAUSE: "`failed`, and the permit is released. The problem affects the whole account: stop sending and "
    "investigate.",
}

HEAD = """\
# WeChat's error codes

`python -m local.wechat_errors` generates this page from `minipush.wechat.errcodes`. Change the source, not this page.

This page lists how minipush reacts to each errcode that WeChat returns for a send, a log-in or a request for an access_token. The
result of a send contains the reason; [api.md](api.md#reasons) explains what to do about it. An errcode that is not listed is retried
once. Then its message fails with `wechat_unavailable`. For the text check, see [api.md](api.md#the-text-check).

## Reactions

| reaction | what happens |
| --- | --- |
"""


def text() -> str:
    reactions = "".join(f"| `{reaction}` | {text} |\n" for reaction, text in REACTIONS.items())
    codes = "".join(map(_row, sorted(CODES, key=lambda code: code.errcode)))
    return f"{HEAD}{reactions}\n## Codes\n\n| errcode | meaning | reaction | reason |\n| --- | --- | --- | --- |\n{codes}"


def _row(code: Code) -> str:
    reason = f"`{code.reason}`" if code.reason else ""
    return f"| {code.errcode} | {code.meaning} | `{code.reaction}` | {reason} |\n"


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
