"""The documentation keeps step with what it describes."""

import itertools
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from local import parameter_tables, wechat_errors
from local.processes import ROOT
from minipush.domain.messages import Reason, Status
from minipush.domain.permit_rejections import PermitRejection
from minipush.http.routes import callback, mini_program, operators

PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
READMES = ("README.md", "README.zh-CN.md")
PACKAGE = ROOT / "layers" / "common" / "minipush"


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def code(text: str) -> str:
    """What stands in fences and between backticks."""
    fenced = re.findall(r"^```.*?^```$", text, re.MULTILINE | re.DOTALL)
    return "\n".join([*fenced, *re.findall(r"`([^`\n]+)`", text)])


def anchors(page: Path) -> list[str]:
    """As GitHub makes them, in the page's order."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return [re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings]


def links() -> Iterator[tuple[Path, str]]:
    for page in PAGES:
        for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
            if not target.startswith("https://"):
                yield page, target


@pytest.mark.parametrize(("page", "link"), [*links()])
def test_links_lead_somewhere(page: Path, link: str) -> None:
    name, _, anchor = link.partition("#")
    target = (page.parent / name).resolve() if name else page
    assert target.exists()
    assert not anchor or anchor in anchors(target)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_path_that_is_mentioned_exists(page: Path) -> None:
    """Paths in the repository, and paths in the package such as `domain/permit_kinds/`."""
    mentioned = re.findall(r"`([a-z]\w*/[\w./-]+)`", page.read_text(encoding="utf-8"))
    places = {folder.name: root for root in (PACKAGE, ROOT) for folder in root.iterdir() if folder.is_dir()}
    paths = [path for path in mentioned if path.split("/")[0] in places and path != "application/json"]
    assert [path for path in paths if not (places[path.split("/")[0]] / path).exists()] == []


RECORDING = """#!/bin/sh
echo "${0##*/} $@ ($ENV $AWS_PORT)" >> "$CALLS"
echo true
"""


def test_git_ignores_the_files_that_documented_commands_write() -> None:
    pages = "".join(page.read_text(encoding="utf-8") for page in PAGES)
    written = set(re.findall(r"(?:> |tee )(\w+\.json)\b", pages)) | set(
        re.findall(r"^rm (\S+)$", pages, re.MULTILINE)
    )
    assert "session.json" in written
    assert ignored_by_git(written) == written


def test_git_ignores_the_files_in_which_people_keep_secrets() -> None:
    kept = {"secret.json", "access.json", ".env", ".env.prod", "apiclient_key.pem", "cli/.env"}
    assert ignored_by_git(kept) == kept
    tracked = set(subprocess.check_output(["git", "ls-files"], cwd=ROOT, text=True).splitlines())
    assert ignored_by_git(tracked) == set()


def ignored_by_git(paths: set[str]) -> set[str]:
    ignored = subprocess.run(
        ["git", "check-ignore", "--no-index", "--stdin"],
        input="\n".join(sorted(paths)),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return set(ignored.stdout.split())


def test_the_commands_of_operations_reach_a_local_stack(tmp_path: Path) -> None:
    """With any version of the AWS CLI: only version 2 follows AWS_ENDPOINT_URL to a queue."""
    for name in ("aws", "make"):
        (tmp_path / name).write_text(RECORDING)
        (tmp_path / name).chmod(0o755)
    blocks = re.findall(r"^```sh\n(.*?)^```$", read("docs/operations.md"), re.MULTILINE | re.DOTALL)
    [functions, local] = blocks[:2]
    [history] = [block for block in blocks if "aws dynamodb query" in block and "while" not in block]
    environment = {"PATH": f"{tmp_path}:/usr/bin:/bin", "CALLS": str(tmp_path / "calls")}
    script = f'{functions}{local}: > "$CALLS"\n{history}echo "$API"\n'
    printed = subprocess.check_output(["bash", "-euc", script], env=environment, text=True)
    [make, aws] = (tmp_path / "calls").read_text().splitlines()
    assert make == "make --silent outputs NAME=UsersTable ( 4566)"
    assert aws.startswith("aws --endpoint-url http://127.0.0.1:4566 ")
    assert printed.splitlines()[-1] == "http://127.0.0.1:3000"


def test_no_documented_command_names_a_stack_that_the_environment_might_not_have() -> None:
    """The network of a fixed address is a stack of its own, of no environment. `make shell` sets MINIPUSH_STACK."""
    texts = {page.name: page.read_text(encoding="utf-8") for page in PAGES}
    others = {
        name: re.sub(r'--stack-name (minipush-network|"\$MINIPUSH_STACK")', "", text)
        for name, text in texts.items()
    }
    assert [name for name, text in others.items() if "--stack-name" in text] == []


def targets() -> set[str]:
    return set(re.findall(r"^([a-z-]+):", read("Makefile"), re.MULTILINE))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_make_target_that_is_mentioned_exists(page: Path) -> None:
    commands = re.findall(
        r"(?<!campaigns )(?<!keys )\bmake (?:[A-Z_]+=\S+ )*([a-z][a-z-]+)",
        code(page.read_text(encoding="utf-8")),
    )
    assert set(commands) <= targets()


def commands(readme: str) -> list[str]:
    """Shell lines without comments, whose language is the page's."""
    fences = re.findall(r"^```(?:sh)?\n(.*?)^```$", read(readme), re.MULTILINE | re.DOTALL)
    lines = (line.split("#")[0].strip() for fence in fences for line in fence.splitlines())
    return [line for line in lines if line.startswith(("make ", "curl ", "CODE=", "FORM=", "TOKEN=", "-d "))]


