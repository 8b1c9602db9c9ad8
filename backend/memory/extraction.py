"""The rule pass: what somebody says of themselves, as facts, at once and without a model.

Text is made plain (`rules/speech.py`) and cut into clauses with their standing (`rules/clauses.py`). What the speaker
states is taken apart (`rules/grammar.py`) and read by what its verb says (`frames.py`), its nouns (`nouns.py`), its
figures and names; phrases that no grammar explains are lines of the themes (`people`, `work`, `life`, `plans`).
Precision comes first: questions, conditions, wishes, quotations and what others said give nothing. What is found is
data: a planted instruction can at most become the value of a fact, and values that read like one are dropped.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache

from backend.core.context import Fact, Turn
from backend.memory.predicates import USER, predicate_of, sentence_of
from backend.memory.rules import asked, frames, replies
from backend.memory.rules.answering import Answering
from backend.memory.rules.clauses import clauses
from backend.memory.rules.found import Found
from backend.memory.rules.keeping import WISHES, commanding
from backend.memory.rules.naming import names_anybody
from backend.memory.rules.phrases import CUES, RULES
from backend.memory.rules.speech import plain
from backend.memory.spoken_numbers import in_figures

_SEPARATOR = re.compile(r"(?<=\d)[.,](?=\d{3}(?!\d))")
_THOUSANDS = re.compile(r"\b(\d{1,4})k\b")
_DECIMAL = re.compile(r"\b(\d{1,3}\.\d{1,2}) ?(million|m|thousand|k)\b")
_GREETING = 4  # words
_MOST = 12  # facts of one turn


def extract(
    turn: Turn,
    *,
    previous: Turn | None = None,
    known: Mapping[str, str] | None = None,
    told_of: str = "",
    speaker: str = USER,
    anyone: bool = False,
) -> list[Fact]:
    """Return the facts that a turn states about its speaker and their world. Pure; under a millisecond.

    previous: the turn before, of the assistant: what it asked gives short answers their meaning. known: the people of
    the facts that are held (`naming.names_of`), by whom speech tells a name from another word. told_of: who was spoken
    of just before (`naming.lately`), whom "he" or "she" means where the turn names nobody. speaker: the subject
    of "I"; anyone: read the turn whatever its role (two people talking), else only the user's turns give facts.
    The subject is "user", a person's name, or `PROJECT` for the deadline of a project that is not named.
    """
    if turn.role != "user" and not anyone:
        return []
    text = plain(turn.content)
    if turn.channel == "voice" and turn.agent_id:
        text = _addressed(turn.agent_id).sub(". ", text)
    if not text:
        return []
    reading = Answering(turn, speaker, _written(text), careless=text[0].islower(), known=known or {})
    reading.told_of = told_of if told_of and not names_anybody(text, reading.known, written=reading.written) else ""
    cut = clauses(text, () if reading.written else reading.known)
    if previous is not None:
        reading.asked_age = replies.HOW_OLD.search(previous.content) is not None
        reading.answers = previous.content
        question = replies.question_of(previous.content)
        reading.person = replies.told_of(previous.content, reading.known)
        if of_whom := replies.NAMED.search(question):
            reading.person = of_whom["who"]
        if kin := replies.YOUR_KIN.search(question):
            reading.relation = kin["kin"].casefold()
        for noun in asked.relative(previous.content, cut, reading.known, cut[1].text) if len(cut) > 1 else ():
            reading.person = noun.value
    for place, clause in enumerate(cut):
        following = [other.text for other in cut[place + 1 : place + 4]]
        reading.after, reading.later, reading.last = (*following, "", "", "")[:3]
        reading.opening = previous is None and all(len(other.text.split()) < _GREETING for other in cut[:place])
        reading.before = cut[place - 1].text if place else ""
        reading.read(clause)
    if previous is not None and previous.role == "assistant":
        reading.reply(text, cut, previous.content)
    reading.relatives()
    if any(found.predicate in WISHES for found in reading.found) and commanding(text):
        # Planted in a mail, or meant for the assistant: nobody's taste, nobody's decision.
        reading.found = [found for found in reading.found if found.predicate not in WISHES]
    return [_fact(turn, found) for found in reading.found[:_MOST]]


@lru_cache(maxsize=16)
def _addressed(agent: str) -> re.Pattern[str]:
    """What the assistant is called by, within a sentence: there speech has a pause."""
    return re.compile(rf"(?<=\w) {re.escape(agent)} (?=\w)", re.IGNORECASE)


def _written(text: str) -> bool:
    """Tell writing, where names have capitals, from speech recognition, where nothing but "I" may have one."""
    return any(word[:1].isupper() and word not in ("I",) and not word.isupper() for word in text.split())


def _fact(turn: Turn, found: Found) -> Fact:
    begin, end = found.begin, found.end
    return Fact(
        id=fact_id(turn.id, found.subject, found.predicate, found.value),
        text=sentence_of(found.predicate, found.value, found.subject, label=found.label, when=found.when),
        said_at=turn.said_at,
        subject=found.subject,
        predicate=found.predicate,
        value=found.value,
        kind=predicate_of(found.predicate).kind,
        source="rule",
        confidence=round(found.rule.sure * (0.8 if found.clause.hedged else 1.0), 2),
        proof=(turn.id,),
        channel=turn.channel,
        valid_from=begin,
        valid_to=end,
    )


def normalised(value: str) -> str:
    """Return a value as it is compared: case folded, words only, without an article, numbers in figures."""
    value = _DECIMAL.sub(_scaled, _THOUSANDS.sub(r"\g<1>000", _SEPARATOR.sub("", value.casefold())))
    return " ".join(in_figures(_words(value)))


def _scaled(found: re.Match[str]) -> str:
    return str(round(float(found[1]) * (1_000_000 if found[2].startswith("m") else 1_000)))


def _words(value: str) -> list[str]:
    words = re.findall(r"[^\W_]+", value.casefold())
    return [word for word in words if word not in ("a", "an", "the", "my", "our")]


def fact_id(turn_id: str, subject: str, predicate: str, value: str) -> str:
    """Return the id of a fact: the same for the same turn and content, so that reading a turn again adds nothing."""
    key = "\x1f".join((turn_id, subject.casefold(), predicate, " ".join(_words(value))))
    return f"fact_{hashlib.sha256(key.encode()).hexdigest()[:32]}"


def warm() -> None:
    """Compile the rules: half a second to one, which the first turn would otherwise pay for."""
    for rule in RULES:
        _ = rule.compiled
    frames.compile_all()


def cues() -> Iterator[str]:
    """Yield the words that some rule begins from."""
    yield from (cue for cue in CUES if not cue.startswith("#"))


__all__ = ["RULES", "commanding", "cues", "extract", "fact_id", "normalised", "warm"]
