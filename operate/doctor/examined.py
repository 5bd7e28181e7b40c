"""What the checks look at."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from minipush_cli.aws.deployed_stack import DeployedStack
from operate.logs import groups_of, read_lines
from operate.tables.export import TABLES

TABLE = "AWS::DynamoDB::Table"


@dataclass(frozen=True)
class Examined:
    """`options`: of the AWS CLI, which lead to the stack, such as ` --region eu-central-1`. `now` in seconds."""

    stack: DeployedStack
    options: str
    now: float

    def client(self, service: str) -> Any:
        return self.stack.client(service)

    @cached_property
    def tables(self) -> dict[str, Mapping[str, Any]]:
        """By physical name, the properties that the template gives each table, also to one that the stack adopted."""
        answer = self.client("cloudformation").get_template(
            StackName=self.stack.name, TemplateStage="Processed"
        )
        template = answer["TemplateBody"]
        declared = template["Resources"] if isinstance(template, dict) else {}
        outputs = self.stack.outputs
        used = {logical: outputs[output] for logical, output in TABLES.items() if output in outputs}
        tables = self.stack.resources(TABLE) | used
        return {name: declared.get(logical, {}).get("Properties", {}) for logical, name in tables.items()}

    def logged(self, function: str, pattern: str, seconds: float) -> Iterator[str]:
        """Lines of the function's log since then that match the filter pattern."""
        groups = groups_of(self.stack, function)
        since = int((self.now - seconds) * 1000)
        return (line.text for line in read_lines(self.stack, groups, since, pattern))
