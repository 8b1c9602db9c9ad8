"""What the process holds open while it serves: made once at start-up, closed in the reverse order."""

import asyncio
import contextlib
import gc
from collections.abc import AsyncIterator
from dataclasses import dataclass

from backend.agents import own_tools, tools
from backend.agents.mcp import Servers
from backend.agents.profiles import AgentDirectory
from backend.agents.tools import Toolboxes
from backend.api.version import VERSION
from backend.audit.trail import Trail
from backend.chat.gateway import Gateway
from backend.chat.turn import Chat
from backend.core.settings import Settings
from backend.identity.gate import Gate
from backend.identity.outgoing import Outgoing
from backend.memory import extraction
from backend.memory import tools as memory_tools
from backend.memory.changes import Changes
from backend.memory.embeddings import Embedder
from backend.memory.fact_log import FactLog
from backend.memory.facts import Facts
from backend.memory.followers import Follower, Followers
from backend.memory.inquiry import Inquiry
from backend.memory.learning import Learning
from backend.memory.log import TurnLog
from backend.memory.model_pass import ModelPass
from backend.memory.recall import Memory
from backend.memory.sealing import seal_plain_rows
from backend.memory.zep.service import Zep
from backend.storage.database import Database
from backend.storage.keys import KeyRing
from backend.storage.notices import Notices
from backend.telemetry.traces import Traces
from backend.voice.elsewhere import Elsewhere
from backend.voice.switchboard import Switchboard
from backend.voice.voicelive.shared_quota import SharedQuota

COLLECT_AT = (10_000, 20, 20)
"""When the garbage collector looks at new objects, and how many times until it looks at older ones."""


@dataclass(frozen=True, slots=True)
class Services:
    """The rooms below the edge, ready for use. Routes find it at `request.app.state.services`."""

    settings: Settings
    agents: AgentDirectory
    database: Database
    gate: Gate
    trail: Trail | None
    keys: KeyRing
    memory: Memory
    inquiry: Inquiry
    zep: Zep | None
    gateway: Gateway
    toolboxes: Toolboxes
    chat: Chat
    voice: Switchboard
    changes: Changes

    async def drain(self) -> None:
        """The process is about to stop: let calls move to another replica, and those who follow a conversation go."""
        self.changes.close()
        await self.voice.drain()


@contextlib.asynccontextmanager
async def open_services(settings: Settings, agents: AgentDirectory) -> AsyncIterator[Services]:
    """Open everything; close it when the block ends: calls and answers first, the database last."""
    async with contextlib.AsyncExitStack() as stack:
        traces = Traces.open(settings, VERSION)
        stack.push_async_callback(traces.close)
        # While the database starts:
        loading = asyncio.create_task(asyncio.to_thread(Embedder.load))
        warming = asyncio.create_task(asyncio.to_thread(extraction.warm))
        importing = asyncio.create_task(asyncio.to_thread(tools.warm))
        database = await Database.open(settings)
        stack.push_async_callback(database.close)
        gate = await stack.enter_async_context(Gate.open(settings, database))
        trail = Trail.open(settings, database)
        notices = Notices(database)
        stack.push_async_callback(notices.close)
        keys = await KeyRing.open(settings, database, notices)
        await seal_plain_rows(database, keys)
        elsewhere, changes = Elsewhere(notices), Changes(notices)
        notices.start()
        await asyncio.gather(warming, importing)
        if (embedder := await loading) is not None:
            stack.callback(embedder.close)
        if (zep := Zep.open(settings, database)) is not None:
            stack.push_async_callback(zep.close)
        outgoing = Outgoing(settings)
        stack.push_async_callback(outgoing.close)
        gateway = Gateway(settings, outgoing)
        stack.push_async_callback(gateway.close)
        log = TurnLog(database, keys, notices, trail)
        facts = Facts(FactLog(database, keys, notices, trail))
        names = {agent.id: agent.name for agent in agents.all()}
        memory = Memory(log, settings, agents=names, embedder=embedder, outside=zep)
        stack.push_async_callback(memory.close)
        inquiry = Inquiry(memory, facts, names, embedder)
        servers = Servers()
        stack.push_async_callback(servers.close)
        toolboxes = Toolboxes(
            {
                memory_tools.SEARCH_MEMORY: memory_tools.search_memory(inquiry, settings.memory_scope),
                memory_tools.REMEMBER: memory_tools.remember(facts),
                own_tools.HAND_OFF: own_tools.hand_off(agents),
                own_tools.GET_TIME: own_tools.get_time(),
            },
            servers,
        )
        toolboxes.check(agents.all())
        chat = Chat(settings, agents, memory, gateway, toolboxes, traces)
        stack.push_async_callback(chat.close)
        voice = Switchboard(
            settings,
            agents,
            memory,
            outgoing,
            traces=traces,
            toolboxes=toolboxes,
            elsewhere=elsewhere,
            changes=changes,
            quota=SharedQuota(database),
        )
        stack.push_async_callback(voice.close)
        followed: list[Follower] = [Learning(facts)]
        if settings.memory_model_facts and gateway.configured:
            model = settings.azure_ai_deployment
            followed.append(ModelPass(gateway, facts, model=model, busy=lambda: voice.active_sessions > 0))
        if zep is not None:
            followed.append(zep.delivery)
        followers = Followers(database, log, followed)
        stack.push_async_callback(followers.close)
        memory.on_change = followers.nudge
        await followers.start()
        # What is here now stays: the collector need not look at it again and again. What comes is mostly gone with its
        # request, so it looks seldom: 10,000 new objects take it some tenths of a millisecond.
        gc.collect()
        gc.freeze()
        stack.callback(gc.unfreeze)
        stack.callback(gc.set_threshold, *gc.get_threshold())
        gc.set_threshold(*COLLECT_AT)
        yield Services(
            settings,
            agents,
            database,
            gate,
            trail,
            keys,
            memory,
            inquiry,
            zep,
            gateway,
            toolboxes,
            chat,
            voice,
            changes,
        )
