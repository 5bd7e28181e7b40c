"""How the demo finds a worker on a Mac, by the output of ps."""

from local.demo.workers import listed

PS = """    1 /sbin/launchd
  512 /repo/.venv/bin/python -m worker AWS_LAMBDA_FUNCTION_NAME=Push AWS_ENDPOINT_URL=http://127.0.0.1:4566 LC_ALL=C
12345 (python)
"""


def test_each_process_has_its_variables() -> None:
    found = dict(listed(PS))
    assert list(found) == [1, 512, 12345]
    assert {"AWS_LAMBDA_FUNCTION_NAME=Push", "AWS_ENDPOINT_URL=http://127.0.0.1:4566"} <= found[512]
    assert found[12345] == {"(python)"}
