"""network.yaml: a network whose calls come from an address that stays."""

import re
from typing import Any

import pytest
import yaml
from support.template import ROOT, TEMPLATE, Loader

NETWORK: dict[str, Any] = yaml.load((ROOT / "network.yaml").read_text(encoding="utf-8"), Loader)
RESOURCES: dict[str, dict[str, Any]] = NETWORK["Resources"]


def properties(name: str) -> dict[str, Any]:
    found: dict[str, Any] = RESOURCES[name]["Properties"]
    return found


@pytest.mark.parametrize("zone", [1, 2])
def test_the_functions_calls_leave_by_the_address_of_their_zone(zone: int) -> None:
    association = properties(f"PrivateSubnet{zone}Routes")
    assert association["SubnetId"] == {"Ref": f"PrivateSubnet{zone}"}
    route = properties(f"PrivateRoute{zone}")
    assert route["RouteTableId"] == association["RouteTableId"]
    assert (route["DestinationCidrBlock"], route["NatGatewayId"]) == (
        "0.0.0.0/0",
        {"Ref": f"NatGateway{zone}"},
    )
    gateway = properties(f"NatGateway{zone}")
    assert f"Address{zone}.AllocationId" in str(gateway["AllocationId"])
    zones = {str(properties(f"{kind}Subnet{zone}")["AvailabilityZone"]) for kind in ("Public", "Private")}
    assert len(zones) == 1


@pytest.mark.parametrize("zone", [1, 2])
def test_an_address_that_wechat_knows_outlives_the_stack(zone: int) -> None:
    address = RESOURCES[f"Address{zone}"]
    assert (address["DeletionPolicy"], address["UpdateReplacePolicy"]) == ("Retain", "Retain")


def test_a_gateway_has_a_way_to_the_internet() -> None:
    assert properties("PublicRoute")["GatewayId"] == {"Ref": "InternetGateway"}
    for zone in (1, 2):
        assert properties(f"PublicSubnet{zone}Routes")["RouteTableId"] == {"Ref": "PublicRoutes"}
        assert properties(f"NatGateway{zone}")["SubnetId"] == {"Ref": f"PublicSubnet{zone}"}


def test_the_subnets_share_the_range_without_overlap() -> None:
    subnets = [
        part["Properties"]["CidrBlock"]["Select"]
        for part in RESOURCES.values()
        if part["Type"] == "AWS::EC2::Subnet"
    ]
    parts = {str(each[1]) for each in subnets}
    assert parts == {str({"Cidr": [{"Ref": "Cidr"}, 4, 6]})}
    assert sorted(each[0] for each in subnets) == [0, 1, 2, 3]


def test_tables_and_reports_are_reached_without_the_gateway() -> None:
    for name, service in (("DynamoDbEndpoint", "dynamodb"), ("S3Endpoint", "s3")):
        endpoint = properties(name)
        assert endpoint["VpcEndpointType"] == "Gateway"
        assert endpoint["ServiceName"] == {"Sub": f"com.amazonaws.${{AWS::Region}}.{service}"}
        assert {"Ref": "PrivateRoutes1"} in endpoint["RouteTableIds"]


def test_nothing_may_call_the_functions() -> None:
    group = properties("FunctionsGroup")
    assert "SecurityGroupIngress" not in group
    assert all(rule["CidrIp"] in ("0.0.0.0/0", {"Ref": "Cidr"}) for rule in group["SecurityGroupEgress"])


def test_the_outputs_are_the_parameters_of_minipush() -> None:
    wanted = {"VpcSubnetIds", "VpcSecurityGroupIds"}
    assert wanted <= NETWORK["Outputs"].keys()
    assert wanted <= TEMPLATE["Parameters"].keys()


@pytest.mark.parametrize("page", ["fixed-address.md", "fixed-address.zh-CN.md"])
def test_each_parameter_is_documented_with_its_default(page: str) -> None:
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `(\w+)` \| (.+?) \|", text, re.MULTILINE))
    defaults = {name: str(part["Default"]) for name, part in NETWORK["Parameters"].items()}
    empty = "空" if "zh" in page else "empty"
    assert rows == {name: f"`{default}`" if default else empty for name, default in defaults.items()}


@pytest.mark.parametrize("name", NETWORK["Parameters"])
def test_every_parameter_says_what_it_is_and_what_it_may_be(name: str) -> None:
    parameter = NETWORK["Parameters"][name]
    assert parameter["Description"].endswith(".")
    assert {"AllowedValues", "AllowedPattern", "MinValue"} & parameter.keys()
