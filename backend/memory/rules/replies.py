"""Short answers: what the assistant asked makes "siemens" or "first of march" a statement.

Each entry reads a question of the assistant's (its last sentence that asks) and says what the first words of the reply
then are: a predicate and the kind of value. And a bare "yes" to a proposal makes it a decision.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from backend.memory.rules.clauses import Clause
from backend.memory.rules.occupations import ROLES
from backend.memory.rules.rule import KIN
from backend.memory.rules.values import KINDS
from backend.memory.rules.words import LANGUAGES


@dataclass(frozen=True)
class Reply:
    """question: an expression on the question. kind: of value at the beginning of the reply (`values.KINDS`)."""

    predicate: str
    question: re.Pattern[str]
    kind: str
    subject: str = ""


def _reply(predicate: str, question: str, kind: str, subject: str = "") -> Reply:
    return Reply(predicate, re.compile(question, re.IGNORECASE), kind, subject)


REPLIES = (
    _reply("child", r"\b(?:children|kids|sons|daughters)\b", "names"),
    _reply("works_on", r"\bwhat(?:'s| is) the (?:plan|task|topic|matter)\b|\bwhat (?:can|may) i (?:do|help)\b|\bwhat do you need\b|\bwhat (?:is|are) (?:it|this|we (?:doing|working on))(?: about)?\?|\bwhat (?:shall we (?:plan|build|start)|is it about|are (?:we|you) (?:building|planning|working on)|is (?:the|your) (?:project|plan)(?: about)?|do you (?:want|need) to (?:plan|build))\b", "object"),
    _reply("uses_tool", r"\bwhat do (?:you|they|the \w+) use\b|\bdo you (?:have|use) (?:an? )?[\w ]*(?:system|tool|software|app|program)\b|\bwhere do you (?:track|keep|store|write|plan|do|manage|note|log)\b", "org"),
    _reply("hobby", r"\b(?:relax|free time|hobb(?:y|ies)|for fun|unwind|at (?:the )?weekends?|after work)\b", "pastime"),
    _reply("name", r"\b(?:what is|what's|may i (?:have|ask)|could i have) your (?:first |full )?name\b|\b(?:like|want|prefer|wish) to be (?:called|addressed)\b|\bwhat (?:should|shall|may|can) i call you\b|\bwho am i (?:speaking|talking) (?:to|with)", "person"),
    _reply("employer", r"\bwhere do you work\b|\bwhich company\b.*\bwork\b|\bwho (?:is your employer|do you work for)\b", "org"),
    _reply("lives_in", r"\bwhere (?:do you live|are you (?:based|living))\b|\bwhich city\b.*\blive\b", "place"),
    _reply("from_place", r"\bwhere (?:are you (?:originally )?from|did you grow up|were you born|do you (?:originally )?come from)\b", "place"),
    _reply("language", r"\blanguages? (?:do|can) you speak\b", "languages"),
    _reply("phone", r"\b(?:your|phone|mobile) number\b|\breach you\b|\bby (?:tele)?phone\b|\bcall you\b", "phone"),
    _reply("email", r"\byour (?:e-?mail|mail|address)\b", "email"),
    _reply("diet", r"\b(?:not eat|food|avoid|diet|dietary)\b", "nothing"),
    _reply("birthday", r"\bwhen is (?:your|his|her) birthday\b|\bwhen were you born\b", "date"),
    _reply("manager", r"\bwho (?:is|is your) (?:your |the )?(?:boss|manager)\b|\bwho do you report to\b", "person"),
    _reply("budget", r"\bbudget\b|\btotal\b|\b(?:cost|money|amount|sum)\b|\d{2,3}[.,]\d{3}\b|\benough\b|\bhow much (?:money )?(?:do you have|is there|can you spend)\b", "sum", "project"),
    _reply("deadline", r"\bdeadline\b|\bdue date\b|\bby when\b|\bdate by which\b|\bwhen (?:does|must|should|do|will|would|is) .*\b(?:done|ready|live|finished|due|need|have|start|launch|go-live|cut-?over)\b|\btarget date\b|\buntil when\b|\bhow long (?:do|does|have) (?:we|you|it)\b.*\b(?:have|got)\b|\b(?:still (?:possible|hold|right|on|the)|date (?:move|hold|stand|change|stay)|hold|slip)\b", "dates", "project"),
    _reply("meeting", r"\b(?:regular|weekly|monthly|fixed|standing) (?:meeting|call|slot|time|appointment|round)\b|\bwhich time\b.*\b(?:meeting|call)\b|\bwhen (?:is|do|will|can|shall) .*\b(?:meet|meeting|review|demo|call|workshop|steering|presentation|interview|handover|training|kick-?off)\b|\b(?:shall|should|can|may) (?:i|we) (?:book|schedule|arrange|set up|meet|invite)\b|\bwh(?:en|ich (?:day|time))\b.*\b(?:call|meet|talk|see|come|visit|suit)", "when"),
    _reply("meeting", r"^(?:and |or )?(?:on )?(?:mon|tues|wednes|thurs|fri|satur|sun)days?\b[^,]*\?$", "when"),
    _reply("meeting", r"\bhow often (?:do|will|shall|should|would) (?:you|we|they|the \w+) (?:like to )?(?:meet|talk|call|speak|catch up|get together|see)\b", "when"),
    _reply("sibling", r"\bsiblings\b|\bbrothers (?:or|and) sisters\b|\bany (?:brothers|sisters)\b", "kin"),
    _reply("decision", r"^(?:and |so )?(?:which|what) (?:\w+ ){0,2}(?:colou?r|size|model|format|version|option|variant|material|font|shape|flavou?r|style|type|room|venue|menu|title|paper|design)(?: (?:do you want|should it be|shall (?:it|we|i) \w+|would you like))?\?", "fragment"),
    _reply("goal", r"\bwhat do you hope\b|\b(?:do|does|did) (?:you|they|he|she|the \w+) have an? (?:target|goal|aim)\b|\bwhat (?:is|are|would be) (?:your|the|their) (?:target|goal|aim|hope)s?\b|\bwhat (?:do you|would you like to|does he|does she) (?:want to )?(?:reach|achieve)\b", "fragment"),
    _reply("trip", r"\b(?:away|holidays?|vacation|any plans|where (?:are you going|will you go|do you (?:go|spend)|were you|did you go)|trip)\b", "going"),
    _reply("allergy", r"\b(?:any|have) (?:food )?allergies\b|\ballergic to\b", "simples"),
    _reply("works_on", r"\bwhat(?: is|'s|\bwas|\bwill) (?:it|(?:the|your) (?:\w+ )?(?:project|app|system|portal|product|programme|tool|platform))\b.* (?:called|named)\b|\bwhat(?: is|'s) it called\b|\bname\b.*\b(?:final|settled|fixed)\b|\bname of the project\b|\bwhat(?: is|'s) the (?:game|film|book|show|series|album|magazine|podcast|product|band|exhibition)(?: called)?\?", "title"),
    _reply("uses_tool", r"\bwh(?:at|ich) (?:\w+ ){0,2}(?:system|tool|software|platform|app|product|program|provider|supplier|vendor|database|crm|browser)s?\b", "org"),
    _reply("team", r"\bwh(?:at|ich) (?:team|department|unit)\b", "org"),
    _reply("role", r"\bwhat (?:do you do|is your (?:job|role|position|title)|is (?:he|she)|does (?:he|she) do)\b", "role"),
    _reply("prefers", r"\b(?:which|what) (?:format|form|language|length|channel)\b|\b(?:would|do) you (?:like|prefer|rather|want)\b.*\b(?:or|in|as|how)\b|\bhow (?:long|short) (?:should|shall|may|can|do you want|would you like)\b|\bhow (?:do you (?:like|want|take|drink)|would you (?:like|take|have|want|prefer|drink)|should i (?:write|send)|shall i (?:write|send))\b|\bshall i (?:send|write|make|prepare|give)\b", "manner"),
    _reply("colleague", r"\bwho (?!(?:am|is your (?:boss|manager)|do you (?:work|report)))(?:else )?\w+|\bwhat about the people\b|\bthe people who\b|\bour contact\b", "fulls"),
    _reply("amount", r"\bwhat (?:is|was) (?:it|that)(?: now| today| at present)?\?", "figure"),
    _reply("amount", r"\bwhat (?:do|does|did|will|would) (?:they|it|he|she|that|the [\w ]+) (?:charge|cost|ask for|want|take)\b", "amount"),
    _reply("amount", r"\bhow (?:many|much|big|large|often)\b|\bhow long (?!(?:will|is) (?:it|that|this|he|she)\b)|\bwhat (?:share|percentage|number|volume)\b", "amount"),
    _reply("prefers", r"\b(?:good|best) (?:time|way|day)\b", "fragment"),
    _reply("decision", r"\b(?:settled|decided|chosen|fixed)\b|\bwhich (?:one|of (?:them|the))\b|\bleft to decide\b|\brequirements\b|\bhow (?:fast|good|accurate|safe) (?:should|must)\b", "fragment"),
    _reply("decision", r"^[\w' -]+ or [\w' -]+\?$", "fragment"),
    _reply("decision", r"\b(?:shall|should|must|may) (?:we|it|they|he|she|the|this|that|there)\b(?! (?:stop|go (?:through|on)|carry on|start|begin|look|plan|talk|continue|move on|discuss|speak|meet|call)\b)|\bwh(?:ich|at)\b(?!.*\b(?:next|now|first|do for you|help|look|work on|talk|discuss|begin|start|tackle|trouble|problem)\b).*\b(?:must|should|shall|decide|decided|choose|chose|languages?|wards?|rules?|criteria)\b|\bdo (?:we|you|they) [\w ]+ or [\w ]+\?|\b(?:need|tell me|give me) the\b|\bdid you (?:decide|choose|agree)\b|\bdo we (?:need|want|keep|use|take|have to)\b|\bwho (?:gets|may|signs|accepts|approves|takes|checks|will check|will take|decides|goes)\b|\b(?:do|does|will) (?:it|they|that) (?:stay|stand|hold|remain)\b", "fragment"),
)  # fmt: skip
"""The questions whose answers are facts."""

YES = re.compile(
    r"^(?:(?:yes|yeah|yep|yup|sure|ok|okay|right|exactly|agreed|correct|deal|perfect|great|good|fine|absolutely|definitely"
    r"|sounds good|go ahead|do (?:it|that)|let(?:'?s| us) do (?:it|that)|please(?: do(?: (?:that|it|so))?)?|make it so|done)[,.! ]*)+$",
    re.IGNORECASE,
)
_PROPOSAL = re.compile(
    r"\b(?:so |then )?(?:shall|should) we (?:then )?(?:go (?:with|for) |decide (?:on|for) |choose |pick |settle on )(?P<what>[^?.]+)\?"
    r"|^(?:so|then) (?!(?:we|you|it|i|he|she|they|what|how|that|this|is|are|do|does|did|shall|when|who|where|why|which|there|far|no|not|nothing|soon|much|many)\b)(?P<so>[\w' -]{2,30})\?$"
    r"|\b(?:so|then) (?:we (?:go|are going) with|the decision is(?: to)?|you (?:have )?(?:decided|chose)(?: on| to| for)?) (?P<settled>[^?.]+)",
    re.IGNORECASE | re.MULTILINE,
)  # fmt: skip
_LAST_SENTENCE = re.compile(r"(?<=[.!?])\s+")


WHO_IS = re.compile(r"\b[Ww]ho (?:is|are|was) (?P<who>(?:(?:Dr|Mr|Mrs|Ms)\.? )?(?:[A-Z][\w'-]+ ?)+)\?")
"""A question whose answer says what somebody is: "chief medical officer, my manager"."""

SPEAKS = re.compile(rf"\bdo you (?:also )?speak (?P<language>{'|'.join(sorted(LANGUAGES))})\b", re.IGNORECASE)
SPOKEN = re.compile(
    r"(?:yes|yeah|yep|a (?:little|bit)|some|fluently|of course|sure|enough|well enough|i do|i learned)\b", re.IGNORECASE
)
"""Whether somebody speaks a language, and the answers that say so."""

HOW_OLD = re.compile(r"\bhow old (?:is|are) (?:(?P<you>you)|your (?P<whose>[\w-]+)|he|she|[A-Z]\w+)\b", re.IGNORECASE)

NAME_ASKED = re.compile(
    rf"\b(?:what(?:'s| is| are)|and) (?:the|your) (?P<kin>{'|'.join(sorted(map(re.escape, KIN), key=len, reverse=True))})(?:'s?)? (?:called|names?)\b",
    re.I,
)
"""Whose name is asked for."""

YOUR_KIN = re.compile(
    r"\b(?:your|have an?|got an?) (?P<kin>husband|wife|partner|son|daughter|mother|father|sister|brother|boss|manager|dog|cat|pet)\b",
    re.I,
)
"""Of which relative a question speaks."""

THE_KIN = re.compile(
    r"\b(?:the|your) (?P<kin>dog|cat|puppy|kitten|horse|rabbit|parrot|baby|boss|manager|husband|wife|son|daughter|brother|sister)\b",
    re.I,
)
"""Of whom a question speaks whose name is not known: an answer that begins with a name gives it."""

OF_LANGUAGES = re.compile(rf"\b(?:languages?|versions?|translat\w+|{'|'.join(sorted(LANGUAGES))})\b", re.IGNORECASE)
"""A question about languages, but not whether somebody speaks one."""

WHAT_ABOUT = re.compile(
    r"\b(?:what|how) about (?!(?:you|your|the people|him|her|them|tomorrow|today|tonight|now|later|lunch|dinner|coffee|\w+day|next|this|the weather|the kids)\b)[\w' -]+\?",
    re.IGNORECASE,
)
"""A question that goes on to the next thing to be settled."""

WHEN_IS = re.compile(
    r"\bwhen (?:is|are|was|were) (?:the|your|his|her|their) (?P<what>(?!(?:project|deadline|birthday|meeting|call|go-live|launch)\b)[\w' -]{3,30}?)\?$",
    re.IGNORECASE,
)
IS_THERE = re.compile(
    r"\b(?:is|will) there (?:be )?(?:an? |any )?(?P<what>party|celebration|ceremony|dinner|lunch|farewell|reception|training|test|exam|visit|audit|concert|parade|launch event|wedding|funeral|trial|rehearsal|inspection)\b",
    re.IGNORECASE,
)
"""An occasion whose date is asked for, or would be told."""

OF_ALLERGIES = re.compile(r"\ballerg(?:y|ies|ic)\b|\bintoleran", re.IGNORECASE)
OF_MAIL = re.compile(r"\b(?:e-?mails?|mail|address)\b", re.IGNORECASE)
NEW_DATE = re.compile(
    r"\b(?:new|another|other|later|earlier|safe|final|real) (?:date|deadline)\b|\bdeadline\b|\bdate\b", re.IGNORECASE
)

AND_WHO = re.compile(r"^(?:and|what about|how about) (?P<who>[A-Z][\w'-]+)\?$", re.I)
"""A question that goes on about somebody else, and asks what was asked before."""

NAMED = re.compile(
    r"\b(?i:does|is|was|will|and|about|with|for|has|did|do|can|of) (?:(?:Mr|Mrs|Ms|Dr|Professor)\.? )?(?P<who>[A-Z][\w'-]+(?: [A-Z][\w'-]+)?)(?= [a-z]|\?)"
)
"""Of whom a question speaks, and then the answer's "he" or "she"."""

