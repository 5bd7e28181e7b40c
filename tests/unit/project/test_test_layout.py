"""Tests are ordered by level, and what two test modules share is in tests/support."""

import ast
from functools import cache
from pathlib import Path

from support.lanes import LANES, ORDER

ROOT = Path(__file__).parents[2]
LEVELS = {"unit", "contract", "integration", "chaos", "e2e"}
# They start processes or servers.
NOT_FOR_UNIT_TESTS = {
    "local.stack.emulator",
    "support.deployment",
    "support.redis_server",
    "support.running",
    "support.simulator_process",
}


@cache
def imports() -> dict[Path, set[str]]:
    """What each file under tests imports: `a.b` and `a.b.c` for `from a.b import c`."""
    return {path.relative_to(ROOT): imported(path) for path in sorted(ROOT.rglob("*.py"))}


def imported(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names


def is_of_tests(name: str) -> bool:
    return name.split(".", maxsplit=1)[0] in LEVELS | {"support", "conftest"}


def is_test_module(name: str) -> bool:
    return any(part == "conftest" or part.startswith("test_") for part in name.split("."))


def test_a_test_module_is_imported_by_nobody() -> None:
    found = [(module, name) for module, names in imports().items() for name in names if is_of_tests(name)]
    assert len(found) > 100
    assert [(str(module), name) for module, name in found if is_test_module(name)] == []


def test_a_level_imports_its_own_modules_and_support_alone() -> None:
    levels = [(module, module.parts[0], names) for module, names in imports().items()]
    others = [
        (str(module), name)
        for module, level, names in levels
        for name in names
        if is_of_tests(name) and name.split(".")[0] not in {level, "support"}
    ]
    assert others == []


def test_a_unit_test_starts_no_server() -> None:
    unit = {str(module): names for module, names in imports().items() if module.parts[0] == "unit"}
    assert {
        module: names & NOT_FOR_UNIT_TESTS for module, names in unit.items() if names & NOT_FOR_UNIT_TESTS
    } == {}


def test_each_test_is_in_the_folder_of_a_level() -> None:
    tests = [module for module in imports() if module.name.startswith("test_")]
    assert [str(test) for test in tests if test.parts[0] not in LEVELS] == []


def test_the_files_that_are_put_in_order_exist() -> None:
    assert [file for file in ORDER if not (ROOT.parent / file).exists()] == []


def test_each_file_that_uses_the_shared_stack_is_in_a_lane() -> None:
    lanes = {file for lane in LANES for file in lane}
    using = {
        str(path.relative_to(ROOT.parent))
        for path in (ROOT / "e2e").rglob("test_*.py")
        if "stack: MakeRun" in path.read_text(encoding="utf-8")
    }
    assert using
    assert using <= lanes
