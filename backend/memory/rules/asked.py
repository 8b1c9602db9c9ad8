"""What a question gives its answer: who holds an office, how old children are, by when, how much, what it is about.

Each function reads the assistant's question and the clauses of the reply, and yields nouns; `answering.py` calls them.
"""

import re
from collections.abc import Iterator, Mapping, Sequence

from backend.memory.rules.clauses import Clause
from backend.memory.rules.grammar import parse
from backend.memory.rules.life import FOODS
from backend.memory.rules.noun_fact import AS_AMOUNT, AS_BUDGET, AS_COLLEAGUE, AS_DEADLINE, AS_ROLE, Noun, a_rule
from backend.memory.rules.occupations import ROLES
from backend.memory.rules.rule import KIN, singular
from backend.memory.rules.values import DATE, MONEY, NUMBER, nameable, values
from backend.memory.rules.work import TOOLS

_I = re.IGNORECASE
_WHO_IS_THE = re.compile(
    rf"\bwho (?:is|are|was|will be|would be|'s) (?:the|your|our|their) (?:new |current )?(?P<role>{ROLES}|contact(?: person)?|landlord|supplier)\b(?! (?:at|of) (?!the\b|your\b))",
    _I,
)
_FIRST_NAMES = re.compile(r"(?:it is |that is |that would be |still |now )?(?P<names>.+)", _I)
_HOW_OLD = re.compile(
    r"\bhow old (?:are|is) (?:they|the (?:kids|children|girls|boys|two)|your (?:kids|children|girls|boys|daughters|sons))\b",
    _I,
)
_AGES = re.compile(
    rf"^(?:they are |now )?(?P<ages>{NUMBER}(?:(?:, | and |, and ){NUMBER}){{1,5}})(?:$| (?:now|years|and|so)\b)", _I
)
_CAPITAL = re.compile(r"\b[A-Z][\w'-]+")

_BY_WHEN = re.compile(
    r"\bby when\b|\bwhen (?:must|should|shall|would|will|does|do|did|is|are|has|have|can|could) (?:you (?:like|want|need) )?(?:it|this|that|they|the (?!(?:meeting|call|wedding|party|exam|trip|holiday|birthday|baby|next)\b)[\w -]+?|all [\w ]+|everything|your (?!(?:birthday|wife|husband|holiday|flight|trip|exam|leave)\b)[\w-]+)"
    r"(?: (?:have|has|need|needs))?(?: to)? (?:be (?:in|on|out|ready|done|live|there|finished|sent|submitted|delivered|up|over|open|online|complete)|run|work|begin|start|change|go|finish|end|open|close|launch|move|happen|arrive|come|out|due|ready|done|take effect|switch|stop)\b"
    r"|\bwhen (?:do|would|will|should|must|can|did) (?:you|we) (?:(?:want|like|need|have|plan|hope|intend|aim) )?(?:to )?(?:go live|launch|open|start|begin|finish|submit|deliver|ship|publish|switch|move in|roll it out|roll out|hand it in|be ready|be done|have it|print|migrate)\b"
    r"|\bwhen is (?:it|that|this) (?:out|due|on|to be)\b|\bwhat(?: is|'s) the (?:deadline|date)\b|\bis there an? (?:date|deadline)\b|\buntil when\b|\bwhen do you need\b|\bwhen would you like\b",
    _I,
)
_SO = re.compile(
    rf"\b(?:so|say|that is|call it|let us say|make it|means|latest|by)(?: (?:that is|like|say|by|about|around|until|before|the))* (?P<value>{DATE})",
    _I,
)
_A_DATE = re.compile(rf"\b(?P<value>{DATE})", _I)
_NO_DAY = re.compile(
    r"(?:today|now|yesterday|this (?:week|month|year)|last \w+|easter|christmas|eid|ramadan|diwali)$", _I
)

_SPEND = re.compile(
    r"\bwhat(?: is|'s) the budget\b|\bhow (?:big|large) is the budget\b|\b(?:like|want|able|afford|willing|plan|have|allowed|going) to (?:spend|pay|invest)\b|\bwhat (?:may|can|must|should|would|will) it cost\b|\bwhat does .* want to spend\b|\b(?:and|about) the (?:money|budget)\b|\bis there (?:any )?(?:money|budget|a budget)\b|\bhow much (?:can|may|could|would|should) (?:you|it|we) (?:spend|cost|pay)\b",
    _I,
)
_SUM = re.compile(
    rf"\b(?P<value>{MONEY}|{NUMBER} ?(?:thousand|million|grand|k|lakhs?|crores?)\b)(?! (?:\w+ )?(?:more|extra|additional|on top|less)\b)",
    _I,
)

