"""Which server a command line goes with."""

import json

import pytest

from local.processes import ROOT
from minipush import __version__
from minipush_cli.compatibility import goes_with, series


@pytest.mark.parametrize(
    ("own", "server", "does"),
    [
        ("0.1.0", "0.1.9", True),
        ("0.1.0", "0.2.0", False),
        ("1.4.0", "1.0.2", True),
        ("1.4.0", "2.0.0", False),
        ("0.1.0", "1.1.0", False),
        ("0.1.0", "unknown", False),
        ("0.1.0", "0.1", False),
    ],
)
def test_a_command_line_goes_with_its_series(own: str, server: str, *, does: bool) -> None:
    assert goes_with(server, own) is does


def test_a_series_is_named() -> None:
    assert (series("0.1.4"), series("1.2.3")) == ("0.1.x", "1.x")


@pytest.mark.parametrize("package", ["miniprogram/package.json", "miniprogram/centre/package.json"])
def test_the_kit_says_which_server_it_goes_with(package: str) -> None:
    said = json.loads((ROOT / package).read_text(encoding="utf-8"))["minipush"]["server"]
    assert said == series(__version__)


def test_the_upgrade_page_says_what_goes_with_this_version() -> None:
    page = (ROOT / "docs" / "upgrading.md").read_text(encoding="utf-8")
    assert f"| {series(__version__)} | {series(__version__)} | {series(__version__)} |" in page
