"""Memory as a tool: `search_memory` looks up what was said before, `remember` notes something down.

Both work for the person who is speaking and can name nobody else. What is found stands in the same quoted and dated
lines as the notes of every prompt: it was said by somebody and may read like an order.
"""

from typing import Any, Literal, cast

from backend.agents.tools import Asking, Made, Result, Tool
from backend.core import notes
from backend.core.context import SecurityLayer
from backend.identity.principal import Principal, Role
from backend.memory.facts import LONGEST_TEXT, Facts
from backend.memory.inquiry import Inquiry

SEARCH_MEMORY = "search_memory"
REMEMBER = "remember"

TOKENS = 900
"""Of what a search tells, facts and passages together."""

_FOUND_NOTHING = "Nothing was found. Say that you do not know it yet; do not make it up."


def search_memory(inquiry: Inquiry, scope: Literal["user", "session"]) -> Made:
    """Return what makes `search_memory`. scope: as MEMORY_SCOPE."""

    async def run(arguments: dict[str, Any], asking: Asking) -> Result:
        within = asking.session_id if scope == "session" else ""
        found = await inquiry.search(
            principal_of(asking.who),
            arguments["query"],
            limit=32,
            budget=TOKENS,
            session_id=within,
            beside=asking.session_id,
        )
        facts = [known.fact for known in found.facts]
        told = notes.render(facts, found.passages, token_budget=TOKENS)
        if not told.text:
            return Result(_FOUND_NOTHING)
        verdict = "" if found.supported else f"\n{notes.VERDICT}"  # last, where it is heeded
        return Result(told.text + verdict, told.sources)

    tool = Tool(
        name=SEARCH_MEMORY,
        description=(
            "Search everything this person said in earlier conversations, written or spoken, with any assistant. Use "
            "it when they refer to something that neither this conversation nor your notes hold."
        ),
        parameters={
            "type": "object",
            "properties": {
                "query": {
                    "type": "string",
                    "minLength": 1,
                    "maxLength": 400,
                    # Only of a question can be told whether what was found answers it.
                    "description": "What to find out, as a whole question: 'How old is Hedda?' Names and dates help.",
                }
            },
            "required": ["query"],
            "additionalProperties": False,
        },
        run=run,
    )
    return lambda profile: tool


def remember(facts: Facts) -> Made:
    """Return what makes `remember`."""

    async def run(arguments: dict[str, Any], asking: Asking) -> Result:
        who = principal_of(asking.who)
        fact = await facts.note(who, arguments["text"], proof=asking.turn_id, channel=asking.channel)
        return Result(f"Noted: {notes.quoted(fact.text)}", (fact.id,))

    tool = Tool(
        name=REMEMBER,
        description=(
            "Note something down for good, when the person asks you to remember it. All assistants will know it in "
            "every later conversation."
        ),
        parameters={
            "type": "object",
            "properties": {
                "text": {
                    "type": "string",
                    "minLength": 1,
                    "maxLength": LONGEST_TEXT,
                    "description": "In the person's own words, first person: 'My dentist is Dr. Khan.'",
                }
            },
            "required": ["text"],
            "additionalProperties": False,
        },
        run=run,
        read_only=False,
    )
    return lambda profile: tool


def principal_of(who: SecurityLayer) -> Principal:
    """Return who is speaking as the rooms of memory take it."""
    return Principal(who.tenant, who.user_id, who.display_name, cast(frozenset[Role], who.roles))
