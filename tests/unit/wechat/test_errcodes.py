import re

import pytest

from minipush.wechat import Reaction, code_of
from minipush.wechat.errcodes import reaction_to_status

OK, REFRESH, BACK_OFF, NEXT, EMPTY, USER, MESSAGE, CAMPAIGN, PAUSE = (
    Reaction.OK,
    Reaction.REFRESH_TOKEN,
    Reaction.BACK_OFF,
    Reaction.NEXT_PERMIT,
    Reaction.COUNT_EMPTY,
    Reaction.USER_FAIL,
    Reaction.MESSAGE_FAIL,
    Reaction.CAMPAIGN_FAIL,
    Reaction.PAUSE,
)
# Every code that WeChat documents, or was seen to answer, at sends, templates, tokens, logins and text checks.
DOCUMENTED = {
    OK: "0",
    REFRESH: "40001 40014 41001 42001",
    BACK_OFF: "-1 20001 43100 43108 43117 44991 45011 200001",
    NEXT: "41028 41029 41031",
    EMPTY: "43101",
    USER: "40003 40029 40163 40226 43004 43019 45047 48002 49003 50002 50005 61010",
    MESSAGE: "20002 40008 40033 40062 40097 40129 40241 44002 45012 45013 45014 45168 47001 47002 47003"
    " 76001 76002 76003 76004 76021 76022 87009 87014 200002",
    CAMPAIGN: "40036 40037 40039 40066 40138 40165 40166 40246 40247 40249 41030 43102 43104 43116 45026 45051"
    " 45103 45109 46101 48011 200012 200013 200014 200016 200017 200018 200019 200020 200021 200022",
    PAUSE: "404 40002 40013 40125 40164 40243 40400 41002 41004 41032 41034 41035 43002 43003 43106 43107 43302"
    " 45009 45102 45501 48001 48004 48006 48008 50001 50003 50004 50007 61007 61024 89501 89503 89506 89507"
    " 200011 200100",
}
REASONS = {
    "no_permit": "41028 41029 41031",
    "refused": "43101 43019 48002 43117",
    "not_following": "43004 50005",
    "duplicate": "40241",
    "invalid_openid": "40003 49003",
    "invalid_template": "40036 40037 43102 48011",
    "invalid_page": "41030 40165",
    "invalid_data": "47003 47001 40138",
    "quota": "45009 45011",
    "wechat_unavailable": "-1 40001 40125 40164 43107 46101 45103 48001 48004 50007",
    "content_blocked": "45168 87014",
}
PAIRS = [(int(code), reaction) for reaction, codes in DOCUMENTED.items() for code in codes.split()]


@pytest.mark.parametrize(("errcode", "reaction"), PAIRS)
def test_every_documented_code_has_its_reaction(errcode: int, reaction: Reaction) -> None:
    code = code_of(errcode)
    assert (code.known, code.errcode, code.reaction) == (True, errcode, reaction)


@pytest.mark.parametrize("reason", REASONS)
def test_a_failed_send_has_a_public_reason(reason: str) -> None:
    assert {code_of(int(errcode)).reason for errcode in REASONS[reason].split()} == {reason}


@pytest.mark.parametrize(("errcode", "reaction"), PAIRS)
def test_only_a_success_has_no_reason(errcode: int, reaction: Reaction) -> None:
    code = code_of(errcode)
    assert code.reason in ({""} if reaction is OK else REASONS.keys())
    assert re.fullmatch(r"[\x20-\x7e]{2,60}", code.meaning)


def test_an_unknown_code_backs_off_and_says_that_it_is_unknown() -> None:
    code = code_of(99999)
    assert (code.known, code.errcode, code.reaction) == (False, 99999, BACK_OFF)


@pytest.mark.parametrize(
    ("status", "reaction"),
    [
        (500, BACK_OFF),
        (503, BACK_OFF),
        (429, BACK_OFF),
        (413, MESSAGE),
        (302, PAUSE),
        (403, PAUSE),
        (404, PAUSE),
    ],
)
def test_an_http_status_without_an_errcode_has_a_reaction(status: int, reaction: Reaction) -> None:
    assert reaction_to_status(status) is reaction
