"""Words for what somebody does, as they stand behind "is" or "as"."""

import re

from backend.memory.rules.occupations import ROLES
from backend.memory.rules.rule import KIN
from backend.memory.rules.values import NUMBER
from backend.memory.rules.words import TITLES

_I = re.IGNORECASE

PROJECT_NOUN = (
    r"project|rebuild|redesign|relaunch|migration|rollout|roll-out|implementation|programme|program|initiative|launch|replacement"
    r"|transition|upgrade|integration|campaign|pilot|relocation|expansion|refurbishment|renovation|conversion|overhaul|merger"
    r"|reorganisation|reorganization|restructuring|certification|portal|app|platform|website|web ?shop|online shop|intranet|scheme"
    r"|handbook|academy|festival|conference|exhibition|reshuffle|turnaround|acquisition|digitisation|digitization|automation|move"
    r"|extension|rebranding|fundraiser|appeal|modernisation|restoration|refit|study|trial|programme|bid|system|tool|audit|training"
)
"""Nouns for what is worked on: "the claims portal rebuild"."""

A_ROLE = re.compile(
    rf"^(?:(?:now|also|still|currently|actually|already) )*(?:(?:the|an?|our|my|their) )?(?:new |now )?(?P<value>(?:(?-i:VP|Head|Director|Chief|Lead)(?: of)?(?: (?-i:[A-Z])[\w&-]+){{1,3}}|{ROLES}|(?:\w+ )?(?:dev|guy|tech))\b(?!'s)(?: (?:of|for) (?!(?:about |almost |over |nearly |some |the (?:last|past) )*(?:{NUMBER}|years|ages|now|a (?:while|year)|many|ever)\b)(?:the )?[\w-]+(?: (?!in\b|at\b|since\b|from\b|and\b|now\b)[\w-]+)?)?)", _I
)  # fmt: skip
AN_AGENT = re.compile(
    r"^(?:now |also |actually |still )*(?:an?|our|my|the|their) (?P<value>(?:(?!(?:in|at|for|of|with|from|to|who|that|and|big|huge|great|good|bad|terrible|early|late|slow|heavy|light|keen|coffee|tea|meat) )[\w-]+ ){0,2}?"
    r"(?!(?:custom|comput|numb|matt|memb|oth|ord|off|pap|lett|wat|dinn|wint|summ|partn|sist|broth|fath|moth|daught|winn|kill|err|fact|flo|do|to|ho|min|maj|fav|serv|print|count|corn|cent|met|fold|newslett|los|beginn|fight|lov|believ|eat|sleep|pers|ris|drink|own|ev|nev|ov|und|aft|bett|long|quart|col|giant|import|eleph|inst|const|relev|plea|anth|monst|disast|nightm|mist|hum|wom|gentle|start|newcom|neighbo|strang|foreign|outsid|insid|morning|visit|hik|passeng|read|smok|runn|swimm|walk|dream|think|talk|worri|procrastinat|lifesav|jok|listen|snor|perform|teas|charm|sweeth|troublemak|peacemak|stay|loser|gamechang|dealbreak|killer|nail|no-brain|cheat|wast|time-wast|blind|show-?stopp|game|head-?scratch|tearjerk|page-?turn|breadwinn|newlywed|latecom|night owl|overachiev|perfection|optim|pessim|feminist|tour|realist|suck)\w{0,3}\b)"
    r"[a-z-]{2,}(?:er|or|ist|ant|eer|man|woman))(?=$|,| (?:at|for|in|of|here|and|now|by|with|too|myself)\b)",
    _I,
)
"""A noun for one who does something, that the list has not."""

NO_OFFICES = frozenset((*TITLES, *KIN)) - {"deputy", "assistant", "intern"}
"""Words before a name that are no office: titles, and what tells what somebody is to the speaker."""

A_FIRM = re.compile(
    r"(?:the )?(?:shipyard|hospital|university|bank|firm|company|school|hotel|museum|clinic|bakery|restaurant|brewery|agency|council|charity|studio|factory|practice|winery|foundation|institute|college|theatre|library|farm|law firm)\b(?: (?P<value>(?-i:[A-Z])[^,]*))?",
    _I,
)
"""What a firm is, before its name."""
