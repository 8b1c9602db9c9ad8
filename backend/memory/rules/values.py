"""What a rule may capture: kinds of values, how each is found in a clause and cut to what belongs to it.

A rule names a kind in braces: "i work at {org}". The kind's expression finds where a value may stand; its `cut` then
takes the words that belong to it, because speech has no punctuation that would end it. '' means: no value after all.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from backend.memory.rules.grammar import VERBS
from backend.memory.rules.places import LANDS
from backend.memory.rules.words import COMMON, LANGUAGES, LIKE_VERBS, LINKS, NO_NAMES, PARTICLES, PLAIN, TITLES

_WORD = r"[^\W_][\w'&.+/@-]*"
_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?)\b\.?"
)
_DAY = r"(?:mon|tues|wednes|thurs|fri|satur|sun)days?"
_ORDINAL = (
    r"(?:\d{1,2}(?:st|nd|rd|th)|(?:twenty |thirty )?(?:first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth"
    r"|eleventh|twelfth|thirteenth|fourteenth|fifteenth|sixteenth|seventeenth|eighteenth|nineteenth)|twentieth"
    r"|thirtieth)"
)
_CARDINAL = (
    r"(?:(?:twenty|thirty)[ -](?:one|two|three|four|five|six|seven|eight|nine)|one|two|three|four|five|six|seven|eight|nine|ten"
    r"|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen|twenty|thirty)"
)
_FIGURE = (
    r"(?:(?:zero|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen"
    r"|seventeen|eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundred|thousand|million"
    r"|billion|point|half)\b|\d[\d.,']*(?:k|m|bn)?(?![\w]))"
)
NUMBER = rf"{_FIGURE}(?:(?: and| a|-)? ?{_FIGURE}){{0,10}}"
_YEAR = r"(?:(?:19|20)\d\d|twenty twenty[ -]\w+|two thousand(?: and)? \w+)"
_CLOCK = r"(?: at (?:noon|half past \w+|\d{1,2}(?:[:.]\d\d)?(?: ?[ap]\.?m\b\.?)?(?: o'?clock)?|(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)(?: thirty| fifteen)?(?: ?[ap]m| o'?clock)?)|,? \d{1,2}:\d\d(?: ?[ap]m)?|,? \d{1,2} ?[ap]m)?"
DATE = (
    r"(?:(?:the )?(?:end|middle|beginning|start) of (?:the |this |next )?(?:\w+)"
    rf"|\d{{4}}-\d\d-\d\d|\d{{1,2}}[./]\d{{1,2}}[./](?:\d{{4}}|\d\d)|\d{{1,2}}\.\d{{1,2}}\."
    rf"|(?:{_DAY},? )?(?:the )?(?:{_ORDINAL}|\d{{1,2}}\.?|{_CARDINAL})(?: ?(?:to|-|and|until) ?(?:{_ORDINAL}|\d{{1,2}}))?(?: of)? {_MONTH}(?:,? {_YEAR})?"
    rf"|{_MONTH} (?:the )?(?:{_ORDINAL}|\d{{1,2}})\b(?: ?(?:to|-) ?\d{{1,2}})?(?:,? {_YEAR})?"
    rf"|(?:early |late |mid[ -])?{_MONTH}(?:,?(?: of)? {_YEAR})?|q[1-4](?: {_YEAR})?|{_YEAR}"
    rf"|(?:(?:this|next|coming|last|on) )?{_DAY}(?: (?:morning|afternoon|evening|night|week|next week))?"
    rf"|(?:the )?(?:first|second|third|fourth|last|1st|2nd|3rd) (?:week|half|weekend|{_DAY}) (?:of|in) (?:{_MONTH}|next month|the month)"
    r"|(?:this|next|last) (?:week|weekend|month|year|quarter|spring|summer|autumn|fall|winter)"
    r"|tomorrow|today|tonight|yesterday|the day after tomorrow|christmas|easter|good friday|hogmanay|diwali|ramadan|eid|passover|hanukkah|carnival|pentecost|whitsun|black friday|cyber monday|chinese new year|lunar new year|holi|half[ -]term|(?:the )?(?:month|year|quarter)[ -]end|(?:the )?(?:summer|easter|christmas) (?:holidays|break)|(?:memorial|labou?r|independence|boxing) day|thanksgiving|halloween|midsummer|new year(?:'s(?: eve| day)?)?"
    rf"|in {NUMBER} (?:day|week|month|year)s?(?:'? time)?|{NUMBER} (?:day|week|month|year)s? ago|in a (?:week|month|year)"
    rf"|a (?:day|week|month|year) ago|the {_ORDINAL}(?! \w*(?:ion|one|er|ence|part|half|step|point|line|word|page|time|thing|paragraph|question|draft|version|place|floor|round|batch)\b)|end of (?:day|week|month|year))"
    rf"{_CLOCK}"
)
_EVERY = rf"every (?:second |other |first |last )?(?:{_DAY}|day|week|morning|month|two weeks)(?:{_CLOCK})?"
_CURRENCY = r"(?:euros?|eur|dollars?(?! (?:question|bill|note|sign|shop|store)s?\b)|usd|pounds?|gbp|francs?|chf|bucks|grand|quid|kronor|kroner|krona|sek|yen|crowns|rupees|lakhs?|crores?|zloty|rand|reais|pesos|dirhams|yuan|shekels|lira|naira|shillings?|baht|ringgit|forints?|koruna|dinars?|riyals?|taka|birr|cedis?|kwacha|roubles?|rubles?|hryvnia|[$\N{EURO SIGN}\N{POUND SIGN}])"
MONEY = (
    rf"(?:(?<!\w)(?:[$\N{{EURO SIGN}}\N{{POUND SIGN}}] ?{NUMBER}(?: ?(?:thousand|million|billion|k|m)\b)?"
    rf"|\b(?:eur|usd|gbp|chf|rs\.?|r\$?|inr|ksh|kes|ngn|zar|aud|cad|nzd|nok|dkk|sek|pln|huf|czk|jpy|cny|sgd|hkd|aed|brl|mxn) ?{NUMBER}(?: ?(?:thousand|million|billion|lakhs?|crores?|k|m)\b)?|{NUMBER} ?(?:thousand |million |k |m )?(?:us |canadian |australian )?{_CURRENCY}(?!\w)"
    r"|\d[\d.,']*(?:k|m)\b(?: canadian| us| australian)?))"
)
PHONE = r"\+?(?:(?:\d|\b(?:zero|oh|one|two|three|four|five|six|seven|eight|nine|double|triple|plus)\b|(?<=nine )hundred\b|(?<=eight )hundred\b)[ ()./-]*){7,18}"
_A_NUMBER = re.compile(rf"\b{NUMBER}", re.IGNORECASE)
DATED = re.compile(rf"\b{DATE}", re.IGNORECASE)

_ENDS = frozenset(
    """and or but so because since cause which who whom whose that when while where if unless although though than then as
    until till i we he she they it you is are was were will would can could has have had does do did please actually
    right now nowadays anymore again instead too already yet still lately recently currently today tomorrow yesterday
    tonight though anyway these those after before during via plus also mostly mainly usually sometimes obviously
    finally for everyone everybody""".split()
)
_TIMES = re.compile(
    rf"[ ,]+(?:(?:on|in|by|at|from|since|until|till|before|after|around|for|during|starting|as of) )?(?:{DATE}|{_EVERY})\b.*$"
    r"|[ ,]+(?:for (?:now|a|an|the last|the past|about|almost|over|\w+ years?)\b.*|at the (?:moment|minute)|these days"
    r"|all the time|a lot|so much|very much|every (?:day|week|time|morning|month|year).*|of course|or so|and so on"
    r"|with me|to me|with a passion|with all my heart|to bits|to death|the most|from now on|in general|in the end|at all|as well|at home|by the way|to be honest)$",
    re.IGNORECASE,
)
_TAIL = re.compile(
    r"[ ,]+(?:please|ok|okay|right|thanks|thank you|lol|haha|though|btw|anyway|i think|i guess|of course|and|but|so"
    r"|or|because|to|the|a|an|of|with|for|in|on|at|by|actually|now|then|again|too|by the way|btw|obviously|honestly|come what may|of all things|i suppose|to be fair|mind you|thank god|touch wood|fingers crossed|hopefully|apparently)$",
    re.IGNORECASE,
)
_ARTICLE = re.compile(r"^(?:a|an|the|some|my|our|your|his|her|any|all|eating|both) ", re.IGNORECASE)
_POINTING = frozenset(
    """it this that these those them him her you your me us one ones something anything everything nothing stuff thing
    things idea ideas way how what when where who someone people somebody everyone sound look version option plan
    suggestion answer point part first second third last other same rest both neither so to be both draft question
    such too very being your""".split()
)


@dataclass(frozen=True, slots=True)
class Kind:
    """How a kind of value is found and cut. many: it may be a list ("nuts and fish")."""

    pattern: str
    cut: Callable[[str, bool], str]
    many: bool = False


def _person(words: int, text: str, written: bool) -> str:
    tokens = [token for token in text.split(" ") if token]
    if tokens and tokens[0].casefold().rstrip(".") in TITLES:
        tokens.pop(0)
    taken: list[str] = []
    particles = sum(token.casefold() in PARTICLES for token in tokens[1:4]) if words > 1 else 0
    for token in tokens[: max(words + particles, 3 if written else 0)]:
        bare = token.strip(".,")
        low = bare.casefold()
        if taken and words > 1 and low in PARTICLES:
            taken.append(bare)
            continue
        if low in COMMON or low in NO_NAMES or low in PLAIN or not bare or bare[0].isdigit():
            break
        if not written and _ADJECTIVE.match(low):
            break
        if written and not bare[0].isupper() and not (taken and low in PARTICLES):
            break
        if not written and not taken and low in VERBS and low not in LIKE_VERBS:
            break  # "remind me to call the dentist"
        low = low.removesuffix("'s")
        verb = VERBS.get(low, ("", ""))[1] == "ing" or (not written and low.endswith(("ing", "ed", "s")))
        if verb and len(taken) == 1 and not written and low not in VERBS:
            verb = False  # "callum geddes", "ana reed"
        if verb and low not in LIKE_VERBS:
            break
        taken.append(bare.removesuffix("'s"))
    while len(taken) > 1 and taken[-1].casefold() in PARTICLES:
        taken.pop()
    return " ".join(taken)


_ADJECTIVE = re.compile(r"(?!mable$|clive$|olive$|[a-z]{1,4}ish$|danish$)[a-z]{3,}(?:ful|less|ous|able|ible|ive|ish)$")


def nameable(word: str) -> bool:
    """Tell whether a case folded word may be somebody's name: it is none of the words that are something else."""
    bare = word.strip(".,").removesuffix("'s")
    return (
        len(bare) > 1
        and not bare[0].isdigit()
        and bare not in COMMON
        and bare not in NO_NAMES
        and bare not in PLAIN
        and bare not in LANGUAGES
        and (bare in LIKE_VERBS or bare not in VERBS)
        and not _A_NUMBER.fullmatch(bare)
    )


