"""Function calls for models that were not taught to make them: a choice bound by a JSON schema.

The brain is asked once, with a schema that allows exactly the tools on offer (each with its own arguments) or none.
So a call is always well formed, with any model.
"""

from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

import orjson

from .brains import Brain, ReplyDelta, ReplyEnd

NONE = "none"
_ARGUMENT_TOKENS = 256


@dataclass(frozen=True, slots=True)
class Tool:
    """A function on offer. parameters: JSON schema of its arguments (an object)."""

    name: str
    description: str
    parameters: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Call:
    """A chosen function. arguments: JSON text."""

    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Chosen:
    """What the choice came to. call: None when no tool is to be used; end: what it took."""

    call: Call | None
    end: ReplyEnd


def tools_of(declared: list[dict[str, Any]]) -> list[Tool]:
    """Function tools in the form of either protocol ({"function": {…}} or flat); others are left out."""
    found = []
    for tool in declared:
        function = tool.get("function", tool)
        if tool.get("type") == "function" and isinstance(function, dict) and function.get("name"):
            parameters = function.get("parameters") or {"type": "object", "properties": {}}
            found.append(Tool(str(function["name"]), str(function.get("description") or ""), parameters))
    return found


def offered(tools: list[Tool], choice: Any) -> tuple[list[Tool], bool]:
    """Which tools `tool_choice` leaves on offer, and whether one of them must be used.

    choice: "auto", "none", "required", None, or the selection of one function in the form of either protocol.
    Raises KeyError when it selects a function that was not declared.
    """
    if choice == NONE or not tools:
        return [], False
    if isinstance(choice, dict):
        name = (choice.get("function") or choice).get("name")
        selected = [tool for tool in tools if tool.name == name]
        if not selected:
            raise KeyError(name)
        return selected, True
    return tools, choice == "required"


def choice_schema(tools: list[Tool], required: bool) -> dict[str, Any]:
    """JSON schema of {"tool": name, "arguments": {…}}, one branch a tool, and {"tool": "none"} unless required."""
    branches: list[dict[str, Any]] = [
        {
            "type": "object",
            "properties": {"tool": {"const": tool.name}, "arguments": tool.parameters},
            "required": ["tool", "arguments"],
            "additionalProperties": False,
        }
        for tool in tools
    ]
    if not required:
        branches.append(
            {
                "type": "object",
                "properties": {"tool": {"const": NONE}},
                "required": ["tool"],
                "additionalProperties": False,
            }
        )
    return branches[0] if len(branches) == 1 else {"anyOf": branches}


async def choose(brain: Brain, messages: list[dict[str, Any]], tools: list[Tool], required: bool) -> Chosen:
    """Ask the brain which tool the conversation calls for. Raises Busy like any reply."""
    lines = [f"- {tool.name}: {tool.description} Arguments: {orjson.dumps(tool.parameters).decode()}" for tool in tools]
    ask = "Tools:\n" + "\n".join(lines) + "\nAnswer in JSON which tool to use now, with its arguments"
    ask += "." if required else f', or {{"tool": "{NONE}"}} if the last message can be answered without one.'
    text, end = "", ReplyEnd(0, 0, 0, "stop")
    stream = brain.reply(
        [*messages, {"role": "system", "content": ask}],
        max_tokens=_ARGUMENT_TOKENS,
        temperature=0.0,
        schema=choice_schema(tools, required),
    )
    async with aclosing(stream) as pieces:  # type: ignore[type-var]
        async for piece in pieces:
            if isinstance(piece, ReplyDelta):
                text += piece.text
            else:
                end = piece
    return Chosen(_parse(text, tools), end)


def _parse(text: str, tools: list[Tool]) -> Call | None:
    # Cut off by the token bound, the text may be no JSON: then no tool is better than a broken call.
    try:
        chosen = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    if not isinstance(chosen, dict) or chosen.get("tool") not in {tool.name for tool in tools}:
        return None
    return Call(chosen["tool"], orjson.dumps(chosen.get("arguments", {})).decode())


def call_as_text(name: str, arguments: str) -> str:
    """A past call, for a model that reads text only."""
    return f"[use of {name}] {arguments}"


def result_as_text(name: str, output: str) -> str:
    """What a past call gave, for a model that reads text only."""
    return f"[result of {name}] {output}"
