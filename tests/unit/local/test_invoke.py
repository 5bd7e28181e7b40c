"""What `make invoke` prints of a function's answer."""

import pytest

from local.invoke import printed


@pytest.mark.parametrize(
    ("payload", "text"),
    [
        (b'{"name": "\\u5b57 \\ud83d\\ude00"}', '{"name": "字 😀"}'),
        ('{"name": "字"}'.encode(), '{"name": "字"}'),
        (b'{"half": "\\ud83d"}', '{"half": "?"}'),
        (b"null", "null"),
        (b"not JSON", "not JSON"),
    ],
)
def test_an_answer_is_printed_in_utf_8(payload: bytes, text: str) -> None:
    assert printed(payload) == text
