"""What nouns say: "the new date is the fifth", "my boss is Ruth", "football is my life".

Beside the verbs of `frames.py`: sentences with "be", whose subject or complement names what the rest gives a value of,
and notes without a verb ("deadline: 3 May").
"""

import re
from collections.abc import Iterator

from backend.memory.rules import places
from backend.memory.rules.frame import WEEKDAYS
from backend.memory.rules.grammar import Statement
from backend.memory.rules.noun_fact import (
    AS_AMOUNT,
    AS_BUDGET,
    AS_COLLEAGUE,
    AS_DEADLINE,
    AS_DECISION,
    AS_EMPLOYER,
    AS_EVENT,
    AS_GOAL,
    AS_ORIGIN,
    AS_PLACE,
    AS_PREFERS,
    AS_PROJECT,
    AS_ROLE,
    AS_TITLE,
    AS_TRIP,
    Noun,
    a_rule,
)
from backend.memory.rules.occupations import ROLES
from backend.memory.rules.people import DEPARTMENTS
from backend.memory.rules.rule import KIN, Rule
from backend.memory.rules.titles import A_ROLE, AN_AGENT, NO_OFFICES, PROJECT_NOUN
from backend.memory.rules.values import DATE, MONEY, NUMBER, values

_I = re.IGNORECASE
_AIMS = re.compile(
    r"^(?:(?:my|our|the|his|her) )?(?:\w+ )?(?:goal|target|aim|objective|ambition|dream|plan|hope)(?: for [\w ]+| now| (?:this|next) (?:year|quarter|month|season)| here| at the moment)?$",
    _I,
)
_DATES = re.compile(
    r"^(?:(?:my|our|the|and|new) )*(?:[\w-]+ ){0,4}?(?:realistic|possible|feasible|the earliest|deadline|date|due date|go[- ]?live|cut[- ]?(?:over|off)|delivery date|closing date)(?: for (?:the )?[\w -]+)?$",
    _I,
)
_MONEYS = re.compile(
    r"^(?:(?:my|our|the|new|whole|sanctioned) )*(?:budget|money|sanctioned|grant|funding|total budget)(?: for (?:the )?[\w -]+| (?:amount|budget|sum))?$",
    _I,
)
_HOMES = re.compile(r"^(?:home(?: for (?:me|us))?(?: now)?|(?:my|our) (?:home|place|house|flat|apartment))$", _I)
_JOBS = re.compile(
    r"^(?:my|his|her) (?:new |official |current )?(?:job(?: title| description)?|title|role|position|designation|function|profession|occupation|trade|day job|post)(?: now| here| there)?$",
    _I,
)
_PROJECTS = re.compile(
    r"^(?:the |its |our )?(?:(?:new |old )?(?:project|code|working|internal|school|shop|app|company|team|product|firm|system|club|magazine|brand|department|boat|line|service|building|programme|series|book))?(?:'s)? ?name$",
    _I,
)
_WHEN = re.compile(rf"\b(?P<value>{DATE}(?:,? {DATE})?)", _I)
_SUM = re.compile(rf"(?P<value>{MONEY}|{NUMBER}(?: (?:thousand|million|grand|k|crores?|lakhs?)\b)?)", _I)
_DEPARTMENT = re.compile(rf"^(?:(?:now|also|in|the) )*(?P<value>(?:night |day |head of )?{DEPARTMENTS})$", _I)
_AT = re.compile(
    rf"\b(?:at|for|with) (?P<value>(?!(?:the|my|our|a|an) (?:moment|minute|time|weekend)\b|(?:about |over |almost |nearly )?{NUMBER}\+? (?:years?|months?|weeks?|days?)\b).+)$",
    _I,
)
_NUMBER = re.compile(
    rf"^(?:(?:now|only|about|still|down to|up to|already) )*(?P<value>{NUMBER}(?: ?(?:%|percent))?)(?: (?:now|in total|altogether|all told|already))*$",
    _I,
)
_LENGTH = re.compile(
    rf"^(?:(?:now|only|about|still|around|roughly|over|under|currently) )*(?P<value>{NUMBER} (?:minutes?|hours?|days?|weeks?|months?|seconds?|tonnes|tons|kilos|kilometres|miles|metres|euros?|dollars?|pounds?))\b",
    _I,
)
_AVERAGE = re.compile(
    r"\b(?:average|typical|median|mean|longest|shortest|usual|normal|current|total) [\w -]+|\b(?:wait|waiting time|lead time|turnaround|response time|delivery time|uptime|downtime|occupancy|distance|notice period|warranty|backlog)$",
    _I,
)
_OFFICE = re.compile(
    rf"^(?:(?:my|our|the|their|new|first) )*(?P<role>(?:{ROLES}|dev|responsible(?: for (?:the )?\w+)?|contact(?: person)?|number two|replacement|successor|right hand|go-to(?: person)?|point person))(?: there| here| now| (?:for|at|in|from|over at) (?:the )?\w+)?$",
    _I,
)
_COLON = re.compile(
    r"^(?:(?:new|our|the|my|final|first) )*(?P<noun>rule|decision|decided|agreed|settled|chosen|final answer|answer|verdict|conclusion|outcome|agreement|policy|goal|target|aim|deadline|date|go[- ]?live|budget|allergy|allergies)(?: now| for now)?: (?P<value>.+)$",
    _I,
)
_PIECE = re.compile(
    rf"^(?:the |new )?(?P<noun>budget|deadline|go[- ]?live|date|launch)(?: on| by| is)? (?P<value>{DATE}|{MONEY}|{NUMBER}(?: ?(?:k|thousand|million))?)$",
    _I,
)
_CHOICE = re.compile(
    r"^(?:(?:and|so|the|our|my|final) )*(?:winner|choice|pick|verdict|decision|conclusion|outcome)$", _I
)
_TIMES = re.compile(
    r"^(?:(?:mon|tues|wednes|thurs|fri|satur|sun)days|mornings|afternoons|evenings|weekends|lunch ?times)(?: (?:before|after|until|from) [\w:]+)?$",
    _I,
)
_HEADS = re.compile(
    rf"^(?:(?:about|only|now|still|just|around) )*(?:an? (?:small |big |little )?(?:team|group|crew|staff|department|company|family|office) of )?(?P<value>{NUMBER}(?: (?:people|in (?:all|total)|of us|altogether))?)(?: (?:now|here|at the moment|people|in total|altogether))*$",
    _I,
)
_NUMBERS = re.compile(
    rf"^(?P<first>{NUMBER})(?:,| and) (?P<second>{NUMBER})(?:,? and (?P<third>{NUMBER}))?(?: now)?$", _I
)
_MEASURES = re.compile(
    r"\b(?:count|number(?= of)|total|figure|rate|average|turnover|revenue|price|costs?|error|share|score|capacity|size|length|weight|backlog|headcount|team|staff|fee|rent|salary|volume|attendance|distance|percentage|margin|profit|loss|growth|churn|result|sum|quota|stock)(?: (?:of|for|in) [\w ]+| now| today)?$",
    _I,
)
_NO_THING = frozenset(
    (
        "it",
        "that",
        "this",
        "there",
        "they",
        "you",
        "what",
        "which",
        "who",
        "everything",
        "date",
        "the next one",
        "this one",
        "that one",
        "the next",
        "the last one",
    )
)
_NO_EVENT = re.compile(r"\b(?:birthday|deadline|date|budget|go[- ]?live)\b", _I)
_ON_A_DAY = re.compile(
    rf"^(?:now |still |not until |only )?(?:on|from|in|at)? ?(?:the )?(?!today\b|now\b|this\b){DATE}(?=$|,| (?:in|at|to|until|with|for|and|from|down|up|over|next|this|(?:mon|tues|wednes|thurs|fri|satur|sun)days?)\b)",
    _I,
)
_SO_SINCE = re.compile(
    rf"^(?:signed|approved|booked|paid|fixed|online|published|available|in force|in place|on sale|running|full time|part time|retired|pregnant|live|open|closed|down|gone|over|done|finished|ready|out|sick|dead|pregnant|married|away|back)\b.*\b(?:since|until|till|from|on|in) (?:the )?{DATE}",
    _I,
)
_ABSENT = re.compile(
    rf"^(?:out|away|off(?! to\b)|sick|on (?:\w+ )?leave)\b.*\b(?:until|till|from|on) (?:the )?{DATE}", _I
)
_MEETINGS = re.compile(
    r"\b(?:meeting|call|review|workshop|interview|appointment|demo|session|kick-?off|board|lunch|dinner|steering)\b", _I
)
_OVER = re.compile(r"^(?:(?:now|definitely) )*(?:out|in|off the (?:table|list)|cancelled|settled|decided|agreed)$", _I)
_RELATION = re.compile(
    rf"^(?:(?:my|our|the) )(?:(?:older|younger|little|big|new|other|first|best) )?(?P<kin>{'|'.join(sorted(map(re.escape, KIN), key=len, reverse=True))})$|^(?P<plural>boys|girls|kids|twins|sons|daughters)$",
    _I,
)


