"""Clauses: a turn cut where a new subject begins, each with what says whether its speaker states it.

Speech comes without punctuation, so a boundary is found by its words: "i run operations at fjallmobel we make furniture"
is two clauses. A clause behind "that", "if" or "said" hangs on the one before and shares its standing: a question's
"where i live", what somebody else said, what would be if.
"""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from backend.memory.rules.grammar import NOUNS, OBJECT_BEGINS, VERBS
from backend.memory.rules.rule import KIN
from backend.memory.rules.values import DATE
from backend.memory.rules.words import COMMON, PLAIN, TITLES
from backend.memory.spoken_numbers import SMALL, TENS

_SENTENCE = re.compile(
    r"(?<=[!?;\N{HORIZONTAL ELLIPSIS}])\s+|(?<=\w[\w%)]\.)\s+|(?<=[ a-z]\d\.)\s+|(?<=\w[.)])\s+(?=[^a-z])|\s+[\N{EM DASH}\N{EN DASH}-]+\s+(?!\d)|\n+|\s+(?=\d\) )"
)
_TITLE = re.compile(r"\b(?:dr|mr|mrs|ms|prof|st|sr|sra|e\.g|i\.e|ca|approx|vs|etc)\.$", re.IGNORECASE)
_NUMBERED = re.compile(r"\bno\.$", re.IGNORECASE)
_ONLY_DATE = re.compile(rf"(?:on |by )?{DATE}(?:,? {DATE})?[.!]?", re.IGNORECASE)

