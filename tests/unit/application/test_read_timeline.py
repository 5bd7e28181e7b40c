import pytest
from support.histories import MemoryHistories
from support.memory import MemoryStore

from minipush.application.cursors import Cursors
from minipush.application.timelines.read_timeline import ReadTimeline
from minipush.domain import permit_kinds
from minipush.domain.permits import Permit
from minipush.domain.timelines import TimelineEntry
from minipush.errors import InvalidCursorError

NOW = 1_800_000_000_000


def accept(store: MemoryStore, number: int, at: int) -> None:
    store.add("ada", [Permit(permit_kinds.ONCE, "a", template_id=f"T{number:02}")], at=at)


@pytest.fixture
def store() -> MemoryStore:
    """Seven instants, at each of which three templates were accepted."""
    store = MemoryStore()
    for number in range(21):
        accept(store, number, NOW + number // 3)
    return store


def pages(store: MemoryStore, limit: int, meanwhile: int = 0) -> list[list[TimelineEntry]]:
    """`meanwhile`: accepts that come after the first page."""
    read = ReadTimeline(MemoryHistories(store), lambda: NOW + 100)
    page = read("ada", limit, None)
    found = [page.entries]
    for number in range(meanwhile):
        accept(store, 50 + number, NOW + 50)
    while page.next_cursor:
        page = read("ada", limit, page.next_cursor)
        found.append(page.entries)
    return found


@pytest.mark.parametrize("limit", [1, 2, 3, 4, 20, 21, 200])
@pytest.mark.parametrize("meanwhile", [0, 5])
def test_pages_together_are_the_whole_timeline(store: MemoryStore, limit: int, meanwhile: int) -> None:
    [whole] = pages(store, 200)
    found = pages(store, limit, meanwhile)
    assert [entry for page in found for entry in page] == whole
    assert len(whole) == 21
    assert {len(page) for page in found[:-1]} <= {limit}


def test_an_unknown_user_has_an_empty_page() -> None:
    assert pages(MemoryStore(), 50) == [[]]


ADAS = Cursors("timeline", "ada")
OTHER = Cursors("timeline", "bob")


@pytest.mark.parametrize(
    "cursor", ["!", OTHER.write("1.2"), ADAS.write("7"), ADAS.write("-1.0"), ADAS.write("1.2.3")]
)
def test_a_text_that_is_no_cursor_of_this_timeline_is_refused(store: MemoryStore, cursor: str) -> None:
    with pytest.raises(InvalidCursorError):
        ReadTimeline(MemoryHistories(store), lambda: NOW)("ada", 50, cursor)