_SOMEWHERE = re.compile(
    rf"(?:back |away |over |up |down |out )?(?:{NUMBER} \w+ )?(?:in|at) (?P<value>(?!the\b|an?\b|my\b|our\b|\d)[\w' -]+)",
    _I,
)
_FIELD = re.compile(
    rf"(?:(?:now|also|still|mainly|mostly) )*(?:in (?P<field>{DEPARTMENTS})(?=$|,| (?:at|for|with|here|now|myself)\b)"
    r"|on the (?P<side>[\w -]{3,25}? side)\b)",
    _I,
)
_WITH_FIRM = re.compile(
    r"(?:now |still )?(?:with|at) (?P<value>(?-i:[A-Z]).*?)(?=$|,| (?:now|since|these|for|as|in)\b)", _I
)
_A_FIRM = re.compile(r"(?:(?:now|still|also|just|only|basically) )*an? ", _I)
_TOWN = re.compile(r"^ in (?P<value>[\w' -]+)$", _I)
_LASTS = re.compile(r",|\b(?:now|since|these days|for (?:\w+ )?years)\b", _I)
_IN_CHARGE = re.compile(
    rf"(?P<value>(?:responsible (?:for|of)|in charge of|accountable for) (?!.*\b(?:{PROJECT_NOUN})$).+?)(?: (?:at|for|with) .+)?$",
    _I,
)