_HELD = re.compile(
    r"(?:no|yes|yep|yup|yeah|nope|nah|not really|of course|sure|ok|okay|well|right|exactly)[.,!]?", re.IGNORECASE
)


def lead_of(cut: Sequence[Clause]) -> list[Clause]:
    """Return the clauses that may answer, the first being the answer proper: without a mere "no" before them."""
    at = next((place for place, clause in enumerate(cut) if not _HELD.fullmatch(clause.text)), 0)
    return list(cut[at : at + 4])


_SENTENCE = re.compile(r"(?<!\bDr\.)(?<!\bMr\.)(?<!\bMs\.)(?<!\bMrs\.)(?<=[.!?])\s+|\n+")
_ASKS = re.compile(r"\?$|\b(?:I (?:still |also |only )?need (?:the|your|a)|tell me|give me)\b")


_FULL_NAME = re.compile(r"\b[A-Z][\w'-]+(?: [A-Z][\w'-]+)+")


def told_of(text: str, known: Mapping[str, str]) -> str:
    """Return the one person of whom an assistant's turn speaks, by full name or known already; '' for none or several."""
    told = {name for name in _FULL_NAME.findall(text[-600:]) if name.casefold() in known}
    told = told or {name for name in _CAPITAL.findall(text[-600:]) if name.casefold() in known}
    return told.pop() if len(told) == 1 else ""


