"""What verbs say: each frame is a class of verbs, whom it may be about, and where its value stands.

    Frame("lives_in", "live reside settle", "place", by="in near outside")

reads "we've always lived in Porto", "she's living near Lyon" and "i settled in Leeds" alike: the sentence has been taken
apart before (`grammar.py`), so adverbs, tenses and what is said around it play no part. To extend the vocabulary add a
verb to a class, or a line; a line needs a sentence in tests/memory/test_extraction.py.
"""

import re
from collections.abc import Iterator

from backend.memory.rules.event_verbs import EVENTS
from backend.memory.rules.frame import PRONOUN, TALK, WHOLE, Frame
from backend.memory.rules.grammar import VERBS, Statement
from backend.memory.rules.life import BELONGINGS, FOODS
from backend.memory.rules.life_verbs import LIFE
from backend.memory.rules.people import DEPARTMENTS
from backend.memory.rules.places import PLACES
from backend.memory.rules.plan_verbs import PLANS
from backend.memory.rules.titles import PROJECT_NOUN
from backend.memory.rules.values import DATE, MONEY, NUMBER
from backend.memory.rules.work import TOOLS
from backend.memory.rules.work_verbs import WORK

_PLACE_BY = "in near outside"
_DELIVER = (
    "send share write prepare finish deliver draft call email mail text submit review present book organize organise sign"
    " pay order bring fix ask tell show give get upload check speak talk contact publish invite revert"
)
_AIM = (
    "get reach bring cut reduce halve double increase grow improve learn become lose open retire climb save build stop"
)
_MEASURE = "collect read measure process handle answer record send check poll scan count update transmit serve load refresh clean"


_FOOD_DRINK = r"^(?:any |much )?(?!it\b|that\b|this\b|them\b|much\b|lunch\b|dinner\b|breakfast\b|well\b|out\b)"

_EXACT = r"\b(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day|january|february|march|april|may|june|july|august|september|october|november|december|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec|christmas|easter|(?:next|last) (?:week|weekend|month|year|spring|summer|autumn|fall|winter)|yesterday|tomorrow|the (?:\w+teenth|first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|eleventh|twelfth|twentieth|twenty \w+|thirtieth|thirty first|\d{1,2}(?:st|nd|rd|th)))\b"
_DAY = rf"(?:on|by|in|at|from|for|until|before|next|this|since|starting)? ?(?:the )?{DATE}"
_BIG = rf"(?:{MONEY}|{NUMBER}(?: ?(?:thousand|million|grand|k|lakhs?|crores?)\b))"

