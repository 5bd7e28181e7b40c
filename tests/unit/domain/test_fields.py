"""What a subscription message's fields may hold."""

from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from local.simulator.sending.field_rules import RULES, check_data
from minipush.domain.fields import FieldViolation, fault_in, faults_in
from minipush.domain.templates import Template

GOOD = [
    ("thing1", "晚间瑜伽 19:30, 3 free!"),
    ("thing1", "字" * 20),
    ("thing1", "😀" * 10),
    ("number1", "42"),
    ("number01", "12.50"),
    ("number1", "1" * 32),
    ("letter1", "abcXYZ"),
    ("letter1", "a" * 32),
    ("symbol1", "*#!"),
    ("symbol1", "。，！？~"),
    ("symbol1", "★→€"),
    ("character_string1", "A-1/b_2 (x)"),
    ("character_string1", "1" * 32),
    ("time1", "00:00"),
    ("time1", "23:59:59"),
    ("time1", "09:00~18:00"),
    ("time1", "2019年10月1日 15:01"),
    ("time1", "2019-10-01 15:01~2019-10-01 16:01"),
    ("date1", "2019年10月1日"),
    ("date1", "2019年10月"),
    ("date1", "10月1日"),
    ("date1", "2018-01-01"),
    ("date1", "2018/01/01"),
    ("date1", "2018.01.01"),
    ("date1", "2018-01"),
    ("date1", "01-01"),
    ("date1", "2019年10月1日 15:01"),
    ("date1", "2018-01-01 10:00 ~ 2018-01-02 11:00"),
    ("time1", "9:05"),
    ("time1", "9:05~10:00"),
    ("date1", "2月29日"),
    ("date1", "02-29"),
    ("date1", "2028-02-29"),
    ("date1", "2018-12-31 9:00"),
    ("number1", "-5"),
    ("amount1", "-5"),
    ("amount1", "-¥5.20"),
    ("amount1", "¥-5.20元"),
    ("amount1", "1,000"),
    ("amount1", "1,234.56"),
    ("amount1", "¥12,345,678.90元"),
    ("amount1", "1234567890"),
    ("amount1", "¥12.50"),
    ("amount1", "￥12.50元"),
    ("amount1", "$0.99"),
    ("amount1", "12元"),
    ("phone_number1", "+86-0766-66888866"),
    ("car_number1", "粤A8Z888挂"),
    ("car_number1", "A"),
    ("car_number1", "京A·12345"),
    ("car_number1", "粤A·D12345"),
    ("car_number1", "粤A•8Z88挂"),
    ("name1", "欧阳娜娜"),
    ("name1", "𠮷田"),
    ("name1", "Anna-Maria Smith"),
    ("name1", "a" * 20),
    ("name1", "字" * 10),
    ("name1", "买买提·明"),
    ("name1", "José Núñez"),
    ("name1", "Jose\u0301"),
    ("name1", "Nguyễn Thị Ánh"),
    ("phrase1", "配送中"),
    ("phrase1", "五个汉字行"),
    ("const1", "固定"),
]
BAD = [
    ("thing1", "字" * 21),
    ("thing1", "😀" * 10 + "a"),
    ("thing1", "two\nlines"),
    ("thing1", "a\u2028b"),
    ("thing1", "a\x00"),
    ("number1", "twelve"),
    ("number1", "1,000"),
    ("number1", "1."),
    ("number1", "１２"),
    ("number1", "٣"),
    ("number1", "42\n"),
    ("number1", "1" * 33),
    ("letter1", "abc1"),
    ("letter1", "a b"),
    ("letter1", "é"),
    ("letter1", "a" * 33),
    ("symbol1", "!a"),
    ("symbol1", "。中"),
    ("symbol1", "!!!!!!"),
    ("symbol1", "😀"),
    ("symbol1", "☀"),
    ("character_string1", "A中"),
    ("character_string1", "😀"),
    ("character_string1", "1" * 33),
    ("time1", "24:00"),
    ("time1", "15:60"),
    ("time1", "2019-10-01"),
    ("time1", "09:00-18:00"),
    ("date1", "15:01"),
    ("date1", "2019年13月1日"),
    ("date1", "2019-10-32"),
    ("date1", "2019-10/01"),
    ("date1", "20191001"),
    ("date1", "tomorrow"),
    ("date1", "2019年"),
    ("amount1", "12345678901"),
    ("amount1", "12345678.901"),
    ("amount1", "¥¥5"),
    ("amount1", "--5"),
    ("amount1", "-"),
    ("amount1", "1,00"),
    ("amount1", "1234,567"),
    ("amount1", ",123"),
    ("amount1", "12,345,678,901"),
    ("amount1", "5 元"),
    ("phone_number1", "call me"),
    ("phone_number1", "1" * 18),
    ("car_number1", "粤A8Z8888挂"),
    ("car_number1", "A粤8"),
    ("car_number1", "·12345"),
    ("car_number1", "京A·1·2"),
    ("car_number1", "京A·123456789"),
    ("name1", "字" * 11),
    ("name1", "字" + "a" * 10),
    ("name1", "a" * 21),
    ("name1", "R2D2"),
    ("phrase1", "六个字就太长"),
    ("phrase1", "ok"),
    ("phrase1", "好!"),
    ("const1", "字" * 21),
]
TEMPLATE = Template(
    "T1",
    "Class",
    "课程:{{thing1.DATA}}\n时间:{{time2.DATA}}\n状态:{{enum_string3.DATA}}",
    "",
    is_long_term=False,
    keys=("thing1", "time2", "enum_string3"),
    enums={"enum_string3": ("上午", "下午")},
)
FITTING = {"thing1": {"value": "瑜伽"}, "time2": {"value": "19:30"}, "enum_string3": {"value": "下午"}}


