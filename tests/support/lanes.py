"""Which tests run one after the other, and which side by side.

End-to-end tests spend most of their time waiting. They run in lanes: one worker runs a whole lane, and the tests of
the lane share that worker's stack. A test that kills processes or arms faults for all users disturbs no other
worker's tests. A file that is in no lane goes to any free worker.
"""

from xdist.scheduler import LoadScopeScheduling

LANES = (
    # Sends under faults, and generated requests.
    (
        "tests/e2e/test_faults.py",
        "tests/e2e/test_pushes.py",
        "tests/e2e/test_sending.py",
        "tests/e2e/test_fuzz.py",
    ),
    # What users and back ends do. The prompts come early: they wait for a minute if somebody asked before.
    (
        "tests/e2e/test_campaigns.py",
        "tests/e2e/test_delivery_failures.py",
        "tests/e2e/test_text_checks.py",
        "tests/e2e/test_prompts.py",
        "tests/e2e/test_callback.py",
        "tests/e2e/test_contract_http.py",
        "tests/e2e/test_readme.py",
        # It syncs the templates: afterwards, accepts of others are refused.
        "tests/e2e/test_cli.py",
        "tests/e2e/test_cli_pages.py",
        "tests/e2e/test_guide_pages.py",
        "tests/e2e/test_api_pages.py",
    ),
    # The console, in one browser.
    (
        "tests/e2e/console/test_looks.py",
        "tests/e2e/console/test_composing.py",
        "tests/e2e/console/test_operating.py",
        "tests/e2e/console/test_access.py",
    ),
    # The message centre and the official account, on a stack that has them. The first one makes an operator's key,
    # which functions that run already would see later; the one before the last switches a callback off. Generated
    # requests come last: they start syncs of followers.
    (
        "tests/e2e/test_moderation.py",
        "tests/e2e/test_reminders.py",
        "tests/e2e/test_centre_pages.py",
        "tests/e2e/console/test_centre.py",
        "tests/e2e/console/test_centre_lists.py",
        "tests/e2e/console/test_sessions_end.py",
        "tests/e2e/console/test_faults_in_chinese.py",
        "tests/e2e/console/test_official.py",
        "tests/e2e/test_bindings.py",
        "tests/e2e/test_centre_pushes.py",
        "tests/e2e/test_centre_broadcasts.py",
        "tests/e2e/test_centre_requests.py",
        "tests/e2e/test_wechat_reminders.py",
        "tests/e2e/test_official_account.py",
        "tests/e2e/test_centre_fuzz.py",
    ),
    # The emulator's queues, schedules and gateway. What waits for slow campaigns comes first.
    (
        "tests/e2e/test_slow_campaigns.py",
        "tests/e2e/stack/test_queues.py",
        "tests/e2e/stack/test_front.py",
        "tests/e2e/stack/test_schedules.py",
        "tests/e2e/stack/test_invoke.py",
        "tests/e2e/stack/test_events.py",
    ),
)
# xdist gives each worker two units at the start. Short ones are second, so that nothing long waits behind a lane.
SHORT = (
    ("tests/contract/test_templates.py",),
    ("tests/contract/test_subscription_targets.py",),
    ("tests/contract/test_text_check_cache.py",),
)
LONG = (
    ("tests/chaos/test_chaos.py",),
    ("tests/chaos/test_reminder_kills.py",),
    ("tests/chaos/test_broadcast_kills.py",),
    ("tests/e2e/stack/test_run.py",),
    ("tests/e2e/test_demo.py",),
    ("tests/e2e/test_mini_program.py",),
    ("tests/integration/miniprogram/test_kit.py",),
    ("tests/e2e/stack/test_layer.py",),
    ("tests/e2e/stack/test_cold_start.py",),
    ("tests/e2e/bench/test_bench.py",),
)
UNITS = (*LANES, *SHORT, *LONG)
ORDER = {file: (unit, position) for unit, files in enumerate(UNITS) for position, file in enumerate(files)}
LAST = (len(UNITS), 0)


def sort_key(nodeid: str) -> tuple[int, int]:
    """The number of the test's unit and the position of its file there. All other files come last."""
    return ORDER.get(_file(nodeid), LAST)


class LaneScheduling(LoadScopeScheduling):  # type: ignore[misc]  # xdist has no types
    """Gives each worker whole units and whole files, in the order of collection."""

    def _split_scope(self, nodeid: str) -> str:
        file = _file(nodeid)
        return f"unit {ORDER[file][0]}" if file in ORDER else file


def _file(nodeid: str) -> str:
    return nodeid.partition("::")[0]