_SUBJECTS = frozenset(("i", "we", "he", "she", "they"))
_MAYBE_SUBJECTS = frozenset(("it", "that", "this", "there"))
_FINITE = frozenset(
    """is are was were has have had will does do did goes comes starts started works lives needs costs takes took runs
    cost came went got broke worked ended happened helped looks seems holds weighs begins ends opens closes says said wants finished
    makes made means can cannot must should would could might""".split()
)
_SINGULAR = frozenset(
    "is was has wants needs likes loves hates says said does will goes works lives signs knows gets prefers".split()
)
_OWNERS = frozenset(("my", "our", "the", "his", "her"))
_CONJUNCTIONS = frozenset(
    ("and", "but", "so", "because", "cause", "plus", "also", "then", "since", "although", "though")
)
_SUBORDINATE = frozenset(
    """that which who whom whose where when what how why whether if unless until before after than as while
    like""".split()
)
_SAYING = frozenset(
    """said says say saying told tells tell asked asks think thinks thought guess believe believes hope hopes heard hear
    wish wishes know knows knew bet claims claimed mentioned wrote write writes remember imagine suppose pretend assume""".split()
)
_LOOSE_END = re.compile(r"(?:,? (?:and|but|so|or|because|then|also|plus))+$", re.IGNORECASE)
_BINDING = frozenset(
    """in on at of for with from by about to near behind like every everything all what where which who how things thing
    stuff one ones something anything because way reason day time moment last first only place now""".split()
)
_OPENERS = re.compile(
    r"^(?:(?:[,.:!]+|\d\)(?= )|good news|bad news|it is just(?: that)?(?= (?:my|our|we|i|he|she|that) )|the thing is(?= (?:my|our|we|i|he|she|that|the) )|and|but|so|well|ok|okay|oh|yes|yeah|yep|no(?= ?[,.]| (?:no|i|we|it|my|he|she|that|the|they|not)\b|$)|nope|right|sure|hi|hello|hey|hej|good morning"
    r"|good evening|good afternoon|good day|aye|nae|och|eh|oi|alright|hiya|heya|howdy|ahoy|sawubona|salam|salut|hullo|ello|wotcha|g'day|gday|moi|jambo|bonjour|bonsoir|salut|guten tag|salaam|vanakkam|habari|hei|hallo|servus|aloha|buongiorno|buenos dias|bom dia|how (?:ye|you|are you|is it|are things) ?(?:doing?'?|going?|goin|keeping)?|arvo|morning|mornin|kia ora|ciao|hola|namaste|howdy|greetings|thanks a (?:million|bunch|ton|lot)|cheers|nah|careful|attention|warning|mind you|remember|elena(?: ji)?|marcus|there(?! (?:is|are|was|were|will)\b)|thanks|thank you|anyway|also|plus|then|because|cause|btw"
    r"|by the way|actually|basically|honestly|to be honest|fyi|just so you know|for your information|one (?:more )?thing"
    r"|please note|note|listen|look|great|good|perfect|exactly|correct|true|finally|ah|haha|ha|lol|naw|yup|right so|so yeah|well yeah|no worries|hing on|hang on|god|jesus|man|mate|dear me|oh dear|blimey|crikey|bloody hell|i tell you|i say|see|like i said|as i said|you see|seriously|really(?=:)|honest|frankly|in fact|in short|long story short|bad luck|news(?=:)|update(?=:)|also(?=:)"
    r"|first of all|(?:first|second|third|firstly|secondly|thirdly|lastly)(?= (?:it|we|i|they|the|there|he|she)\b)|guess what|um|now)\b[,.:! ]*)+",
    re.IGNORECASE,
)
_ASKING = re.compile(
    r"^(?:who|whom|whose|what|where|when|why|how|which|can|could|would|will|shall|should|do|does|did|is|are|am|was|were"
    r"|has|may|might|have (?:you|i|we))\b(?! (?:a|the|my) \w+ is)|^(?:tell|show|give|explain|describe|list|remind"
    r" me (?:what|who|where|when|how|of)|write|translate|summari[sz]e|compare|calculate|convert|multiply|divide|subtract|define|spell|google|compute|proofread|rephrase|draft|rewrite)\b",
    re.IGNORECASE,
)
_TOLD_ALREADY = re.compile(r"^(?:did i (?:tell|mention)(?: to)?(?: you)?|have i told you)\b", re.IGNORECASE)
_UNREAL = re.compile(
    r"^(?:if|unless|whether|suppose|supposing|imagine|pretend|assume|say|when (?:i|we) (?:was|were) (?:small|little|young|younger|a (?:child|kid|boy|girl|student|teenager|baby)))\b"
    r"|\b(?:might|maybe|perhaps|i wish|what if|hypothetically|as if|for example|e\.g\.|in theory|not sure"
    r"|i doubt|do not (?:know|think|believe|suppose|reckon)|would have|could have|(?:was|were) (?:meant|supposed) to|must have(?: \w+)? (?:been|felt|had|done|gone|taken|made|\w+ed)|must (?:feel|be (?:so|such|really|quite|very|hard|tough|great|nice|good|amazing|exciting|rewarding|tired|proud|lovely|awful|terrible|fun|incredible|(?:\w+ )?\w+(?:ing|ous|ful)$))\b|if only|in a story|in (?:the|a|my) (?:film|movie|book|novel|game|play|series|song|dream)|i dreamt|once upon a time|supposing|assuming|if i were|even if|as though|rumou?r has it|supposedly|allegedly|most people|people (?:say|think|like|love|always|usually|often|never)|you (?:could|can) always|role ?play|let us say|not literally|just kidding|only (?:joking|kidding)|figuratively|so to speak|metaphorically|probably)\b",
    re.IGNORECASE,
)
_WOULD = re.compile(
    r"\b(?:would|could|should)\b(?! (?:rather|prefer|(?:really |so |also |still )*(?:like|love) to\b))", re.IGNORECASE
)
_POINTS = str.maketrans(dict.fromkeys(",.;:!?()-\N{HORIZONTAL ELLIPSIS}", " "))
_DOUBTS = frozenset(
    """if unless whether suppose supposing imagine pretend assume assuming say when might maybe perhaps wish hypothetically example e theory sure doubt
    know think believe reckon would could should meant supposed must story film movie book novel game play series song dream dreamt upon though rumour rumor
    supposedly allegedly people always roleplay role literally kidding joking figuratively speak metaphorically probably""".split()
)
"""Words one of which is in whatever the two expressions above look for."""
_SAYS = re.compile(
    r"(?<!let us )\b(?:said|says|say|saying|told|tells|asked|asks|thinks|thought|believes|claims|claimed|heard|wrote|writes|reads"
    r"|mentioned|joked|dreamed|dreamt|according to)(?: (?:me|us|him|her|them|you))?$|^according to\b"
    r"|\b(?:papers?|news|radio|forecast|weather(?:man)?|internet|wikipedia|article|sign|label|leaflet|brochure|website|advert|ad|tv|telly|survey|study|statistics|horoscope|song|poster|rumour) (?:says?|said|claims|reckons|reads|told)\b",
    re.IGNORECASE,
)
_MEDIA = re.compile(
    r"\b(?:papers?|news|radio|forecast|weather(?:man)?|internet|wikipedia|article|leaflet|brochure|advert|tv|telly|survey|study|statistics|horoscope|song|poster) (?:says?|said|claims|reckons|reads)\b",
    re.IGNORECASE,
)
_READ_OUT = re.compile(
    r"\b(?:e?-?mail|message|letter|note|post|text|sign|contract|page|article|he|she|they|who)\b[^:]{0,40}"
    r"\b(?:says?|said|writes?|wrote|reads|goes|sent|forwarded)\b[^:]{0,30}:|^(?:fwd?|forwarded|quote|from (?:the|his|her|their|a|my [\w']+) (?:e?-?mail|letter|message|note|text)):"
    r"|^(?:please )?(?:translate|correct|proofread|rewrite|rephrase|repeat|spell|summari[sz]e)\b[^:]{0,40}:",
    re.IGNORECASE,
)
"""Behind it stand somebody else's words, to the end of the turn."""
_ACCORDING = re.compile(r"according to (?!plan\b|(?:the |our )?schedule\b)", re.IGNORECASE)
_I_SAY = re.compile(r"\b(?:i|we)(?: have)?(?: already| just)? (?:said|say|told you|think|guess|believe|know)$", re.I)


