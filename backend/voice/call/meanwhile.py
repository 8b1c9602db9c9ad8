"""What is typed in chat while a call runs becomes part of the call: VoiceLive is told, and the page shows it."""

import asyncio
import logging
from collections.abc import Callable

from backend.identity.principal import Principal
from backend.memory.changes import Changes
from backend.voice.browser import messages
from backend.voice.browser.caller import Caller
from backend.voice.voicelive.leg import Leg
from backend.voice.words.keeper import ConversationMemory, Keeper

log = logging.getLogger("backend.voice")

PAUSE_S = 0.2
"""Between two looks, so that a burst of changes is one read."""


async def follow(
    changes: Changes,
    memory: ConversationMemory,
    principal: Principal,
    keeper: Keeper,
    caller: Caller,
    current: Callable[[], Leg | None],
) -> None:
    """Look after each change of the person's memory for turns of this session that the call does not know."""
    session_id, agent_id = keeper.context.episodic.session_id, keeper.context.operational.agent_id
    with changes.watch(principal) as changed:
        while True:
            await changed.wait()
            changed.clear()
            try:
                context = await memory.open_context(principal, session_id, agent_id, "voice")
            except Exception as failure:  # whatever memory raises, the call goes on; the next change is another chance
                log.warning("%s: what was typed meanwhile could not be read (%s)", session_id, type(failure).__name__)
                continue
            for turn in context.episodic.turns:
                if turn.channel == "chat" and keeper.learn(turn):
                    log.debug("%s: a turn of chat joins the call", session_id)
                    leg = current()
                    if leg is not None and turn.content.strip():
                        leg.tell(turn.id, turn.role, turn.content)
                    caller.say(messages.turn(turn))
            await asyncio.sleep(PAUSE_S)
