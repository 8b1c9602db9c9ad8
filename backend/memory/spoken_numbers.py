"""Numbers among words, written or spoken: "21", "twenty one", "the third", "a couple of", "twenty twenty three"."""

from collections.abc import Sequence

SMALL = {
    word: number
    for number, word in enumerate(
        """zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
        seventeen eighteen nineteen""".split()
    )
}
TENS = {"twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90}
ORDINALS = {
    word: number
    for number, word in enumerate(
        """first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth
        fifteenth sixteenth seventeenth eighteenth nineteenth twentieth""".split(),
        1,
    )
} | {"thirtieth": 30}
FEW = {"couple": (2, 2), "few": (2, 5), "several": (3, 7)}


_SCALES = {"hundred": 100, "thousand": 1_000, "grand": 1_000, "k": 1_000, "lakh": 100_000, "million": 1_000_000}


def in_figures(words: Sequence[str]) -> list[str]:
    """Write the numbers among case folded words in figures: "forty five thousand euros" is "45000 euros"."""
    found: list[str] = []
    total = part = 0
    open_ = False
    for at, word in enumerate(words):
        number = SMALL.get(word, TENS.get(word))
        if number is None and word.isdigit() and at + 1 < len(words) and words[at + 1] in _SCALES:
            number = int(word)
        if number is not None:
            if open_ and not _continues(part, number):
                found.append(str(total + part))
                total = part = 0
            part += number
        elif word in _SCALES and (open_ or len(word) > len("k")):
            scale = _SCALES[word]
            part = (part or 1) * scale
            if scale > _SCALES["hundred"]:
                total, part = total + part, 0
        elif word == "and" and open_ and at + 1 < len(words) and words[at + 1] in {**SMALL, **TENS}:
            continue
        else:
            if open_:
                found.append(str(total + part))
            total, part, open_ = 0, 0, False
            found.append(word)
            continue
        open_ = True
    return [*found, str(total + part)] if open_ else found


def _continues(part: int, number: int) -> bool:
    """Whether a number goes on with another: "twenty" with "one", "two hundred" with "six"; not "nine" with "one"."""
    return part == 0 or (part % 100 == 0 and number < 100) or (part % 10 == 0 and part % 100 >= 20 and 0 < number < 10)


class Words(list[str]):
    """The words of a text, case folded. Every method takes the word to begin at."""

    def word(self, at: int) -> str:
        """That word; "" before the first and behind the last."""
        return self[at] if 0 <= at < len(self) else ""

    def digit(self, at: int) -> int | None:
        """A number of one word, below 10,000."""
        word = self.word(at)
        return int(word) if word.isdigit() and len(word) < 5 else SMALL.get(word)

    def amount(self, at: int) -> tuple[int, int, int] | None:
        """A number of units: least, most, and the word behind it."""
        word = self.word(at)
        if word in ("a", "an"):
            if (few := FEW.get(self.word(at + 1))) is None:
                return 1, 1, at + 1
            return *few, at + 2 + (self.word(at + 2) == "of")
        if (few := FEW.get(word)) is not None:
            return *few, at + 1 + (self.word(at + 1) == "of")
        if word in TENS:
            more = SMALL.get(self.word(at + 1), 0)
            return TENS[word] + more, TENS[word] + more, at + 1 + bool(0 < more < 10)
        number = self.digit(at)
        return None if number is None else (number, number, at + 1)

    def ordinal(self, at: int) -> tuple[int, int] | None:
        """A day of a month: its number, and the word behind it."""
        word = self.word(at)
        if word in ("twenty", "thirty") and 1 <= (ones := ORDINALS.get(self.word(at + 1), 0)) <= 9:
            return TENS[word] + ones, at + 2
        if word in ORDINALS:
            return ORDINALS[word], at + 1
        digits = word[:-2] if word[-2:] in ("st", "nd", "rd", "th") else word
        if digits.isdigit() and len(digits) <= 2 and 1 <= int(digits) <= 31:
            return int(digits), at + 1
        counted = self.amount(at) if word not in ("a", "an") and word not in FEW else None
        return (counted[0], counted[2]) if counted and 1 <= counted[0] <= 31 else None

    def year(self, at: int) -> tuple[int | None, int]:
        """A year from 1900 to 2099 and the word behind it; (None, at) for none."""
        word = self.word(at)
        if len(word) == 4 and word.isdigit() and 1900 <= int(word) < 2100:
            return int(word), at + 1
        if word in ("twenty", "nineteen") and (rest := self.amount(at + 1)) and 10 <= rest[0] <= 99:
            return (2000 if word == "twenty" else 1900) + rest[0], rest[2]
        if word == "two" and self.word(at + 1) == "thousand":
            after = at + 2 + (self.word(at + 2) == "and")
            rest = self.amount(after) if self.word(after) in TENS or self.word(after) in SMALL else None
            return (2000 + rest[0], rest[2]) if rest and rest[0] < 100 else (2000, at + 2)
        return None, at
