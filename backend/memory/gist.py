"""The gist of what has fallen out of a long conversation's window: its most telling statements, word for word.

Chosen much as SumBasic does (Nenkova and Vanderwende, 2005): the statement whose words are the most frequent in the
whole comes first, then those words count less, so that the next one says something else. Nothing is written anew: a
summary that a model writes may say what nobody said, and this one is quoted and dated like all else that memory tells.
"""

from collections import Counter
from collections.abc import Sequence

from backend.core.context import Turn
from backend.core.tokens import tokens
from backend.memory.text import statements, terms

LONGEST = 400
"""Turns looked at, the latest ones; choosing among them takes about 20 ms."""

_SHORTEST = 3  # different index terms; less says nothing
_ASSISTANT = 0.6  # what an assistant said is mostly drawn from what the user said


def gist(turns: Sequence[Turn], *, token_budget: int) -> list[Turn]:
    """Return the turns that tell most of `turns` (in the order they were said) within `token_budget`, in that order."""
    words = {turn.id: set(terms(" ".join(statements(turn.content)))) for turn in turns[-LONGEST:]}
    candidates = [turn for turn in turns[-LONGEST:] if len(words[turn.id]) >= _SHORTEST]
    frequency = Counter(word for turn in candidates for word in words[turn.id])
    # What only one turn says tells little of the whole.
    weight = {word: count - 0.5 for word, count in frequency.items()}
    chosen: list[Turn] = []
    told: set[str] = set()
    while candidates:
        best = max(candidates, key=lambda turn: _score(turn, words[turn.id], weight))
        candidates.remove(best)
        cost = tokens(best.content)
        if cost > token_budget or words[best.id] <= told:
            continue
        token_budget -= cost
        chosen.append(best)
        told |= words[best.id]
        for word in words[best.id]:
            weight[word] /= 2  # squared, as in the paper, small talk wins in a short text
    return sorted(chosen, key=lambda turn: (turn.said_at, turn.seq))


def _score(turn: Turn, words: set[str], weight: dict[str, float]) -> float:
    mean = sum(weight[word] for word in words) / len(words)
    return mean * (1.0 if turn.role == "user" else _ASSISTANT)
