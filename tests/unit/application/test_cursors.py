import pytest

from minipush.application.cursors import Cursors
from minipush.errors import InvalidCursorError

OPEN = Cursors("complaints", "open")
ANY_TEXT = ".*"


@pytest.mark.parametrize("position", ["", "7", "某", "a#b"])
def test_a_list_reads_its_own_cursor(position: str) -> None:
    assert Cursors("complaints", "open").read(OPEN.write(position), ANY_TEXT)[0] == position


@pytest.mark.parametrize(
    "other",
    [
        Cursors("complaints"),
        Cursors("complaints", None),
        Cursors("complaints", "upheld"),
        Cursors("appeals", "open"),
        Cursors("complaints", "open", True),  # a filter's value
    ],
)
def test_a_cursor_of_another_list_or_filter_is_refused(other: Cursors) -> None:
    with pytest.raises(InvalidCursorError):
        OPEN.read(other.write("7"), ANY_TEXT)


@pytest.mark.parametrize("cursor", ["!", "=", "Nw", "//8", "Zm9v" * 100])
def test_a_text_that_no_list_wrote_is_refused(cursor: str) -> None:
    with pytest.raises(InvalidCursorError):
        OPEN.read(cursor, ANY_TEXT)


def test_a_whole_list_is_read_page_by_page() -> None:
    cursor: str | None = None
    pages: list[str] = []
    while cursor or not pages:
        page, cursor = OPEN.page("abcde", str, 2, cursor)
        pages.append("".join(page))
    assert pages == ["ab", "cd", "e"]


@pytest.mark.parametrize("limit", [None, 5, 6])
def test_a_list_that_fits_has_no_next_page(limit: int | None) -> None:
    assert OPEN.page("abcde", str, limit, None) == ("abcde", None)


def test_a_cursor_whose_entry_is_gone_is_refused() -> None:
    with pytest.raises(InvalidCursorError):
        OPEN.page("abde", str, 2, OPEN.write("c"))


def test_entries_of_one_name_end() -> None:
    _, cursor = OPEN.page("aaa", str, 1, None)
    assert OPEN.page("aaa", str, 1, cursor) == ("", None)


def test_a_position_has_to_match_in_full() -> None:
    with pytest.raises(InvalidCursorError):
        OPEN.read(OPEN.write("7x"), "[0-9]+")
