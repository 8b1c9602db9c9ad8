"""What a question to memory is about: times, who said it, the present or the past, which kind of fact, and whether what
was found answers it.

Rules on the words alone, in some 50 microseconds. They tip scales and order what is shown; they never hide a turn.
"""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from backend.core.context import Fact, Turn
from backend.memory.dates import Period, periods

_Said = TypeVar("_Said", bound=Fact | Turn)

MAX_TEXT = 2_000
"""Characters of a question that are read; the rest is a pasted page."""

_BEST = 5
_MONTH = timedelta(days=31)

_PAST = re.compile(
    r"\b(?:was|were|had|did|could|used to|back then|at that time|ago|previous(?:ly)?|former(?:ly)?|earlier|"
    r"in the past|as of|believed|paid|stood)\b"
)
_SAYING = re.compile(r"\b(?:say|said|tell|told|mention|ask|talk|discuss|happen|agree|decide|settle|list)(?:ed|d)?\b")
_WHEN = re.compile(r"^\W*(?:when|on (?:which|what) (?:day|date))\b")
_RECURRING = re.compile(r"\b(?:daily|weekly|fortnightly|monthly|quarterly|yearly|regular|recurring|standing|usual)\b")
"""What happens again and again has a time as a thing has a place: "when was it in May" asks for a state."""
_I_SAID = re.compile(
    r"\b(?:did i (?:\w+ )?(?:say|tell|mention|ask|write|explain)|i (?:said|told|mentioned|asked|wrote))\b"
)
_YOU_SAID = re.compile(
    r"\b(?:did you (?:\w+ )?(?:say|tell|mention|ask|suggest|recommend|propose|explain|advise)|"
    r"you (?:said|told|mentioned|suggested|recommended|proposed|explained|advised)|your (?:advice|suggestion))\b"
)
_ADDRESSED = r"(?:to|with|tell|told|asked?|for|from) "

