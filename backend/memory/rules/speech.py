"""Speech and writing made plain before rules read it: no fillers, no stutter, no quotations, contractions in full.

`plain` keeps the speaker's words and their order; what it takes out is nobody's statement: fillers, repeated words, what
a self-correction takes back, quoted lines and quotations, code, links.
"""

import re
from operator import eq

from backend.memory.rules.dialect import standard

MAX_LENGTH = 4_000
"""Characters of a turn that are read: what is longer was pasted, not said."""

QUOTED = "\N{HORIZONTAL ELLIPSIS}"
"""Stands where a quotation was."""

_CODE = re.compile(r"```.*?(?:```|\Z)|`[^`\n]*`", re.DOTALL)
_QUOTED_LINE = re.compile(r"(?m)^[ \t]*>.*$")
_QUOTATION = re.compile(r"[\"\N{LEFT DOUBLE QUOTATION MARK}\N{LEFT-POINTING DOUBLE ANGLE QUOTATION MARK}]"
                        r"([^\"\n\N{RIGHT DOUBLE QUOTATION MARK}\N{RIGHT-POINTING DOUBLE ANGLE QUOTATION MARK}]{1,600})"
                        r"[\"\N{RIGHT DOUBLE QUOTATION MARK}\N{RIGHT-POINTING DOUBLE ANGLE QUOTATION MARK}]")  # fmt: skip
_SINGLE = re.compile(r"(?<!\w)'(\w[^'\n]{1,300})'(?!\w)")
_LINK = re.compile(r"\b(?:https?://|www\.)\S+")
_SMILEY = re.compile(r"(?<!\S)[:;]-?[()DPp/|](?!\S)|[\U0001F300-\U0001FAFF\u2600-\u27BF\ufe0f]")

_FILLER = re.compile(
    r"(?<![\w'])(?:u+h+|u+m+|e+r+m*|h+m+|ah+|you know|kind of|sort of|i mean like|let me see|how do you say)"
    r"(?![\w'])(?! (?:what|where|that|how|if)\b),?[ ]?",
    re.IGNORECASE,
)
_SOUNDS = frozenset(
    """ha hah haha hahaha hahahaha ahaha hahah aha ah-ha hehe hehehe jaja jajaja kkkk kkkkk kkkkkk lol loll lool lmao rofl mm mmm mmhmm ugh ughh
    pff pfft phew gosh oof aww yay woohoo""".split()
)
_SOUND = re.compile(
    rf"[, ]*(?<![\w'])(?:(?:ha,? )+ha|(?:oh )?gosh|mm+[ -]?hmm?|(?!ha\b){'|'.join(sorted(_SOUNDS - {'gosh', 'ha'}, key=len, reverse=True))})(?![\w'-])(?! (?:hotel|spa|moment)),?",
    re.IGNORECASE,
)
"""Sounds, which are no words: they would be taken for names."""
_STUTTER = re.compile(r"\b(\w+(?: \w+){0,2}?)(?:,? \1\b)+(?![@.]\w)", re.IGNORECASE)
_MEANT_TWICE = frozenset(("very", "really", "no", "had", "that", "bora", "so"))

_TAKEN_BACK = re.compile(
    r"[,.\N{HORIZONTAL ELLIPSIS}\N{EM DASH}-]*\s+(?:"
    r"(?:(?:oh|uh|eh|ah|no|nope|sorry|wait|actually|oops|correction)[, ]+)+"
    r"(?:(?:i mean|i meant|make that|it is|it's|that is|that's|rather)[, ]+)?"
    r"|(?:i mean|i meant|make that|or rather|scratch that|strike that)[,:]?\s+(?:it is |it's )?)",
    re.IGNORECASE,
)
_TAKING_BACK = re.compile(
    r"\b(?:wait|sorry|actually no|no actually|i mean|i meant|make that|or rather|scratch that|strike that|correction"
    r"|no no|oops)\b|(?:\d|\b(?:two|three|four|five|six|seven|eight|nine|\w+teen|\w+ty|hundred|thousand)),? no (?=\d|(?:two|three|four|five|six|seven|eight|nine|\w+teen|\w+ty)\b)",
    re.IGNORECASE,
)

