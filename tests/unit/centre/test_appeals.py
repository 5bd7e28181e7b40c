"""What an app sees of its sanctions, and its way out, over HTTP."""

from typing import Any

import pytest
from support.http_app import KEY, Answer, HttpApp, hashed
from support.sample_apps import APPID, SECRET
from support.sample_apps import app as sample_app

APPEAL = "POST /centre/app/appeals"
DECIDE = "POST /centre/appeals/{appeal_id}/decision"
# After that, every process knows of a ban.
KNOWN_MS = 10_000
SECOND = "mp_second"


@pytest.fixture(autouse=True)
def shop(app: HttpApp) -> None:
    app.apps.add(sample_app(), SECRET)
    app.secret["operator_keys"].append({"name": "second", "scopes": ["moderate"], "hash": hashed(SECOND)})


def own(app: HttpApp) -> dict[str, Any]:
    answer = app.ask("GET /centre/app", token=SECRET)
    assert answer.status == 200
    return dict(answer.json)


def banned(app: HttpApp) -> str:
    """The id of the sanction. The app has been seen before, so that processes remember it."""
    assert app.ask("POST /centre/app/secret", token=SECRET).status == 201
    body = {"kind": "ban", "rule": "spam", "note": "seen by anna"}
    answer = app.ask("POST /centre/apps/{appid}/sanctions", body, path={"appid": APPID})
    assert answer.status == 201
    app.now += KNOWN_MS
    return str(answer.json["id"])


def appeal(app: HttpApp, id_: str) -> Answer:
    return app.ask(APPEAL, {"sanction_id": id_, "text": "we did not"}, token=SECRET)


def decide(app: HttpApp, id_: str, verdict: str, key: str = SECOND) -> Answer:
    return app.ask(DECIDE, {"verdict": verdict, "note": "n"}, token=key, path={"appeal_id": id_})


def test_an_app_without_sanctions_is_active(app: HttpApp) -> None:
    assert own(app) == {"appid": APPID, "name": "某某商城", "status": "active", "points": [], "sanctions": []}


def test_within_ten_seconds_a_banned_app_has_two_routes_left(app: HttpApp) -> None:
    id_ = banned(app)
    refused = app.ask("POST /centre/app/secret", token=SECRET)
    assert (refused.status, refused.json["type"].rpartition("#")[2]) == (403, "app-banned")
    assert own(app)["status"] == "banned"
    assert appeal(app, id_).status == 201


def test_an_app_sees_its_sanctions_and_not_what_operators_wrote(app: HttpApp) -> None:
    id_ = banned(app)
    [sanction] = own(app)["sanctions"]
    assert sanction.pop("at")
    assert sanction == {"id": id_, "kind": "ban", "until": None, "rule": "spam"}


def test_a_won_appeal_lets_the_app_push_again(app: HttpApp) -> None:
    id_ = banned(app)
    assert appeal(app, id_).json == {"id": id_}
    answer = decide(app, id_, "upheld")
    assert (answer.status, answer.json["status"], answer.json["by"]) == (200, "upheld", "second")
    app.now += KNOWN_MS
    assert own(app)["sanctions"] == []
    assert app.ask("POST /centre/app/secret", token=SECRET).status == 201


def test_an_appeal_that_waits_is_listed_and_shown(app: HttpApp) -> None:
    id_ = banned(app)
    appeal(app, id_)
    [waiting] = app.ask("GET /centre/appeals", query={"status": "open"}).json["items"]
    assert (waiting["id"], waiting["text"], waiting["sanction"]["by"]) == (id_, "we did not", "backend")
    assert own(app)["sanctions"][0]["appeal"] == "open"
    decide(app, id_, "rejected")
    assert app.ask("GET /centre/appeals", query={"status": "open"}).json["items"] == []
    assert own(app)["sanctions"][0]["appeal"] == "rejected"


def test_the_key_that_imposed_a_sanction_gets_403(app: HttpApp) -> None:
    id_ = banned(app)
    appeal(app, id_)
    answer = decide(app, id_, "rejected", KEY)
    assert (answer.status, answer.json["type"].rpartition("#")[2]) == (403, "own-decision")
    assert decide(app, id_, "rejected").status == 200


def test_an_appeal_is_decided_once(app: HttpApp) -> None:
    id_ = banned(app)
    appeal(app, id_)
    assert decide(app, id_, "rejected").status == 200
    assert decide(app, id_, "upheld").status == 409
    assert own(app)["status"] == "banned"


def test_a_second_appeal_is_409(app: HttpApp) -> None:
    id_ = banned(app)
    assert [appeal(app, id_).status for _ in range(2)] == [201, 409]


def test_another_apps_sanction_is_404(app: HttpApp) -> None:
    banned(app)
    app.apps.add(sample_app(appid="wx-other"), "mpa_" + "o" * 40)
    id_ = own(app)["sanctions"][0]["id"]
    body = {"sanction_id": id_, "text": "mine"}
    assert app.ask(APPEAL, body, token="mpa_" + "o" * 40).status == 404


def test_an_operator_sees_the_points_and_sanctions_of_an_app(app: HttpApp) -> None:
    id_ = banned(app)
    answer = app.ask("GET /centre/apps/{appid}", token="mp_reader", path={"appid": APPID})
    assert (answer.json["status"], answer.json["sanctions"][0]["id"]) == ("banned", id_)


def test_a_user_who_consents_sees_nothing_of_that_but_the_status(app: HttpApp) -> None:
    banned(app)
    answer = app.ask("GET /centre/apps/{appid}", token=app.user, path={"appid": APPID})
    assert answer.json["status"] == "banned"
    assert "sanctions" not in answer.json


def test_the_record_of_an_unknown_app_is_404(app: HttpApp) -> None:
    answer = app.ask("GET /centre/apps/{appid}/record", path={"appid": "wx-none"})
    assert (answer.status, answer.json["type"].rpartition("#")[2]) == (404, "unknown-app")


@pytest.mark.parametrize("method", ["PUT", "PATCH", "POST", "DELETE"])
def test_no_method_changes_the_record(app: HttpApp, method: str) -> None:
    answer = app.ask(f"{method} /centre/apps/{{appid}}/record", {}, path={"appid": APPID})
    assert answer.status in {404, 405}
