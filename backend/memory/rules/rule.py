"""A rule: words that lead to a fact. The themes (`people`, `work`, `life`, `plans`) are lists of rules.

To extend the vocabulary add a line to a theme, and a sentence to the table in tests/memory/test_extraction.py:

    Rule("employer", "work works", "{I} works? (?:at|for) {org}")

cues: words one of which the clause must have, so that only few expressions are tried. pattern: a regular expression on
one clause of plain text (`speech.plain`: contractions in full, no fillers), whatever its case; in braces stand a kind of
value (`values.KINDS`) and who the fact is about:

    {I}    the speaker: "i", "we", with adverbs behind it      {AM}   the same with "am", "are"
    {WHO}  the speaker, a relative, somebody named, or "he" of whom the turn has just spoken
    {KIN}  a word for a relation ("daughter"); it decides the predicate where that is "kin"
"""

import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from backend.memory.rules.values import KINDS

KIN: dict[str, tuple[str, str]] = {
    **dict.fromkeys(("wife", "husband", "partner", "spouse", "fiance", "fiancee", "girlfriend", "boyfriend", "better half", "other half", "missus", "hubby", "fianc\N{LATIN SMALL LETTER E WITH ACUTE}", "fianc\N{LATIN SMALL LETTER E WITH ACUTE}e"), ("spouse", "")),
    **dict.fromkeys(("daughter", "son", "girl", "boy", "kid", "child", "baby", "stepson", "stepdaughter", "toddler", "oldest", "youngest", "eldest", "little one", "smallest", "kids", "girls", "boys", "children",
                     "daughters", "sons", "twins", "lads", "lad", "lass", "lassie", "laddie", "bairn", "firstborn", "wean", "grandson", "granddaughter", "grandbaby", "grandchild", "grandkids", "grandchildren"), ("child", "")),
    **dict.fromkeys(("mother", "father", "mom", "mum", "dad", "mama", "papa", "mam", "grandmother", "grandfather", "mother-in-law", "father-in-law", "nan", "gran", "grandma", "grandad", "grandpa"), ("parent", "")),
    **dict.fromkeys(("brother", "sister", "twin", "siblings", "brothers", "sisters", "half-brother", "half-sister"), ("sibling", "")),
    **dict.fromkeys(("friend", "buddy", "best friend", "friends", "neighbour", "neighbor", "mate", "flatmate", "housemate"), ("friend", "")),
    **dict.fromkeys(("colleague", "coworker", "co-worker", "teammate", "colleagues", "deputy", "assistant", "intern",
                     "teammates"), ("colleague", "")),
    **dict.fromkeys(("boss", "manager", "supervisor", "line manager"), ("manager", "")),
    **dict.fromkeys(("dog", "cat", "puppy", "kitten", "rabbit", "hamster", "parrot", "horse", "turtle", "tortoise", "fish",
                     "dogs", "cats", "rabbits", "puppies", "kittens", "guinea pig", "guinea pigs", "chickens", "hens",
                     "pony", "goldfish", "budgie", "gecko", "snake", "labrador", "lab", "spaniel", "terrier", "collie", "poodle", "greyhound", "dachshund", "beagle", "husky", "kelpie", "staffy", "donkey", "goat", "lurcher", "whippet", "retriever", "golden retriever", "pug", "bulldog", "corgi", "chihuahua", "rottweiler", "doberman", "dalmatian", "mastiff", "schnauzer", "cockapoo", "labradoodle", "jack russell", "westie", "malinois", "ridgeback", "mongrel", "mutt", "tabby", "siamese", "tomcat", "cockatiel", "canary", "ferret", "llama", "alpaca", "iguana", "axolotl", "duck", "pup", "hound", "collies", "labradors", "labs", "spaniels", "terriers", "greyhounds", "goats", "donkeys", "ponies"), ("pet", "")),
}  # fmt: skip
"""Words for relations: the predicate they lead to. The word itself is the fact's label."""

_PLURALS = {
    "kids": "child", "children": "child", "daughters": "daughter", "sons": "son", "brothers": "brother",
    "sisters": "sister", "friends": "friend", "colleagues": "colleague", "teammates": "teammate", "dogs": "dog",
    "cats": "cat", "twins": "twin", "siblings": "sibling", "rabbits": "rabbit", "kid": "child",
    "lads": "son", "boys": "son", "girls": "daughter", "girl": "daughter", "boy": "son",
}  # fmt: skip