_CONTRACTIONS = (
    (
        "'s",
        re.compile(
            r"\b((?:to|at|from|for|with|visiting|near) (?:my|our|his|her|the|their) [\w-]+)'s (?=(?:in|at|from|on)\b)",
            re.IGNORECASE,
        ),
        r"\1 ",
    ),
    ("dinn", re.compile(r"\bdinn(?:ae|a)\b", re.IGNORECASE), "do not"),
    ("nae", re.compile(r"\b(can|did|does|is|was|would|could|should|will|have|has)nae\b", re.IGNORECASE), r"\1 not"),
    ("gonna", re.compile(r"\bgonna\b", re.IGNORECASE), "going to"),
    ("wanna", re.compile(r"\bwanna\b", re.IGNORECASE), "want to"),
    ("gotta", re.compile(r"\b(it|he|she|that|this|there)(?:'s| has) gotta\b", re.IGNORECASE), r"\1 has to"),
    ("gotta", re.compile(r"(?:'ve|\bhave)? ?\bgotta\b", re.IGNORECASE), " have to"),
    ("ain", re.compile(r"\bain'?t\b", re.IGNORECASE), "is not"),
    ("its", re.compile(r"\b([Ii])ts (?=[A-Z][a-z])"), r"\1t is "),
    ("'m|im ", re.compile(r"\b(i)(?:'m|m)\b", re.IGNORECASE), r"\1 am"),
    ("ve", re.compile(r"\b(i|you|we|they)(?:'ve)\b|\b(i)ve\b", re.IGNORECASE), r"\1\2 have"),
    ("'re", re.compile(r"\b(you|we|they)'re\b", re.IGNORECASE), r"\1 are"),
    (
        "'s",
        re.compile(
            r"\b(he|she|it|that|there|here|what|who|where|when|how|name|everything|everybody|deadline|budget|number|date)'s\b",
            re.IGNORECASE,
        ),
        r"\1 is",
    ),
    (
        "'s",
        re.compile(
            r"\b([^\W\d_][\w-]+)'s (?=(?:an?|the|from|in|on|at|now|not|called|our|my|getting|going|leaving|coming|having|moving"
            r"|working|calling|retiring|turning|starting|taking|covering|running|handling|selling|buying|bringing|giving|sending|staying|living|looking|trying|waiting|paying|joining|losing|finishing|helping|studying|expecting|marrying|adopting|organising|organizing|visiting|flying|driving|going|travelling|quitting|resigning|becoming|changing|switching|training for|bored|tired|happy|upset|angry|late|early|fine|pleased|worried|doing|fluent|allergic|vegan|vegetarian|always|only|still|also|now|replaced|based|gone|been|taken|got|joined"
            r"|promised|resigned|moved|[a-z]{2,}in[g']?(?= (?:to|up|on|off|out|in|at|for|from|the|a|it|with|back)\b)|ceo|cto|cfo|coo|head of|director|out|off|back|sick|pregnant|married|co?eliac|diabetic|autistic|dyslexic|asthmatic|over|done|finished|ready|broken|retired|single|divorced|engaged|blind|deaf|ill|dead|closed|open|full|(?:mon|tues|wednes|thurs|fri|satur|sun)days?)\b)",
            re.IGNORECASE,
        ),
        r"\1 is ",
    ),
    (
        "'s",
        re.compile(
            r"\b([^\W\d_][\w-]+)'s (?=(?:(?:twenty |thirty |forty |fifty |sixty |seventy |eighty )?(?:one|two|three|four|five|six|seven|eight|nine)|ten|eleven|twelve|\w+teen|twenty|thirty|forty|fifty|sixty|seventy|eighty|\d+)(?: (?:and|now|so|but|in|next|this|years?|hundred|thousand|million|percent|euros|pounds|dollars|k|grand|quid|bucks|people|of|days|weeks|months|kilos|metres|lakhs|crores)\b|,|$))",
            re.IGNORECASE,
        ),
        r"\1 is ",
    ),
    ("got", re.compile(r"\b(it|he|she|that|this|there)(?:'s| is| has) got to\b", re.IGNORECASE), r"\1 has to"),
    ("'ve|'s", re.compile(r"\b(i|we|you|they)'ve (?=to\b|an?\b|no\b|two\b|three\b)", re.IGNORECASE), r"\1 have "),
    ("'ll", re.compile(r"\b(i|you|we|he|she|it|they|that|there)'ll\b", re.IGNORECASE), r"\1 will"),
    ("'d", re.compile(r"\b(i|you|we|he|she|it|they|that|who)'d\b", re.IGNORECASE), r"\1 would"),
    ("pls|plz", re.compile(r"\b(?:pls|plz)\b", re.IGNORECASE), "please"),
    ("let", re.compile(r"\blet'?s\b(?! \w+ed\b)", re.IGNORECASE), "let us"),
    ("can", re.compile(r"\bcan'?t\b|\bcan not\b", re.IGNORECASE), "cannot"),
    ("won", re.compile(r"\bwon'?t\b", re.IGNORECASE), "will not"),
    (
        "nt|n't",
        re.compile(r"\b(do|does|did|is|are|was|were|has|have|had|could|would|should)n'?t\b", re.IGNORECASE),
        r"\1 not",
    ),
    ("any more", re.compile(r"\bany more\b", re.IGNORECASE), "anymore"),
)
"""What tells that one may be there (in lower case, or this or that), its expression, and the words in full."""
_LETTERS = re.compile(
    r"(?<![\w'])(?:[b-hj-z]|[ai](?= [b-hj-z](?: [a-z])?(?![\w'])))(?:[ .-] ?[a-z](?![\w'])\.?)+", re.I
)
_SPOKEN_ADDRESS = re.compile(
    r"(?<![\w@])([a-z0-9]+(?: (?:dot|underscore|dash) [a-z0-9]+)*) at ([a-z0-9]+(?: (?:dot|dash) [a-z0-9]+)*)"
    r" dot (com|org|net|de|eu|io|uk|se|fr|co|at|ch|nl|es|it|dev|edu)\b",
    re.IGNORECASE,
)
_MARKS = {" dot ": ".", " underscore ": "_", " dash ": "-"}