@dataclass(slots=True)
class Clause:
    """One clause. sentence: number of its sentence in the turn. hangs: it continues the clause before ("that …").

    asks, unreal, reported: a question or request; a condition, wish or maybe; another person's words.
    hedged: "i think". led, trailed: what was taken off before and behind ("ok", "so", "then").
    """

    text: str
    sentence: int
    hangs: bool = False
    asks: bool = False
    unreal: bool = False
    reported: bool = False
    hedged: bool = False
    led: str = ""
    trailed: str = ""

    @property
    def stated(self) -> bool:
        """Whether the speaker states it as so."""
        return not (self.asks or self.unreal or self.reported)


def clauses(text: str, names: Collection[str] = ()) -> list[Clause]:
    """Cut plain text into clauses, in order. names: case folded, of people who are known: a clause may begin with one."""
    found: list[Clause] = []
    read_out = supposed = False
    for number, sentence in enumerate(_sentences(text)):
        judged = _judged(_cut(sentence, number, names), asked=sentence.endswith("?"))
        colon = _READ_OUT.search(sentence)
        for clause in judged:
            behind = colon is not None and sentence.find(clause.text) + len(clause.text) > colon.end()
            clause.reported = clause.reported or read_out or behind
            clause.unreal = clause.unreal or (supposed and sentence.casefold().startswith("then "))
        supposed = sentence.endswith("?") and any(clause.unreal for clause in judged)  # "what if …? then i …"
        read_out = read_out or colon is not None
        found.extend(judged)
    return found


def _sentences(text: str) -> Iterator[str]:
    held = ""
    for piece in _SENTENCE.split(text):
        if held and not _TITLE.search(held) and not (_NUMBERED.search(held) and piece[:1].isdigit()):
            if _ONLY_DATE.fullmatch(piece) and len(held.split()) > 1:
                held = f"{held.rstrip('.!')} {piece}"  # "frank is retiring. april 3."
                continue
            yield held
            held = ""
        held = f"{held} {piece.strip()}" if held else piece.strip()
    if held.strip():
        yield held.strip()


