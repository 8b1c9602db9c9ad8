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
_RESULT = "[result of "
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
    """What the choice came to. calls: empty when no tool is to be used; say: words before them; end: what it took."""

    calls: tuple[Call, ...]
    end: ReplyEnd
    say: str = ""


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
    """Ask the brain which tool the last message calls for. Raises Busy like any reply.

    Where the last message is no word of the user (a tool's result, an instruction), the answer is words, unless a tool
    is required: small models would call it for ever.
    """
    text, end = "", ReplyEnd(0, 0, 0, "stop")
    if (asked := brain.calls(messages)) is not None:
        return Chosen(tuple(Call(name, arguments) for name, arguments in asked.calls), end, asked.say)
    if not required and (not messages or messages[-1]["role"] != "user" or _is_result(messages[-1])):
        return Chosen((), end)
    last = next((str(message["content"]) for message in reversed(messages) if message["role"] != "system"), "")
    stream = brain.reply(
        _question(last, tools, required),
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
    call = _parse(text, tools)
    return Chosen((call,) if call else (), end)


def _is_result(message: dict[str, Any]) -> bool:
    return str(message["content"]).startswith(_RESULT)


# A persona and a history make a model of 1.5 billion parameters call something on every message (8 of 9 wrong); the
# bare message after three examples that need nothing is answered rightly 8 times of 9, and four times as fast.
_EXAMPLES = ("Good morning!", "My name is Tom and I like tea.", "What is the largest planet?")


def _question(last: str, tools: list[Tool], required: bool) -> list[dict[str, Any]]:
    lines = [f"- {tool.name}: {tool.description} Arguments: {_arguments(tool)}" for tool in tools]
    examples: list[dict[str, Any]] = []
    if not required:
        lines.append(f"- {NONE}: everything else (greetings, talk, sums, common knowledge)")
        for example in _EXAMPLES:
            examples.append({"role": "user", "content": example})
            examples.append({"role": "assistant", "content": f'{{"tool":"{NONE}"}}'})
    ask = "Which tool does the user's last message need? Tools:\n" + "\n".join(lines) + "\nAnswer in compact JSON."
    return [{"role": "system", "content": ask}, *examples, {"role": "user", "content": last}]


def _arguments(tool: Tool) -> str:
    properties = tool.parameters.get("properties")
    return ", ".join(properties) if isinstance(properties, dict) and properties else "none"


def _parse(text: str, tools: list[Tool]) -> Call | None:
    # Cut off by the token bound, the text may be no JSON: then no tool is better than a broken call.
    try:
        chosen = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    if not isinstance(chosen, dict) or chosen.get("tool") not in {tool.name for tool in tools}:
        return None
    return Call(chosen["tool"], orjson.dumps(chosen.get("arguments", {})).decode())


def result_as_text(name: str, output: str) -> str:
    """What a past call gave, for a model that reads text only. The call itself is not shown: it would be imitated."""
    return f"{_RESULT}{name}] {output}"
