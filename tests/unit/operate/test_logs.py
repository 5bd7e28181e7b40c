"""What `make logs` asks CloudWatch Logs for."""

import pytest
from support.template import TEMPLATE

from minipush_cli.errors import CommandError
from operate.logs import LEVELS, filter_pattern, has_level, since_ms


@pytest.mark.parametrize(
    ("level", "pattern"),
    [
        ("CRITICAL", '{ ($.level = "CRITICAL") }'),
        ("ERROR", '{ ($.level = "ERROR") || ($.level = "CRITICAL") }'),
        ("WARNING", '{ ($.level = "WARNING") || ($.level = "ERROR") || ($.level = "CRITICAL") }'),
    ],
)
def test_a_level_stands_for_itself_and_those_above(level: str, pattern: str) -> None:
    assert filter_pattern({"LEVEL": level}) == pattern


@pytest.mark.parametrize(
    ("text", "is_found"),
    [
        ('{"level": "WARNING", "message": "a"}', True),
        ('{"level": "ERROR"}', True),
        ('{"level": "INFO", "message": "WARNING"}', False),
        ('{"message": "a"}', False),
        ('["WARNING"]', False),
        ("START RequestId: 1 Version: $LATEST", False),
    ],
)
def test_a_line_has_the_level_of_its_json(text: str, is_found: bool) -> None:
    assert has_level(text, "WARNING") == is_found


def test_a_time_before_all_logs_is_refused_in_words() -> None:
    assert since_ms("2h", 7200.5) == 500
    with pytest.raises(CommandError, match="SINCE=99999d is before 1970"):
        since_ms("99999d", 1_796_083_200.0)


def test_the_saved_query_shows_what_the_runbook_sends_people_to() -> None:
    query = TEMPLATE["Resources"]["ErrorsQuery"]["Properties"]["QueryString"]
    assert all(f'"{level}"' in query for level in LEVELS[LEVELS.index("WARNING") :])