def _full(text: str, written: bool) -> str:
    """A name in answer to "who?": in speech first and last name, a single word could be anything."""
    name = _person(2, text, written)
    behind = text[len(name) + 1 :].split(" ")[0] if text.startswith(name) else ""
    if not written and behind and nameable(behind.casefold()) and behind.casefold() not in VERBS:
        return ""  # "plum tree interactive": more than a person's name
    return name if written or " " in name else ""


def _name(text: str, written: bool) -> str:
    """A word that can be nothing but a name, in a list of children or people."""
    name = _person(2, text.split(". ")[-1], written)
    return name if name and len(name.split()) == len(text.split(". ")[-1].split()) else ""


_INNER_CAPITAL = re.compile(r"^[a-z]+[.-]?[A-Z]")
"""As products have it: "izi.TRAVEL", "iPhone"."""


def _named(text: str, written: bool) -> str:
    """A place, firm or product: capitalised words, or in speech the words up to a common one; or "a bank"."""
    text = _TIMES.sub("", " " + text).strip()
    tokens = text.split(" ")
    if re.match(r"(?:my|our|your|his|her|their|this|that) ", text, re.IGNORECASE):
        return ""
    article = bool(re.match(r"(?:a|an|the) ", text, re.IGNORECASE))
    if article and tokens[0].casefold() == "the":
        tokens, article = tokens[1:], False
        if written and len(tokens) > 1 and tokens[0][:1].islower() and tokens[1][:1].isupper():
            tokens = tokens[1:]  # "the charity Solas Housing"
        if written and tokens and not tokens[0][:1].isupper():
            return _noun(6, text, written)
    if article:
        return _noun(6, text, written)
    taken: list[str] = []
    for token in tokens[:5]:
        low = token.casefold().strip(".,")
        if not written and not taken and (low in NO_NAMES or low.endswith("ing")):
            break
        if low in LINKS and taken and written and len(tokens) > len(taken) + 1 and tokens[len(taken) + 1][:1].isupper():
            taken.append(token)
            continue
        if low == "new" and not taken and len(tokens) > 1 and tokens[1].casefold() not in COMMON:
            taken.append(token)  # "new westminster"
            continue
        if (
            low in COMMON
            or (low in PLAIN and not written)
            or not low
            or (written and not (token[0].isupper() or token[0].isdigit() or _INNER_CAPITAL.search(token)))
        ):
            break
        if not written and len(taken) == 3:
            break
        taken.append(token.strip(".,"))
    while taken and taken[-1].casefold() in LINKS:
        taken.pop()
    return " ".join(taken)