def _cut(sentence: str, number: int, names: Collection[str]) -> list[Clause]:
    words = sentence.split(" ")
    low = [word.casefold().strip(",.;:!?()") for word in words]
    starts = [0]
    hanging = {0: False}
    for at in range(1, len(words)):
        if low[at] not in _MAY_BEGIN and low[at - 1] not in _BEFORE_ANY:
            if (
                words[at - 1].endswith(",")
                and words[at][:1].isupper()
                and not words[at].endswith(",")
                and low[at] not in _DAYS
                and _goes_on_finite(low, at)
            ):
                hanging[at] = False  # "Katja leads the lab, Milan does the tests"
                starts.append(at)
            elif low[at] in names and _goes_on_finite(low, at) and low[at - 1] not in _BOUND and at - starts[-1] > 1:
                begins = at - 1 if low[at - 1] in TITLES else at
                if begins > starts[-1]:
                    hanging[begins] = False
                    starts.append(begins)
            continue
        start = _starts(words, low, at)
        if start is None or start <= starts[-1]:
            continue
        start = _led_by(low, start, starts[-1])
        if start - starts[-1] <= 5 and _WHENEVER.fullmatch(" ".join(words[starts[-1] : start])):
            continue
        first, last = low[start], low[start - 1]
        said = last in _SAYING and first not in _LEADING and (last != "claims" or low[start - 2] not in _OF_CLAIMS)
        ended = first in _CONJUNCTIONS or words[start - 1].endswith((",", ";", ":", "."))
        of_question = not ended and _asks_who(low, starts[-1])
        hanging[start] = first in _SUBORDINATE or said or last in _SUBORDINATE or of_question
        starts.append(start)
    made = []
    for begin, end in zip(starts, [*starts[1:], len(words)], strict=True):
        whole = " ".join(words[begin:end]).strip(" ,;:.!?")
        text = _LOOSE_END.sub("", whole)
        made.append(Clause(text, number, hanging[begin], trailed=whole[len(text) :].strip(" ,").casefold()))
    return made


_OF_CLAIMS = frozenset("the our all no longer more open new old many insurance of for their his her my".split())
"""What stands before "claims" that are things."""
_LEADING = frozenset(("so", "and", "but"))
_LEADS = frozenset(("on", "in", "at", "for", "until", "till", "since", "after", "before", "during"))
_FURTHEST_LEAD = 6  # words


def _led_by(low: list[str], start: int, last: int) -> int:
    """Return where a clause begins whose time or place stands before its subject: "… and thursday friday | i can"."""
    if low[start] not in _SUBJECTS:
        return start
    for at in range(start - 2, max(last, start - _FURTHEST_LEAD), -1):
        if low[at] in _LEADING:
            lead = low[at + 1 : start]
            timed = lead[0] in _LEADS or all(word.rstrip("s") in _DAYS for word in lead)
            acts = any(VERBS.get(word, ("", ""))[1] == "s" for word in lead)
            return at if timed and not acts else start
    return start


_BOUND = _BINDING | _SUBORDINATE | _SAYING
_DAYS = frozenset("monday tuesday wednesday thursday friday saturday sunday".split())


def _goes_on_finite(low: list[str], at: int) -> bool:
    """Tell whether a verb that has a subject follows the name at `at`: "… and rosalind uploads"."""
    after = low[at + 1] if at + 1 < len(low) else ""
    return after in _FINITE or VERBS.get(after, ("", ""))[1] == "s"


def _asks_who(low: list[str], at: int, *, within: int = 0) -> bool:
    """Tell whether a question for somebody or something begins at `at`: "which vendor did …". within: by that word."""
    if low[at] not in ("who", "what", "which", "whose", "why"):
        return False
    return any(
        word in _AUXILIARIES or word in ("was", "were", "has") for word in low[at + 1 : min(at + 4, within or len(low))]
    )


