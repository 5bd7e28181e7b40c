"""`make build` and `make deploy`: the SAM CLI with the environment's section of samconfig.toml.

A deployment shows where it goes, and asks, before anything is built.
"""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import boto3
from botocore.exceptions import ClientError

from local.processes import ROOT
from local.stack.build import SAM
from minipush_cli.aws.deployed_stack import aws_endpoint
from minipush_cli.errors import CommandError, Exit
from operate.command import run_command
from operate.environments import Environment, aws_options, read_environment
from operate.stack_parameters import Parameters, kept_parameters, next_parameters, reserved_executions
from operate.stack_status import REVIEWED, obstacle
from operate.switches import is_on

# Building needs some region to read the template, and does not depend on which.
ANY_REGION = "us-east-1"
APPID = "WeChatAppId"
NAME_LENGTH = 64
"""Of the stack: an application of AppConfig bears its name. https://docs.aws.amazon.com/appconfig/2019-10-09/APIReference/API_CreateApplication.html"""
LEFT_UNRESERVED = 100
"""https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html"""


class DeployError(CommandError):
    """Nothing was built or deployed. The message contains the reason."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where a deployment goes. `status` of the stack, and the `deployed` parameters: empty if there is none yet."""

    environment: Environment
    account: str
    caller: str
    region: str
    status: str
    deployed: Parameters = field(default_factory=dict)

    def __str__(self) -> str:
        """One line each; the parameters are those that samconfig.toml sets, and those that stay from the last time."""
        given = self.environment.parameters
        parameters = " ".join(f"{name}={value}" for name, value in given.items())
        rows = [
            ("account", f"{self.account}, as {self.caller}"),
            ("region", self.region),
            ("stack", f"{self.environment.stack} ({self.status or 'new'})"),
            ("environment", self.environment.name),
            ("parameters", parameters or "the defaults, or those of the last deployment"),
        ]
        rows += [
            ("stays", f"{name}={value}, which samconfig.toml does not say")
            for name, value in kept_parameters(given, self.deployed).items()
        ]
        return "".join(f"{name:<12} {value}\n" for name, value in rows)


def find_target(environment: Environment, variables: Mapping[str, str]) -> Target:
    """Raises DeployError, BotoCoreError, ClientError."""
    session, endpoint = environment.session(), aws_endpoint(variables)
    region = session.region_name
    if not region:
        raise DeployError(
            f"no region: set region in [{environment.name}.global.parameters], or AWS_DEFAULT_REGION"
        )
    identity = session.client("sts", endpoint_url=endpoint).get_caller_identity()
    status, deployed = _last(session, environment.stack, endpoint)
    return Target(environment, identity["Account"], identity["Arn"], region, status, deployed)


def _last(session: boto3.Session, stack: str, endpoint: str | None) -> tuple[str, Parameters]:
    """The status and the parameters of the last deployment; empty if there was none."""
    try:
        found = session.client("cloudformation", endpoint_url=endpoint).describe_stacks(StackName=stack)
    except ClientError as error:
        if "does not exist" in str(error):
            return "", {}
        raise
    [made] = found["Stacks"]
    if made["StackStatus"] == REVIEWED:
        return "", {}
    parameters = made.get("Parameters", [])
    return made["StackStatus"], {one["ParameterKey"]: one.get("ParameterValue", "") for one in parameters}


def check_target(target: Target) -> None:
    """Raises DeployError for a stack that AWS does not update, and a first deployment without the mini-program's AppID, or
    with a name that is too long. The creation would fail after minutes.
    """
    environment = target.environment
    if len(environment.stack) > NAME_LENGTH:
        raise DeployError(
            f"the name of a stack has {NAME_LENGTH} characters at most: {environment.stack}", Exit.USAGE
        )
    before = obstacle(target.status, environment.stack, aws_options(target.region, environment.profile))
    if before:
        raise DeployError(f"AWS updates no stack that is {target.status}; first: {before}", Exit.STATE)
    if not target.status and APPID not in environment.parameters:
        place = f"[{environment.name}.global.parameters.parameter_overrides]"
        raise DeployError(f'the first deployment needs {APPID} = "wx…" in {place} of samconfig.toml')


