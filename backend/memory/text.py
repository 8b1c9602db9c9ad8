"""Words: cleaning text for the store, cutting it into sentences and index terms, telling statements from questions.

English first: the stemmer and the stop words are English; other languages are indexed by their plain words, and scripts
without spaces by pairs of characters.
"""

import re
from functools import lru_cache

import Stemmer

_stemmer = Stemmer.Stemmer("english", 0)

STOP_WORDS = frozenset(
    """a about after again all also am an and any are aren't as at be because been before being but by can can't could
    did didn't do does doesn't doing don't down for from further get go got had has have having he her here hers him his
    how i i'd i'll i'm i've if in into is isn't it it's its itself just know let like me more most my myself no nor not
    now of off oh ok okay on once only or other our ours out over own please really remember same say said she should so
    some such tell than thank thanks that that's the their them then there these they this those to too told under until
    up us very was wasn't we well were what what's when where which while who whom why will with won't would yeah yes
    you your yours hello hi hey""".split()
)

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")  # noqa: RUF001 - the typographic apostrophe is meant
_SPELLED = re.compile(r"(?<![^\W_])[^\W\d_](?:[ .-]{1,2}[^\W\d_](?![^\W_])){2,}")
_WIDE = re.compile(r"[\u0e00-\u0eff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af]")
_SENTENCE = re.compile(r"(?<=[.!?…。！？])\s+|\n+")  # noqa: RUF001 - full-width marks are meant
_ASKING = frozenset(
    """what what's who who's whom whose when where where's which why how how's is isn't are aren't am was were do does
    did don't doesn't didn't can could will would should shall may have has had tell show give explain describe list
    write translate summarise summarize remind repeat compare calculate please""".split()
)
_SELF = frozenset({"i", "i'm", "i've", "i'd", "i'll", "im", "my", "mine", "me", "myself", "we", "we're", "our", "us"})

MAX_WORD = 64
"""Characters of a word that are indexed; longer ones are data, not words."""


def clean(text: str) -> str:
    """Return `text` as PostgreSQL can store it: surrogate pairs joined, lone surrogates and NUL replaced by U+FFFD."""
    if "\x00" in text:
        text = text.replace("\x00", "\ufffd")
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


@lru_cache(maxsize=50_000)
def _stem(word: str) -> str:
    return str(_stemmer.stemWord(word))


def terms(text: str) -> list[str]:
    """Cut `text` into index terms, in order and with repetition: case folded, without stop words, stemmed.

    Letters spelled out one by one ("C R M", as speech recognition writes it) also count as the word they spell.
    """
    folded = text.casefold().replace("’", "'")  # noqa: RUF001
    found: list[str] = []
    for word in _WORD.findall(folded):
        if word in STOP_WORDS:
            continue
        if not word.isascii() and _WIDE.search(word):
            found.extend(word[at : at + 2] for at in range(max(1, len(word) - 1)))
            continue
        if word.endswith("'s"):
            word = word[:-2]
        found.append(_stem(word[:MAX_WORD]))
    if _may_spell(folded):
        found.extend(_stem(re.sub(r"[ .-]", "", letters)[:MAX_WORD]) for letters in _SPELLED.findall(folded))
    return found


def _may_spell(folded: str) -> bool:
    return " " in folded and 1 in map(len, folded.replace(".", " ").split())


def sentences(text: str) -> list[str]:
    """Cut `text` at sentence ends and line breaks; the pieces are verbatim, without outer white space."""
    return [piece for part in _SENTENCE.split(text) if (piece := part.strip())]


def is_question(sentence: str) -> bool:
    """Tell a question or a request from a statement. Speech often lacks the question mark, so the first word counts
    too.
    """
    if sentence.rstrip("\"')] ").endswith(("?", "？")):  # noqa: RUF001
        return True
    words = _WORD.findall(sentence.casefold().replace("’", "'"))  # noqa: RUF001
    while words and words[0] in ("and", "but", "so", "well", "ok", "okay", "hello", "hi", "hey", "elena", "marcus"):
        words.pop(0)
    return not words or words[0] in _ASKING


def statements(text: str) -> list[str]:
    """Return the sentences of `text` that state something: no questions, no greetings."""
    return [
        sentence
        for sentence in sentences(text)
        if not is_question(sentence) and len(sentence.split()) >= 3 and terms(sentence)
    ]


def about_speaker(sentence: str) -> bool:
    """Tell whether a sentence speaks of the one who says it ("I", "my", "we")."""
    return not _SELF.isdisjoint(_WORD.findall(sentence.casefold().replace("’", "'")))  # noqa: RUF001


def title_of(text: str) -> str:
    """Return the first words of `text` on one line, at most 80 characters: an episode's title."""
    line = " ".join(text[:400].split())
    if len(line) <= 80:
        return line
    return line[:79].rsplit(" ", 1)[0].rstrip(",;:.") + "…"
