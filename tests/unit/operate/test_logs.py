"""What `make logs` asks CloudWatch Logs for."""

import pytest
from support.template import TEMPLATE

from operate.logs import LEVELS, filter_pattern


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


def test_the_saved_query_shows_what_the_runbook_sends_people_to() -> None:
    query = TEMPLATE["Resources"]["ErrorsQuery"]["Properties"]["QueryString"]
    assert all(f'"{level}"' in query for level in LEVELS[LEVELS.index("WARNING") :])
