"""Reads the assistants from their YAML files and refuses a file that is not complete."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from backend.agents.turn_detection import TurnDetection
from backend.core import problems
from backend.core.settings import Settings

PROFILES = Path(__file__).parent / "profiles"
DEFAULT_AGENT = "elena"

Hex = Annotated[str, Field(pattern=r"^#[0-9a-f]{6}$")]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Colour(_Part):
    """The agent's colour on the light and on the dark page."""

    light: Hex
    dark: Hex


class Voice(_Part):
    """The agent's voice on Azure, and the one the local stand-in has for it."""

    azure: str = Field(min_length=1)
    local: str = Field(min_length=1)


class McpServer(_Part):
    """A server of tools, spoken to over the Model Context Protocol: `url` (Streamable HTTP) or `command` (its process).

    headers: header name to the NAME of the environment variable that holds its value. environment: names of variables
    that the process is given. allowed_tools: those of its tools that the assistant has. timeout: seconds for one call.
    """

    name: str = Field(pattern=r"^[a-z][a-z0-9_]{0,23}$")
    url: str | None = Field(default=None, pattern=r"^https?://[^\s@]+$")
    command: tuple[str, ...] = ()
    headers: dict[str, Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]*$")]] = {}
    environment: tuple[Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]*$")], ...] = ()
    allowed_tools: tuple[str, ...] = Field(min_length=1)
    timeout: float = Field(default=8.0, gt=0, le=60)

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.url is None) is not bool(self.command):
            raise ValueError("give either url or command")
        if self.command and self.headers:
            raise ValueError("headers belong to a url; a command takes environment")
        return self


class AgentProfile(_Part):
    """One assistant.

    model: overrides the deployment for its answers. tools: names of the tools it has (docs/handbook/tools.md). filler:
    what it says aloud when a tool takes its time.
    """

    id: str = Field(pattern=r"^[a-z][a-z0-9_-]{0,31}$")
    name: str = Field(min_length=1, max_length=40)
    title: str = Field(min_length=1, max_length=80)
    persona: str = Field(min_length=20, max_length=8000)
    expertise: tuple[str, ...] = Field(min_length=1)
    greeting: str = Field(min_length=1, max_length=400)
    colour: Colour
    voice: Voice
    model: str | None = None
    turn_detection: TurnDetection = TurnDetection()
    tools: tuple[str, ...] = ()
    mcp_servers: tuple[McpServer, ...] = ()
    filler: str = Field(default="One moment, please.", min_length=1, max_length=120)


class AgentDirectory:
    """All assistants, by id."""

    def __init__(self, profiles: Mapping[str, AgentProfile]) -> None:
        self._profiles = MappingProxyType(dict(profiles))

    @classmethod
    def load(cls, directory: Path = PROFILES) -> "AgentDirectory":
        """Read every *.yaml of `directory`. Raises ValueError naming the file and the field that is wrong."""
        found: dict[str, AgentProfile] = {}
        for file in sorted(directory.glob("*.yaml")):
            try:
                profile = AgentProfile.model_validate(yaml.safe_load(file.read_text(encoding="utf-8")))
            except (ValidationError, yaml.YAMLError) as error:
                raise ValueError(f"agent profile {file.name}: {error}") from error
            if profile.id != file.stem:
                raise ValueError(
                    f"agent profile {file.name}: its id is {profile.id!r}; name the file {profile.id}.yaml"
                )
            found[profile.id] = profile
        if DEFAULT_AGENT not in found:
            raise ValueError(
                f"no {DEFAULT_AGENT}.yaml among the agent profiles: it is the assistant that answers by default"
            )
        return cls(found)

    def get(self, agent_id: str) -> AgentProfile:
        """Return one assistant; `Problem` 404 names those that exist."""
        if profile := self._profiles.get(agent_id):
            return profile
        raise problems.not_found("This assistant", f"Those there are: {', '.join(self._profiles)}.")

    def all(self) -> tuple[AgentProfile, ...]:
        """Return all assistants, in the order of their ids."""
        return tuple(self._profiles.values())

    @property
    def default(self) -> AgentProfile:
        """The assistant that answers when none is named."""
        return self._profiles[DEFAULT_AGENT]


def voice_name(profile: AgentProfile, settings: Settings) -> str:
    """Return the voice to ask VoiceLive for: AZURE_VOICELIVE_VOICE for the default assistant, else the profile's."""
    if profile.id == DEFAULT_AGENT and settings.azure_voicelive_voice:
        return settings.azure_voicelive_voice
    return profile.voice.azure
