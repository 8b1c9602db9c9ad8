"""Who else works here: people who are presented with what they do, in a list, in the sentence after, by "called" or a title."""

import re
from collections.abc import Iterator

from backend.memory.rules.grammar import VERBS
from backend.memory.rules.noun_fact import AS_COLLEAGUE, AS_EMPLOYER, AS_NAMED, AS_PLACE, AS_ROLE, Noun, a_rule
from backend.memory.rules.occupations import ROLES, names_role
from backend.memory.rules.rule import KIN
from backend.memory.rules.titles import A_FIRM
from backend.memory.rules.values import nameable, values
from backend.memory.rules.words import TITLES

_I = re.IGNORECASE
_ALSO = r"md|gm|vp|avp|svp|md|2ic|second[ -]in[ -]command|number two|right hand|landlord|landlady|supplier|contact(?: person)?|go-to|dev|partner|successor|replacement|stand-in|backup"
_OFFICE = rf"(?:{ROLES}|{_ALSO})"
_NAME = r"[^\W\d_][\w'-]+"
_CAPITAL = r"(?-i:[A-Z])[\w'-]+"
_FULL = rf"{_CAPITAL}(?: (?:de |van |der |von |da |di |la |le |al |el |bin |dos )*{_CAPITAL}){{1,2}}"

_LISTED = re.compile(
    rf"^(?:(?:the|our|my|two|three|four) )?(?P<role>{_OFFICE})s(?: here| there)?(?:,? so|:|,| -|,? (?:that is|they are|are|is|would be|namely|being))? (?P<names>.+)$",
    _I,
)
_OFFICES_BEFORE = re.compile(rf"(?:^|\b(?:the|our|my|two|three|four) )(?P<role>{_OFFICE})s$", _I)
_THAT_IS = re.compile(r"^(?:that is|they are|that would be|there is|those are|it is|meaning) (?P<names>.+)$", _I)
_PIECES = re.compile(r",? and |, | plus ", _I)
_LEAD = re.compile(
    r"^(?:(?:also|then|old|young|little|wee|big|good old|our|my|the|an?|one|new|a certain|polish|german|scottish|english|irish|french|spanish|italian|turkish|romanian|ukrainian"
    r"|lad|lass|guy|girl|woman|man|fellow|fella|bloke|lady|chap|called|named|with|mister|missus|miss|mr\.?|mrs\.?|ms\.?|dr\.?) )+",
    _I,
)
_BEHIND = re.compile(r" (?:in|at|from|for|up in|down in|on) (?:the )?[\w'-]+(?: [\w'-]+)?$| \([^)]*\)$", _I)

