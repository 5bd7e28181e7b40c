import json

import pytest

from minipush.wechat import subscribe_message, template_message, to_body


def test_a_template_message_carries_its_permit_in_form_id() -> None:
    message = template_message(
        touser="o1",
        template_id="t1",
        form_id="wx201410272009395522657a690389285100",
        page="index?foo=bar",
        data={"keyword1": {"value": "339208499"}},
        emphasis_keyword="keyword1.DATA",
    )
    assert message == {
        "touser": "o1",
        "template_id": "t1",
        "page": "index?foo=bar",
        "form_id": "wx201410272009395522657a690389285100",
        "data": {"keyword1": {"value": "339208499"}},
        "emphasis_keyword": "keyword1.DATA",
    }


def test_a_template_message_leaves_out_what_is_not_given() -> None:
    assert template_message(touser="o", template_id="t", form_id="f") == {
        "touser": "o",
        "template_id": "t",
        "form_id": "f",
    }


def test_a_subscribe_message_has_no_form_id() -> None:
    data = {"thing1": {"value": "a"}}
    message = subscribe_message(
        touser="o", template_id="t", data=data, miniprogram_state="trial", lang="zh_HK"
    )
    assert message == {
        "touser": "o",
        "template_id": "t",
        "data": data,
        "miniprogram_state": "trial",
        "lang": "zh_HK",
    }


def test_a_subscribe_message_without_values_still_has_data() -> None:
    assert subscribe_message(touser="o", template_id="t", data={}) == {
        "touser": "o",
        "template_id": "t",
        "data": {},
    }


@pytest.mark.parametrize(
    ("page", "sent"), [("/pages/index", "pages/index"), ("//a", "/a"), ("a/b?c=/d", "a/b?c=/d")]
)
def test_one_leading_slash_of_a_page_is_stripped(page: str, sent: str) -> None:
    assert template_message(touser="o", template_id="t", form_id="f", page=page)["page"] == sent


@pytest.mark.parametrize("page", [None, "", "/"])
def test_an_empty_page_is_left_out(page: str | None) -> None:
    assert "page" not in subscribe_message(touser="o", template_id="t", data={}, page=page)


def test_a_body_is_raw_utf8_without_spaces() -> None:
    body = to_body({"data": {"thing1": {"value": '你好 "😀"'}}})
    assert body == '{"data":{"thing1":{"value":"你好 \\"😀\\""}}}'.encode()
    assert json.loads(body) == {"data": {"thing1": {"value": '你好 "😀"'}}}


def test_a_lone_surrogate_has_no_body() -> None:
    with pytest.raises(ValueError, match="surrogates"):
        to_body({"value": "\ud800"})
