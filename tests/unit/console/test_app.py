"""The function that serves the console's files."""

import base64
import gzip
import json
import re
from typing import Any

import pytest

from functions.console.app import HEADERS, NOT_FOUND, SITE, handler
from minipush.http.edge import problem_types

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; "
    "trusted-types lit-html"
)
FILES = sorted(file.relative_to(SITE).as_posix() for file in SITE.rglob("*") if file.is_file())


def get(path: str, *, method: str = "GET", **headers: str) -> dict[str, Any]:
    return handler(
        {
            "routeKey": f"{method} /console/{{path+}}",
            "rawPath": f"/console/{path}",
            "pathParameters": {"path": path},
            "headers": {name.replace("_", "-"): value for name, value in headers.items()},
            "requestContext": {"requestId": "of-the-request"},
        },
        None,
    )


def body(answer: dict[str, Any]) -> bytes:
    return base64.b64decode(answer["body"])


@pytest.mark.parametrize("path", FILES)
def test_every_file_is_served_as_it_is(path: str) -> None:
    plain, packed = get(path), get(path, accept_encoding="br, gzip, deflate")
    content = (SITE / path).read_bytes()
    assert (plain["statusCode"], body(plain)) == (200, content)
    assert (packed["headers"]["Content-Encoding"], gzip.decompress(body(packed))) == ("gzip", content)


def test_the_folder_is_its_page() -> None:
    assert body(get("")) == (SITE / "index.html").read_bytes()
    assert get("")["headers"]["Content-Type"] == "text/html; charset=utf-8"


def test_the_path_without_a_slash_leads_there() -> None:
    for method in ("GET", "HEAD"):
        answer = handler({"routeKey": f"{method} /console", "rawPath": "/console"}, None)
        assert (answer["statusCode"], answer["headers"]["Location"]) == (308, "/console/")


@pytest.mark.parametrize(
    "path",
    [
        "../app.py", "..", ".", "/etc/passwd", "//etc/passwd", "%2e%2e/app.py", "..%2fapp.py", "a\0.html", "\0", "index.html\0", "vendor",
        "vendor/", "vendor/../app.js", "./app.js", "APP.JS", "app.js/", "x" * 10_000, "\ud800", "\\..\\app.py", "app.py", "site/app.js", " ",
    ],
)  # fmt: skip
def test_what_is_no_file_of_the_console_is_404(path: str) -> None:
    answer = get(path)
    assert answer["statusCode"] == 404
    assert json.loads(answer["body"]) == NOT_FOUND
    assert answer["headers"]["X-Request-Id"] == "of-the-request"


def test_its_problem_is_the_apis() -> None:
    known = problem_types.NOT_FOUND
    assert (NOT_FOUND["type"], NOT_FOUND["title"], NOT_FOUND["status"]) == (
        known.url,
        known.title,
        known.status,
    )


@pytest.mark.parametrize("path", ["", "app.js", "vendor/lit-html.js", "missing"])
def test_every_answer_has_the_policy(path: str) -> None:
    headers = get(path)["headers"]
    assert headers["Content-Security-Policy"] == POLICY
    assert headers.items() >= HEADERS.items()
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize("sent", ["{}", 'W/"other", {}', '{}, "x"'])
def test_what_the_browser_has_is_not_sent_again(sent: str) -> None:
    etag = get("app.js")["headers"]["ETag"]
    answer = get("app.js", if_none_match=sent.format(etag), accept_encoding="gzip")
    assert (answer["statusCode"], answer["body"], answer["headers"]["ETag"]) == (304, "", etag)
    assert get("app.js", if_none_match='"another"')["statusCode"] == 200


@pytest.mark.parametrize("accepted", ["", "br", "gzip;q=0", "gzip; q=0.0, br", "identity", "xgzip"])
def test_who_takes_no_gzip_gets_none(accepted: str) -> None:
    answer = get("app.js", accept_encoding=accepted)
    assert "Content-Encoding" not in answer["headers"]
    assert body(answer) == (SITE / "app.js").read_bytes()


@pytest.mark.parametrize("event", [{}, {"headers": None}, {"pathParameters": None, "routeKey": None}])
def test_an_event_that_lacks_almost_everything_gets_the_page(event: dict[str, Any]) -> None:
    assert handler(event, None)["statusCode"] == 200


def test_the_function_imports_nothing_of_the_layer() -> None:
    assert not re.findall(
        r"^(?:from|import) minipush", (SITE.parent / "app.py").read_text(encoding="utf-8"), re.MULTILINE
    )