_WHENEVER = re.compile(
    r"(?:(?:and|but|so|then|also|well|seriously|honestly|sorry|okay|actually|oh),? )*(?:(?:maybe|perhaps|probably|possibly|hopefully|hypothetically)|(?:(?:in|on|by|since|until|every|last|next|this|from|at|for|around|before|after) )*"
    r"(?:the |a )?(?:[\w.]+ ){0,2}?(?:yesterday|today|tomorrow|tonight|week|weekend|weekends|month|year|years|mornings?|evenings?|afternoons?|nights?"
    r"|spring|summer|autumn|winter|fall|christmas|easter|\w+days?|january|february|march|april|may|june|july|august"
    r"|september|october|november|december|ago|\d{4}|now)(?: at (?:\w+|\d[\d:.]*)(?: ?[ap]m| o'clock)?)?),?",
    re.IGNORECASE,
)
"""A time or a doubt before its clause ("every sunday i go fishing", "maybe i will") belongs to it."""


def _starts(words: list[str], low: list[str], at: int) -> int | None:
    """Return where a clause begins whose subject stands at `at`, or None when none does."""
    word, before = low[at], low[at - 1]
    after = low[at + 1] if at + 1 < len(words) else ""
    if before in ("so", "and", "but") and (word == "please" or (word == "do" and after == "not")):
        return at
    if before == "is" and word in ("i", "we") and at > 1 and low[0] not in _WH and low[at - 2] not in _WH:
        return at  # "the thing is we are replacing it"
    if _asks_from(words, low, at):
        return at
    if not _is_subject(words, low, at):
        return None
    if words[at - 1].endswith((",", ":", "...")):
        return at
    if at > 1 and before in _AUXILIARIES and low[at - 2] in _SUBJECTS:
        return at  # "we did we are going with …": a sentence broken off
    if before == "and" and word in ("i", "we") and (_named_alone(low, at - 2) or _asks_who(low, 0, within=at)):
        return None  # "jens and i got married", "what did jens and i decide"
    if before in _SUBORDINATE or before in _CONJUNCTIONS:
        return at - 1
    if before in _AT_ONCE and low[at - 2] not in _AT_ONCE_NOT and _goes_on_finite_soon(low, at) and at > 2:
        return at - 1  # "… an accountant, now he runs the shop"
    for joint in range(at - 2, max(at - 6, 1), -1):  # "and by 7:20 there were thirty"
        if low[joint] in ("and", "but", "so") and _WHENEVER.fullmatch(" ".join(words[joint + 1 : at])):
            return joint
    if before in _AUXILIARIES or before in ("was", "were", "am", "has", "had"):
        return None  # "do i live …"
    if before in _BINDING and not (before == "day" and low[at - 2] in ("a", "per")):
        return None
    return at


def _named_alone(low: list[str], at: int) -> bool:
    """Tell whether a name stands at `at`, and nothing but a relation before it: "my wife anna and …"."""
    lead = low[:at]
    return (
        at >= 0
        and low[at] not in COMMON | PLAIN
        and all(word in ("my", "our", "so", "well") or word in KIN for word in lead)
    )


def _is_subject(words: list[str], low: list[str], at: int) -> bool:
    word = low[at]
    if word in _SUBJECTS:
        return True
    after = low[at + 1] if at + 1 < len(words) else ""
    if word in _MAYBE_SUBJECTS:
        if word == "there" and at > 1 and low[at - 2] in ("my", "our") and (at == 2 or low[at - 3] in _CONJUNCTIONS):
            return False  # "my supervisor there is …"
        goes_on = after in _FINITE or (word == "it" and after not in NOUNS and VERBS.get(after, ("", ""))[1] == "s")
        return goes_on and not (word == "it" and at + 2 == len(words))  # "the blue one it is"
    if low[at - 1] == "and" and word in _COUNTING and low[at - 2] in _COUNTING:
        return False  # "two hundred and sixty people came"
    joined = low[at - 1] == "and" and (
        at > 2 or (at == 2 and after in ("is", "was", "has") and low[0] not in COMMON)  # "ana and bo is my brother"
    )
    if (low[at - 1] in ("but", "so", "because") or joined) and (
        (
            any(near < len(low) and (low[near] in _SINGULAR or _finite(low, near)) for near in (at + 1, at + 2))
            or (after == "are" and word.endswith("s"))
        )
        and word not in _SUBORDINATE
        and word not in _FINITE
    ):
        return True
    if word in _OWNERS:
        ahead = low[at + 1 : at + 5]
        behind = low[at - 1]
        joined = behind in _CONJUNCTIONS or words[at - 1].endswith(",")
        finite = next((place for place, other in enumerate(ahead) if other in _FINITE), None)
        if words[at - 1].endswith(",") and finite and words[at + finite].endswith(","):
            return False  # "martha, our controller, will …"
        if finite is None or finite == 0:
            return False
        if ahead[finite - 1] in _CONJUNCTIONS or (
            not joined and any(words[at + place].endswith(",") for place in range(finite + 1))
        ):
            return False  # "I answer the phones and do the rota", "who keeps the records, is"
        return not any(other in _SUBJECTS for other in ahead[:finite]) and (joined or behind not in _BINDING)
    return False


