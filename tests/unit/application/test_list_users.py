import pytest
from support.memory import MemoryStore
from support.tags import MemoryTagStore

from minipush.application.cursors import Cursors
from minipush.application.ports.tags import ListedUsers
from minipush.application.tags.list_users import MOST_PAGES, ListUsers
from minipush.domain.users import UserSettings
from minipush.errors import InvalidCursorError

USERS = [f"user-{n:02}" for n in range(20)]


def store() -> MemoryTagStore:
    """Every other user is a vip."""
    users = MemoryStore()
    for n, openid in enumerate(USERS):
        users.settings[openid] = UserSettings(tags=("vip",) if n % 2 else ())
    return MemoryTagStore(users)


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 1000])
def test_pages_together_list_each_user_with_the_tag_once(limit: int) -> None:
    assert listed("vip", limit) == USERS[1::2]


@pytest.mark.parametrize("limit", [1, 3, 1000])
def test_without_a_tag_pages_list_each_user_once(limit: int) -> None:
    assert listed(None, limit) == USERS


def listed(tag: str | None, limit: int) -> list[str]:
    list_users, found, cursor, is_first = ListUsers(store()), list[str](), None, True
    while is_first or cursor:
        page = list_users(tag, limit, cursor)
        assert len(page.openids) <= limit
        found += page.openids
        cursor, is_first = page.next_cursor, False
    return found


VIPS = Cursors("users", "vip")


class Endless(MemoryTagStore):
    """A table without end in which nobody bears a tag."""

    def __init__(self) -> None:
        super().__init__(MemoryStore())
        self.pages = 0

    def list_users(self, tag: str | None, after: str | None) -> ListedUsers:
        self.pages += 1
        return ListedUsers((), f"user-{self.pages}")


def test_a_rare_tag_costs_a_bounded_number_of_pages_and_has_a_cursor() -> None:
    endless = Endless()
    page = ListUsers(endless)("vip", 100, None)
    assert (page.openids, page.next_cursor) == ([], VIPS.write(f"user-{MOST_PAGES}"))
    assert endless.pages == MOST_PAGES


def test_a_slow_store_ends_a_page_early() -> None:
    endless = Endless()
    assert ListUsers(endless, iter([0.0, 5.0, 11.0]).__next__)("vip", 100, None).next_cursor
    assert endless.pages == 2


def test_a_page_ends_where_it_is_full() -> None:
    class Crowded(Endless):
        def list_users(self, tag: str | None, after: str | None) -> ListedUsers:
            super().list_users(tag, after)
            return ListedUsers(tuple(f"user-{n}" for n in range(500)), "user-499")

    crowded = Crowded()
    page = ListUsers(crowded)("vip", 100, None)
    assert (len(page.openids), crowded.pages) == (100, 1)
    assert page.next_cursor == VIPS.write("user-99")


@pytest.mark.parametrize(
    "cursor", ["!", VIPS.write("no openid"), VIPS.write(""), Cursors("users", "trial").write("ada")]
)
def test_a_text_that_is_no_cursor_of_this_list_is_refused(cursor: str) -> None:
    with pytest.raises(InvalidCursorError):
        ListUsers(store())("vip", 100, cursor)
