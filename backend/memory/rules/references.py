"""What a clause says of the one before it: "the festival, that's the eighth of august", "long letters, i don't read"."""

import re
from collections.abc import Iterator, Sequence

from backend.memory.rules.found import Found
from backend.memory.rules.grammar import Statement, parse
from backend.memory.rules.noun_fact import AS_EVENT, Noun
from backend.memory.rules.rule import Rule
from backend.memory.rules.values import DATE, values

_I = re.IGNORECASE
_TASTES = {
    ("hate", False): "dislikes", ("detest", False): "dislikes", ("like", True): "dislikes", ("bear", True): "dislikes",
    ("stand", True): "dislikes", ("take", True): "dislikes", ("love", False): "likes", ("adore", False): "likes",
}  # fmt: skip
_ONLY_IT = re.compile(r"(?:it|them)(?: at all| so much| too| really| any ?more)?$", _I)
_JOURNEY = re.compile(r"\b(?:honeymoon|holidays?|vacation|trip|travell?ing|away|leave|back)\b", _I)
_BEEN_IN = re.compile(r"(?:\w+ )?(?:in|at|on) (?P<where>.+)", _I)
_AS_JOURNEY = Rule("trip", "", "", when="event", sure=0.7)
_AS_TASTE = Rule("dislikes", "", "", sure=0.75)
_FRONTED = frozenset("read eat like answer open drink use watch need want take wear".split())  # noqa: SIM905
_NO_OBJECT = re.compile(r"(?:(?:honestly|really|at all|anymore|much|either|personally|ever|so much|too)(?: |$))*$", _I)
_A_THING = re.compile(
    r"(?:[\w-]+ ){0,2}[\w-]+[a-rt-z]s$|(?:[\w-]+ )?(?:coffee|meat|fish|powerpoint|small talk|jargon|milk|sugar|alcohol)$",
    _I,
)
_ON_A_DAY = re.compile(rf"(?:on |in |already |also )?(?:the )?{DATE}", _I)
_TIME_BEFORE = re.compile(
    r"^(?:well |and |so |it is |this is )*(?:before|after|until|till|around|during|for|by|at|on|with) ", _I
)
_OCCASION = re.compile(
    r"\b(?:festival|wedding|party|event|conference|fair|exam|exams|audit|launch|opening|race|match|final|concert|show|exhibition|inspection|deadline|trial|pilot|holiday|holidays|surgery"
    r"|operation|funeral|election|meeting|review|workshop|training|hearing|graduation|premiere|parade|market|harvest|move|visit|payment|delivery|retreat|camp|tournament|anniversary|ceremony"
    r"|kick-?off|go-?live|summit|hackathon|reception|interview|appointment|demo|presentation|rehearsal|performance|recital|trip|season|sale|course)\b",
    _I,
)


_DO_IT = re.compile(r"do (?:it|this|that) (?P<rest>.+)", _I)


def resolved(value: str, before: str) -> str:
    """Return what "do this until friday" is to be, where the clause before tells what is to be done."""
    found = _DO_IT.fullmatch(value)
    earlier = parse(before) if found and before else None
    if found is None or earlier is None or earlier.who != "self" or earlier.mode not in ("must", "want", "will"):
        return value
    return f"{earlier.phrase} {found['rest']}"


def pointed(said: Statement, before: str, found: Sequence[Found], *, written: bool) -> Iterator[Noun]:
    """Yield what is said of the thing, the place or the occasion that was just named."""
    away = said.who == "self" and said.past and said.verb == "be" and _JOURNEY.search(before)
    if away and (been := _BEEN_IN.match(said.rest)):
        yield from (Noun("trip", place, _AS_JOURNEY) for place in values("spot", been["where"], written))
    taste = _TASTES.get((said.verb, said.denied)) if said.who == "self" and _ONLY_IT.match(said.rest) else None
    if taste and (said.mode == "can") == (said.verb in ("bear", "stand", "take")):
        for thing in [one for one in found if one.predicate in ("uses_tool", "owns")][-1:]:
            yield Noun(taste, thing.value, _AS_TASTE)
    fronted = said.who == "self" and said.denied and said.verb in _FRONTED and not said.past and before
    if fronted and _NO_OBJECT.match(said.rest) and _A_THING.match(before) and parse(before) is None:
        yield Noun("dislikes", before, _AS_TASTE)
    dated = said.verb == "be" and said.subject.casefold() in ("that", "it", "this", "which") and before
    if dated and said.form != "past" and not said.denied and said.mode in ("", "will") and _ON_A_DAY.match(said.rest):
        if earlier := parse(before):
            if (
                earlier.who == "self"
                and earlier.form in ("base", "ing")
                and not earlier.denied
                and earlier.verb not in ("be", "have", "think", "know")
            ):
                yield Noun("event", f"{earlier.phrase}, {said.rest}", AS_EVENT)
        elif _OCCASION.search(before):
            yield Noun("event", f"{_TIME_BEFORE.sub('', before)} is {said.rest}", AS_EVENT)
