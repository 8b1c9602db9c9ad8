"""Every setting of the service, once, under the SOP's names; and what each environment level refuses.

`load_settings` reads the environment and `.env`, and reports everything that is wrong together, each with cause and
remedy. After start-up nothing asks for the level's name: what it means is in `Settings.demands` and the properties.
"""

import contextlib
import json
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import quote, unquote, urlsplit

from pydantic import Field, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from backend.core.azure_names import FOUNDRY_SUFFIX, PROJECT_PATH, RESOURCE_ID
from backend.core.levels import LEVELS, AuthMode, Demands, Level
from backend.core.refusals import refusals

LogLevel = Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"]
Environment = Literal["development", "test", "uat", "production"]
MemoryScope = Literal["user", "session"]
ZepVersion = Literal["v3", "v4", "ce", "oss"]
OtlpProtocol = Literal["grpc", "http/protobuf"]

_OTLP_GRPC_PORT = 4317  # OpenTelemetry's protocol exporter specification


class SettingsError(Exception):
    """The service cannot start with these settings. `problems`: one "NAME: cause. remedy" for each fault."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__(
            "Engram does not start with these settings:\n" + "\n".join(f"  - {problem}" for problem in problems)
        )
        self.problems = problems


class Settings(BaseSettings):
    """The settings as read. Unset text is ''. Secrets are kept out of `repr`."""

    model_config = SettingsConfigDict(env_ignore_empty=True, extra="ignore", hide_input_in_errors=True, frozen=True)

    environment: Environment = "development"
    auth_required: bool = True
    debug: bool = False
    log_level: LogLevel = "INFO"
    cors_origins: Annotated[list[str], NoDecode] = []

    azure_ai_endpoint: str = ""
    azure_ai_deployment: str = "gpt-5-chat"
    azure_ai_key: str = Field(default="", repr=False)
    azure_ai_project_name: str = ""

    azure_voicelive_endpoint: str = ""
    azure_voicelive_endpoints: Annotated[list[str], NoDecode] = []
    azure_voicelive_model: str = "gpt-realtime"
    azure_voicelive_voice: str = ""
    azure_voicelive_key: str = Field(default="", repr=False)
    azure_voicelive_api_version: str = "2025-10-01"
    azure_voicelive_project_name: str = ""
    azure_existing_aiproject_endpoint: str = ""
    azure_existing_aiproject_resource_id: str = ""

    azure_client_id: str = ""
    azure_client_secret: str = Field(default="", repr=False)
    azure_tenant_id: str = ""
    azure_authority_host: str = ""

    entra_authority: str = "https://login.microsoftonline.com"
    entra_tenant_ids: Annotated[list[str], NoDecode] = []
    entra_api_audience: Annotated[list[str], NoDecode] = []
    entra_spa_client_id: str = ""
    entra_api_scope: str = "access_as_user"
    entra_mfa_auth_context: str = "c1"
    session_hours: float = Field(default=8, gt=0, le=24)
    trusted_proxies: Annotated[list[str], NoDecode] = []
    forwarded_allow_ips: str = ""  # not ours but uvicorn's: read to be refused

    limit_requests_per_minute: int = Field(default=600, ge=0, le=10_000_000)
    limit_sessions_per_minute: int = Field(default=60, ge=0, le=10_000_000)
    limit_calls: int = Field(default=8, ge=0, le=100_000)
    limit_address_requests_per_minute: int = Field(default=3_000, ge=0, le=10_000_000)
    limit_address_sessions_per_minute: int = Field(default=300, ge=0, le=10_000_000)
    limit_address_calls: int = Field(default=200, ge=0, le=100_000)
    limit_failed_sign_ins: int = Field(default=10, ge=0, le=100_000)

    database_url: str = Field(default="", repr=False)
    data_dir: Path = Path(".engram")
    audit_log_enabled: bool | None = None
    data_retention_days: int = Field(default=90, ge=1, le=36_500)
    encryption_key: str = Field(default="", repr=False)
    zep_api_key: str = Field(default="", repr=False)
    zep_api_url: str = ""
    zep_api_version: ZepVersion = "v3"
    applicationinsights_connection_string: str = Field(default="", repr=False)
    otel_exporter_otlp_endpoint: str = ""
    otel_exporter_otlp_protocol: OtlpProtocol | None = None
    otel_exporter_otlp_headers: str = Field(default="", repr=False)
    metrics_token: str = Field(default="", repr=False)

    chat_timeout_seconds: float = Field(default=60, gt=0, le=600)
    chat_max_output_tokens: int = Field(default=800, ge=1, le=128_000)
    history_token_budget: int = Field(default=3000, ge=0, le=1_000_000)
    chat_tools: bool = True
    voice_tools: bool = True
    memory_timeout_ms: int = Field(default=300, ge=1, le=10_000)
    memory_scope: MemoryScope = "user"
    memory_second_look: bool = True
    memory_rerank: bool = False
    memory_answer_check_seconds: float = Field(default=0, ge=0, le=60)
    memory_model_facts: bool = True
    voice_max_sessions: int = Field(default=100, ge=1, le=100_000)
    voice_audio_queue_frames: int = Field(default=250, ge=10, le=10_000)
    voice_connections_per_minute: int = Field(default=30, ge=1, le=100_000)
    voice_waiting_calls: int = Field(default=60, ge=0, le=10_000)
    voice_idle_minutes: float = Field(default=10, ge=0, le=1_440)
    voice_max_minutes: float = Field(default=240, ge=0, le=10_080)
    ui_dir: Path = Path("frontend/dist")

    @field_validator("cors_origins", mode="before")
    @classmethod
    def _json_list(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        try:
            origins = json.loads(value)
        except ValueError:
            origins = None
        if not isinstance(origins, list):
            raise ValueError('it is not a JSON list. Write it as ["https://app.example.org"]')
        return origins

    @field_validator("entra_tenant_ids", "entra_api_audience", "trusted_proxies", mode="before")
    @classmethod
    def _one_or_a_json_list(cls, value: Any) -> Any:
        if not isinstance(value, str) or not value.startswith("["):
            return [value] if isinstance(value, str) else value
        try:
            return json.loads(value)
        except ValueError:
            raise ValueError('it is not a JSON list. Write it as ["first","second"]') from None

    @field_validator("azure_voicelive_endpoints", mode="before")
    @classmethod
    def _addresses(cls, value: Any) -> Any:
        return _listed(value) if isinstance(value, str) else value

    @field_validator("log_level", "environment", mode="before")
    @classmethod
    def _any_case(cls, value: Any, info: Any) -> Any:
        if not isinstance(value, str):
            return value
        return value.strip().upper() if info.field_name == "log_level" else value.strip().lower()

    @model_validator(mode="before")
    @classmethod
    def _first_voice_endpoint(cls, values: Any) -> Any:
        """The first of a list, or the account of a project endpoint (SOP 1.1, Foundry playground variables)."""
        if isinstance(values, dict) and not values.get("azure_voicelive_endpoint"):
            named = values.get("azure_voicelive_endpoints") or []
            with contextlib.suppress(ValueError):
                if listed := _listed(named) if isinstance(named, str) else named:
                    return {**values, "azure_voicelive_endpoint": listed[0]}
            project = urlsplit(str(values.get("azure_existing_aiproject_endpoint") or ""))
            if project.scheme and project.netloc:
                return {**values, "azure_voicelive_endpoint": f"{project.scheme}://{project.netloc}"}
        return values

    @property
    def level(self) -> Level:
        """POC is development without sign-in; every other level carries its environment's name."""
        if self.environment == "development" and not self.auth_required:
            return Level.POC
        return Level(self.environment)

    @property
    def demands(self) -> Demands:
        """What the level requires."""
        return LEVELS[self.level]

    @property
    def auth_mode(self) -> AuthMode:
        """How callers sign in."""
        return self.demands.auth

    @property
    def sign_in_tenants(self) -> list[str]:
        """The tenants whose users or applications may sign in, in lower case."""
        return [tenant.lower() for tenant in self.entra_tenant_ids or [self.azure_tenant_id] if tenant]

    @property
    def sign_in_audiences(self) -> list[str]:
        """Whom a token must be made for: this API, by its client id and, for version 1.0 tokens, by its URI."""
        return [audience for audience in self.entra_api_audience or [self.azure_client_id] if audience]

    @property
    def audit_enabled(self) -> bool:
        """AUDIT_LOG_ENABLED, or the level's default where it is not set."""
        return self.demands.audit_by_default if self.audit_log_enabled is None else self.audit_log_enabled

    @property
    def chat_base_url(self) -> str:
        """The part before /chat/completions. AZURE_AI_PROJECT_NAME counts for Foundry hosts only; '' when unset."""
        base = self.azure_ai_endpoint.rstrip("/")
        parts = urlsplit(base)
        if not (parts.hostname or "").endswith(FOUNDRY_SUFFIX):
            return base
        path = parts.path or "/openai/v1"
        if PROJECT_PATH.fullmatch(path):
            path += "/openai/v1"
        elif self.azure_ai_project_name and not path.startswith("/api/projects/"):
            path = f"/api/projects/{quote(self.azure_ai_project_name, safe='')}{path}"
        return f"{parts.scheme}://{parts.netloc}{path}"

    @property
    def voicelive_urls(self) -> list[str]:
        """What the VoiceLive SDK is given, in order of priority: the account, or the project where one is named."""
        named = [self.azure_voicelive_endpoint, *self.azure_voicelive_endpoints]
        return list(dict.fromkeys(self._voicelive_url(url.rstrip("/")) for url in named if url))

    def _voicelive_url(self, base: str) -> str:
        if PROJECT_PATH.search(base) or not self._voice_project:
            return base
        return f"{base}/api/projects/{quote(self._voice_project, safe='')}"

    @property
    def _voice_project(self) -> str:
        if self.azure_voicelive_project_name:
            return self.azure_voicelive_project_name
        if match := PROJECT_PATH.search(self.azure_existing_aiproject_endpoint):
            return match["project"]
        match = RESOURCE_ID.fullmatch(self.azure_existing_aiproject_resource_id)
        return (match["project"] or "") if match else ""

    @property
    def managed_identity_for_voice(self) -> bool:
        """Whether VoiceLive is reached with a token instead of a key (preferred)."""
        return not self.azure_voicelive_key

    @property
    def otlp_over_grpc(self) -> bool:
        """Whether spans go over gRPC: as OTEL_EXPORTER_OTLP_PROTOCOL says, else where the port is gRPC's (4317)."""
        if self.otel_exporter_otlp_protocol is not None:
            return self.otel_exporter_otlp_protocol == "grpc"
        return urlsplit(self.otel_exporter_otlp_endpoint).port == _OTLP_GRPC_PORT

    @property
    def otlp_headers(self) -> dict[str, str]:
        """OTEL_EXPORTER_OTLP_HEADERS, a list such as `api-key=value,x-tenant=name`, as headers."""
        pairs = (pair.partition("=") for pair in self.otel_exporter_otlp_headers.split(",") if pair.strip())
        return {name.strip().lower(): unquote(value.strip()) for name, _, value in pairs}

    def secrets(self) -> list[str]:
        """Return the values that must never be shown, longest first."""
        values = (
            self.azure_ai_key, self.azure_voicelive_key, self.azure_client_secret, self.encryption_key,
            self.zep_api_key, self.applicationinsights_connection_string, urlsplit(self.database_url).password or "",
            self.metrics_token, *self.otlp_headers.values(),
        )  # fmt: skip
        return sorted({value for value in values if len(value) >= 8}, key=len, reverse=True)