_AIMED = re.compile(r"(?:(?:my|our|the) )?(?:\w+ )?(?:goal|target|aim|objective|ambition)", _I)
_VAGUE_SUBJECT = re.compile(r"(?:it|that|this|what|which|there|he|she|they|you|who)\b", _I)
_SETTINGS = re.compile(
    r"^(?:the|our) (?:(?!old|problem)\w+ )?(?:format|version|standard|protocol|interval|frequency|method|colou?r|slogan|motto|title|venue|location|sequence|threshold|currency"
    r"|layout|template|provider|supplier|vendor|carrier|tariff|agenda|theme|dress code|approach|solution|reward|prize|penalty|password policy|retention|limit|maximum|minimum|opening hours)$",
    _I,
)
_STATE = re.compile(
    r"(?:not |still |now |already |just |too |very |so |really |quite |all |a (?:bit|little|problem|mess|joke|disaster|question|mystery) ?)*(?:fine|good|bad|ready|clear|unclear|late|wrong|right|ok|okay|broken|important|nice|missing|gone|open|full"
    r"|empty|great|perfect|easy|simple|hard|difficult|ugly|beautiful|useless|horrible|terrible|awful|here|there|in|on|at|up|down|being|under|expensive|cheap|different|the same|better|worse|what|that|why|how|\w+ing|\w+ed)?(?:$|,| (?:but|and|now|because|enough)\b)",
    _I,
)
_SOME_DAYS = re.compile(
    rf"in (?P<value>(?!the\b|an?\b|my\b|our\b)[\w-]+(?: on)? {WEEKDAYS}s(?:,? (?:and|to|till) {WEEKDAYS}s)?)\b", _I
)
_COMING = re.compile(r"(?:next|next up|after that|coming up|first|then|last|what comes next|the next thing)", _I)


