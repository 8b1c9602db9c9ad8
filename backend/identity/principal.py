"""Who is calling. Every query and every route takes a Principal; nothing belongs to nobody."""

from dataclasses import dataclass, field
from typing import Literal

Role = Literal["engram.viewer", "engram.user", "engram.analyst", "engram.admin"]

Kind = Literal["user", "app", "dev", "poc"]
"""A person of Entra ID, an application of Entra ID, a developer's simulation, or the guest of the proof of concept."""


@dataclass(frozen=True, slots=True)
class Proof:
    """How it was shown who is calling.

    contexts: authentication contexts that the sign-in satisfied (`acrs`); methods: what it was done with (`amr`, in
    version 1.0 tokens only); application: the client that asked for the token (`azp` or `appid`).
    """

    method: Literal["none", "dev_token", "entra"] = "none"
    contexts: frozenset[str] = frozenset()
    methods: frozenset[str] = frozenset()
    application: str = ""


NO_PROOF = Proof()


@dataclass(frozen=True, slots=True)
class Principal:
    """A caller: tenant and user id together own data; roles say what may be done. An unknown role gives none.

    With Entra ID these are the tenant's and the object's id, never an e-mail address: those are changed and given away.
    signed_in_at: when the session of this caller began; expires_at: when what was shown ends to be valid. Both are
    seconds since the epoch, None where there is no such time.
    """

    tenant: str
    user_id: str
    display_name: str
    roles: frozenset[Role]
    kind: Kind = "user"
    proof: Proof = field(default=NO_PROOF, compare=False)
    signed_in_at: float | None = field(default=None, compare=False)
    expires_at: float | None = field(default=None, compare=False)
