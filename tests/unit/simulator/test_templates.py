"""The templates of the account."""

from collections.abc import Callable
from typing import Any

from local.simulator.account.templates import Template
from local.simulator.wechat import TEMPLATES, WeChat

Send = Callable[..., dict[str, Any]]


def test_once_templates_are_registered_only_those_are_known(
    wechat: WeChat, classic: Send, subscribed: Send
) -> None:
    wechat.templates.register(Template("T1", "template"))
    assert classic()["errcode"] == 0
    assert classic(template_id="T2")["errcode"] == 40037
    assert subscribed()["errcode"] == 0


def test_a_template_of_the_other_kind_is_unknown(wechat: WeChat, subscribed: Send) -> None:
    wechat.templates.register(Template("T2", "subscribe"))
    wechat.templates.register(Template("T1", "template"))
    assert subscribed()["errcode"] == 40037


def test_a_registered_template_wants_all_its_keys(wechat: WeChat, subscribed: Send) -> None:
    wechat.templates.register(Template("T1", content="名称:{{thing1.DATA}}\n时间:{{date2.DATA}}"))
    answer = subscribed()
    assert answer["errcode"] == 47003
    assert answer["errmsg"].startswith("argument invalid! data.date2.value is emtpy rid: ")


def test_gettemplate_lists_the_subscription_templates(wechat: WeChat) -> None:
    wechat.templates.register(
        Template("T1", content="名称:{{thing1.DATA}}", type=3, enums={"enum2": ("a", "b")})
    )
    wechat.templates.register(Template("T2", "template"))
    token, _ = wechat.tokens.issue_classic()
    [listed] = wechat.answer("GET", TEMPLATES, {"access_token": token}, b"")["data"]
    assert (listed["priTmplId"], listed["type"], listed["content"]) == ("T1", 3, "名称:{{thing1.DATA}}")
    assert listed["keywordEnumValueList"] == [{"keywordCode": "enum2.DATA", "enumValueList": ["a", "b"]}]
