"""The routes for back ends and operators, by subject."""

from minipush.http.edge.scopes import Routes, Scope

MESSAGES: Routes = {"POST /messages": Scope.SEND}
CAMPAIGNS: Routes = {
    "POST /campaigns": Scope.SEND,
    "GET /campaigns": Scope.READ,
    "GET /campaigns/{campaign_id}": Scope.READ,
    "PATCH /campaigns/{campaign_id}": Scope.SEND,
    "POST /campaigns/{campaign_id}/pause": Scope.SEND,
    "POST /campaigns/{campaign_id}/resume": Scope.SEND,
    "POST /campaigns/{campaign_id}/cancel": Scope.SEND,
    "GET /campaigns/{campaign_id}/recipients": Scope.READ,
    "GET /campaigns/{campaign_id}/recipients/{openid}": Scope.READ,
    "GET /campaigns/{campaign_id}/events": Scope.READ,
    "GET /campaigns/{campaign_id}/timeline": Scope.READ,
}
TEMPLATES: Routes = {"GET /templates": Scope.READ, "POST /templates/sync": Scope.ADMIN}
SUBSCRIPTION_TARGETS: Routes = {"GET /templates/stock": Scope.READ, "PUT /templates/stock": Scope.ADMIN}
USERS: Routes = {
    "GET /users": Scope.READ,
    "GET /users/{openid}": Scope.READ,
    "GET /users/{openid}/timeline": Scope.READ,
    "PATCH /users/{openid}": Scope.ADMIN,
    "POST /users/{openid}/permits": Scope.ADMIN,
}
TAGS: Routes = {"GET /tags": Scope.READ, "POST /tags": Scope.ADMIN}
POOL: Routes = {"GET /pool": Scope.READ}
STATISTICS: Routes = {"GET /stats": Scope.READ}
STATUS: Routes = {"GET /status": Scope.READ}
SENDING: Routes = {"GET /sending": Scope.READ, "PUT /sending": Scope.ADMIN}
OFFICIAL: Routes = {"POST /official/sync": Scope.ADMIN, "GET /official/sync": Scope.READ}
CONSOLE: Routes = {
    "GET /operator": Scope.OPERATOR,
    "POST /console/session": None,
    "DELETE /console/session": None,
}

ROUTES: Routes = {
    **MESSAGES,
    **CAMPAIGNS,
    **TEMPLATES,
    **SUBSCRIPTION_TARGETS,
    **USERS,
    **TAGS,
    **POOL,
    **STATISTICS,
    **SENDING,
    **STATUS,
    **OFFICIAL,
    **CONSOLE,
}
