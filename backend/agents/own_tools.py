"""The tools that need nothing but the assistants themselves: `hand_off` and `get_time`."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from backend.agents.profiles import AgentDirectory, AgentProfile
from backend.agents.tools import Asking, HandOver, Made, Result, Tool, ToolFailed
from backend.core import notes

HAND_OFF = "hand_off"
GET_TIME = "get_time"


def hand_off(agents: AgentDirectory) -> Made:
    """Return what makes `hand_off` for an assistant: it may name any of the others."""

    def made(profile: AgentProfile) -> Tool | None:
        others = [agent for agent in agents.all() if agent.id != profile.id]
        if not others:
            return None
        names = "; ".join(f"{agent.id}: {agent.name}, {agent.title} ({', '.join(agent.expertise)})" for agent in others)

        async def run(arguments: dict[str, Any], asking: Asking) -> Result:
            agent = agents.get(arguments["agent_id"])
            told = f"{agent.name} takes over now and has the whole conversation. Say nothing more."
            return Result(told, hand_over=HandOver(agent, arguments["reason"]))

        return Tool(
            name=HAND_OFF,
            description=(
                "Bring another assistant into this conversation, who answers from then on. Use it when the person asks "
                "for one of them, or when the matter is theirs. Say in one short sentence that you bring them in, and "
                f"call it in the same answer. There are: {names}."
            ),
            parameters={
                "type": "object",
                "properties": {
                    "agent_id": {"type": "string", "enum": [agent.id for agent in others]},
                    "reason": {
                        "type": "string",
                        "maxLength": 400,
                        "description": "What the person wants and what is open, in one sentence, for the other.",
                    },
                },
                "required": ["agent_id", "reason"],
                "additionalProperties": False,
            },
            run=run,
            read_only=False,
        )

    return made


def handed_over(before: AgentProfile, reason: str) -> str:
    """Return what the assistant who takes over is told; the reason is quoted, as a model wrote it."""
    return (
        f"{before.name} has just handed this conversation over to you and said of it: {notes.quoted(reason)}. You now "
        "speak in your own name. Greet in a few words and go on with what the person wanted last."
    )


def get_time(now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> Made:
    """Return what makes `get_time`. now: the present moment, with a time zone."""

    async def run(arguments: dict[str, Any], asking: Asking) -> Result:
        name = arguments.get("timezone") or "UTC"
        try:
            zone = ZoneInfo(name)
        except (KeyError, ValueError, OSError):  # unknown, malformed, a directory of the database
            raise ToolFailed(
                f"There is no time zone {name[:64]!r}. Name one of the IANA database, such as Europe/Berlin, or leave "
                "it out for UTC."
            ) from None
        at = now().astimezone(zone)
        return Result(f"{at:%A}, {at.day} {at:%B %Y}, {at:%H:%M} ({name}, UTC{at:%z})")

    tool = Tool(
        name=GET_TIME,
        description=(
            "The present date and time. Without a time zone it is UTC: say so, or ask where the person is when it "
            "matters."
        ),
        parameters={
            "type": "object",
            "properties": {
                "timezone": {"type": "string", "maxLength": 64, "description": "IANA name, such as Europe/Berlin."}
            },
            "additionalProperties": False,
        },
        run=run,
    )
    return lambda profile: tool
