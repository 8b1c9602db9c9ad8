"""The assistants, as a page shows them."""

from typing import Any

from fastapi import APIRouter, Request
from pydantic import BaseModel

from backend.api import access, answers
from backend.api.problem_documents import documented

router = APIRouter(prefix="/api/v1/agents", tags=["agents"], dependencies=[access.public()])


class Colour(BaseModel):
    """A colour for the light and the dark page, as #rrggbb."""

    light: str
    dark: str


class Agent(BaseModel):
    """One assistant."""

    id: str
    name: str
    title: str
    expertise: list[str]
    greeting: str
    colour: Colour
    voice_name: str


class Agents(BaseModel):
    """All assistants, in the order of their ids."""

    agents: list[Agent]


@router.get("", response_model=Agents)
async def all_agents(request: Request) -> Any:
    """List the assistants."""
    services = request.app.state.services
    return {"agents": [answers.agent(profile, services.settings) for profile in services.agents.all()]}


@router.get("/{agent_id}", response_model=Agent, responses=documented(404))
async def one_agent(agent_id: str, request: Request) -> Any:
    """Return one assistant; 404 names those that exist."""
    services = request.app.state.services
    return answers.agent(services.agents.get(agent_id), services.settings)
