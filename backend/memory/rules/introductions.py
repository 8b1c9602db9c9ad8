"""Who is who: how people introduce themselves, and whom they bring up, relatives and colleagues, by name."""

import re
from collections.abc import Iterable, Iterator, Mapping

from backend.memory.rules import places
from backend.memory.rules.grammar import VERBS
from backend.memory.rules.noun_fact import AS_COLLEAGUE, AS_EMPLOYER, AS_NAME, AS_PLACE, AS_ROLE, AS_TITLE, Noun, a_rule
from backend.memory.rules.occupations import ROLES, names_role
from backend.memory.rules.relatives import presupposed
from backend.memory.rules.rule import KIN
from backend.memory.rules.titles import A_FIRM, NO_OFFICES
from backend.memory.rules.values import NUMBER, nameable, values
from backend.memory.rules.words import COMMON, LANGUAGES, TITLES

_I = re.IGNORECASE

_GREETING = re.compile(
    r"^(?:(?:(?:quick |short |brief |an? )*intro(?:duction)?|hi|hello|hey|good (?:morning|afternoon|evening|day)|ciao|hej|hola|morning|kia ora|namaste|greetings|oi|yo|alright|hiya|heya|howdy|ahoy|sawubona|salam|salut|hullo|ello|wotcha|g'day|gday|moi|jambo|bonjour|bonsoir|salut|guten tag|salaam|vanakkam|habari|hei|hallo|servus|aloha|buongiorno|buenos dias|bom dia|how (?:ye|you|are you|is it|are things) ?(?:doing?'?|going?|goin|keeping)?|arvo)\b[,:]? ?(?:there|again|elena|marcus|everyone)?[, -]*)+",
    _I,
)
_I_AM = re.compile(
    r"^(?:(?:and )?(?:this is|(?:[a-z]+ ){0,3}é o|i am|i myself am|myself|it is|its|my (?:full )?name is|the name is|here is|hier ist|ich bin|soy|mi chiamo|ik ben|jag heter)(?: actually)? )",
    _I,
)
_INTRODUCED_ROLE = re.compile(
    rf"^[ ,]*(?:and )?(?:i am )?(?:(?:the|an?|your|our) )?(?P<value>(?:(?-i:VP|Head|Director|Chief|Lead)(?: of)?(?: (?-i:[A-Z])[\w&-]+){{1,3}}|{ROLES})\b(?: (?:of|for) (?:the )?[\w-]+(?: [\w-]+)?(?=,| at\b| for\b| in\b|$))?)",
    _I,
)
_OWN_FIRM = re.compile(
    r"^(?P<role>(?:co-?)?founder|owner|ceo|president|managing director|director|deputy director|curator) of (?P<value>.+)$",
    _I,
)
_I_GO_ON = re.compile(
    r"(?:and )?i (?:am (?:the|an?|(?:[\w-]+ ){0,2}(?:manager|director|engineer|teacher|nurse|brewer|baker|lead|officer|analyst|developer|designer|owner|founder|accountant|lawyer|head|chef|editor|planner|buyer|consultant|coordinator|doctor|driver|secretary|foreman|supervisor|architect)\b|in charge|head|from|responsible|calling|working)|work|run|lead|manage|do|look after|head|own|handle|coordinate|oversee|supervise|teach|sell|direct|represent)\b",
    _I,
)
_SAYS_WHO = re.compile(
    rf"(?:,? (?:the |an? |your )?(?:{ROLES}|(?-i:VP|Head|Director|Chief))\b|,? from (?-i:[A-Z])|,? at (?-i:[A-Z]))", _I
)
_EMPLOYED = re.compile(
    r"\b(?:i|we) (?:am|work|run|lead|do|head|manage|own|teach)\b.* (?:at|for|of|with|by) (?!the moment)[\w]", _I
)
_A_ROLE_FIRST = re.compile(rf"(?:{ROLES})\b", _I)
_ASSISTANT = re.compile(r"(?:elena|marcus)\b", _I)
_AND_PLACE = re.compile(r"^, (?-i:[A-Z])[\w'-]+(?: (?-i:[A-Z])[\w'-]+)?$")
_THEN_PLACE = re.compile(r"^(?: in|,) (?P<value>[\w' -]+)$", _I)
_INTRODUCED_ORG = re.compile(r"\b(?:at|from|with|for|of) (?P<value>(?:the )?.+)$", _I)
_INTRODUCED_PLACE = re.compile(r"\b(?:out of|based in|here in|living in) (?:the )?(?P<value>.+)$", _I)


