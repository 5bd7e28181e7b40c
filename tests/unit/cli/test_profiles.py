"""Which deployment is meant, and where its key is kept."""

import stat
from pathlib import Path

import pytest

from minipush_cli.errors import CommandError
from minipush_cli.profiles import (
    Configuration,
    Profile,
    checked_key,
    checked_url,
    choose_profile,
    config_path,
    read_configuration,
    with_profile,
    write_configuration,
)

SHOP = Profile("shop", "https://shop.example.com", "mp_shop")
PROD = Profile("prod.eu", "https://prod.example.com/v1", 'mp_"quoted\\"')


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "minipush" / "config.toml"
    write_configuration(path, with_profile(with_profile(Configuration("default", {}), SHOP), PROD))
    return path


def test_profiles_are_read_as_they_were_written(path: Path) -> None:
    assert read_configuration(path) == Configuration("shop", {"shop": SHOP, "prod.eu": PROD})


def test_only_the_owner_can_read_the_file(path: Path) -> None:
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert [file.name for file in path.parent.iterdir()] == ["config.toml"]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620])
def test_a_file_that_others_can_open_is_refused(path: Path, mode: int) -> None:
    path.chmod(mode)
    with pytest.raises(CommandError, match=f"chmod 600 {path}"):
        read_configuration(path)


def test_a_linked_file_is_replaced_where_it_is(path: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.toml"
    link.symlink_to(path)
    write_configuration(link, Configuration("shop", {"shop": SHOP}))
    assert link.is_symlink()
    assert read_configuration(path).profiles == {"shop": SHOP}


@pytest.mark.parametrize(
    "content", ["profiles = 1", "not toml", '[profiles.shop]\nurl = "https://a.example"', "\x00"]
)
def test_a_damaged_file_is_named(path: Path, content: str) -> None:
    path.write_text(content)
    with pytest.raises(CommandError, match=str(path)):
        read_configuration(path)


def test_nothing_is_left_behind_when_the_file_cannot_be_replaced(tmp_path: Path) -> None:
    folder = tmp_path / "config.toml"
    folder.mkdir()
    with pytest.raises(OSError, match="directory"):
        write_configuration(folder, Configuration("shop", {"shop": SHOP}))
    assert [*tmp_path.iterdir()] == [folder]


def test_the_option_is_above_the_environment_and_the_environment_above_the_file(path: Path) -> None:
    file = {"MINIPUSH_CONFIG": str(path)}
    given = {"MINIPUSH_URL": "https://env.example.com", "MINIPUSH_KEY": "mp_env"}
    assert choose_profile(None, file) == SHOP
    assert choose_profile(None, file | {"MINIPUSH_PROFILE": "prod.eu"}) == PROD
    assert choose_profile(None, file | given).url == "https://env.example.com"
    assert choose_profile("prod.eu", file | given) == PROD
    assert choose_profile(None, file | {"MINIPUSH_KEY": "mp_env"}) == Profile("shop", SHOP.url, "mp_env")


def test_the_key_of_a_profile_never_goes_to_another_url(path: Path) -> None:
    with pytest.raises(CommandError, match="MINIPUSH_KEY"):
        choose_profile(None, {"MINIPUSH_CONFIG": str(path), "MINIPUSH_URL": "https://other.example.com"})


@pytest.mark.parametrize(("asked", "expected"), [("gone", "no profile 'gone'"), (None, "minipush login")])
def test_without_a_profile_the_message_says_what_to_run(
    tmp_path: Path, asked: str | None, expected: str
) -> None:
    with pytest.raises(CommandError, match=expected):
        choose_profile(asked, {"MINIPUSH_CONFIG": str(tmp_path / "none.toml")})


@pytest.mark.parametrize(
    "url",
    ["http://api.example.com", "ftp://api.example.com", "api.example.com", "https://", "https://me:pw@api.example.com",
     "https://api.example.com?x=1", "https://api.example.com#x"],
)  # fmt: skip
def test_a_key_travels_over_https_only(url: str) -> None:
    with pytest.raises(CommandError):
        checked_url(url)


@pytest.mark.parametrize(
    "url", ["https://api.example.com/v1", "http://127.0.0.1:3000", "http://localhost:3000", "http://[::1]:1"]
)
def test_only_this_machine_may_be_without_https(url: str) -> None:
    assert checked_url(f"{url}/") == url


@pytest.mark.parametrize("key", ["", "two\nlines", "钥匙", " mp_padded", "x" * 1001])
def test_a_text_that_is_no_key_is_refused_without_showing_it(key: str) -> None:
    with pytest.raises(CommandError) as refused:
        checked_key(key)
    assert not key.strip() or key not in str(refused.value)


def test_the_file_is_in_the_folder_for_configurations(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    assert config_path({}) == Path("/home/me/.config/minipush/config.toml")
    assert config_path({"XDG_CONFIG_HOME": "/etc/me"}) == Path("/etc/me/minipush/config.toml")
    assert config_path({"MINIPUSH_CONFIG": "~/mine.toml"}) == Path("/home/me/mine.toml")
