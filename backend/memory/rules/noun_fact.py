"""A fact that a noun gives, and how surely such facts are kept."""

from dataclasses import dataclass

from backend.memory.rules.rule import Rule, When


@dataclass(frozen=True, slots=True)
class Noun:
    """A fact that a noun gives. about: whom, where that is not the speaker: a name as it stands, or "third"."""

    predicate: str
    value: str
    rule: Rule
    about: str = ""
    label: str = ""


def a_rule(predicate: str, sure: float, *, subject: str = "", when: When = "state") -> Rule:
    return Rule(predicate, "", "", sure=sure, subject=subject, when=when)


AS_NAMED = a_rule("role", 0.75)
"""What somebody does whose name stands beside it: there the name is surely one."""
AS_GOAL, AS_TITLE, AS_ROLE = a_rule("goal", 0.8), a_rule("role", 0.85), a_rule("role", 0.75)
AS_DEADLINE, AS_BUDGET = a_rule("deadline", 0.8, subject="project"), a_rule("budget", 0.8, subject="project")
AS_PREFERS = a_rule("prefers", 0.75)
AS_COLLEAGUE = a_rule("colleague", 0.75)
AS_AMOUNT, AS_DECISION = a_rule("amount", 0.65, when="never"), a_rule("decision", 0.65)
AS_NAME, AS_EMPLOYER, AS_PLACE = a_rule("name", 0.8), a_rule("employer", 0.8), a_rule("lives_in", 0.7)
AS_EVENT = Rule("event", "", "", sure=0.7, when="event", dated=True)
AS_TRIP = Rule("trip", "", "", sure=0.7, when="event", dated=True)
AS_PROJECT, AS_ORIGIN = a_rule("works_on", 0.75), a_rule("from_place", 0.75)