def in_english(name: str) -> str:
    """The English page, its section or the picture that a Chinese one corresponds to."""
    page, _, anchor = name.partition("#")
    original = page.replace(".zh-CN", "")
    if not anchor or page == original:
        return name.replace(".zh-CN", "").replace("-zh.png", "-en.png")
    place = anchors(ROOT / page).index(anchor)
    return f"{original}#{anchors(ROOT / original)[place]}"


def test_both_readmes_say_the_same() -> None:
    english, chinese = (read(name) for name in READMES)
    for what in (r"^(#+) ", r"^(- |\d\. )", r"\]\(((?:docs|[A-Z])[^)]*)\)"):
        found, meant = (re.findall(what, text, re.MULTILINE) for text in (chinese, english))
        assert [in_english(name) for name in found] == [in_english(name) for name in meant]
    assert commands(READMES[0]) == commands(READMES[1]) != []


class Template(yaml.SafeLoader):
    """Reads CloudFormation's short forms as nothing."""


Template.add_multi_constructor("!", lambda *_: None)


def test_every_parameter_is_documented_with_its_default() -> None:
    parameters = yaml.load(read("template.yaml"), Template)["Parameters"]
    rows = dict(re.findall(r"^\| `(\w+)` \| (.+?) \|", section("Parameters of the deployment"), re.MULTILINE))
    meant = {name: default_of(parameter) for name, parameter in parameters.items()}
    assert rows == meant


def test_the_tables_of_parameters_are_those_of_the_template() -> None:
    """`python -m local.parameter_tables` writes them."""
    assert parameter_tables.FILE.read_text(encoding="utf-8") == parameter_tables.text()


def test_every_secret_is_documented() -> None:
    template = yaml.load(read("template.yaml"), Template)
    kinds = {name: resource["Type"] for name, resource in template["Resources"].items()}
    secrets = [name for name, kind in kinds.items() if kind == "AWS::SecretsManager::Secret"]
    assert [name for name in secrets if f"| `{name}Arn` |" not in section("Secrets")] == []


def default_of(parameter: dict[str, object]) -> str:
    default = parameter.get("Default")
    return "required" if default is None else f"`{default}`" if default != "" else "empty"


def section(heading: str) -> str:
    return read("docs/configuration.md").split(f"## {heading}\n")[1].split("\n## ")[0]


def test_every_variable_of_make_run_is_documented() -> None:
    table = section("On one machine")
    settings = read("local/stack/settings.py").split("def from_environment")[1]
    sources = settings + read("local/stack/centre.py") + read("local/stack/official.py")
    read_by_it = re.findall(r'"([A-Z]+(?:_[A-Z]+)*)"', sources)
    documented = set(re.findall(r"^\| `([A-Z_]+)` \|", table.split("| make variable")[0], re.MULTILINE))
    assert documented == set(read_by_it)


def test_every_quoted_log_message_exists() -> None:
    """A quotation of several plain words, except for commands, saved queries and EventBridge's detail-types."""
    pages = "".join(
        read(f"docs/{name}.md")
        for name in ("operations", "operations.zh-CN", "runbook", "runbook.zh-CN", "metrics", "metrics.zh-CN")
    )
    prose = re.sub(r"^```.*?^```$", "", pages, flags=re.MULTILINE | re.DOTALL)
    quoted = set(re.findall(r"`(?!make |minipush )(\w+(?: \w+)+)`", prose)) - {
        "sam deploy",
        "Campaign paused",
        *re.findall(r'Name: !Sub "\$\{AWS::StackName\}/(.+)"', read("template.yaml")),
    }
    code = "".join(
        path.read_text(encoding="utf-8")
        for root in (PACKAGE, ROOT / "functions")
        for path in root.rglob("*.py")
    )
    assert len(quoted) > 5
    assert [message for message in quoted if message not in code] == []


def test_every_route_reason_and_status_is_documented() -> None:
    page = read("docs/api.md")
    words = [*Reason, *Status, *PermitRejection]
    routes = itertools.chain(mini_program.ROUTES, operators.ROUTES, callback.ROUTES)
    assert [word for word in words if f"`{word}`" not in page] == []
    missing = [route for route in routes if route != "$default" and route not in page]
    assert missing == []


def test_the_errcodes_are_those_of_the_table() -> None:
    assert wechat_errors.FILE.read_text(encoding="utf-8") == wechat_errors.text()


def test_the_shell_examples_parse() -> None:
    for page in PAGES:
        for script in re.findall(
            r"^```sh\n(.*?)^```$", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
        ):
            checked = subprocess.run(
                ["bash", "-n"], input=script, text=True, capture_output=True, check=False
            )
            assert checked.returncode == 0, f"{page.name}: {checked.stderr}"