_FROM_FIRM = re.compile(r",? (?:from|at|of|with) (?:the )?(?-i:[A-Z])")
_UNIT_AT = re.compile(
    r"(?:the )?(?:[\w-]+ ){0,2}(?:office|department|team|desk|side|unit|division|branch|workshop|lab|kitchen|ward|section) (?:at|of) (?P<org>.+)",
    _I,
)
_HEADING = re.compile(
    r"(?:^|, |\band )(?P<value>(?:heading|leading|managing|running|handling|overseeing|looking after|in charge of|responsible for) [\w' -]+?)(?: at (?P<org>(?-i:[A-Z])[\w'&. -]+?))?(?:, (?P<place>(?-i:[A-Z])[\w' -]+))?$",
    _I,
)


def introduction(text: str, after: str, *, written: bool) -> Iterator[Noun]:
    """Yield who somebody says they are at the beginning: "Ana Lima here, head of sales at Corvo in Porto"."""
    bare = _GREETING.sub("", text)
    lead = _I_AM.match(bare)
    rest = bare[lead.end() :] if lead else bare
    rest = re.sub(r"^(?:doctor|dr\.?|professor|mr\.?|mrs\.?|ms\.?) ", "", rest, flags=_I)
    name = (values("person", rest.split(",")[0], written) or [""])[0]
    if not name or _A_ROLE_FIRST.match(name) or A_FIRM.match(name):
        return
    tail = rest[len(name) :] if rest.startswith(name) else ""
    here = re.match(r",? (?:here|speaking|this side)\b" if not lead else r",? (?:here|speaking|again)\b", tail, _I)
    if (
        lead
        and lead[0].casefold().startswith(("it is", "its", "here is"))
        and not (here or " " in name or bare != text or re.match(r" (?:from|over at|at|again)\b", tail))
    ):
        return
    goes_on = tail == "" and _I_GO_ON.match(after) is not None
    spoken = (
        goes_on
        and not _ASSISTANT.match(name)
        and name.count(" ") == 1
        and all(nameable(word) for word in name.casefold().split())
    )
    greeted = (
        written and (bare != text or after.startswith("I ")) and " " not in name and _FROM_FIRM.match(tail) is not None
    )
    if not (lead or here or spoken or greeted) and not (
        written
        and " " in name
        and (goes_on or _SAYS_WHO.match(tail) or (name.count(" ") == 1 and _AND_PLACE.match(tail)))
    ):
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
    if written and (duty := _HEADING.search(tail)):
        yield Noun("role", duty["value"], AS_ROLE)
        yield from (Noun("employer", org, AS_EMPLOYER) for org in values("org", duty["org"] or "", written))
        yield from (Noun("lives_in", place, AS_PLACE) for place in values("spot", duty["place"] or "", written))
        return
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
        inner = _UNIT_AT.match(found["value"])
        before, _, _ = (inner["org"] if inner else found["value"]).partition(", ")
        orgs = values("org", before, written)
        if found[0].casefold().startswith("from ") and orgs and (places.is_known(orgs[0]) or _EMPLOYED.search(after)):
            yield Noun("lives_in", orgs[0], AS_PLACE)  # the firm is told next
            return
        if not written and before.startswith("the ") and orgs and " " not in orgs[0]:
            return  # "from the yard"
        for value in orgs:
            yield Noun("employer", value, AS_EMPLOYER)
            behind = found["value"].partition(value)[2]
            if town := _THEN_PLACE.match(behind):
                yield from (Noun("lives_in", place, AS_PLACE) for place in values("spot", town["value"], written))
        return
    if town := _AND_PLACE.match(tail):
        yield from (Noun("lives_in", place, AS_PLACE) for place in values("spot", town[0].strip(" ,"), written))


