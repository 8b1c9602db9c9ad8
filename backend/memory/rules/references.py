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
_ONLY_IT = re.compile(r"(?:it|them)(?: at all| so much| too| really| any ?more)?(?:$| (?:but|though|and|so)\b)", _I)
_JOURNEY = re.compile(r"\b(?:honeymoon|holidays?|vacation|trip|travell?ing|away|leave|back)\b", _I)
_BEEN_IN = re.compile(r"(?:\w+ )?(?:in|at|on) (?P<where>.+)", _I)
_AS_JOURNEY = Rule("trip", "", "", when="event", sure=0.7)
_AS_TASTE = Rule("dislikes", "", "", sure=0.75)
_FRONTED = frozenset("read eat like answer open drink use watch need want take wear".split())
_NO_OBJECT = re.compile(r"(?:(?:honestly|really|at all|anymore|much|either|personally|ever|so much|too)(?: |$))*$", _I)
_A_THING = re.compile(
    r"(?:[\w-]+ ){0,2}[\w-]+[a-rt-z]s$|(?:[\w-]+ )?(?:coffee|meat|fish|powerpoint|small talk|jargon|milk|sugar|alcohol)$",
    _I,
)
_ON_A_DAY = re.compile(rf"(?:on |in |already |also )?(?:the )?{DATE}", _I)
_TIME_BEFORE = re.compile(
    r"^(?:well |and |so |it is |this is )*(?:before|after|until|till|around|during|for|by|at|on|with) ", _I
)
_A_DATE = re.compile(rf"\b(?:on|in|at|from|by|next|this) ?(?:the )?{DATE}|\btomorrow\b", _I)
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


_WANTED = re.compile(r"\b(?:i|we) (?:really |only |just |also )?(?:want|wish|need|would like)$", _I)
_PREFERS_IT = re.compile(r"\bi (?:really |much |also )?(?:prefer|like|love|appreciate)(?: it)?$", _I)
_THEY_WANT = re.compile(
    r"\b(?:he|she) (?:really |only |just |also )?(?:wants|insists|demands|asks|prefers|likes it)$", _I
)
_DONE = re.compile(
    r"(?:all |now |finally |officially |already )*(?:over|done|finish(?:ed)?|complete(?:d)?|behind us|through|cancelled|canceled|off|passed|postponed)(?:$| (?:now|at last|finally|and)\b|,)",
    _I,
)
_DONE_NOTE = re.compile(
    r"^(?P<what>(?:the |our |my )?(?:[\w-]+ )?[\w-]+) (?:over|done|finished|complete|completed|passed|cancelled|postponed|survived)$",
    _I,
)
_SO_SINCE = re.compile(
    rf"(?:now |finally |already |all )*(?:signed|approved|out|live|online|published|available|open|closed|done|finished|full[- ]time|part[- ]time|retired|on sale|in force|running|paid|ill|sick|pregnant|single|divorced|sober|vegan|clean|self-employed|freelance)"
    rf" (?:since|as of|from|until) (?:the )?{DATE}",
    _I,
)
_STAY = re.compile(
    rf"^(?P<where>(?-i:[A-Z])[\w'-]+(?: (?:of |the |de |do |da |del )*(?-i:[A-Z])[\w'-]+)*), (?:from )?(?:the )?{DATE} (?:to|until|till|-) (?:the )?{DATE}",
    _I,
)
_PLACE_FIRST = re.compile(
    r"^(?P<where>(?-i:[A-Z])[\w'-]+(?: (?-i:[A-Z])[\w'-]+)?)(?:$|, (?:my|our|with|for|to see|visiting|family|a wedding|holiday|work)\b)",
    _I,
)
_ABSENT = re.compile(
    rf"\b(?:i|we) (?:am|are|will be) (?:out|away|off|gone|on leave|on holiday|on vacation)\b.*{DATE}|\b\d{{1,2}} ?(?:-|\N{{EN DASH}}|to) ?\d{{1,2}} \w+",
    _I,
)
_ENDED = frozenset("do finish complete cancel postpone pass".split())
_NOT_THERE = re.compile(
    rf"not (?:in the office|in|here|there|available|at work|reachable|around|in town|at home|working)\b.*{DATE}", _I
)
_CHOSEN = re.compile(
    r"\b(?:finali[sz]ed|chosen|chose|picked|selected|decided on|settled on|found|got|hired|booked) (?:the|a|an|our) (?:[\w-]+ )?(?:vendor|supplier|venue|name|winner|provider|contractor|agency|caterer|tool|system|software|hotel|place|date|candidate|partner|bank|lawyer|builder|architect|band|school|nursery|car|model|printer|colou?r|title|logo)$",
    _I,
)
_A_BRAND = re.compile(r"(?:going to be |called |now )?(?P<name>(?-i:[A-Z])[\w&'-]+(?: (?-i:[A-Z])[\w&'-]+){0,3})")
_AS_CHOSEN = Rule("decision", "", "", sure=0.7)
_AS_GOAL, _AS_WISH = Rule("goal", "", "", sure=0.65), Rule("prefers", "", "", sure=0.65)
_AS_DONE, _AS_ALLERGY = Rule("event", "", "", when="event", sure=0.7), Rule("allergy", "", "", sure=0.75)
_ONLY_TO = re.compile(
    r"^(?:but |and )?(?:only |just |mainly |mostly )?to (?P<what>(?!me\b|you\b|be\b|go\b)[\w-]+(?: and [\w-]+)?)(?: only)?(?:,.*)?$",
    _I,
)