FRAMES = (
    # Where somebody lives, comes from, works
    Frame("lives_in", "live reside settle base", "place", by=_PLACE_BY + " out_of"),
    Frame("lives_in", "move relocate", "place", by="to into", when="start", modes="- will", never=r"^(?:it|the|that|this|them|on|everything)\b|\b(?:to|into) (?:the|an?|my|our|property|sales|finance|hr|marketing|legal|logistics|purchasing|procurement|engineering|support|operations|compliance|claims|underwriting|accounts|research|production|nights|days|full|part|head|senior|another|new)\b"),
    Frame("lives_in", "move relocate", "place", by="from", ends=True, when="start", never=r"^(?:it|the|that|this|them|on|everything)\b|\bfrom (?:the|an?|my|our|\w+day|january|february|march|april|may|june|july|august|september|october|november|december)\b"),
    Frame("lives_in", "live", "place", by=_PLACE_BY, modes="used", ends=True),
    Frame("lives_in", "live", "place", by=_PLACE_BY, denied=True, ends=True),
    Frame("lives_in", "rent", "place", by="in"),
    Frame("lives_in", "commute", "place", by="from"),
    Frame("from_place", "come", "place", by="from", who="self third other", past=False, never=r"\bfrom (?:the|a|an|my|our|work|school|finance|sales|marketing|legal|it|hr)\b|^(?:back|home|in|up|over|down)\b"),
    Frame("from_place", "grow", "place", by="in", needs="^up "),
    Frame("from_place", "bear raise", "place", by="in", passive=True),
    Frame("employer", "work", "org", by="at for", never=r"\bfrom home\b|^(?:well|fine|like|out|best)\b"),
    Frame("employer", "work", "org", by="in", who="self third", human=True, past=False, modes="-", needs=r"^(?:part[- ]time |full[- ]time |mostly )?in an? (?:[\w-]+ ){0,2}(?:caf\w|shop|bank|school|hospital|kitchen|bar|bakery|restaurant|hotel|factory|library|museum|laboratory|lab|call cent(?:er|re)|bookshop|garage|nursery|kindergarten|pharmacy|clinic|warehouse|supermarket|studio|law firm|salon)\b", never=r"\b(?:today|tomorrow|this|next)\b", sure=0.6),
    Frame("employer", "call", "org", by="from", who="self", going_on=True, never=r"\b(?:from) (?:my|the car|home|the road)\b"),
    Frame("employer", "work", "org", by="at for with", modes="used", ends=True),
    Frame("employer", "work", "org", by="at for with", denied=True, ends=True, who="self"),
    Frame("employer", "call", "org", who="self", passive=True, speaker="we", sure=0.7),
    Frame("employer", "teach", "org", by="at", sure=0.75),
    Frame("employer", "join", "brand", when="start", modes="- will", never=TALK + r"|^(?:an?|the|my|our|from|in|by|via) "),
    Frame("employer", "start begin", "brand", by="at", when="start", modes="- will", never=r"\d|\bat (?:the|an?|my|our|home|school|uni|university|noon|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|half|kindergarten|nursery|secondary)\b"),
    Frame("employer", "start begin", "brand", by="with", when="start", modes="- will", needs=r"\bwith (?-i:[A-Z])", never=r"\d|\bwith (?-i:[A-Z])\w+(?: and|,)"),
    Frame("lives_in", "stay", "place", by="in at", who="self", past=False, modes="-", never=r"\b(?:hotel|hotels|tonight|tomorrow|night|nights|week|weekend|days|until|till|for|bed|touch|office|home|from|contact|line|control|charge|school|hospital|hostel|airbnb|meetings?|\d)\b|\b(?:in|at) (?:the|an?|my|our|her|his)\b", sure=0.55),
    Frame("employer", "leave quit", "brand", ends=True, when="start", who="self", never=TALK + r"|^(?:at|on|in|for|to|early|late|the|my|our|[a-z]+in)\b|^\w+in$|^\w+ing\b"),
    Frame("employer", "run lead head manage handle oversee coordinate", "org", by="at for with side_of arm_of branch_of office_of department_of division_of", who="self", never=r"\b(?:for|with) (?:a|an|the|my|our|him|her|them)\b"),
    Frame("manager", "report answer", "person_or_him", by="to", when="start", who="self"),
    Frame("spouse", "marry", "first", by="to", who="self", sure=0.85),
    Frame("spouse", "marry", "first", who="self", passive=False, when="start"),
    # What somebody does
    Frame("role", "run lead manage head handle oversee coordinate supervise", "duty", past=False, passive=False, going_on=True, who="self third other", needs=r"^(?:the|our|all) ", never=TALK + rf"|^on\b|^(?:(?:the|our|all) )(?:[\w-]+ ){{0,3}}(?:risk|way|show|meeting|test|switch|{PROJECT_NOUN})\b", sure=0.7),
    Frame("role", "run lead manage head handle oversee coordinate supervise", "duty", past=False, passive=False, going_on=False, who="self third other", topic=r"(?!we\b)", never=TALK + r"|^an? (?:[\w-]+ )?(?:car|van|truck|pickup|bike|motorbike|chevy|ford|toyota|honda|volvo|bmw|tesla|jeep|defender|tractor|temperature|fever|bath|red light)\b|^on\b|^(?:to|in|along|around|away|late|every|marathons?|half|a marathon|into|for|with|from|at|about|by)\b|^(?:an?|the|my|our)? ?(?:(?:[\w-]+ ){0,3}(?:risk|way|show|meeting|errands?|test|pilot|project|migration|rollout|implementation|programme|program|initiative|campaign|switch))\b", sure=0.75),
    Frame("role", "freelance moonlight", "verb", who="self third", human=True, past=False, needs=r"^(?:$|mostly|mainly|for|now|since|in|and|these days)", sure=0.7),
    Frame("role", "do", who="self third other", needs=r"^(?:the |all )(?:\w+ )?(?:dashboards?|books|payroll|bookings?|orders|invoices|permits|contracts|drawings|website|paperwork|shifts|rota|deliveries|translations|accounts|marketing|sales|safety|planning|scheduling|logistics|design|texts|training|testing|purchasing|\w+ing)\b", sure=0.7),
    Frame("role", "promote become", "role_of", by="to", when="start", modes="- will"),
    Frame("role", "take step", "role_of", by="over_as in_as", modes="- will", when="start"),
    Frame("role", "become", "role_of", when="start", modes="- will"),
    # Food, health
    Frame("diet", "eat drink", "simple", denied=True, needs=_FOOD_DRINK, never=PRONOUN, value="no {}", modes="- can"),
    Frame("diet", "touch", "simple", denied=True, needs=rf"^(?:any )?(?:{FOODS}|coffee|cigarettes|wine|beer)", value="no {}", sure=0.75),
    Frame("diet", "have take", "simple", denied=True, modes="can", speaker="", topic=r"(?!we\b)", needs=_FOOD_DRINK, never=TALK + r"|^(?:an?|the|my|our|more|two|another|part|place|all|everything|both)\b", value="no {}", sure=0.75),
    Frame("diet", "avoid", "simple", modes="- want must", needs=rf"^(?:all )?{FOODS}", value="no {}"),
    Frame("diet", "cut", "simple", by="out", who="self", needs=rf"^out (?:all )?{FOODS}", value="no {}"),
    Frame("diet", "keep", WHOLE, who="self", needs=r"^(?:kosher|halal|vegan|vegetarian)\b"),
    Frame("diet", "do", "simple", denied=True, modes="- can", needs=rf"^(?:any |no )?{FOODS}", value="no {}", sure=0.75),
    Frame("diet", "eat drink", "simple", denied=True, going_on=True, needs=rf"^(?:any )?{FOODS}", value="no {}"),
    Frame("allergy", "give make", "subject", who="other", about_it=True, needs=r"^me (?:a (?:rash|reaction)|hives|swell|itch|sneeze|ill|sick|throw up)", subject="me", sure=0.75),
    Frame("allergy", "suffer", "simple", by="from", needs=r"\b(?:asthma|hay fever|allerg\w+|intolerance|diabetes|migraines?)\b"),
    # Taste
    Frame("likes", "like love enjoy adore", "tastes", never=PRONOUN + r"|^to\b", sure=0.8),
    Frame("dislikes", "hate dislike detest loathe", "tastes", never=PRONOUN, sure=0.85),
    Frame("dislikes", "hate", "liking", by="to", sure=0.8),
    Frame("dislikes", "annoy bother irritate bore exhaust stress tire", "subject", who="other", about_it=True, needs=r"^me\b", subject="me", sure=0.75),
    Frame("prefers", "need want take choose book order sit fly drink travel have", WHOLE, who="self", always=True, past=False, never=TALK + r"|^to\b", sure=0.65),
    Frame("prefers", "want prefer like need", "rest", who="third other", human=True, needs=r"^(?:(?:an?|the|his|her|my) )?(?:weekly|daily|monthly|short|long|written|detailed|one-page|brief|regular) [\w-]+", sure=0.7),
    Frame("prefers", "like love want", "rest", by="it_when it_if", who="self", needs=r"^it (?:when|if) ", sure=0.75),
    Frame("prefers", "read work think concentrate learn", WHOLE, who="self", needs=r"^(?:better|best) (?!than|of|with you)", sure=0.75),
    Frame("dislikes", "trust stomach tolerate fancy rate", "tastes", denied=True, who="self", past=False, never=PRONOUN + r"|^(?:him|her|them|you|my|our|the|people|anyone|anybody)\b", sure=0.65),
    Frame("dislikes", "like love enjoy", "tastes", denied=True, never=PRONOUN + r"|^to\b", sure=0.8),
    Frame("dislikes", "like love", "rest", denied=True, who="self", needs=r"^(?:it when|when|that|how) ", sure=0.7),
    Frame("prefers", "work", WHOLE, who="self", needs=r"^from home\b.*\b\w+days?\b", sure=0.7),
    Frame("dislikes", "find", "tiresome", who="self", sure=0.75),
    Frame("prefers", "work travel fly meet call start answer", WHOLE, denied=True, who="self", value="never {}", needs=r"\b(?:on|before|after|at) (?:\w+days?|weekends?|night|lunch|(?:six|seven|eight|nine|ten|four|five|\d+)\b)", never=r"\b(?:this|next|last|coming)\b", sure=0.65),
    Frame("dislikes", "stand bear take", "liking", denied=True, modes="can", topic=r"(?!we\b)", never=PRONOUN + r"|^(?:calls?|meetings?|appointments?|visitors|bookings?|orders?|part|place|care|the call|a call|more)\b", sure=0.85),
    Frame("dislikes", "care", "liking", by="for", denied=True, who="self third", past=False, never=r"\bfor (?:him|her|them|you|it|me|the|my|our)\b", sure=0.7),
    Frame("dislikes", "listen", "liking", by="to", denied=True, who="self", never=r"\bto (?:him|her|them|you|it|me|the|my|our)\b", sure=0.65),
    Frame("dislikes", "do", "liking", denied=True, who="self", speaker="i", needs=r"^(?!anything|things|sundays|mondays)(?:[a-z]+(?: [a-z]+)*[a-rt-z]s|phone|zoom|small talk|powerpoint|voicemail|facebook|whatsapp|early)(?=$|,)", never=r"\b(?:yet|now|today)\b", sure=0.65),
    Frame("dislikes", "read answer use open wear watch", "liking", denied=True, who="self", speaker="i", needs=r"^(?!(?:it|that|this|them|much|so|anything|well|any|my|your|our|his|her|too|very|in|for|on|at|since|to|about|with|from)\b)\w", never=r"^(?:an? |the )?\w+ (?:yet|today|now)$", sure=0.65),
    Frame("prefers", "prefer", "noun", sure=0.85),
    # Languages, pastimes, possessions, tools
    Frame("language", "speak understand learn study", "languages", modes="- can", sure=0.8),
    Frame("hobby", "coach", WHOLE, never=TALK, sure=0.7),
    Frame("hobby", "play practise practice collect", "pastime", never=TALK + r"|^(?:a|an|with|role|safe|along|games|no|any|my|by|for|devil|well)\b", sure=0.75),
    Frame("hobby", "swim run jog ski hike climb cycle paint knit bake sing row sail surf dance garden", needs=r"\b(?:every|each|daily|weekly|again,|(?:on )?(?:mon|tues|wednes|thurs|fri|satur|sun)days?|mornings?|evenings?|weekends?|along|in (?:a|the) choir|since|for fun|marathons?)\b", sure=0.75),
    Frame("hobby", "start join take", "hobby_of", sure=0.7, modes="- will"),
    Frame("hobby", "do go", "hobby_of", who="self", needs=r"\b(?:every|for years|since|twice|once|regularly|weekly|on \w+days?|weekends?|mornings?|evenings?)\b", sure=0.75),
    Frame("owns", "drive ride", "driven", who="self", needs=rf"^an? (?:[\w-]+ ){{0,3}}?{BELONGINGS}\b|^an? (?:(?-i:[A-Z])|(?:\w+ )?(?:car|van|truck|bike|motorbike|scooter|tractor)\b)", sure=0.75),
    Frame("owns", "own", "simple", never=TALK, sure=0.75),
    Frame("owns", "buy inherit", "thing_of", who="self", sure=0.75),
    Frame("uses_tool", "use", "brand", who="other", about_it=True, subject="me", past=False, passive=False, modes="- will", topic=r"^(?!(?:you|they|it|that|this|who|what|which|he|she|your|their)\b)", needs=rf"^{TOOLS}\b", sure=0.65),
    Frame("uses_tool", "use", "brands", who="self", never=TALK + r"|^(?:an?|the|my|our|your|his|more|less|all|some) (?!(?-i:[A-Z]))", sure=0.8),
    Frame("uses_tool", "use", "tool_of", who="self", needs=r"^(?:the|that|this|a|an|our) [\w-]+ (?:app|tool|system|software|program|platform)\b", sure=0.8),
    Frame("uses_tool", "go run come", "brand", by="through in via on", who="other", about_it=True, subject="me", needs=rf"\b(?:through|in|via|on) {TOOLS}\b", sure=0.7),
    Frame("uses_tool", "build code program write develop", "brand", by="in with", who="self third", subject="me", needs=r"^(?:it|everything|all of it|the \w+|our \w+|in|with)\b", never=r"\b(?:in|on|with) (?:an?|the|my|our|your|it|that|this|them|him|her|you|me|us|two|three|\d|\w+ing\b)", sure=0.6),
    Frame("uses_tool", "work store keep track log plan", "brand", by="on with", who="self", never=r"\b(?:in|on|with) (?:an?|the|my|our|your|it|that|this|them|him|her|you|me|us|two|three|\d)\b", sure=0.6),
    Frame("uses_tool", "move migrate switch", "brand", by="to onto", who="self", needs=r"^(?:everything|all|it all|our [\w-]+|the [\w-]+|from [\w-]+|over) .*?\b(?:to|onto) (?!the|a|an|our|my)", never=r"\bto (?:\w+day|january|february|march|april|may|june|july|august|september|october|november|december|next|\d)", sure=0.6),
    Frame("uses_tool", "do take manage make keep write track store log plan", "brand", by="in on with", who="self", needs=r"^(?:all |most of )?(?:my|our|the)? ?(?:all |\w+ )?(?:notes|books|lists?|tasks|tickets|planning|accounts|reports|records|everything|it all|all|time|hours|invoices|payroll|rotas?|docs|documentation|designs?|slides|figures|numbers|orders|bookings?|shifts|budgets?|contacts|files|pictures|photos|data)\b", never=r"\b(?:in|on|with) (?:an?|the|my|our|your|it|that|this|them|him|her|you|me|us|two|three|\d|\w+days?\b)", sure=0.6),
    # Projects
    Frame("works_on", "work", "undertaking", by="on", who="self", sure=0.8),
    Frame("works_on", "build redo replace introduce develop redesign renovate rebuild digitise automate", WHOLE, who="self", modes="- will want must", never=PRONOUN, going_on=True, sure=0.7),
    Frame("works_on", "build redo replace introduce develop redesign renovate rebuild digitise automate", WHOLE, who="self", modes="want must", never=PRONOUN, sure=0.65),
    Frame("works_on", "roll", WHOLE, who="self", needs=r"^out (?!of\b)\w", going_on=True, sure=0.65),
    Frame("works_on", "call name", "title", by="it this that him her", who="self", never=r"\b(?:a day|off|quits|him|her|me)\b", sure=0.75),
    Frame("works_on", "know", "title", by="as", who="other", subject="me", passive=True, topic=r"^(?:it|this|(?:the|our|this|my) .+)$", about_it=True, sure=0.75),
    Frame("works_on", "go", "title", by="by", who="other", needs=r"^by (?-i:[A-Z])|^by the name\b", about_it=True, subject="me", sure=0.75),
    Frame("works_on", "call name", "title", who="other", passive=True, about_it=True, topic=r"^(?:it|this|(?:the|our|this|my)(?: \w+)? (?:project|app|system|tool|platform|product|programme|initiative|campaign|thing|whole thing|move|guide))$", sure=0.7),
    # Days and sums
    Frame("deadline", "move push slip shift postpone delay extend put pull bring reschedule change", "day_of", by="to until till for", topic=r"(?!.*\b(?:meeting|call|lunch|dinner|appointment|review|demo|workshop|session|interview|training|visit|kick-?off)\b)", about_it=True, who="self third other", modes="- will must", never=r"\bfor (?:the )?(?:meeting|lunch|dinner)\b|^(?:the|our|my) (?:[\w-]+ )?(?:meetin|meeting|call|lunch|dinner|appointment|review|demo|workshop|session)\b", subject="project", sure=0.75),
    Frame("deadline", "be have finish deliver launch ship open start go do complete close", "day_of", by="by until before on for at_the_latest", about_it=True, who="self other", modes="must", subject="project", sure=0.75, never=r"^(?:away|off|out|in|at) "),
    Frame("deadline", "have get", "day_of", by="until till", who="self", needs=r"^(?:time|until|till|a window|only|just|\w+ weeks?|\w+ months?)\b", subject="project", sure=0.7),
    Frame("deadline", "say give want", "day_of", who="other", about_it=True, needs=rf"^(?:us |me |by )?(?:the )?{DATE}", subject="project", sure=0.65),
    Frame("deadline", "need want expect say", "day_of", by="by until before", about_it=True, who="self other", needs=r"^(?:it|this|that|everything|them|the) ", subject="project", sure=0.7),
    Frame("deadline", "need want expect", "day_of", by="by until before", about_it=True, who="other", needs=r"^(?:an?|our|my) ", subject="project", sure=0.65),
    Frame("budget", "give approve grant sanction allow get receive cut raise reduce freeze lower increase halve double cap limit earmark allocate spend set put", "sum_of", by="of to at me us for", about_it=True, who="self third other", modes="- can will", needs=_BIG, never=r"\b(?:more|extra|additional|another|less|on top|each|per|a (?:month|day|week|seat|head|piece)|person|discount|apiece)\b", subject="project", sure=0.7),
    Frame("budget", "go rise grow increase climb jump drop fall shrink", "sum_of", by="to up_to down_to", topic=r".*\bbudget$", who="other", about_it=True, needs=_BIG, subject="project", sure=0.75),
    Frame("budget", "have get", "sum_of", who="self", needs=rf"^(?:only |about |around )?{_BIG} (?:now\b|instead\b|to (?:play|spend|work)|left|for (?:this|it|the|everything)|in total|all in|altogether|this year)", subject="project", sure=0.75),
    Frame("budget", "get bring talk", "count_of", by="to up_to down_to", who="self", past=True, needs=rf"^(?:the|our|my|them|him|her|it|us) (?:[\w-]+ )?(?:up |down )?to (?:about )?(?:{_BIG}|{NUMBER} hundred)", never=r"\b(?:people|percent|minutes|hours|a (?:day|week|month))\b", subject="project", sure=0.7),
    Frame("budget", "get receive", "sum_of", who="self", needs=rf"^(?:about )?(?:an? )?{_BIG} (?:from|for)\b", subject="project", sure=0.7),
    Frame("budget", "stay keep", "sum_of", by="below under within", who="self other", about_it=True, modes="- must will can", needs=_BIG, subject="project", sure=0.7),
    Frame("budget", "cost exceed", "sum_of", by="more_than over", who="other", about_it=True, denied=True, modes="can will must", needs=_BIG, subject="project", sure=0.75),
    Frame("budget", "sign agree", "sum_of", by="off_on on to", who="other third", about_it=True, needs=_BIG, never=r"\b(?:anything|everything|all|above|over|under|below|invoices?|orders?|up to)\b", subject="project", sure=0.7),
    Frame("budget", "approve sanction grant", "sum_of", about_it=True, who="other", needs=_BIG, subject="project", sure=0.7),
    # Decisions
    Frame("decision", "put keep drop add remove bring give move split hire close outsource skip stop cancel postpone leave limit chuck bin dump ditch axe scrap shelve park", WHOLE, who="self", going_on=True, never=TALK + r"|^(?:my|on|in|at|for|to|from|home|work|early|now)\b|\b(?:house|home|flat)\b", needs=r"^(?:the|our|all|no|two|three|\w+ (?:in|out|off|on|to|for|as)) ?", sure=0.65),
    Frame("decision", "do", WHOLE, who="self", needs=r"^(?:it|this|that|everything|all) (?:in (?:two|three|four|\w+ (?:steps|waves|phases|parts|stages))|without|by hand|(?P<each>[\w-]+) by (?P=each)\b|one at a time|all at once|in one go)", speaker="we", sure=0.7),
    Frame("decision", "say", WHOLE, who="self", needs=r"^(?:no|yes) to (?!it\b|that\b|him\b|her\b)|^no (?!to\b|one\b|thanks\b|problem\b|way\b|more\b|and\b|but\b|because\b)[\w-]+", sure=0.7),
    Frame("decision", "accept refuse reject", WHOLE, who="self", passive=False, modes="- will", never=TALK, sure=0.7),
    Frame("decision", "agree", WHOLE, who="self", needs=r"^(?:no|two|three|four|an?|the|that) ", never=r"\b(?:first|point)$", sure=0.7),
    Frame("decision", "cancel drop scrap postpone reject order book", WHOLE, who="self", passive=False, past=True, speaker="i", never=TALK + r"|^my\b|^(?:a|some) (?:flight|hotel|table|coffee|tea|pizza|taxi)\b", sure=0.6),
    Frame("decision", "turn", WHOLE, who="self", needs=r"^down (?!it\b|that\b)", modes="- will", sure=0.7),
    Frame("decision", "vote", "rest", who="self other", about_it=True, by="for against to", sure=0.7),
    Frame("decision", "renew hire buy extend build sell open move change launch ship continue use order print", WHOLE, who="self", denied=True, going_on=True, value="not {}", never=TALK, speaker="we", sure=0.7),
    Frame("decision", "agree", "rest", who="self", by="on for to that", past=True, passive=False),
    Frame("decision", "decide vote advise", "rest", who="self other", about_it=True, by="against", passive=False, going_on=False, value="against {}"),
    Frame("decision", "decide opt settle plump", "rest", who="self", by="on for to that", passive=False, going_on=False, never=r"^(?:the|an?|our) [\w -]+ for "),
    Frame("decision", "choose pick select", WHOLE, who="self", passive=False, modes="- will", never=TALK, sure=0.75, needs=r"\w"),
    Frame("decision", "outsource insource centralise centralize standardise standardize abolish approve drop skip cancel scrap ditch postpone cut reject order add remove exclude include appoint allow require keep", WHOLE, who="self", passive=False, modes="- will", never=TALK + r"|^\w+ing\b|^with (?:them|him|her)\b|^(?:ya|in touch|going|up)\b", speaker="we", sure=0.65, needs=r"\w"),
    Frame("decision", "stick stay", "rest", by="with to", who="self", modes="- will", needs=r"^(?:with|to)\b", never=r"^(?:with|to) (?:my|him|her|them|you|it|the kids)\b", sure=0.8),
    Frame("decision", "go", "rest", by="to back_to", who="self", modes="- will", needs=r"\b(?:after all|instead)\b", never=rf"\bto (?:{'|'.join(sorted(PLACES))})\b", sure=0.75),
    Frame("decision", "build make do run host handle keep bring develop manage print design write install pay clean repair translate", WHOLE, who="self", speaker="we", modes="- will", needs=r"\b(?:ourselves|in[- ]house|on our own|without (?:outside )?help|internally)\b", sure=0.7),
    Frame("decision", "decide", "rest", who="self", past=True, needs=r"^(?:the|an?|our) [\w -]+ for ", sure=0.7),
    Frame("decision", "go", "rest", by="with for", who="self", modes="- will", needs=r"^(?:with|for|ahead with)\b", never=r"^for (?:a|the|an|lunch|dinner|coffee|two|three|it|him|her|my)\b|^with (?:my|him|her|them|you|the kids)\b", sure=0.8),
    Frame("decision", "do use take start keep make test pilot run launch move put add try skip drop hire order build leave offer stop end close cut merge outsource roll appeal accept hire buy sell expand switch move raise lower open close pull split combine ban allow reject replace rent lease renew terminate extend limit postpone delay pause halve double share centralise automate sue invest", WHOLE, who="self", modes="will", speaker="we", never=TALK + r"|^(?:my|our) best\b|^(?:care|part|place)\b", sure=0.65),
    Frame("decision", "pilot test try start launch run begin open trial introduce", WHOLE, who="self", speaker="we", modes="will", needs=r"^(?:it|this|that) (?:first )?(?:in|at|with) (?!the (?:end|meantime|morning|afternoon|evening)|an? (?:minute|moment|hour|week|bit|second)|\d|time|case|you|me|him|her)", sure=0.65),
    Frame("decision", "want", "rest", by="to", who="other", about_it=True, needs=r"^to (?:drop|stop|add|keep|use|switch|cut|cancel)\b", sure=0.55),
    Frame("decision", "go", WHOLE, who="other", about_it=True, needs=r"^with (?!me\b|him\b|her\b|us\b|them\b|you\b)", passive=False, sure=0.65),
    Frame("decision", "approve choose pick select decide agree accept reject refuse", WHOLE, who="other", about_it=True, needs=r"\w", never=r"^(?:okay|ok|well|fine|home|away|back|to|on|off|out|up|down|wrong|bad|live|yet|through)\b|^with (?:me|him|her|us|them|you)\b", passive=False, sure=0.65),
    Frame("decision", "skip drop cancel scrap exclude postpone keep take start", WHOLE, who="self", never=TALK + r"|^(?:care|part|place|the|a|an|my|to)\b|^$|^\w+ing\b|^(?:in|at|on|for|from|until|with) (?!two|three|four|(?-i:[A-Z]))", speaker="we", sure=0.6),
    # Undertakings
    Frame("commitment", "promise commit swear undertake guarantee", "rest", who="self", modes="-", never=r"^by\b", sure=0.8, when="event"),
    Frame("commitment", "owe", "rest", who="self", never=r"^you (?:one|big)\b|^(?:him|her|them|you) an? (?:coffee|beer|drink|apology|lunch|dinner|favou?r|thank)", when="event", sure=0.8),
    Frame("commitment", _DELIVER, WHOLE, who="self", modes="will", speaker="i", never=r"^(?:my (?:wife|husband|daughter|son|kids|mother|father|mum|mom|dad|sister|brother|partner)|it|that|this|them|you|there|so|my best|a look|back to you|me|out|up)?$|^(?:at it|into it|up to it|off|away|sure|a guess|it a|it out|them out|around|you (?:know|later)|more)\b", when="event", sure=0.7),
    Frame("commitment", "have", WHOLE, who="self", modes="will", needs=r"\b(?:to you|ready|done|for you)\b.*\bby\b|\bto you\b", when="event", sure=0.75),
    Frame("commitment", _DELIVER, WHOLE, who="self", modes="must", speaker="i", needs=rf"\b(?:by|until|till|before|on|for|tomorrow|today) ?(?:the )?(?:{DATE})?", when="event", sure=0.7),
    Frame("commitment", "promise owe", WHOLE, who="third other", human=True, needs=r"^(?:me|us|to)\b", when="event", sure=0.75),
    Frame("commitment", "send deliver upload submit prepare test finish draft write bring review", WHOLE, who="third other", past=False, modes="- will", dated=True, when="event", sure=0.7),
    Frame("commitment", "approve sign send deliver upload submit prepare test finish draft write bring review check", WHOLE, who="third other", modes="must", dated=True, when="event", sure=0.65),
    Frame("commitment", "test lead present check prepare", WHOLE, who="third other", modes="will", when="event", sure=0.65),
    # Aims
    Frame("goal", "do finish", WHOLE, who="self", modes="want", passive=True, sure=0.7),
    Frame("goal", "be", WHOLE, who="self", modes="want", needs=r"^(?:done|finished|ready|able|free|in|at|under|below|out of (?:debt|the red|here)|the first)\b", sure=0.7),
    Frame("goal", _MEASURE, "rest", who="self", modes="will", speaker="we", needs=rf"\b(?:every|each|within|in under|in less than|up to|at least|at most) (?:\w+ )?{NUMBER}|\bevery (?:day|hour|week|month|minute|night)\b", sure=0.65),
    Frame("goal", "want", "rest", who="self", past=False, needs=r"^(?:an?|my|the) (?:[\w-]+ ){0,2}(?:licen[cs]e|certificate|diploma|degree|black belt|patent|visa|masters?|phd|doctorate|certification)\b", sure=0.7),
    Frame("goal", "get have do earn obtain", WHOLE, who="self", modes="want", needs=r"^(?:an?|my|the) (?:[\w-]+ ){0,2}(?:licen[cs]e|certificate|diploma|degree|black belt|patent|masters?|phd|doctorate|certification)\b", sure=0.7),
    Frame("goal", _AIM, WHOLE, who="self", modes="want", never=PRONOUN + r"$", sure=0.75),
    Frame("goal", "want", "rest", who="self", needs=rf"^(?:us|it|them|this|all|every\w*|the|my|our) .*?\b(?:at|under|below|above|over|to|by|on|in|within|automatic|down|up)\b.*(?:{NUMBER}|{DATE})|^(?:us|it) (?:at|to|under|below)", sure=0.7),
    Frame("goal", "want", "rest", who="self", needs=r"^all of (?:it|them) ", sure=0.7),
    Frame("goal", "think dream talk", "rest", by="of about", who="self", going_on=True, needs=r"^(?:of|about) (?:opening|buying|starting|moving|selling|hiring|expanding|launching|retiring|adopting|building|writing|learning|changing|applying|switching|renting|becoming|leaving|doing|getting|taking up)\b", sure=0.6),
    Frame("goal", "aim shoot hope", "rest", by="for at to", who="self", past=False, needs=rf"{NUMBER}", sure=0.75),
    Frame("goal", "do study become learn play open buy build start", WHOLE, who="third other", modes="want", never=PRONOUN, sure=0.7),
    Frame("goal", "go move come get", WHOLE, who="self", modes="want", needs=rf"\b(?:to|under|below|above|down|up)\b.*{NUMBER}", sure=0.7),
    # Journeys and meetings
    Frame("meeting", "catch sit get talk speak sync convene check", WHOLE, who="self", speaker="we", modes="- will", past=False, needs=r"^(?:up |together |down |in )?.*\b(?:every (?:second |other |first |last )?(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day|week|month|morning|two weeks|fortnight)|(?:on )?(?:mon|tues|wednes|thurs|fri)days)\b", when="event", sure=0.65),
    Frame("trip", "go fly drive travel head sail", "spot", by="to", who="self", modes="- will must", never=r"^(?:back to|to (?:bed|work|sleep|the|a|an|my|our|him|her|them|you|\d))\b|^with\b", when="event", sure=0.7, dated=True),
    Frame("trip", "go fly drive travel head sail", "spot", by="to for", who="self", going_on=True, never=r"^for (?!.*\b(?:week|weeks|days|holiday|weekend)\b)|^(?:back to|to (?:bed|work|sleep|him|her|them|you|\d)|for (?:a|the|it))\b|^with\b|^to \w+in", when="event", sure=0.7),
    Frame("trip", "drive fly travel", "spot", by="to up_to down_to", who="self", modes="will", when="event", sure=0.7),
    Frame("trip", "fly", WHOLE, who="self", needs=r"^(?:on|at|out|home|back)\b", when="event", dated=True, sure=0.7),
    Frame("trip", "come get", "spot", by="back_from", who="self", when="event", sure=0.75, never=r"\bfrom (?:a|an|the|my|our|lunch|work|him|her|them|leave|holiday|vacation)\b"),
    Frame("trip", "take", "spot", by="to", who="self", modes="- will", needs=r"^(?:the|a) (?:[\w-]+ )?(?:train|plane|flight|ferry|bus|car|boat)\b", when="event", sure=0.75),
    Frame("trip", "spend", "spot", by="in at", who="self", modes="- will", going_on=None, needs=r"^(?:the |our |my |a |two |three )?(?:\w+ )?(?:holidays?|vacation|week|weekend|weeks|summer|easter|christmas|days|night|nights)\b", never=r"\b(?:in|at) (?:an?|the|my|our|home|bed|meetings)\b", when="event", sure=0.7),
    Frame("trip", "book", "spot", by="in to", who="self", needs=r"^(?:an?|the|our|my|two) (?:\w+ )?(?:flights?|trip|hotel|train|holiday|cottage|cabin|tickets?|week|weekend|room|house)\b", when="event", sure=0.75),
    Frame("trip", "visit", "spot", who="self", modes="- will", when="event", dated=True, sure=0.75, never=PRONOUN),
    Frame("meeting", "move push shift reschedule postpone", WHOLE, who="self", dated=True, when="event", needs=r"^(?:the|our|my) (?:[\w-]+ )?(?:meetin|meeting|call|lunch|dinner|appointment|review|demo|workshop|session)\b", sure=0.7),
    Frame("meeting", "meet", WHOLE, who="self", modes="- will", dated=True, when="event", never=r"^(?:him|her|them|it|you|my (?:husband|wife))\b", past=False, sure=0.7),
    Frame("meeting", "meet see have", WHOLE, who="self", modes="- will must", dated=True, when="event", needs=r"\b(?:meeting|lunch|dinner|breakfast|call|appointment|interview|review|session|workshop|demo|minister|board)\b", sure=0.75),
    # What happened, or will
    Frame("event", "resign retire quit die graduate divorce", WHOLE, who="self third other", human=True, modes="- will", when="event", never=r"^(?:it|that)\b", sure=0.75),
    Frame("event", "leave", WHOLE, who="third other", modes="- will", going_on=True, when="event", sure=0.7),
    Frame("event", "retire resign", WHOLE, who="third other", when="event", sure=0.75),
    Frame("event", "marry", WHOLE, who="self", modes="- will", when="event", sure=0.75),
    Frame("event", "get", WHOLE, who="self third other", needs=r"^(?:married|engaged|divorced|promoted(?! to)|fired|into (?:the )?[\w ]*(?:university|school|college|u of))", modes="- will", when="event", sure=0.75),
    Frame("event", "have", WHOLE, who="self", modes="- will", dated=True, when="event", needs=r"^(?:the|our|my|an?) (?!look|word|chat|guess|minute|moment|bit|lot|few)[\w' -]*" + _EXACT, sure=0.65),
    Frame("event", "get receive have", WHOLE, who="self", going_on=True, dated=True, when="event", needs=_EXACT, sure=0.65),
    Frame("event", "pass finish complete defend fail", WHOLE, who="self third other", needs=r"^(?:my|the|our|his|her) (?:\w+ )?(?:exams?|test|audit|degree|thesis|certificate|certification|course|training|inspection)\b", when="event", sure=0.75),
    Frame("event", "have", WHOLE, who="self third other", modes="- will", needs=r"^an? new (?:baby|job|girlfriend|boyfriend|position|house|grandchild)\b|\b(?:a baby|surgery|operation|heart attack|accident|stroke|kickoff|kick-off|twins(?! \w+ years)|an? \w+ (?:attack|operation))\b", when="event", sure=0.75),
    Frame("event", "lose find break sign win open close launch sell hire", WHOLE, who="self", when="event", needs=r"^(?:our|two|three|four|five|six|seven|eight|ten|\d|with (?-i:[A-Z])|the (?:flat|house|car|contract|deal|case|client|tender|company|site|audit|final|match|election)|an? (?:\w+ )?(?:site|client|customer|contract|deal|case|prize|award|yard|shop|office|store))", never=r"\b(?:in|out of) (?:four|five|ten|three)\b|^(?:about |around |only )?[\w.,]+ (?:per|a|each|every) (?:day|week|month|year)\b", sure=0.65),
    Frame("event", "break", WHOLE, who="third other", needs=r"^(?:his|her) (?:leg|arm|wrist|ankle|foot|hip)", when="event", sure=0.8),
    Frame("lives_in", "buy rent have get find own", "place", by="in", who="self", needs=r"^(?:an?|our|the|my) (?:\w+ ){0,2}(?:flat|house|apartment|place|home|bungalow|villa|studio) in ", never=r"\b(?:summer|holiday|weekend|second|country|beach|guest|town hall) (?:house|flat|apartment|place|home)\b", sure=0.65, when="never"),
    Frame("role", "work serve start join begin freelance moonlight", "role_of", by="as", when="state", sure=0.8),
    Frame("role", "work", WHOLE, who="self third other", needs=rf"^in {DEPARTMENTS}(?:$| at\b| for\b| with\b| here\b)", sure=0.7),
    Frame("role", "make appoint promote ask want name offer elect vote crown nominate", "role_of", by="me me_to_be me_as me_to_become me_to_take_over_as me_to_step_in_as me_to", who="third other none", about_it=True, subject="me", sure=0.75, when="start"),
    Frame("decision", "choose approve pick decide confirm cancel drop reject postpone finalise finalize agree", WHOLE, who="other", passive=True, about_it=True, sure=0.65, never=r"^(?:on|by) (?:the )?\w+day"),
    Frame("allergy", "have get", "allergy_of", modes="-", sure=0.85),
    Frame("age", "turn", "age_of", modes="- will", sure=0.8),
    Frame("event", "schedule plan set fix book arrange", WHOLE, who="other", topic=r"(?!.*\b(?:launch|go[- ]?live|release|roll-?out|delivery|opening|start|cut-?over|hand-?over|it)\b)", about_it=True, passive=True, dated=True, needs=_EXACT, when="event", sure=0.7),
    Frame("event", "sign launch open arrive ship land resign", WHOLE, who="other", about_it=True, topic=r"(?!(?:they|you|people|some)\b)", when="event", sure=0.6, passive=False),
)  # fmt: skip
"""The table."""


