"""Every store of templates keeps the same promises."""

import pytest
from support.accounts import ACCOUNT
from support.memory import MemoryTemplates
from support.tables import create_tables

from minipush.adapters.dynamodb.state.templates import DynamoTemplates
from minipush.application.ports.templates import TemplateStore
from minipush.domain.templates import SyncedTemplates, Template

LESSON = Template("T1", "上课", "{{thing1.DATA}}", "瑜伽", is_long_term=False, keys=("thing1",), enums={})
ALARM = Template("T2", "提醒", "", "", is_long_term=True, keys=("a1", "b2"), enums={"a1": ("客厅", "车库")})


@pytest.fixture(params=[pytest.param("memory"), pytest.param("dynamodb", marks=pytest.mark.emulator)])
def store(request: pytest.FixtureRequest) -> TemplateStore:
    if request.param == "memory":
        return MemoryTemplates()
    client = request.getfixturevalue("dynamodb")
    return DynamoTemplates(client, create_tables(client)[1], ACCOUNT)


def test_before_the_first_sync_nothing_is_known(store: TemplateStore) -> None:
    assert store.read() is None


@pytest.mark.parametrize("templates", [(), (LESSON,), (ALARM, LESSON)])
def test_what_was_kept_is_read_as_it_was(store: TemplateStore, templates: tuple[Template, ...]) -> None:
    known = SyncedTemplates(1_800_000_000_123, templates)
    store.keep(known)
    assert store.read() == known


def test_a_later_sync_replaces_all_of_an_earlier_one(store: TemplateStore) -> None:
    store.keep(SyncedTemplates(1, (LESSON, ALARM)))
    store.keep(SyncedTemplates(2, (ALARM,)))
    assert store.read() == SyncedTemplates(2, (ALARM,))


def test_an_account_has_room_for_all_that_wechat_allows(store: TemplateStore) -> None:
    """Fifty templates of five fields, each with thirty values."""
    enums = {f"enum_string{n}": tuple(f"取值{value:03}" for value in range(30)) for n in range(5)}
    many = tuple(
        Template(
            f"{n:043}", "题" * 20, "内" * 200, "例" * 200, is_long_term=True, keys=tuple(enums), enums=enums
        )
        for n in range(50)
    )
    store.keep(SyncedTemplates(1, many))
    assert store.read() == SyncedTemplates(1, many)