@pytest.mark.parametrize(("key", "value"), GOOD)
def test_a_value_within_its_rule_is_good(key: str, value: str) -> None:
    assert fault_in(key, value) is None


@pytest.mark.parametrize(("key", "value"), BAD)
def test_a_value_beyond_its_rule_is_at_fault(key: str, value: str) -> None:
    kind = key.rstrip("0123456789")
    assert kind in (fault_in(key, value) or "")


@pytest.mark.parametrize(
    ("key", "value", "day"),
    [
        ("date1", "2月31日", "2月31日"),
        ("date1", "2026年2月29日", "2026年2月29日"),
        ("date1", "2026-02-30", "2026-02-30"),
        ("date1", "04/31", "04/31"),
        ("date1", "2018-01-01 10:00 ~ 2018-02-29 11:00", "2018-02-29"),
        ("time1", "2026.6.31 15:01", "2026.6.31"),
        ("time1", "2019-10-01 15:01~9月31日 16:01", "9月31日"),
    ],
)
def test_a_day_that_does_not_exist_is_named(key: str, value: str, day: str) -> None:
    assert fault_in(key, value) == f"{day} does not exist"


@pytest.mark.parametrize("key", ["thing1", "enum_string1", "future_kind1", "keyword1", "whatever"])
@pytest.mark.parametrize(
    "value", ["", " ", "\n", "\u3000", "\u200b", "\u200b \u200d", "\ufeff", "\u00ad", "\u3164", "\u2800"]
)
def test_an_empty_value_is_at_fault_under_any_key(key: str, value: str) -> None:
    assert fault_in(key, value) == "is empty"


@pytest.mark.parametrize(
    "key", ["enum_string1", "future_kind1", "keyword1", "whatever", "thing", "THING1", "1"]
)
def test_a_key_of_no_known_kind_may_hold_anything(key: str) -> None:
    assert fault_in(key, "字" * 500) is None


@pytest.mark.parametrize(("key", "value"), [*BAD, ("enum_string3", "夜")])
def test_without_value_rules_any_value_will_do(key: str, value: str) -> None:
    template = replace(TEMPLATE, keys=(key,))
    assert faults_in({key: {"value": value}}, template, checks_values=False) == []


def test_without_value_rules_a_message_still_has_all_its_fields() -> None:
    data = {"thing1": {"value": " "}, "thing9": {"value": "字" * 21}}
    faults = faults_in(data, TEMPLATE, checks_values=False)
    assert [fault.path for fault in faults] == [
        ("thing1", "value"),
        ("thing9",),
        ("time2",),
        ("enum_string3",),
    ]


kinds = st.sampled_from([*RULES, "future_kind"])
plausible = (
    st.text("0123456789", max_size=12)
    | st.text("019年月日:-/. ~", max_size=20)
    | st.text("¥$元0.9,-", max_size=12)
    | st.text("京A1·挂", max_size=10)
)
values = st.one_of(
    st.text(max_size=40),
    st.text("字〇𠮷aZ0é😀·!。 ", max_size=34),
    plausible,
    st.sampled_from([v for _, v in GOOD + BAD]),
)


@given(kind=kinds, value=values)
@example("time", "23:59~00:00")
def test_what_is_found_good_the_simulator_takes(kind: str, value: str) -> None:
    """It has its own reading of the same rules."""
    key = f"{kind}1"
    if fault_in(key, value) is None:
        check_data({key: {"value": value}}, [key], {})


