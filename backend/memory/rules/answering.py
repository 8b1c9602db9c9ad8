"""A reading that knows what the turn answers: the assistant's question gives a short reply its meaning."""

import re
from dataclasses import dataclass, field

from backend.memory.rules import asked as questions
from backend.memory.rules import replies
from backend.memory.rules.clauses import Clause
from backend.memory.rules.frame import WEEKDAYS
from backend.memory.rules.grammar import parse_all
from backend.memory.rules.keeping import commanding
from backend.memory.rules.noun_fact import AS_COLLEAGUE, AS_ROLE, Noun
from backend.memory.rules.occupations import ROLES
from backend.memory.rules.pointing import Pointing
from backend.memory.rules.rule import KIN, Rule, singular
from backend.memory.rules.values import DATE, NUMBER, nameable, values
from backend.memory.rules.words import LANGUAGES
from backend.memory.text import terms

_LANGUAGE = "|".join(sorted(LANGUAGES))
_IF_NOTHING_ELSE = frozenset(("decision", "works_on", "amount", "deadline"))
_DATED = frozenset(("deadline", "event", "meeting", "trip", "birthday", "commitment"))
"""What may have given the date already that a deadline is asked for with."""
_A_SPAN = re.compile(rf"{WEEKDAYS}s?(?:,? (?:to|till|until|through|and|or) {WEEKDAYS}s?)+$", re.IGNORECASE)
_A_THING = re.compile(
    rf"(?:an? |the |no |only |{NUMBER} )(?!idea|problem|one|bit|little|lot|moment|good|great|bad|nice|nightmare|mess|pity|shame|question|day|week|long|tough|disaster|joke|thing|way|same|usual|first|last|next)[\w -]{{3,40}}",
    re.IGNORECASE,
)
_DATE_FIRST = re.compile(
    rf"(?:(?:yes|it is|that is|on|in|at|from|probably|the party is),? )*(?P<date>(?!today\b|now\b){DATE})",
    re.IGNORECASE,
)
_RATHER = re.compile(rf"^not (?:on )?{DATE},? (?:but |rather )?(?=\w)", re.IGNORECASE)
_NOT_THEN = re.compile(r"(?:never|not|no|anything but)\b", re.IGNORECASE)
_MINE_IS = re.compile(rf"\bmine is (?:on )?(?P<value>{DATE})", re.IGNORECASE)
_OF_WHOM = re.compile(r"(?P<who>(?-i:[A-Z])[\w'-]+(?: (?-i:[A-Z])[\w'-]+)?): (?P<what>.+)$", re.IGNORECASE)
_SO_BY = re.compile(rf"\bso (?:by |on |it is |rather )?(?P<value>{DATE})(?! so\b)", re.IGNORECASE)
_SHORT_QUESTION, _LONGEST = 5, 8  # words
_ONLY = re.compile(r"^(?:only|just) (?=[a-z]+$)")
_NO_MEAL = re.compile(
    r"(?:only|no|none|nobody|mine|just|not|nope|nah|never|nothing|maybe|yes|yeah|sure|probably|ok|okay|fine|good|well|unfortunately|sadly|luckily|elena|marcus|thanks|please|right|indeed|exactly|sorry|same|several|many|loads|plenty)\b",
    re.IGNORECASE,
)
_SPOKEN_SO = re.compile(
    rf"(?:(?:in|only|just|and|also|first|it is|they are|then) )*(?P<value>(?:{_LANGUAGE})(?:(?:,? and |,? or |, | plus | )(?:{_LANGUAGE}))*)(?: (?:please|only|too|as well)| (?:because|since|as|so|from) .*)?$",
    re.IGNORECASE,
)
_LEAST_OF_PROJECT = 2  # index terms
_NAMED_SO = re.compile(r"^(?:(?:it|that|she|he) is (?:called |named )?|(?:her|his|its) name is )", re.IGNORECASE)
_NAMED_AGE = re.compile(rf"^(?:my |our )?(?P<who>[^\W\d_][\w'-]+) is {NUMBER}\b", re.IGNORECASE)
_AGE_ALONE = re.compile(
    rf"^(?:(?:she|he) is |only |just |already )*({NUMBER})(?: years(?: old)?| now)?$", re.IGNORECASE
)
_ONLY_NAME = re.compile(r"[^\W\d_][\w'-]+")
_THEN_THEY = re.compile(r"(?:he|she|it|they) ", re.IGNORECASE)
_PLANNED = re.compile(
    r"\b(?:shall|should|must|may|do|did|does|can|which|what|how|who|perhaps|left|decide|settle)\w*\b", re.IGNORECASE
)
_WHAT_FOR = re.compile(
    r"\b(?:project|trouble|problem|matter|wrong|happened|about|help|do for you|bring|busy|doing|use|many|much|old|often|today|going)\b",
    re.IGNORECASE,
)
"""A question about what is done anyway."""
_NOT_DECIDED = frozenset(
    """be have know think guess hope see say tell need want like love hate feel mean look wait talk ask understand
    believe get let care find go come live work start meet""".split()
)
_STILL = re.compile(rf"\bis [\w' ]+ (?:still )?(?:your|the|our) (?P<role>{ROLES})\?", re.IGNORECASE)
_IT_IS = re.compile(r"(?:no,? )?it is (?:now )?(?P<name>[^\W\d_][\w'-]+ [^\W\d_][\w'-]+)(?:$| now\b|,)", re.IGNORECASE)
_DECIDED = Rule("decision", "", "", sure=0.65)
_OCCASION = Rule("event", "", "", sure=0.7, when="event", dated=True)
_IS_ROLE = re.compile(rf"(?:he is |she is )?(?:an? |the |our )?(?P<role>{ROLES})", re.IGNORECASE)
_TIME_FIRST = re.compile(r"(?:before|after|until|till|from|by|since)\b", re.IGNORECASE)
_ANYWHERE = ("kin", "phone", "email", "nothing", "date", "dates", "when", "money", "sum", "amount", "going", "manner")
"""Kinds of answers that may stand in any of the reply's first clauses."""


