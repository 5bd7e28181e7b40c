"""Which Bark servers a user may name."""

import pytest

from minipush.channels.bark.public_addresses import is_public
from minipush.channels.bark.servers import BarkServers

KEY = "F8QyAbCdEfGhIjKlMnOvue"
PUBLIC = "https://api.day.app"
DEFAULT = BarkServers(PUBLIC)
NAMED = BarkServers(PUBLIC, ["https://bark.example.com/push-here", "https://bark.example.org:8443"])
ANY = BarkServers(PUBLIC, ["*"])


@pytest.mark.parametrize(
    "text",
    [
        KEY,
        f" {KEY}\n",
        f"{PUBLIC}/{KEY}",
        f"{PUBLIC}/{KEY}/",
        f"{PUBLIC}/{KEY}/title/body?sound=x",
        f"{PUBLIC}:443/{KEY}",
        f"{PUBLIC}/{KEY}/这里改成你自己的推送内容",
        f"{PUBLIC}/{KEY}/推送标题/Body Text?icon=图标 👩‍💻",
    ],
)
def test_a_key_and_a_push_url_of_the_public_server_are_one_address(text: str) -> None:
    assert DEFAULT.read_address(text) == KEY


def test_the_servers_name_may_be_in_capitals() -> None:
    assert DEFAULT.read_address(f"https://API.Day.App/{KEY}") == KEY


@pytest.mark.parametrize("server", ["https://bark.example.com/push-here", "https://bark.example.net"])
def test_only_the_server_and_the_key_of_a_copied_sample_are_kept(server: str) -> None:
    servers = BarkServers(PUBLIC, ["https://bark.example.com/push-here", "*"])
    assert servers.read_address(f"{server}/{KEY}/这里改成你自己的推送内容") == f"{server}/{KEY}"


def test_another_server_may_stand_for_the_public_one() -> None:
    local = BarkServers("http://127.0.0.1:9001", allows_loopback=True)
    for text in (KEY, f"{PUBLIC}/{KEY}", f"http://127.0.0.1:9001/{KEY}"):
        assert local.find(local.read_address(text)).base == "http://127.0.0.1:9001"


@pytest.mark.parametrize("base", ["https://bark.example.com/push-here", "https://bark.example.org:8443"])
def test_a_named_server_is_kept_in_the_address(base: str) -> None:
    assert NAMED.read_address(f"{base}/{KEY}/title") == f"{base}/{KEY}"
    assert (NAMED.find(f"{base}/{KEY}").base, NAMED.find(f"{base}/{KEY}").key) == (base, KEY)


@pytest.mark.parametrize(
    "text",
    [
        f"https://bark.example.net/{KEY}",
        f"http://api.day.app/{KEY}",
        f"https://api.day.app:8443/{KEY}",
        f"https://bark.example.com/{KEY}",
        f"https://api.day.app.example.net/{KEY}",
        f"https://127.0.0.1:9001/{KEY}",
    ],
)
def test_no_other_server_may_be_named(text: str) -> None:
    with pytest.raises(ValueError, match="not allowed"):
        NAMED.read_address(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "https://",
        f"ftp://api.day.app/{KEY}",
        f"https://api.day.app@evil.example/{KEY}",
        f"https://user:password@api.day.app/{KEY}",
        f"https://api.day.app\\@evil.example/{KEY}",
        f"https://api.day.app /{KEY}",
        f"https://api.day.app:0/{KEY}",
        f"https://api.day.app:99999/{KEY}",
        f"https://api.day.app/{KEY}\r\nX: y",
        f"https://api.day.app/{KEY}/推送\r\nX: y",
        f"https://api.day.app/{KEY}/推送\x00",
        f"https://api.day.app/{KEY}/推送\u2028内容",
        f"https://api.day.app/推送\\@evil.example/{KEY}",
        f"https://api.day.app/推送/{KEY}",
        f"https://api.day.app/ {KEY}",
        f"https://api.day.app\u3000/{KEY}",
        f"https://api.day.app\uff0f{KEY}",
        f"https://例子.测试/{KEY}",
        "https://bark.example.net/",
        "https://bark.example.net",
        "https://bark.example.net/not%20a%20key",
        "key with blanks",
        "k" * 65,
    ],
)
def test_what_is_no_address(text: str) -> None:
    with pytest.raises(ValueError):
        ANY.read_address(text)


