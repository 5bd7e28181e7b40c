"""The routes for mini-programs, by subject. A user's session gives access to this user only."""

from minipush.http.edge.scopes import Routes, Scope

HEALTH: Routes = {"GET /health": None, "GET /openapi.json": None}
SESSIONS: Routes = {"POST /session": None}
COLLECT: Routes = {"POST /collect": Scope.USER}
ME: Routes = {
    "GET /me": Scope.USER,
    "PUT /me": Scope.USER,
    "PATCH /me": Scope.USER,
    "GET /me/next-ask": Scope.USER,
}

ROUTES: Routes = {**HEALTH, **SESSIONS, **COLLECT, **ME}
