"""docs/architecture.md shows the package as it is."""

import re

import grimp

from local.processes import ROOT

PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")


def drawn() -> set[tuple[str, str]]:
    [drawing] = re.findall(r"^```mermaid\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    return set(re.findall(r"^  (\w+) --> (\w+)$", drawing, re.MULTILINE))


def room(module: str) -> str:
    return module.split(".")[1]


def imported() -> set[tuple[str, str]]:
    """The arrows between rooms, from the graph that import-linter checks."""
    graph = grimp.build_graph("minipush", cache_dir=None)
    inner = [module for module in graph.modules if "." in module]
    arrows = {
        (room(module), room(target))
        for module in inner
        for target in graph.find_modules_directly_imported_by(module)
        if "." in target
    }
    return {(source, target) for source, target in arrows if source != target}


def test_the_drawing_has_the_arrows_of_the_package() -> None:
    assert {arrow for arrow in drawn() if arrow[0] != "functions"} == imported()


def test_the_drawing_has_the_arrows_of_the_handlers() -> None:
    handlers = [path.read_text(encoding="utf-8") for path in (ROOT / "functions").rglob("*.py")]
    rooms = {name for text in handlers for name in re.findall(r"from minipush\.(\w+)", text)}
    assert {target for source, target in drawn() if source == "functions"} == rooms