def of_be(said: Statement, *, written: bool) -> Iterator[Noun]:
    """Yield what a sentence with "be" says by the noun that is its subject, or its complement."""
    subject, rest = said.subject, said.rest
    if said.denied or said.mode == "would" or rest.casefold().startswith("not "):
        return
    aimed = _AIMS.match(subject) and not re.match(r"(?:in|on|at|near|far|clear|still|there|within)\b(?! \d)", rest, _I)
    if aimed or (subject.casefold() == "the idea" and rest.casefold().startswith(("to ", "that "))):
        yield from (
            Noun("goal", value, AS_GOAL)
            for value in values("rest", re.sub(r"^(?:to|that) ", "", rest, flags=_I), written)
        )
    elif _DATES.match(subject):
        if found := _WHEN.search(rest):
            yield Noun("deadline", found["value"], AS_DEADLINE)
    elif _MONEYS.match(subject):
        if found := _SUM.search(rest):
            yield Noun("budget", found["value"].strip(" ,."), AS_BUDGET)
    elif _CHOICE.match(subject):
        yield from (
            Noun("decision", value, AS_DECISION)
            for value in values("rest", re.sub(r"^(?:to|that) ", "", rest, flags=_I), written)
        )
    elif _AIMED.fullmatch(rest) and not _VAGUE_SUBJECT.match(subject):
        yield from (Noun("goal", value, AS_GOAL) for value in values("rest", subject, written))
    elif _PROJECTS.match(subject) and said.form != "past":
        name = re.sub(r"^(?:called|now|still) ", "", rest)
        yield from (Noun("works_on", value, AS_PROJECT) for value in values("title", name, True) if written)
    elif (
        _SETTINGS.match(subject)
        and said.form != "past"
        and said.mode in ("", "will")
        and not _STATE.match(rest)
        and (" " in rest or not rest.islower())
    ):
        yield from (Noun("decision", value, AS_DECISION) for value in values("rest", rest, written))
    elif _COMING.fullmatch(subject) and re.match(r"(?:the|our|my|an?) ", rest, _I) and _WHEN.search(rest):
        yield Noun("meeting" if _MEETINGS.search(rest) else "event", rest, AS_EVENT)
    elif re.fullmatch(r"my (?:\w+ )?hobb(?:y|ies)", subject, _I):
        yield from (Noun("hobby", value, a_rule("hobby", 0.85)) for value in values("noun", rest, written))
    elif re.fullmatch(r"my (?:preference|favou?rite(?: [\w-]+)?)", subject, _I):
        kind = "prefers" if "preference" in subject.casefold() else "likes"
        yield from (Noun(kind, value, a_rule(kind, 0.8)) for value in values("noun", rest, written))
    elif re.fullmatch(
        r"my (?:life|passion|hobby|thing|great love|sport|weakness|guilty pleasure|comfort food)", rest, _I
    ):
        kind = "likes" if re.search(r"weakness|food|pleasure", rest, _I) else "hobby"
        yield from (Noun(kind, value, a_rule(kind, 0.75)) for value in values("simple", subject, written))
    elif _WHEN.fullmatch(subject) and re.match(r"(?:my|our|the) [\w-]+(?: [\w-]+)?$", rest, _I):
        yield Noun("event", f"{rest} is {subject}", AS_EVENT)
    elif subject.casefold() == "it" and said.mode == "will" and re.search(r",? not \w+$", rest):
        yield Noun("decision", rest, AS_DECISION)
    elif (
        _TIMES.match(subject)
        and said.form != "past"
        and re.match(
            r"(?:my|for|best|better|good|bad|fine|free|perfect|great|easier|easiest|ideal|difficult|impossible|when|sacred|out|blocked|reserved|no)\b",
            rest,
            _I,
        )
    ):
        yield Noun("prefers", f"{subject} are {rest}", AS_PREFERS)
    elif _JOBS.match(subject):
        if found := A_ROLE.match(rest):
            yield Noun("role", found["value"], AS_TITLE, about="" if subject.casefold().startswith("my") else "third")
    elif (office := _OFFICE.match(subject)) and said.form != "past":
        named = re.sub(
            r"^(?:now |an? [\w-]+ )?(?:called |named |now |one |a certain |going to be |mister |doctor |miss |sir )*",
            "",
            rest,
            flags=_I,
        )
        for value in values("person", named, written):
            if re.match(r"[^,.]", named[len(value) :]) and not written:
                continue
            yield Noun("colleague", value, AS_COLLEAGUE)
            if office["role"].casefold() not in NO_OFFICES:
                yield Noun("role", office["role"], AS_ROLE, about=value)
    elif (relation := _RELATION.match(subject)) and not A_ROLE.match(rest):
        kin = (relation["kin"] or relation["plural"]).casefold()
        if ages := _NUMBERS.match(rest):
            for age in filter(None, ages.groups()):
                yield Noun("age", age, _YEARS, about=subject)
            return
        if said.mode == "" and said.form != "past":
            for value in values("persons", rest, written):
                yield Noun(KIN[kin][0], value, a_rule(KIN[kin][0], 0.8), label=kin)
    if (found := _HOMES.match(subject)) and said.form != "past":
        for value in values("place", re.sub(r"^(?:now )?(?:in|near|outside) ", "", rest), written):
            yield Noun("lives_in", value, AS_PLACE)
    if (
        said.who == "self"
        and said.mode in ("", "will", "must")
        and (found := _SOMEWHERE.match(rest))
        and _WHEN.search(rest)
        and not re.search(r"\b(?:now|since|for (?:\w+ )?years)\b", rest, _I)
    ):
        for value in values("spot", found["value"], written):
            yield Noun("trip", value, AS_TRIP)
    if _AVERAGE.search(subject) and said.form != "past" and (found := _LENGTH.match(rest)):
        yield Noun("amount", found["value"], AS_AMOUNT)
    if _MEASURES.search(subject) and (found := _NUMBER.match(rest)) and "budget" not in subject.casefold():
        yield Noun("amount", found["value"].strip(" ,."), AS_AMOUNT)
    if said.form != "past" and said.mode in ("", "will"):
        yield from _of_anybody(said, written=written)
    if said.who in ("self", "third") and said.form != "past" and said.mode in ("", "will") and _ABSENT.match(rest):
        yield Noun("event", rest, AS_EVENT, about="" if said.who == "self" else "third")
    if said.who == "third" and said.form != "past" and (origin := re.match(r"from (?P<value>.+)", rest, _I)):
        yield from (
            Noun("from_place", value, AS_ORIGIN, about="third") for value in values("place", origin["value"], written)
        )
    if said.who == "self" and said.form != "past" and said.mode in ("", "will"):
        yield from _of_self(rest, written=written, we=subject.casefold() == "we")
        if subject.casefold() == "we" and (found := _HEADS.match(rest)):
            yield Noun("amount", found["value"].strip(" ,."), AS_AMOUNT)
    elif said.who == "third" and said.form != "past" and said.mode in ("", "will"):
        if found := A_ROLE.match(rest) or AN_AGENT.match(rest) or _DEPARTMENT.match(rest):
            yield Noun("role", found["value"], AS_ROLE, about="third")
            yield from _employer(rest[found.end() :], written=written, about="third")
            if origin := re.match(r" from (?P<value>(?!the\b|an?\b|my\b|our\b)[\w' -]+)$", rest[found.end() :], _I):
                for place in values("spot", origin["value"], written):
                    if written or places.is_known(place):
                        yield Noun("from_place", place, AS_ORIGIN, about="third")
    elif said.who == "other":
        low = subject.casefold()
        if low in ("it", "that", "there", "this") or low.startswith("that makes"):
            if (found := _NUMBER.match(rest)) and said.mode == "" and not rest.casefold().startswith("half "):
                yield Noun("amount", found["value"].strip(" ,."), AS_AMOUNT)
        elif (
            _OVER.match(rest)
            and said.form != "past"
            and 1 - written < len(subject.split()) <= 4
            and low not in ("they", "you")
        ):
            yield Noun("decision", f"{subject} is {rest}", AS_DECISION)
        elif (
            said.form != "past" and said.mode in ("", "will") and (found := A_ROLE.match(rest) or AN_AGENT.match(rest))
        ):
            yield Noun("role", found["value"], AS_ROLE, about=subject)
            if re.match(r"(?:now |still )?(?:our|the)\b", rest, _I):
                for value in values("person", subject, written):
                    if value == subject:
                        yield Noun("colleague", value, AS_COLLEAGUE)
            yield from _employer(rest[found.end() :], written=written, about=subject)
        if not _NO_EVENT.search(subject) and low not in _NO_THING and (_ON_A_DAY.match(rest) or _SO_SINCE.match(rest)):
            yield Noun("meeting" if _MEETINGS.search(subject) else "event", f"{subject} is {rest}", AS_EVENT)
        if (found := _SOME_DAYS.match(rest)) and said.form != "past":
            yield Noun("lives_in", found["value"], AS_PLACE, about=subject)
        if (found := re.match(r"from (?P<value>.+)", rest, _I)) and said.form != "past":
            for value in values("place", found["value"], written):
                yield Noun("from_place", value, AS_ORIGIN, about=subject)


