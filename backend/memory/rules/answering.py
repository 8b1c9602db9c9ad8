"""A reading that knows what the turn answers: the assistant's question gives a short reply its meaning."""

import re

from backend.memory.rules import replies
from backend.memory.rules.clauses import Clause
from backend.memory.rules.keeping import commanding
from backend.memory.rules.reading import Reading
from backend.memory.rules.rule import KIN, Rule, singular
from backend.memory.rules.values import values
from backend.memory.rules.work import ROLES
from backend.memory.text import terms

_IF_NOTHING_ELSE = frozenset(("decision", "works_on", "amount", "deadline"))
_LEAST_OF_PROJECT = 2  # index terms
_NAMED_SO = re.compile(r"^(?:(?:it|that|she|he) is (?:called |named )?|(?:her|his|its) name is )", re.IGNORECASE)
_TIME_FIRST = re.compile(r"(?:before|after|until|till|from|by|since)\b", re.IGNORECASE)
_ANYWHERE = ("phone", "email", "nothing", "date", "dates", "when", "money", "sum", "amount", "going", "manner")
"""Kinds of answers that may stand in any of the reply's first clauses."""


class Answering(Reading):
    """Reads a turn in the light of the one before it."""

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
        if asked := replies.NAME_ASKED.search(said):
            word = asked["kin"].casefold()
            for name in values("first", _NAMED_SO.sub("", lead[0].text), self.written):
                self._add(
                    Rule(KIN[word][0], "", "", sure=0.8), lead[0], KIN[word][0], name, self.speaker, singular(word)
                )
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
        if reply.predicate in _IF_NOTHING_ELSE and any(found.clause is clause for found in self.found):
            return True  # it says something else, and that is known
        if reply.predicate == "works_on" and reply.kind == "object" and len(terms(clause.text)) < _LEAST_OF_PROJECT:
            return False
        if reply.predicate == "decision" and _TIME_FIRST.match(clause.text):
            return False
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
