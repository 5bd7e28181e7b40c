"""The settings that a function refuses to run with."""

import pytest
from support.environment import ENVIRONMENT

from local.stack.settings import StackError, StackSettings
from minipush.errors import SettingsError
from minipush.settings import Settings, dead_letter_urls

SAFE = ["https://api.weixin.qq.com", "http://127.0.0.1:8800", "http://localhost:8800", "http://[::1]:8800"]
UNSAFE = [
    "http://api.weixin.qq.com",
    "http://10.0.0.5:8800",
    "http://127.0.0.1@proxy.example",
    "ftp://127.0.0.1",
]


@pytest.mark.parametrize("url", SAFE)
def test_wechats_address_may_be_encrypted_or_on_this_machine(url: str) -> None:
    assert Settings.read(ENVIRONMENT | {"WECHAT_API_BASE": url}).wechat_api_base == url
    assert StackSettings.from_environment({"WECHAT_API_BASE": url}).wechat_url == url


@pytest.mark.parametrize("url", UNSAFE)
def test_another_address_is_refused_by_the_functions(url: str) -> None:
    with pytest.raises(SettingsError, match="https"):
        Settings.read(ENVIRONMENT | {"WECHAT_API_BASE": url})


@pytest.mark.parametrize("url", UNSAFE[:3])
def test_another_address_is_refused_by_make_run(url: str) -> None:
    with pytest.raises(StackError, match="https"):
        StackSettings.from_environment({"WECHAT_API_BASE": url})


def test_the_queues_of_dead_letters_are_beside_that_of_the_campaigns() -> None:
    environment = {
        "CAMPAIGN_QUEUE_URL": "https://sqs.invalid/0/s-CampaignQueue",
        "DEAD_LETTERS": "segments=s-Dead,bark=s-Bark",
    }
    assert dead_letter_urls(environment) == {
        "segments": "https://sqs.invalid/0/s-Dead",
        "bark": "https://sqs.invalid/0/s-Bark",
    }
