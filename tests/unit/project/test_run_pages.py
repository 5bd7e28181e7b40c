"""Each page with shell commands is run by a test, which names the page."""

import re

import pytest

from local.processes import ROOT

RUN_BY = {
    "README.md": ("tests/e2e/test_readme.py",),
    "docs/backup.md": ("tests/integration/test_aws_commands.py",),
    "docs/api.md": ("tests/e2e/test_api_pages.py",),
    "docs/centre.md": ("tests/e2e/test_centre_requests.py",),
    "docs/china.md": ("tests/integration/test_aws_commands.py",),
    "docs/cli.md": ("tests/support/command_pages.py", "tests/e2e/test_cli_pages.py"),
    "docs/deployment.md": ("tests/integration/test_aws_commands.py",),
    "docs/migrating.md": ("tests/e2e/test_guide_pages.py",),
    "docs/mini-program.md": ("tests/e2e/test_mini_program.py",),
    "docs/official-account.md": ("tests/e2e/test_centre_requests.py",),
    "docs/operations.md": ("tests/integration/test_aws_commands.py", "tests/unit/project/test_docs.py"),
    "docs/quickstart.md": ("tests/e2e/test_guide_pages.py",),
    "docs/simulator.md": ("tests/e2e/test_api_pages.py",),
    "docs/upgrading.md": ("tests/integration/test_aws_commands.py",),
}
NOT_RUN = {
    "docs/doubt.md": "two hundred campaigns with kills; the chaos tests run fewer of them",
    "docs/runbook.md": "an environment in which something is wrong; tests/unit/project/test_night_commands.py only parses the commands",
    "docs/fixed-address.md": "a NAT gateway, which the emulator cannot make; tests/unit/template/test_network.py reads the template",
}
PAGES = sorted(
    str(page.relative_to(ROOT))
    for page in (*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"))
    if re.search(r"^```sh$", page.read_text(encoding="utf-8"), re.MULTILINE)
)


def original(page: str) -> str:
    return page.replace(".zh-CN.md", ".md")


@pytest.mark.parametrize("page", PAGES)
def test_a_page_with_commands_is_run(page: str) -> None:
    """A Chinese page has the commands of the English one; other tests compare them."""
    assert original(page) in RUN_BY.keys() | NOT_RUN.keys()


@pytest.mark.parametrize(("page", "tests"), RUN_BY.items())
def test_the_test_names_the_page(page: str, tests: tuple[str, ...]) -> None:
    text = "".join((ROOT / test).read_text(encoding="utf-8") for test in tests)
    assert page.rpartition("/")[2] in text