_AT_ONCE = frozenset(("now", "today", "tomorrow", "yesterday", "nowadays", "lately", "meanwhile"))
_AT_ONCE_NOT = frozenset(
    (
        "right",
        "by",
        "for",
        "until",
        "from",
        "just",
        "even",
        "every",
        "up",
        "since",
        "than",
        "only",
        "after",
        "before",
        "of",
    )
)


def _goes_on_finite_soon(low: list[str], at: int) -> bool:
    """Tell whether a verb follows a pronoun, with an adverb between at most."""
    return any(word in _FINITE or word in VERBS for word in low[at + 1 : at + 3])


def _finite(low: list[str], at: int) -> bool:
    """Tell whether a word is a verb in a finite form: not the games of "board games"."""
    if at >= len(low) or VERBS.get(low[at], ("", ""))[1] not in ("s", "past"):
        return False
    return low[at] not in NOUNS or (at + 1 < len(low) and low[at + 1] in OBJECT_BEGINS)


_COUNTING = frozenset((*SMALL, *TENS, "hundred", "thousand", "million"))
_AUXILIARIES = frozenset(("can", "could", "would", "will", "do", "did", "does", "should", "shall", "have", "are", "is"))
_ASKED = frozenset(("you", "i", "we", "he", "she", "it", "they", "that", "there"))
_WH = frozenset(("what", "where", "when", "who", "why", "how", "which"))


_MAY_BEGIN = _SUBJECTS | _MAYBE_SUBJECTS | _OWNERS | _AUXILIARIES | _WH
_BEFORE_ANY = frozenset(("but", "so", "because", "and"))
"""Words that may begin a clause, and those behind which any word may."""


def _asks_from(words: list[str], low: list[str], at: int) -> bool:
    """Tell whether a question begins here: "can you", ", what about"."""
    word = low[at]
    if word in _AUXILIARIES:
        after = low[at + 1] if at + 1 < len(words) else ""
        before = low[at - 1]
        return (
            (after in _ASKED if word not in ("do", "have") else after in ("you", "i", "we", "they"))
            and before not in _AUXILIARIES
            and before != "to"
            and before not in _WH
            and before not in _SUBJECTS
            and before not in _MAYBE_SUBJECTS
        )
    return word in _WH and words[at - 1].endswith(",") and words[-1].endswith("?")


def _judged(cut: list[Clause], *, asked: bool) -> list[Clause]:
    """Give each clause of a sentence its standing. asked: the sentence ends with a question mark."""
    before: Clause | None = None
    any_asks = False
    for clause in cut:
        _judge(clause, before)
        any_asks = any_asks or clause.asks
        bare = _OPENERS.sub("", clause.text)
        if bare and len(bare) < len(clause.text):
            clause.led, clause.text = clause.text[: -len(bare)].strip(" ,.:!").casefold(), bare
        if not clause.asks and not clause.hangs:
            if ": " not in clause.text and _I_DROPPED.match(clause.text):
                clause.text = f"i {clause.text}"
            elif _AM_DROPPED.match(clause.text):
                clause.text = f"i am {clause.text}"
        before = clause
    if asked and not any_asks:
        for clause in cut:
            clause.asks = True
    return cut


_CONDITION = re.compile(
    r"(?:if|unless|suppose|imagine|when (?:i|we) (?:was|were) (?:small|little|young|younger|a (?:child|kid|boy|girl|student|teenager|baby)))\b",
    re.IGNORECASE,
)