def plain(text: str) -> str:
    """Return `text` as the rules read it. Costs some 50 us for a spoken turn."""
    text = text[:MAX_LENGTH].translate(_QUOTES)
    if "`" in text:
        text = _CODE.sub(" ", text)
    if ">" in text:
        text = _QUOTED_LINE.sub("", text)
    if not _QUOTES_IN.isdisjoint(text):
        text = _QUOTATION.sub(_quotation, text)
    if "'" in text:
        text = _SINGLE.sub(_quotation, text)
    if "://" in text or "www." in text:
        text = _LINK.sub(" ", text)
    if ":" in text or ";" in text or not text.isascii():
        text = _SMILEY.sub(" ", text)
    text = "\n".join(" ".join(line.split()) for line in text.splitlines())
    spoken = text.casefold().translate(_POINTS).split()
    words = frozenset(spoken)
    if not words.isdisjoint(_SOUNDS):
        text = _SOUND.sub("", text).lstrip()
    if not words.isdisjoint(_FILLERS):
        text = _FILLER.sub("", text)
        spoken = text.casefold().translate(_POINTS).split()
    if _stutters(spoken):
        text = _STUTTER.sub(_once, text)
    text = standard(text, words)
    short, low = text, text.casefold()
    apostrophe = "'" in low
    for marks, always, pattern, full in _CONTRACTED:
        if (apostrophe or always) and any(mark in low for mark in marks):
            text = pattern.sub(full, text)
    if text != short and _stutters(text.casefold().translate(_POINTS).split()):
        text = _STUTTER.sub(_once, text)  # "she's she is"
    if "-" in text or not words.isdisjoint(_SPELLED):
        text = _LETTERS.sub(_word_of_letters, text)
    if " dot " in text:
        text = _SPOKEN_ADDRESS.sub(_address, text)
    if not words.isdisjoint(_CORRECTING) and _TAKING_BACK.search(text):
        text = _corrected(text)
    return text.strip()


def _stutters(words: list[str]) -> bool:
    """Tell whether one, two or three words are said twice running."""
    return (
        b"\1" in bytes(map(eq, words, words[1:]))
        or b"\1\1" in bytes(map(eq, words, words[2:]))
        or b"\1\1\1" in bytes(map(eq, words, words[3:]))
    )


