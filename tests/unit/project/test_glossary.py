"""The project speaks the words of docs/glossary.md, and no longer those that it gave up."""

import re
import subprocess
from functools import cache
from pathlib import Path

import pytest

from local.processes import ROOT

# Names that were given up, as an identifier or a part of one (snake_case or CamelCase).
RETIRED_NAMES = (
    "answer_once",
    "ask_next",
    "burial",
    "bury",
    "buried",
    "carriage",
    "carried_until",
    "carrier",
    "carry_segment",
    "censor",
    "control_campaigns",
    "find_line",
    "hear_wechat",
    "heard",
    "logbook",
    "make_campaigns",
    "marketer",
    "note_answers",
    "note_undelivered",
    "plan_stock",
    "rehearsal",
    "rehearse",
    "settle_segment",
    "show_campaigns",
    "slow_down",
    "stock_plan",
    "tend_campaigns",
    "usecases",
    "why_not",
)
# Phrases of prose that name a thing by a private metaphor.
RETIRED_PROSE = (
    r"at the door",
    r"in vain",
    r"\bthe books\b",
    r"\bbooks add up",
    r"\bweather\b",
    r"\brehears(?:e|es|ed|al|als|ing)\b",
    r"\blogbooks?\b",
    r"\bcarriages?\b",
    r"\bcarriers?\b",
    r"\btends? campaigns\b",
    r"\bmarketer\b",
    r"\bthe weather\b",
    r"\bturned away\b",
    r"\bhears? WeChat\b",
    r"what there is by now",
    r"no more is known",
)
GLOSSARY = "docs/glossary.md"
HERE = Path(__file__).relative_to(ROOT).as_posix()


def tracked() -> list[str]:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)
    return [name for name in listed.stdout.splitlines() if name != HERE and (ROOT / name).exists()]


@cache
def texts() -> tuple[tuple[str, str], ...]:
    endings = (".py", ".md", ".yaml", ".yml", ".toml", ".sh", "Makefile")
    return tuple(
        (name, (ROOT / name).read_text(encoding="utf-8")) for name in tracked() if name.endswith(endings)
    )


def words(identifier: str) -> str:
    """`HTTPAnswerOnce` and `answer_once` alike: lower case, with underscores."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", identifier).lower().strip("_")


@cache
def names() -> dict[str, str]:
    """Every identifier and file name, in words, and one file that has it."""
    found: dict[str, str] = {}
    for name, text in texts():
        if name.endswith(".py"):
            identifiers = {*re.findall(r"[A-Za-z_][A-Za-z0-9_]*", text), *re.split(r"[/.]", name)}
            found |= {words(identifier): name for identifier in identifiers}
    return found


@pytest.mark.parametrize("retired", RETIRED_NAMES)
def test_no_name_uses_a_retired_word(retired: str) -> None:
    pattern = re.compile(rf"(?:^|_){retired}(?:s|es)?(?:_|$)")
    assert {name: file for name, file in names().items() if pattern.search(name)} == {}


@pytest.mark.parametrize("retired", RETIRED_PROSE)
def test_no_prose_uses_a_retired_phrase(retired: str) -> None:
    pattern = re.compile(retired, re.IGNORECASE)
    found = [
        f"{name}: {line}" for name, text in texts() for line in text.splitlines() if pattern.search(line)
    ]
    assert found == []


def test_the_glossary_fits_on_a_page_and_has_both_languages() -> None:
    lines = (ROOT / GLOSSARY).read_text(encoding="utf-8").splitlines()
    rows = [line for line in lines if line.startswith("| ") and not line.startswith(("| Term", "| ---"))]
    assert len(lines) <= 150
    assert rows
    assert [row for row in rows if not re.search(r"[\u4e00-\u9fff]", row)] == []


def test_each_code_name_of_the_glossary_exists() -> None:
    """What it writes like code (`RateLimiter`, `reconcile_campaigns`) is a name of the code."""
    text = (ROOT / GLOSSARY).read_text(encoding="utf-8")
    code = set(re.findall(r"`([A-Z]\w+[a-z]\w*|[a-z]+_[a-z_]+)`", text))
    known = {identifier for _, source in texts() for identifier in re.findall(r"\w+", source)}
    assert sorted(code - known) == []