_ANSWERABLE = re.compile(
    rf"\b(?:his|her) name is (?P<title>(?:doctor|mister|missus|miss|professor|dr|mr|mrs|ms|frau|herr)\.? )?(?P<name>{_NAME}(?: (?:de |van |der |von |da |di |la )*(?!(?:by|and|but|he|she|he's|i|we|is|so)\b){_NAME}){{0,2}})",
    _I,
)
_CALLED = re.compile(
    rf"(?:\b(?:an?|the|this|that|our|one|new|some) (?:[\w-]+ ){{0,2}}?(?P<what>{_OFFICE}|guy|lad|girl|lady|woman|man|bloke|fella|fellow|chap|person|someone|kid|volunteer|colleague)(?: there| here| (?:in|at|from) (?:the )?[\w-]+(?: [\w-]+)?)?|\b(?:somebody|someone|he|she))"
    rf",?(?: is| who is)? (?:called|named|by the name of) (?P<name>{_NAME}(?: (?!(?:and|but|he|she|is|who|so|in|at|from|for|with|i|we|they|now|to|that|which)\b){_NAME})?)",
    _I,
)
_STRANGER = re.compile(
    rf"\b(?:an?|one|some|that) (?:certain )?(?:mr|mrs|ms|dr|mister|missus|miss|doctor|professor|herr|frau|madame|monsieur|se[n\N{{LATIN SMALL LETTER N WITH TILDE}}]or|signor|mzee)\.? (?P<name>{_NAME}(?: {_CAPITAL})*)",
    _I,
)
_CERTAIN = re.compile(
    rf"(?<!of )\b(?:an?|the) (?:certain|(?:guy|lad|girl|lady|woman|man|bloke|fella|fellow|chap|granddaughter|nephew|niece|cousin|volunteer|colleague|consultant|contractor|{ROLES}),) (?P<name>{_FULL}|{_CAPITAL}(?=,|$))",
    _I,
)
_TITLE_ROLE = re.compile(
    rf"(?:^|\b(?:and|also|then|is|with) )(?:mister|missus|miss|doctor|professor|mr|mrs|ms|dr|frau|herr)\.? (?P<name>{_NAME}),? (?:he is |she is )?(?:is )?(?:the|our|my) (?P<role>{ROLES})\b",
    _I,
)
_ROLE_IS = re.compile(
    rf"^(?:(?:the|our|my) )?(?P<role>mayor|chair|director|principal|owner|ceo|cfo|cto|secretary|treasurer|foreman|landlord|editor|captain|coach|deputy|head|warden|vicar|president|chairman|chairwoman|bookkeeper|accountant|caretaker)'s (?P<name>{_NAME} {_NAME})$",
    _I,
)
_A_ROLE = re.compile(rf"\b(?:an?|our|my|the) (?:new |old |first |second )?(?P<role>(?!same\b){_OFFICE})\b", _I)
_STARTS = re.compile(rf"^(?P<name>{_FULL})(?=$|,)", _I)
_HIRED = re.compile(
    r"\b(?:hired|hiring|found|got|have|took on|recruited|appointed|employed|met|put|is|has|sent|at|with|called|asked|ask)\b",
    _I,
)
_REACHED = re.compile(
    rf"(?:^|, |\bcontact(?: is|:)? )(?:one |an? |ask |it is |that is |contact )?(?:mr\.? |mrs\.? |ms\.? |dr\.? )?(?P<name>{_FULL}|{_CAPITAL}),? (?:at |on |is |it is )?(?P<email>[\w.+-]+@[\w-]+(?:\.[\w-]+)+)",
    _I,
)
_LAST_NEW = re.compile(
    rf"\b(?:new|young|polish|old|nice|local) (?P<what>{ROLES}|lad|guy|girl|lady|bloke|fella|woman|man|kid|chap|one)(?: (?:from|in|on|since) (?:the )?[\w-]+)?,? (?P<name>{_NAME})$",
    _I,
)
_NOW_HE = re.compile(
    r"^(?:he|she) (?:is|was|has|does|did|runs|will|works|comes|came|starts|started|leads|joined)\b", _I
)
_ANOTHER = re.compile(r"^(?:in|from|at|of) ")
_IS_NOW = re.compile(
    rf"\b(?:her|his|our|my|the|their) (?:new |old )?(?P<role>2ic|second in command|number two|deputy|right hand|stand-in|replacement|successor|assistant|understudy),? (?P<name>{_CAPITAL}(?: {_CAPITAL})?)(?=$|,)",
    _I,
)
_MANAGER_IS = re.compile(
    r"^(?:he|she) is (?:also |still |now )?(?:my|our) (?:boss|manager|line manager|supervisor|director)\b", _I
)
_TITLED = re.compile(
    rf"^(?:(?:dr|doctor|mr|mister|mrs|missus|ms|miss|professor|frau|herr)\.?) (?P<name>{_NAME}(?: {_NAME})?)$", _I
)
_WHO_OWNS = re.compile(
    rf"(?P<name>{_NAME}),? who (?P<does>(?:owns|founded|started|chairs|supervises|translates|repairs|cooks|drives|answers|trains|bakes|cleans|plans|books|paints|designs|builds|takes care of|is in charge of|is responsible for|oversees) [\w' -]+?)(?=,|$| (?:is|has|will|was|says|said|wants|and)\b)",
    _I,
)
_PUBLIC = re.compile(
    r"(?:new |old )?(?:mayor|president|minister|prime minister|vicar|priest|councillor|governor|senator|judge)", _I
)
"""Whom everybody has, and nobody works with."""
_SECOND = frozenset("2ic second number deputy right stand-in replacement successor assistant understudy".split())
_CALLED_WORDS = frozenset(("called", "named", "name"))
_TITLES = TITLES | {"mr", "mrs", "ms", "dr"}
_THERE_IS_FULL = re.compile(
    rf"^(?:and |then |also )*there is (?:also )?(?:(?P<short>{_NAME}) (?=(?P=short))|{_NAME} )?(?P<name>{_NAME} {_NAME})$",
    _I,
)
_IT_IS = re.compile(rf"^it is (?:going to be )?(?P<name>{_CAPITAL}(?: {_CAPITAL})?)$", _I)
_NEW_OFFICE = re.compile(rf"\b(?:new|next|first|acting) (?P<role>{ROLES})\b", _I)
_OFFICE_IS = re.compile(rf"^(?:the|our|my) (?P<role>{ROLES})'s (?P<name>{_NAME})$", _I)
_MINE_IS = re.compile(
    rf"\b(?:my|our) (?:new |old )?(?P<kin>{'|'.join(sorted(map(re.escape, KIN), key=len, reverse=True))})(?: there| here| at [\w-]+)? is (?:an?|this) (?:[\w-]+ ){{0,2}}(?:man|woman|guy|lady|lad|girl|fella|chap|person|bloke)?\b.*$",
    _I,
)
_TEAM = re.compile(
    r"^(?:in |on )?(?:my|our|the) (?:team|crew|colleagues|people|staff|department|group|board|committee|partners|helpers|volunteers)(?: (?:is|are|has|have|of|here|there|\w+ people|[\d]+ people|four|three|five|six|two))*(?:: |,? that is |,? they are | is | are )(?P<names>[^\W\d_][\w'-]+(?:,| and| \().*)$",
    _I,
)
_FELLOWS = frozenset("chap guy lady woman man bloke person lad girl fella fellow gent".split())
_FELLOW = re.compile(
    rf"\b(?:(?:the|our|my|their) (?:[\w'-]+ ){{0,3}}|(?:finance|hr|it|sales|press|legal|bank|council|insurance|tax|delivery) )(?:chap|guy|lady|woman|man|bloke|person|lad|girl|fella|fellow|gent),? (?P<name>{_NAME} {_NAME})$",
    _I,
)
_OF_KIN = frozenset(word for words in KIN for word in words.split())