def _spot(text: str, written: bool) -> str:
    """A place that has a name: not "a party"."""
    if found := LANDS.match(text):
        return found[0]
    if re.match(r"(?:a|an|my|our|the|see|some|this|that|his|her|their)\b", text, re.IGNORECASE):
        return ""
    name = _named(text, written)
    return name if written or not name.endswith("'s") else ""  # "with sanjay's lot"


_NOUN_STOPS = frozenset(
    ("at", "from", "with", "by", "about", "on", "in", "to", "under", "near", "over", "into", "like")
)


def _noun(most: int, text: str, written: bool) -> str:
    text = _TIMES.sub("", " " + text).strip()
    taken: list[str] = []
    for token in text.split(" ")[: most + 1]:
        low = token.casefold().strip(".,;")
        if low in _ENDS and taken:
            break
        if low in _ENDS and low not in ("one",):
            return ""
        taken.append(token)
    if len(taken) > most:
        taken = taken[:most]
    return _tidy(" ".join(taken))


def _simple(most: int, text: str, written: bool) -> str:
    """A noun without what hangs on it by a preposition, nor an article."""
    noun = _noun(most, text, written)
    tokens = _ARTICLE.sub("", noun).split(" ")
    for at, token in enumerate(tokens):
        if at and token.casefold() in _NOUN_STOPS:
            tokens = tokens[:at]
            break
    if not tokens or tokens[0].casefold() in COMMON or {tokens[0].casefold(), tokens[-1].casefold()} & _POINTING:
        return ""
    return _tidy(" ".join(tokens))


