import pytest

from local.simulator.answers import ErrcodeError
from local.simulator.sending.field_rules import check_data


def refusal(data: object, keys: tuple[str, ...] = (), enums: dict[str, list[str]] | None = None) -> str:
    with pytest.raises(ErrcodeError) as error:
        check_data(data, keys, enums or {})
    assert error.value.errcode == 47003
    return error.value.errmsg


ALLOWED = [
    ("thing1", "订单 42 已发货!"),
    ("thing1", "字" * 20),
    ("number01", "12.50"),
    ("letter1", "abcXYZ"),
    ("symbol1", "*#!"),
    ("character_string2", "A-1/b_2"),
    ("time3", "23:59"),
    ("time3", "2019年10月1日 15:01:20"),
    ("time3", "09:00~18:00"),
    ("date2", "2019年10月1日"),
    ("date2", "2019年10月"),
    ("date2", "10月1日"),
    ("date2", "2018-01-01"),
    ("date2", "2018/01"),
    ("date2", "01.01"),
    ("date2", "2018-01-01 10:00 ~ 2018-01-02 11:00"),
    ("amount1", "¥1234567890"),
    ("amount1", "12.50元"),
    ("amount1", "-¥1,234.56"),
    ("phone_number1", "+86-0766-6612"),
    ("car_number1", "粤A8Z888挂"),
    ("car_number1", "粤A·D12345"),
    ("name1", "欧阳娜娜"),
    ("name1", "José"),
    ("name1", "Anna-Maria Smith"),
    ("phrase1", "配送中"),
    ("const1", "固定"),
]
REFUSED = [
    ("thing1", "字" * 21),
    ("thing1", "two\nlines"),
    ("thing1", "😀" * 11),
    ("number1", "twelve"),
    ("number1", "１２"),
    ("number1", "1" * 33),
    ("letter1", "abc1"),
    ("symbol1", "a!"),
    ("symbol1", "!!!!!!"),
    ("character_string1", "中文"),
    ("time1", "25:00"),
    ("time1", "noon"),
    ("date1", "tomorrow"),
    ("date1", "15:00"),
    ("amount1", "12345678901"),
    ("amount1", "about 5"),
    ("amount1", "1,00"),
    ("phone_number1", "call me"),
    ("phone_number1", "1" * 18),
    ("car_number1", "粤A8Z8888挂"),
    ("name1", "一二三四五六七八九十甲"),
    ("name1", "a" * 21),
    ("name1", "R2D2"),
    ("phrase1", "六个字就太长"),
    ("phrase1", "ok"),
    ("const1", "字" * 21),
]


@pytest.mark.parametrize(("key", "value"), ALLOWED)
def test_a_value_within_its_rule_passes(key: str, value: str) -> None:
    check_data({key: {"value": value}}, [key], {})


@pytest.mark.parametrize(("key", "value"), REFUSED)
def test_a_value_that_breaks_its_rule_is_named(key: str, value: str) -> None:
    assert refusal({key: {"value": value}}) == f"argument invalid! data.{key}.value invalid"


def test_a_missing_key_is_named_with_wechats_own_misspelling() -> None:
    data = {"thing1": {"value": "a"}}
    assert refusal(data, ("thing1", "date2")) == "argument invalid! data.date2.value is emtpy"


@pytest.mark.parametrize("field", [{"value": ""}, {"value": None}, {}, "bare", None])
def test_an_empty_value_counts_as_missing(field: object) -> None:
    assert refusal({"thing1": field}) == "argument invalid! data.thing1.value is emtpy"


@pytest.mark.parametrize("data", [None, {}, [], "thing1"])
def test_data_must_be_an_object_with_something_in_it(data: object) -> None:
    assert refusal(data) == "argument invalid! data invalid"


@pytest.mark.parametrize("value", [True, ["a"], {"a": 1}])
def test_a_value_is_text_or_a_number(value: object) -> None:
    assert refusal({"thing1": {"value": value}}) == "argument invalid! data.thing1.value invalid"


def test_a_number_may_come_as_a_json_number() -> None:
    check_data({"number1": {"value": 12.5}}, ["number1"], {})


def test_an_enum_takes_only_its_templates_values() -> None:
    check_data({"enum1": {"value": "上午"}}, ["enum1"], {"enum1": ["上午", "下午"]})
    assert refusal({"enum1": {"value": "夜"}}, (), {"enum1": ["上午"]}).endswith("data.enum1.value invalid")
