"""docs/security.md states limits with numbers and tests: both exist."""

import re

from support.template import RESOURCES, ROOT, TEMPLATE, of_other_routes

from minipush.adapters.dynamodb.users.users import LOGIN_RECORDED_MS
from minipush.adapters.wechat.circuit_breaker import FIRST_PAUSE_MS, LONGEST_PAUSE_MS
from minipush.domain.daily_use import CHANGES_A_DAY, EXPIRED_PLACES, PERMITS_A_DAY
from minipush.domain.timestamps import DAY_MS
from minipush.http.schemas.collect import MAX_ENTRIES as ENTRIES_OF_UPLOAD
from minipush.wechat.events import MAX_ENTRIES as ENTRIES_OF_EVENT

PAGE = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")


def test_each_limit_names_a_test_that_exists() -> None:
    tests = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    named = re.findall(r"`(test_\w+)`", PAGE)
    assert named
    assert [name for name in named if f"def {name}(" not in tests] == []
    files = re.findall(r"`(tests/[\w/.]+)`", PAGE)
    assert [name for name in files if not (ROOT / name).exists()] == []


def test_claims_are_numbered_and_each_names_a_test() -> None:
    claims = re.findall(r"^\| (\d+) \| (.*) \|$", PAGE, re.MULTILINE)
    assert [int(number) for number, _ in claims] == [*range(1, len(claims) + 1)]
    assert [number for number, claim in claims if "`test_" not in claim] == []


def test_the_numbers_are_those_of_the_code() -> None:
    logins = DAY_MS // LOGIN_RECORDED_MS
    writes = 3 * PERMITS_A_DAY + CHANGES_A_DAY + 1 + logins
    stated = [
        f"as many expired ones ({EXPIRED_PLACES} at least)",
        f"so {PERMITS_A_DAY} a day",
        f"{CHANGES_A_DAY} a day together",
        f"so {logins} a day",
        f"at most {writes:,} writes a day",
        f"The other {writes - PERMITS_A_DAY:,} write the user's profile",
        f"then one in {FIRST_PAUSE_MS // 1000} seconds",
        f"one in {LONGEST_PAUSE_MS // 1000}",
        f"entries of one upload | {ENTRIES_OF_UPLOAD},",
        f"entries of an event | {ENTRIES_OF_EVENT} ",
        f"`PermitsPerUser` ({TEMPLATE['Parameters']['PermitsPerUser']['Default']})",
        f"`PublicConcurrency` ({TEMPLATE['Parameters']['PublicConcurrency']['Default']})",
    ]
    assert [text for text in stated if text not in " ".join(PAGE.split("\n"))] == []


def test_the_throttles_are_those_of_the_template() -> None:
    api = RESOURCES["Api"]["Properties"]
    routes = {route: limit.get("If", (None, limit))[1] for route, limit in api["RouteSettings"].items()}
    limits = {**routes, "each other route": of_other_routes()}
    rows = {
        f"{limit['ThrottlingRateLimit']:,} | {limit['ThrottlingBurstLimit']:,} |" for limit in limits.values()
    }
    assert [row for row in rows if row not in PAGE] == []
    assert [name for name in limits if name not in PAGE] == []
