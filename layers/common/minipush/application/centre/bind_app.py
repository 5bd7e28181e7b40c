"""A user lets an app push into the inbox, or takes that back."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from minipush.application.ports.centre.apps import AppStore
from minipush.application.ports.centre.bindings import BindingStore, BindOutcome
from minipush.application.ports.clock import Clock
from minipush.domain.centre.bindings import Binding, BoundUser, Ticket, new_key
from minipush.domain.centre.errors import (
    AppBannedError,
    InvalidTicketError,
    OpenidMismatchError,
    OpenidMissingError,
    TicketUsedError,
    TooManyBindingsError,
    UnknownAppError,
    UnknownBindingError,
)
from minipush.domain.centre.inbox import Level
from minipush.domain.users import is_openid
from minipush.errors import StoreError

TRIES = 3

type ReadTicket = Callable[[str, str, Sequence[str]], Ticket | None]
"""Takes a ticket, the appid and the app's secrets. None if the app did not sign it for this mini-program."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """What a user agrees to. `foreign_openid`: the user's in the app. `level`: None for the one that is set, or strong."""

    appid: str
    foreign_openid: str | None
    ticket: str | None = None
    level: Level | None = None


@dataclass(frozen=True, slots=True)
class Bound:
    binding: Binding
    is_new: bool


class BindApp:
    def __init__(self, apps: AppStore, bindings: BindingStore, read_ticket: ReadTicket, clock: Clock) -> None:
        self._apps = apps
        self._bindings = bindings
        self._read_ticket = read_ticket
        self._clock = clock

    def __call__(self, openid: str, consent: Consent) -> Bound:
        """Raises UnknownAppError, BindRefusedError, StoreError."""
        self._check_app(consent.appid)
        foreign = consent.foreign_openid
        if foreign is None or not is_openid(foreign):
            raise OpenidMissingError
        ticket = None if consent.ticket is None else self._verified(consent.appid, foreign, consent.ticket)
        for _ in range(TRIES):
            if bound := self._bind(openid, consent, foreign, ticket):
                return bound
        raise StoreError

    def _check_app(self, appid: str) -> None:
        app = self._apps.read(appid)
        if app is None:
            raise UnknownAppError
        if app.is_banned(self._clock()):
            raise AppBannedError

    def _verified(self, appid: str, foreign: str, text: str) -> Ticket:
        ticket = self._read_ticket(text, appid, self._apps.secrets(appid))
        if ticket is None or ticket.openid != foreign or not ticket.is_valid(self._clock()):
            raise InvalidTicketError
        return ticket

    def _bind(self, openid: str, consent: Consent, foreign: str, ticket: Ticket | None) -> Bound | None:
        """None if another request was faster."""
        before = self._bindings.read(openid, consent.appid)
        if before is None:
            after = self._first(consent, foreign, is_confirmed=ticket is not None)
            outcome = self._bindings.add(openid, after, ticket)
        else:
            after = _again(before, consent.level, foreign, is_confirmed=ticket is not None)
            is_same = after == before and ticket is None
            outcome = BindOutcome.BOUND if is_same else self._bindings.replace(openid, before, after, ticket)
        return Bound(after, before is None) if _is_done(outcome) else None

    def _first(self, consent: Consent, foreign: str, *, is_confirmed: bool) -> Binding:
        return Binding(
            appid=consent.appid,
            key=new_key("b"),
            level=consent.level or Level.STRONG,
            foreign_openid=foreign,
            is_confirmed=is_confirmed,
            at=self._clock(),
        )


def _again(before: Binding, level: Level | None, foreign: str, *, is_confirmed: bool) -> Binding:
    """What the app has confirmed stays, unless the app says otherwise."""
    if before.is_confirmed and not is_confirmed:
        foreign = before.foreign_openid
    return replace(
        before,
        level=level or before.level,
        foreign_openid=foreign,
        is_confirmed=before.is_confirmed or is_confirmed,
    )


def _is_done(outcome: BindOutcome) -> bool:
    """Raises BindRefusedError."""
    if outcome is BindOutcome.TICKET_USED:
        raise TicketUsedError
    if outcome is BindOutcome.TOO_MANY:
        raise TooManyBindingsError
    return outcome is BindOutcome.BOUND


class ConfirmBinding:
    """The app says whose openid a binding has. From then on it may push by that openid."""

    def __init__(self, bindings: BindingStore) -> None:
        self._bindings = bindings

    def __call__(self, appid: str, key: str, foreign_openid: str) -> Binding:
        """Raises UnknownBindingError, OpenidMismatchError, StoreError."""
        for _ in range(TRIES):
            bound = find_bound(self._bindings, appid, key)
            before = bound.binding
            if before.foreign_openid != foreign_openid:
                raise OpenidMismatchError
            after = replace(before, is_confirmed=True)
            outcome = self._bindings.replace(bound.openid, before, after, confirms=True)
            if outcome is BindOutcome.BOUND:
                return after
        raise StoreError


def find_bound(bindings: BindingStore, appid: str, key: str) -> BoundUser:
    """Raises UnknownBindingError."""
    bound = bindings.find(appid, key)
    if bound is None:
        raise UnknownBindingError
    return bound
