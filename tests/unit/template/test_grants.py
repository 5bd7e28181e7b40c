"""Which function may reach what: the damage that one of them can do."""

import re
from typing import Any

import pytest
from support.template import FUNCTIONS, RESOURCES, TEMPLATE, statements

REDIS = {"If": ["HasRedis", {"Ref": "RedisSecret"}, {"Ref": "AWS::NoValue"}]}
OFFICIAL = {"If": ["HasOfficial", {"Ref": "OfficialSecret"}, {"Ref": "AWS::NoValue"}]}
CENTRE = {"If": ["MakesCentreSecret", {"Ref": "CentreSecret"}, {"Ref": "CentreSecretArn"}]}
SECRETS: dict[str, list[Any]] = {
    "CollectFunction": [{"Ref": "WeChatSecret"}, {"Ref": "AccessSecret"}],
    "WeChatCallbackFunction": [{"Ref": "CallbackSecret"}],
    "PushFunction": [{"Ref": "WeChatSecret"}, {"Ref": "AccessSecret"}, REDIS, OFFICIAL],
    "ConsoleFunction": [],
    "CampaignWorkerFunction": [{"Ref": "WeChatSecret"}, REDIS, OFFICIAL],
    "CampaignScheduleFunction": [{"Ref": "WeChatSecret"}, REDIS, OFFICIAL],
    "SweepFunction": [],
    "CentreFunction": [
        {"Ref": "WeChatSecret"},
        {"Ref": "AccessSecret"},
        CENTRE,
        {"Ref": "ChannelSecret"},
        REDIS,
        OFFICIAL,
    ],
    "OfficialCallbackFunction": [{"Ref": "OfficialSecret"}],
    "OfficialWorkerFunction": [{"Ref": "OfficialSecret"}, REDIS],
    "PushByKeyFunction": [],
    "BarkReminderFunction": [CENTRE, REDIS],
    "MailFeedbackFunction": [CENTRE],
    "EmailReminderFunction": [CENTRE, {"Ref": "ChannelSecret"}, REDIS],
    "SmsReminderFunction": [CENTRE, {"Ref": "ChannelSecret"}, REDIS],
    "WeChatReminderFunction": [CENTRE, {"Ref": "WeChatSecret"}, REDIS, OFFICIAL],
}
WRITES = re.compile(r"dynamodb:(Put|Update|Delete|BatchWrite|PartiQL(Insert|Update|Delete))")


def resources(function: str, action: str) -> list[Any]:
    """What the function may do `action` on; the action's beginning is enough."""
    found = []
    for statement in statements(FUNCTIONS[function]):
        actions = statement["Action"]
        if any(one.startswith(action) for one in ([actions] if isinstance(actions, str) else actions)):
            named = statement["Resource"]
            found += named if isinstance(named, list) else [named]
    return found


def written_tables(function: str) -> set[str]:
    return {
        table
        for statement in statements(FUNCTIONS[function])
        for table in re.findall(r"(Users|Campaigns|State|Audit|Centre)", str(statement["Resource"]))
        if WRITES.search(str(statement["Action"]))
    }


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_reads_only_the_secrets_that_it_needs(function: str) -> None:
    assert resources(function, "secretsmanager:") == SECRETS[function]


def test_the_function_of_mini_programs_writes_users_alone_and_reads_no_report() -> None:
    assert written_tables("CollectFunction") == {"Users", "State"}
    assert resources("CollectFunction", "s3:") == []
    assert "Campaigns" not in str(statements(FUNCTIONS["CollectFunction"]))


def test_followers_are_reached_only_where_there_is_an_official_account() -> None:
    always = {name: each for name, each in FUNCTIONS.items() if each.get("Condition") != "HasOfficial"}
    reach = [
        name
        for name, function in always.items()
        for policy in function["Properties"].get("Policies", [])
        for part in policy["Statement"]
        if "If" not in part and re.search("union#|follower#", str(part))
    ]
    assert reach == []


def test_the_callback_sends_nothing_and_starts_nothing() -> None:
    for action in ("sqs:", "events:", "scheduler:", "iam:", "dynamodb:Scan"):
        assert resources("WeChatCallbackFunction", action) == []


