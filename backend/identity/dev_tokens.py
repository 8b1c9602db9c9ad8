"""Development tokens `dev_<user>_<role>` (SOP 3.3): a role simulation, accepted at the development level only."""

import re

from backend.core import problems
from backend.identity.principal import Principal, Proof, Role

# The role is what stands behind the last underscore; a user's id may hold others.
_TOKEN = re.compile(r"dev_([A-Za-z0-9][A-Za-z0-9._-]{0,63})_([a-z]{1,32})")
_ROLES: dict[str, Role] = {
    "viewer": "engram.viewer",
    "user": "engram.user",
    "analyst": "engram.analyst",
    "admin": "engram.admin",
}
_PROOF = Proof("dev_token")


def parse(token: str) -> Principal:
    """Return the caller that a development token names; raise `Problem` 401 when it is not of the form.

    A role that is none gives a caller without any: known, and allowed nothing.
    """
    match = _TOKEN.fullmatch(token)
    if match is None:
        raise problems.invalid_token("it is not of the form dev_<user>_<role>, such as dev_alice_analyst")
    user, role = match.groups()
    granted = frozenset({_ROLES[role]}) if role in _ROLES else frozenset[Role]()
    name = user.replace("_", " ").title()
    return Principal("development", user, name, granted, "dev", _PROOF)