_PREDICATES: tuple[tuple[re.Pattern[str], tuple[str, ...]], ...] = tuple(
    (re.compile(pattern), tuple(names.split()))
    for pattern, names in (
        (r"\bmy (?:full |first |last )?name\b|\bwhat am i called\b|\bwho am i\b", "name"),
        (r"\b(?:where|for whom|(?:what|which) (?:company|firm)|who) (?:do|did|am|was) i (?:\w+ )?(?:work|employed)"
         r"|\bemployer\b|\bi (?:work|worked) for\b|\bpa(?:ys|id) my salary\b", "employer"),
        (r"\bmy (?:job|role|position|title|profession|job title|occupation)\b|\bwhat do i do\b"
         r"|\b\w+'s (?:job|role|position|title|profession)\b", "role"),
        (r"\bwhere (?:do|did|am|was|is|were) (?:i|we|my)? ?(?:\w+ )?(?:liv|home|flat|house)"
         r"|\b(?:my|our) (?:address|home)\b"
         r"|\bwhich (?:city|town|district|place|street) (?:do|did|am|was) (?:i|we) (?:living|live)\b"
         r"|\bin (?:what|which) (?:city|town|district) do i\b", "lives_in"),
        (r"\bwhere (?:am i|do i come|are we) from\b|\bborn\b|\bhometown\b", "from_place"),
        (r"\bbirthday\b|\bborn\b", "birthday"),
        (r"\bhow old\b|\bage\b", "age birthday"),
        (r"\be-?mail\b", "email"),
        (r"\bphone\b|\b(?:telephone|mobile) number\b|\bextension\b", "phone"),
        (r"\b(?:wife|husband|spouse|partner|married|fianc\w+|girlfriend|boyfriend)\b", "spouse"),
        (r"\b(?:child|children|kids?|sons?|daughters?|girl|boys?)\b", "child"),
        (r"\b(?:mother|father|mum|mom|dad|parents?)\b", "parent"),
        (r"\b(?:brother|sister|siblings?|twin)\b", "sibling"),
        (r"\b(?:pets?|dog|cat|puppy|kitten|rabbit|parrot|hamster|horse)\b", "pet"),
        (r"\b(?:friends?|best friend)\b", "friend"),
        (r"\b(?:colleagues?|coworkers?|team ?mates?)\b", "colleague"),
        (r"\b(?:boss|manager|superior|supervisor|report(?:ing)? to|did i report|above me)\b", "manager"),
        (r"\b(?:my|our|which) team\b|\bdepartment\b", "team"),
        (r"\ballerg|\bmust not eat\b|\bcannot eat\b|\bcan't eat\b|\bintoleran", "allergy"),
        (r"\bvegetarian\b|\bvegan\b|\bdiet\b|\bdo i eat\b", "diet allergy"),
        (r"\b(?:like|love|enjoy|favou?rite)\b", "likes prefers hobby"),
        (r"\b(?:dislike|hate|avoid|not like|don't like|can't stand)\b", "dislikes"),
        (r"\bprefer|\bhow (?:do|should) (?:i|you|we|one)\b|\bin (?:what|which) form(?:at)?\b|\bwant (?:my|the)\b",
         "prefers"),
        (r"\blanguages?\b|\bspeak\b", "language"),
        (r"\b(?:hobby|hobbies|free time|spare time|pastime|sport|instrument)\b", "hobby"),
        (r"\bdo i (?:own|have|drive|ride)\b|\bmy (?:car|bike|bicycle|truck|boat)\b", "owns"),
        (r"\b(?:tools?|software|program|app|system|tracker)\b", "uses_tool decision"),
        (r"\b(?:project|working on)\b", "works_on"),
        (r"\b(?:deadline|due|launch|go-?live|(?:target|end|start) date|planned (?:launch|start)|finish(?:ed)? by)\b"
         r"|\bbegin\b",
         "deadline"),
        (r"\b(?:budget|funding|spend|purse|sum|amount|money|available)\b", "budget amount"),
        (r"\bhow (?:much|many)\b|\b(?:price|cost|percent(?:age)?|figure|number)\b", "amount budget"),
        (r"\b(?:decide|decided|decision|chose|chosen|choice|picked|settled|agreed|pilot)\b", "decision"),
        (r"\b(?:promise|promised|undertake|committed|commitment|to-?dos?)\b", "commitment"),
        (r"\b(?:meeting|appointment|call with|meet)\b", "meeting"),
        (r"\b(?:trip|travel|travelling|holiday|vacation|fly|flight)\b", "trip"),
        (r"\b(?:goal|aim|target)\b", "goal"),
    )
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Understanding:
    """What a question asks.

    periods: the times it names. speakers: names of those whose words are asked for, empty for all. agents: ids of the
    assistants it names. asks_of_past: it asks how things were, not how they are. as_of: the moment at which they are
    asked for ("where did I live in May": the first of May).
    """

    periods: tuple[Period, ...] = ()
    speakers: tuple[str, ...] = ()
    agents: tuple[str, ...] = ()
    asks_of_past: bool = False
    as_of: datetime | None = None


def understand(
    text: str, now: datetime, *, user_name: str = "", agents: Mapping[str, str] | None = None
) -> Understanding:
    """Read a question. now: aware. user_name: as the user is called; agents: the assistants' names by id."""
    folded = _folded(text)
    found = tuple(periods(text[:MAX_TEXT], now))
    past = _PAST.search(folded) is not None
    speakers, named = _people(folded, user_name, agents or {})
    return Understanding(found, speakers, named, past, _as_of(folded, found, now) if past else None)


def predicates(text: str, among: Collection[str]) -> list[str]:
    """Return the kinds of facts that would answer a question, of those `among` which are known."""
    folded = _folded(text)
    asked = ((pattern, [name for name in names if name in among]) for pattern, names in _PREDICATES)
    return list(dict.fromkeys(name for pattern, names in asked if names and pattern.search(folded) for name in names))


def _folded(text: str) -> str:
    return text[:MAX_TEXT].casefold().replace("’", "'")  # noqa: RUF001


def _as_of(folded: str, found: Sequence[Period], now: datetime) -> datetime | None:
    """The moment that a question about a past state names; None for one about what happened or was said.

    Of a month or less it is the beginning (what changed in its course was otherwise when it began), of a longer time
    the end, and of "before ..." the time named.
    """
    if _SAYING.search(folded) or (_WHEN.search(folded) and not _RECURRING.search(folded)):
        return None
    now = now.astimezone(UTC)
    moments = [
        period.begin if period.end - period.begin <= _MONTH else min(period.end, now)
        for period in found
        if period.begin < now
    ]
    return min(moments, default=None)


def _people(folded: str, user_name: str, agents: Mapping[str, str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Whose words are asked for (names; none when it is everybody), and which assistants are named (ids)."""
    speakers: list[str] = []
    named: list[str] = []
    for key, name in ((None, user_name), *agents.items()):
        called = re.escape(name.split()[0].casefold()) if name.strip() else ""
        if not called or not (places := list(re.finditer(rf"\b{called}\b", folded))):
            continue
        if key is not None:
            named.append(key)
        if not all(re.search(rf"\b{_ADDRESSED}$", folded[: place.start()]) for place in places):
            speakers.append(name)
    if user_name and user_name not in speakers and _I_SAID.search(folded):
        speakers.insert(0, user_name)
    if _YOU_SAID.search(folded) and not named:
        speakers.extend(name for name in agents.values() if name not in speakers)
    if len(speakers) == len(agents) + bool(user_name):
        speakers.clear()
    return tuple(speakers), tuple(named)


def holds(fact: Fact, moment: datetime) -> bool:
    """Tell whether a fact was true at a moment, as far as is known: since it was said, unless it says since when."""
    begins = fact.valid_from or fact.said_at
    return begins <= moment and (fact.valid_to is None or moment < fact.valid_to)


def newest_first(said: Iterable[_Said], as_of: datetime | None = None) -> list[_Said]:
    """Order turns and facts as they are shown: the newest first, so that what holds stands before what it replaced.

    as_of: what was said after it comes behind the rest, the earliest of it first: it tells of a later state.
    """
    if as_of is None:
        return sorted(said, key=_said_at, reverse=True)
    said = list(said)
    before = sorted((each for each in said if each.said_at < as_of), key=_said_at, reverse=True)
    return before + sorted((each for each in said if each.said_at >= as_of), key=_said_at)


def _said_at(each: Fact | Turn) -> datetime:
    return each.said_at


def overtaken(fact: Fact, turns: Sequence[Turn], as_of: datetime | None = None) -> bool:
    """Tell whether the user said one of the best turns found later than a fact, or the fact later than `as_of`.

    What was said later may have replaced the fact without a rule seeing it. Such a fact is shown among the turns, by
    its date, instead of before them.
    """
    if as_of is not None and fact.said_at >= as_of:
        return True
    return any(turn.role == "user" and turn.said_at > fact.said_at for turn in turns[:_BEST])
