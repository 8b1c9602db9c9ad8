"""One turn being read: clause by clause, by its grammar first and then by the phrases of the themes.

The reading keeps in mind whom the turn has just spoken of, and what it has found, so that nothing is said twice.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice

from backend.core.context import Turn
from backend.memory.predicates import PROJECT, predicate_of
from backend.memory.rules import (
    asked,
    figures,
    frames,
    introductions,
    naming,
    notes,
    nouns,
    presented,
    references,
    relatives,
    slots,
    work,
)
from backend.memory.rules.clauses import Clause
from backend.memory.rules.found import Found, date
from backend.memory.rules.frame import WHOLE, Frame
from backend.memory.rules.grammar import VERBS, Statement, parse_all
from backend.memory.rules.keeping import ACQUAINTED, HANGING, INITIAL, PAST_TIME, SAME, apart, within, worth_keeping
from backend.memory.rules.noun_fact import AS_COLLEAGUE, AS_NAMED, Noun
from backend.memory.rules.occupations import ROLES
from backend.memory.rules.phrases import A_DATE, A_FIGURE, A_SUM, CUED, CUES, RULES
from backend.memory.rules.rule import KIN, Rule, singular
from backend.memory.rules.speech import MAX_LENGTH
from backend.memory.rules.values import values
from backend.memory.rules.when import HAS_TIME

_WORD = re.compile(r"[^\W_]+(?:[-'][^\W_]+)*|@|1:1|=")
_RELATION = re.compile(
    r"\b(dog|cat|puppy|kitten|rabbit|horse|hamster|parrot|baby|girl|boy|daughter|son|wife|husband|sister|brother|mother|father|mum|mom|dad|mam|partner|grandson|granddaughter|eldest|youngest|oldest|nephew|niece|toddler|neighbou?r|colleague|(?<=my )boss|(?<=my )manager|(?<=new )boss|(?<=new )manager)s?\b",
    re.IGNORECASE,
)
_OBJECT = re.compile(r"\b(?:allergic to|afraid of|scared of|fond of) .*")
"""Who is meant by "she" is not what she is allergic to."""
_KIDS = re.compile(r"\b(?:kids|children|sons|daughters|little ones|twins)\b", re.IGNORECASE)
KIN_WORDS = frozenset(word for words in KIN for word in words.split()) | {"married", "engaged", "divorced", "ones"}
_NAMES = re.compile(r"\b[A-Z][\w'-]+(?: [A-Z][\w'-]+)?")
_VAGUE = frozenset("it here there these those that this you everything who what nobody someone somebody".split())
_HELP = frozenset(("help", "hand", "support", "advice"))
_OFFICE = re.compile(rf"^(?:the|our|my) (?:new )?(?:{ROLES}) (?=\w)", re.IGNORECASE)
_FROM = re.compile(r" (?:from|in|at) (?:the )?[\w-]+(?: [\w-]+)?$", re.IGNORECASE)
"""What tells which one is meant: "Ana from finance"."""
_APPOSED = re.compile(r", (?:my|our|the|a|an|his|her) [^,]+,?$", re.IGNORECASE)
_TITLED = re.compile(
    r"^(?:dr|doctor|mr|mister|mrs|missus|ms|miss|professor|prof|mzee|frau|herr|seu|dona)\.? ", re.IGNORECASE
)
_HUMAN = frozenset(("allergy", "diet"))
"""Predicates that only a person has: an unknown word as their subject is a name."""
_OF_KIN = re.compile(
    rf"^(?:(?:my|our) (?:(?P<ex>ex|former|future|late)[ -])?(?:\w+ )?|(?=(?:mum|mom|dad|mam)$)|the (?=kids|children|twins|boys|girls))(?P<kin>{'|'.join(sorted(map(re.escape, KIN), key=len, reverse=True))})(?:,? (?P<whom>[\w'-]+),?)?$",
    re.IGNORECASE,
)


_NOTED = frozenset(rule.pattern for rule in notes.RULES)
_A_TOOL = re.compile(work.TOOLS, re.IGNORECASE)
_SUPERIORS = frozenset(("boss", "manager"))
"""Without a name; what they want by when is when it is due."""
_OFFICES = frozenset(("deputy", "assistant", "intern"))
"""Words for colleagues that tell what they do."""
_A_JOB = re.compile(rf"(?:{ROLES})(?:$|,| (?:at|in|for|and|he|she)\b)", re.IGNORECASE)
_OURS = re.compile(r"\b(?:is|was|be) (?:also |now |still |going to be )*(?:our|my) ", re.IGNORECASE)
_OF_AGE = frozenset(("child", "spouse", "parent", "sibling", "friend", "colleague", "pet"))
_MOST_MATCHES = 3
_MOST_OF_NAME = 3  # spaces


@dataclass
class Reading:
    """One turn being read. person: the last one named, of whom "he" and "she" speak."""

    turn: Turn
    speaker: str
    written: bool
    known: Mapping[str, str] = field(default_factory=dict)
    careless: bool = False
    opening: bool = False
    before: str = ""
    after: str = ""
    later: str = ""
    last: str = ""
    person: str = ""
    relation: str = ""
    kids: bool = False
    asked_age: bool = False
    answers: str = ""
    told_of: str = ""
    found: list[Found] = field(default_factory=list)
    unnamed: list[tuple[Noun, Clause]] = field(default_factory=list)

    def relatives(self) -> None:
        """Keep the relatives who were brought up without a name, where none of theirs is known."""
        had = naming.relations(self.known)
        for noun, clause in self.unnamed:
            if noun.predicate not in had and all(found.predicate != noun.predicate for found in self.found):
                self._add(noun.rule, clause, noun.predicate, noun.value, self.speaker, "")

    def read(self, clause: Clause) -> None:
        """Read one clause by every rule whose cue it has."""
        if not clause.text or len(clause.text) > 600:
            return
        words = {word.casefold().removesuffix("'s") for word in _WORD.findall(clause.text)}
        self._mention(clause.text, words)
        said = self._understand(clause, words) if clause.stated else []
        if clause.unreal and not (clause.asks or clause.reported):
            self._conditional(clause)
        if not (said or clause.stated or clause.reported or KIN_WORDS.isdisjoint(words)):
            self._nouns(relatives.presupposed(clause.text, written=self.written), clause)
            if clause.asks and not clause.unreal and relatives.REQUEST.match(clause.text):
                self.unnamed.extend((noun, clause) for noun in relatives.unnamed(clause.text))
        if clause.reported:
            return
        timed = HAS_TIME.search(clause.text) is not None
        listed = "," in clause.text
        counted = timed or figures.counts(words)
        places = {place for word in words & CUED for place in CUES[word]}
        places.update(CUES[""], CUES[A_DATE] if timed else (), CUES[A_FIGURE] if counted else ())
        places.update(CUES[A_SUM] if counted and figures.monied(words, clause.text) else ())
        text, stated = clause.text, clause.stated
        for place in sorted(places):
            rule = RULES[place]
            if (rule.dated and not timed) or (rule.comma and not listed):
                continue
            if (rule.bound or not stated) and not self._applies(rule, clause):
                continue
            if rule.compiled.search(text) is None:
                continue
            had = len(self.found)
            for match in islice(rule.compiled.finditer(text), _MOST_MATCHES):
                self._take(rule, clause, match)
                if len(self.found) > had and rule.predicate not in ("age", "amount"):
                    break
        for statement in said:
            if statement.form != "order":
                self._framed(statement, clause, frames.happenings(statement))

    def _understand(self, clause: Clause, words: set[str]) -> list[Statement]:
        """Read one clause by its grammar: what its verb says, its nouns, its figures."""
        if self.opening:
            self._nouns(introductions.introduction(clause.text, self.after, written=self.written), clause)
            if self.written and not any(found.predicate == "name" for found in self.found):
                self._nouns(presented.terse(clause.text), clause)
                self._nouns(presented.terse(f"{clause.text}. {self.after}"), clause)
        said = parse_all(clause.text)
        self._nouns((nouns.labelled if said else nouns.due)(clause.text, written=self.written), clause)
        for statement in said:
            if statement.form == "order":
                continue
            if self.written and statement.who == "other" and statement.subject[0].isupper():
                self._known(statement.subject)  # of whom the next "she" speaks
            if statement.verb == "be":
                self._nouns(nouns.of_be(statement, written=self.written), clause)
            self._framed(statement, clause, frames.matches(statement))
        self._settled(said, clause)
        if not _HELP.isdisjoint(words):
            self._nouns(asked.help_with(clause.text), clause)
        if not KIN_WORDS.isdisjoint(words):
            self.unnamed.extend((noun, clause) for noun in relatives.unnamed(clause.text))
            if "'s " in clause.text:
                for noun in relatives.occasions(clause.text):
                    if noun.predicate in ("event", "age"):
                        self._nouns((noun,), clause)
                    else:
                        self.unnamed.append((noun, clause))
            self._nouns(introductions.kin(clause.text, written=self.written), clause)
        self._nouns(introductions.people(clause.text, self.after, written=self.written), clause)
        self._nouns(presented.presented(clause.text, words, self.before, self.after, written=self.written), clause)
        if self.completed:
            self._nouns(introductions.completed(clause.text, self.after, self.completed), clause)
        self._pointed(said, clause)
        if figures.counts(words):
            self._nouns(figures.figures(clause.text), clause)
            if self.written or self.children() or "child" in self.known.values():
                aged = introductions.ages(clause.text, children=self.children(), known=self.known, written=self.written)
                self._nouns(aged, clause)
        return said

    def _pointed(self, said: list[Statement], clause: Clause) -> None:
        """Read what points back to a clause before (`pointing.py`)."""

    def _told_elsewhere(self, predicate: str, low: str, clause: Clause) -> bool:
        """Tell whether another clause, or what is known, says better what this one seems to (`pointing.py`)."""
        return False

    def _settled(self, said: list[Statement], clause: Clause) -> None:
        """Read what the clause beside says is settled, promised, a promotion (`pointing.py`)."""

    def _conditional(self, clause: Clause) -> None:
        """Read what is done in a case ("if one is missing we do not guess, we mark it"): `pointing.py`."""

    def _framed(self, said: Statement, clause: Clause, fits: Iterable[tuple[Frame, str]]) -> None:
        for frame, raw in fits:
            subject, about = self._about(said, frame)
            if subject is None:
                continue
            if frame.kind == "person_or_him" and re.match(r"(?:him|her)\b", raw, re.IGNORECASE):
                raw = self.person or introductions.last_name(self.before, written=self.written)
            for value in slots.slot(frame.kind, raw, written=self.written):
                be = "are " if about.casefold() == "they" else "is "
                verb = be if (said.passive or said.going_on) and said.form != "s" and about else ""
                whole = f"{about} {verb}{value}" if about and frame.kind == WHOLE else value
                self._add(frame.rule, clause, frame.predicate, frame.value.format(whole), subject, "")

    @cached_property
    def names(self) -> frozenset[str]:
        """Names that are known, case folded: in speech they have no capitals to tell them by."""
        answered = (name.casefold() for name in _NAMES.findall(self.answers))
        return frozenset((*answered, *self.known, *self.completed))

    @cached_property
    def completed(self) -> tuple[str, ...]:
        """Full names that the turn completes, where it was spoken."""
        return () if self.written else tuple(naming.completed(self.turn.content[:MAX_LENGTH]))

    def children(self) -> bool:
        """Whether the turn, or what it answers, speaks of children."""
        return self.kids or self.asked_age or KIN.get(self.relation, ("",))[0] == "child"

    def _about(self, said: Statement, frame: Frame) -> tuple[str | None, str]:
        """Return whom a statement is about, None for nobody that may be told of; and the thing it is about, or ''."""
        if frame.subject == "project" and said.who in ("self", "third"):
            return PROJECT, ""
        if frame.subject == "me":
            return self.speaker, ""
        if said.who == "self":
            return self.speaker, ""
        if said.who == "third":
            return self.person or self.relation or self.told_of or None, ""
        if person := self._known(said.subject, human=frame.human):
            return (PROJECT if frame.subject == "project" and person in _SUPERIORS else person), ""
        if frame.subject == "me":
            return self.speaker, ""
        if frame.subject == "project" and frame.about_it and said.who == "other":
            return PROJECT, ""
        thing = (
            frame.about_it
            and said.subject.casefold() not in _VAGUE
            and said.subject[0].isalpha()
            and ":" not in said.subject
        )
        return (self.speaker, said.subject) if thing else (None, "")

    def _known(self, words: str, *, human: bool = False) -> str:
        """Return the person whom a subject names: a relative of the speaker, a name; '' for anything else."""
        if kin := _OF_KIN.match(words):
            name = values("first", kin["whom"] or "", self.written)
            if not name and kin["ex"]:
                return f"{kin['ex']} {kin['kin']}".casefold()
            return name[0] if name else self.person_of(kin["kin"].casefold())
        if _A_TOOL.fullmatch(words):
            return ""
        words = _APPOSED.sub("", words)
        words = _TITLED.sub("", _OFFICE.sub("", _FROM.sub("", words.rpartition(": ")[2])))
        name = values("person", words, self.written)
        if not name or name[0] != words or words.casefold() in VERBS:
            return ""
        if self.written or human or name[0].casefold() == self.person.casefold() or name[0].casefold() in self.names:
            self.person = name[0]
            return name[0]
        return ""

    def _nouns(self, found: Iterable[Noun], clause: Clause) -> None:
        for noun in found:
            subject: str | None = PROJECT if noun.rule.subject == "project" else self.speaker
            if noun.about == "third":
                subject = self.person or self.relation or self.told_of or None
            elif noun.about:
                subject = (
                    self._known(
                        noun.about,
                        human=noun.predicate in _HUMAN
                        or noun.rule is AS_NAMED
                        or (noun.predicate in ("role", "colleague") and _OURS.search(clause.text) is not None)
                        or clause.text.endswith(noun.about)
                        or (noun.predicate == "age" and self.children()),
                    )
                    or None
                )
            if (
                noun.predicate == "age"
                and noun.about not in ("", "third")
                and not (
                    self.children()
                    or KIN.get(subject or "")
                    or self.known.get((subject or "").casefold()) in _OF_AGE
                    or any(found.predicate == "child" and found.value == subject for found in self.found)
                )
            ):
                continue  # "the other tool is nineteen"
            if noun.predicate == "works_on" and self.opening:
                continue  # "the name is …", at the beginning: a person's
            if noun.predicate in ACQUAINTED:
                self.person = noun.value
                if noun.label in _OFFICES:
                    self._add(noun.rule, clause, "role", noun.label, noun.value, "")
            if subject is not None:
                self._add(noun.rule, clause, noun.predicate, noun.value, subject, singular(noun.label))
                ours = noun.predicate == "role" and noun.about == "third" and subject == self.person
                if ours and _OURS.search(clause.text) and self.known.get(subject.casefold()) in (None, "", "colleague"):
                    self._add(AS_COLLEAGUE, clause, "colleague", subject, self.speaker, "")

    def _mention(self, text: str, words: set[str]) -> None:
        """Keep in mind whom the next "he" or "she" and "her name" mean: whoever the clause is about."""
        if not KIN_WORDS.isdisjoint(words):
            self.kids = self.kids or _KIDS.search(text) is not None
            if relations := _RELATION.findall(_OBJECT.sub("", text)):
                self.relation = relations[-1].casefold()
        found = naming.MENTION.search(text)
        if found is None and text.count(" ") > _MOST_OF_NAME:
            return
        words_said = next((said for said in found.groups() if said), "") if found else text
        name = values("person", words_said, self.written)
        if name and (found or name == [_TITLED.sub("", text)]):
            self.person = name[0]

    def _name(self, unnamed: str, name: str) -> None:
        """Give the name that follows to whoever was spoken of without one ("a daughter … her name is yuki")."""
        self.found = [found for found in self.found if found.value != unnamed]
        for found in self.found:
            if found.subject in (unnamed, unnamed.removeprefix("a ")):
                found.subject = name

    def _applies(self, rule: Rule, clause: Clause) -> bool:
        if clause.asks and not rule.asked:
            return False
        if rule.then and not rule.following.match(self.after):
            return False
        if rule.opening and not self.opening:
            return False
        if rule.behind and not rule.preceding.search(self.before):
            return False
        return not clause.unreal or rule.unreal or rule.asked

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
                raw = self.person or introductions.last_name(self.before, written=self.written)
            if raw is None and group == "value" and rule.value == "label":
                raw = label
            if not raw:
                continue
            kind = rule.kinds.get(group)
            if kind in ("person", "persons") and _A_JOB.match(raw):
                continue  # "my husband is taxi driver"
            for value in self._values(kind, raw) if kind else [raw.strip(" ,.;:")]:
                if group == "more" and predicate == "uses_tool":
                    self._add(rule, clause, predicate, value, subject, label)
                    continue
                if "{}" in rule.value:
                    value = rule.value.format(value.removeprefix("any "))
                if rule.subject == "last":
                    self._name(f"a {kin}", value)
                self._add(rule, clause, predicate, value, subject, label)
                if label in _OFFICES:
                    self._add(rule, clause, "role", label, value, "")
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
        if predicate == "amount" and low.endswith(HANGING):
            value = value.rsplit(" ", 1)[0]
            low = value.casefold()
        if self._told_elsewhere(predicate, low, clause):
            return
        if predicate == "lives_in" and _A_TOOL.fullmatch(value):
            predicate = "uses_tool"  # "we are moving to Fortnox"
        if predicate == "trip" and VERBS.get(low, ("", ""))[1] == "base":
            return  # "going to write"
        if not worth_keeping(predicate, value, subject, dated=rule.dated):
            return
        if predicate == "spouse" and label == "partner" and self._wed(low):
            predicate, label = "colleague", ""  # in business
        if predicate == "commitment":
            value = references.resolved(value, self.before)
            low = value.casefold()
        if predicate == "commitment" and PAST_TIME.search(value.split(":")[0]):
            return
        if predicate == "name":
            value = INITIAL.sub("", value)
            low = value.casefold()
        if predicate in ACQUAINTED and any(
            other.predicate == "employer" and other.value.casefold() == low for other in self.found
        ):
            return
        if predicate in ACQUAINTED:  # "lars brandt" in answer to "who?" is no colleague where he is the boss
            alike = [other for other in self.found if other.predicate in ACQUAINTED and other.value.casefold() == low]
            if any(predicate == "colleague" or other.predicate != "colleague" for other in alike):
                return
            self.found = [other for other in self.found if other not in alike]
        if any(
            other.predicate == "name" and other.value in ((value, subject) if predicate != "name" else ())
            for other in self.found
        ):
            return  # the speaker, who has just given a name, is nobody's colleague
        for other in self.found:
            theirs = other.value.casefold()
            unnamed = other.predicate == predicate and other.clause is clause and other.subject == PROJECT != subject
            if unnamed and predicate_of(predicate).scope == "project" and (within(low, theirs) or within(theirs, low)):
                other.subject = subject  # "the budget of the CRM migration": now it is known whose
                return
            if (other.predicate, other.subject) == (predicate, subject) and (
                within(low, theirs) or within(theirs, low)
            ):
                return
            more = predicate == other.predicate and (predicate in ("decision", "prefers") or rule.pattern in _NOTED)
            twice = more and apart(low, theirs)
            if other.clause is clause and other.predicate in SAME.get(predicate, ()) and not twice:
                return
        found = Found(predicate, value, subject, label, rule, clause)
        date(found, self.turn.said_at)
        if rule.dated and found.begin is None:
            return
        if predicate == "age":
            self.found = [other for other in self.found if other.clause is not clause or other.value != value]
        if predicate == "budget":  # what was a figure until it was known what for
            self.found = [other for other in self.found if other.clause is not clause or other.predicate != "amount"]
        self.found.append(found)

    def _wed(self, name: str) -> bool:
        """Tell whether the speaker's spouse is known to be somebody else: then a partner is one in business."""
        return any(what == "spouse" and other not in ("partner", *name.split()) for other, what in self.known.items())

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
            return self.speaker if rule.value == "other" else self.person or self.relation or self.told_of or None
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


_NO_PROJECT = frozenset(
    """the our my it this that is project everything a new all whole full thing deadline date budget launch go-live year month quarter next now me us""".split()
)