_BY_MODE = {
    "aim": (Frame("goal", "", WHOLE, modes="aim", who="self other third", sure=0.75),),
    "promise": (Frame("commitment", "", WHOLE, modes="promise", when="event", human=True, sure=0.8),),
    "must": (
        Frame(
            "deadline",
            "",
            "day_of",
            by="by until before no_later_than",
            who="other",
            modes="must",
            about_it=True,
            passive=True,
            subject="project",
            sure=0.7,
        ),
    ),
    "decide": (Frame("decision", "", WHOLE, modes="decide", who="self other", about_it=True, sure=0.85),),
}
"""What any verb is behind "promised to", "decided to"."""

_CHANGES = frozenset(
    """move join marry die resign retire quit leave graduate divorce win lose open close launch sign merge hire fire start
    finish complete fail crash collapse burn flood arrive ship adopt return switch expire renew break pass land""".split()
)
"""What changes something for good, so that it is worth knowing without a day."""

_HAPPENINGS = (
    Frame("event", "", WHOLE, who="third other", about_it=True, past=True, verbs_of=_CHANGES, when="event", sure=0.55, never=r"^(?:it|that|this|them|him|her|you|the (?:mail|list|file|link|question|text|answer))\b|^(?:on|over|out|up|off|with|from|by) (?:it|that|this|you)?$"),
    Frame("event", "", WHOLE, who="third other", about_it=True, topic=r"(?!(?:every|each)\b)", modes="- will must", needs=_EXACT, dated=True, when="event", sure=0.6, never=r"\b(?:if|every|each)\b|^there\b|^(?:it|them)\b"),
    Frame("event", "", WHOLE, who="self", modes="- will", needs=_EXACT, dated=True, when="event", sure=0.6, never=r"\b(?:if|every|each)\b|^there\b"),
)  # fmt: skip
"""What any verb says of a day."""

