"""Dialect and the short hand of chats, put into standard words, so that one grammar reads them all.

Only words that mean nothing else in standard English, or nothing else where they stand.
"""

import re

_PAIRS = """
tae=to wi=with fae=from frae=from whit=what noo=now masel=myself mysel=myself meself=myself hissel=himself hersel=herself heid=head hauns=hands
haun=hand yins=ones afore=before dae=do daein=doing gie=give gied=gave selt=sold telt=told doon=down oot=out aboot=about hoose=house hame=home
toon=town baith=both mair=more nane=none oor=our wur=our gonnae=going_to yous=you youse=you ye=you yer=your thon=that ower=over owt=anything
nowt=nothing summat=something awright=alright morra=tomorrow gaun=going hae=have awfy=very jist=just
tmrw=tomorrow tmr=tomorrow tmw=tomorrow tomoz=tomorrow 2moro=tomorrow 2morrow=tomorrow 2day=today pls=please plz=please ppl=people cuz=because
coz=because cos=because bcos=because b4=before mtg=meeting mtgs=meetings bday=birthday gf=girlfriend bf=boyfriend gf's=girlfriend's bf's=boyfriend's eng=engineer thx=thanks msg=message msgs=messages
circa=about dept=department mgr=manager govt=government yrs=years wks=weeks mths=months hrs=hours mins=minutes abt=about thats=that_is whats=what_is
theres=there_is hes=he_is shes=she_is youre=you_are theyre=they_are weve=we_have theyve=they_have ur=your dunno=do_not_know lemme=let_me gimme=give_me
tryna=trying_to prolly=probably deffo=definitely defo=definitely ol'=old y'all=you yall=you
"""
WORDS = {short: full.replace("_", " ") for short, _, full in (pair.partition("=") for pair in _PAIRS.split())}
_ANY = re.compile(
    rf"(?<![\w'@./-])(?:{'|'.join(sorted(map(re.escape, WORDS), key=len, reverse=True))})(?![\w'@/-]|\.\w)",
    re.IGNORECASE,
)
_AND = re.compile(
    r"\b(an|n|an') (?=(?:the|i|we|he|she|they|my|our|that|then|so|no|now|what|how|just|also|got|did|was|a(?! (?:level|la|to)\b))\b)",
    re.IGNORECASE,
)
_OF = re.compile(
    r"(?<=\w )o'? (?=(?:the|them|us|my|our|his|her|january|february|march|april|may|june|july|august|september|october|november|december)\b)",
    re.IGNORECASE,
)
_MY = re.compile(
    r"\bm[ea] (?=(?:wee |own |old |new )?(?:mam|mum|dad|wife|husband|brother|sister|son|daughter|mate|mates|boss|nan|gran|kids|lad|lass|partner|family|parents|boy|girl|missus"
    r"|cousin|uncle|auntie|aunt|nephew|niece|neighbours?|daughters|sons|brothers|sisters|bairns?|weans?|masters|hands)\b)"
    r"|(?<=\b(?:in|on|at|of|is|to) )me (?=(?:job|house|phone|back|knee|car|van|desk|place|head|holidays?|birthday|dog|cat|team|garden|flat|shift|office|exams?|degree|course|dinner|last)\b)"
    r"|(?<=\b(?:and|but|for) )me (?=(?:job|house|phone|back|knee|car|van|desk|head|holidays?|garden|flat|shift|exams?|degree)\b)|(?<=\b(?:with|from) )me (?=(?:job|phone|back|knee|car|van|garden|flat|degree)\b)",
    re.IGNORECASE,
)


_PERCENT = re.compile(r"\bper cent\b", re.IGNORECASE)


def standard(text: str, words: frozenset[str]) -> str:
    """Return `text` in standard words. words: those of the text, case folded, so that most texts cost nothing."""
    if "per" in words and "cent" in words:
        text = _PERCENT.sub("percent", text)
    if not words.isdisjoint(WORDS):
        text = _ANY.sub(_full, text)
    if "an" in words or "n" in words:
        text = _AND.sub("and ", text)
    if "o" in words or "o'" in words:
        text = _OF.sub("of ", text)
    if "me" in words or "ma" in words:
        text = _MY.sub("my ", text)
    return text


def _full(found: re.Match[str]) -> str:
    word = WORDS[found[0].casefold()]
    return word.capitalize() if found[0][0].isupper() and len(found[0]) > 1 and not found[0].isupper() else word
