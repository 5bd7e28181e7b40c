"""The Chinese pages have what the English ones have, and the index leads to every page."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.processes import ROOT

DOCS = ROOT / "docs"
CHINESE = sorted(DOCS.glob("*.zh-CN.md"))
# The Chinese page of costs is a part of a longer English one.
ENGLISH = {"costs.zh-CN.md": "capacity.md", "README.zh-CN.md": "README.md"}
SECTION = re.compile(r"^## (?P<slug>[\w-]+)\n\n\*\*(?P<status>\d+|Any status)\.\*\*", re.MULTILINE)


def read(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def english(page: Path) -> str:
    return ENGLISH.get(page.name, page.name.replace(".zh-CN", ""))


def links(text: str) -> Iterator[str]:
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        yield target.partition("#")[0]


@pytest.mark.parametrize("page", CHINESE, ids=lambda page: page.name)
def test_a_page_and_its_translation_lead_to_each_other(page: Path) -> None:
    assert english(page) in links(page.read_text(encoding="utf-8"))
    assert page.name in links(read(english(page)))


@pytest.mark.parametrize("page", CHINESE, ids=lambda page: page.name)
def test_a_chinese_page_leads_to_chinese_pages_where_there_are_any(page: Path) -> None:
    """Except for its own original, and for a section of an English page."""
    translated = {english(other) for other in CHINESE} - {english(page), "README.md"}
    wrong = [
        target
        for target in re.findall(r"\]\(([\w-]+\.md)\)", page.read_text(encoding="utf-8"))
        if target in translated
    ]
    assert wrong == []


def commands(text: str) -> set[str]:
    """Without comments and the texts of messages, which are in the page's language."""
    lines = "\n".join(re.findall(r"^```sh\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)).splitlines()
    bare = (re.sub(r'("title"|"body"|"label"): "[^"]*"|(?:^|\s+)# .*', "", line) for line in lines)
    return {line.strip() for line in bare} - {""}


@pytest.mark.parametrize("page", CHINESE, ids=lambda page: page.name)
def test_a_chinese_page_has_commands_of_the_english_one(page: Path) -> None:
    assert commands(page.read_text(encoding="utf-8")) - commands(read(english(page))) == set()


# Pages whose translation leaves nothing out.
COMPLETE = ("metrics", "operations")


def without_comments(block: str) -> list[str]:
    lines = (re.sub(r"(?:^|\s+)# .*", "", line) for line in block.splitlines())
    return [line for line in lines if line]


def blocks(name: str) -> list[tuple[str, list[str]]]:
    """Commands and examples, in the page's order."""
    found = re.findall(r"^```(\w+)\n(.*?)^```$", read(name), re.MULTILINE | re.DOTALL)
    return [(language, without_comments(block)) for language, block in found]


def prose(name: str) -> str:
    return re.sub(r"^```.*?^```$", "", read(name), flags=re.MULTILINE | re.DOTALL)


def shape(name: str) -> list[str]:
    """Headings, rows of tables, items of lists and steps: what each line begins with, in the page's order."""
    return re.findall(r"^(?:#+ |\||- |\d\. )", prose(name), re.MULTILINE)


def names(name: str) -> set[str]:
    """What the prose has in code: options, fields, log lines, statuses."""
    return {" ".join(found.split()) for found in re.findall(r"`([^`]+)`", prose(name))}


@pytest.mark.parametrize("page", COMPLETE)
def test_a_complete_translation_has_every_command_and_example(page: str) -> None:
    assert blocks(f"{page}.zh-CN.md") == blocks(f"{page}.md")


@pytest.mark.parametrize("page", COMPLETE)
def test_a_complete_translation_has_every_section_row_and_item(page: str) -> None:
    assert shape(f"{page}.zh-CN.md") == shape(f"{page}.md")


@pytest.mark.parametrize("page", COMPLETE)
def test_a_complete_translation_names_everything_that_the_english_page_names(page: str) -> None:
    assert names(f"{page}.zh-CN.md") == names(f"{page}.md")


def rows(name: str, heading: str) -> dict[str, str]:
    section = read(name).split(f"## {heading}\n")[1].split("\n## ")[0]
    return dict(re.findall(r"^\| `(\w+)` \| (.+?) \|", section, re.MULTILINE))


def test_the_parameters_are_the_same_with_the_same_defaults() -> None:
    words = {"required": "必填", "empty": "空"}
    meant = rows("configuration.md", "Parameters of the deployment")
    found = rows("configuration.zh-CN.md", "部署参数")
    assert found == {name: words.get(default, default) for name, default in meant.items()}


def test_the_chinese_page_names_what_a_parameter_may_be() -> None:
    """The values of the generated English tables: a choice, or a range."""
    section = read("configuration.zh-CN.md").split("## 部署参数\n")[1].split("\n## ")[0]
    meant = read("configuration.md").split("## Parameters of the deployment\n")[1].split("\n## ")[0]
    missing = {}
    for name, values in re.findall(r"^\| `(\w+)` \| .+? \| (.+?) \|", meant, re.MULTILINE):
        row = next(line for line in section.splitlines() if line.startswith(f"| `{name}` |"))
        choices = re.findall(r"`([^`]+)`", values) if values.startswith(("`", "empty")) else []
        wanted = choices or re.findall(r"^\d+–\d+$|^\d+(?= or more$)", values.replace(" to ", "–"))
        missing[name] = [value for value in wanted if value not in row]
    assert {name: values for name, values in missing.items() if values} == {}


def measured(name: str) -> list[list[str]]:
    """What needs no translation: the metric, its unit, its functions and the dimension, in the page's order."""
    lines = re.findall(
        r"^\| (`\w+` \| Count .*) \| [^|]+ \|$", read(name).replace("the API", "API"), re.MULTILINE
    )
    return [line.split(" | ") for line in lines]


def test_the_metrics_are_the_same() -> None:
    assert len(measured("metrics.md")) > 30
    assert measured("metrics.zh-CN.md") == measured("metrics.md")


def test_the_secrets_are_the_same() -> None:
    assert rows("configuration.zh-CN.md", "密钥").keys() == rows("configuration.md", "Secrets").keys()


def test_the_errors_are_the_same_with_the_same_status() -> None:
    found = re.findall(
        r"^\| \[`([\w-]+)`\]\(errors\.md#\1\) \| (\S+) \|", read("errors.zh-CN.md"), re.MULTILINE
    )
    meant = {match["slug"]: match["status"] for match in SECTION.finditer(read("errors.md"))}
    assert len(meant) > 50
    assert dict(found) == {slug: status.replace("Any status", "任意") for slug, status in meant.items()}


def test_the_costs_are_those_of_the_english_page() -> None:
    table = re.findall(r"^\| .+ \| (\d+\.\d\d) \|$", read("costs.zh-CN.md").split("## 没有")[0], re.MULTILINE)
    meant = re.findall(
        r"^\| .+ \| (\d+\.\d\d) \|$", read("capacity.md").split("Other campaigns")[1], re.MULTILINE
    )
    assert table == meant[: len(table)]
    assert len(table) == 7


@pytest.mark.parametrize("page", sorted(DOCS.glob("*.md")), ids=lambda page: page.name)
def test_the_index_leads_to_every_page(page: Path) -> None:
    assert page.name in {"README.md", *links(read("README.md"))}


@pytest.mark.parametrize("readme", ["README.md", "README.zh-CN.md"])
def test_the_readme_leads_to_the_index_and_to_the_first_steps(readme: str) -> None:
    kind = readme.removeprefix("README")
    found = {*links((ROOT / readme).read_text(encoding="utf-8"))}
    assert {f"docs/README{kind}", f"docs/quickstart{kind}"} <= found


@pytest.mark.parametrize("kind", [".md", ".zh-CN.md"])
@pytest.mark.parametrize("reader", ["quickstart", "console", "centre", "cli", "migrating", "configuration"])
def test_each_reader_has_a_page_of_their_own_in_the_index(reader: str, kind: str) -> None:
    table = read(f"README{kind}").split("\n## ")[1]
    assert f"{reader}{kind}" in {*links(table)}


def test_the_errcodes_to_act_on_are_those_of_the_english_page() -> None:
    sections = (
        read("operations.md").split("## When WeChat refuses")[1],
        read("operations.zh-CN.md").split("## 微信拒绝时")[1],
    )
    meant, found = ({*re.findall(r"\b[4589]\d{4}\b", section.split("\n#")[0])} for section in sections)
    assert len(found) > 15
    assert found == meant
