from support.http_app import NOW, HttpApp

from minipush.domain.tag_counts import TagCounts, TagMeasure
from minipush.domain.timestamps import iso


def test_there_are_no_tags_before_the_first_sweep(app: HttpApp) -> None:
    assert app.ask("GET /tags").json == {"items": [], "measured_at": None, "is_complete": True}


def test_tags_are_listed_with_their_users_as_the_sweep_counted_them(app: HttpApp) -> None:
    app.store.tag_measure = TagMeasure(NOW, TagCounts({"trial": 1, "贵宾": 2}, is_complete=False))
    assert app.ask("GET /tags").json == {
        "items": [{"tag": "贵宾", "users": 2}, {"tag": "trial", "users": 1}],
        "measured_at": iso(NOW),
        "is_complete": False,
    }
