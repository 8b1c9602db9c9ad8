"""What the assistant is told where memory does not seem to answer the question, and where that stands.

A small model does as it is told in the last words that it reads, and answers from near misses whatever it was told
before. So the verdict stands behind the question, with few notes to look through. There it is heeded even where it does
not belong: who asks how to improve their CV wants help, though nothing was ever said of it. That is said at the head.
"""

import re

from backend.core import notes
from backend.core.context import EnterpriseContext
from backend.core.notes import Notes

_OPEN = re.compile(
    r"\b(?:what|which|who|whom|whose|when|where|how (?:old|many|much|long|often|far|tall|big|large|high|heavy))\b|"
    r"\b(?:what|who|when|where)['’]?s\b",  # noqa: RUF001 - the typographic apostrophe is meant
    re.IGNORECASE,
)
_ADVICE = re.compile(
    r"\b(?:should|shall|could|would|can|might|must) (?:i|we|you|one)\b|"
    r"\b(?:do|did) (?:i|we) (?:do|need|have to|best)\b|"
    r"\b(?:good|best|better|improve|recommend|suggest|advi[cs]e|ideas?|tips?|ways?)\b",
    re.IGNORECASE,
)
_OWN = re.compile(
    r"\b(?:what|who|when|where|how old)(?:['’]?s| is| was| are| were) (?:my|our)\b|"  # noqa: RUF001 - as above
    r"\b(?:what|which|who|whom|when|where|how \w+) (?:[\w'’]+ ){0,3}?"  # noqa: RUF001 - as above
    r"(?:do|does|did|have|has|had|am|are|was|were) (?:i|we|my|our)\b",
    re.IGNORECASE,
)


def told_of(context: EnterpriseContext, question: str) -> Notes:
    """Return what memory tells for a question, and the verdict on it."""
    semantic = context.semantic
    plain = asks_for_a_fact(question, anything_found=bool(semantic.passages))
    if semantic.doubtful or (semantic.unanswered and plain):
        return notes.of(context, few=True)._replace(verdict=notes.VERDICT)
    told = notes.of(context)
    return told._replace(text=f"{told.text}\n{notes.SEARCHED}".lstrip()) if semantic.unanswered else told


def asks_for_a_fact(question: str, *, anything_found: bool) -> bool:
    """Tell whether a question wants something that somebody must have said, and not advice, help or an opinion.

    anything_found: whether there is something near it. Then rules have found its answer missing; where memory is empty
    they have nothing to judge by, and the question must ask for something of the person's own.
    """
    if _OPEN.search(question) is None or _ADVICE.search(question) is not None:
        return False
    return anything_found or _OWN.search(question) is not None
