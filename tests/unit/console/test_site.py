"""The console's files: few, small, and from nowhere else."""

import gzip
import hashlib
import json
import re
from pathlib import Path

import pytest

from functions.console.app import SITE
from local.processes import ROOT
from minipush.domain.centre.points import ComplaintCategory

VENDORED = SITE / "vendor" / "lit-html.js"
CODE = sorted(path for path in SITE.glob("*") if path.suffix in (".js", ".css", ".html", ".svg"))
FIRST_LOAD = 25_000


def packed(path: Path) -> int:
    return len(gzip.compress(path.read_bytes(), 9, mtime=0))


def imports(path: Path) -> set[str]:
    """What the module loads before it runs."""
    return set(re.findall(r"^import .*? from '\./(.+?)'", path.read_text(encoding="utf-8"), re.MULTILINE))


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_what_a_browser_loads_to_show_the_overview_is_small(language: str) -> None:
    names = {"index.html", "style.css", "icon.svg", "app.js", "overview.js", f"words.{language}.js"}
    while (
        more := {name for module in names if module.endswith(".js") for name in imports(SITE / module)}
        - names
    ):
        names |= more
    assert "vendor/lit-html.js" in names
    assert sum(packed(SITE / name) for name in names) <= FIRST_LOAD


def test_the_page_names_ahead_what_every_start_loads() -> None:
    page = (SITE / "index.html").read_text(encoding="utf-8")
    ahead = set(re.findall(r'modulepreload" href="(.+?)"', page))
    names = {"app.js", "overview.js"}
    while more := {name for module in names for name in imports(SITE / module)} - names:
        names |= more
    assert ahead == names - {"app.js"}


def test_the_vendored_file_is_the_one_that_the_readme_names() -> None:
    readme = (VENDORED.parent / "README.md").read_text(encoding="utf-8")
    lock = json.loads((ROOT / "requirements" / "console" / "package-lock.json").read_text(encoding="utf-8"))
    assert hashlib.sha256(VENDORED.read_bytes()).hexdigest() in readme
    assert f"| {lock['packages']['node_modules/lit-html']['version']} |" in readme


@pytest.mark.parametrize("path", CODE, ids=lambda path: path.name)
def test_no_file_names_another_host_or_makes_html_of_text(path: Path) -> None:
    text = path.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
    assert not re.findall(r"https?://", text)
    assert not re.findall(r"innerHTML|insertAdjacentHTML|unsafe|eval\(|document\.write|\bstyle=", text)


@pytest.mark.parametrize("path", CODE, ids=lambda path: path.name)
def test_a_file_is_short_enough_to_keep_in_mind(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 250


def test_the_question_before_a_complaint_is_upheld_names_the_points_that_it_costs() -> None:
    [table] = re.findall(r"^const POINTS = \{(.+)\}$", (SITE / "centre.js").read_text("utf-8"), re.MULTILINE)
    named = {name: int(points) for name, points in re.findall(r"(\w+): (\d+)", table)}
    assert named == {category.value: category.points for category in ComplaintCategory}
