"""Kinds of answers: how a question asks for an age, a price, a profession, and how such a thing stands in a text.

English. Generous on the side of the text: what might be such an answer counts as one.
"""

import re
from typing import NamedTuple

NUMBER = (
    r"(?:\d[\d.,]*|(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|\w+teen|twenty|thirty|forty|fifty|"
    r"sixty|seventy|eighty|ninety|hundred|thousand|million|half)\b)"
)
KIN = (
    r"(?:wife|husband|spouse|partner|son|daughter|child|mother|father|mum|mom|dad|brother|sister|grand(?:mother|father|"
    r"son|daughter)|uncle|aunt|cousin|boss|manager|dog|cat|neighbour|neighbor|doctor|dentist)"
)
_MONEY = (
    rf"[€$£¥]|\b(?:chf|eur|usd|nok|r) ?\d|{NUMBER} ?(?:k|grand|thousand|million|euros?|dollars?|pounds?|yen|kroner|"
    rf"quid|rand|bucks|pence|cents?|%|percent)(?!\w)|{NUMBER} (?:a|per) (?:day|week|month|year|seat|word)\b|\d,\d{{3}}|"
    r"\d[.,]\d+ ?million|"
    r"for free|free of charge|\b(?:hundred|thousand|million)\b|\d[\d.,]*[km]\b|\b(?!(?:19|20)\d\d\b)\d{3,}\b|"
    r"\b\d{1,3} \d{3}\b|"
    rf"\b(?:charge[sd]?|costs?|pays?|paid|spen[dt]|quoted?|worth|(?:set|put) \w+ back|price is)(?: \w+)?? {NUMBER}"
)
_COUNT = rf"{NUMBER}|\b(?:all|none|nobody|both|every|whole|half|double|few|dozen|lines?)\b|\d"
_COST = (
    r"\bhow much\b.*\b(?:costs?|charge[sd]?|pay|paid|get|earns?|salary|rent|sell|sold|want|price)\b|\bfor how much\b|"
    r"\b(?:what|which)\b(?! \w*(?:account|card|bank)).*\b(?:cost|charge|quote|pay|paid|earn|ask for|want per)\b|"
    r"\b(?:price|rent|salary|cost|fee) of\b|\b(?:what|which) (?:price|salary|rent|fee)\b"
)
_TRADE = (
    r"\b(?:is|'s|was|are|am|i'm|as|became|becomes?) (?:an? |the |our |my |his |her |head |chief |now |new )*"
    r"(?:\w+ )?\w*(?:er|or|guard|ist|ian|ant|ent|ect|ess|yst|ive|man|woman)s?\b|"
    r"\b(?:works?|working|employed|job|freelances?|runs?|teach(?:es)?|studies|retired?|leads?|sells?|makes?|owns?|owner|nurse|chef|cook|vet|midwife|physio|plumber|clerk|lead|head|director|ceo|"
    r"coo|cfo|guide|judge|coach|pilot|manages?|does (?:the|our|all)|looks after|responsible|in charge)s?\b|"
    r"\bdrives? (?:an? |the )?(?:bus|tram|train|taxi|cab|truck|lorry|van|ambulance)\b|"
    r"\bin (?:sales|marketing|finance|accounts|hr|it|logistics|purchasing|procurement|legal|support|charge of)\b"
)
_SPORT = (
    r"\b(?:play\w*|run\w*|swim\w*|ski\w*|surf\w*|sail\w*|hik\w+|cycl\w+|bik\w+|climb\w*|coach\w*|hockey|football|soccer|"
    r"tennis|golf|lacrosse|rugby|cricket|yoga|kendo|judo|karate|box(?:es|ing)|row\w*|sport\w*|gym|fishing|danc\w+)\b"
)
_LANGUAGE = (
    r"\b(?:english|irish|spanish|german|french|italian|polish|turkish|ukrainian|arabic|somali|welsh|norwegian|swedish|"
    r"danish|dutch|finnish|portuguese|russian|chinese|cantonese|mandarin|japanese|korean|hindi|urdu|bengali|isizulu|zulu|"
    r"xhosa|afrikaans|valenciano|catalan|basque|greek|hungarian|czech|romanian|latin|hebrew|persian|vietnamese|thai)\b"
)
_HOME = (
    r"\b(?:liv(?:e|es|ed|ing)|mov(?:e|es|ed|ing)|house|flat|home|born|grew up|apartment|address|cottage|based|"
    r"neighbou?r|commut\w+|rent\w*)\b|(?-i:\bin [A-Z]\w+|\bfrom [A-Z]\w+)|"
    r"'s from\b|\bfrom (?!the\b|my\b|now\b|a\b|us\b|me\b)\w+"
)
_SCHOOL = (
    r"\b(?!(?:my|her|his|our|to|at|the|a|an|of|in|from|and|is|started|deputy)\b)[\w&.]{3,} "
    r"(?:primary |high |technical )?(?:school|kindergarten|university|college|nursery|academy|institute)\b|"
    r"\b(?:university|college|school|institute) of \w+|\bstudied\b|"
    r"\b(?:goes|went|go|is|teach(?:es)?) (?:to|at) (?-i:[A-Z])\w+"
)
_CAR = (
    r"\b(?:volvo|ford|toyota|honda|bmw|audi|vw|volkswagen|tesla|renault|peugeot|fiat|skoda|opel|mazda|nissan|kia|hyundai|"
    r"chevy|chevrolet|dodge|gmc|jeep|subaru|mercedes|rover|saab|citro[eë]n|porsche|dacia|suzuki|mini)\b|"
    r"\b(?:i|we) (?:\w+ )?(?:drive|bought|own|have|got) (?:an? |the |this )\w+|\bdrives an? \w+"
)
_COLOUR = r"\b(?:red|blue|green|yellow|black|white|gr[ae]y|brown|orange|purple|pink|silver|gold|beige|violet)\b"


