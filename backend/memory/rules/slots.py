"""Values where a frame expects them: what `values.py` cuts, and kinds that are made of the themes' word lists."""

import re

from backend.memory.rules.life import BELONGINGS, HOBBY, THINGS
from backend.memory.rules.nouns import AGE
from backend.memory.rules.occupations import ROLES
from backend.memory.rules.titles import A_ROLE, AN_AGENT
from backend.memory.rules.values import DATE, MONEY, NUMBER, values

_I = re.IGNORECASE

_SPORT = re.compile(
    rf"^(?:an? |the |with |up )?(?P<value>(?:[\w-]+ )?(?:{HOBBY})(?: (?:lessons?|class(?:es)?|training|course|club))?)",
    _I,
)
_CLASS = re.compile(
    r"^(?:an? |the )?(?P<value>[\w-]+ (?:class|lessons?|classes|course|choir|club|band|orchestra)\b.*)", _I
)
_A_THING = re.compile(
    rf"^(?:me |myself |us |ourselves )?(?P<value>(?:an?|the|our|my|two|three) (?:[\w-]+ ){{0,3}}?(?:{THINGS})\b(?: in [\w-]+)?)",
    _I,
)
_TIRESOME = re.compile(
    r"^(?P<value>(?!(?:it|that|this|him|her|them|you)\b)[\w' -]+?) (?:(?:really|very|quite|so|a bit|rather) )?(?:unbearable|awful|terrible|annoying|boring|tiring|useless|exhausting|pointless|irritating|stressful|confusing|dreadful|painful|tedious|difficult to bear)$",
    _I,
)
_A_SEASON = re.compile(
    r"^(?P<value>(?:the )?(?:early |late |mid[ -]?)?(?:spring|summer|autumn|winter)(?: (?:of )?\d{4}| of next year)?)(?=$|,| (?:because|so|and|but|now|at)\b)",
    _I,
)
_A_DAY = re.compile(
    rf"^(?:(?:noon|midday|midnight|close of business|end of play|cob|\d+(?::\d\d)? ?(?:am|pm)|\w+ o'clock) (?:on )?)?(?P<value>{DATE}(?:,?(?: so| that is| i mean)?(?: until| by| the)* {DATE})?)",
    _I,
)
_A_SUM = re.compile(
    rf"(?:(?:\w+) ){{0,4}}?(?P<value>{MONEY}|{NUMBER}(?: ?(?:thousand|million|grand|k|lakhs?|crores?)\b))", _I
)
_AN_ALLERGY = re.compile(
    r"^(?:an? |the )?(?:(?:bad|severe|serious|mild|terrible|strong|nasty|slight|\w+ly) )*(?:(?:allerg(?:y|ies)|reactions?|intolerance) (?:to|of|against|from|for) |(?=(?!(?:the|an?|my|no)\b)[\w-]+(?: pollen)? (?:allergy|intolerance)\b)|(?=hay fever|asthma|co?eliac))(?:an? |the )?(?P<value>hay fever|co?eliac(?: disease)?|[\w-]+(?: and [\w-]+| pollen)?)",
    _I,
)
_A_COUNT = re.compile(
    rf"^(?:(?:about|around|roughly|only|max(?:imum)?|up to|over|under|more than|less than|at least|at most|some|nearly|almost|just|us|them|a maximum of|somewhere around) )*"
    rf"(?P<value>(?:{MONEY}|{NUMBER}(?: ?(?:percent|%|thousand|million|k|m\b))?)(?: (?!(?:and|or|but|of|in|on|at|for|to|the|a|an|is|are|so|because|now|more|each|every|per|last|this|next|with|from|up|if|when|i|we|he|she|they|it|that)\b)[a-z-]+)?(?: (?:a|per|each) [a-z]+)?)",
    _I,
)
_A_REACTION = re.compile(
    r"^(?P<value>(?!(?:the|a|an|my|our|this|that|it|he|she|they)\b)[\w-]+) (?:reaction|allergy|intolerance|shock)\b", _I
)
_A_BELONGING = re.compile(
    rf"^(?:got )?(?:myself |ourselves )?(?P<value>(?:an?|our|two|my own|this|that) (?:(?:new|old|small|big|little|electric|second|second-hand|used|red|blue|white|black|green|summer|holiday|weekend|vintage|classic|tiny|nice|lovely|lake|mountain|[\w-]+ing) ){{0,3}}"
    rf"(?:{BELONGINGS}|(?-i:[A-Z])[\w-]+ (?:van|car|bike|truck|boat|camper|motorbike))\b(?: in (?!the\b|january|february|march|april|may|june|july|august|september|october|november|december)[\w-]+)?)(?! (?:problem|issue|meeting|accident|trip|tour|loan|insurance|key|keys|park|alarm|sale|company|dealer|service|viewing|warming)\b)",
    _I,
)
_SOME_PETS = re.compile(
    r"^(?:got )?(?P<value>(?:an?|another|one|two|three|four|five|six|[1-6]) (?:(?!cat|dog|pet|hot)[\w-]+ ){0,2}?(?:dogs?|cats?|pupp(?:y|ies)|kittens?|husk(?:y|ies)|labradors?|spaniels?|terriers?|collies?|beagles?|poodles?|dachshunds?|greyhounds?|rabbits?|hamsters?|guinea pigs?"
    r"|horses|ponies|pony|parrots?|budgies|canaries|hens|chickens|ducks|goats|donkeys|alpacas|tortoises?|turtles?|geckos?|snakes?|ferrets?|goldfish|axolotls?))(?=$| (?:and|at home|now|so|since|from)\b)",
    _I,
)
_A_THING_NAMED = re.compile(
    r"^(?:got )?(?:this|that) (?:big |whole |new )?(?P<value>(?:[\w-]+ ){0,2}[\w-]+) (?:thing|business|initiative|effort|project)\b",
    _I,
)
_IN_CHARGE = re.compile(r"^(?:me|him|her) (?P<value>in charge of .+)", _I)
_A_TOOL = re.compile(
    r"^(?:the|that|this|an?|our) (?P<value>[\w-]+) (?:app|tool|system|software|program|platform)\b", _I
)
_DRIVEN = re.compile(
    rf"^(?:an?|our|my) (?P<value>(?:[\w-]+ ){{0,4}}?(?:{BELONGINGS}|truck|scooter|tractor|motorbike|(?-i:[A-Z])[\w-]+(?: (?-i:[A-Z0-9])[\w-]*)?)\b)",
    _I,
)
_NO_TASTE = re.compile(
    r"^(?:the |this |that |your |these |those )(?:\w+ )?(?:idea|way|sound|look|plan|draft|version|suggestion|answer|first|second|third|last|other|one|ones|part|list|text|mail|proposal|title|name|new|wording|summary|rest|same|thing|option)s?\b|^(?:your|this|that|these|those) ",
    _I,
)
_CUT = {
    "role_of": A_ROLE,
    "hobby_of": _SPORT,
    "thing_of": _A_THING,
    "tool_of": _A_TOOL,
    "allergy_of": _AN_ALLERGY,
    "age_of": AGE,
    "day_of": _A_DAY,
    "sum_of": _A_SUM,
    "tiresome": _TIRESOME,
    "count_of": _A_COUNT,
    "in_charge": _IN_CHARGE,
    "reaction_of": _A_REACTION,
    "belonging": _A_BELONGING,
    "driven": _DRIVEN,
    "some_pets": _SOME_PETS,
    "thing_named": _A_THING_NAMED,
}
_NO_TOOL = frozenset("new old same other own right best whole first only booking ticket current".split())