def test_any_public_server_may_be_allowed() -> None:
    assert ANY.read_address(f"https://bark.example.net:8443/{KEY}") == f"https://bark.example.net:8443/{KEY}"
    assert ANY.read_address(f"https://1.1.1.1/{KEY}") == f"https://1.1.1.1/{KEY}"


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "127.0.0.1:9001", "2130706433", "0x7f.1", "0177.0.0.1", "127.1", "10.0.0.1", "169.254.169.254", "[::1]",
        "[::ffff:10.0.0.1]", "[fd00:ec2::254]", "[64:ff9b::a00:1]", "localhost", "a.localhost", "printer.local", "nas",
        "metadata.google.internal", "100.100.100.200", "0.0.0.0",  # noqa: S104
    ],
)  # fmt: skip
@pytest.mark.parametrize("scheme", ["https", "http"])
def test_no_private_server_may_be_named(scheme: str, host: str) -> None:
    with pytest.raises(ValueError):
        ANY.read_address(f"{scheme}://{host}/{KEY}")


def test_only_a_named_server_may_be_on_this_machine() -> None:
    assert (
        BarkServers(PUBLIC, ["http://127.0.0.1:9001"], allows_loopback=True)
        .find(f"http://127.0.0.1:9001/{KEY}")
        .is_local
    )
    assert not BarkServers(PUBLIC, ["http://127.0.0.1:9001"]).find(f"http://127.0.0.1:9001/{KEY}").is_local
    assert (
        not BarkServers(PUBLIC, ["*"], allows_loopback=True).find(f"https://bark.example.net/{KEY}").is_local
    )


@pytest.mark.parametrize("host", ["localhost:9001", "127.0.0.2:9001", "127.255.255.254", "[::1]:9001"])
def test_all_loopback_addresses_are_this_machine(host: str) -> None:
    servers = BarkServers(PUBLIC, [f"http://{host}"], allows_loopback=True)
    assert servers.find(f"http://{host}/{KEY}").is_local


@pytest.mark.parametrize(
    "base",
    [
        "http://bark.example.com", "http://10.0.0.1:9001", "http://127.1", "bark.example.com", "https://user@bark.example.com", "",
        "https://bark.example.com/推送", "https://bark.example.com/a b", "https://bark.example.com/a\\b",
    ],
)  # fmt: skip
def test_a_server_is_named_by_an_https_url(base: str) -> None:
    with pytest.raises(ValueError):
        BarkServers(PUBLIC, [base])


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("1.1.1.1", True), ("2606:4700::1111", True), ("127.0.0.1", False), ("10.0.0.1", False), ("172.16.0.1", False),
        ("192.168.1.1", False), ("169.254.169.254", False), ("100.64.0.1", False), ("100.100.100.200", False),
        ("0.0.0.0", False), ("255.255.255.255", False), ("224.0.0.1", False), ("198.18.0.1", False), ("240.0.0.1", False),  # noqa: S104
        ("::1", False), ("::", False), ("::ffff:1.1.1.1", False), ("::ffff:10.0.0.1", False), ("::7f00:1", False),
        ("64:ff9b::a00:1", False), ("64:ff9b:1::1", False), ("fe80::1", False), ("fe80::1%eth0", False),
        ("fd00:ec2::254", False), ("fec0::1", False), ("ff02::1", False), ("2002:a00:1::", False), ("2001::1", False),
        ("2001:db8::1", False), ("3fff::1", False), ("5f00::1", False), ("no address", False),
    ],
)  # fmt: skip
def test_public_addresses(address: str, expected: bool) -> None:
    assert is_public(address) is expected