class Kind(NamedTuple):
    """asked: found in a question that wants it. offered: found in a text that may hold it."""

    asked: re.Pattern[str]
    offered: re.Pattern[str]

    @property
    def counts(self) -> bool:
        """Whether it is so much or so many of something, which must then be spoken of."""
        return self.offered.pattern in (_MONEY, _COUNT)


KINDS: tuple[Kind, ...] = tuple(
    Kind(re.compile(asked, re.IGNORECASE), re.compile(offered, re.IGNORECASE))
    for asked, offered in (
        (r"\bhow old\b|\bwhat age\b|'s age\b",
         rf"\b(?:is|'s|are|be|am|i'm|turn(?:s|ed|ing)?|aged?|at|he|she) (?:only |just |now |already )?{NUMBER}"
         rf"(?!\w| ?(?:%|percent|o'clock|minutes|hours|days|weeks|months|euro|dollar|pound|grand|thousand|million|"
         rf"people))|\w,? {NUMBER},? (?:ex|he|she|and)\b|"
         rf"\w, {NUMBER},|"
         rf"{NUMBER}[ -]\w+[ -]old|\b(?:born|built)\b|(?-i:\b[A-Z])\w+,? \d{{1,2}}\b"
         r"(?! ?(?:\w*day|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|and|or|to))|"
         r"\bin (?:my|his|her|their) (?:\w+ )?(?:teens|\w+ties)\b"),
        (r"\bhow (?:tall|heavy)\b|\bweigh\b|\b(?:weight|height) of\b",
         rf"{NUMBER} ?(?:cm|m|kg|kilos?|grams?|ft|feet|foot|inches|centimet\w+|met\w+|pounds?)\b|"
         r"\b[12][.,]\d\d\b"),
        (r"\b(?:tele)?phone\b|\bextension\b|\bmobile number\b",
         r"(?:(?:\d|zero|oh|one|two|three|four|five|six|seven|eight|nine|double)\W{1,2}){4}|\d{3,}[ -]?\d{3,}|"
         rf"\bextension {NUMBER}"),
        (r"\bpassword\b|\bpin\b", r"\b(?:password|pin|code) (?:is|was|=)"),
        (r"\bwhere (?:does|do|did|is|was|are|were) .*\b(?:live|living|born|from|grow up|home)\b|"
         r"\b(?:which|what) (?:city|town|country|village|suburb) .*\b(?:live|living|from|born)\b", _HOME),
        (r"\bfavou?rite\b", r"\bfavou?rites?\b|\blov(?:e|es|ed|ing)\b|\blikes?\b|\benjoy\w*|\bfan of\b|\bbest\b|"
         r"\bprefer\w*|\bmad about\b"),
        (r"\b(?:which|what) languages?\b", _LANGUAGE),
        (r"^(?!who|when|why|where|how long).*\bbudget\b", _MONEY),
        (_COST, _MONEY),
        (r"\bbirthday\b|\bwhen (?:is|was) \w+ born\b|\bbaby due\b", r"\b(?:birthday|born|turns?|due)\b"),
        (r"\b(?:job|profession|occupation)\b|\bdo(?:es)? .* for a living\b|\bwhat (?:does|did) (?:my )?\w+ do\W*$",
         _TRADE),
        (r"\b(?:which|what) (?:primary |high )?(?:school|kindergarten|university|college|nursery)\b|"
         r"\bname of \w+'s (?:school|kindergarten|university)\b|\bwhere (?:does|did|do) .*(?:go to school|study)\b",
         _SCHOOL),
        (r"\ballerg\w+|\bintoleran\w+",
         r"\ballerg\w*|\bintoleran\w*|\bcoeliac\b|\b(?:can(?:no|')t|can not|must not|mustn't) (?:have|eat)\b|"
         r"\bhay fever\b|\blactose\b|\bswelled\b|\b(?:hives|rash)\b|\breact(?:s|ed)? to\b"),
        (r"\b(?:what|which) colou?r\b|\bcolou?r of\b", _COLOUR),
        (r"\b(?:which|what) (?:musical )?instrument\b|\bwhat does \w+ play\b",
         r"\b(?:play(?:s|ing)?|instrument|learn(?:s|ing)?)\b"),
        (r"\b(?:which|what) sport\b", _SPORT),
        (r"\b(?:what|which) (?:kind of |make of |model of |brand of )?(?:car|truck|van)\b.*\b(?:drive|own|have|got)\b",
         _CAR),
        (r"\bhow many (?:hours|days|weeks|months|years|minutes)\b|\bhow (?:long|often)\b",
         rf"{NUMBER}|\b(?:hours?|days?|weeks?|months?|years?|minutes?|every|each|once|twice|daily|weekly|monthly|"
         r"always|good|ever)\b"),
        (r"\bhow (?:many|much|large|high|big)\b",
         _COUNT),
        (r"\b(?:last|family) ?name\b|\bsurname\b",
         r"(?-i:[A-Z])[a-z]+ (?-i:[A-Z])[a-z]+|\b[a-z]+ (?:ng|[a-z]{3,})\b"),
    )
)  # fmt: skip
"""In the order in which they are looked for: the first that is asked for counts."""


def kind_of(question: str) -> Kind | None:
    """Return the kind of answer that a question wants, None for one that is not known."""
    return next((kind for kind in KINDS if kind.asked.search(question)), None)
