"""All phrases, and the cues by which those are looked up that a clause may have."""

from backend.memory.rules import life, manners, notes, people, plans, work
from backend.memory.rules.rule import Rule
from backend.memory.rules.values import MONEY, NUMBER

RULES: tuple[Rule, ...] = (*people.RULES, *work.RULES, *life.RULES, *plans.RULES, *notes.RULES, *manners.RULES)

A_DATE, A_FIGURE, A_SUM = "#date", "#figure", "#sum"
"""What stands for the cue of a rule that has none: a time, a number or a sum."""


def _by_cue() -> dict[str, list[int]]:
    found: dict[str, list[int]] = {"": [], A_DATE: [], A_FIGURE: [], A_SUM: []}
    for place, rule in enumerate(RULES):
        uncued = A_DATE if rule.dated else A_FIGURE if rule.predicate in ("amount", "budget") else ""
        if uncued == A_FIGURE and MONEY in rule.pattern and NUMBER not in rule.pattern.replace(MONEY, ""):
            uncued = A_SUM
        for cue in rule.cues.split() or [uncued]:
            found.setdefault(cue.casefold(), []).append(place)
    return found


CUES = _by_cue()
CUED = frozenset(CUES)
