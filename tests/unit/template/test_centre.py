"""The message centre in the template: all of it is there with MessageCentre=on, and nothing without."""

import re
from typing import Any

import pytest
from support.template import FUNCTIONS, RESOURCES, TEMPLATE, of_type

# The last two also say whether the stack makes its own: test_adoption.py.
CONDITIONS = ("HasCentre", "HasMailFeedback", "MakesCentre", "MakesCentreSecret")
CENTRE = {name for name, resource in RESOURCES.items() if resource.get("Condition") in CONDITIONS}
KINDS = ("Bark", "Email", "Sms", "WeChat")
REMINDERS = [f"{kind}ReminderFunction" for kind in KINDS]


def referred(part: object) -> set[str]:
    """The resources that a part of the template names."""
    return {name for name in RESOURCES if re.search(rf"'(Ref|GetAtt)': '{name}(\.\w+)?'", str(part))}


def unconditional(part: Any) -> Any:
    """What is left of a part of the template without the message centre."""
    if isinstance(part, dict):
        condition, _then, otherwise = part.get("If", (None, None, None))
        is_left_out = condition in ("HasCentre", "HasMailFeedback") and otherwise == {"Ref": "AWS::NoValue"}
        return None if is_left_out else {name: unconditional(each) for name, each in part.items()}
    return [unconditional(each) for each in part] if isinstance(part, list) else part


def test_it_is_off_unless_it_is_switched_on() -> None:
    assert TEMPLATE["Parameters"]["MessageCentre"]["Default"] == "off"
    assert TEMPLATE["Conditions"]["HasCentre"] == {"Equals": [{"Ref": "MessageCentre"}, "on"]}


def test_everything_that_names_it_is_conditional() -> None:
    named = re.compile("Centre|Reminder|PushByKey|ChannelSecret|Mail")
    assert {name for name in RESOURCES if named.search(name)} == CENTRE


def test_nothing_else_refers_to_it() -> None:
    """The worker of campaigns runs the broadcasts of apps, WeChat says late what became of reminders, operators see all
    dead letters, and saved queries look at all logs.
    """
    others = {name: unconditional(part) for name, part in RESOURCES.items() if name not in CENTRE}
    assert [name for name, part in others.items() if referred(part) & CENTRE] == []
    conditional = [name for name in others if referred(RESOURCES[name]) & CENTRE]
    functions = {"CampaignWorkerFunction", "OfficialWorkerFunction", "PushFunction", "WeChatCallbackFunction"}
    assert set(conditional) == {*functions, *of_type("AWS::Logs::QueryDefinition")} - CENTRE
    assert referred(TEMPLATE["Globals"]) & CENTRE == set()
    outputs = [part for part in TEMPLATE["Outputs"].values() if referred(part) & CENTRE]
    assert all(part["Condition"] == "HasCentre" for part in outputs)


def test_ses_tells_of_the_mails_of_the_functions_that_send_them() -> None:
    condition = TEMPLATE["Conditions"]["HasMailFeedback"]["And"]
    has_a_set = {"Not": [{"Equals": [{"Ref": "MailConfigurationSet"}, ""]}]}
    assert condition == [
        {"Condition": "HasCentre"},
        {"Equals": [{"Ref": "MailProvider"}, "ses"]},
        has_a_set,
    ]
    named = {"If": ["HasMailFeedback", {"Ref": "MailConfigurationSet"}, ""]}
    senders = {
        name
        for name, function in FUNCTIONS.items()
        if "ses:SendEmail" in str(function["Properties"].get("Policies"))
    }
    for name in senders:
        variables = FUNCTIONS[name]["Properties"]["Environment"]["Variables"]
        assert variables["MAIL_CONFIGURATION_SET"] == named
    assert senders == {"CentreFunction", "EmailReminderFunction"}
    [event] = FUNCTIONS["MailFeedbackFunction"]["Properties"]["Events"].values()
    tags = event["Properties"]["Pattern"]["detail"]["mail"]["tags"]
    assert tags == {"ses:configuration-set": [{"Ref": "MailConfigurationSet"}]}


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_of_reminder_has_a_queue_dead_letters_and_an_alarm_of_its_own(kind: str) -> None:
    queue = RESOURCES[f"{kind}Reminders"]["Properties"]
    function = FUNCTIONS[f"{kind}ReminderFunction"]["Properties"]
    dead_letters = f"{kind}ReminderDeadLetters"
    assert queue["RedrivePolicy"]["deadLetterTargetArn"] == {"GetAtt": f"{dead_letters}.Arn"}
    assert queue["VisibilityTimeout"] >= 6 * function["Timeout"]
    [event] = function["Events"].values()
    assert event["Properties"]["Queue"] == {"GetAtt": f"{kind}Reminders.Arn"}
    assert event["Properties"]["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    [dimension] = RESOURCES[f"{dead_letters}Alarm"]["Properties"]["Dimensions"]
    assert dimension["Value"] == {"GetAtt": f"{dead_letters}.QueueName"}


def test_the_functions_of_reminders_have_no_route() -> None:
    events = [event for name in REMINDERS for event in FUNCTIONS[name]["Properties"]["Events"].values()]
    assert {event["Type"] for event in events} == {"SQS"}


@pytest.mark.parametrize("name", sorted(name for name in CENTRE if name in FUNCTIONS))
def test_each_function_knows_the_table(name: str) -> None:
    variables = FUNCTIONS[name]["Properties"]["Environment"]["Variables"]
    assert variables["CENTRE_TABLE"]["If"][1] == {"Ref": "Centre"}


@pytest.mark.parametrize(
    ("parameter", "value", "allowed"),
    [
        ("BarkHosts", "", True),
        ("BarkHosts", "*", True),
        ("BarkHosts", "https://bark.example,https://push.example:8443", True),
        ("BarkHosts", "bark.example", False),
        ("BarkHosts", "https://user:password@bark.example", False),
        ("PublicUrl", "https://push.example", True),
        ("PublicUrl", "https://push.example/v1", False),
        ("MailFrom", "push@example.com", True),
        ("MailFrom", "nobody", False),
        ("SmsSignName", "某某科技", True),
    ],
)
def test_a_parameter_takes_what_it_is_for(parameter: str, value: str, allowed: bool) -> None:
    assert bool(re.search(TEMPLATE["Parameters"][parameter]["AllowedPattern"], value)) is allowed
