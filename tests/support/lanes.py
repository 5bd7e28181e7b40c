"""Which tests run one after the other, and which side by side.

End-to-end tests spend most of their time waiting. They run in lanes: one worker runs a whole lane, and the tests of
the lane share that worker's stack. A test that kills processes or arms faults for all users disturbs no other
worker's tests. A file that is in no lane goes to any free worker.
"""

from xdist.scheduler import LoadScopeScheduling

LANES = (
    ("tests/e2e/test_faults.py", "tests/e2e/test_pushes.py", "tests/e2e/test_fuzz.py"),
    (
        "tests/e2e/test_campaigns.py",
        "tests/e2e/test_delivery_failures.py",
        "tests/e2e/test_text_checks.py",
        "tests/e2e/test_prompts.py",
        "tests/e2e/test_callback.py",
        "tests/e2e/test_contract_http.py",
        "tests/e2e/test_readme.py",
        "tests/e2e/test_demo.py",
    ),
    (
        "tests/e2e/stack/test_queues.py",
        "tests/e2e/stack/test_front.py",
        "tests/e2e/stack/test_invoke.py",
        "tests/e2e/stack/test_events.py",
        "tests/e2e/stack/test_schedules.py",
        "tests/e2e/stack/test_run.py",
        "tests/e2e/stack/test_layer.py",
    ),
    ("tests/chaos/test_chaos.py", "tests/e2e/bench/test_bench.py"),
)
ORDER = {file: (lane, position) for lane, files in enumerate(LANES) for position, file in enumerate(files)}
LAST = (len(LANES), 0)


def sort_key(nodeid: str) -> tuple[int, int]:
    """The lane of a test and its file's position in it. Lanes come before other files, as they take longest."""
    return ORDER.get(_file(nodeid), LAST)


class LaneScheduling(LoadScopeScheduling):  # type: ignore[misc]  # xdist has no types
    """Gives each worker whole lanes and whole files, in the order of collection."""

    def _split_scope(self, nodeid: str) -> str:
        file = _file(nodeid)
        return f"lane {ORDER[file][0]}" if file in ORDER else file


def _file(nodeid: str) -> str:
    return nodeid.partition("::")[0]