def _is_name(word: str, *, written: bool) -> bool:
    return nameable(word.casefold()) and word.casefold() not in TITLES and (word[0].isupper() or not written)


def _bare(piece: str, *, written: bool) -> str:
    """Return the name in a piece of a list, of one or two words, or ''."""
    name = _BEHIND.sub("", _LEAD.sub("", piece.strip(" ,.!")))
    words = name.split(" ")
    return name if name and len(words) <= 2 and all(_is_name(word, written=written) for word in words) else ""


def _listed(role: str, names: str, *, written: bool, least: int = 1) -> Iterator[Noun]:
    pieces = [_bare(piece, written=written) for piece in _PIECES.split(names)[:6]]
    if len(pieces) < least or not pieces[0] or (len(pieces) > 1 and not pieces[1]):
        return
    for name in filter(None, pieces):
        yield Noun("colleague", name, AS_COLLEAGUE)
        yield Noun("role", role, AS_NAMED, about=name)


def presented(text: str, words: set[str], before: str, after: str, *, written: bool) -> Iterator[Noun]:
    """Yield the people whom a clause presents. words: its words, case folded. before, after: the clauses beside it."""
    several = "," in text or "and" in words
    if several and names_role(words) and (found := _LISTED.match(text)) and found["role"].casefold() not in _OF_KIN:
        bare = text[found.end("role") : found.start("names")].strip(" s") == ","
        yield from _listed(found["role"], found["names"], written=written, least=2 if bare else 1)
    elif several and (found := _THAT_IS.match(text)) and (office := _OFFICES_BEFORE.search(before)):
        yield from _listed(office["role"], found["names"], written=written)
    if "name" in words and (found := _ANSWERABLE.search(text)):
        for name in values("person", found["name"], written):
            if (" " in name or written or found["title"]) and not _OF_KIN & set(before.casefold().split()):
                yield Noun("colleague", name, AS_COLLEAGUE)
                if duty := _last_office(before):
                    yield Noun("role", duty, AS_NAMED, about=name)
    if not _CALLED_WORDS.isdisjoint(words) and (found := _CALLED.search(text)):
        pronoun = found["what"] is None
        named = values("person", text[found.start("name") :], written)
        if (
            not named
            and " " not in found["name"]
            and nameable(found["name"].casefold())
            and (found["name"][0].isupper() or not written)
        ):
            named = [found["name"]]  # "lukas", who ends like a verb
        for name in named:
            if name.casefold() in VERBS or (pronoun and _OF_KIN & set(before.casefold().split())):
                continue  # "a puppy, she is called marmalade"
            role = _last_office(text[: found.start("name")]) or (pronoun and _last_office(before)) or ""
            if owner := _MINE_IS.search(text[: found.start("name")]):
                word = owner["kin"].casefold()
                yield Noun(KIN[word][0], name, a_rule(KIN[word][0], 0.8), label=word)
                continue
            if not _PUBLIC.fullmatch(role):
                yield Noun("colleague", name, AS_COLLEAGUE)
            if re.fullmatch(ROLES, role, _I) and role.casefold() not in _OF_KIN:
                yield Noun("role", role, AS_NAMED, about=name)
    titled = not _TITLES.isdisjoint(words)
    for found in _STRANGER.finditer(text) if titled else ():
        for name in values("person", found["name"], written):
            yield Noun("colleague", name, AS_COLLEAGUE)
    if found := _TEAM.match(text):
        pieces = [_bare(piece, written=written) for piece in _PIECES.split(found["names"])[:8]]
        if len([name for name in pieces if name]) > 1:
            yield from (Noun("colleague", name, AS_COLLEAGUE) for name in pieces if name)
    fellow = None if _FELLOWS.isdisjoint(words) else _FELLOW.search(text)
    if fellow and all(_is_name(word, written=written) for word in fellow["name"].split()):
        yield Noun("colleague", fellow["name"], AS_COLLEAGUE)
    if titled and (found := _TITLE_ROLE.search(text)):
        yield Noun("colleague", found["name"], AS_COLLEAGUE)
        yield Noun("role", found["role"], AS_NAMED, about=found["name"])
    if _MANAGER_IS.match(after) and (found := _TITLED.match(text)):
        yield Noun("manager", found["name"], a_rule("manager", 0.8))
    if (
        "'" in text
        and (found := _ROLE_IS.match(text))
        and all(_is_name(word, written=written) for word in found["name"].split())
    ):
        if not _PUBLIC.fullmatch(found["role"]):
            yield Noun("colleague", found["name"], AS_COLLEAGUE)
        yield Noun("role", found["role"], AS_NAMED, about=found["name"])
    if (
        "'s " in text
        and _NOW_HE.match(after)
        and (found := _OFFICE_IS.match(text))
        and _is_name(found["name"], written=written)
    ):
        yield Noun("colleague", found["name"], AS_COLLEAGUE)
        yield Noun("role", found["role"], AS_NAMED, about=found["name"])
    if _NOW_HE.match(after) and (found := _LAST_NEW.search(text)) and _is_name(found["name"], written=written):
        yield Noun("colleague", found["name"], AS_COLLEAGUE)
    there = _THERE_IS_FULL.match(text) if "there" in words and _NOW_HE.match(after) else None
    if there and all(_is_name(word, written=written) for word in there["name"].split()):
        yield Noun("colleague", there["name"], AS_COLLEAGUE)
    if "who" in words and (found := _WHO_OWNS.search(text)) and _is_name(found["name"], written=written):
        yield Noun("role", found["does"], AS_NAMED, about=found["name"])
    if written:
        yield from _written(text, words, before)


