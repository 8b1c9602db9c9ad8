"""A reading that follows what points back: "they are 11", "that's where i live", "i decided for it", "so tokiwa".

What a clause says of one before it, in the same turn. What the assistant asked is `answering.py`'s.
"""

import re
from dataclasses import dataclass

from backend.memory.predicates import PROJECT
from backend.memory.rules import nouns, references, slots
from backend.memory.rules.clauses import Clause
from backend.memory.rules.grammar import VERBS, Statement, parse_all
from backend.memory.rules.noun_fact import AS_COLLEAGUE, AS_EMPLOYER, AS_ROLE
from backend.memory.rules.reading import Reading
from backend.memory.rules.rule import KIN, Rule, singular
from backend.memory.rules.titles import A_FIRM, A_ROLE
from backend.memory.rules.values import DATE, NUMBER, nameable, values
from backend.memory.rules.words import COMMON, LANGUAGES, PLAIN

_I = re.IGNORECASE

_SETTLED = re.compile(
    r"(?:that|this|it)(?: at least)? (?:is|was) (?:final|settled|decided|fixed|agreed|the decision|(?:my|our) (?:limit|rule|policy|maximum|line|standard))\b",
    re.IGNORECASE,
)
_AGREED = re.compile(
    r"(?:^|\b(?:that|this|it) is (?:all )?)(?:settled|decided|agreed|final)$|\b(?:we|i)(?: have| all| both| finally| just)* (?:agreed|decided|settled)$|\bmade up (?:my|our) minds?$",
    re.IGNORECASE,
)
_PROMISED = re.compile(
    r"\b(?:i|we)(?: have)? (?:promised|guaranteed|committed|sworn?)\b|\b(?:gave|giving|give|given) (?:[\w ]+ )?my word\b",
    re.IGNORECASE,
)
_PROMOTED = re.compile(r"\b(?:promoted|new (?:job|role|title|position)|promotion)$", re.IGNORECASE)
_AS_PROMISED = Rule("commitment", "", "", when="event", sure=0.8)
_AS_PROMOTED = Rule("role", "", "", when="start", sure=0.8)
_AS_SETTLED = Rule("decision", "", "", sure=0.75)
_AS_AGE = Rule("age", "", "", sure=0.8)
_AS_HOME, _AS_ORIGIN = Rule("lives_in", "", "", sure=0.75), Rule("from_place", "", "", sure=0.75)
_AS_DECISION, _AS_LANGUAGE = Rule("decision", "", "", sure=0.7), Rule("language", "", "", sure=0.75)
_AS_PROMISE, _AS_LIKED = Rule("commitment", "", "", when="event", sure=0.75), Rule("likes", "", "", sure=0.65)
_AS_DUE = Rule("deadline", "", "", sure=0.7, subject="project")
_AS_WAY = Rule("prefers", "", "", sure=0.7)
_AS_CHILD = Rule("child", "", "", sure=0.65)