@dataclass
class Answering(Pointing):
    """Reads a turn in the light of the one before it."""

    _cut: list[Clause] = field(default_factory=list)

    def following(self, clause: Clause) -> str:
        """Return the text of the clause behind one of the reply's."""
        place = next((place for place, other in enumerate(self._cut) if other is clause), len(self._cut))
        return self._cut[place + 1].text if place + 1 < len(self._cut) else ""

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
        if (what := replies.proposal_of(said)) and text.casefold().startswith(what.casefold()) and not commanding(what):
            self._add(Rule("decision", "", "", sure=0.7), first, "decision", what, self.speaker, "")  # "Hive? hive yes"
        question = replies.question_of(said)
        lead = replies.lead_of(cut)
        self._cut = cut
        if not question or not lead or lead[0].asks or lead[0].reported:
            return
        self._asked(text, said, question, lead, cut)
        if (spoken := replies.SPEAKS.search(question)) and replies.SPOKEN.match(text):
            self._add(Rule("language", "", "", sure=0.75), lead[0], "language", spoken["language"], self.speaker, "")
        if (aged := replies.HOW_OLD.search(question)) and (age := replies.answer("number", lead[0].text)):
            whose = aged["whose"] or ""
            subject = self.speaker if aged["you"] else self.person_of(whose.casefold()) if whose else self.person
            named = _NAMED_AGE.match(lead[0].text)
            if named and KIN.get(whose.casefold(), ("",))[0] == "child" and nameable(named["who"].casefold()):
                subject = named["who"]
                rule = Rule("child", "", "", sure=0.75)
                self._add(rule, lead[0], "child", subject, self.speaker, singular(whose.casefold()))
            if subject:
                self._add(Rule("age", "", "", sure=0.75), lead[0], "age", age, subject, "")
        if (other := replies.AND_WHO.match(question)) and self.known.get(other["who"].casefold()) == "child":
            for age in _AGE_ALONE.findall(lead[0].text):
                self._add(Rule("age", "", "", sure=0.7), lead[0], "age", age, other["who"], "")
        if asked := replies.NAME_ASKED.search(said):
            word = asked["kin"].casefold()
            for name in values("first", _NAMED_SO.sub("", lead[0].text), self.written):
                self.found = [found for found in self.found if found.value != name]
                self._add(
                    Rule(KIN[word][0], "", "", sure=0.8), lead[0], KIN[word][0], name, self.speaker, singular(word)
                )
        elif (
            (kin := replies.THE_KIN.search(question))
            and _ONLY_NAME.fullmatch(lead[0].text)
            and nameable(lead[0].text.casefold())
            and (self.written or _THEN_THEY.match(self.following(lead[0])))
        ):
            word = kin["kin"].casefold()
            rule = Rule(KIN[word][0], "", "", sure=0.75)
            self._add(rule, lead[0], KIN[word][0], lead[0].text, self.speaker, singular(word))
        if (still := _STILL.search(question)) and (instead := _IT_IS.match(lead[0].text)):
            for name in values("person", instead["name"], self.written):
                self._add(AS_COLLEAGUE, lead[0], "colleague", name, self.speaker, "")
                self._add(AS_ROLE, lead[0], "role", still["role"], name, "")
        if who := replies.WHO_IS.search(question):
            self._described(who["who"].strip(), lead[0])
        self._asked_of(question, said, lead)
        self._planned(question, lead)
        if self._matched(question, lead) or len(question.split()) > _SHORT_QUESTION:
            return
        before = replies.before_question(said, question)  # "We need a new date. What would be safe?"
        if replies.NEW_DATE.search(before):
            self._matched("What is the deadline?", lead)

    def _matched(self, question: str, lead: list[Clause]) -> bool:
        """Take the answers to what is asked; False when there is none."""
        for reply in replies.REPLIES:
            if not reply.question.search(question):
                continue
            for clause in lead if reply.kind in _ANYWHERE else lead[:1]:
                if (clause.stated or clause.text.startswith("that would be")) and self._answer(reply, clause):
                    return True
        return False

    def _asked_of(self, question: str, said: str, lead: list[Clause]) -> None:
        """Read answers whose kind is plain: languages, days of the week, an occasion's date, an address, allergies."""
        first = lead[0]
        decided = ""
        if (told := _SPOKEN_SO.match(first.text)) and replies.OF_LANGUAGES.search(question):
            decided = "" if replies.SPEAKS.search(question) else told["value"]
        elif _A_SPAN.fullmatch(first.text):
            decided = first.text if re.search(rf"\b{WEEKDAYS}", question, re.IGNORECASE) else ""
        elif _A_THING.fullmatch(first.text) and replies.WHAT_ABOUT.search(question):
            decided = "" if parse_all(first.text) else first.text
        if decided and not any(found.clause is first for found in self.found):
            self._add(_DECIDED, first, "decision", decided, self.speaker, "")
        mine = _MINE_IS.search(f"{first.text} {self.following(first)}") if "birthday" in question.casefold() else None
        if mine:
            self.found = [found for found in self.found if found.value != mine[0]]
            self._add(Rule("birthday", "", "", sure=0.75), first, "birthday", mine["value"], self.speaker, "")
        occasion = replies.WHEN_IS.search(question) or replies.IS_THERE.search(question)
        for clause in lead[:2] if occasion else ():
            dated = _DATE_FIRST.match(clause.text)
            known = any(found.clause is clause and found.predicate in _DATED for found in self.found)
            if occasion and dated and clause.stated and not known:
                when = clause.text if len(clause.text.split()) <= _LONGEST else dated["date"]
                self._add(_OCCASION, clause, "event", f"{occasion['what']}: {when}", self.speaker, "")
                break
        for clause in lead[:3] if replies.OF_ALLERGIES.search(question) else ():
            whose = _OF_WHOM.match(clause.text)
            subject = whose["who"] if whose else self.speaker
            alone = _ONLY.sub("", clause.text)
            if subject in ("Me", "me") or (not whose and (len(alone.split()) > 1 or _NO_MEAL.match(alone))):
                continue
            for value in values("simples", (whose["what"] if whose else alone).split(", ")[0], self.written):
                self._add(Rule("allergy", "", "", sure=0.75), clause, "allergy", value, subject, "")
        if replies.OF_MAIL.search(said[-200:]):
            for clause in lead[:2]:
                if mail := re.match(r"(?:it is )?(?P<value>[\w.+-]+@[\w-]+(?:\.[\w-]+)+)", clause.text):
                    self._add(Rule("email", "", "", sure=0.75), clause, "email", mail["value"], self.speaker, "")

    def _asked(self, text: str, said: str, question: str, lead: list[Clause], cut: list[Clause]) -> None:
        """Read what the question gives its answer, whatever the answer's grammar."""
        for noun in questions.relative(said, lead, self.known, self.following(lead[0])):
            self._rename(noun, lead[0])
        told = [found.subject.casefold() for found in self.found if found.predicate == "role"]
        self._nouns(
            (
                noun
                for noun in questions.office(question, lead, written=self.written)
                if (noun.about or noun.value).casefold() not in told
            ),
            lead[0],
        )
        for child, age in questions.ages(said, question, lead, self.known):
            self._add(Rule("age", "", "", sure=0.75), lead[0], "age", age, child, "")
        already = any(found.predicate == "deadline" for found in self.found)
        for noun in questions.due(question, cut, already=already):
            self._nouns((noun,), Clause(lead[0].text, 0))
        if not any(found.predicate == "birthday" for found in self.found):
            self._nouns(questions.birthday(said, question, lead), lead[0])
        for noun in questions.money(question, cut):
            self.found = [found for found in self.found if found.predicate != "amount" or noun.value not in found.value]
            self._nouns((noun,), Clause(lead[0].text, 0))
        for noun in questions.known_by_question(question, text, lead):
            self._nouns((noun,), Clause(lead[0].text, 0))
        if not any(found.predicate == "role" for found in self.found):
            self._nouns(questions.job_of(question, lead), lead[0])
        if not any(found.predicate == "works_on" for found in self.found):
            self._nouns(questions.topic(question, lead), lead[0])
        of = replies.AND_WHO.match(question)
        if of is None or of["who"].casefold() not in self.known:
            self._nouns(questions.counted(question, lead), Clause(lead[0].text, 0))

    def _rename(self, noun: Noun, clause: Clause) -> None:
        """Let somebody be the relative they are, and not a colleague, nor nobody."""
        low = noun.value.casefold()
        self.found = [
            found
            for found in self.found
            if not (found.predicate == "colleague" and found.value.casefold().split(" ")[0] == low)
        ]
        for found in self.found:
            if found.subject in ("she", "he", noun.label) or found.subject.casefold().split(" ")[0] == low:
                found.subject = noun.value
        self._add(noun.rule, clause, noun.predicate, noun.value, self.speaker, noun.label)

    def _planned(self, question: str, lead: list[Clause]) -> None:
        """Take "we mark it" for a decision where the assistant asked what is to be done."""
        if not question.endswith("?") or not _PLANNED.search(question) or _WHAT_FOR.search(question):
            return
        for clause in lead[:2]:
            if not clause.stated or any(found.clause is clause for found in self.found):
                continue
            for said in parse_all(clause.text):
                ours = said.subject.casefold() == "we" and said.mode in ("", "will") and not said.passive
                if ours and said.form == "base" and said.verb not in _NOT_DECIDED and said.rest:
                    what = f"not {said.phrase}" if said.denied else said.phrase
                    self._add(Rule("decision", "", "", sure=0.6), clause, "decision", what, self.speaker, "")

    def _answer(self, reply: replies.Reply, clause: Clause) -> bool:
        """Take an answer to a question from a clause; False when there is none in it."""
        if reply.predicate == "works_on" and any(found.predicate == "works_on" for found in self.found):
            return True
        said = [found.predicate for found in self.found if found.clause is clause]
        if reply.predicate == "deadline" and _DATED.isdisjoint(said):
            said = []
        if reply.predicate in _IF_NOTHING_ELSE and said:
            return True  # it says something else, and that is known
        text = clause.text
        if reply.predicate == "meeting" and _NOT_THEN.match(text):
            text = _RATHER.sub("", text)
            if _NOT_THEN.match(text):
                return False  # "never mondays"
        if reply.predicate == "works_on" and reply.kind == "object" and len(terms(clause.text)) < _LEAST_OF_PROJECT:
            return False
        if reply.predicate == "decision" and _TIME_FIRST.match(clause.text):
            return False
        raw = replies.answer(reply.kind, text)
        if reply.predicate == "deadline" and (later := _SO_BY.findall(clause.text)):
            raw = later[-1]  # "that is the sixth, so before, so the first of october"
        found = values(reply.kind, raw, self.written) if raw else []
        if reply.predicate == "goal" and found:
            self.found = [other for other in self.found if (other.predicate, other.clause) != ("deadline", clause)]
        if reply.predicate == "budget" and found:
            self.found = [other for other in self.found if other.predicate != "amount" or other.clause is not clause]
        rule = Rule(reply.predicate, "", "", sure=0.75 if reply.predicate != "decision" else 0.6)
        if reply.kind == "fulls" and not found and not self.written and _ONLY_NAME.fullmatch(clause.text):
            goes_on = _THEN_THEY.match(self.following(clause))
            found = [clause.text] if goes_on and nameable(clause.text) else []
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
            elif role := _IS_ROLE.fullmatch(part):
                self._add(rule, clause, "role", role["role"], name, "")
