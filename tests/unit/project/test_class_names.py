"""Each class of minipush has a name of its own, so that a name says which one is meant."""

import ast
from collections import defaultdict
from pathlib import Path

PACKAGE = Path(__file__).parents[3] / "layers" / "common" / "minipush"
# The WeChat client stands alone, and knows no other word for what WeChat calls so.
STANDS_ALONE = "wechat"


def public_classes(path: Path) -> list[str]:
    body = ast.parse(path.read_text(encoding="utf-8")).body
    return [node.name for node in body if isinstance(node, ast.ClassDef) and not node.name.startswith("_")]


def test_no_class_name_stands_twice() -> None:
    homes: defaultdict[str, list[str]] = defaultdict(list)
    for path in sorted(PACKAGE.rglob("*.py")):
        place = path.relative_to(PACKAGE)
        if place.parts[0] != STANDS_ALONE:
            for name in public_classes(path):
                homes[name].append(str(place))
    assert len(homes) > 500
    assert {name: places for name, places in homes.items() if len(places) > 1} == {}
