"""The text check. Source: msgSecCheck (version 2) on developers.weixin.qq.com."""

from collections.abc import Mapping
from typing import Any, Literal

from local.simulator.account.ids import Ids
from local.simulator.account.users import Users
from local.simulator.answers import Answer, ErrcodeError
from local.simulator.settings import SimulatorSettings

VERSION = 2
SCENES = range(1, 5)
LONGEST = 2500
NORMAL = 100

Suggestion = Literal["pass", "review", "risky"]
Finding = tuple[Suggestion, int, str]


class TextChecks:
    def __init__(self, users: Users, ids: Ids) -> None:
        self._users = users
        self._ids = ids

    def check(self, fields: Mapping[str, Any], settings: SimulatorSettings) -> Answer:
        """ErrcodeError 44002, 47001, 40129, 40003, 61010."""
        content = fields.get("content")
        if not content:
            raise ErrcodeError(44002)
        if not isinstance(content, str) or _utf16_units(content) > LONGEST:
            raise ErrcodeError(47001)
        if not _is_one_of(fields.get("version"), [VERSION]) or not _is_one_of(fields.get("scene"), SCENES):
            raise ErrcodeError(40129)
        self._users.check_active(fields.get("openid"))
        return self._answer(_find(content, settings))

    def _answer(self, found: Finding | None) -> Answer:
        suggest, label, word = found or ("pass", NORMAL, "")
        result = {"suggest": suggest, "label": label}
        model = {"strategy": "content_model", "errcode": 0, **result, "prob": 90}
        found_word = {**result, "level": 90, "keyword": word} if word else {}
        keyword = {"strategy": "keyword", "errcode": 0, **found_word}
        return {
            "errcode": 0,
            "errmsg": "ok",
            "result": result,
            "detail": [model, keyword],
            "trace_id": self._ids.trace_id(),
        }


def _find(content: str, settings: SimulatorSettings) -> Finding | None:
    """A risky word takes precedence over a word to review."""
    risky: list[Finding] = [("risky", label, word) for word, label in settings.risky_words.items()]
    review: list[Finding] = [("review", label, word) for word, label in settings.review_words.items()]
    return next((finding for finding in risky + review if finding[2] in content), None)


def _is_one_of(value: object, numbers: range | list[int]) -> bool:
    return type(value) is int and value in numbers


def _utf16_units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
