"""What the process holds open while it serves: made once at start-up, closed in the reverse order."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass

from backend.agents.profiles import AgentDirectory
from backend.chat.gateway import Gateway
from backend.chat.turn import Chat
from backend.core.settings import Settings
from backend.memory.log import TurnLog
from backend.memory.recall import Memory
from backend.memory.sealing import seal_plain_rows
from backend.storage.database import Database
from backend.storage.keys import KeyRing
from backend.storage.notices import Notices
from backend.voice.switchboard import Switchboard


@dataclass(frozen=True, slots=True)
class Services:
    """The rooms below the edge, ready for use. Routes find it at `request.app.state.services`."""

    settings: Settings
    agents: AgentDirectory
    database: Database
    keys: KeyRing
    memory: Memory
    gateway: Gateway
    chat: Chat
    voice: Switchboard


@contextlib.asynccontextmanager
async def open_services(settings: Settings, agents: AgentDirectory) -> AsyncIterator[Services]:
    """Open everything; close it when the block ends: calls and answers first, the database last."""
    async with contextlib.AsyncExitStack() as stack:
        database = await Database.open(settings)
        stack.push_async_callback(database.close)
        notices = Notices(database)
        stack.push_async_callback(notices.close)
        keys = await KeyRing.open(settings, database, notices)
        await seal_plain_rows(database, keys)
        notices.start()
        memory = Memory(TurnLog(database, keys, notices), settings)
        stack.push_async_callback(memory.close)
        gateway = Gateway(settings)
        stack.push_async_callback(gateway.close)
        chat = Chat(settings, agents, memory, gateway)
        stack.push_async_callback(chat.close)
        voice = Switchboard(settings, agents, memory)
        stack.push_async_callback(voice.close)
        yield Services(settings, agents, database, keys, memory, gateway, chat, voice)
