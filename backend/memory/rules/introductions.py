"""Who is who: how people introduce themselves, and whom they bring up, relatives and colleagues, by name."""

import re
from collections.abc import Iterator

from backend.memory.rules.noun_fact import AS_COLLEAGUE, AS_EMPLOYER, AS_NAME, AS_PLACE, AS_ROLE, AS_TITLE, Noun, a_rule
from backend.memory.rules.rule import KIN
from backend.memory.rules.values import NUMBER, values
from backend.memory.rules.words import LANGUAGES
from backend.memory.rules.work import ROLES

_I = re.IGNORECASE

_GREETING = re.compile(
    r"^(?:(?:hi|hello|hey|good (?:morning|afternoon|evening|day)|ciao|hej|hola|morning|kia ora|namaste|greetings)\b,? ?(?:there|again|elena|marcus|everyone)?[, -]*)+",
    _I,
)
_I_AM = re.compile(
    r"^(?:(?:and )?(?:this is|i am|it is|its|my (?:full )?name is|the name is|here is)(?: actually)? )", _I
)
_INTRODUCED_ROLE = re.compile(
    rf"^[ ,]*(?:and )?(?:i am )?(?:(?:the|an?|your|our) )?(?P<value>(?:(?-i:VP|Head|Director|Chief|Lead)(?: of)?(?: (?-i:[A-Z])[\w&-]+){{1,3}}|{ROLES})(?: (?:of|for) (?:the )?[\w-]+(?: [\w-]+)?(?=,| at\b| for\b| in\b|$))?)",
    _I,
)
_OWN_FIRM = re.compile(
    r"^(?P<role>(?:co-?)?founder|owner|ceo|president|managing director|director|deputy director|curator) of (?P<value>.+)$",
    _I,
)
_I_GO_ON = re.compile(
    r"(?:and )?i (?:am (?:the|an?|in charge|head|from|responsible|calling|working)|work|run|lead|manage|do|look after|head|own)\b",
    _I,
)
_SAYS_WHO = re.compile(
    rf"(?:,? (?:the |an? |your )?(?:{ROLES}|(?-i:VP|Head|Director|Chief))\b|,? from (?-i:[A-Z])|,? at (?-i:[A-Z]))", _I
)
_INTRODUCED_ORG = re.compile(r"\b(?:at|from|with|for|of) (?P<value>(?:the )?.+)$", _I)
_INTRODUCED_PLACE = re.compile(r"\b(?:out of|based in|here in|living in) (?:the )?(?P<value>.+)$", _I)


def introduction(text: str, after: str, *, written: bool) -> Iterator[Noun]:
    """Yield who somebody says they are at the beginning: "Ana Lima here, head of sales at Corvo in Porto"."""
    bare = _GREETING.sub("", text)
    lead = _I_AM.match(bare)
    rest = bare[lead.end() :] if lead else bare
    rest = re.sub(r"^(?:doctor|dr\.?|professor|mr\.?|mrs\.?|ms\.?) ", "", rest, flags=_I)
    name = (values("person", rest.split(",")[0], written) or [""])[0]
    if not name or re.match(rf"(?:{ROLES})\b", name, _I):
        return
    tail = rest[len(name) :] if rest.startswith(name) else ""
    here = re.match(r",? (?:here|speaking)\b" if not lead else r",? (?:here|speaking|again)\b", tail, _I)
    if (
        lead
        and lead[0].casefold().startswith(("it is", "its", "here is"))
        and not (here or " " in name or bare != text)
    ):
        return
    if not (lead or here) and not (written and " " in name and _SAYS_WHO.match(tail)):
        return
    telephone = lead is not None and tail == "" and lead[0].casefold().endswith("this is ")
    telephone = telephone or (tail == "" and lead is not None and _I_GO_ON.match(after) is not None)
    plain = lead and " " not in name and not here and not telephone
    if plain and not re.match(
        r" (?:from|over at|at|with|and i)\b" if not written else r"$|,| (?:from|over|at|and|with)\b", tail, _I
    ):
        return
    if (plain and (name[0].islower() if written else False)) or name.casefold() in LANGUAGES:
        return
    if tail and not re.match(r"[ ,.]", tail):
        return
    if (
        lead
        and lead[0].casefold().startswith(("it is", "here is"))
        and tail
        and not re.match(r",|[ ](?:here|from|over|at|speaking|again)\b", tail)
    ):
        return
    tail = tail[here.end() :] if here else tail
    again = (values("person", tail.strip(" ,"), written) or [""])[0]
    if here and again.casefold().startswith(name.casefold()):  # "teo here, teo ngata"
        name, tail = again, tail.strip(" ,")[len(again) :]
    yield Noun("name", name, AS_NAME)
    role = _INTRODUCED_ROLE.match(tail)
    if role and (firm := _OWN_FIRM.match(tail.strip(" ,"))) and (orgs := values("org", firm["value"], written)):
        yield Noun("role", firm["role"], AS_TITLE)
        yield Noun("employer", orgs[0], AS_EMPLOYER)
        return
    if role:
        yield Noun("role", role["value"], AS_TITLE)
        tail = tail[role.end() :]
        if written and (firm := re.match(r", (?P<value>(?-i:[A-Z])[\w'&. -]+)$", tail)):
            yield from (Noun("employer", value, AS_EMPLOYER) for value in values("org", firm["value"], written))
            return
    if found := _INTRODUCED_PLACE.search(tail):
        for value in values("place", found["value"], written):
            yield Noun("lives_in", value, AS_PLACE)
    if found := _INTRODUCED_ORG.search(tail):
        before, _, _ = found["value"].partition(", ")
        orgs = values("org", before, written)
        yield from (Noun("employer", value, AS_EMPLOYER) for value in orgs)


