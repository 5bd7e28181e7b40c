"""What is sent to Bark's server."""

import base64
import json

import pytest
from Crypto.Cipher import AES
from support.reminder_channels import MESSAGE_ID, reminder

from minipush.channels.bark.encryption import encrypt
from minipush.channels.bark.parameters import MOST_BYTES, code_parameters, payload_bytes, reminder_parameters
from minipush.domain.centre.reminders import BarkCipher, ChannelAddress, ChannelKind, Reminder

DEVICE = ChannelAddress(ChannelKind.BARK, "key")


def parameters(sent: Reminder, address: ChannelAddress = DEVICE) -> dict[str, str]:
    made = reminder_parameters(sent, address)
    assert made is not None
    return made


def test_a_reminder_is_a_title_a_text_and_an_id() -> None:
    assert parameters(reminder(title="暴雨", body="关窗")) == {
        "title": "暴雨",
        "subtitle": "天气小助手",
        "body": "关窗",
        "group": "天气小助手",
        "level": "active",
        "id": MESSAGE_ID,
    }


def test_all_values_are_texts() -> None:
    sent = reminder(url="https://example.com/a", copy="42", group="7")
    assert {type(value) for value in parameters(sent).values()} == {str}


def test_markdown_takes_the_place_of_the_text() -> None:
    made = parameters(reminder(body="plain", markdown="**bold**"))
    assert made["markdown"] == "**bold**"
    assert "body" not in made


def test_a_reminder_without_a_title_has_its_senders_name() -> None:
    made = parameters(reminder(title=""))
    assert (made["title"], "subtitle" in made) == ("天气小助手", False)


def test_a_recall_has_the_id_and_no_text() -> None:
    assert parameters(reminder(is_recall=True)) == {"id": MESSAGE_ID, "delete": "1"}


@pytest.mark.parametrize("text", ["长" * 4096, "<" * 4096, "x" * 4096, "x\u2028" * 2048])
def test_a_text_that_is_too_long_is_shortened_to_what_apple_takes(text: str) -> None:
    made = parameters(reminder(body=text))
    assert made["body"].endswith("…")
    assert MOST_BYTES - 10 < payload_bytes(made) <= MOST_BYTES


def test_a_repeat_is_shortened_alike() -> None:
    first = parameters(reminder(body="长" * 4096))
    assert parameters(reminder(body="长" * 4096, is_repeat=True)) == first


def test_what_is_to_be_copied_is_left_out_before_the_reminder_is() -> None:
    made = parameters(reminder(copy="c" * 4096))
    assert "copy" not in made
    assert made["body"] == reminder().body


def test_a_reminder_whose_link_alone_is_too_long_has_no_parameters() -> None:
    assert reminder_parameters(reminder(url="https://example.com/" + "x" * 4096), DEVICE) is None


def test_a_code_can_be_copied() -> None:
    made = code_parameters("482913", DEVICE)
    assert made["copy"] == "482913"
    assert "482913" in made["body"]


def test_the_documented_ciphertext() -> None:
    """From Bark's page on encryption."""
    plaintext = b'{"body": "test", "sound": "birdsong"}'
    made = encrypt(plaintext, "1234567890123456", BarkCipher.CBC, "1111111111111111")
    assert made == "d3QhjQjP5majvNt5CjsvFWwqqj2gKl96RFj5OO+u6ynTt7lkyigDYNA3abnnCLpr"


@pytest.mark.parametrize("key", ["k" * 16, "k" * 24, "k" * 32])
@pytest.mark.parametrize("cipher", BarkCipher)
def test_an_encrypted_reminder_shows_the_server_its_id_only(key: str, cipher: BarkCipher) -> None:
    made = parameters(reminder(), ChannelAddress(ChannelKind.BARK, "key", key, cipher))
    assert made.pop("id") == MESSAGE_ID
    assert made.keys() == ({"ciphertext"} if cipher is BarkCipher.ECB else {"ciphertext", "iv"})


def test_the_tag_of_gcm_follows_the_ciphertext() -> None:
    made = base64.b64decode(encrypt(b"text", "k" * 16, BarkCipher.GCM, "i" * 12))
    assert (
        AES.new(b"k" * 16, AES.MODE_GCM, nonce=b"i" * 12).decrypt_and_verify(made[:-16], made[-16:])
        == b"text"
    )


def test_each_push_has_a_new_initialisation_vector() -> None:
    address = ChannelAddress(ChannelKind.BARK, "key", "k" * 16)
    assert parameters(reminder(), address)["iv"] != parameters(reminder(), address)["iv"]


def test_an_encrypted_text_is_shortened_further() -> None:
    made = parameters(reminder(body="长" * 4096), ChannelAddress(ChannelKind.BARK, "key", "k" * 32))
    assert payload_bytes(made) <= MOST_BYTES


def test_half_a_surrogate_pair_ends_nothing() -> None:
    assert json.dumps(parameters(reminder(body="\ud83d")))
