"""Records what operators do, without a write for each message."""

import logging
from collections.abc import Callable, Collection
from dataclasses import asdict, dataclass, replace

from minipush.application.ports.audit import AuditStore
from minipush.application.ports.clock import Clock
from minipush.domain.audit import Act
from minipush.domain.timestamps import MINUTE_MS
from minipush.errors import StoreError

logger = logging.getLogger(__name__)

# A process that stops loses what it has not written: no more recipients than one request may have.
UNWRITTEN_RECIPIENTS = 100


@dataclass(slots=True)
class _Line:
    """What a process did since it wrote the last line of one kind."""

    written_at: int = 0
    requests: int = 0
    recipients: int = 0


class RecordActs:
    """One for each process. A store that fails never fails the request: the act is then in the log only.

    `frequent`: actions of which a back end does many a second. A process writes one line a minute for each of them,
    operator and template, and one whenever more than 100 recipients have none. A line has the number of requests
    and recipients since the last one.
    """

    def __init__(self, store: AuditStore, clock: Clock, frequent: Collection[str]) -> None:
        self._store = store
        self._clock = clock
        self._frequent = frequent
        self._used_at: dict[str, int] = {}
        self._lines: dict[tuple[object, ...], _Line] = {}

    def note_use(self, operator: str) -> None:
        """Store the last use of the key, at most once a minute."""
        now = self._clock()
        if now - self._used_at.get(operator, 0) >= MINUTE_MS:
            self._used_at[operator] = now
            self._try(lambda: self._store.note_use(operator, now, now - MINUTE_MS), {"operator": operator})

    def __call__(self, act: Act) -> None:
        line = self._summed(act) if act.action in self._frequent else act
        if line:
            self._try(lambda: self._store.add(line), asdict(line))

    def _summed(self, act: Act) -> Act | None:
        line = self._lines.setdefault((act.operator, act.action, act.about.get("template_id")), _Line())
        recipients = act.about.get("recipients", 1)
        line.requests += 1
        line.recipients += recipients if isinstance(recipients, int) else 1
        if act.at - line.written_at < MINUTE_MS and line.recipients <= UNWRITTEN_RECIPIENTS:
            return None
        about = {name: value for name, value in act.about.items() if name != "user"}
        sums = {"requests": line.requests, "recipients": line.recipients}
        line.written_at, line.requests, line.recipients = act.at, 0, 0
        return replace(act, about=about | sums)

    def _try(self, write: Callable[[], None], about: dict[str, object]) -> None:
        try:
            write()
        except StoreError:
            logger.exception("an act could not be stored in the audit", extra={"act": about})
