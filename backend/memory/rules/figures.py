"""What a clause counts: "63 stores", "takes eleven minutes", "three point one million"."""

import re
from collections.abc import Iterator

from backend.memory.rules.noun_fact import AS_AMOUNT, Noun
from backend.memory.rules.values import NUMBER

_I = re.IGNORECASE

_UNITS = r"(?:mega|giga|kilo|tera)?(?:bytes?|bits?|hertz|watts?|volts?|decibels?|amperes?|grams?|met(?:er|re)s?|lit(?:er|re)s?|pixels?|tonnes?|tons?|pounds|inch(?:es)?|feet|miles?)"
_MEASURED = re.compile(
    rf"(?<![\w-])(?<!first )(?<!last )(?<!next )(?P<value>(?:minus )?{NUMBER} {_UNITS})(?![\w-])(?! (?:from|away)\b)",
    _I,
)
_COUNTED = re.compile(
    rf"(?<![\w.,:$\N{{EURO SIGN}}\N{{POUND SIGN}}-])(?P<value>{NUMBER}(?<![,.]) (?:(?!(?:days|weeks|months|years|hours|minutes|seconds|and|or|of|in|on|at|to|for|the|a|an|is|are|more|is|was)\b)[a-z-]+ )?"
    r"(?!(?:times|things|bars|lads|signatures|ways|bits|seconds|others|ones|days|weeks|months|years|hours|minutes|yes|this|is|was|has|us|plus|always|degrees|brothers|sisters|sons|daughters|cousins|siblings|kinds|sorts|types|versions|words|reasons|suitcases|questions|sentences|jokes|coffees|beers|cups|glasses|drinks|calls|steps|ideas|options|points|excuses|hugs|kisses)\b)"
    r"(?:[a-z-]{2,}[a-rt-z]s|people|men|women|staff|square met(?:er|re)s|square feet|of us|of them|of em|children)\b(?: (?:a|per|each|every) (?!half\b)\w+)?)",
    _I,
)
_LASTING = re.compile(
    rf"(?<!live )(?<!down )(?<!open )(?<!closed )(?<!sick )(?<!ill )(?<!out )(?<!off )(?<!away )(?<!back )(?<!went )(?<!gone )\b(?:takes?|took|needs?|been(?! (?:live|down|open|closed|sick|ill|out|off|away|back|gone|here|there)\b)|for|lasts?|lasted|giv(?:e|es|ing) us|since|goin on|going on|another|gives? us|gave us|(?:period|contract|lease|term|sentence|notice|warranty|guarantee|delay|turnaround|average|total|maximum|minimum) of) (?:\w+ ){{0,3}}?(?P<value>{NUMBER} (?:days|weeks|months|years|hours|minutes|seconds))\b(?! (?:ago|old|from|later))",
    _I,
)
_LEADING = re.compile(
    rf"(?:^|: )(?:about |around |now |so )?(?P<value>{NUMBER})(?= (?:are|were|have|had|of (?:them|those|these|the|our|us|\d)|done|left|missing|open|still)\b)",
    _I,
)
_LARGE = re.compile(
    rf"(?<![\w.,+$\N{{EURO SIGN}}\N{{POUND SIGN}}-])(?P<value>\d{{1,3}}(?:[.,]\d{{3}})+|(?<!oh )(?<!double )(?<!seven )(?:{NUMBER} )hundred(?: and)?(?: {NUMBER})?(?! (?:some|odd|hours|days|weeks|months|years|minutes|one|two|times|percent)\b)|{NUMBER} ?(?:million|billion|thousand|crores?|lakhs?)|(?:{NUMBER} )?(?:million|hundred thousand))(?![\w%@-])(?! ?(?:%|euros?|dollars?|pounds?|percent))",
    _I,
)
_FEW = re.compile(
    r"(?:(?:one|two|three|four|five|six|seven|eight|nine)|\d) (?:\w+ )?kids\b|half (?:past )?(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)\b|(?:19|20)\d\d (?!in\b)[a-z]|(?:zero|one|two|three|[0-3]|a)(?= (?!hundred|thousand|million|point|crore|lakh|dozen))|(?:zero|one|two|three|[0-3]|half|point)(?:$| )(?!hundred|thousand|million|point|crore|lakh)",
    _I,
)
_OF_TEXTS = re.compile(
    rf"^{NUMBER} (?:lines|pages|words|sentences|bullets|bullet points|points|slides|paragraphs)$", _I
)
_COUNTED_NOT = re.compile(
    r"(?:\b(?:by|on|until|till|before|after|since|under|below|over|above|every|each|than|page|step|line|track|platform|gate|building|floor|unit|level|week|phase|room|number|version|chapter|top|last|next|first|these|those|not|break|in|in all|one|thanks a|like a) )$",
    _I,
)


_ABSENCE = re.compile(r"\b(?:leave|holidays?|vacation|away|off|sick|trip|honeymoon|abroad|visiting)\b", _I)
_SINCE_YEARS = re.compile(rf"since {NUMBER} years\b", _I)
_NUMERALS = frozenset(
    """zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen
    eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred thousand million billion half third
    quarter couple crore crores lakh lakhs""".split()
)


_CURRENCIES = frozenset(
    """euro euros eur dollar dollars usd pound pounds gbp franc francs chf bucks grand quid kronor kroner krona sek yen crown crowns rupee rupees lakh
    lakhs crore crores zloty rand reais peso pesos dirham dirhams yuan shekel shekels lira rs inr ksh kes ngn zar aud cad nzd nok dkk pln huf czk jpy cny
    sgd hkd aed brl mxn r kr naira shillings shilling baht ringgit forint forints koruna dinar dinars riyal riyals taka birr cedi cedis kwacha rouble roubles ruble rubles hryvnia""".split()
)


def monied(words: set[str], text: str) -> bool:
    """Tell whether there may be a sum of money in a clause: a currency, its sign, or "74k"."""
    return (
        not _CURRENCIES.isdisjoint(words)
        or not text.isascii()
        or "$" in text
        or any((word[0].isdigit() and word[-1] in "kmn") or (word[0] == "r" and word[1:2].isdigit()) for word in words)
    )


def counts(words: set[str]) -> bool:
    """Tell whether there is a number among the words of a clause."""
    return not _NUMERALS.isdisjoint(words) or any(word[0].isdigit() for word in words)


def figures(text: str) -> Iterator[Noun]:
    """Yield what a clause counts: "63 stores", "takes eleven minutes"."""
    for pattern in (_MEASURED, _COUNTED, _LASTING, _LEADING, _LARGE):
        for found in pattern.finditer(text):
            if (
                _OF_TEXTS.search(found["value"])
                or (
                    _COUNTED_NOT.search(text[: found.start("value")])
                    and not _SINCE_YEARS.match(text[found.start("value") - 6 :])
                )
                or _FEW.match(found["value"])
                or (pattern is _LASTING and _ABSENCE.search(text))
            ):
                continue
            yield Noun("amount", found["value"], AS_AMOUNT)
