"""Complaints in the Centre table: see case_items.py."""

import secrets
from typing import Any

from minipush.adapters.dynamodb.centre.case_items import (
    KEPT_MS,
    app_key,
    complaint_item,
    complaint_key,
    kept,
    number,
    read_complaint,
)
from minipush.adapters.dynamodb.centre.keys import Key, key, user_pk
from minipush.adapters.dynamodb.centre.table import CentreTable
from minipush.adapters.dynamodb.updates import update
from minipush.domain.centre.cases import CaseId
from minipush.domain.centre.complaints import (
    REJECTED_COUNT,
    WINDOW_MS,
    Complainers,
    Complaint,
    ComplaintStatus,
)
from minipush.domain.timestamps import DAY_MS, HOUR_MS

OWN = "X#"
COMPLAINER = "X!"
# Later than any: the keys have seven digits.
LAST_HOUR = 9_999_999
NEW = {"ConditionExpression": "attribute_not_exists(sk)"}


class DynamoComplaints:
    def __init__(self, table: CentreTable) -> None:
        self._table = table

    def add(self, openid: str, complaint: Complaint) -> Complaint:
        own = {
            **_own_key(openid, complaint.place),
            "complaint_id": {"S": str(complaint.id)},
            **kept(complaint.at + KEPT_MS),
        }
        failed = self._table.transact(
            ("Put", {"Item": own, **NEW}),
            ("Put", {"Item": complaint_item(complaint)}),
            ("Put", {"Item": listed_complaint(complaint)}),
        )
        earlier = self._table.get(_own_key(openid, complaint.place)) if failed else None
        stored = self._read_all([earlier["complaint_id"]["S"]]) if earlier else []
        return stored[0] if stored else complaint

    def complainer(self, openid: str) -> str:
        where = key(user_pk(openid), COMPLAINER)
        item = self._table.get(where)
        if not item:
            made = {**where, "complainer": {"S": secrets.token_hex(16)}}
            failed = self._table.transact(("Put", {"Item": made, **NEW}))
            item = self._table.get(where) if failed else made
        return str(item["complainer"]["S"])

    def read_complaint(self, id_: CaseId) -> Complaint | None:
        item = self._table.get(complaint_key(id_))
        return read_complaint(item) if item else None

    def about(self, openid: str, message_id: str) -> list[Complaint]:
        prefix = {"prefix": f"{OWN}{message_id}#"}
        own = self._table.query(user_pk(openid), "begins_with(sk, :prefix)", prefix)
        return self._read_all([item["complaint_id"]["S"] for item in own])

    def of_user(self, openid: str, limit: int, before: str | None) -> list[Complaint]:
        first, last = OWN, f"{OWN}{before}" if before else f"{OWN}~"
        own = self._table.query_back(user_pk(openid), first, last, last if before else None, limit)[0]
        return self._read_all([item["complaint_id"]["S"] for item in own])

    def newest(self, status: ComplaintStatus | None, limit: int, before: CaseId | None) -> list[Complaint]:
        ids = newest_ids(self._table, "complaints", status, limit, before)
        return self._read_all(ids)

    def rejections(self, user: str, since: int) -> int:
        condition, compared = "sk > :since", {"since": f"{since:013}"}
        return len(self._table.query(rejections_pk(user), condition, compared, Limit=REJECTED_COUNT))

    def count_complainer(self, appid: str, user: str, at: int, reviews: int) -> Complainers:
        counted = {"Key": app_key(appid, f"u#{user}"), **_unless_counted(at, reviews)}
        more = update("", {}, kept(at + 2 * DAY_MS), added={"count": 1})
        hour = {"Key": app_key(appid, _hour_sk(reviews, at // HOUR_MS)), **more}
        # Both or neither: a user who is noted without being counted would be lost.
        self._table.transact(("Update", counted), ("Update", hour))
        first, last = _hour_sk(reviews, (at - WINDOW_MS) // HOUR_MS), _hour_sk(reviews, LAST_HOUR)
        between, compared = "sk BETWEEN :first AND :last", {"first": first, "last": last}
        counts = self._table.query(f"app#{appid}", between, compared)
        return Complainers({_hour_of(item["sk"]["S"]): int(item["count"]["N"]) for item in counts})

    def _read_all(self, ids: list[str]) -> list[Complaint]:
        """In the order of the ids, without those that have expired."""
        parsed = [found for text in ids if (found := CaseId.read(text))]
        items = self._table.get_many([complaint_key(id_) for id_ in parsed])
        by_id = {complaint.id: complaint for complaint in map(read_complaint, items)}
        return [by_id[id_] for id_ in parsed if id_ in by_id]


def listed_complaint(complaint: Complaint) -> dict[str, Any]:
    """Its place in the list of complaints with its status."""
    return {**key(list_pk(complaint.status), str(complaint.id)), **kept(complaint.at + KEPT_MS)}


def list_pk(status: ComplaintStatus, of: str = "complaints") -> str:
    return f"{of}#{status.value}"


def newest_ids(
    table: CentreTable, of: str, status: ComplaintStatus | None, limit: int, before: CaseId | None
) -> list[str]:
    """The ids in a list, or in the lists of all statuses together."""
    statuses = [status] if status else list(ComplaintStatus)
    last = str(before) if before else "~"
    found: list[str] = []
    for each in statuses:
        page = table.query_back(list_pk(each, of), "0", last, last if before else None, limit)[0]
        found += [item["sk"]["S"] for item in page]
    return sorted(found, reverse=True)[:limit]


def _unless_counted(at: int, reviews: int) -> dict[str, Any]:
    """The user has not been counted in the last 24 hours, or not since the last review, and not for this complaint."""
    is_due = "#counted_at <= :since OR (#reviews <> :reviews AND #counted_at < :at)"
    compared = {"since": number(at - WINDOW_MS), "reviews": number(reviews), "at": number(at)}
    changes = {"counted_at": number(at), "reviews": number(reviews), **kept(at + 2 * DAY_MS)}
    return update(f"attribute_not_exists(#counted_at) OR {is_due}", compared, changes)


def rejections_pk(user: str) -> str:
    return f"complainer#{user}"


def _own_key(openid: str, place: str) -> Key:
    return key(user_pk(openid), f"{OWN}{place}")


def _hour_sk(reviews: int, hour: int) -> str:
    return f"c#{reviews:06}#{hour:07}"


def _hour_of(sk: str) -> int:
    return int(sk.rpartition("#")[2])