@given(data=st.dictionaries(st.sampled_from(["thing1", "time2", "enum_string3", "x"]), values))
@example({"thing1": "a", "time2": "19:30", "enum_string3": "上午"})
def test_a_message_found_good_for_its_template_is_taken_by_the_simulator(data: dict[str, str]) -> None:
    fields = {key: {"value": value} for key, value in data.items()}
    if not faults_in(fields, TEMPLATE):
        check_data(fields, TEMPLATE.keys, TEMPLATE.enums)


def test_a_message_with_all_its_fields_is_good() -> None:
    assert faults_in(FITTING, TEMPLATE) == []


def test_a_missing_field_is_named() -> None:
    without = {key: field for key, field in FITTING.items() if key != "time2"}
    assert faults_in(without, TEMPLATE) == [FieldViolation(("time2",), "time2 is missing")]


def test_a_field_that_the_template_lacks_is_named() -> None:
    [fault] = faults_in(FITTING | {"thing9": {"value": "a"}}, TEMPLATE)
    assert fault.path == ("thing9",)


@pytest.mark.parametrize(
    ("key", "told"),
    [
        ("thing1.DATA", "write thing1: the .DATA"),
        ("{{thing1.DATA}}", "write thing1: the .DATA"),
        ("{{ thing1.data }}", "write thing1: the .DATA"),
        ("thing3\t", "write thing3"),
        ("\u3000thing3", "write thing3"),
        ("Thing1", "write thing1"),
        ("thing", "a key is a kind and a number"),
        ("1", "a key is a kind and a number"),
        ("", "a key is a kind and a number"),
        ("字1", "a key is a kind and a number"),
        ("thing-1", "a key is a kind and a number"),
        ("keyword1", "a subscription message has the keys of its template"),
    ],
)
def test_what_no_template_has_as_a_key_is_at_fault(key: str, told: str) -> None:
    for checks_values in (True, False):
        [fault] = faults_in({key: {"value": "a"}}, None, checks_values=checks_values)
        assert (fault.path, fault.why.startswith(told)) == ((key,), True)


def test_a_key_that_the_template_has_is_good_whatever_it_looks_like() -> None:
    template = replace(TEMPLATE, keys=("keyword1", "Odd"), enums={})
    assert faults_in({"keyword1": {"value": "a"}, "Odd": {"value": "b"}}, template) == []


def test_an_enum_holds_only_what_its_template_lists() -> None:
    [fault] = faults_in(FITTING | {"enum_string3": {"value": "夜"}}, TEMPLATE)
    assert fault.path == ("enum_string3", "value")
    assert "上午, 下午" in fault.why


def test_every_fault_is_told() -> None:
    faults = faults_in({"thing1": {"value": "字" * 21}, "thing9": {"value": ""}}, TEMPLATE)
    assert {fault.path for fault in faults} == {
        ("thing1", "value"),
        ("thing9", "value"),
        ("thing9",),
        ("time2",),
        ("enum_string3",),
    }


@pytest.mark.parametrize("value", ["Tee 😀", "⭐", "1️⃣", "❤️", "🇨🇳", "👩‍💻"])
def test_where_no_emoji_are_shown_a_thing_has_none(value: str) -> None:
    data = {"thing7": {"value": value}}
    assert faults_in(data, None) == []
    [fault] = faults_in(data, None, shows_emoji=False)
    assert (fault.path, fault.why) == (("thing7", "value"), "the official account shows no emoji")
    assert faults_in(data, None, shows_emoji=False, checks_values=False) == []


@pytest.mark.parametrize(
    "value", ["晚间瑜伽", "★ 19:30 → 20:00 ☆", "①②③", "©™ ¥9.90", "𠮷", "“茶”…—", "♥ ☀ ✔"]
)
def test_a_sign_that_is_no_emoji_is_shown_everywhere(value: str) -> None:
    assert faults_in({"thing7": {"value": value}}, None, shows_emoji=False) == []


def test_a_kind_whose_rules_are_not_known_may_hold_emoji() -> None:
    assert faults_in({"future_kind1": {"value": "😀"}}, None, shows_emoji=False) == []


def test_without_a_template_any_fields_will_do_but_not_none() -> None:
    assert faults_in({"thing7": {"value": "a"}}, None) == []
    [fault] = faults_in({}, None)
    assert fault.path == ()


def test_a_template_whose_content_names_no_keys_tells_nothing_of_them() -> None:
    silent = Template("T1", "", "卡片", "", is_long_term=True, keys=(), enums={})
    assert faults_in({"thing7": {"value": "a"}}, silent) == []
    assert [fault.path for fault in faults_in({}, silent)] == [()]
