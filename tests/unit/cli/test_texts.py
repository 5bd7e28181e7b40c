"""What a person reads."""

from typing import Any

import pytest

from minipush.domain.messages import Reason, Status
from minipush_cli.advice import NOT_IN_AUDIENCE, advice
from minipush_cli.csv_rows import guarded, unguarded
from minipush_cli.texts import ago, instant, listed, number, one_line, plain


def test_a_text_cannot_control_the_terminal() -> None:
    assert plain("a\x1b[2Jb\x07\u202ec\n\td") == "a\ufffd[2Jb\ufffd\ufffdc\n\td"
    assert one_line("a\n\tb\x1b") == "a b\ufffd"
    assert one_line("👨‍👩‍👧 茶") == "👨‍👩‍👧 茶"


@pytest.mark.parametrize(
    ("value", "text"), [(None, ""), (True, "yes"), (False, "no"), (["a", 1], "a, 1"), (0, "0"), (1.5, "1.5")]
)
def test_each_value_is_one_line(value: Any, text: str) -> None:
    assert one_line(value) == text


def test_numbers_and_times_are_readable(monkeypatch: pytest.MonkeyPatch) -> None:
    assert (number(10_000_000), number(None), number(12.34)) == ("10,000,000", "-", "12.3")
    assert [ago(seconds) for seconds in (-1, 40, 300, 10_800, 172_800)] == [
        "0 s",
        "40 s",
        "5 min",
        "3 h",
        "2 days",
    ]
    assert [listed(names) for names in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == [
        "",
        "a",
        "a and b",
        "a, b and c",
    ]
    assert instant(None) == ""
    assert instant("2026-11-21T11:00:00.250Z").startswith("2026-11-2")


@pytest.mark.parametrize("text", ["=cmd()", "+1 2", "@SUM(A1)", "-2+3", "\tx", "\rx"])
def test_a_formula_is_quoted_and_reads_back(text: str) -> None:
    assert guarded(text) == f"'{text}"
    assert unguarded(guarded(text)) == text


@pytest.mark.parametrize("text", ["-1", "-abc_DEF", "o6zAJs3oh85Zb1lJE8oWix57vny0", "", "'plain", "茶"])
def test_ids_and_numbers_are_left_as_they_are(text: str) -> None:
    assert guarded(text) == text
    assert unguarded(text) == text


@pytest.mark.parametrize(("refused_by", "said"), [("app", "level none"), ("official", "official account")])
def test_only_who_withdrew_accepts_is_asked_again(refused_by: str, said: str) -> None:
    refused = {"status": "skipped", "reason": "refused"}
    assert "accept" in advice(refused, "subscribe")
    assert said in advice(refused, refused_by)
    assert "accept" not in advice(refused, refused_by)


def test_there_is_advice_for_each_reason_and_status() -> None:
    assert [reason for reason in Reason if not advice({"status": "failed", "reason": reason})] == []
    assert advice({"status": Status.UNKNOWN, "reason": None}) != ""
    assert all(
        advice({"status": "not_in_audience", "reason": reason}) for reason in [*NOT_IN_AUDIENCE, "another"]
    )


def test_wechats_code_says_more_than_the_reason() -> None:
    told = advice({"status": "failed", "reason": "wechat_unavailable", "errcode": 40164})
    assert "allow-list" in told