def _liking(text: str, written: bool) -> str:
    """What somebody likes in general: "your idea", "the second one", "it" are of the moment."""
    text = re.sub(r"^(?:these|those) (?=[a-z])(?!(?:are|is|who|that|kind|of)\b)", "", text)
    if re.match(
        r"(?:the|this|that|these|those|your|it|its|his|her|their|to|what|how|when|being|you)\b", text, re.I
    ) and not (written and re.match(r"the [A-Z]", text)):
        return ""
    noun = _noun(7, text, written)
    tokens = _ARTICLE.sub("", noun).split(" ")
    if len(tokens) == 1 and tokens[0].endswith("ly") and tokens[0] not in ("jelly", "family", "italy", "lily", "fly"):
        return ""
    if not tokens[0] or any(token.casefold() in _POINTING for token in tokens):
        return ""
    if tokens[-1].casefold() in ("best", "most", "more", "better", "less", "too"):
        return ""
    return _tidy(" ".join(tokens))


def _rest(text: str, written: bool) -> str:
    """The rest of the clause: what was decided or promised."""
    tokens = text.split(" ")[:18]
    for at, token in enumerate(tokens):
        if token.casefold() in ("because", "cause", "since", "although", "though", "so", "which") and at:
            tokens = tokens[:at]
            break
    value = _tidy(" ".join(tokens))
    if re.match(r"(?:for|on|to|with|against|about) (?:it|that|this|them|him|her|you)\b", value, re.IGNORECASE):
        return ""
    if re.match(r"(?:it|that|this|them) (?:on|last|this|yesterday|today|by|next)\b", value, re.IGNORECASE):
        return ""
    if value.casefold() in _POINTING or (value.split(" ")[0].casefold() in ("it", "that", "this") and len(tokens) < 3):
        return ""
    return value