@pytest.mark.parametrize(
    ("function", "tells"),
    [("WeChatCallbackFunction", set()), ("OfficialWorkerFunction", {"dynamodb:PutItem"})],
)
def test_what_wechat_says_late_changes_only_what_users_have_in_the_centre(
    function: str, tells: set[str]
) -> None:
    """`tells`: that a channel is dead, in the user's inbox."""
    [statement] = [each for each in statements(FUNCTIONS[function]) if "Centre" in str(each["Resource"])]
    assert set(statement["Action"]) == {"dynamodb:GetItem", "dynamodb:Query", "dynamodb:UpdateItem"} | tells
    assert statement["Condition"] == {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["user#*"]}}


def test_the_console_may_do_nothing_but_serve_its_files() -> None:
    assert statements(FUNCTIONS["ConsoleFunction"]) == []


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_statement_has_one_purpose(function: str) -> None:
    """Four actions at most, and a plain name that no other statement of the function has."""
    named = [(part["Sid"], part["Action"]) for part in statements(FUNCTIONS[function])]
    assert [sid for sid, actions in named if isinstance(actions, list) and len(actions) > 4] == []
    assert len({sid for sid, _ in named}) == len(named)
    assert all(re.fullmatch(r"([A-Z][a-z]+)+", sid.replace("WeChats", "Wechats").replace("WeChat", "Wechat")) for sid, _ in named)  # fmt: skip


def test_no_function_may_change_a_secret() -> None:
    for function in FUNCTIONS:
        assert resources(function, "secretsmanager:") == resources(function, "secretsmanager:GetSecretValue")


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_reaches_only_its_own_items_of_the_state(function: str) -> None:
    for statement in statements(FUNCTIONS[function]):
        if statement["Action"] == "dynamodb:Scan":
            continue
        if "State" in str(statement["Resource"]):
            [keys] = statement["Condition"]["ForAllValues:StringLike"].values()
            assert keys
            assert all(re.fullmatch(r"[a-z]+(/\*)?#\*", key) for key in keys)


def test_who_reads_all_of_the_state_sees_keys_alone() -> None:
    scans = [
        statement
        for function in FUNCTIONS.values()
        for statement in statements(function)
        if statement["Action"] == "dynamodb:Scan" and "State" in str(statement["Resource"])
    ]
    [condition] = [scan["Condition"] for scan in scans]
    assert condition["ForAllValues:StringEquals"] == {"dynamodb:Attributes": ["id", "follows"]}
    assert condition["StringEquals"] == {"dynamodb:Select": "SPECIFIC_ATTRIBUTES"}


def test_no_secret_is_in_the_environment() -> None:
    globals_ = TEMPLATE["Globals"]["Function"]["Environment"]["Variables"]
    environments = [f["Properties"]["Environment"]["Variables"] for f in FUNCTIONS.values()]
    for variables in (globals_, *environments):
        assert not [name for name in variables if re.search("PASSWORD|TOKEN$|KEY$|SECRET$", name)]


@pytest.mark.parametrize(
    ("parameter", "value", "allowed"),
    [
        ("RedisUrl", "", True),
        ("RedisUrl", "rediss://cache.example:6379/0", True),
        ("RedisUrl", "rediss://user:password@cache.example:6379/0", False),
        ("RedisUrl", "redis://:password@cache.example", False),
        ("WeChatApiBase", "https://api.weixin.qq.com", True),
        ("WeChatApiBase", "https://proxy.example:8443", True),
        ("WeChatApiBase", "http://127.0.0.1:8800", True),
        ("WeChatApiBase", "http://localhost", True),
        ("WeChatApiBase", "http://api.weixin.qq.com", False),
        ("WeChatApiBase", "http://127.0.0.1.example", False),
        ("WeChatApiBase", "http://127.0.0.1@proxy.example", False),
        ("WeChatApiBase", "https://proxy.example/path", False),
    ],
)
def test_an_address_holds_no_password_and_wechats_is_encrypted(
    parameter: str, value: str, allowed: bool
) -> None:
    pattern = TEMPLATE["Parameters"][parameter]["AllowedPattern"]
    assert bool(re.search(pattern, value)) is allowed


def test_the_secret_of_a_redis_exists_only_with_one() -> None:
    assert RESOURCES["RedisSecret"]["Condition"] == "HasRedis"
