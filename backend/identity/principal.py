"""Who is calling. Every query and every route takes a Principal; nothing belongs to nobody."""

from dataclasses import dataclass
from typing import Literal

Role = Literal["engram.viewer", "engram.user", "engram.analyst", "engram.admin"]

READ = frozenset({"engram.viewer", "engram.user", "engram.analyst", "engram.admin"})
WRITE = frozenset({"engram.user", "engram.analyst", "engram.admin"})
ADMIN = frozenset({"engram.admin"})


@dataclass(frozen=True, slots=True)
class Principal:
    """A caller: tenant and user id together own data; roles say what may be done. An unknown role gives none."""

    tenant: str
    user_id: str
    display_name: str
    roles: frozenset[Role]

    def has(self, allowed: frozenset[str]) -> bool:
        """Tell whether any role of the caller is among `allowed`."""
        return not self.roles.isdisjoint(allowed)