def fragment(text: str, before: str, *, said: bool, written: bool) -> Iterator[Noun]:
    """Yield what a clause without a subject of its own adds. said: it has a verb."""
    low = text.casefold()
    if (
        low.startswith("that ")
        and not low.startswith(("that they ", "that it ", "that you "))
        and (_WANTED.search(before) or _THEY_WANT.search(before))
    ):
        ours = _WANTED.search(before) is not None
        rule, kind = (_AS_GOAL, "goal") if ours else (_AS_WISH, "prefers")
        yield from (
            Noun(kind, value, rule, about="" if ours else "third") for value in values("rest", text[5:], written)
        )
    if low.startswith(("when ", "if ")) and _PREFERS_IT.search(before):
        yield from (Noun("prefers", value, _AS_WISH) for value in values("rest", text, written))
    if said:
        return
    if (found := _DONE_NOTE.match(text)) and _OCCASION.search(found["what"]):
        yield Noun("event", text, _AS_DONE)
    if (
        low.startswith(("to ", "but to ", "only to ", "just to "))
        and before.casefold().endswith("allergic")
        and (found := _ONLY_TO.match(text))
    ):
        yield from (Noun("allergy", value, _AS_ALLERGY) for value in values("simples", found["what"], written))
    if written and (stay := _STAY.match(text)):
        yield Noun("trip", stay["where"], _AS_JOURNEY)
    elif written and _ABSENT.search(before) and (place := _PLACE_FIRST.match(text)):
        yield Noun("trip", place["where"], _AS_JOURNEY)


def pointed(said: Statement, before: str, found: Sequence[Found], *, written: bool) -> Iterator[Noun]:
    """Yield what is said of the thing, the place or the occasion that was just named."""
    away = said.who == "self" and said.past and said.verb == "be" and _JOURNEY.search(before)
    if away and (been := _BEEN_IN.match(said.rest)):
        yield from (Noun("trip", place, _AS_JOURNEY) for place in values("spot", been["where"], written))
    taste = _TASTES.get((said.verb, said.denied)) if said.who == "self" and _ONLY_IT.match(said.rest) else None
    if taste and (said.mode == "can") == (said.verb in ("bear", "stand", "take")):
        for thing in [one for one in found if one.predicate in ("uses_tool", "owns")][-1:]:
            yield Noun(taste, thing.value, _AS_TASTE)
    thing_before = before.rpartition(", ")[2]
    fronted = said.who == "self" and said.denied and said.verb in _FRONTED and not said.past and before
    if fronted and _NO_OBJECT.match(said.rest) and _A_THING.match(thing_before) and parse(thing_before) is None:
        yield Noun("dislikes", thing_before, _AS_TASTE)
    if said.verb == "be" and said.mode == "" and not said.denied and said.form != "past":
        if said.who == "other" and _DONE.match(said.rest) and _OCCASION.search(said.subject):
            yield Noun("event", f"{said.subject} is {said.rest}", _AS_DONE)
        elif (said.who == "third" or said.subject.casefold() in ("it", "all of it", "everything")) and _SO_SINCE.match(
            said.rest
        ):
            yield Noun("event", said.rest, _AS_DONE, about="third" if said.who == "third" else "")
    if (
        said.passive
        and said.verb in _ENDED
        and (said.who, said.denied, said.mode) == ("other", False, "")
        and said.form != "ing"
        and _OCCASION.search(said.subject)
    ):
        yield Noun("event", f"{said.subject} is {said.phrase.split(' ')[0]}", _AS_DONE)
    if said.who == "self" and said.verb == "be" and said.form != "past" and _NOT_THERE.match(said.rest):
        yield Noun("event", said.rest, AS_EVENT)
    it_is = said.subject.casefold() == "it" and said.verb == "be" and said.form != "past" and not said.denied
    if it_is and _CHOSEN.search(before) and (name := _A_BRAND.match(said.rest)):
        yield Noun("decision", name["name"], _AS_CHOSEN)
    if (
        said.passive
        and said.mode == "will"
        and said.subject.casefold() in ("it", "that", "they")
        and _A_DATE.search(said.rest)
    ):
        yield Noun("event", said.phrase, AS_EVENT)
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
