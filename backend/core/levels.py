"""The five environment levels and what each one demands (SOP sections 1 and 7).

Code never asks which level it runs at: `core/settings.py` turns the level into settings once, at start-up.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

AuthMode = Literal["none", "dev_tokens", "entra_app", "entra", "entra_mfa"]


class Level(StrEnum):
    """POC is ENVIRONMENT=development with AUTH_REQUIRED=false; the others are named by ENVIRONMENT."""

    POC = "poc"
    DEVELOPMENT = "development"
    TEST = "test"
    UAT = "uat"
    PRODUCTION = "production"


@dataclass(frozen=True)
class Demands:
    """What a level requires. A setting that contradicts one of these is refused at start-up.

    longest_session: hours from sign-in until a new one is asked for, None where only the token's own time counts.
    """

    auth: AuthMode
    data: str
    audit_by_default: bool
    audit_required: bool
    external_database: bool
    encryption_key: bool
    managed_identity: bool
    https_origins_only: bool
    debug_allowed: bool
    longest_session: float | None = None
    limits_required: bool = False


LEVELS: dict[Level, Demands] = {
    Level.POC: Demands("none", "non-sensitive", False, False, False, False, False, False, True),
    Level.DEVELOPMENT: Demands("dev_tokens", "synthetic", False, False, False, False, False, False, True),
    Level.TEST: Demands("entra_app", "synthetic", True, True, True, False, False, False, True),
    Level.UAT: Demands("entra", "anonymised", True, True, True, True, False, True, True, None, True),
    Level.PRODUCTION: Demands("entra_mfa", "production", True, True, True, True, True, True, False, 8, True),
}