_LAST_NAME = re.compile(
    rf"(?:^|\b(?:and|is|with|by|called|named|plus|me|us|buddy|cofounder|co-founder|{ROLES}) )(?:there is |mr |mrs |ms |doctor |dr )?(?P<name>[^\W\d_][\w'-]+(?: [^\W\d_][\w'-]+)?)$",
    _I,
)


def last_name(text: str, *, written: bool) -> str:
    """Return the name that a clause ends with, or ''."""
    found = _LAST_NAME.search(_TRAILING.sub("", text))
    name = (values("person", found["name"], written) or [""])[0] if found else ""
    return name if found and name == found["name"] else ""


_NAMING = re.compile(r"\b(?:name|names|called|named)\b", _I)
_TRAILING = re.compile(r" (?:mostly|mainly|usually|now|there|too|also|again|today|then)$", _I)
_THERE_IS = re.compile(
    r"^(?:there is|meet|it is|that would be|that is) (?:also |then )?(?P<name>[^\W\d_][\w'-]+(?: [^\W\d_][\w'-]+)?)$",
    _I,
)
_GOES_ON = re.compile(
    r"^(?:he|she) (?:is|does|did|runs|leads|will|has|was|used|works?|comes|came|joined|takes|handles|knows|wants|owns)\b",
    _I,
)
_CALLED_SO = re.compile(
    rf"(?:^|\b(?:is|be|with|by|and|from|to|ask|meet|me) )(?P<name>[^\W\d_][\w'-]+ [^\W\d_][\w'-]+),? (?P<role>{ROLES}(?: of [\w-]+)?)$",
    _I,
)
_OF_ROLES = frozenset(
    [
        "assistant",
        "deputy",
        "junior",
        "senior",
        "branch",
        "regional",
        "project",
        "product",
        "office",
        "area",
        "store",
        "account",
        "chief",
        "head",
        "lead",
        "team",
        "vice",
        "general",
        "managing",
        "technical",
        "human",
        "our",
        "my",
        "the",
        "their",
        "new",
        "executive",
        "national",
        "site",
        "plant",
        "shift",
        "case",
    ]
)
_APPOSED = re.compile(
    rf"\b(?:hired|have|got|found|met|meet|with|is|by|and|from|from our|to) (?:(?:our|my|the|a|an|their) )?(?:first |new |old )?(?P<role>{ROLES}|dev|contact),? (?:called |named )?(?P<name>(?-i:[A-Z])[\w'-]+(?: (?-i:[A-Z])[\w'-]+)?)\b",
    _I,
)


def people(text: str, after: str, *, written: bool) -> Iterator[Noun]:
    """Yield who is brought up: "there's Ines" before "she does the books", "our designer, Bo"."""
    if _GOES_ON.match(after):
        if _NAMING.search(text):
            return
        found, sure = _THERE_IS.match(text), True
        if found is None:
            found, sure = _LAST_NAME.search(_TRAILING.sub("", text)), False
        if found and not re.match(r"(?:he|she) is my\b", after, _I):
            for name in values("person", found["name"], written):
                if name == found["name"] and (sure or written or " " in name or found.start("name")):
                    yield Noun("colleague", name, AS_COLLEAGUE)
    for found in _OUR.finditer(text):
        name = " ".join(filter(None, (found["name"], found["last"])))
        for value in values("person", name, written):
            if value == name and found["role"].casefold() not in KIN:
                yield Noun("colleague", value, AS_COLLEAGUE)
                yield Noun("role", found["role"], AS_ROLE, about=value)
    if (following := _NAME_FOLLOWS.match(after)) and (office := _OFFICE_LAST.search(text)):
        for value in values("person", following["name"], written):
            yield Noun("colleague", value, AS_COLLEAGUE)
            yield Noun("role", office["role"], AS_ROLE, about=value)
    if not written and (called := _CALLED_SO.search(text)) and _OF_ROLES.isdisjoint(called["name"].casefold().split()):
        for value in values("person", called["name"], written):
            if value == called["name"]:
                yield Noun("colleague", value, AS_COLLEAGUE)
                yield Noun("role", called["role"], AS_ROLE, about=value)
    for found in _APPOSED.finditer(text):
        for value in values("person", found["name"], written):
            yield Noun("colleague", value, AS_COLLEAGUE)
            yield Noun("role", found["role"], AS_ROLE, about=value)


