"""What is worth keeping of what the rules find: which values are none, and which predicates say the same."""

import re

from backend.memory.rules.speech import QUOTED
from backend.memory.rules.values import DATED
from backend.memory.rules.words import COMMON
from backend.memory.text import terms

SAME = {
    "event": frozenset(
        (
            "trip",
            "deadline",
            "child",
            "birthday",
            "budget",
            "meeting",
            "commitment",
            "employer",
            "lives_in",
            "decision",
            "spouse",
            "owns",
            "hobby",
            "diet",
            "goal",
            "age",
            "role",
            "event",
        )
    ),
    "amount": frozenset(
        ("commitment", "budget", "age", "deadline", "child", "pet", "phone", "prefers", "owns", "goal")
    ),
    "role": frozenset(("decision",)),
    "prefers": frozenset(("prefers", "decision", "likes")),
    "deadline": frozenset(("birthday", "meeting", "lives_in", "deadline", "goal")),
    "budget": frozenset(("budget",)),
    "meeting": frozenset(("meeting", "deadline")),
    "likes": frozenset(("hobby",)),
    "works_on": frozenset(("works_on",)),
    "owns": frozenset(("pet", "child", "budget")),
    "decision": frozenset(("decision", "budget", "lives_in", "employer", "uses_tool", "deadline", "diet", "event")),
    "uses_tool": frozenset(("uses_tool", "lives_in")),
    "goal": frozenset(("goal",)),
    "commitment": frozenset(("commitment",)),
    "trip": frozenset(("trip", "decision")),
}
"""Predicates that say the same of one clause: the one read first stands."""

PLANNED = frozenset(("deadline", "commitment", "meeting", "trip", "event"))
"""Predicates whose date lies ahead where its words allow both."""

ACQUAINTED = frozenset(("colleague", "friend", "manager", "spouse", "child", "parent", "sibling"))
"""What one person is to another: one of them is enough."""

WISHES = frozenset(("prefers", "likes", "dislikes", "decision", "commitment", "goal"))
"""What a text that gives orders says nothing about: it may be planted."""

_COMMANDING = re.compile(
    r"\b(?:ignore|disregard|override|instructions?|system prompt|your rules?|guidelines?|jailbreak|developer mode"
    r"|pretend|you are now|you must|reveal|password|secret|execute|prompt|api key|act as|forget everything)\b",
    re.IGNORECASE,
)
_NOTHING = frozenset(
    ("a lot", "nothing", "home", "work", "here", "there", "somewhere", "something", "someone", "it", "that", "project",
     "a project", "the project", "new project", "a new project", "things", "stuff", "myself")
)  # fmt: skip
HANGING = (" a", " an", " the", " or", " of", " so", " now", " and", " with", " in", " at", " on", " for", " from", " to", " by",
           " but", " if", " because", " when", " that", " is", " are", " me", " as", " than", " my", " our", " your", " his", " her", " their")  # fmt: skip
"""Words with which no count ends."""
PAST_TIME = re.compile(r"\b(?:last (?:week|month|year|night|\w+day|time|summer|winter)|yesterday|ago)\b", re.IGNORECASE)
"""What is no commitment, for it is over."""
INITIAL = re.compile(r" [A-Z]\.?$")
"""A letter at the end of a first name: "Brenda K."."""
_GREETING = re.compile(
    r"(?:the |my |our )?(?:compliments|happy|merry|greetings|congratulations|best wishes|good (?:morning|evening|luck)|cheers)\b",
    re.IGNORECASE,
)
_NO_EVENT = re.compile(
    r"(?:the |my |our )?(?:new |old |private )?(?:phone |mobile |e-?mail )?(?:number|e-?mail|address|mobile)\b|\w+days? (?:is |are )?(?:closed|open|off|free)$"
    r"|lost (?:a tooth|the way|my way|count|track|interest|patience)\b",
    re.IGNORECASE,
)
"""Contacts, opening hours, trifles."""
_EXAGGERATED = re.compile(
    r"(?:an? |about an? |one )?(?:hundred(?: and ten)?|100|110|1000|thousand|million|dozen)s? ?(?:percent|%|times|things|questions|reasons|e?mails|years|miles|ideas|words|degrees)(?: .*)?"
)
_LONGEST = 160  # characters
_OLDEST = 120
_LEAST_OF_EVENT = 1  # index terms besides the date


def commanding(value: str) -> bool:
    """Tell whether a text reads like an instruction to an assistant; such a value is never kept."""
    return _COMMANDING.search(value) is not None


def worth_keeping(predicate: str, value: str, subject: str, *, dated: bool) -> bool:
    """Tell whether a value says something. dated: it was found by its date, which then is not all there may be."""
    low = value.casefold()
    if not value or len(value) > _LONGEST or low in _NOTHING or low == subject.casefold() or QUOTED in value:
        return False
    if commanding(value) or not terms(value):
        return False
    if predicate == "age" and " " not in low:
        return low.isalpha() or "-" in low or (low.isdigit() and int(low) <= _OLDEST)
    if predicate == "amount" and _EXAGGERATED.fullmatch(low):
        return False
    if predicate == "commitment" and " " not in value:
        return False  # "i promised anke", who is told next what
    if predicate == "team" and low in ("team", "department", "office", "company", "group", "unit"):
        return False
    if predicate == "name":
        return not (value.isupper() and len(value) > 3)  # "I AM DONE"
    if predicate == "event" and (_GREETING.match(value) or _NO_EVENT.match(value)):
        return False
    if predicate == "event" and dated:  # "the picture | i made last week"
        return len(terms(DATED.sub("", value))) >= _LEAST_OF_EVENT
    return True


def apart(value: str, other: str) -> bool:
    """Tell whether two values have no word that counts in common: "drop the diary and go with Hive" decides twice."""
    return not (set(value.split()) & set(other.split()) - COMMON)


def within(value: str, other: str) -> bool:
    """Tell whether the words of a value stand in another."""
    return value == other or f" {value} " in f" {other} "