AGE = re.compile(
    rf"^(?:(?:now|only|already|just|almost|about|nearly|turning|still|going on) )*(?P<value>{NUMBER})(?: years?(?: old)?| and a half)*(?= (?:and|now|so|but|in|on|today|tomorrow|this|next|already|years?|yesterday|last|that|soon|every)\b|,|$)",
    _I,
)
_ALLERGIC = re.compile(r"^(?:\w+ly |also |very |badly |so )*allergic to (?P<value>.+)", _I)
_INTOLERANT = re.compile(
    r"^(?:an? |also |\w+ly )*(?P<value>(?:lactose|gluten|fructose|histamine)[ -]intolerant|co?eliac)\b", _I
)
_ALLERGY, _YEARS = a_rule("allergy", 0.85), a_rule("age", 0.8)
_BORN_ON = re.compile(rf" (?:on|this|next) (?:the )?(?P<value>(?:the )?{DATE})", _I)
_BORN = a_rule("birthday", 0.75)
_UNWELL = re.compile(
    r"(?:very |seriously |badly |still |back |now )*(?:pregnant|ill\b|in (?:the )?(?:hospital|intensive care|rehab|a coma|labou?r|a hospice|a care home|a nursing home|the army|prison)|on (?:dialysis|chemo\w*|crutches|the waiting list)|dying|terminally ill|expecting\b(?!.*\b(?:a (?:call|parcel|delivery|visitor)|you|it)\b))",
    _I,
)
_HEALTH = Rule("event", "", "", when="event", sure=0.7)
_OLDEST = 110
_NO_AGE = frozenset(("we", "it", "that", "this", "there", "they", "all"))