_WHERE = re.compile(
    r"(?:which |that )?(?:is )?where (?:i|we) (?:also |now |actually |still )*(?P<does>live|am living|stay|am from|come from|grew up|was born)\b",
    _I,
)
_NOW_AT = re.compile(
    r"(?:but |and |so )*(?:now )?i am (?:now )?(?:with|at) (?!(?:my|our|home|work|school)\b)(?P<firm>.+?)(?=$|,| (?:in|now|since|for|as|and)\b)",
    _I,
)
"""Behind an employer who is left: who is with a firm otherwise may visit it."""
_PLACED = re.compile(r".*\b(?:from|in|to|at|near|outside) (?P<where>[^\W\d_][\w' -]+)$", _I)
_GAVE_WORD = re.compile(
    r"(?:i|we) (?:have )?(?:(?:promised|swore)(?: (?:them|him|her|it|that|you))?|(?:gave|given)(?: (?:them|him|her|you))? (?:my|our) word)(?:$| (?:ok|okay|so|on that|for that)\b)|(?:that|this) is (?:a|my) promise|you have my word",
    _I,
)
_BEST_OF = re.compile(
    r"(?:it|that|this) is (?:always |really |still )*(?:the (?:best|nicest|loveliest|most beautiful) (?:part|bit|moment|time|thing) (?:of|in)|the highlight of|my favou?rite (?:part|bit|moment|time|thing))\b",
    _I,
)
_CHOSEN_IT = re.compile(r"(?:for|on|with|to) (?:it|that|them|this one)\b", _I)
_BRAND = re.compile(r"(?<!^)\b(?P<brand>(?-i:[A-Z])[\w.+-]+(?: (?-i:[A-Z])[\w.+-]+)*)(?=$|,| )", _I)
_SO = re.compile(r"\bso (?P<what>[^\W\d_][\w-]+(?: [\w-]+)?)$", _I)
_WEIGHED = re.compile(
    r"\b(?:candidates?|options?|offers?|suppliers?|partners?|choices?|vendors?|proposals?|better|best|cheaper|cheapest|faster|fastest|safer|favou?rite|reliable|local|recommended|quote[ds]?|agenc(?:y|ies)|firms?|compan(?:y|ies)|trust|know them)\b"
)
"""What tells that there was something to choose from."""
_EASIER = re.compile(r"it is (?:always )?(?:better|best|easier|easiest) (?P<way>(?:by|in|on|via|over) [\w-]+)", _I)
"""Behind "with him": how somebody else is best reached."""
_OK_THEN = re.compile(r"\b(?:ok|okay|fine|right|alright|all right|agreed|then|so)\b")
_IS_OUT = re.compile(
    r"(?:the|our) [\w-]+(?: [\w-]+)? (?:dies|goes|stays|falls|remains)|no (?!problem|idea|need|rush|worries|way|matter|chance|more|one|thanks|news|luck|time|rain|sun|snow|wonder|harm|clue|answer|signal|choice|joke|fun|comment|hurry|surprise)[\w-]+(?: [\w-]+)?",
    _I,
)
_INSTEAD = re.compile(
    r"(?:it is |on |by |then )?(?P<value>\d{1,2}(?:st|nd|rd|th)? (?:of )?(?:jan|feb|mar|apr|may|june?|july?|aug|sep|oct|nov|dec)\w*|(?:jan|feb|mar|apr|may|june?|july?|aug|sep|oct|nov|dec)\w* \d{1,2}(?:st|nd|rd|th)?|(?:the )?[a-z ]{4,14}(?:st|nd|rd|th) of \w+) instead",
    _I,
)
_SO_IT_IS = re.compile(
    rf"it is (?:now |then )?(?:on )?(?P<value>(?!today|tomorrow|yesterday|monday|tuesday|wednesday|thursday|friday){DATE})(?:,? \w+day)?(?: now| then)?",
    _I,
)
_APPOINTED = re.compile(
    r"\b(?:meet|meeting|call|lunch|dinner|breakfast|appointment|visit|flight|fly|trip|travel|holiday|book|birthday|party|interview|workshop|session|slot|dentist|doctor)\b",
    _I,
)
_IN_BRACKETS = re.compile(
    r"(?P<title>(?:Mr|Ms|Mrs|Dr)\.? )?\b(?P<name>(?-i:[A-Z])[\w'-]+(?: (?-i:[A-Z])[\w'-]+)?) \((?P<field>(?!(?:my|the|his|her|our|who|see|and|not|or|ex|also|now|if|was|is|in|at|from|on|for|by)\b)(?-i:[a-z]|IT|HR|PR|QA)[\w -]{0,24}?)(?=[,)])"
)
_TEAM = re.compile(r"\b(?:colleagues?|team|with|crew|staff|office|we are|there are|three of us|myself|me)\b", _I)
_KIN_AGED = re.compile(
    r"\b(?:my|our|an?|one) (?:[\w-]+ )?(?P<kin>son|daughter|boy|girl|baby|nephew|niece|grandson|granddaughter),? (?P<name>(?-i:[A-Z])[\w'-]+), (?:aged? )?(?P<age>\d{1,2})\b(?! (?:years|months) (?:ago|later))",
    _I,
)
_BOTH = re.compile(r"(?:both|all (?:of them|three|four|two)|them all|either)\b", _I)
_SPEAKS_TOO = re.compile(rf"\b(?:{'|'.join(sorted(LANGUAGES))})\b", _I)
_AGE_FIRST = re.compile(
    r"(?P<age>[1-9]\d)(?=,|$)(?!,? (?:maybe|or|at most|\d|[\w ]*\b(?:people|of us|altogether|in all)\b))", _I
)
_NAME_NEXT = re.compile(
    rf"(?P<name>(?-i:[A-Z])[\w'-]+)(?:$|, (?:she|he|who|now|the (?:older|younger|eldest|youngest|big|little)|(?:[\w-]+ )?(?:year|grade|class|form|semester)\b|{NUMBER}\b|an? \w+))",
    _I,
)
_THAT_WAS = re.compile(r"(?:sorry )?(?:that|this) (?:was|is) (?P<name>[^\W\d_][\w'-]+)$", _I)
_GOOD_ONE = re.compile(
    r"(?:he|she) is an? (?:[\w-]+ )?(?:man|woman|girl|boy|lad|guy|soul|person|dear|angel|legend|saint|star|darling) (?P<name>[^\W\d_][\w'-]+)$",
    _I,
)
_NO_POLICY = frozenset(
    "know have like love want need think live see get talk eat drink feel complain mind care work".split()
)
_LAST_FIRST = re.compile(r"[A-Z][\w'-]+, [A-Z][\w'-]+")
_FEWEST, _LONGEST_TITLE = 2, 4  # words
_MALE = frozenset(("husband", "boyfriend", "hubby"))
_FEMALE = frozenset(("wife", "girlfriend", "missus"))
_OLDEST_CHILD = 17
_SMALL_AGE = re.compile(
    r"(?:only |just )?(?:\d|1[0-7]|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen)(?:$| (?:and|now|years)\b)",
    _I,
)