_CAPITAL = re.compile(r"\b[A-Z][\w'-]+")


_SHORT_IS = re.compile(r"\b(what|who|where|when|how|which|that|it|there)'s\b", re.IGNORECASE)


def question_of(text: str) -> str:
    """Return the last sentence of an assistant's turn that asks, or ''."""
    asked = [piece for piece in _SENTENCE.split(text[-600:]) if _ASKS.search(piece.rstrip())]
    return _SHORT_IS.sub(r"\1 is", asked[-1]) if asked else ""


def proposal_of(text: str) -> str:
    """Return what an assistant's turn proposes to decide, or ''."""
    found = _PROPOSAL.search(_LAST_SENTENCE.sub("\n", text[-600:]))
    return (found["what"] or found["settled"] or found["so"] or "").strip() if found else ""


_AND_MORE = re.compile(r" (?:\w+ )?(?:more|extra|additional|on top|less)\b", re.IGNORECASE)
_COUNT_FIRST = re.compile(r"^(?:[\w ]{1,20}: )?(?:(?:me|myself|i),? (?:and )?)?(?=[^ ])", re.IGNORECASE)


def before_question(text: str, question: str) -> str:
    """Return the sentence of an assistant's turn before its question: what "what would be safe?" is about."""
    pieces = _SENTENCE.split(text[-600:])
    at = next((at for at, piece in enumerate(pieces) if _SHORT_IS.sub(r"\1 is", piece) == question), 0)
    return pieces[at - 1] if at else ""