_AFTER_NAME = frozenset(
    ("is", "has", "was", "will", "does", "did", "and", "who", "from", "he", "she", "had", "wants", "says")
)
_BEFORE_NAME = re.compile(
    r"(?:^|\b(?:and|then|also|is|with|by|called|named|plus|me|us|buddy|cofounder|co-founder) )$", _I
)
_ROLE_BEFORE = re.compile(ROLES, _I)


def _named_last(text: str) -> tuple[str, bool]:
    """Return the one or two words that a clause ends with, where they stand as a name does; and whether more is before."""
    tokens = _TRAILING.sub("", text).split(" ")
    for count in (2, 1):
        if count > 1 and len(tokens) >= count and tokens[-count].casefold().rstrip(".") in TITLES | COMMON:
            continue
        if len(tokens) < count or not all(_A_WORD.fullmatch(token) for token in tokens[-count:]):
            continue
        before = tokens[:-count]
        while before and before[-1].casefold().rstrip(".") in TITLES:
            before.pop()
        lead = " ".join(before[-4:]) + " " if before else ""
        if (
            _BEFORE_NAME.search(lead)
            or lead.casefold().endswith("there is ")
            or (before and _ROLE_BEFORE.fullmatch(before[-1]))
        ):
            return " ".join(tokens[-count:]), bool(before)
    return "", False


_A_WORD = re.compile(r"[^\W\d_][\w'-]+")


def last_name(text: str, *, written: bool) -> str:
    """Return the name that a clause ends with, or ''."""
    words, _ = _named_last(text)
    name = (values("person", words, written) or [""])[0]
    return name if name == words else ""


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
    rf"\b(?:(?:hired|have|got|found|met|meet|with|is|by|and|from|from our|to) (?:(?:our|my|the|a|an|their) )?|(?:our|my|the|their) )(?:first |new |old )?(?P<role>{ROLES}|dev|contact),? (?:called |named )?(?P<name>(?-i:[A-Z])[\w'-]+(?: (?-i:[A-Z])[\w'-]+)?)\b",
    _I,
)


_HEAD_OF = re.compile(r"(?:head|vp|director|chief) ", _I)
_OWNED = re.compile(r"\b(?:my|our|the|their|her|his) |^new ", _I)
_BY_OFFICE = re.compile(
    rf"\b(?:the|our|my|their|her|his) (?:new |old )?(?P<role>{ROLES}|contact|right hand|number two|successor|replacement)(?: there| here| (?:at|in|from|of) (?:the )?[\w-]+)?, (?:a certain |mr\.? |ms\.? |mrs\.? |dr\.? )?(?P<name>(?-i:[A-Z])[\w'-]+(?: (?-i:[A-Z])[\w'-]+)+)(?=,|$)",
    _I,
)


def _by_office(text: str, *, written: bool) -> Iterator[Noun]:
    """Yield people who stand beside what they do: "our curator fergus", "the chef there, Nuria Ferrando"."""
    for found in _OUR.finditer(text) if written else ():
        name = " ".join(filter(None, (found["name"], found["last"])))
        for value in values("person", name, written):
            if value == name and found["role"].casefold() not in KIN:
                yield Noun("colleague", value, AS_COLLEAGUE)
                yield Noun("role", found["role"], AS_ROLE, about=value)
    for found in _OUR_SPOKEN.finditer(text) if not written else ():
        first, last, behind = (
            found["name"].casefold(),
            (found["last"] or "").casefold(),
            (found["next"] or "").casefold(),
        )
        role = found["role"].casefold()
        if not nameable(first) or first in VERBS or role in KIN:
            continue
        if last in VERBS or last in _AFTER_NAME:
            name = found["name"]
        elif last and nameable(last) and (behind in VERBS or behind in _AFTER_NAME or not behind):
            name = f"{found['name']} {found['last']}"
        else:
            continue
        yield Noun("colleague", name, AS_COLLEAGUE)
        if not TITLES.issuperset(role.split()) or " " not in role:  # "my sir doctor mathew"
            yield Noun("role", found["role"], AS_ROLE, about=name)
    for found in _BY_OFFICE.finditer(text) if written else ():
        for value in values("person", found["name"], written):
            yield Noun("colleague", value, AS_COLLEAGUE)
            yield Noun("role", found["role"], AS_ROLE, about=value)