def _listed(text: str) -> list[str]:
    """Return the addresses of a JSON list, or of one with commas; raise `ValueError` with the remedy."""
    if not text.lstrip().startswith("["):
        return [address.strip() for address in text.split(",") if address.strip()]
    try:
        addresses: list[str] = json.loads(text)
    except ValueError:
        addresses = []
    if not addresses or not all(isinstance(address, str) for address in addresses):
        raise ValueError(
            'it is not a list of addresses. Write it as ["https://first.example.org", "https://second.example.org"], '
            "or with commas between them"
        )
    return addresses


def load_settings(env_file: str | Path | None = ".env") -> Settings:
    """Return the settings; raise `SettingsError` with everything that is malformed or that the level refuses."""
    try:
        settings = _read(env_file)
    except ValidationError as error:
        problems = [_malformed(dict(fault)) for fault in error.errors(include_url=False)]
        faulty = {str(fault["loc"][0]) for fault in error.errors() if fault["loc"]}
        defaults = {name: Settings.model_fields[name].get_default() for name in faulty & Settings.model_fields.keys()}
        try:
            # With the malformed ones set aside, the level can be judged too: all faults in one report.
            rest = _read(env_file, **defaults)
        except ValidationError:
            raise SettingsError(problems) from None
        names = {problem.split(":", 1)[0] for problem in problems}
        more = [problem for problem in refusals(rest) if problem.split(":", 1)[0] not in names]
        raise SettingsError(problems + more) from None
    problems = refusals(settings)
    if problems:
        raise SettingsError(problems)
    return settings


def _read(env_file: str | Path | None, **instead: Any) -> Settings:
    return Settings(_env_file=env_file, **instead)  # type: ignore[call-arg]  # pydantic-settings takes it, untyped


def _malformed(fault: dict[str, Any]) -> str:
    name = str(fault["loc"][0]).upper() if fault["loc"] else "SETTINGS"
    if fault["type"] == "value_error":
        return f"{name}: {str(fault['ctx']['error']).removesuffix('.')}."
    if name == "ENVIRONMENT":
        return (
            "ENVIRONMENT: it is none of development, test, uat, production. Set one of them; the staging proof of "
            "concept is ENVIRONMENT=development with AUTH_REQUIRED=false."
        )
    cause = str(fault["msg"])[:1].lower() + str(fault["msg"])[1:]
    return f"{name}: {cause}. Correct it, or remove it to use the default."