def answer(kind: str, text: str) -> str:
    """Return what a short reply gives as a value of `kind`, or ''.

    A figure, a date or a sum may stand anywhere in it; a name only at its beginning.
    """
    if kind == "going":
        found = _place(kind).search(text)
        found = found or re.match(r"(?P<value>[^\W\d_][\w'-]+)(?=,|$)", text)
        return found["value"] if found else ""
    if kind == "fulls":
        text = _COUNT_FIRST.sub("", text)
    if kind in ("date", "dates", "when", "money", "sum", "amount", "phone", "email", "nothing", "kin"):
        found = _anywhere(kind).search(text)
        while found and kind == "sum" and _AND_MORE.match(text, found.end()):
            found = _anywhere(kind).search(text, found.end())
    elif kind in ("fragment", "object"):
        return text
    else:
        found = _first(kind).match(text)
    return found["value"] if found else ""


@cache
def _place(kind: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:in|to|at|on) (?!the\b|\d)(?P<value>{KINDS[kind].pattern})", re.IGNORECASE)


@cache
def _anywhere(kind: str) -> re.Pattern[str]:
    return re.compile(rf"(?:^|(?<= ))(?P<value>{KINDS[kind].pattern})", re.IGNORECASE)


@cache
def _first(kind: str) -> re.Pattern[str]:
    return re.compile(
        rf"(?:it is called |(?:just|simply|please|but) (?!outside|near|close)|(?:on|in|at) (?:an?|the) (?:[\w-]+ )?(?:farm|village|town|suburb|island|hamlet) (?:outside|near|in|by|called) |(?:just )?(?:outside|near|close to)(?: of)? |(?:the|our|my) {ROLES},? |(?:home,?|it is|that is|that would be|they (?:took|chose|picked)|we (?:took|chose|picked)|in|at|by|we have|i am|i live in|my name is|at the moment|currently|still|the|we use) )*(?P<value>{KINDS[kind].pattern})",
        re.IGNORECASE,
    )