_WHO_DOES = re.compile(
    rf"(?:^|, |\b(?:and|with|our|ask|is|by|from|to) )(?P<name>[^\W\d_][\w'-]+(?: (?-i:[A-Z])[\w'-]+)?),? who (?:is (?:our|the|my|an?) (?P<office>{ROLES})|(?P<does>(?:does|runs|leads|handles|manages|keeps|looks after|drives|heads|checks|makes|writes|teaches|sells|organi[sz]es|coordinates) [\w' -]+?))(?=,|$| (?:is|has|will|was|says|said|wants|and)\b)",
    _I,
)


_IS_SO = re.compile(
    r"(?:and |but |so )?(?:he|she|it|they|i|we|you|that|this) (?:is|are|am|was|were|has|have)\b(?! (?:called|named|with|by|my|our)\b)",
    _I,
)


def people(text: str, after: str, *, written: bool) -> Iterator[Noun]:
    """Yield who is brought up: "there's Ines" before "she does the books", "our designer, Bo"."""
    if _GOES_ON.match(after):
        if _NAMING.search(text):
            return
        there = _THERE_IS.match(text)
        words, more = (there["name"], True) if there else _named_last(text)
        if (
            words
            and not re.match(r"(?:he|she) is my\b", after, _I)
            and not _IS_SO.match(text)
            and not _ROLE_BEFORE.fullmatch(words)
        ):
            for name in values("person", words, written):
                if name == words and (more or written or " " in name):
                    yield Noun("colleague", name, AS_COLLEAGUE)
    for found in _WHO_DOES.finditer(text) if " who " in text else ():
        name = found["name"]
        if nameable(name.split(" ")[0].casefold()) and (name[0].isupper() or not written):
            yield Noun("colleague", name, AS_COLLEAGUE)
            yield Noun("role", found["office"] or found["does"], AS_ROLE, about=name)
    if not names_role(word.strip(",.;:!?()").removesuffix("'s") for word in text.casefold().split(" ")):
        return
    if _OWNED.search(text):
        yield from _by_office(text, written=written)
    if (following := _NAME_FOLLOWS.match(after)) and (office := _OFFICE_LAST.search(text)):
        for value in values("person", following["name"], written):
            yield Noun("colleague", value, AS_COLLEAGUE)
            yield Noun("role", office["role"], AS_ROLE, about=value)
    if not written and (called := _CALLED_SO.search(text)) and _OF_ROLES.isdisjoint(called["name"].casefold().split()):
        for value in values("person", called["name"], written):
            if value == called["name"]:
                yield Noun("colleague", value, AS_COLLEAGUE)
                yield Noun("role", called["role"], AS_ROLE, about=value)
    for found in _APPOSED.finditer(text) if written else ():
        if found["role"].casefold() in NO_OFFICES or (_HEAD_OF.match(found["role"]) and "," not in found[0]):
            continue  # "Professor Ogilvy", "Head of Asset Integrity"
        for value in values("person", found["name"], written):
            yield Noun("colleague", value, AS_COLLEAGUE)
            yield Noun("role", found["role"], AS_ROLE, about=value)