_CONTRACTED = [
    (tuple(marks.split("|")), not all(mark[0] == "'" for mark in marks.split("|")), pattern, full)
    for marks, pattern, full in _CONTRACTIONS
]
"""What tells that one may be there, whether that may be without an apostrophe, the expression, the words in full."""
_QUOTES_IN = frozenset('"\N{LEFT DOUBLE QUOTATION MARK}\N{LEFT-POINTING DOUBLE ANGLE QUOTATION MARK}')
_CORRECTING = frozenset("wait sorry no mean meant make rather scratch strike correction oops".split())
_SPELLED = frozenset("bcdefghjklmnopqrstuvwxyz")
_FILLERS = frozenset(
    """uh uhh uhhh uhm um umm ummm er err errr erm ermm hm hmm hmmm ah ahh ahhh uuh know kind sort mean let say""".split()
)
"""Words one of which is in every filler."""
_POINTS = str.maketrans(dict.fromkeys(",.;:!?()", " "))
_QUOTES = str.maketrans({"\N{RIGHT SINGLE QUOTATION MARK}": "'", "\N{LEFT SINGLE QUOTATION MARK}": "'", "\t": " "})


def _once(found: re.Match[str]) -> str:
    """Take a stutter back, but leave figures ("five five") and emphasis ("very very")."""
    word = found[1].casefold()
    return found[0] if word in _MEANT_TWICE or _figure(word.split(" ")[0]) else found[1]


def _quotation(found: re.Match[str]) -> str:
    """A name in quotation marks is a name; more words than that are somebody else's."""
    return found[1] if len(found[1].split()) <= 3 and not found[1].endswith((".", "!", "?")) else QUOTED


def _word_of_letters(found: re.Match[str]) -> str:
    letters = re.sub(r"[ .-]", "", found[0])
    return letters.upper() if len(letters) > 1 else found[0]


def _address(found: re.Match[str]) -> str:
    name, host = found[1], found[2]
    for words, mark in _MARKS.items():
        name, host = name.replace(words, mark), host.replace(words, mark)
    return f"{name}@{host}.{found[3]}"


def _corrected(text: str) -> str:
    """Let a self-correction take effect: "the third no wait i mean the fifth" is "the fifth".

    The words before the correction go as far back as the correction reaches: to its own first word where that occurs
    shortly before, else by as many words as are of its kind (figures), else by one.
    """
    while found := _TAKEN_BACK.search(text):
        before, after = text[: found.start()].split(" "), text[found.end() :].split(" ")
        first = after[0].casefold().strip(",.")
        last = before[-1].casefold().strip(",.")
        if not _TAKING_BACK.search(found[0] + " ") and not (_figure(first) and _figure(last)):
            break
        recent = [word.casefold().strip(",.") for word in before[-8:]]
        if first in recent:
            cut = len(before) - len(recent) + (len(recent) - 1 - recent[::-1].index(first))
        elif first in _SUBJECTS:
            cut = len(before)  # a whole sentence follows; the one before stands unless it says the same
        elif _figure(first) and not _figure(recent[-1]) and any(_figure(word) for word in recent[-_BACK_TO_FIGURE:]):
            cut = len(before) - 1  # "nine hundred a blade no sorry nineteen hundred"
            while not _figure(before[cut].casefold()):
                cut -= 1
            while cut > 1 and _figure(before[cut - 1].casefold()):
                cut -= 1
        else:
            cut = len(before) - 1
            while cut > 1 and _figure(first) and _figure(before[cut - 1].casefold()):
                cut -= 1
        text = " ".join(before[:cut] + ([","] if cut == len(before) else []) + after)
    return text


_BACK_TO_FIGURE = 4  # words
_SUBJECTS = frozenset(("i", "we", "he", "she", "it", "they", "my", "our", "the", "that", "this"))
_FIGURES = frozenset(
    [
        "one",
        "two",
        "three",
        "four",
        "five",
        "six",
        "seven",
        "eight",
        "nine",
        "ten",
        "eleven",
        "twelve",
        "thirteen",
        "fourteen",
        "fifteen",
        "sixteen",
        "seventeen",
        "eighteen",
        "nineteen",
        "twenty",
        "thirty",
        "forty",
        "fifty",
        "sixty",
        "seventy",
        "eighty",
        "ninety",
        "hundred",
        "thousand",
        "million",
    ]
)


def _figure(word: str) -> bool:
    return word in _FIGURES or word[:1].isdigit()