def _last_office(text: str) -> str:
    found = list(_A_ROLE.finditer(text))
    return found[-1]["role"] if found else ""


def _written(text: str, words: set[str], before: str) -> Iterator[Noun]:
    if (found := _IT_IS.match(text)) and (new := _NEW_OFFICE.search(before)):
        yield Noun("colleague", found["name"], AS_COLLEAGUE)
        yield Noun("role", new["role"], AS_NAMED, about=found["name"])
    if "@" in text and (found := _REACHED.search(text)):
        yield Noun("colleague", found["name"], AS_COLLEAGUE)
        yield Noun("email", found["email"], a_rule("email", 0.85), about=found["name"])
    elif (
        (found := _STARTS.match(text))
        and (office := _last_office(before))
        and (_HIRED.search(before) or before.casefold().startswith(("my ", "our ")))
    ):
        for name in values("person", found["name"], True):
            yield Noun("colleague", name, AS_COLLEAGUE)
            if office.casefold() not in _OF_KIN:
                yield Noun("role", office, AS_NAMED, about=name)
    if not _SECOND.isdisjoint(words) and (found := _IS_NOW.search(text)):
        yield Noun("colleague", found["name"], AS_COLLEAGUE)
        yield Noun("role", found["role"], AS_NAMED, about=found["name"])
    for found in _CERTAIN.finditer(text) if "," in text or "certain" in words else ():
        for name in values("person", found["name"], True):
            yield Noun("colleague", name, AS_COLLEAGUE)
            if place := re.match(r",? (?:in|from) (?P<where>(?-i:[A-Z])[\w-]+)$", text[found.end() :]):
                yield Noun("lives_in", place["where"], AS_PLACE, about=name)


