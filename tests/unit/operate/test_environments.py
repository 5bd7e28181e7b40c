"""What samconfig.toml says."""

import tomllib
from pathlib import Path

import pytest

from operate.environments import FILE, Environment, EnvironmentsError, read_environment, with_variables

PROD = """
[prod.global.parameters]
stack_name = "push"
region = "eu-central-1"
profile = "production"
[prod.global.parameters.parameter_overrides]
WeChatAppId = "wx0"
LogRetentionDays = 90
VpcSubnetIds = ["subnet-1", "subnet-2"]
"""


@pytest.fixture
def samconfig(tmp_path: Path) -> Path:
    path = tmp_path / "samconfig.toml"
    path.write_text(PROD)
    return path


def test_an_environment_has_what_its_section_says(samconfig: Path) -> None:
    environment = read_environment({"ENV": "prod"}, samconfig)
    assert environment == Environment(
        "prod",
        "push",
        "eu-central-1",
        "production",
        {"WeChatAppId": "wx0", "LogRetentionDays": "90", "VpcSubnetIds": "subnet-1,subnet-2"},
    )


def test_a_commands_own_parameters_come_before_the_global_ones(samconfig: Path) -> None:
    samconfig.write_text(PROD + '[prod.deploy.parameters]\nregion = "eu-west-1"\n')
    assert read_environment({"ENV": "prod"}, samconfig).region == "eu-west-1"


@pytest.mark.parametrize(
    "content",
    [
        'version = 0.1\n[prod.global.parameters]\nregion = "eu-west-1"\n',
        '[prod.global.parameters]\nstack_name = "push"\nparameter_overrides = "LogLevel=INFO"\n',
        "[prod",
    ],
)
def test_what_says_too_little_is_refused(samconfig: Path, content: str) -> None:
    samconfig.write_text(content)
    with pytest.raises(EnvironmentsError, match=r"samconfig\.toml|as a table"):
        read_environment({"ENV": "prod"}, samconfig)


def test_the_environments_are_four_and_each_has_one_place_for_its_parameters() -> None:
    content = tomllib.loads(FILE.read_text(encoding="utf-8"))
    assert [name for name, part in content.items() if isinstance(part, dict)] == ["default", "staging", "prod", "cn"]  # fmt: skip
    for name in ("default", "staging", "prod", "cn"):
        places = [part for part, of in content[name].items() if "parameter_overrides" in of["parameters"]]
        assert places == ["global"]


def test_two_environments_of_one_region_have_two_stacks() -> None:
    environments = [read_environment({"ENV": name}) for name in ("default", "staging", "prod", "cn")]
    assert len({(one.region, one.stack) for one in environments}) == 4


@pytest.mark.parametrize("port", ["abc", "0", "65536", "-1", "4566 "])
def test_what_is_no_port_is_refused(port: str) -> None:
    with pytest.raises(EnvironmentsError, match="a port is a number"):
        read_environment({"AWS_PORT": port})


def test_advice_acts_on_the_stack_that_was_looked_at() -> None:
    assert with_variables("make deploy; make logs SINCE=1d", {"ENV": "prod"}) == (
        "make deploy ENV=prod; make logs SINCE=1d ENV=prod"
    )


def test_nobody_is_told_to_deploy_to_a_local_stack() -> None:
    advice = with_variables("set AlarmEmail, then: make deploy", {"AWS_PORT": "4566"})
    assert advice == "set AlarmEmail, then: start make run again"
