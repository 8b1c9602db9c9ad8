"""Learning by rules, as a follower of the log: what was said a moment ago becomes facts."""

from collections.abc import Sequence

from backend.core.context import Turn
from backend.identity.principal import Principal
from backend.memory.facts import Facts


class Learning:
    """Gives turns to the rules."""

    name = "rules"
    eager = True

    def __init__(self, facts: Facts) -> None:
        self._facts = facts

    async def take(self, principal: Principal, turns: Sequence[Turn], *, deleted: bool) -> None:
        """Learn from turns. What deleted ones said is already gone: the log takes their facts with them."""
        await self._facts.learn(principal, turns)
