"""Whether what was found can answer a question at all: the one it is about must be spoken of, and a value of the kind
that is asked for must stand near.

Rules, which see only plain cases: whom nobody mentioned, an age, a price, a phone number, a day or a name that stands
nowhere near the one it is asked of. When in doubt they say yes: a wrong no hides what memory knows.
"""

import re
from collections.abc import Sequence

from backend.core.context import Fact, Turn
from backend.memory.text import terms

_NUMBER = (
    r"(?:\d[\d.,]*|(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|\w+teen|twenty|thirty|forty|fifty|"
    r"sixty|seventy|eighty|ninety|hundred|thousand|million|half)\b)"
)
_KIN = (
    r"(?:wife|husband|spouse|partner|son|daughter|child|mother|father|mum|mom|dad|brother|sister|grand(?:mother|father|"
    r"son|daughter)|uncle|aunt|cousin|boss|manager|dog|cat|neighbour|neighbor|doctor|dentist)"
)
_SLOTS: tuple[tuple[re.Pattern[str], re.Pattern[str]], ...] = tuple(
    (re.compile(asked, re.IGNORECASE), re.compile(offered, re.IGNORECASE))
    for asked, offered in (
        (r"\bhow old\b|\bwhat age\b|'s age\b",
         rf"\b(?:is|'s|are|turn(?:s|ed|ing)?|aged?|he|she) {_NUMBER}|{_NUMBER} years?\b|\bborn\b"),
        (r"\bhow (?:tall|high|heavy|big is)\b",
         rf"{_NUMBER} ?(?:cm|m|kg|feet|foot|inches|centimet|met|kilo|pound)"),
        (r"\bphone\b|\bextension\b", rf"(?:{_NUMBER}\W{{1,2}}){{3}}|\d{{3,}}|\bextension {_NUMBER}"),
        (r"\bhow much (?:do|does|did|is|was|were|are|rent|money)\b.*\b(?:cost|charge|pay|paid|get|earn|rent|sell|want)"
         r"|\bfor how much\b|\bwhat (?:do|does|did)\b.*\b(?:cost|charge|quote|pay|ask for|want per)\b"
         r"|\b(?:price|rent|salary) of\b",
         rf"[€$£¥]|{_NUMBER} ?(?:k|grand|thousand|million|euro|dollar|pound|yen|percent|a (?:day|month|year)|per)"),
        (r"\bbirthday\b|\bwhen (?:is|was) \w+'s\b|\bbaby due\b",
         r"\d|\b(?:january|february|march|april|june|july|august|september|october|november|december|born)\b"),
        (r"\bwhat(?: i|')s (?:my|our) [\w ]+'s (?:\w+ )?name\b|\bwhat is the name of\b|\bsurname\b",
         rf"\b(?:called|named|names?|surname)\b|(?<=[a-z,] )[A-Z][a-z]+|\b{_KIN}(?:'s|,| is)? [a-z]+"),
    )
)  # fmt: skip
_NAME = re.compile(r"(?<=[a-z,:'] )[A-Z][^\W\d_]+")
_KIN_WORD = re.compile(rf"\b{_KIN}\b", re.IGNORECASE)
_CALENDAR = frozenset(
    terms("monday tuesday wednesday thursday friday saturday sunday january february march april may june july august "
          "september october november december christmas easter english irish german french spanish")
)  # fmt: skip
_NEAR = 10


def supported(question: str, turns: Sequence[Turn], facts: Sequence[Fact]) -> bool:
    """Tell whether what was found (best first) may hold an answer."""
    found = [turn.content for turn in turns[:_NEAR]] + [fact.text for fact in facts[:_NEAR]]
    if not found:
        return False
    named = {word for name in _NAME.findall(question) for word in terms(name)} - _CALENDAR
    kin = {word for relative in _KIN_WORD.findall(question) for word in terms(relative)}
    about = named | kin
    near = [text for text in found if not about.isdisjoint(terms(text))] if about else found
    if not near:
        if named and not kin:
            return False
        near = found
    for asked, offered in _SLOTS:
        if asked.search(question):
            return any(offered.search(text) for text in near)
    return True
