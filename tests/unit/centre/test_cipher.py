"""What the Centre table doesn't tell by itself."""

import base64

import pytest

from minipush.adapters.cipher import Cipher
from minipush.errors import StoreError

CIPHER = Cipher(lambda: "k" * 64)


@pytest.mark.parametrize("text", ["", "mpa_secret", "https://api.day.app/键", "a" * 5000])
def test_a_sealed_text_opens_in_its_place(text: str) -> None:
    sealed = CIPHER.seal(text, "app#wx/secret")
    assert CIPHER.open(sealed, "app#wx/secret") == text
    assert not text or text.encode() not in base64.b64decode(sealed)


def test_the_same_text_is_sealed_differently_each_time() -> None:
    assert CIPHER.seal("text", "here") != CIPHER.seal("text", "here")


def test_a_sealed_text_opens_in_no_other_place() -> None:
    with pytest.raises(StoreError):
        CIPHER.open(CIPHER.seal("text", "here"), "there")


def test_a_sealed_text_opens_with_no_other_key() -> None:
    with pytest.raises(StoreError):
        Cipher(lambda: "another").open(CIPHER.seal("text", "here"), "here")


@pytest.mark.parametrize("place", [0, 1, 13, 20, -1])
def test_a_sealed_text_that_was_changed_does_not_open(place: int) -> None:
    sealed = bytearray(base64.b64decode(CIPHER.seal("a longer text", "here")))
    sealed[place] ^= 1
    with pytest.raises(StoreError):
        CIPHER.open(base64.b64encode(sealed).decode(), "here")


@pytest.mark.parametrize("sealed", ["", "AQ==", "AQ" * 20, "no base64"])
def test_what_is_no_sealed_text_does_not_open(sealed: str) -> None:
    with pytest.raises(StoreError):
        CIPHER.open(sealed, "here")