_ADVERBS = (
    r"(?: (?:also|really|just|currently|actually|still|now|always|both|do|usually|mostly|recently|finally|already|only"
    r"|mainly|have|absolutely|totally|all|kinda|truly|personally|generally|normally|simply|officially|has|had|has now"
    r"|often|sometimes|honestly|definitely|in fact|basically|even|most of the time|since then|then))*"
)
_KIN_WORDS = "|".join(sorted((re.escape(word) for word in KIN), key=len, reverse=True))
_KIN = rf"(?:(?:\w+ )?(?P<kin>{_KIN_WORDS}))"
_WHO = (
    rf"(?:\b(?P<self>i|we)\b|\b(?P<other>he|she)\b|\b(?:(?:my|our) (?:\w+ )?|(?<![\w'] )(?=(?:mum|mom|dad|mam|mama|papa)\b))(?P<whose>{_KIN_WORDS})\b(?:,? (?P<whom>[\w'-]+))??,?"
    r"|\b(?P<somebody>[^\W\d_][\w'-]+(?: [A-Z][\w'-]+)?)(?:, (?:my|our) (?:\w+ )?\w+,|(?: (?:from|in) (?!the\b)\w+(?= (?:is|has|will|was)\b)))?)"
)

When = Literal["state", "start", "event", "never"]


@dataclass(frozen=True)
class Rule:
    """A line of a theme; the module's docstring tells how to write one.

    ends: the fact ceases to be true ("i left {org}"). when: what a date in the clause means - the state's start only
    behind "since" or "from" ("state"), its start anyway ("start"), the time of an event ("event").
    dated: without a date it is no fact. then: how the next clause must begin; behind: how the one before must end. opening: only in the first turn of a session. sure: confidence. asked: it holds in a request too ("please use …").
    """

    predicate: str
    cues: str
    pattern: str
    ends: bool = False
    when: When = "state"
    dated: bool = False
    sure: float = 0.9
    asked: bool = False
    unreal: bool = False
    subject: str = ""
    label: str = ""
    value: str = ""
    then: str = ""
    behind: str = ""
    opening: bool = False
    kinds: dict[str, str] = field(init=False, default_factory=dict, repr=False)

    @cached_property
    def comma(self) -> bool:
        """Whether there is nothing to find without a comma."""
        return (
            re.search(r"\}, |\), ", self.pattern) is not None and ",?" not in self.pattern and "|, " not in self.pattern
        )

    @cached_property
    def bound(self) -> bool:
        """Whether it asks something of the clauses beside it, or of the turn."""
        return bool(self.then or self.behind or self.opening)

    @cached_property
    def following(self) -> re.Pattern[str]:
        """What `then` asks of the next clause."""
        return re.compile(self.then if self.then.startswith("(?!") else rf"(?:{self.then})\b", re.IGNORECASE)

    @cached_property
    def preceding(self) -> re.Pattern[str]:
        """What `behind` asks of the clause before."""
        return re.compile(rf"(?:{self.behind})$", re.IGNORECASE)

    @cached_property
    def compiled(self) -> re.Pattern[str]:
        """The expression, its braces filled in."""
        text = self.pattern
        text = text.replace("{I}", rf"\b(?:i|we){_ADVERBS}").replace("{AM}", rf"\b(?:i am|we are){_ADVERBS}")
        text = text.replace("{WHOAM}", rf"{_WHO}(?: am| is| are| was)?{_ADVERBS}")
        text = text.replace("{WHO}", rf"{_WHO}{_ADVERBS}").replace("{KIN}", _KIN)
        for name, kind in KINDS.items():
            mark = f"{{{name}}}"
            if mark in text:
                group = "value" if "value" not in self.kinds else "more"
                text = text.replace(mark, f"(?P<{group}>{kind.pattern})", 1)
                self.kinds[group] = name
            mark = f"{{{name}:subject}}"
            if mark in text:
                text = text.replace(mark, f"(?P<about>{kind.pattern})", 1)
                self.kinds["about"] = name
        return re.compile(text, re.IGNORECASE)


def singular(kin: str) -> str:
    """Return "daughter" for "daughters"."""
    return _PLURALS.get(kin, kin)
