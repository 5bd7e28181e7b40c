"""The ids of inbox messages."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minipush.domain.centre.message_ids import (
    CENTRE_REF,
    is_message_id,
    key_ref,
    made_at,
    message_id,
    ref_in,
)

AT = 1_796_000_000_000
INSTANTS = st.integers(0, 2**45)


@given(at=INSTANTS, request=st.text(), key=st.text())
def test_an_id_tells_when_and_by_which_key_the_message_came(at: int, request: str, key: str) -> None:
    id_ = message_id(at, request, key_ref(key))
    assert is_message_id(id_)
    assert (made_at(id_), ref_in(id_)) == (at, key_ref(key))


@given(first=INSTANTS, second=INSTANTS)
def test_ids_sort_by_age(first: int, second: int) -> None:
    ids = [message_id(at, "r") for at in sorted((first, second))]
    assert ids[0] <= ids[1]


def test_a_repeat_makes_the_same_id_and_another_request_another() -> None:
    assert message_id(AT, "work") == message_id(AT, "work")
    assert message_id(AT, "work") != message_id(AT, "more work")


def test_a_message_of_the_centre_came_by_no_key() -> None:
    assert ref_in(message_id(AT, "r")) == CENTRE_REF


def test_a_ref_does_not_tell_the_key() -> None:
    assert len(key_ref("k")) == 12
    assert "secret" not in key_ref("secret")


@pytest.mark.parametrize(
    "text",
    [
        "",
        message_id(AT, "r")[:-1],
        message_id(AT, "r") + "0",
        message_id(AT, "r", key_ref("k")).upper(),
        "w" * 32,
        message_id(AT, "r")[:-1] + "1",
    ],
)
def test_another_text_is_no_id(text: str) -> None:
    assert not is_message_id(text)