_BEFORE_FULL = re.compile(
    rf"(?:\b(?P<role>{ROLES}|point person|contact(?: person)?)(?: (?:is|will be|is going to be|called|named|at [\w-]+))?(?: (?:mister|missus|doctor|professor|mr|mrs|ms|miss|dr|sir|don)\.? [\w'-]+)?|\b(?:ask|is|with|by|called|named|to|from|me|us|and|there is|that was|it is|be|meet|met|hired|got))(?: (?:a certain|mister|doctor|dr|mr|mrs|ms|miss|[\w-]+))?(?: (?:who|uh|um|what is it))*,? $",
    _I,
)
_BEHIND_FULL = re.compile(
    rf"^,? (?:(?:he|she) is )?(?:(?:the|our|an?|my|their) )?(?P<role>{ROLES}(?: (?:of|for) [\w-]+(?: [\w-]+)?)?)|^,? (?:he|she|who|from|at|in|has|is|will|does|runs|leads|wants|says|knows)\b",
    _I,
)
_SHE_DOES = re.compile(
    r"^(?:he|she) (?:is|has|does|did|will|runs|leads|was|would|wants|knows|comes|came|takes|says|said)\b", _I
)
_MORE_KIN = re.compile(
    r"\b(?:my|our) (?:\w+ )?(?:wife|husband|son|daughter|sister|brother|mother|father|mum|mom|dad|friend)\b", _I
)


def completed(text: str, after: str, names: Iterable[str]) -> Iterator[Noun]:
    """Yield the people whose full names a spoken clause completes, with what they are where that stands beside it."""
    low = text.casefold()
    for name in names:
        at = low.find(name)
        if at < 0 or _MORE_KIN.search(text):
            continue
        before, behind = text[:at], text[at + len(name) :]
        lead, tail = _BEFORE_FULL.search(before), _BEHIND_FULL.match(behind)
        if not (lead or tail or (not behind.strip() and _SHE_DOES.match(after))):
            continue
        said = text[at : at + len(name)]
        yield Noun("colleague", said, AS_COLLEAGUE)
        role = (tail and tail["role"]) or (lead and lead["role"])
        if role:
            yield Noun("role", role, AS_ROLE, about=said)


_KIN_WORDS = "|".join(sorted(map(re.escape, KIN), key=len, reverse=True))
_KIN_NAMED = re.compile(
    rf"\b(?:(?:my|our|(?:an?|the)(?! (?:[\w-]+ )?(?:lass|lad|lassie|laddie|boy|girl|kid|wean|bairn)\b)|two|three|four|five) (?:[\w-]+ )?(?P<kin>{_KIN_WORDS})(?: (?:is|are))?,? (?:called|named)|(?:an?|one) (?:[\w-]+ )?(?P<new>son|daughter|brother|sister|wife|husband|boy|girl|partner|friend|colleague|boss)) (?P<name>[^\W\d_][\w'-]+(?: [^\W\d_][\w'-]+)?)",
    _I,
)
_KIN_APPOSED = re.compile(
    rf"(?:^|\b(?:and|with|for|to|from|that|is|by) )(?P<name>[^\W\d_][\w'-]+),? (?:my|our) (?:older |younger |little |big |eldest |youngest )?(?P<kin>{_KIN_WORDS})\b(?!'s)",
    _I,
)
_KIN_PAIR = re.compile(
    rf"\b(?P<kin>kids|boys|girls|twins|sons|daughters|children|cats|dogs|brothers|sisters|lads|rabbits|horses)(?: you know| well)?(?:,? (?:{NUMBER} (?:years old|and {NUMBER})|(?:are )?called|named|that is))?:?,? (?:the )?(?P<first>[^\W\d_][\w'-]+) and (?:the )?(?P<second>[^\W\d_][\w'-]+)\b",
    _I,
)
_KIN_LISTED = re.compile(
    rf"\b(?P<kin>{_KIN_WORDS})\b(?: and an? [\w-]+)?(?: [\w-]+){{0,3}}?, (?P<names>[^\W\d_][\w'-]+(?:,? (?:and )?[^\W\d_][\w'-]+){{0,5}})$",
    _I,
)
_AGED = re.compile(
    rf"(?:^|[ (])(?P<name>[^\W\d_][\w'-]+?)(?P<is>,? (?:is|just turned|turned)|'s)? (?P<age>{NUMBER})(?= and\b|,|$|\)| now\b| so\b| in\b| but\b| [^\W\d_][\w'-]+(?: is|'s)\b)",
    _I,
)
_IN_A_LIST = re.compile(
    r", (?!Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec|Mon|Tue|Wed|Thu|Fri|Sat|Sun|Room|Page|Level|Phase|Team|Step)[A-Z]"
)
"""A capital behind a comma: a name, also where the word is another ("Deniz 7, Can 5")."""
_OLDEST_CHILD = 30
_FEWEST = 2
_NAMES_AND_AGES = re.compile(rf"^\(?(?:[^\W\d_][\w'-]+ {NUMBER}(?:,? (?:and )?|$|\))){{2,}}", _I)


