"""Operators: the holders of operator keys, and what a key may reach."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from minipush.errors import OperatorLimitError

if TYPE_CHECKING:
    from minipush.domain.campaigns import Plan


@dataclass(frozen=True, slots=True)
class OperatorLimits:
    """Of one operator key; None: no limit.

    `audience`: users that one message may be for. `per_second`: messages a second, all direct sends of the key
    together, and each of its campaigns. `templates`: those that it may send.
    """

    audience: int | None = None
    per_second: int | None = None
    templates: frozenset[str] | None = None

    def check_template(self, template_id: str) -> None:
        """Raises OperatorLimitError, as the other checks do."""
        if self.templates is not None and template_id not in self.templates:
            raise OperatorLimitError("template_id", "this operator key may not send this template")

    def check_audience(self, users: int) -> None:
        check_audience(users, self.audience)

    def limited(self, plan: "Plan") -> "Plan":
        """The plan of a campaign with the rate and the audience that the key allows."""
        self.check_template(plan.message.template_id)
        rate = self.per_second if plan.max_per_second is None else plan.max_per_second
        self._check_rate(rate)
        return replace(plan, max_per_second=rate, max_audience=self.audience)

    def check_campaign(self, plan: "Plan") -> None:
        """Whether the key may resume a campaign, which another key may have created."""
        self.check_template(plan.message.template_id)
        self._check_rate(plan.max_per_second)
        if self.audience is not None and (plan.max_audience is None or plan.max_audience > self.audience):
            why = f"this operator key may resume campaigns to {self.audience} users at most"
            raise OperatorLimitError("audience", why)

    def _check_rate(self, per_second: int | None) -> None:
        if self.per_second is not None and (per_second is None or per_second > self.per_second):
            raise OperatorLimitError(
                "max_per_second", f"this operator key may send {self.per_second} messages a second at most"
            )


NO_LIMITS = OperatorLimits()


def check_audience(users: int, most: int | None) -> None:
    """Raises OperatorLimitError."""
    if most is not None and users > most:
        why = f"this operator key may send a message to {most} users at most, not to {users}"
        raise OperatorLimitError("audience", why)