_HELP = re.compile(
    r"\b(?:how (?:can|may) i help|what (?:can|may) i (?:do|help|take)|what brings you|what is the (?:trouble|matter|problem|task|plan|job)|what do you need|where does it hurt|what are (?:you|we) working on"
    r"|what (?:shall|should|can|will) we (?:work on|do|tackle|start with|look at|begin with)|what(?: is|'s) (?:on your mind|it about|next|keeping you busy|up|coming up)|what (?:comes|is) next|what would you like (?:help with|to do|to work on)|what is next for)\b",
    _I,
)
_ABOUT = (
    re.compile(
        r"^(?:well |so |mainly |mostly |just )*(?P<value>(?:the|my|our) (?:[\w-]+ ){0,3}?[\w-]+)(?: (?:if you can|please|mainly|mostly|again|as always|as usual|thing)| i (?:need|want)\b.*|$)",
        _I,
    ),
    re.compile(
        r"^(?:well |so )*it is (?:all |mainly |mostly |about |just )*(?P<value>(?:the|my|our) (?!same\b|usual\b|first\b|last\b|other\b|weather\b|end\b|truth\b|best\b)(?:[\w-]+ ){0,3}?[\w-]+)$",
        _I,
    ),
    re.compile(
        r"^(?:the|my|our) (?P<value>(?:[\w-]+ ){0,2}?[\w-]+) (?:is|are) (?:a|an|such a|in a|complete|total|pure)? ?(?:complete |total |real |bit of a )?(?:mess|nightmare|chaos|disaster|pain|shambles|catastrophe|problem|headache|circus)\b",
        _I,
    ),
    re.compile(
        r"^(?:the|my|our) (?P<value>(?:[\w-]+ ){0,2}?[\w-]+) (?:is|are) (?:killing|driving|drowning|eating) (?:me|us)\b",
        _I,
    ),
    re.compile(
        r"^we (?:must|have to|need to|want to|should) (?P<value>(?!(?:talk|speak|go|be|have|know|think|wait|see|get)\b)[\w-]+ (?:the|our|all|a|an|my) [\w' -]+)$",
        _I,
    ),
)
_NEED_HELP = re.compile(
    r"\b(?:need|want|would like|could use|looking for)(?: some| a bit of| your| a)? (?:help|hand|support|advice) (?:with|on) (?P<value>(?!(?:it|that|this|something|a few|some)\b)(?:the |my |our |a |an )?[\w' -]+?)(?=$|,| (?:please|and|if|because|so|by|before|until)\b)",
    _I,
)

_AMOUNT_ASKED = re.compile(
    r"\bhow (?:many|much|far|big|large|long)\b|\bwhat (?:is|are) (?:the (?:figure|number|count|losses|numbers)|it now)\b|\bwhere (?:are|do) (?:you|we) (?:stand|now)\b|\bhow (?:is|are) the\b|\band (?:the )?[\w ]+\?$",
    _I,
)
_FIRST_NUMBER = re.compile(
    rf"^(?:about |around |now |only |just |already |roughly |nearly |almost |currently |at |it is |still |down to |up to |well |like )*(?P<value>{NUMBER}(?: ?(?:%|percent|per cent))?)(?=$|[,.]| (?:and (?:falling|rising|counting|growing|a half)|as of|so far|now|left|to go|already|this|last|by|or so|open|today|after|in total|all told|altogether|at the moment|for)\b| and [\w-]+ (?:is|says|has|will|wants|thinks|said)\b)",
    _I,
)
_SO_NUMBER = re.compile(
    rf"\b(?:so|that makes|that is|makes|makes it|which is|leaves|leaving) (?P<value>{NUMBER}(?! ?(?:percent|%|am|pm|o'clock|days|weeks|months|years|hours|minutes|thirty\b)))$",
    _I,
)
_CLOCK = re.compile(r"\bwhen\b|\bwhat time\b|\bwhich (?:day|date|time)\b|\bhow old\b|\bage\b", _I)

_THEM = re.compile(r"\b(?:she|her)\b", _I), re.compile(r"\b(?:he|his|him)\b", _I)
_WOMEN = frozenset(
    [
        "wife",
        "girlfriend",
        "daughter",
        "sister",
        "mother",
        "mum",
        "mom",
        "mam",
        "missus",
        "granddaughter",
        "aunt",
        "niece",
        "grandmother",
        "gran",
        "nan",
        "fiancee",
        "girl",
    ]
)
_MEN = frozenset(
    [
        "husband",
        "boyfriend",
        "son",
        "brother",
        "father",
        "dad",
        "grandson",
        "uncle",
        "nephew",
        "grandfather",
        "grandad",
        "fiance",
        "boy",
    ]
)
_PETS = frozenset("dog cat puppy kitten horse rabbit pony".split())
_NAME_FIRST = re.compile(r"^(?P<name>[^\W\d_][\w'-]+)(?:,? (?:aye|yes|yeah|is|has|will|still))?(?:$|[,.]| )", _I)