def ages(text: str, *, children: bool, known: Mapping[str, str], written: bool) -> Iterator[Noun]:
    """Yield children with their ages: "Ingrid 12, Mats 8", "pau is thirteen mateo is eight".

    children: the turn, or what it answers, speaks of children; else only a bare list of names and ages is taken.
    """
    found = [
        (one["name"], one["age"].strip(" ,."))
        for one in _AGED.finditer(text)
        if (one["is"] or written)
        and (nameable(one["name"].casefold()) or (written and _IN_A_LIST.match(text[one.start() - 1 :]) is not None))
        and (one["name"][0].isupper() or not written)
    ]
    found = [(name, age) for name, age in found if not age.isdigit() or int(age) <= _OLDEST_CHILD]
    mine = [name for name, _ in found if known.get(name.casefold()) == "child"]
    listed = len(found) >= _FEWEST and _NAMES_AND_AGES.match(text) is not None
    for name, age in found:
        if not (name in mine or (children and (listed or len(found) >= _FEWEST)) or (listed and written)):
            continue
        if name not in mine:
            yield Noun("child", name, a_rule("child", 0.75), label="child")
        yield Noun("age", age, a_rule("age", 0.8), about=name)


_WEDDED = re.compile(
    r"^(?:(?P<name>[^\W\d_][\w'-]+) and (?:i|me)|(?:me|i) and (?P<other>[^\W\d_][\w'-]+)) (?:got|are|were|have been|are getting|get|will get)(?: \w+)? (?:married|engaged|divorced)\b",
    _I,
)
_OUR = re.compile(
    rf"(?:\b(?:my|our|the) (?:new |old )?|^new )(?P<role>{ROLES}),? (?:is )?(?:(?:called|named) )?(?:mister |doctor |dr\.? |mrs\.? |mr\.? |ms\.? |miss )?(?P<name>[^\W\d_][\w'-]+)(?: (?P<last>(?!(?:is|has|wants|will|and|does|asked|told|said)\b)[^\W\d_][\w'-]+))?(?= (?:is|has|wants|will|says|thinks|needs|retires|leaves|starts|joins|begins|started|joined|handles|does|runs|asked|told|said|knows|hates|loves|likes|decides|signs|takes|sends|and i)\b|,|$)",
    _I,
)
_OUR_SPOKEN = re.compile(
    rf"\b(?:my|our|the) (?:new |old )?(?P<role>{ROLES}),? (?:mister |doctor |miss |missus )?(?P<name>[^\W\d_][\w'-]+)(?: (?P<last>[^\W\d_][\w'-]+))?(?= (?P<next>[a-z]+)|$)",
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
    if written:
        yield from presupposed(text, written=True)
    if pair := _KIN_PAIR.search(text):
        word = pair["kin"].casefold()
        names = [
            pair[part]
            for part in ("first", "second")
            if nameable(pair[part].casefold()) and (pair[part][0].isupper() or not written)
        ]
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
