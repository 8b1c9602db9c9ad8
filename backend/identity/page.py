"""How the web page signs people in with Entra ID: what its library (MSAL) must be told. Nothing of it is secret."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from backend.core.settings import Settings
from backend.identity.entra import claims_request


@dataclass(frozen=True, slots=True)
class PageSignIn:
    """authority: with the tenant; client_id: of the page's app registration; scopes: of the API, in full.

    claims: the claims request (JSON) that a token of this level must satisfy; None where any sign-in will do.
    """

    authority: str
    client_id: str
    scopes: list[str]
    claims: str | None

    @property
    def origin(self) -> str:
        """Where the page fetches tokens."""
        parts = urlsplit(self.authority)
        return f"{parts.scheme}://{parts.netloc}"


def page_sign_in(settings: Settings) -> PageSignIn | None:
    """Return how the page signs people in; None where they do not use Entra ID, or the page is not registered."""
    people = settings.auth_mode in ("entra", "entra_mfa")
    if not (people and settings.entra_spa_client_id and settings.sign_in_tenants and settings.sign_in_audiences):
        return None
    tenants, audiences = settings.sign_in_tenants, settings.sign_in_audiences
    tenant = tenants[0] if len(tenants) == 1 else "organizations"
    # An API's URI is api://<its client id> unless its registration says otherwise.
    uri = next((each for each in audiences if each.startswith("api://")), f"api://{audiences[0]}")
    return PageSignIn(
        authority=f"{settings.entra_authority.rstrip('/')}/{tenant}",
        client_id=settings.entra_spa_client_id,
        scopes=[f"{uri.rstrip('/')}/{settings.entra_api_scope}"],
        claims=claims_request(settings.entra_mfa_auth_context) if settings.auth_mode == "entra_mfa" else None,
    )