_KIN_WORDS = "|".join(sorted(map(re.escape, KIN), key=len, reverse=True))
_KIN_NAMED = re.compile(
    rf"\b(?:(?:my|our|an?|the|two|three|four|five) (?:[\w-]+ )?(?P<kin>{_KIN_WORDS})(?: (?:is|are))?,? (?:called|named)|(?:an?|one) (?:[\w-]+ )?(?P<new>son|daughter|brother|sister|wife|husband|boy|girl|partner|friend|colleague|boss)) (?P<name>[^\W\d_][\w'-]+(?: [^\W\d_][\w'-]+)?)",
    _I,
)
_KIN_APPOSED = re.compile(
    rf"(?:^|\b(?:and|with|for|to|from|that|is|by) )(?P<name>[^\W\d_][\w'-]+),? (?:my|our) (?:older |younger |little |big |eldest |youngest )?(?P<kin>{_KIN_WORDS})\b(?!'s)",
    _I,
)
_KIN_PAIR = re.compile(
    rf"\b(?P<kin>kids|boys|girls|twins|sons|daughters|children|cats|dogs|brothers|sisters|lads|rabbits|horses)(?: you know| well)?(?:,? (?:{NUMBER} (?:years old|and {NUMBER})|(?:are )?called|named|that is))?:?,? (?P<first>[^\W\d_][\w'-]+) and (?P<second>[^\W\d_][\w'-]+)\b",
    _I,
)
_KIN_LISTED = re.compile(
    rf"\b(?P<kin>{_KIN_WORDS})\b(?: and an? [\w-]+)?(?: [\w-]+){{0,3}}?, (?P<names>[^\W\d_][\w'-]+(?:,? (?:and )?[^\W\d_][\w'-]+){{0,5}})$",
    _I,
)
_WEDDED = re.compile(
    r"^(?:(?P<name>[^\W\d_][\w'-]+) and (?:i|me)|(?:me|i) and (?P<other>[^\W\d_][\w'-]+)) (?:got|are|were|have been|are getting|get|will get)(?: \w+)? (?:married|engaged|divorced)\b",
    _I,
)
_OUR = re.compile(
    rf"\b(?:my|our|the) (?:new |old )?(?P<role>{ROLES}),? (?:is )?(?:(?:called|named) )?(?:mister |doctor |dr\.? |mrs\.? |mr\.? |ms\.? |miss )?(?P<name>[^\W\d_][\w'-]+)(?: (?P<last>(?!(?:is|has|wants|will|and|does|asked|told|said)\b)[^\W\d_][\w'-]+))?(?= (?:is|has|wants|will|says|thinks|needs|retires|leaves|handles|does|runs|asked|told|said|knows|hates|loves|likes|decides|signs|takes|sends|and i)\b|,|$)",
    _I,
)
_NAME_FOLLOWS = re.compile(
    r"^(?:(?:his|her) name is|(?:he|she) is (?:called|named)) (?P<name>[^\W\d_][\w'-]+(?: [^\W\d_][\w'-]+)?)", _I
)
_OFFICE_LAST = re.compile(rf"\b(?:an?|our|the|my) (?:new )?(?P<role>{ROLES}|colleague|consultant)$", _I)


def kin(text: str, *, written: bool) -> Iterator[Noun]:
    """Yield relatives by name, anywhere in a clause: "a son named Pavel and a daughter named Ania", "two cats, Pix and Mo"."""
    for found in _KIN_APPOSED.finditer(text):
        word = found["kin"].casefold()
        for name in values("first", found["name"], written):
            yield Noun(KIN[word][0], name, a_rule(KIN[word][0], 0.85), label=word)
    for found in _KIN_NAMED.finditer(text):
        word = (found["kin"] or found["new"]).casefold()
        for name in values("first", found["name"], written):
            yield Noun(KIN[word][0], name, a_rule(KIN[word][0], 0.85), label=word)
    if pair := _KIN_PAIR.search(text):
        word = pair["kin"].casefold()
        names = [name for part in ("first", "second") for name in values("first", pair[part], written)]
        if len(names) == 2:
            for name in names:
                yield Noun(KIN[word][0], name, a_rule(KIN[word][0], 0.8), label=word)
    elif listed := _KIN_LISTED.search(text):
        word = listed["kin"].casefold()
        pieces = re.split(r",? and |, ", listed["names"])
        names = values("names", listed["names"], written)
        owned = re.search(r"\b(?:my|our|an?|one|have|got) (?:[\w-]+ )?$", text[: listed.start("kin")], _I)
        if len(names) == len(pieces) and (owned or len(names) > 1) and not re.search(r"\byour\b", text, _I):
            for name in names:
                yield Noun(KIN[word][0], name, a_rule(KIN[word][0], 0.8), label=word)
    if wedded := _WEDDED.match(text):
        for name in values("first", wedded["name"] or wedded["other"], written):
            yield Noun("spouse", name, a_rule("spouse", 0.85))