def _judge(clause: Clause, before: Clause | None) -> None:
    text = _OPENERS.sub("", clause.text) or clause.text
    if not _DOUBTS.isdisjoint(text.casefold().translate(_POINTS).split()):
        clause.unreal = clause.unreal or bool(_UNREAL.search(text) or _WOULD.search(text))
    clause.reported = (" sa" in text or " cl" in text or " re" in text) and _MEDIA.search(text) is not None
    clause.reported = clause.reported or _ACCORDING.match(text) is not None
    clause.asks = bool(_ASKING.match(text)) and not _TOLD_ALREADY.match(text) and not clause.hangs
    if before is None:
        return
    if clause.hangs:
        clause.asks = clause.asks or (before.asks and not (_TELL.search(before.text) and _THAT_WE.match(clause.text)))
        clause.unreal = clause.unreal or before.unreal
        clause.reported = clause.reported or before.reported
        if _SAYS.search(before.text) or _SAYS.search(_first_word(clause.text)):
            clause.reported = clause.reported or not _I_SAY.search(before.text)
        if _I_SAY.search(before.text) or re.search(r"\bi (?:think|guess|believe)\b", before.text, re.IGNORECASE):
            clause.hedged = True
    elif _CONDITION.match(_OPENERS.sub("", before.text)):
        clause.unreal = True  # the main clause of a condition
    elif re.match(r"according to\b", _OPENERS.sub("", before.text), re.IGNORECASE):
        clause.reported = True
    elif before.reported and re.match(r"(?:and|but)? ?(?:he|she|they|it)\b", clause.text, re.IGNORECASE):
        clause.reported = True  # the same person goes on


_TELL = re.compile(r"\b(?:tell|let|inform|remind) (?!me\b|us\b)[\w'-]+(?: [\w'-]+)?(?: know)?$", re.IGNORECASE)
_THAT_WE = re.compile(r"that (?:i|we|my|our|the)\b", re.IGNORECASE)
"""What the assistant is to tell others is stated: "tell marcus that we start on monday"."""
_I_DROPPED = re.compile(
    r"(?:(?:just|also|finally|recently|really) )?(?:hate|love|prefer|cannot (?:stand|have|eat|drink|take)|moved|bought|met|decided|left|joined|started|handed"
    r"|booked|promised|quit|adopted|passed|spent|became|ordered|chose|picked|agreed|went|took|sold|switched|changed|migrated|signed|hired|launched|opened|lost|won|found|finished|wrote|paid|fixed|built|broke|dug|tried|tested|visited|called|spoke to|talked to|saw|learned|learnt|planted|painted|baked|received|submitted|sent|delivered|shipped|installed|repaired|replaced|injured|tore|twisted|qualified|graduated)\b(?! (?:you|it|that|this|by)\b)",
    re.IGNORECASE,
)
_AM_DROPPED = re.compile(
    r"(?:off (?:to|on)|on (?:leave|holiday|vacation|maternity leave|call)|back (?:from|in)|away (?:in|from|on|until)|going (?:to|on|with|for)|moving (?:to|in)|leaving|flying|allergic"
    r"|not an? (?:big )?fan|(?:an? )?(?:big|huge|massive|great) fan of|currently (?:at|with|in|on|working|based|doing)|(?:hoping|planning|aiming|saving|training|learning|applying) (?:to|for|up)|born|based in|in charge of|responsible for|working (?:at|for|on|as)|out (?:sick|of (?:the )?office|until|till|from|for)|not (?:eating|drinking)|staying (?:in|with)|(?:moving|flying|travelling|traveling|driving|heading|starting|launching|opening|closing|finishing|getting married|interviewing|presenting|sailing|visiting|hosting|retiring)(?= .*\b(?:on|in|next|this|tomorrow|from|until|to) ))\b",
    re.IGNORECASE,
)
"""Who writes in haste leaves "i" out: "hate mornings", "off to Scotland"."""


def _first_word(text: str) -> str:
    return text.split(" ", 1)[0]
