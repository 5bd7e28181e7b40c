"""Complaints, points, sanctions and record lines as items of the Centre table.

    pk                    sk                      item
    app#<appid>           !moderation             version, hold_until, reviews: see ModeratedApp
                          !meta                   has strong_off_until, banned_until and hold_until beside what the
                                                  app is: 0, or until when
                          x#<number>              a complaint, by the number of its id
                          p#<number>              the points of a complaint
                          s#<number>              a sanction, with its appeal
                          r#<ms>#<version>#<n>    a line of the record; never changed, never deleted
                          c#<reviews>#<hour>      count: users who complained in that hour
                          u#<user>                when a user was last counted there
                          t#<day>                 count: texts that WeChat found risky
    complaints#<status>   <complaint id>          lists for operators
    appeals#<status>      <sanction id>
    complainer#<user>     <ms>#<complaint id>     a complaint of the user was rejected
    user#<openid>         X!                      complainer: what stands for the user in complaints
                          X#<message id>#<text>   complaint_id; <text>: the beginning of the text's hash

`value` has the object in JSON. Instants are in ms; `ttl`, for DynamoDB, in seconds.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from minipush.adapters.dynamodb.centre.keys import Key, key
from minipush.adapters.dynamodb.ttl import ttl_seconds
from minipush.domain.centre.cases import CaseId
from minipush.domain.centre.complaints import CaseDecision, CaseVerdict, Complaint
from minipush.domain.centre.inbox import Content
from minipush.domain.centre.points import ComplaintCategory, Grievance, PointSet
from minipush.domain.centre.record import RecordedAct, RecordLine
from minipush.domain.centre.sanctions import Appeal, Lift, Sanction, SanctionKind
from minipush.domain.timestamps import DAY_MS

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

# Longer than points are live: an appeal asks what the total was when a sanction was imposed.
KEPT_MS = 400 * DAY_MS
MODERATION, META = "!moderation", "!meta"
COMPLAINT, POINTS, SANCTION, RECORD = "x#", "p#", "s#", "r#"

type Item = Mapping[str, Mapping[str, Any]]


def app_key(appid: str, sk: str) -> Key:
    return key(f"app#{appid}", sk)


def number(value: int) -> dict[str, str]:
    return {"N": str(value)}


def complaint_key(id_: CaseId) -> Key:
    return app_key(id_.appid, f"{COMPLAINT}{id_.number}")


def complaint_item(complaint: Complaint) -> dict[str, Any]:
    return {**complaint_key(complaint.id), **_value(complaint), **kept(complaint.at + KEPT_MS)}


def read_complaint(item: Item) -> Complaint:
    fields = _fields(item)
    upheld_as = fields.get("upheld_as")
    return Complaint(
        **fields
        | {
            "id": _case_id(fields["id"]),
            "content": Content(**fields["content"]),
            "category": ComplaintCategory(fields["category"]),
            "text": fields.get("text"),
            "decision": _decision(fields.get("decision")),
            "upheld_as": ComplaintCategory(upheld_as) if upheld_as else None,
        }
    )


def points_item(appid: str, points: PointSet) -> dict[str, Any]:
    sk = POINTS + points.complaint_id.partition("-")[0]
    return {**app_key(appid, sk), **_value(points), **kept(points.at + KEPT_MS)}


def read_points(item: Item) -> PointSet:
    fields = _fields(item)
    return PointSet(**fields | {"grievance": Grievance(**fields["grievance"])})


def sanction_key(id_: CaseId) -> Key:
    return app_key(id_.appid, f"{SANCTION}{id_.number}")


def sanction_item(sanction: Sanction) -> dict[str, Any]:
    return {**sanction_key(sanction.id), **_value(sanction), **sanction_ttl(sanction)}


def sanction_ttl(sanction: Sanction) -> dict[str, Any]:
    return {} if sanction.is_for_good else kept(max(sanction.until, sanction.at) + KEPT_MS)


def read_sanction(item: Item) -> Sanction:
    fields = _fields(item)
    lifted, appeal = fields.get("lift"), fields.get("appeal")
    return Sanction(
        **fields
        | {
            "id": _case_id(fields["id"]),
            "kind": SanctionKind(fields["kind"]),
            "lift": Lift(**lifted) if lifted else None,
            "appeal": _appeal(appeal) if appeal else None,
        }
    )


def line_item(appid: str, line: RecordLine, version: int, place: int) -> dict[str, Any]:
    """`version` and `place` tell lines of one instant apart."""
    return {**app_key(appid, f"{RECORD}{line.at:013}#{version:08}#{place:02}"), **_value(line)}


def read_line(item: Item) -> RecordLine:
    fields = _fields(item)
    kind = fields.get("kind")
    return RecordLine(
        **fields | {"act": RecordedAct(fields["act"]), "kind": SanctionKind(kind) if kind else None}
    )


def _value(value: "DataclassInstance") -> dict[str, Any]:
    fields = asdict(value, dict_factory=_without_none)
    if "id" in fields:
        fields["id"] = f"{fields['id']['number']}-{fields['id']['appid']}"
    return {"value": {"S": json.dumps(fields, ensure_ascii=False, separators=(",", ":"))}}


def _without_none(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    return {name: value for name, value in pairs if value is not None}


def _fields(item: Item) -> dict[str, Any]:
    return dict(json.loads(item["value"]["S"]))


def kept(until: int) -> dict[str, Any]:
    return {"ttl": number(ttl_seconds(until))}


def _case_id(text: str) -> CaseId:
    number_, _, appid = text.partition("-")
    return CaseId(number_, appid)


def _decision(fields: Mapping[str, Any] | None) -> CaseDecision | None:
    return CaseDecision(**{**fields, "verdict": CaseVerdict(fields["verdict"])}) if fields else None


def _appeal(fields: Mapping[str, Any]) -> Appeal:
    return Appeal(text=fields["text"], at=fields["at"], decision=_decision(fields.get("decision")))