def _of_anybody(said: Statement, *, written: bool) -> Iterator[Noun]:
    """What is said alike of the speaker, of "she", of a relative and of somebody named."""
    about = {"self": "", "third": "third"}.get(said.who, said.subject)
    if (found := AGE.match(said.rest)) and not _NO_AGE & set(said.subject.casefold().split()):
        value = found["value"].strip(" ,.")
        if not value.isdigit() or int(value) <= _OLDEST:
            yield Noun("age", value, _YEARS, about=about)
            if day := _BORN_ON.match(said.rest[found.end() :]):
                yield Noun("birthday", day["value"], _BORN, about=about)
    if _UNWELL.match(said.rest) and (said.who != "self" or not said.rest.casefold().startswith(("sick", "ill"))):
        yield Noun("event", said.rest, AS_EVENT if _WHEN.search(said.rest) else _HEALTH, about=about)
    if found := _ALLERGIC.match(said.rest):
        for value in values("simples", found["value"], written):
            yield Noun("allergy", value, _ALLERGY, about=about)
    elif found := _INTOLERANT.match(said.rest):
        yield Noun("allergy", found["value"], _ALLERGY, about=about)


_OFFICER_OF = re.compile(
    r"(?:now |also |still )*(?:the |an? )?(?P<role>(?:(?:deputy|vice|assistant|managing|executive|general) )?(?:secretary|chair|chairman|chairwoman|chairperson|chairlady|president|treasurer|director|head|principal|manager|ceo|founder|owner|dean|curator|captain|warden"
    r"|bursar|editor|trustee|member)) of (?:the )?(?P<org>(?:[\w'&-]+ ){1,4}?(?:cooperative|co-op|association|society|union|club|school|university|college|museum|hospital|clinic|library|church|mosque|temple|foundation|trust|charity|company|firm"
    r"|bank|institute|council|federation|chamber|orchestra|theatre|theater|gallery|zoo|brigade|party|agency|academy|league|network|observatory|brewery|bakery|hotel|farm))(?=$|,| (?:in|at|here|and|since|for|from|now)\b)",
    _I,
)


