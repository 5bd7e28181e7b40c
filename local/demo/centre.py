"""The message centre in the demo: an app binds users, reminds them by several channels, broadcasts, and is banned."""

import re
import secrets
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import cycle
from typing import Any

import jwt

from local.demo.api import Api
from local.demo.broadcast import BroadcastDemo
from local.demo.population import interleave
from local.demo.progress import Progress
from local.demo.readers import READER_PROFILES, Json, Reader
from local.demo.reconciliation import Row
from local.providers.client import ProvidersControl

APPID, NAME = "wxdemo0f10we75h0p", "花店"
TICKET_SECONDS = 300
REMINDER_SECONDS = 60
# It says that a user's reminder is under way.
UNDER_WAY = frozenset({"queued", "claimed", "waiting"})


class CentreError(RuntimeError):
    """The message centre broke a promise. The message says which."""


class CentreDemo:
    """`session`: the token of a user of the mini-program, by openid."""

    def __init__(
        self,
        api: Api,
        appid: str,
        session: Callable[[str], str],
        providers: ProvidersControl,
        progress: Progress,
    ) -> None:
        self._api = api
        self._hub = appid
        self._session = session
        self._providers = providers
        self._progress = progress

    def run(self, openids: Sequence[str]) -> list[Row]:
        """The first user owns the app, the others use it."""
        owner, *users = openids
        secret = self._register(owner)
        readers = self._bind(users, secret)
        self._push(readers, secret)
        self._await_reminders(readers)
        broadcast = BroadcastDemo(self._api, self._session, self._progress).run(users, secret)
        self._complain(readers, secret)
        return [*self._rows(readers), *broadcast]

    def _register(self, owner: str) -> str:
        self._session(owner)  # an owner who was here lately vouches for the app's texts
        body = {"appid": APPID, "name": NAME, "owner_openid": owner}
        return str(self._api.operator("POST", "/centre/apps", body)["secret"])

    def _bind(self, users: Sequence[str], secret: str) -> list[Reader]:
        profiles = cycle(interleave(READER_PROFILES))
        readers = [
            Reader(openid, f"of-{openid}", each) for openid, each in zip(users, profiles, strict=False)
        ]
        with self._progress.step(f"users bind {NAME} and say how it may remind them", len(readers)) as step:
            for reader in readers:
                self._bind_one(reader, secret)
                step.tick()
        return readers

    def _bind_one(self, reader: Reader, secret: str) -> None:
        ticket = self._ticket(reader, secret)
        body = {"appid": APPID, "openid": reader.own_openid, "ticket": ticket, "level": reader.profile.level}
        if not self._user(reader, "POST", "/me/bindings", body)["confirmed"]:
            raise CentreError("a binding with the app's ticket is not confirmed")
        for kind in reader.profile.channels:
            self._verify(reader, kind)
        self._user(reader, "PATCH", "/me/centre", {"channels": list(reader.profile.channels)})

    def _ticket(self, reader: Reader, secret: str) -> str:
        """What the app's back end signs for its user."""
        claims = {
            "iss": APPID, "sub": reader.own_openid, "aud": self._hub, "jti": secrets.token_hex(8),
            "exp": int(time.time()) + TICKET_SECONDS,
        }  # fmt: skip
        return jwt.encode(claims, secret, algorithm="HS256")

    def _verify(self, reader: Reader, kind: str) -> None:
        """The user gives an address, and types the code that comes there."""
        address = self._address(kind, reader)
        reader.addresses[kind] = address
        self._user(reader, "PUT", f"/me/channels/{kind}", {"address": address})
        code = self._await(lambda: self._code(kind, address), f"no code came by {kind}")
        self._user(reader, "POST", f"/me/channels/{kind}/verify", {"code": code})

    def _address(self, kind: str, reader: Reader) -> str:
        match kind:
            case "bark":
                return self._providers.add_device()
            case "email":
                return f"{reader.openid.lower()}@mail.example"
            case _:
                return f"138{secrets.randbelow(10**8):08}"

    def _code(self, kind: str, address: str) -> str | None:
        shown = [
            each for each in self._providers.shown(provider=self._provider(kind)) if address in each["to"]
        ]
        found = re.search(
            r"(?<!\d)\d{6}(?!\d)", " ".join(f"{each['title']} {each['text']}" for each in shown[-1:])
        )
        return found[0] if found else None

    def _push(self, readers: Sequence[Reader], secret: str) -> None:
        """One request to all of them, as an app does. Some phones have been given away meanwhile."""
        for reader in readers:
            if reader.profile.has_dead_device:
                self._providers.add_device(reader.addresses["bark"], reason="Unregistered")
        body = {
            "to": [{"openid": reader.own_openid} for reader in readers],
            "title": "花已送到",
            "body": "您订的花束已经送到前台。",
        }
        results = self._api.call("POST", "/centre/messages", body, secret, key="demo")["results"]
        for reader, result in zip(readers, results, strict=True):
            reader.message_id = result.get("message_id", "")
        self._progress.say(f"{NAME} pushes a message to its {len(readers)} users")

    def _await_reminders(self, readers: Sequence[Reader]) -> None:
        with self._progress.step("reminders go out", len(readers)) as step:
            for reader in readers:
                self._await(partial(self._read, reader), "a reminder did not end")
                step.tick()

    def _read(self, reader: Reader) -> bool:
        items = self._user(reader, "GET", "/me/inbox")["items"]
        reader.message = next((item for item in items if item["id"] == reader.message_id), {})
        return bool(reader.message) and reader.reminder.get("status") not in UNDER_WAY

    def _complain(self, readers: Sequence[Reader], secret: str) -> None:
        """One complaint, upheld as fraud, costs twelve points: the app is banned for good."""
        reader = readers[0]
        path = f"/me/inbox/{reader.message_id}/complaint"
        complaint = self._user(reader, "POST", path, {"category": "fraud", "text": "没有订花"})
        decision = {"verdict": "upheld", "note": "查证属实"}
        self._api.operator("POST", f"/centre/complaints/{complaint['id']}/decision", decision)
        body = {"to": {"openid": reader.own_openid}, "title": "再来一束"}
        self._await(
            lambda: self._api.status("POST", "/centre/messages", body, secret) == 403, "a banned app pushes"
        )
        self._progress.say(
            f"a user complains, the operator upholds it, and {NAME} is banned: its next push gets 403"
        )

    def _rows(self, readers: Sequence[Reader]) -> Iterator[Row]:
        yield Row(
            "a push of an app to its users", sum(bool(each.message_id) for each in readers), len(readers)
        )
        yield Row("  in the inbox", sum(bool(each.message) for each in readers), len(readers))
        for kind in ("bark", "email", "sms"):
            ours = sum(
                each.reminder.get("channel") == kind and each.reminder["status"] == "sent" for each in readers
            )
            yield Row(f"  reminded by {kind}", ours, sum(self._arrivals(kind, readers).values()))
        fell_back = sum(
            each.profile.has_dead_device and each.reminder.get("status") == "sent" for each in readers
        )
        yield Row(
            "    of which after a dead channel",
            fell_back,
            sum(each.profile.has_dead_device for each in readers),
        )
        yield Row(
            "  not reminded, as the user wishes",
            sum(each.reminder.get("status") != "sent" for each in readers),
        )
        yield Row("  users reminded more than once", 0, self._reminded_again(readers))

    def _arrivals(self, kind: str, readers: Sequence[Reader]) -> Counter[str]:
        """How often each user's phone showed the reminder."""
        wanted = {reader.message_id: reader.openid for reader in readers}
        shown = self._providers.shown(provider=self._provider(kind))
        found: Counter[str] = Counter()
        for each in shown:
            if openid := wanted.get(each["id"]):
                found[openid] += each["rings"]
        return found

    def _reminded_again(self, readers: Sequence[Reader]) -> int:
        total: Counter[str] = Counter()
        for kind in ("bark", "email", "sms"):
            total += self._arrivals(kind, readers)
        return sum(count > 1 for count in total.values())

    @staticmethod
    def _provider(kind: str) -> str:
        return {"email": "smtp", "sms": "aliyun"}.get(kind, kind)

    def _user(self, reader: Reader, method: str, path: str, body: Json | None = None) -> Any:
        return self._api.call(method, path, body, self._session(reader.openid))

    def _await[T](self, found: Callable[[], T], otherwise: str) -> T:
        end = time.monotonic() + REMINDER_SECONDS
        while not (value := found()):
            if time.monotonic() > end:
                raise CentreError(otherwise)
            time.sleep(0.2)
        return value
