"""The rounds of one answer: the model asks for tools, they run, it goes on; and another assistant may take over.

Rounds are bounded in number and share the answer's time. The calls of one round run side by side. What they give back
goes to the model as the protocol has it, and never into the conversation that is stored: that holds what was said.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from backend.agents.own_tools import HAND_OFF, handed_over
from backend.agents.profiles import AgentProfile
from backend.agents.tools import SECONDS, Asking, HandOver, Result, Toolbox, Toolboxes
from backend.chat.gateway import NO_OFFER, Call
from backend.chat.history import Message

MOST_ROUNDS = 4
"""Answers of the model that may ask for tools; the next one has to be words."""

BETWEEN = "\n\n"
"""What stands between words said before a tool was used and those after it."""

Prompt = Callable[[AgentProfile, str, str], list[Message]]
"""Makes the messages for an assistant: who answers, what is said of its tools, who has handed over to it."""


@dataclass(frozen=True, slots=True)
class Working:
    """A tool that the answer waits for. name: the tool's; done: it has ended, well or not."""

    name: str
    call_id: str
    done: bool
    failed: bool = False


@dataclass(frozen=True, slots=True)
class Said:
    """Words of an assistant who then handed over."""

    agent: AgentProfile
    text: str


class Rounds:
    """One answer in the making.

    agent: who answers now. messages: what the model is given next. offer: the tools it may ask for, as a part of the
    request. said: the words of those who handed over before. sources: ids of what tools found.
    deadline: loop time at which the whole answer must be there.
    """

    def __init__(
        self, agent: AgentProfile, toolboxes: Toolboxes, box: Toolbox, asking: Asking, prompt: Prompt, seconds: float
    ) -> None:
        self.agent = agent
        self.said: list[Said] = []
        self._words: list[str] = []
        self.sources: list[str] = []
        self.tokens_used: int | None = None
        self._toolboxes = toolboxes
        self._asking = asking
        self._prompt = prompt
        self._box = box
        self._round = 0
        self._clock = asyncio.get_running_loop().time
        self.deadline = self._clock() + seconds
        self.messages = prompt(agent, box.told, "")

    @property
    def offer(self) -> Mapping[str, Any]:
        """The tools on offer in this round; in the last one they are named and may not be used."""
        tools = self._box.offer
        if not tools:
            return NO_OFFER
        return {"tools": tools} if self._round < MOST_ROUNDS else {"tools": tools, "tool_choice": "none"}

    @property
    def over(self) -> bool:
        """Whether what the model asks for now is not carried out any more."""
        return self._round >= MOST_ROUNDS

    def spent(self, tokens: int | None) -> None:
        """Count what a round took."""
        if tokens is not None:
            self.tokens_used = (self.tokens_used or 0) + tokens

    def begun(self, calls: Sequence[Call]) -> list[Working]:
        """Tell which tools will be waited for."""
        return [Working(self._shown(call), call.id, done=False) for call in calls]

    def whole(self, text: str) -> str:
        """Return all that the one who answers has said, `text` last."""
        return BETWEEN.join(part for part in (*self._words, text.strip() if self._words else text) if part)

    async def carry_out(self, text: str, calls: Sequence[Call]) -> list[Working]:
        """Run the calls side by side and prepare the next round. text: what was said beside them."""
        self._round += 1
        if text.strip():
            self._words.append(text.strip())
        left = max(0.1, min(SECONDS, self.deadline - self._clock()))
        running = [
            asyncio.ensure_future(self._box.call(call.name, call.arguments, self._asking, seconds=left))
            for call in calls
        ]
        try:
            results = await asyncio.gather(*running)
        finally:
            for task in running:
                task.cancel()
        for result in results:
            self.sources.extend(result.sources)
        hand_over = next((result.hand_over for result in results if result.hand_over is not None), None)
        if hand_over is not None:
            await self._hand_over(hand_over)
        else:
            self._go_on(text, calls, results)
        return [
            Working(self._shown(call), call.id, done=True, failed=result.failed)
            for call, result in zip(calls, results, strict=True)
        ]

    def _shown(self, call: Call) -> str:
        return call.name if call.name in self._box.names else "unknown"

    def _go_on(self, text: str, calls: Sequence[Call], results: Sequence[Result]) -> None:
        asked = [
            {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
            for call in calls
        ]
        self.messages.append({"role": "assistant", "content": text or None, "tool_calls": asked})
        for call, result in zip(calls, results, strict=True):
            self.messages.append({"role": "tool", "tool_call_id": call.id, "content": result.text})

    async def _hand_over(self, hand_over: HandOver) -> None:
        before, self.agent = self.agent, hand_over.agent
        if self._words:
            self.said.append(Said(before, BETWEEN.join(self._words)))
        self._words.clear()
        # Once an answer: two who send a person back and forth would never answer.
        self._box = (await self._toolboxes.open(self.agent)).without(HAND_OFF)
        self._asking = Asking(
            self._asking.who,
            self._asking.session_id,
            self.agent.id,
            self._asking.channel,
            self._asking.turn_id,
        )
        self.messages = self._prompt(self.agent, self._box.told, handed_over(before, hand_over.reason))