_NO_ANSWER = frozenset(
    """i you he she they it that this there who what where when why how which not maybe perhaps depends let fingers happy welcome congrats cheers ask nobody none
    nothing everything both neither whatever anything no yes good great fine done perfect thanks thank sorry hm well
    never always sometimes probably true right exactly ok okay please if""".split()
)


_ONLY_TIME = re.compile(
    rf"(?:(?:in|on|at|for|just|about|only) )*(?:an? |the )?(?:{DATE}|{NUMBER}|second|moment|bit)(?: (?:minutes?|seconds?|hours?|more))?|no (?:idea|clue|preference|opinion|matter|worries|problem|thanks|way|need)(?: .*)?",
    re.IGNORECASE,
)


def _fragment(text: str, written: bool) -> str:
    """A short answer as it was given: "english and polish", "remove it", "the pilot is in borås"."""
    text = re.split(r"[,;]? (?:because|cause|so|but|although|though|since|which|who|or)\b", text)[0]
    tokens = text.split(" ")
    first = tokens[0].casefold().strip(".,")
    if (
        not 0 < len(tokens) <= _FRAGMENT
        or (first in _NO_ANSWER and (first != "no" or len(tokens) == 1))
        or (first.endswith("ly") and first != "only")
    ):
        return ""
    if (
        first in ("before", "after", "until", "from", "by", "since")
        or any(token.casefold().strip(".,") in _FINITE for token in tokens)
        or _ONLY_TIME.fullmatch(text)
    ):
        return ""  # a sentence, which the rules read, or a time
    value = _tidy(text)
    content = [word for word in re.findall(r"[^\W_]+", value.casefold()) if word not in COMMON and word not in PLAIN]
    told = any(len(word) > 2 or word.isdigit() for word in content)
    return value if told or (len(tokens) > 2 and _A_NUMBER.search(value)) else ""


_FINITE = frozenset(
    """is are was were am has have had sounds looks seems feels will can does do did makes says said wants knows please
    thinks means sounded looked seemed am""".split()
)
_FRAGMENT = 12  # words
_MANNER = re.compile(
    rf"(?:{NUMBER} (?:lines?|pages?|words|sentences|points|minutes)|in (?:writing|english|a table|bullet points)|written|on paper"
    r"|by (?:e-?mail|phone|post|chat|mail)|(?:the )?(?:short|long|brief|detailed) version|printed|(?:a |one )?table"
    r"|bullet points|pdf|word|excel|csv|slides|in person|black|with milk|without (?:milk|sugar)|no sugar|e-?mail|one page|(?:as )?an? (?:spreadsheet|document|letter|memo|voice note|voice message|video|text|message|chart|map|list|summary|pdf|slide))\b",
    re.IGNORECASE,
)


