"""The rule pass: what somebody says of themselves, as facts, at once and without a model.

Text is made plain (`rules/speech.py`), cut into clauses with their standing (`rules/clauses.py`), and each clause that
its speaker states is read by the rules whose cue words it has (`rules/rule.py`, `people`, `work`, `life`, `plans`).
Precision comes first: questions, conditions, wishes, quotations and what others said give nothing. What is found is
data: a planted instruction can at most become the value of a fact, and values that read like one are dropped.
"""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice

from backend.core.context import Fact, Turn
from backend.memory.predicates import PROJECT, USER, predicate_of, sentence_of
from backend.memory.rules import life, people, plans, replies, work
from backend.memory.rules.clauses import Clause, clauses
from backend.memory.rules.keeping import ACQUAINTED, PLANNED, SAME, WISHES, commanding, worth_keeping
from backend.memory.rules.rule import KIN, Rule, singular
from backend.memory.rules.speech import plain
from backend.memory.rules.values import values
from backend.memory.rules.when import HAS_TIME, PAST, period_of, resolve, spelled
from backend.memory.rules.work import ROLES

RULES: tuple[Rule, ...] = (*people.RULES, *work.RULES, *life.RULES, *plans.RULES)

_WORD = re.compile(r"[^\W_]+(?:[-'][^\W_]+)*|@|1:1")
_SINCE = re.compile(r"\b(?:since|from|starting|as of|beginning|effective)(?: on| in| the)*$", re.IGNORECASE)
_UNTIL = re.compile(r"\b(?:until|till|up to|through)(?: the| end of)*$", re.IGNORECASE)
_RELATION = re.compile(
    r"\b(dog|cat|puppy|kitten|rabbit|horse|hamster|parrot|baby|girl|boy|daughter|son|wife|husband|sister|brother|mother|father|mum|mom|dad|mam|partner|boss|manager|neighbou?r|colleague)s?\b",
    re.IGNORECASE,
)
_KIDS = re.compile(r"\b(?:kids|children|sons|daughters|little ones|twins)\b", re.IGNORECASE)
_MENTION = re.compile(
    r"^(?P<who>[^\W\d_][\w'-]+(?: [^\W\d_][\w'-]+)??),? (?:is|has|was|will|goes|wants|does|did|from|our|my|the)\b"
    r"|^(?P<named>[A-Z][\w'-]+(?: [A-Z][\w'-]+)?)(?=, | \()"
    r"|\b(?:to|with|by|is|with|for) (?P<last>[^\W\d_][\w'-]+)$"
    r"|\bthere is (?P<there>[^\W\d_][\w'-]+) (?:in|at|from)\b",
    re.IGNORECASE,
)


_ANYWHERE = ("date", "dates", "when", "money", "sum", "amount", "going", "manner")
"""Kinds of answers that may stand in any of the reply's first clauses."""

_GREETING = 4  # words
_MOST_MATCHES = 3
_MOST = 12  # facts of one turn


def _by_cue() -> dict[str, list[Rule]]:
    found: dict[str, list[Rule]] = {}
    for rule in RULES:
        for cue in rule.cues.split() or [""]:
            found.setdefault(cue.casefold(), []).append(rule)
    return found


_CUES = _by_cue()
_ORDER = {id(rule): place for place, rule in enumerate(RULES)}


def extract(turn: Turn, *, previous: Turn | None = None, speaker: str = USER, anyone: bool = False) -> list[Fact]:
    """Return the facts that a turn states about its speaker and their world. Pure; under a millisecond.

    previous: the turn before, of the assistant: what it asked gives short answers their meaning. speaker: the subject
    of "I"; anyone: read the turn whatever its role (two people talking), else only the user's turns give facts.
    The subject is "user", a person's name, or `PROJECT` for the deadline of a project that is not named.
    """
    if turn.role != "user" and not anyone:
        return []
    text = plain(turn.content)
    if not text:
        return []
    reading = _Reading(turn, speaker, _written(text), careless=text[0].islower())
    cut = clauses(text)
    if previous is not None and (of_whom := replies.NAMED.search(replies.question_of(previous.content))):
        reading.person = of_whom["who"]
    if previous is not None and (kin := replies.YOUR_KIN.search(replies.question_of(previous.content))):
        reading.relation = kin["kin"].casefold()
    for place, clause in enumerate(cut):
        reading.after = cut[place + 1].text if place + 1 < len(cut) else ""
        reading.opening = previous is None and all(len(other.text.split()) < _GREETING for other in cut[:place])
        reading.before = cut[place - 1].text if place else ""
        reading.read(clause)
    if previous is not None and previous.role == "assistant":
        reading.reply(text, cut, previous.content)
    if commanding(text):  # planted in a mail, or meant for the assistant: nobody's taste, nobody's decision
        reading.found = [found for found in reading.found if found.predicate not in WISHES]
    return reading.facts()


