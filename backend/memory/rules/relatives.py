"""Relatives who are brought up on the side: taken for granted in a question, without a name, or with what they celebrate."""

import re
from collections.abc import Iterator

from backend.memory.rules.grammar import VERBS
from backend.memory.rules.noun_fact import Noun, a_rule
from backend.memory.rules.rule import KIN, Rule
from backend.memory.rules.values import values

_I = re.IGNORECASE
_KIN_WORDS = "|".join(sorted(map(re.escape, KIN), key=len, reverse=True))
_PRESUPPOSED = re.compile(
    rf"\b(?:my|our) (?:(?:older|younger|little|big|eldest|youngest|new|dear|best|two|three|twin) ){{0,2}}(?P<kin>{_KIN_WORDS}),? (?P<name>[^\W\d_][\w'-]+)(?: and (?P<other>[^\W\d_][\w'-]+)$)?",
    _I,
)


REQUEST = re.compile(
    r"(?:please|can you|could you|would you|will you|do not|never|tell|send|book|remind|call|let|order|find|write|put)\b(?! (?:me|us) (?:what|when|where|who|how|why|which|if|about))",
    _I,
)
"""A request takes for granted whom it names; a question to memory may be about anybody."""


def presupposed(text: str, *, written: bool) -> Iterator[Noun]:
    """Yield the people whom a question or a doubt takes for granted: "could you book a table for my wife Ana and me?"."""
    for found in _PRESUPPOSED.finditer(text):
        word = found["kin"].casefold()
        for part in ("name", "other"):
            for name in values("first", found[part] or "", written):
                if not written and name.casefold() in VERBS:
                    continue  # "what does my daughter eat"
                yield Noun(KIN[word][0], name, a_rule(KIN[word][0], 0.75), label=word)


_UNNAMED = re.compile(
    r"(?<!is )(?<!was )\b(?:my|our(?! partner)) (?:(?:older|younger|little|big|eldest|youngest|own|poor|dear) )?(?P<kin>wife|husband|partner|girlfriend|boyfriend|son|daughter|mother|father|mum|mom|dad|mam|parents|brother|sister|twins)\b"
    r"(?!'|-| in[ -]law\b| (?:says?|said|thinks?|always|would|asked|asks|told|tells|is called|used|board|company|tongue|nature)\b)",
    _I,
)


_THE_WIFE = re.compile(r"\bthe (?P<kin>wife|missus|better half|other half)\b(?! (?:of|who)\b|'s)", _I)


def unnamed(text: str) -> Iterator[Noun]:
    """Yield relatives who are brought up without a name: "my daughter has her exams"."""
    if found := _UNNAMED.search(text) or _THE_WIFE.search(text):
        word = found["kin"].casefold()
        yield Noun(KIN[word][0] if word != "parents" else "parent", word, a_rule("child", 0.7))


_OCCASION = re.compile(
    rf"\b(?:my|our) (?P<kin>{_KIN_WORDS})'s (?P<what>(?:\w+ ){{0,2}}?(?:operation|surgery|wedding|birthday(?! is| was)|funeral|graduation|exams?|finals|recital|christening|confirmation|bar mitzvah|bat mitzvah|communion|baptism|retirement|party|treatment"
    r"|chemo\w*|scan|hearing|trial|school play|concert|match|tournament|competition|prom|anniversary|memorial|baby shower|hen do|stag do|driving test|\d{2}(?:st|nd|rd|th)|(?:twent|thirt|fort|fift|sixt|sevent|eight|ninet)ieth))\b",
    _I,
)


def occasions(text: str) -> Iterator[Noun]:
    """Yield what a relative has to go through or to celebrate: "my mother's eightieth"."""
    for found in _OCCASION.finditer(text):
        word = found["kin"].casefold()
        yield Noun(KIN[word][0], word, a_rule(KIN[word][0], 0.7))
        yield Noun("event", found[0], _AS_OCCASION)
        if found["what"][:1].isdigit() or found["what"].endswith("ieth"):
            yield Noun("age", found["what"], a_rule("age", 0.7), about=f"my {word}")


_AS_OCCASION = Rule("event", "", "", when="event", sure=0.7)
