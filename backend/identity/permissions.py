"""Who may do what: the one table. Every route and socket names one of its actions (see `api/access.py`)."""

from dataclasses import dataclass
from typing import Literal

from backend.core import problems
from backend.identity.principal import Principal, Role

Action = Literal["chat", "call", "read_memory", "write_memory", "administer", "read_metrics"]


@dataclass(frozen=True, slots=True)
class Permission:
    """words: the action as a refusal names it; roles: those that may do it."""

    words: str
    roles: frozenset[Role]


def _may(words: str, *roles: Role) -> Permission:
    return Permission(words, frozenset(roles))


PERMISSIONS: dict[Action, Permission] = {
    "chat": _may("ask an assistant", "engram.user", "engram.analyst", "engram.admin"),
    "call": _may("hold a voice call", "engram.user", "engram.analyst", "engram.admin"),
    "read_memory": _may("read memory", "engram.viewer", "engram.user", "engram.analyst", "engram.admin"),
    "write_memory": _may("change memory", "engram.user", "engram.analyst", "engram.admin"),
    "administer": _may("administer the service", "engram.admin"),
    "read_metrics": _may("read the metrics", "engram.admin"),
}
"""Always the caller's own memory; `administer` alone reads somebody else's, on the record (`api/routers/admin.py`)."""


def allows(principal: Principal, action: Action) -> bool:
    """Tell whether a role of the caller permits the action."""
    return not principal.roles.isdisjoint(PERMISSIONS[action].roles)


def check(principal: Principal, action: Action) -> None:
    """Raise `Problem` 403 unless a role of the caller permits the action."""
    if not allows(principal, action):
        permission = PERMISSIONS[action]
        raise problems.forbidden(
            permission.words, " or ".join(sorted(role.removeprefix("engram.") for role in permission.roles))
        )
