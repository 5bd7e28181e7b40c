"""The histories of a MemoryStore's users. It passes the contract suite of the real adapter."""

from support.memory import MemoryStore, identity

from minipush.domain.timelines import StoredPermit, UserHistory


class MemoryHistories:
    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    def read(self, openid: str) -> UserHistory:
        store, user = self._store, self._store.read(openid)
        keys = ((permit, (openid, identity(permit))) for permit in user.permits)
        permits = (
            StoredPermit(permit, store.added_at.get(key), store.failures.get(key)) for permit, key in keys
        )
        return UserHistory(tuple(permits), user.template_refusals, store.settings_logs.get(openid, ()))