def _manner(text: str, written: bool) -> str:
    """How somebody wants a thing: "five lines", "written", "by e-mail"."""
    found = _MANNER.search(text)
    return found[0] if found and not re.match(r"(?:no|not)\b", text, re.IGNORECASE) else ""


def _object(text: str, written: bool) -> str:
    """What is to be done: "the relaunch of our webshop", "digitise the delivery notes"."""
    text = re.sub(
        r"^(?:it is |that is |we |i )?(?:want to |need to |have to |am |are )?", "", text, flags=re.IGNORECASE
    )
    return _ARTICLE.sub("", _fragment(text.split(", ")[0], written))


def _pastime(text: str, written: bool) -> str:
    """What somebody does for pleasure: "i bake, mostly sourdough"."""
    found = re.match(
        r"(?:i |we )(?:mostly |usually |like to |love to |go |do )*(?P<what>[\w-]+(?: (?!i\\b|and\\b|with\\b)[\w-]+){0,2})",
        text,
        re.I,
    )
    what = found["what"] if found else text.split(",")[0]
    if len(what.split()) > 3 or what.split(" ")[0].casefold() in COMMON - {"read", "work", "play", "plays", "run"}:
        return ""
    return _fragment(what, written)


def _role(text: str, written: bool) -> str:
    """A job in answer to "what is she?"."""
    value = _simple(4, text.split(",")[0], written)
    return value if len(value.split()) <= 4 else ""


def _title(text: str, written: bool) -> str:
    """The name of a project: in writing it has capitals, in speech it is what follows up to the clause's end."""
    name = _named(text, written)
    if written or name:
        return name
    tokens = text.split(" ")
    if tokens[0].casefold() in _NO_TITLE:
        return ""
    taken: list[str] = []
    for token in tokens[:3]:
        if token.casefold() in _ENDS:
            break
        taken.append(token)
    return _tidy(" ".join(taken))


_NO_TITLE = frozenset("a an the it that this them you me him her us my our your back off in on at up out".split())


def _sum(text: str, written: bool) -> str:
    """An amount of money, also without a currency; figures below ten are none."""
    text = text.strip(" ,.;")
    return (
        text
        if re.search(
            r"\d\d|hundred|thousand|million|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|[km]\b", text
        )
        else ""
    )


def _verbatim(text: str, written: bool) -> str:
    return text.strip(" ,.;")


def _language(text: str, written: bool) -> str:
    return next((word for word in text.split(" ") if word.casefold().strip(",.") in LANGUAGES), "")


def _tidy(text: str) -> str:
    text = text.strip(" ,.;:!")
    while True:
        shorter = _TAIL.sub("", text).strip(" ,.;:!")
        if shorter == text:
            return text
        text = shorter


_RUN = rf"{_WORD}(?: {_WORD})"

