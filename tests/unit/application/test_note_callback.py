import logging

import pytest
from support.signs_of_life import MemorySignsOfLife

from minipush.application.events.note_callback import NoteCallback
from minipush.domain.timestamps import MINUTE_MS
from minipush.errors import StoreError

NOW = 1_800_000_000_000


class Counted(MemorySignsOfLife):
    writes = 0

    def push_received(self, at: int) -> None:
        self.writes += 1
        if self.writes > 2:
            raise StoreError("throttled")
        super().push_received(at)


def test_it_is_noted_once_a_minute_however_many_pushes_come() -> None:
    signs, now = Counted(), [NOW]
    note = NoteCallback(signs, lambda: now[0])
    for now[0] in (NOW, NOW + 1, NOW + MINUTE_MS - 1, NOW + MINUTE_MS, NOW + MINUTE_MS + 1):
        note()
    assert (signs.writes, signs.last_callback()) == (2, NOW + MINUTE_MS)


def test_new_credentials_are_noted_at_once_and_not_forgotten_with_a_push_of_older_ones() -> None:
    signs = Counted()
    note = NoteCallback(signs, lambda: NOW)
    note()
    for mark in ("new", "new", ""):
        note(mark)
    assert (signs.writes, signs.last_new_credentials()) == (2, "new")


def test_a_push_does_not_fail_with_it(caplog: pytest.LogCaptureFixture) -> None:
    signs = Counted()
    signs.writes = 2
    with caplog.at_level(logging.WARNING):
        NoteCallback(signs, lambda: NOW)()
    assert "could not be noted" in caplog.text