_TERSE = re.compile(
    rf"^(?P<name>{_FULL}|{_CAPITAL}),? ?(?:here)?(?:, |\. | - )?(?P<role>(?:{ROLES}|(?-i:VP|Head|Director|Chief|Lead)(?: of)?(?: [\w&-]+){{1,3}}?)(?: (?:of|for) [\w -]+?)?)?(?:(?:,| at| @| for| with|,? from) (?P<org>{_CAPITAL}[\w'&. -]*?))?(?:(?:,| in) (?P<place>{_CAPITAL}(?: {_CAPITAL})?))?$"
)


_FIELD_AT = re.compile(
    rf"^, (?P<field>[a-z][\w /&-]{{1,30}}?) (?:at|for|with|@) (?:the )?(?P<org>{_CAPITAL}[\w'&. -]*?)(?:(?:,| in) (?P<place>{_CAPITAL}(?: {_CAPITAL})?))?$"
)
_POST_AT = re.compile(
    rf"^(?!(?:i|we|he|she|they|it|this|that|my|our|who)\b)(?:an? |the )?(?P<role>{ROLES}) (?:at|for|with|@) (?:the )?(?P<org>(?-i:[A-Z])[\w'&-]+(?: (?-i:[A-Z&])[\w'&-]*)*)(?=$|,)",
    _I,
)
_THEN_SMALL = re.compile(
    rf"^(?:(?:dr|mr|mrs|ms|prof(?:essor)?)\.? )?(?!(?:dear|hello|hi|hey|good|elena|marcus|thanks|thank|sorry|yes|no|ok|happy|merry)\b)(?P<name>{_FULL}), (?-i:(?!who\b|he\b|she\b|and\b|my\b|our\b|says?\b|the\b)[a-z])(?!.*\b(?:is|was|are|has|will|said|says)\b)",
    _I,
)


def terse(text: str) -> Iterator[Noun]:
    """Yield who somebody is that begins without a verb: "Mika, producer @ Frostbyte, Tampere", "Asante. Head of claims, Pennant"."""
    if ". " not in text.removeprefix("Dr. ") and (full := _THEN_SMALL.match(text)):
        yield Noun("name", full["name"], a_rule("name", 0.75))
        if firm := _FIELD_AT.match(text[full.end("name") :]):
            yield Noun("role", firm["field"], AS_ROLE)
            yield Noun("employer", firm["org"].strip(), AS_EMPLOYER)
            if firm["place"]:
                yield Noun("lives_in", firm["place"], AS_PLACE)
        return
    if post := _POST_AT.match(text):
        yield Noun("role", post["role"], AS_ROLE)
        yield Noun("employer", post["org"].strip(), AS_EMPLOYER)
        return
    found = _TERSE.match(text)
    if found is None or not found["role"] or A_FIRM.match(text):
        return
    if not all(_is_name(word, written=True) for word in found["name"].split()):
        return
    yield Noun("name", found["name"], a_rule("name", 0.8))
    yield Noun("role", found["role"].strip(), a_rule("role", 0.85))
    if found["org"]:
        yield Noun("employer", found["org"].strip(), AS_EMPLOYER)
    if found["place"]:
        yield Noun("lives_in", found["place"], AS_PLACE)
