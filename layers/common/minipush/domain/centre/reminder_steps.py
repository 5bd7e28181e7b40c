"""A reminder's situation, and the steps that a job can take with it."""

from collections.abc import Sequence
from dataclasses import dataclass

from minipush.domain.centre.reminders import ChannelKind, ReminderQueueName, ReminderReason, ReminderState


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelOption:
    """A verified channel of the user. `is_barred`: nothing may be sent by it now, but perhaps later.

    `repeat_ms` and `find_after_ms`: see minipush.application.ports.reminder_channel.
    """

    kind: ChannelKind
    repeat_ms: int = 0
    find_after_ms: int = 0
    is_barred: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """`options` are in the user's order. `queue`: of the job at hand. `against`: a rule that forbids a reminder now.

    `stops_in_doubt`: the user wants no further channel where one may have reached him. `is_off`: an operator has switched
    sending off, which bars all channels.
    """

    state: ReminderState
    options: Sequence[ChannelOption]
    queue: ReminderQueueName
    now: int
    against: ReminderReason | None = None
    stops_in_doubt: bool = False
    is_off: bool = False

    @property
    def current(self) -> ChannelOption | None:
        return next((option for option in self.options if option.kind is self.state.channel), None)


@dataclass(frozen=True, slots=True)
class Drop:
    """The reminder is final. The job is done."""


@dataclass(frozen=True, slots=True)
class Finish:
    """Write the final `state`. The job is done."""

    state: ReminderState


@dataclass(frozen=True, slots=True)
class Wait:
    """Look again at `until` (ms). `state` is what is known by now; it isn't written."""

    state: ReminderState
    until: int


@dataclass(frozen=True, slots=True)
class Forward:
    """The next channel has another queue. `state` is what is known by now; the other queue's worker writes it."""

    state: ReminderState
    queue: ReminderQueueName


@dataclass(frozen=True, slots=True)
class Pause:
    """Write `state`, and look again when its lease is over."""

    state: ReminderState


@dataclass(frozen=True, slots=True)
class Send:
    """Claim the reminder with `state`, and send it by its channel."""

    state: ReminderState
    is_repeat: bool = False


@dataclass(frozen=True, slots=True)
class Find:
    """Claim the reminder with `state`, and ask its channel what became of it."""

    state: ReminderState


type Step = Drop | Finish | Wait | Forward | Pause | Send | Find