def _written(text: str) -> bool:
    """Tell writing, where names have capitals, from speech recognition, where nothing but "I" may have one."""
    return any(word[:1].isupper() and word not in ("I",) and not word.isupper() for word in text.split())


@dataclass
class _Found:
    predicate: str
    value: str
    subject: str
    label: str
    rule: Rule
    clause: Clause
    begin: datetime | None = None
    end: datetime | None = None
    when: str = ""


@dataclass
class _Reading:
    """One turn being read. person: the last one named, of whom "he" and "she" speak."""

    turn: Turn
    speaker: str
    written: bool
    careless: bool = False
    opening: bool = False
    before: str = ""
    after: str = ""
    person: str = ""
    relation: str = ""
    kids: bool = False
    found: list[_Found] = field(default_factory=list)

    def read(self, clause: Clause) -> None:
        """Read one clause by every rule whose cue it has."""
        if not clause.text or len(clause.text) > 600:
            return
        self._mention(clause.text)
        words = {word.casefold() for word in _WORD.findall(clause.text)}
        chosen: dict[int, Rule] = {}
        for word in (*words, ""):
            for rule in _CUES.get(word, ()):
                chosen[_ORDER[id(rule)]] = rule
        for _, rule in sorted(chosen.items()):
            if not self._applies(rule, clause):
                continue
            had = len(self.found)
            for match in islice(rule.compiled.finditer(clause.text), _MOST_MATCHES):
                self._take(rule, clause, match)
                if len(self.found) > had and rule.predicate != "age":
                    break

    def _mention(self, text: str) -> None:
        """Keep in mind whom the next "he" or "she" and "her name" mean: whoever the clause is about."""
        self.kids = (
            self.kids
            or re.search(r"\b(?:kids|children|sons|daughters|little ones|twins)\b", text, re.IGNORECASE) is not None
        )
        if relations := _RELATION.findall(text):
            self.relation = relations[-1].casefold()
        found = _MENTION.search(text)
        name = values(
            "person",
            (found["who"] or found["there"] or found["named"] or found["last"]) if found else text,
            self.written,
        )
        if name and (found or name == [text]):
            self.person = name[0]

    def _name(self, unnamed: str, name: str) -> None:
        """Give the name that follows to whoever was spoken of without one ("a daughter … her name is yuki")."""
        self.found = [found for found in self.found if found.value != unnamed]
        for found in self.found:
            if found.subject == unnamed:
                found.subject = name

    def _applies(self, rule: Rule, clause: Clause) -> bool:
        if clause.reported or (clause.asks and not rule.asked):
            return False
        if rule.then and not re.match(rf"(?:{rule.then})\b", self.after, re.IGNORECASE):
            return False
        if rule.opening and not self.opening:
            return False
        if rule.behind and not re.search(rf"(?:{rule.behind})$", self.before, re.IGNORECASE):
            return False
        if clause.unreal and not (rule.unreal or rule.asked):
            return False
        return not (rule.dated and not HAS_TIME.search(clause.text))

    def _take(self, rule: Rule, clause: Clause, match: re.Match[str]) -> None:
        groups = match.groupdict()
        kin = (groups.get("kin") or "").casefold()
        predicate, label = rule.predicate, singular((groups.get("label") or rule.label).casefold())
        if rule.subject == "last":
            if not self.relation:
                return
            kin = self.relation
        if predicate == "kin":
            predicate, _ = KIN[kin]
            label = singular(kin)
        subject = self._subject(rule, groups)
        if subject is None:
            return
        for group in ("value", "more"):
            raw = groups.get(group)
            if raw is None and group == "value" and rule.value == "other":
                raw = self.person
            if raw is None and group == "value" and rule.value == "label":
                raw = label
            if not raw:
                continue
            kind = rule.kinds.get(group)
            for value in self._values(kind, raw) if kind else [raw.strip(" ,.;:")]:
                if group == "more" and predicate == "uses_tool":
                    self._add(rule, clause, predicate, value, subject, label)
                    continue
                if "{}" in rule.value:
                    value = rule.value.format(value.removeprefix("any "))
                if rule.subject == "last":
                    self._name(f"a {kin}", value)
                self._add(rule, clause, predicate, value, subject, label)
                if predicate in ("child", "spouse", "sibling", "parent", "friend", "colleague", "manager"):
                    self.person = value

    def _values(self, kind: str, raw: str) -> list[str]:
        """Return the values in what was captured. Who begins in lower case may write a place so as well."""
        found = values(kind, raw, self.written)
        if not found and self.written and self.careless and kind in ("place", "spot", "going"):
            return values(kind, raw, False)
        return found

    def _add(self, rule: Rule, clause: Clause, predicate: str, value: str, subject: str, label: str) -> None:
        low = value.casefold()
        if not worth_keeping(predicate, value, subject, dated=rule.dated):
            return
        if predicate in ACQUAINTED and any(
            low == other.value.casefold() and other.predicate in ACQUAINTED for other in self.found
        ):
            return  # "lars brandt" in answer to "who?" is no colleague where he is the boss
        if any(
            other.predicate == "name" and other.value in ((value, subject) if predicate != "name" else ())
            for other in self.found
        ):
            return  # the speaker, who has just given a name, is nobody's colleague
        for other in self.found:
            theirs = other.value.casefold()
            if (other.predicate, other.subject) == (predicate, subject) and (
                _within(low, theirs) or _within(theirs, low)
            ):
                return
            if other.clause is clause and other.predicate in SAME.get(predicate, ()):
                return
        found = _Found(predicate, value, subject, label, rule, clause)
        self._date(found)
        if rule.dated and found.begin is None:
            return
        self.found.append(found)

    def _subject(self, rule: Rule, groups: dict[str, str | None]) -> str | None:
        """Return whom a match is about; None when that is not known, or must not be concluded."""
        if rule.kinds.get("about") == "person":
            name = values("person", groups.get("about") or "", self.written)
            self.person = name[0] if name else self.person
            return name[0] if name else None
        if "about" in groups or rule.subject == "project":
            named = groups.get("about") or ""
            words = [word for word in named.split(" ") if word and word.casefold() not in _NO_PROJECT]
            return " ".join(words) if words and "project" not in words[-1:] else PROJECT
        if groups.get("self"):
            return None if rule.subject in ("other", "third") else self.speaker
        if groups.get("other"):
            return self.speaker if rule.value == "other" else self.person or self.relation or None
        if whose := groups.get("whose"):
            name = values("first", groups.get("whom") or "", self.written)
            return name[0] if name else self.person_of(whose.casefold())
        if somebody := groups.get("somebody"):
            name = values("person", somebody, self.written)
            child = (rule.predicate == "age" and KIN.get(self.relation, ("",))[0] == "child") or self.kids
            known = self.written or child
            if not known and rule.predicate != "age":
                known = bool(name) and name[0].casefold() == self.person.casefold()
            if not name or not known:
                return None
            self.person = name[0]
            return name[0]
        return None if rule.subject == "other" else self.speaker

    def person_of(self, kin: str) -> str:
        """Return the name of the speaker's relative where this turn gives it, else the word for the relation."""
        named = [found.value for found in self.found if found.label == singular(kin)]
        return named[-1] if named else singular(kin)

    def _date(self, found: _Found) -> None:
        """Resolve the dates of a clause: against the turn's own time, as what the rule says they mean."""
        text, now = found.clause.text, self.turn.said_at
        rule = found.rule
        if not HAS_TIME.search(text):
            if rule.ends:
                found.end = now
            return
        if rule.when == "never":
            return
        named = resolve(text, now, ahead=self._is_ahead(found.predicate, text))
        if rule.when == "event":
            if not named:
                return
            meant = period_of(found.value, named) or named[0]
            found.begin, found.end, found.when = meant.begin, meant.end, spelled(meant)
            return
        if found.predicate in ("deadline", "birthday", "budget", "amount"):
            if found.predicate == "deadline" and (due := period_of(found.value, named)):
                found.when = spelled(due)
            return
        for period in named:
            at = text.casefold().find(period.words.casefold())
            before = text[: max(at, 0)].rstrip()
            first = period.words.split(" ", 1)[0]
            if _UNTIL.search(before) or _UNTIL.fullmatch(first) or rule.ends:
                found.end = period.begin
            elif rule.when == "start" or _SINCE.search(before) or _SINCE.fullmatch(first):
                found.begin = period.begin
        if rule.ends and found.end is None:
            found.end = now

    def _is_ahead(self, predicate: str, text: str) -> bool:
        """Tell whether a date in the clause lies ahead where its words allow both."""
        return predicate in ("deadline", "commitment") or (predicate in PLANNED and not PAST.search(text))

    def reply(self, text: str, cut: list[Clause], said: str) -> None:
        """Read a short answer to what the assistant asked, or a "yes" to what it proposed."""
        first = cut[0] if cut else None
        if first is None:
            return
        if replies.YES.match(text):
            if (what := replies.proposal_of(said)) and not commanding(what):
                rule = Rule("decision", "", "", sure=0.7)
                self._add(rule, first, "decision", what, self.speaker, "")
            return
        question = replies.question_of(said)
        lead = replies.lead_of(cut)
        if not question or not lead or lead[0].asks or lead[0].reported:
            return
        if (spoken := replies.SPEAKS.search(question)) and replies.SPOKEN.match(text):
            self._add(Rule("language", "", "", sure=0.75), lead[0], "language", spoken["language"], self.speaker, "")
        if (aged := replies.HOW_OLD.search(question)) and (age := replies.answer("number", lead[0].text)):
            whose = aged["whose"] or ""
            subject = self.speaker if aged["you"] else self.person_of(whose.casefold()) if whose else self.person
            if subject:
                self._add(Rule("age", "", "", sure=0.75), lead[0], "age", age, subject, "")
        if who := replies.WHO_IS.search(question):
            self._described(who["who"].strip(), lead[0])
        for reply in replies.REPLIES:
            if not reply.question.search(question):
                continue
            for clause in lead if reply.kind in _ANYWHERE else lead[:1]:
                if (clause.stated or clause.text.startswith("that would be")) and self._answer(reply, clause):
                    return

    def _answer(self, reply: replies.Reply, clause: Clause) -> bool:
        """Take an answer to a question from a clause; False when there is none in it."""
        if reply.predicate == "works_on" and any(found.predicate == "works_on" for found in self.found):
            return True
        if reply.predicate == "decision" and any(found.clause is clause for found in self.found):
            return True  # it says something else, and that is known
        raw = replies.answer(reply.kind, clause.text)
        found = values(reply.kind, raw, self.written) if raw else []
        if reply.predicate == "budget" and found:
            self.found = [other for other in self.found if other.predicate != "amount"]
        rule = Rule(reply.predicate, "", "", sure=0.75 if reply.predicate != "decision" else 0.6)
        for value in found:
            self._add(rule, clause, reply.predicate, value, reply.subject or self.speaker, "")
        return bool(found)

    def _described(self, name: str, clause: Clause) -> None:
        """Read what somebody is whom the assistant asked about: "chief medical officer, my manager"."""
        name = re.sub(r"^(?:Dr|Mr|Mrs|Ms)\.? ", "", name)
        rule = Rule("role", "", "", sure=0.75)
        for part in clause.text.split(", "):
            kin = re.fullmatch(r"(?:he is |she is )?(?:my|our) (?:\w+ )?(?P<kin>[\w-]+)", part, re.IGNORECASE)
            if kin and kin["kin"].casefold() in KIN:
                self._add(rule, clause, KIN[kin["kin"].casefold()][0], name, self.speaker, kin["kin"].casefold())
            elif role := re.fullmatch(rf"(?:he is |she is )?(?:an? |the |our )?(?P<role>{ROLES})", part, re.IGNORECASE):
                self._add(rule, clause, "role", role["role"], name, "")

    def facts(self) -> list[Fact]:
        """Return what was found, as facts with ids that follow from the turn and the content."""
        return [self._fact(found) for found in self.found[:_MOST]]

    def _fact(self, found: _Found) -> Fact:
        begin, end = found.begin, found.end
        subject = USER if found.subject == USER else found.subject
        return Fact(
            id=fact_id(self.turn.id, subject, found.predicate, found.value),
            text=sentence_of(found.predicate, found.value, subject, label=found.label, when=found.when),
            said_at=self.turn.said_at,
            subject=subject,
            predicate=found.predicate,
            value=found.value,
            kind=predicate_of(found.predicate).kind,
            source="rule",
            confidence=round(found.rule.sure * (0.8 if found.clause.hedged else 1.0), 2),
            proof=(self.turn.id,),
            channel=self.turn.channel,
            valid_from=begin,
            valid_to=end,
        )


_NO_PROJECT = frozenset(("the", "our", "my", "it", "this", "that", "is", "project", "everything", "a", "new", "all"))


def _within(value: str, other: str) -> bool:
    return value == other or f" {value} " in f" {other} "


def normalised(value: str) -> str:
    """Return a value as it is compared: case folded, words only, without an article."""
    words = [word for word in re.findall(r"[^\W_]+", value.casefold()) if word not in ("a", "an", "the", "my", "our")]
    return " ".join(words)


def fact_id(turn_id: str, subject: str, predicate: str, value: str) -> str:
    """Return the id of a fact: the same for the same turn and content, so that reading a turn again adds nothing."""
    key = "\x1f".join((turn_id, subject.casefold(), predicate, normalised(value)))
    return f"fact_{hashlib.sha256(key.encode()).hexdigest()[:32]}"


def warm() -> None:
    """Compile the rules: a quarter of a second, which the first turn would otherwise pay for."""
    for rule in RULES:
        _ = rule.compiled


def cues() -> Iterator[str]:
    """Yield the words that some rule begins from."""
    yield from _CUES


__all__ = ["RULES", "commanding", "cues", "extract", "fact_id", "normalised", "warm"]