def _of_self(rest: str, *, written: bool, we: bool) -> Iterator[Noun]:
    if we and _A_FIRM.match(rest):
        return  # "we are a forwarder"
    if found := _OFFICER_OF.match(rest):
        yield Noun("role", found["role"], AS_TITLE)
        yield Noun("employer", found["org"], AS_EMPLOYER)
    elif found := A_ROLE.match(rest) or AN_AGENT.match(rest):
        yield Noun("role", found["value"], AS_TITLE)
        yield from _employer(rest[found.end() :], written=written)
    elif found := _FIELD.match(rest):
        yield Noun("role", found["field"] or found["side"], AS_ROLE)
        yield from _employer(rest[found.end() :], written=written)
    elif (found := _WITH_FIRM.match(rest)) and _LASTS.search(rest):
        yield from (Noun("employer", value, AS_EMPLOYER) for value in values("org", found["value"], written))
    elif found := re.search(
        r"\b(?:in|near|outside) (?P<value>(?!the |a |an |our |my )[\w'-]+(?: [\w'-]+)?) now\b|^now in (?P<here>.+)$",
        rest,
        _I,
    ):
        for value in values("place", found["value"] or found["here"], written):
            yield Noun("lives_in", value, AS_PLACE)
    elif found := _IN_CHARGE.match(rest):
        yield Noun("role", found["value"], AS_ROLE)


def _employer(tail: str, *, written: bool, about: str = "") -> Iterator[Noun]:
    if found := _AT.search(tail):
        for value in values("org", found["value"], written):
            yield Noun("employer", value, AS_EMPLOYER, about=about)
            town = _TOWN.match(found["value"].partition(value)[2]) if not about else None
            for place in values("spot", town["value"], written) if town else ():
                yield Noun("lives_in", place, AS_PLACE)


_BY_WHEN = re.compile(
    rf"^(?P<what>(?!.*\b(?:will|is|are|was|were|has|have|had|said|says|do|does|did|can|must)\b)(?!(?:out|off|away|closed|back|gone|open|on|busy|booked|no|not|yes|maybe|so|on|in|at|by|or|and|but|before|after|just|only|i|we|he|she|they)\b)[\w' -]{{3,60}}?),? (?:by|until|no later than) (?P<value>{DATE})$",
    _I,
)
_DUE = re.compile(rf"\bdue (?:on |by |in |at )?(?:the )?(?P<value>{DATE})", _I)


def _noted(noun: str, text: str, *, written: bool) -> Iterator[Noun]:
    if noun != "goal" and noun.startswith(("deadline", "date", "go", "launch")):
        if found := _WHEN.search(text):
            yield Noun("deadline", found["value"], AS_DEADLINE)
    elif noun == "budget":
        if found := _SUM.search(text):
            yield Noun("budget", found["value"].strip(" ,."), AS_BUDGET)
    elif noun.startswith("allerg"):
        yield from (Noun("allergy", value, _ALLERGY) for value in values("simples", text, written))
    else:
        kind = "goal" if noun in ("goal", "target", "aim") else "decision"
        yield from (Noun(kind, value, a_rule(kind, 0.75)) for value in values("rest", text, written))


def labelled(text: str, *, written: bool) -> Iterator[Noun]:
    """Yield what a note gives that says what it is: "our goal: nobody waits"."""
    if found := _COLON.match(text):
        yield from _noted(found["noun"].casefold(), found["value"], written=written)


def due(text: str, *, written: bool) -> Iterator[Noun]:
    """Yield what a note without a verb gives: "first draft by 3 May", "new rule: no phones"."""
    for piece in text.split(", "):
        if found := _PIECE.match(piece):
            yield from _noted(found["noun"].casefold(), found["value"], written=written)
        elif "," in text and (found := _HEADS.match(piece)):
            yield Noun("amount", found["value"], AS_AMOUNT)
    if found := _COLON.match(text):
        yield from _noted(found["noun"].casefold(), found["value"], written=written)
        return
    if found := _BY_WHEN.match(text) or _DUE.search(text):
        yield Noun("deadline", found["value"], AS_DEADLINE)
