"""The routes of the message centre, by subject: for users, apps and operators."""

from typing import Final

from minipush.http.edge.problems import ProblemError
from minipush.http.edge.scopes import Routes, Scope

ME: Routes = {"GET /me/centre": Scope.USER, "PUT /me/centre": Scope.USER, "PATCH /me/centre": Scope.USER}
INBOX: Routes = {
    "GET /me/inbox": Scope.USER,
    "POST /me/inbox/read": Scope.USER,
    "POST /me/inbox/delete": Scope.USER,
}
COMPLAINTS: Routes = {
    "POST /me/inbox/{message_id}/complaint": Scope.USER,
    "GET /me/complaints": Scope.USER,
    "GET /centre/complaints": Scope.MODERATE,
    "POST /centre/complaints/{complaint_id}/decision": Scope.MODERATE,
}
SANCTIONS: Routes = {
    "POST /centre/apps/{appid}/sanctions": Scope.MODERATE,
    "POST /centre/sanctions/{sanction_id}/lift": Scope.MODERATE,
    "GET /centre/apps/{appid}/record": Scope.MODERATE,
    "POST /centre/app/appeals": Scope.OWN_APP,
    "GET /centre/appeals": Scope.MODERATE,
    "POST /centre/appeals/{appeal_id}/decision": Scope.MODERATE,
}
MY_CHANNELS: Routes = {
    "GET /me/channels": Scope.USER,
    "PUT /me/channels/{kind}": Scope.USER,
    "DELETE /me/channels/{kind}": Scope.USER,
    "POST /me/channels/{kind}/verify": Scope.USER,
    "POST /me/channels/{kind}/test": Scope.USER,
}
CHANNELS: Routes = {
    "GET /centre/channels": Scope.READ,
    "POST /centre/channels/{kind}/pause": Scope.ADMIN,
    "POST /centre/channels/{kind}/resume": Scope.ADMIN,
    "POST /centre/channels/{kind}/redrive": Scope.ADMIN,
}

APPS: Routes = {
    "POST /centre/apps": Scope.ADMIN,
    "GET /centre/apps": Scope.READ,
    "GET /centre/apps/{appid}": (Scope.USER, Scope.READ),
    "PATCH /centre/apps/{appid}": Scope.ADMIN,
    "POST /centre/apps/{appid}/secret": Scope.ADMIN,
    "GET /centre/app": Scope.OWN_APP,
    "POST /centre/app/secret": Scope.APP,
}
BINDINGS: Routes = {
    "POST /me/bindings": Scope.USER,
    "GET /me/bindings": Scope.USER,
    "PUT /me/bindings/{key}": Scope.USER,
    "PATCH /me/bindings/{key}": Scope.USER,
    "DELETE /me/bindings/{key}": Scope.USER,
    "GET /centre/bindings": Scope.APP,
    "POST /centre/bindings/{key}/confirm": Scope.APP,
    "DELETE /centre/bindings/{key}": Scope.APP,
}
PERSONAL_KEYS: Routes = {
    "GET /me/keys": Scope.USER,
    "POST /me/keys": Scope.USER,
    "PUT /me/keys/{id}": Scope.USER,
    "PATCH /me/keys/{id}": Scope.USER,
    "DELETE /me/keys/{id}": Scope.USER,
}
PUSHES: Routes = {
    "POST /centre/messages": Scope.APP,
    "GET /centre/messages/{message_id}": Scope.APP,
    "DELETE /centre/messages/{message_id}": Scope.APP,
}
BROADCASTS: Routes = {"POST /centre/broadcasts": Scope.APP}
ERASURE: Routes = {"DELETE /me/centre": Scope.USER, "DELETE /users/{openid}/centre": Scope.ADMIN}

ROUTES: Routes = {
    **ME,
    **INBOX,
    **PUSHES,
    **BROADCASTS,
    **ERASURE,
    **APPS,
    **BINDINGS,
    **PERSONAL_KEYS,
    **COMPLAINTS,
    **SANCTIONS,
    **MY_CHANNELS,
    **CHANNELS,
}

# What a mistake in a field of POST /me/bindings is to the app that led its user here.
_MISTAKEN: Final = {"/appid": "app_unknown", "/openid": "openid_missing", "/ticket": "invalid_ticket"}


def tell_app_of_failed_bind(problem: ProblemError) -> None:
    """Every problem carries what the page hands back to the app. Where the use case has said it, it stays."""
    pointers = [pointer for pointer, _ in problem.errors]
    refusal = next((_MISTAKEN[pointer] for pointer in pointers if pointer in _MISTAKEN), "unavailable")
    problem.members.setdefault("extra_data", {"bind": False, "errMsg": f"bind:fail {refusal}"})