_OUR_PARTNER = re.compile(r"\bour (?:[\w-]+ )?partner\b", re.IGNORECASE)
_GOES_WHERE = re.compile(r"(?:he|she) is (?:retiring|resigning|moving|joining|starting)\b", re.IGNORECASE)


@dataclass
class Pointing(Reading):
    """Reads a clause in the light of those before it."""

    def _pointed(self, said: list[Statement], clause: Clause) -> None:
        """Read what is said of those just named: "Kemi and Tayo, they are 11", "jira, i hate it"."""
        for statement in said:
            self._state_of(statement, clause)
        self._nouns(
            references.fragment(
                clause.text, self.before, said=any(one.form != "order" for one in said), written=self.written
            ),
            clause,
        )
        self._back(clause)
        if self.written and not self.answers:
            named = any(found.predicate == "name" for found in self.found)
            if named or _LAST_FIRST.fullmatch(self.before) or A_FIRM.match(self.before):
                self._presented(clause)
        if self.written and "(" in clause.text:
            self._in_brackets(clause)
        for aged in _KIN_AGED.finditer(clause.text) if self.written and "," in clause.text else ():
            word = aged["kin"].casefold()
            if nameable(aged["name"].casefold()):
                rule = Rule(KIN[word][0], "", "", sure=0.8)
                self._add(rule, clause, KIN[word][0], aged["name"], self.speaker, singular(word))
                self._add(_AS_AGE, clause, "age", aged["age"], aged["name"], "")
        easier = _EASIER.match(clause.text) if self.person and self.before.endswith((" him", " her")) else None
        if easier:
            self._add(_AS_WAY, clause, "prefers", easier["way"], self.person, "")
        if _OK_THEN.search(f"{clause.led} {clause.trailed}") and _IS_OUT.fullmatch(clause.text):
            self._add(_AS_DECISION, clause, "decision", clause.text, self.speaker, "")
        elif (
            clause.led.endswith("so")
            and (moved := _SO_IT_IS.fullmatch(clause.text))
            and not _APPOINTED.search(self.answers)
        ):
            self._add(_AS_DUE, clause, "deadline", moved["value"], PROJECT, "")
        elif (instead := _INSTEAD.fullmatch(clause.text)) and not _APPOINTED.search(self.answers):
            self._add(_AS_DUE, clause, "deadline", instead["value"], PROJECT, "")
        if clause.text.casefold().startswith(("he is", "she is", "that ", "this ", "sorry ")):
            self._someone(clause)
        if self.written and clause.text[:1].isupper():
            self._next_name(clause)
        if (
            self.written
            and (age := _AGE_FIRST.match(clause.text))
            and self.person
            and self.before.endswith(self.person)
        ):
            self._add(_AS_AGE, clause, "age", age["age"], self.person, "")
        if (so := _SO.search(clause.text)) and not _vague(so["what"]):
            earlier = f"{self.before} {clause.text[: so.start()]}".casefold()
            if (
                _WEIGHED.search(earlier)
                and re.search(rf"\b{re.escape(so['what'].casefold())}\b", earlier)
                and not any(found.clause is clause and found.predicate == "decision" for found in self.found)
            ):
                self._add(_AS_DECISION, clause, "decision", so["what"], self.speaker, "")

    def _state_of(self, said: Statement, clause: Clause) -> None:
        if said.verb == "be" and said.subject.casefold() == "they" and (aged := nouns.AGE.match(said.rest)):
            children = [found for found in self.found if found.predicate == "child"]
            ages = re.split(r", and |, | and ", re.sub(r"^(?:now |only |already )*", "", said.rest))
            each = ages if len(ages) == len(children) > 1 else [aged["value"].strip(" ,.")] * len(children)
            for child, age in zip(children, each, strict=True):
                self._add(_AS_AGE, clause, "age", age, child.value, "")
        self._nouns(references.pointed(said, self.before, self.found, written=self.written), clause)
        if said.who != "self":
            return
        chosen = said.verb in ("decide", "opt", "vote", "go", "settle") and _CHOSEN_IT.match(said.rest)
        if self.written and chosen and said.mode == "" and (brands := _BRAND.findall(self.before)):
            self._add(_AS_DECISION, clause, "decision", brands[-1], self.speaker, "")
        if said.verb in ("speak", "understand") and not said.denied and _BOTH.match(said.rest):
            for language in _SPEAKS_TOO.findall(self.before) or _SPEAKS_TOO.findall(self.answers):
                self._add(_AS_LANGUAGE, clause, "language", language, self.speaker, "")
        if said.verb == "say" and said.past and said.rest.casefold() in ("no", "yes") and self.before:
            self._add(_AS_DECISION, clause, "decision", f"said {said.rest} to: {self.before}", self.speaker, "")
        self._rather(said, clause)

    def _told_elsewhere(self, predicate: str, low: str, clause: Clause) -> bool:
        if predicate == "event":  # "craig is leaving, he is retiring in may"
            return low in ("leaving", "going") and _GOES_WHERE.match(self.after) is not None
        if predicate == "budget":  # "to seven hundred and fifty, so 750k"
            said = [found.clause.text for found in self.found if found.predicate == "budget"]
            return clause.led.endswith("so") and self.before in said
        if predicate == "spouse":  # the firm's partner
            return _OUR_PARTNER.search(clause.text) is not None
        # A child of whom the turn speaks by name is no colleague.
        return predicate == "colleague" and self.known.get(low) not in (None, "", "colleague")

    def _settled(self, said: list[Statement], clause: Clause) -> None:
        if _SETTLED.match(self.after) and said and said[0].subject.casefold() == "we" and said[0].form == "base":
            self._add(_AS_SETTLED, clause, "decision", said[0].phrase, self.speaker, "")
        elif _SETTLED.match(self.after) and all(statement.form == "order" for statement in said):
            self._add(_AS_SETTLED, clause, "decision", clause.text, self.speaker, "")
        elif said and _AGREED.search(self.before):
            what = said[0].rest if said[0].verb == "be" else said[0].phrase
            if (said[0].who == "self" and said[0].verb != "be") or said[0].subject.casefold() in ("it", "that"):
                self._add(_AS_SETTLED, clause, "decision", what, self.speaker, "")
        elif said and said[0].who == "self" and clause.text.startswith("that ") and _PROMISED.search(self.before):
            self._add(_AS_PROMISED, clause, "commitment", said[0].phrase, self.speaker, "")
        elif _PROMOTED.search(self.before) and (role := slots.slot("role_of", clause.text, written=self.written)):
            self._add(_AS_PROMOTED, clause, "role", role[0], self.speaker, "")

    def _conditional(self, clause: Clause) -> None:
        if clause.text.casefold().startswith("we do not "):
            for said in parse_all(clause.text):
                self._rather(said, clause)

    def _rather(self, said: Statement, clause: Clause) -> None:
        """Read what is done instead: "we don't estimate | we mark it"."""
        plain = said.form == "base" and not said.mode and said.verb not in _NO_POLICY
        if said.subject.casefold() != "we" or not said.denied or not plain:
            return
        words = self.after.casefold().split()
        if len(words) > _FEWEST and words[0] == "we" and VERBS.get(words[1], ("", ""))[1] == "base":
            what = f"not {said.phrase}, {self.after.split(' ', 1)[1]}"
            self._add(_AS_DECISION, clause, "decision", what, self.speaker, "")

    def _back(self, clause: Clause) -> None:
        where = _WHERE.match(self.after) or _WHERE.match(self.later)
        if where and (placed := _PLACED.search(clause.text)):
            live = where["does"].casefold() in ("live", "am living", "stay")
            rule, kind = (_AS_HOME, "lives_in") if live else (_AS_ORIGIN, "from_place")
            for place in values("spot", placed["where"], self.written):
                self._add(rule, clause, kind, place, self.speaker, "")
        left = self.found[-1] if self.found and self.found[-1].clause is clause else None
        new = _NOW_AT.match(self.later if self.after in ("but", "and", "so") else self.after)
        if new and left and left.predicate == "employer" and left.rule.ends:
            for firm in values("org", new["firm"], self.written):
                self._add(AS_EMPLOYER, clause, "employer", firm, self.speaker, "")
        if _GAVE_WORD.match(self.after):
            self._add(_AS_PROMISE, clause, "commitment", clause.text, self.speaker, "")
        liked = next((after for after in (self.after, self.later, self.last) if _BEST_OF.match(after)), "")
        if liked and re.match(r"i (?!am\b|was\b|had\b|have\b|will\b)\w+[^d] ", clause.text, _I):
            self._add(_AS_LIKED, clause, "likes", clause.text.removeprefix("i "), self.speaker, "")

    def _presented(self, clause: Clause) -> None:
        """Read how somebody presents themselves without a verb: "Halvorsen, Ossian. Shipyard Skarvik. Planning engineer."."""
        if (role := A_ROLE.fullmatch(clause.text)) and len(clause.text.split()) <= _LONGEST_TITLE:
            self._add(AS_ROLE, clause, "role", role["value"], self.speaker, "")
        elif firm := A_FIRM.match(clause.text):
            for value in values("org", firm["value"] or "", self.written):
                self._add(AS_EMPLOYER, clause, "employer", value, self.speaker, "")

    def _in_brackets(self, clause: Clause) -> None:
        """Read colleagues with their fields: "Ms. Hoshino (data), Mr. Lim (radio)"."""
        fields = list(_IN_BRACKETS.finditer(clause.text))
        named = len(fields) > 1 or _TEAM.search(clause.text) is not None
        for found in fields if named else ():
            if nameable(found["name"].split(" ")[0].casefold()):
                name = f"{found['title'] or ''}{found['name']}"
                self._add(AS_COLLEAGUE, clause, "colleague", name, self.speaker, "")
                self._add(AS_ROLE, clause, "role", found["field"], name, "")

    def _someone(self, clause: Clause) -> None:
        """Learn the name of whom the turn goes on about: "that was lwazi | he is nine"."""
        if (good := _GOOD_ONE.match(clause.text)) and nameable(good["name"].casefold()):
            self.person = good["name"]
            kin = (_MALE if clause.text.casefold().startswith("he") else _FEMALE) & set(self.known)
            if kin and re.match(r"(?:he|she) is\b", self.after, _I):
                word = min(kin)
                self._add(Rule(KIN[word][0], "", "", sure=0.65), clause, KIN[word][0], good["name"], self.speaker, word)
        elif (was := _THAT_WAS.match(clause.text)) and nameable(was["name"].casefold()):
            aged = re.match(r"(?:he|she) is (?P<age>.+)", self.after, _I)
            if aged and _SMALL_AGE.match(aged["age"]) and was["name"].casefold() not in self.known:
                self._add(_AS_CHILD, clause, "child", was["name"], self.speaker, "")
            self.person = was["name"]

    def _next_name(self, clause: Clause) -> None:
        """Name the relative who has just been brought up: "I will ask my daughter. Sakura, second year of high school."."""
        found = _NAME_NEXT.match(clause.text)
        if not found or not nameable(found["name"].casefold()):
            return
        for noun, brought_up in self.unnamed[-1:]:
            if clause.sentence - brought_up.sentence == 1:
                rule = Rule(noun.predicate, "", "", sure=0.75)
                self._add(rule, clause, noun.predicate, found["name"], self.speaker, singular(noun.value))


def _vague(words: str) -> bool:
    low = words.casefold().split()
    return any(word in COMMON or word in PLAIN or word in VERBS for word in low)