_STATES = frozenset(
    """be have do talk grow want like love hate prefer enjoy adore dislike detest loathe know think say tell need owe own understand
    care mean hope aim let put find feel read use live reside base work speak get keep want call email mail text ask
    realise realize mean matter belong depend doubt appreciate suspect suppose assume believe behave worry fear regret remember recognise recognize imagine intend trust mind contain consist
    involve concern lack deserve pretend expect please satisfy surprise listen argue agree disagree sit show point help bother depend suit fit cope recommend suggest mention discuss joke
    eat drink look see write think make hear report cost earn use wear guarantee turn decide discuss consider smile laugh joke seem sound appear try wait chat guess wonder""".split()
)
_TAKES_OBJECT = frozenset("take buy make paint bring build find meet get choose order sell send share".split())
_NO_OBJECT = re.compile(r"(?:last|yesterday|tomorrow|next|this|in|on)\b", re.IGNORECASE)
"""The object is what the sentence hangs on: "the picture | I took last summer"."""
_DOING = frozenset(base for base, _ in VERBS.values()) - _STATES


def _by_verb() -> dict[str, tuple[Frame, ...]]:
    found: dict[str, list[Frame]] = {}
    for frame in (*FRAMES, *WORK, *LIFE, *PLANS, *EVENTS):
        for verb in frame.verbs.split():
            found.setdefault(verb, []).append(frame)
    return {verb: tuple(frames) for verb, frames in found.items()}


_BY_VERB = _by_verb()


def compile_all() -> None:
    """Compile what the frames ask of a sentence."""
    for frame in (
        *FRAMES,
        *WORK,
        *LIFE,
        *PLANS,
        *EVENTS,
        *_HAPPENINGS,
        *(frame for some in _BY_MODE.values() for frame in some),
    ):
        frame.compile()


def matches(said: Statement) -> Iterator[tuple[Frame, str]]:
    """Yield the frames that fit a statement, each with what stands where its value is."""
    for frame in (*_BY_VERB.get(said.verb, ()), *_BY_MODE.get(said.mode, ())):
        if value := frame.value_in(said):
            yield frame, value


def happenings(said: Statement) -> Iterator[tuple[Frame, str]]:
    """Yield what a statement is where nothing else was found in it: something that happens on a day."""
    if said.verb not in _DOING or (said.verb in _TAKES_OBJECT and _NO_OBJECT.match(said.rest)):
        return
    for frame in _HAPPENINGS:
        if value := frame.value_in(said):
            yield frame, value
