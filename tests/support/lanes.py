"""Which tests run one after the other, and which side by side.

End-to-end tests mostly wait. They run in lanes: a lane belongs to one worker, and its tests share that worker's
stack. Whatever kills processes or arms faults for all users is so kept from tests that other workers run. Each
file that is in no lane is a unit of its own, and goes to a worker that is free.
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
PLACES = {file: (lane, place) for lane, files in enumerate(LANES) for place, file in enumerate(files)}
LAST = (len(LANES), 0)


def place(nodeid: str) -> tuple[int, int]:
    """The lane of a test and its file's place in it. Lanes start before other files, as they take longest."""
    return PLACES.get(_file(nodeid), LAST)


class LaneScheduling(LoadScopeScheduling):
    """Gives each worker whole lanes and whole files, in the order of collection."""

    def _split_scope(self, nodeid: str) -> str:
        file = _file(nodeid)
        return f"lane {PLACES[file][0]}" if file in PLACES else file


def _file(nodeid: str) -> str:
    return nodeid.partition("::")[0]
