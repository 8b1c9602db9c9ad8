"""The gateway as the model pass of memory asks it: an answer bound by a JSON schema, at temperature 0."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from backend.chat.gateway import Completion
from backend.chat.history import Message
from backend.core.problems import Problem


class Answering(Protocol):
    """What is needed of the gateway; `Gateway` is it."""

    async def complete(
        self, messages: Sequence[Message], *, model: str, max_tokens: int, extra: Mapping[str, Any] | None = None
    ) -> Completion:
        """Return a whole answer. Raises `Problem`."""
        ...


class FactModel:
    """`memory.model_pass.Model` over the gateway. model: the deployment's name."""

    def __init__(self, gateway: Answering, model: str) -> None:
        self._gateway = gateway
        self._model = model
        self._sampling: dict[str, Any] = {"temperature": 0}

    async def complete_json(
        self, messages: Sequence[Mapping[str, str]], *, schema: Mapping[str, Any], max_tokens: int
    ) -> str:
        """Return the answer. Raises `Problem` as the gateway does.

        Models that reason refuse a temperature: after the first refusal that goes away without one, none is sent.
        """
        given = [dict(message) for message in messages]
        bound = {"type": "json_schema", "json_schema": {"name": "facts", "schema": dict(schema), "strict": True}}
        try:
            return await self._complete(given, max_tokens, {"response_format": bound, **self._sampling})
        except Problem as refused:
            if refused.status != 422 or not self._sampling:
                raise
            answer = await self._complete(given, max_tokens, {"response_format": bound})
            self._sampling = {}
            return answer

    async def _complete(self, messages: list[Message], max_tokens: int, extra: Mapping[str, Any]) -> str:
        return (await self._gateway.complete(messages, model=self._model, max_tokens=max_tokens, extra=extra)).text
