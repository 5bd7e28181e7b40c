"""What WeChat thinks of texts. Source: msgSecCheck (version 2) on developers.weixin.qq.com."""

from collections.abc import Mapping
from typing import Any, Literal

from local.simulator.answers import Answer, RefusedError
from local.simulator.ids import Ids
from local.simulator.settings import Settings
from local.simulator.users import Users

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

    def check(self, fields: Mapping[str, Any], settings: Settings) -> Answer:
        """RefusedError 44002, 47001, 40129, 40003, 61010."""
        content = fields.get("content")
        if not content:
            raise RefusedError(44002)
        if not isinstance(content, str) or _units(content) > LONGEST:
            raise RefusedError(47001)
        if not _is_one_of(fields.get("version"), [VERSION]) or not _is_one_of(fields.get("scene"), SCENES):
            raise RefusedError(40129)
        self._users.check_active(fields.get("openid"))
        return self._answer(_find(content, settings))

    def _answer(self, found: Finding | None) -> Answer:
        suggest, label, word = found or ("pass", NORMAL, "")
        told = {"suggest": suggest, "label": label}
        model = {"strategy": "content_model", "errcode": 0, **told, "prob": 90}
        found_word = {**told, "level": 90, "keyword": word} if word else {}
        keyword = {"strategy": "keyword", "errcode": 0, **found_word}
        return {
            "errcode": 0,
            "errmsg": "ok",
            "result": told,
            "detail": [model, keyword],
            "trace_id": self._ids.trace_id(),
        }


def _find(content: str, settings: Settings) -> Finding | None:
    """Any risky word is worse than one to be reviewed."""
    risky: list[Finding] = [("risky", label, word) for word, label in settings.risky_words.items()]
    review: list[Finding] = [("review", label, word) for word, label in settings.review_words.items()]
    return next((finding for finding in risky + review if finding[2] in content), None)


def _is_one_of(value: object, numbers: range | list[int]) -> bool:
    return type(value) is int and value in numbers


def _units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