def office(question: str, lead: Sequence[Clause], *, written: bool) -> Iterator[Noun]:
    """Yield who holds the office that was asked about: "And who is the secretary?" "Makena!"."""
    if (asked := _WHO_IS_THE.search(question)) and asked["role"].casefold() not in KIN:
        said = _FIRST_NAMES.match(lead[0].text)
        for name in values("person", said["names"] if said else "", written)[:1]:
            if written or len(lead[0].text.split()) <= 3 + len(name.split()):
                yield Noun("colleague", name, AS_COLLEAGUE)
                yield Noun("role", asked["role"], AS_ROLE, about=name)


def ages(said: str, question: str, lead: Sequence[Clause], known: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield the children whom the assistant has just named, with the ages that are given in the same order."""
    if not _HOW_OLD.search(question) or not (found := _AGES.match(lead[0].text)):
        return
    names = [name for name in _CAPITAL.findall(said) if known.get(name.casefold()) == "child"]
    names = names or [name for name, what in known.items() if what == "child" and name not in KIN]
    told = re.split(r", and |, | and ", found["ages"])
    if len(names) == len(told):
        yield from zip(names, told, strict=True)


def due(question: str, cut: Sequence[Clause], *, already: bool) -> Iterator[Noun]:
    """Yield the day that answers "by when?": of several the one that is concluded ("so say the middle of july"). already: one was read."""
    if not _BY_WHEN.search(question):
        return
    told = [clause.text for clause in cut[:5] if not clause.asks and not clause.reported]
    for text in told:
        if (found := _SO.search(text)) and not _NO_DAY.match(found["value"]):
            yield Noun("deadline", found["value"], AS_DEADLINE)
            return
    for text in told[:3] if not already else ():
        if (found := _A_DATE.search(text)) and not _NO_DAY.match(found["value"]):
            yield Noun("deadline", found["value"], AS_DEADLINE)
            return


_ITS_DAY = re.compile(r"\bwhen is (?:it|that|yours|his|hers)\b|\bwhich day\b", _I)
_BIRTHDAY = re.compile(r"\bbirthday\b", _I)


def birthday(said: str, question: str, lead: Sequence[Clause]) -> Iterator[Noun]:
    """Yield the day that answers "when is it?" where a birthday was spoken of."""
    if _ITS_DAY.search(question) and _BIRTHDAY.search(said[-120:]) and (found := _A_DATE.search(lead[0].text)):
        yield Noun("birthday", found["value"], a_rule("birthday", 0.75))


def money(question: str, cut: Sequence[Clause]) -> Iterator[Noun]:
    """Yield the sum that answers what may be spent, also where it is "maybe thirty thousand"."""
    if _SPEND.search(question):
        for clause in cut[:3]:
            if not clause.asks and (found := _SUM.search(clause.text)):
                yield Noun("budget", found["value"].strip(" ,."), AS_BUDGET)
                return


def topic(question: str, lead: Sequence[Clause]) -> Iterator[Noun]:
    """Yield what it is about in answer to "how can I help?": "the rota if you can"."""
    if not _HELP.search(question):
        return
    for clause in lead:
        if clause.asks or clause.reported:
            continue
        alone = clause is lead[-1]
        for pattern in _ABOUT:
            found = pattern.match(clause.text)
            if (
                found
                and (pattern is not _ABOUT[0] or parse(found["value"]) is None)
                and (alone or found.end() != found.end("value") or pattern is not _ABOUT[0])
            ):
                yield Noun("works_on", found["value"], a_rule("works_on", 0.65))
                return


def help_with(text: str) -> Iterator[Noun]:
    """Yield what somebody says that they need help with."""
    if found := _NEED_HELP.search(text):
        yield Noun("works_on", found["value"], a_rule("works_on", 0.7))


_TOOL_ASKED = re.compile(
    r"\b(?:which|what) (?:[\w-]+ ){0,2}(?:software|tools?|systems?|apps?|programs?|programmes?|platforms?)\b|\bwhat do you (?:use|work with|draw with|keep it in)\b|\bwhere do you (?:keep|track|store|log|write)\b",
    _I,
)
_A_TOOL = re.compile(rf"\b(?P<value>{TOOLS})\b", _I)
_EATS = re.compile(rf"\bdo you (?:eat|drink|take|have) (?P<what>{FOODS}|coffee|tea|alcohol|wine|sugar|milk)\b", _I)
_NO = re.compile(r"(?:no|nope|never|not|nah|i do not|naw)\b", _I)
_IS_ONE = re.compile(
    r"\bare you (?:a )?(?P<what>vegetarian|vegan|pescatarian|coeliac|celiac|lactose intolerant|teetotal)\b", _I
)
_YES = re.compile(r"(?:yes|yeah|yep|i am|aye|sure|mostly|for \w+ years|since)\b", _I)
_LIKED = re.compile(
    r"\bwhat do you (?:like|love|enjoy)(?: most| best| about (?!(?:it|the (?:idea|plan|draft|text|design|offer|proposal))\b)[\w ]+)?\?",
    _I,
)
_DISLIKED = re.compile(
    r"\bwhat (?:do you (?:hate|dislike)|do(?: not|n't) you like|annoys you|bothers you|drives you (?:mad|crazy))\b|\bpet (?:hate|peeve)",
    _I,
)
_OF_ITSELF = re.compile(
    r"(?!(?:i|we|you|he|she|they|it|that|this|nothing|everything|not|no|yes|well|the way|when|how)\b)[\w' -]{3,50}$", _I
)


def known_by_question(question: str, text: str, lead: Sequence[Clause]) -> Iterator[Noun]:
    """Yield what a question names and its answer affirms or denies: tools, food, taste. text: the reply, made plain."""
    if _TOOL_ASKED.search(question):
        for found in _A_TOOL.finditer(lead[0].text):
            yield Noun("uses_tool", found["value"], a_rule("uses_tool", 0.7))
    if (eats := _EATS.search(question)) and _NO.match(text):
        yield Noun("diet", f"no {eats['what']}", a_rule("diet", 0.75))
    if (one := _IS_ONE.search(question)) and _YES.match(text):
        yield Noun("diet", one["what"], a_rule("diet", 0.75))
    for asked, predicate in ((_LIKED, "likes"), (_DISLIKED, "dislikes")):
        if asked.search(question) and _OF_ITSELF.match(lead[0].text) and not lead[0].asks:
            yield Noun(predicate, lead[0].text, a_rule(predicate, 0.65))


_THEIR_JOB = re.compile(
    r"\bwhat (?:does (?:he|she|(?-i:[A-Z])[\w'-]+) do(?: for a living| there| at \w+)?|(?:is|'s) (?:his|her) (?:job|role|work|profession|line of work|trade))\?",
    _I,
)


def job_of(question: str, lead: Sequence[Clause]) -> Iterator[Noun]:
    """Yield what somebody does who was asked about: "she drives a tram"."""
    said = parse(lead[0].text) if _THEIR_JOB.search(question) else None
    if (
        said
        and said.who == "third"
        and not said.denied
        and not said.past
        and said.verb not in ("be", "have", "do", "want", "like")
        and said.rest
    ):
        yield Noun("role", said.phrase, AS_ROLE, about="third")


def counted(question: str, lead: Sequence[Clause]) -> Iterator[Noun]:
    """Yield the number that a reply begins with, or comes to, where none of the clock or of age was asked for."""
    if not lead or _CLOCK.search(question):
        return
    if _AMOUNT_ASKED.search(question) and (found := _FIRST_NUMBER.match(lead[0].text)):
        yield Noun("amount", found["value"].strip(" ,."), AS_AMOUNT)
    for clause in lead[:3]:
        if found := _SO_NUMBER.search(clause.text):
            yield Noun("amount", found["value"].strip(" ,."), AS_AMOUNT)


def relative(said: str, lead: Sequence[Clause], known: Mapping[str, str], following: str) -> Iterator[Noun]:
    """Yield the name of a relative who was known without one, where "she" is asked about: "morag, aye, she does the books"."""
    found = _NAME_FIRST.match(lead[0].text)
    if found is None or not nameable(found["name"].casefold()) or found["name"].casefold() in known:
        return
    women, men = (mark.search(said[-200:]) for mark in _THEM)
    if (women is None) == (men is None):
        return
    goes_on = re.match(r"(?:she|he) ", following, _I)
    if not goes_on or goes_on[0].casefold().strip() != ("she" if women else "he"):
        return
    kin = [word for word in known if word in (_WOMEN if women else _MEN)]
    if kin and not any(what == known[kin[-1]] and other not in KIN for other, what in known.items()):
        yield Noun(known[kin[-1]], found["name"], a_rule(known[kin[-1]], 0.75), label=singular(kin[-1]))