def check_concurrency(target: Target, limit: int, unreserved: int) -> None:
    """`limit`, `unreserved`: executions at once of the account, and those that no function has reserved.

    Raises DeployError if the stack would leave less than Lambda demands. The creation would fail after minutes.
    """
    environment = target.environment
    wanted = reserved_executions(next_parameters(environment.parameters, target.deployed))
    own = reserved_executions(target.deployed) if "PublicConcurrency" in target.deployed else 0
    if wanted <= own or wanted <= unreserved + own - LEFT_UNRESERVED:
        return
    raise DeployError(
        f"the functions that everybody can call reserve {wanted} executions at once, and Lambda keeps {LEFT_UNRESERVED} "
        f"unreserved, but the account has {limit} in {target.region}, of which {unreserved + own} are free. Ask AWS for "
        "more (Service Quotas, AWS Lambda, Concurrent executions), or set PublicConcurrency = 0 in "
        f"[{environment.name}.global.parameters.parameter_overrides] of samconfig.toml"
    )


def _account_executions(target: Target, variables: Mapping[str, str]) -> tuple[int, int]:
    session = target.environment.session()
    client = session.client("lambda", region_name=target.region, endpoint_url=aws_endpoint(variables))
    limits = client.get_account_settings()["AccountLimit"]
    return limits["ConcurrentExecutions"], limits["UnreservedConcurrentExecutions"]


def deploy(
    target: Target, variables: Mapping[str, str], ask: Callable[[str], str], sam: Callable[..., None]
) -> None:
    """`sam`: runs the SAM CLI with these arguments. Raises DeployError."""
    is_agreed = is_on(variables, "YES")
    if not is_agreed and ask("Deploy? (yes or no) ").strip().lower() not in {"y", "yes"}:
        raise DeployError("nothing was deployed")
    environment = target.environment
    where = ["--config-env", environment.name, "--region", target.region]
    where += ["--profile", environment.profile] if environment.profile else []
    sam("build", *where)
    sam(
        "deploy",
        *where,
        "--stack-name",
        environment.stack,
        *(["--no-confirm-changeset"] if is_agreed else []),
    )


def build(environment: Environment, sam: Callable[..., None]) -> None:
    sam("build", "--config-env", environment.name, "--region", environment.region or ANY_REGION)


def _sam(variables: Mapping[str, str]) -> Callable[..., None]:
    program = variables.get("SAM") or str(SAM)

    def run(*arguments: str) -> None:
        done = subprocess.run([program, *arguments], cwd=ROOT, env=dict(variables), check=False)
        if done.returncode:
            raise DeployError(f"sam {arguments[0]} failed ({done.returncode}), see above")

    return run


def _ask(question: str) -> str:
    if not sys.stdin.isatty():
        raise DeployError("nobody can be asked without a terminal: YES=1 deploys without a question")
    return input(question)


def _run(arguments: Sequence[str], variables: Mapping[str, str]) -> Iterator[str]:
    environment = read_environment(variables)
    if arguments == ["build"]:
        build(environment, _sam(variables))
        return
    if variables.get("AWS_PORT"):
        raise DeployError("AWS_PORT names a local stack, which make run builds and deploys", Exit.USAGE)
    is_on(variables, "YES")
    target = find_target(environment, variables)
    yield str(target)
    check_target(target)
    try:
        limit, unreserved = _account_executions(target, variables)
    except ClientError as error:
        yield f"{'limits':<12} not compared with the account's: {error}\n"
    else:
        check_concurrency(target, limit, unreserved)
    deploy(target, variables, _ask, _sam(variables))


def main(arguments: Sequence[str]) -> int:
    return run_command(" ".join(arguments) or "deploy", lambda: _run(arguments, os.environ))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
