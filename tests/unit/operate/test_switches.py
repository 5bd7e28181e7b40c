"""Variables of make that say yes."""

import pytest

from minipush_cli.errors import CommandError
from operate.switches import is_on


@pytest.mark.parametrize("value", ["1", "yes", "TRUE", "on"])
def test_what_says_yes_is_on(value: str) -> None:
    assert is_on({"YES": value}, "YES")


@pytest.mark.parametrize(
    "variables", [{}, {"YES": ""}, {"YES": "0"}, {"YES": "no"}, {"YES": "False"}, {"YES": "off"}]
)
def test_what_says_no_is_off(variables: dict[str, str]) -> None:
    assert not is_on(variables, "YES")


def test_what_says_neither_is_refused() -> None:
    with pytest.raises(CommandError, match="DROP=2: it is 1, or left out"):
        is_on({"DROP": "2"}, "DROP")