def slot(kind: str, text: str, *, written: bool) -> list[str]:
    """Return the values of a kind in the words where a frame expects them."""
    if kind == "tastes":
        return _tastes(text, written=written)
    if kind == "duty":
        return values("rest", re.split(r" (?:at|for|in|here|from|with)\b", text)[0], written)
    if kind in _AS:
        as_kind, lead = _AS[kind]
        return values(as_kind, lead.sub("", text), written)
    pattern = _CUT.get(kind)
    if pattern is None:
        return values(kind, text, written)
    found = pattern.match(text)
    if found is None and kind == "day_of":
        found = _A_SEASON.match(text)
    if found is None and kind == "role_of":
        found = AN_AGENT.match(text)
    if found is None and kind == "hobby_of":
        found = _CLASS.match(text)
    if found is None or (kind == "tool_of" and found["value"].casefold() in _NO_TOOL):
        return []
    return [found["value"]]


_NOTHING = re.compile(r"^(?!)")
_AS = {
    "*": ("rest", _NOTHING),
    "subject": ("simples", _NOTHING),
    "verb": ("all", _NOTHING),
    "simple": ("simple", re.compile(r"^(?:anything with|any) ", _I)),
    "undertaking": ("simple", re.compile(r"^(?:(?:the|our|a|an|my) )?(?:new )?", _I)),
    "person_or_him": (
        "person",
        re.compile(rf"^(?:(?:the|our|a) (?:new )?(?:{ROLES})(?: though| there| now| actually)?,? )", _I),
    ),
}
"""Kinds that are another, without certain words before it."""


def _tastes(text: str, *, written: bool) -> list[str]:
    """What somebody likes or not: "being late", "anything spicy", "the hot springs"; not "the plan" or "the colour"."""
    if found := re.match(r"being \w+(?: \w+)?|anything (?:but |other than )?[\w-]+", text, _I):
        return [found[0]]
    if _NO_TASTE.match(text):
        return []
    definite = text.casefold().startswith("the ")  # "the colour" of something shown is of the moment
    return [
        value
        for value in values("likings", re.sub(r"^the ", "", text, flags=_I), written)
        if not definite or value.endswith("s")
    ]