KINDS: dict[str, Kind] = {
    "person": Kind(rf"{_RUN}{{0,3}}", partial(_person, 2)),
    "word": Kind(r"[^\W\d_][\w'-]+", partial(_person, 1)),
    "first": Kind(rf"{_RUN}{{0,3}}", partial(_person, 1)),
    "full": Kind(rf"{_RUN}{{0,3}}", _full),
    "persons": Kind(
        rf"{_RUN}{{0,3}}(?: \(\d+\))?(?:,? (?:and )?{_WORD}(?: \(\d+\))?){{0,6}}", partial(_person, 1), many=True
    ),
    "place": Kind(rf"{_RUN}{{0,5}}", _named),
    "spot": Kind(rf"{_RUN}{{0,5}}", _spot),
    "brand": Kind(rf"{_RUN}{{0,4}}", _spot),
    "brands": Kind(r".+", _spot, many=True),
    "org": Kind(rf"{_RUN}{{0,6}}", _named),
    "noun": Kind(r".+", partial(_noun, 8)),
    "simple": Kind(r".+", partial(_simple, 5)),
    "simples": Kind(r".+", partial(_simple, 4), many=True),
    "orgs": Kind(r".+", _named, many=True),
    "liking": Kind(r".+", _liking),
    "likings": Kind(r".+", _liking, many=True),
    "languages": Kind(r".+", _language, many=True),
    "rest": Kind(r".+", _rest),
    "fragment": Kind(r".+", _fragment),
    "object": Kind(r".+", _object),
    "pastime": Kind(r".+", _pastime),
    "manner": Kind(r".+", _manner),
    "going": Kind(rf"{_RUN}{{0,3}}", _spot),
    "role": Kind(r".+", _role),
    "title": Kind(rf"{_RUN}{{0,4}}", _title),
    "sole": Kind(rf"{_RUN}{{0,1}}", _name),
    "names": Kind(r".+", _name, many=True),
    "fulls": Kind(r".+", _full, many=True),
    "all": Kind(r".+", _verbatim),
    "date": Kind(DATE, _verbatim),
    "when": Kind(rf"(?:{_EVERY}|{DATE})", _verbatim),
    "money": Kind(MONEY, _verbatim),
    "amount": Kind(
        rf"(?:{MONEY}|(?:a (?=hundred|thousand|million|dozen))?{NUMBER})(?:(?: percent| %)|%| (?!(?:plus|since|or|and|if|so|but|in|at|for|from|with|on|of|to|the|i|we|he|she|they|it|that|because|when|maybe|now|left|last|this|only|as|by)\b)[\w-]+)?(?: (?:a|per) \w+)?",
        _verbatim,
    ),
    "sum": Kind(
        rf"(?:{MONEY}|(?<=it is )(?:a )?{NUMBER}|{NUMBER}(?: k\b| thousand| grand)(?: [a-z]+s\b)?|{NUMBER}(?= total| in total| now)|\d{{1,3}}[.,' ]\d{{3}}\b|\d{{4,}}\b|(?<![\w ]){NUMBER}(?=$))",
        _sum,
    ),
    "dates": Kind(rf"{DATE}(?:,?(?: so| that is| i mean)?(?: by| on| until| before)?(?: the)? {DATE})?", _verbatim),
    "number": Kind(NUMBER, _verbatim),
    "kin": Kind(
        rf"{NUMBER} (?:older |younger |little |big |half-?)?(?:brothers?|sisters?|siblings)(?: and {NUMBER} (?:brothers?|sisters?))?",
        _verbatim,
    ),
    "phone": Kind(PHONE, _verbatim),
    "email": Kind(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+", _verbatim),
    "nothing": Kind(r"no (?!need|problem|idea|thanks|one|more|worries|way|rush)[\w-]+|nothing [\w-]+", _verbatim),
    "figure": Kind(rf"(?:about |around |now |only )*{NUMBER}(?: ?%| percent)?$", _verbatim),
}
"""The kinds a rule may name."""

_AGED = re.compile(r" \(\d{1,2}\)")  # "Lucia (5) and Pablo (2)"
_LIST = re.compile(r"\s*,\s*(?:and |or )?|\s+(?:and|or|as well as|plus|\+)\s+(?:to |a |an )?", re.IGNORECASE)


def values(kind: str, text: str, written: bool) -> list[str]:
    """Return the values of a kind in what a rule captured. written: the turn uses capitals, so names have them."""
    how = KINDS[kind]
    if not how.many:
        value = how.cut(text, written)
        return [value] if value else []
    found: list[str] = []
    for piece in _LIST.split(_AGED.sub("", text))[:6]:
        value = how.cut(piece.strip(), written)
        if not value:
            if how.cut in (_language, _full, _name):
                continue
            break
        found.append(value)
        if how.cut is _name:
            continue
        if len(value.split()) < len(_ARTICLE.sub("", piece.strip()).split()) and how.cut is not _language:
            break  # what follows the value ends the list
    return found
