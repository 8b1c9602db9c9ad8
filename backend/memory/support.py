"""Whether what was found can answer a question at all: the one it is about must be spoken of, and a value of the kind
that is asked for must stand beside them.

Rules, in some 0.2 ms, which see only plain cases: whom nobody mentioned; an age, a price, a profession, a name that
stands nowhere near the one it is asked of. When in doubt they say yes: a wrong no hides what memory knows.
"""

import re
from collections.abc import Sequence, Set
from dataclasses import dataclass
from functools import cached_property

from backend.core.context import Fact, Said
from backend.memory.answer_kinds import KIN, Kind, kind_of
from backend.memory.text import STOP_WORDS, about_speaker, is_question, terms

BEST = 10
"""Turns looked at, and facts; behind them there is hardly ever an answer."""

REACH = 90
"""Characters between a name and what is said of it, at most: some fifteen words."""

LONGEST = 400
"""Characters of a question that is judged; a longer message is a story or a pasted page."""

READ = 1_000
"""Characters of a turn that are read: what is looked for was said, not pasted."""

STANDING = 0.6
"""The share of a given answer's words that one text must hold: a model changes a word or two."""

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")  # noqa: RUF001 - the typographic apostrophe is meant
_NAME = re.compile(r"(?<=[a-z,:'] )[A-Z][^\W\d_]+|(?<=\b(?:Dr|Mr|Ms)\. )[A-Z][^\W\d_]+|(?<=\bMrs\. )[A-Z][^\W\d_]+")
_KIN_WORD = re.compile(rf"\b{KIN}\b", re.IGNORECASE)
_KIN_OF = re.compile(rf"\b\w+['’]s (?:\w+ )?{KIN}\b", re.IGNORECASE)  # noqa: RUF001 - as above
_ITS_NAME = re.compile(
    rf"\b(?:what(?:'s| is| was| are)|whats|how is|who is) (?:the name of )?(?:my|our) (?:\w+ )*?({KIN})(?:'s)?"
    rf"(?: name| called)?\W*$|\bname of (?:my|our) (?:\w+ )*?({KIN})\W*$",
    re.IGNORECASE,
)
_OF_THEM = re.compile(r"\b(?:does|did|do|is|was|are|were|has|will) [A-Z]|\b[A-Z]\w+['’]s\b")  # noqa: RUF001 - as above
_SUBJECT = re.compile(
    r"\b(?:does|did|do|is|was|are|were|has|will) (?:the |my |our |(?:dr|mrs?|ms)\.? )?([^\W\d_]+(?: [^\W\d_]+)?)|"
    r"\b([^\W\d_]+)['’]s\b",  # noqa: RUF001 - as above
    re.IGNORECASE,
)
_THE = re.compile(r"\b(?:the|this|that) ([^\W\d_]+(?: [^\W\d_]+)?)", re.IGNORECASE)
_SELF = re.compile(rf"\b(?:i|we|me|us|my (?:\w+ )?(?!{KIN})\w+)\b", re.IGNORECASE)
_SAME = (
    "mother|mum|mom|mam",
    "father|dad",
    "wife|spouse|partner",
    "husband|spouse|partner",
    "boss|manager",
    "doctor|gp",
)
_NO_NAMES = frozenset(
    terms("monday tuesday wednesday thursday friday saturday sunday january february march april may june july august "
          "september october november december christmas easter english irish german french spanish mr mrs ms dr "
          "doctor miss sir new year elena marcus")
)  # fmt: skip
_VERBS = frozenset(
    """lives live said says can cannot wants want comes came goes went loves likes thinks asks ask works work plays
    play teaches also never always still already because um uh gave gives took takes needs must might""".split()
)
_NO_OBJECTS = frozenset(
    terms("cost pay price much many money ask want get got charge quote new old year month day week per total sum "
          "amount euro dollars pounds buy bought sell sold rent earn salary spend long often hours number large big "
          "today first last current budget")
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Support:
    """holds: an answer may have been found. personal: it is asked for something of the person's own, or that memory
    speaks of; otherwise it is a question about the world, or none.
    """

    holds: bool
    personal: bool


class _Text:
    """A text that stands for itself. Its words are stemmed only where they may matter: that is what takes time."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._folded = text.casefold()

    @cached_property
    def held(self) -> frozenset[str]:
        """Its index terms."""
        return frozenset(terms(self.text))

    def names(self, words: Set[str]) -> bool:
        """Tell whether it holds one of these index terms. All but the last letter of a stem stands in its words."""
        return any(word[:-1] in self._folded for word in words) and not words.isdisjoint(self.held)

    def places(self, words: Set[str]) -> list[int]:
        """Where words with one of these index terms begin, in characters."""
        if not self.names(words):
            return []
        return [word.start() for word in _WORD.finditer(self.text) if not words.isdisjoint(terms(word.group()))]


class _Found:
    """What was found, as texts that each stand for themselves."""

    def __init__(self, found: Sequence[Said], facts: Sequence[Fact]) -> None:
        self._said = found[:BEST]
        self._facts = facts[:BEST]

    @cached_property
    def texts(self) -> list[_Text]:
        """A turn with the one before it, and with the one after where it asks something.

        What an assistant answered to a question tells nothing new: it stands elsewhere, too, or was made up.
        """
        result = []
        for turn, before, after in self._said:
            if turn.role == "assistant" and before is not None and is_question(before.content):
                continue
            asks = turn.content.rstrip().endswith("?")
            parts = [turn.content[:READ]]
            if before is not None and (before.role == "user" or before.content.rstrip().endswith("?")):
                parts.insert(0, before.content[:READ])
            if after is not None and asks and turn.role == "assistant":
                parts.append(after.content[:READ])
            result.append(" ".join(parts))
        result += [fact.text if fact.subject == "user" else f"{fact.subject}: {fact.text}" for fact in self._facts]
        return [_Text(text) for text in result]

    def naming(self, *words: Set[str]) -> list[_Text]:
        """The texts with at least one word of each set."""
        return [text for text in self.texts if all(text.names(each) for each in words)]

    @cached_property
    def names(self) -> frozenset[str]:
        """Index terms of what is written as a name somewhere, or is a fact's subject."""
        written = {word for text in self.texts for name in _NAME.findall(text.text) for word in terms(name)}
        subjects = {word for fact in self._facts if fact.subject != "user" for word in terms(fact.subject)}
        return frozenset((written | subjects) - _NO_NAMES)


def supported(question: str, found: Sequence[Said], facts: Sequence[Fact]) -> Support:
    """Tell whether what was found (best first) may hold an answer. What asks nothing finds what it finds."""
    if not is_question(question):
        return Support(bool(found or facts), personal=False)
    own = about_speaker(question)
    if len(question) > LONGEST or not (found or facts):
        return Support(bool(found or facts), own)
    memory = _Found(found, facts)
    named = _named(question, memory)
    spoken_of = named | {word for thing in _THE.findall(question) for word in terms(thing)}
    return Support(_may_hold(question, memory, named), own or bool(spoken_of and memory.naming(spoken_of)))


def vouched(question: str, words: str, found: Sequence[Said], facts: Sequence[Fact]) -> bool:
    """Tell whether `words`, which a model gave as the answer, stand in what was found, beside whom they are asked of.

    The question's own words are no answer to it. A name in it that is not its subject need not stand there: it may be
    what everything is about, an employer or a project.
    """
    if len(question) > LONGEST:
        return True
    given = frozenset(terms(words))
    if not given or given <= frozenset(terms(question)):
        return False
    memory = _Found(found, facts)
    subjects = {word for pair in _SUBJECT.findall(question) for subject in pair for word in terms(subject)}
    named = _named(question, memory)
    about = (named & subjects) if named else _relatives(question) or _counted(question, memory)
    return any(
        len(given & text.held) >= STANDING * len(given) and (not about or not about.isdisjoint(text.held))
        for text in memory.texts
    )


def _named(question: str, memory: _Found) -> frozenset[str]:
    """Index terms of the names in a question."""
    named = frozenset(word for name in _NAME.findall(question) for word in terms(name)) - _NO_NAMES
    if question == question.casefold():  # as speech recognition writes it
        named |= memory.names.intersection(terms(question))
    return named


def _relatives(question: str) -> frozenset[str]:
    return frozenset(word for relative in _KIN_WORD.findall(question) for word in terms(relative))


def _counted(question: str, memory: _Found) -> frozenset[str]:
    """Index terms of what a question wants the number or the price of, where that is spoken of."""
    kind = kind_of(question)
    if kind is None or not kind.counts:
        return frozenset()
    things = frozenset(terms(question)) - _NO_OBJECTS
    return things if memory.naming(things) else frozenset()


def _may_hold(question: str, memory: _Found, named: frozenset[str]) -> bool:
    kin = _relatives(question)
    about = named or kin
    near: list[_Text] = []
    if named and _SELF.search(question) is not None:
        about = frozenset()  # what the person did with somebody need not stand beside the name
    elif named:
        near = memory.naming(named)
        if not near:
            return bool(kin) or _OF_THEM.search(question) is None
        if kin and _KIN_OF.search(question) is not None and not (near := memory.naming(named, kin)):
            return False
    elif (its := _ITS_NAME.search(question)) is not None:
        return _is_named((its.group(1) or its.group(2)).casefold(), memory.texts)
    elif kin:
        near = memory.naming(kin)
    kind = kind_of(question)
    if kind is None:
        return True
    if not named and not kin:
        near = memory.naming(_counted(question, memory))
    return any(_offers(kind, text, about) for text in near or memory.texts)


def _offers(kind: Kind, text: _Text, about: Set[str]) -> bool:
    """Tell whether a text holds a value of this kind, within `REACH` of the words it is about where it holds those."""
    values = [value.start() for value in kind.offered.finditer(text.text)]
    places = text.places(about) if values and about else []
    if not places:
        return bool(values)
    return any(abs(value - place) <= REACH for value in values for place in places)


def _is_named(relative: str, texts: Sequence[_Text]) -> bool:
    """Tell whether a relative's name stands beside the word for it: "my sister Hedda", "Hedda is my sister"; also as
    facts have it: "Sister: Hedda".
    """
    word = next((same for same in _SAME if relative in same.split("|")), relative)
    shapes = [
        rf"\b(?:my|our|with|the|an?|his|her)\s(?:\w+ )?(?:{word})(?:['’]s name)?,?\s"  # noqa: RUF001 - as above
        r"(?:is called |is named |called |named |is |'s )?([^\W\d_]+)",
        rf"\b(?:{word}): ([^\W\d_]+)",
        rf"([^\W\d_]+)(?:,| is| he's| she's)? (?:my|our) (?:\w+ )?(?:{word})\b",
    ]
    if relative == "doctor":
        shapes.append(r"\b(?:doctor|dr\.?) ([^\W\d_]+)")
    for text in texts:
        for shape in shapes:
            for name in re.findall(shape, text.text, re.IGNORECASE):
                folded = name.casefold()
                if folded not in STOP_WORDS and folded not in _VERBS and not folded.endswith(("ing", "ed")):
                    return True
    return False
