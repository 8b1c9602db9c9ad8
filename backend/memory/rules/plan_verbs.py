"""What verbs say of what is to come: days to be kept, what is undertaken, aimed at, wished for."""

from backend.memory.rules.frame import TALK, WHOLE, Frame
from backend.memory.rules.occupations import ROLES
from backend.memory.rules.values import DATE, MONEY, NUMBER

_ON = r"\b(?:(?:on|by|until|till|before|after|this|next|in) (?:the )?)?"
_DAY = (
    _ON
    + r"(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day|january|february|march|april|june|july|august|september|october|november|december|may (?:\d|first|second|third|\w+th)|tomorrow|tonight"
    r"|this (?:week|afternoon|evening|weekend|month)|next (?:week|month)|(?:the )?\d{1,2}(?:st|nd|rd|th)\b|the (?:\w+teenth|first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|eleventh|twelfth|twentieth|twenty \w+|thirtieth|thirty first)"
    r"|(?:the )?end of (?:the )?(?:day|week|month|quarter|year)|\d{4}-\d\d-\d\d|\d{1,2}[./]\d{1,2})\b"
)
_BY_DAY = r"\b(?:by|until|till|before|no later than|latest) .*" + _DAY
_DO = (
    "do make sit sort handle finish fix send give bring write prepare draft call ring phone text email mail show tell ask check review test pay book order arrange organise organize"
    " sign submit deliver share upload update file print translate forward talk speak present clean build paint cook bake pick drop collect return post ship cover put read"
    " look set train teach explain install repair clear help host hold invite contact chase remind confirm cancel renew transfer enter type scan discuss raise propose"
    " conduct carry deliver facilitate moderate chair lead demonstrate explain negotiate visit babysit count measure order buy get find"
)
_UNDERTAKEN = (
    "send give bring write prepare draft call ring phone email mail show pay book order arrange sign submit deliver share upload file print"
    " translate forward return post ship hand finish fix review test clear confirm chase train install cover"
)
_SMALL_TALK = (
    r"\b(?:coffee|tea|drink|word|chat|minute|moment|nap|lunch|dinner|breakfast|break|beer|look|bit|lot|guess|hug)\b"
)
_KIND_OF_FIRM = r"(?:company|firm|business|shop|bakery|practice|farm|restaurant|studio|salon|garage|caf\w|hotel|agency|consultancy|workshop|brewery|winery|vineyard|start-?up|clinic|pharmacy|nursery|gallery|bookshop|pub|bar|laundry|carpentry|cooperative|guest ?house|b&b|food truck|stall|kiosk|gelateria|gelaterie|ice cream (?:shop|parlour)|pizzeria|trattoria|boutique|launderette|dental practice|surgery|physio practice|kindergarten|creche|driving school|dance school|language school|riding school|campsite|ferry|taxi|fishing boat|dairy|mill|forge|pottery|distillery|orchard|quarry|scrapyard|petrol station|corner shop|newsagent|florist|butcher'?s|barber ?shop|nail bar|tattoo parlour)"
_ANEW = r"(?:colleague|somebody|someone|person|assistant|apprentice|trainee|successor|replacement|partner|investor|tenant|buyer|supplier|co-?founder|flat|house|office|bigger|larger|smaller|job|premises|space|place|volunteers?|staff|people|drivers?|developers?|nurses?|teachers?)"

PLANS = (
    # Days to be kept
    Frame("deadline", "call make", "day_of", by="it them that", who="self", modes="- will", needs=rf"^(?:it|that) (?:the )?{DATE}", subject="project", sure=0.65),
    Frame("deadline", "finish complete submit deliver hand deposit pay", "day_of", by="by until before no_later_than", who="third other", human=True, modes="must", subject="project", sure=0.65),
    Frame("deadline", "make do change implement introduce complete prepare convert transfer vote register renew deposit tell inform notify let move clear file report reply answer respond confirm decide", "day_of", by="by until till before no_later_than", who="self", modes="must", subject="project", sure=0.6),
    Frame("deadline", "want need expect", "day_of", by="it them this everything", who="self", past=False, modes="-", needs=rf"^(?:it|them|this|everything) (?:by |on |for )?(?:the )?{DATE}", subject="project", sure=0.65),
    Frame("deadline", "run last extend apply", "day_of", by="until till", who="other", about_it=True, past=False, modes="- will", topic=r"(?!(?:it|that|this|he|she|they|you)\b)", subject="project", sure=0.6),
    Frame("deadline", "close expire end lapse finish", "day_of", by="on at in by", who="other", about_it=True, past=False, modes="- will", topic=r"^(?:the|our|my|this)? ?(?:[\w-]+ )*(?:registration|applications?|offer|tender|call|window|enrolment|enrollment|deadline|bidding|submission|voting|nominations?|sign-?up|early bird)\b", subject="project", sure=0.65),
    Frame("deadline", "want need", "day_of", by="by before until till", who="third", past=False, modes="-", needs=r"^(?:it|this|that|everything|them|all of it)\b", subject="project", sure=0.65),
    Frame("deadline", "want need require expect", "day_of", by="by before until no_later_than", who="other", about_it=True, past=False, modes="-", topic=r"(?!(?:it|that|this|they|you|everybody|everyone|people)\b)", needs=r"^(?:new|the|our|all|an?|more|two|three|\d+|[a-z]+s) [\w' -]*\b(?:by|before|until|no later than) ", subject="project", sure=0.65),
    Frame("deadline", "be", "day_of", by="by before until no_later_than", who="other", about_it=True, past=False, modes="must", topic=r"(?!(?:you|they|somebody|someone|people)\b)", needs=r"^(?:in|up|on|out|ready|done|live|there|finished|online|sent|printed|paid|submitted|in place|complete|completed|delivered|signed)\b", subject="project", sure=0.65),
    Frame("lives_in", "stay", "place", by="in", who="third", past=False, modes="-", needs=r"^in (?!the\b|an?\b|my\b|our\b|bed\b|touch\b|hospital\b|contact\b|his\b|her\b|town\b|class\b)", never=r"\b(?:tonight|tomorrow|until|till|for|week|weekend|days|nights)\b", sure=0.6),
    # What is undertaken
    Frame("commitment", _DO, WHOLE, who="self", speaker="i", modes="will", needs=_DAY, never=r"^(?:it a|off|a nap|you (?:know|later))\b", dated=True, when="event", sure=0.65),
    Frame("commitment", _UNDERTAKEN, WHOLE, who="self", speaker="i", modes="-", past=False, passive=False, going_on=False, needs=_DAY, never=r"\b(?:every|each|always|usually|often|sometimes)\b", dated=True, when="event", sure=0.65),
    Frame("commitment", "do make handle sort", WHOLE, who="self", speaker="i", modes="-", past=False, passive=False, going_on=False, needs=_BY_DAY, never=r"\b(?:every|each|always|usually|often|sometimes)\b", dated=True, when="event", sure=0.65),
    Frame("commitment", _UNDERTAKEN, WHOLE, who="self", speaker="i", going_on=True, needs=r"\bto (?:the|our|my|his|her|(?-i:[A-Z])|you\b)|" + _BY_DAY, never=r"^(?:it|a call|up|in|attention|my (?:word|best))\b", when="event", sure=0.6),
    Frame("commitment", "make give hold do bake cook bring host deliver read play sing", WHOLE, who="self", speaker="i", going_on=True, needs=r"^(?:the|a) (?:[\w-]+ )?(?:speech|toast|cake|announcement|keynote|eulogy|reading|introduction|opening|welcome|quiz|raffle|closing)\b", when="event", sure=0.65),
    Frame("commitment", _DO, WHOLE, who="third other", human=True, modes="will", needs=_DAY, dated=True, when="event", sure=0.65),
    Frame("commitment", _DO + " enter start", WHOLE, who="other", human=True, modes="will", going_on=True, needs=r"^(?:the|our|my|all|it|them) [\w' -]*" + _DAY, dated=True, when="event", sure=0.65),
    Frame("commitment", "take cover stand fill step look deputise deputize", WHOLE, who="third other", human=True, modes="- will", past=False, needs=r"^(?:over (?:from|for|while|when)|for me\b|for us\b|for \w+ (?:while|until|when)|in for\b|care (?:of|until|while|when)|after (?:the|my|our|everything) .*(?:while|until|when))", when="event", sure=0.65),
    Frame("commitment", "show give bring send return pay submit write prepare find buy book teach repair tell explain hand replace report apologise apologize", WHOLE, who="self", speaker="i", modes="must", needs=r"^(?:(?:him|her|them) (?:the|an?|my|our|all|some|two|three)\b|(?:the|my|our) [\w-]+ (?:the|an?|my|our|all)\b|(?-i:[A-Z])[\w-]+ (?:the|an?|my|our)\b)", when="event", sure=0.6),
    Frame("commitment", "sign pay decide deliver call visit confirm reply answer send submit", WHOLE, who="third other", human=True, past=False, passive=False, modes="-", needs=r"^(?:\S+ ){0,4}(?:tomorrow|tonight|on (?:mon|tues|wednes|thurs|fri|satur|sun)day|next week|this (?:week|afternoon|evening))\b", dated=True, when="event", sure=0.65),
    Frame("commitment", "take", WHOLE, who="third other", human=True, past=False, modes="- will", needs=r"^care(?: (?:of|until|while|when|for)\b|$)", when="event", sure=0.6),
    # What is aimed at
    Frame("goal", "want wish", "rest", by="that", who="self", past=False, modes="-", needs=r"^that (?!you\b|it\b)", sure=0.65),
    Frame("goal", "want need like", "rest", who="self", past=False, modes="-", needs=r"^(?:the|my|our|all|every|each) (?:[\w-]+ ){1,4}?to (?!(?:me|you|him|her|us|them|be honest|know)\b)[a-z]", never=TALK, sure=0.6),
    Frame("goal", "want", "rest", who="third other", human=True, past=False, modes="-", needs=rf"^(?:an? |the )?(?:same\b|sequel|follow-up|second|third|new|bigger|better|more (?:staff|money|people|time|space)|raise|pay rise|promotion|puppy|dog|cat|pony|refund|discount|divorce|baby|house|garden|tattoo|motorbike|{NUMBER} (?:by|before|until|percent|more)\b)", never=_SMALL_TALK, sure=0.65),
    Frame("goal", "want need expect", "rest", who="third other", human=True, past=False, modes="-", needs=rf"^(?:it|them|this|us|the [\w -]+?|our [\w -]+?|all [\w ]+?) (?:below|under|at|above|over|down|up|to|within|inside) (?!the\b|bed\b).*{NUMBER}", sure=0.65),
    Frame("goal", "want need", "rest", who="self", past=False, modes="-", needs=rf"^(?:an?|one|some|two|three|four|another|more|\d+) [\w' -]+ (?:by|before|until|within|in time for) (?:the )?(?:end of |next |this |early |late )?(?:{DATE}|spring|summer|autumn|fall|winter|year|christmas|easter|season)", never=_SMALL_TALK, sure=0.65),
    Frame("goal", "want", "rest", who="third other", human=True, going_on=True, needs=r"^(?:an?|the|to|more|two|three)\b", never=_SMALL_TALK, sure=0.65),
    Frame("goal", "work", WHOLE, who="self", modes="want aim", needs=r"^(?:only|less|fewer|part[- ]time|abroad|from (?:home|anywhere)|in (?:an?|the)|as an?|for myself|three|four|two|with)\b", sure=0.65),
    Frame("goal", "go come get", WHOLE, who="self", modes="want", needs=r"^(?:back to (?:\w+ing\b|just|school|university|college|uni|my|the|being)|part[- ]time|freelance|self-employed|solo|abroad|into (?:\w+ing\b|teaching|politics|management)|off (?:sugar|meds|the))", sure=0.65),
    Frame("goal", "study travel teach own move write found launch retire swim cycle walk hike climb adopt foster restore renovate visit see earn qualify apply resign hire recruit", WHOLE, who="self", modes="want aim", never=TALK + r"|^(?:my|the|a) (?:list|draft|mail|email|note|doctor|dentist)\b|\b(?:you|it)$|" + _SMALL_TALK, needs=r"\w", sure=0.6),
    Frame("goal", "search look seek hunt", "rest", by="for", who="self", going_on=True, past=False, needs=rf"^for (?:an?|some|two|three|new|more) (?:[\w-]+ ){{0,2}}(?:{_ANEW}|{ROLES})\b", value="find {}", sure=0.65),
    Frame("goal", "search seek", WHOLE, who="self", past=False, modes="-", needs=rf"^(?:for )?(?:an?|some|two|three|new|more) (?:[\w-]+ ){{0,2}}(?:{_ANEW}|{ROLES})\b", sure=0.65),
    Frame("goal", "start begin take", WHOLE, who="self", speaker="i", modes="will aim", needs=r"^(?:up )?(?:my |with |the )?[\w -]*\bagain\b|^(?:up )?(?:\w+ing|piano|yoga|pilates|tennis|golf|spanish|french|italian|german|english) (?:again|lessons?|classes)\b|^my \w+ (?:walk|run|swim|walks|runs)\b", sure=0.65),
    Frame("goal", "ask apply bid", "rest", by="for", who="self", needs=rf"^for (?:an? )?(?:[\w-]+ )?(?:loan|grant|funding|mortgage|subsidy|scholarship|licence|license|permit|visa|planning permission|citizenship)\b|^for (?:about |another |a )?{MONEY}", sure=0.65),
    Frame("goal", "pass approve adopt set agree vote", "rest", by="for of on", who="other", about_it=True, subject="me", needs=rf"^(?:an? |the )?(?:[\w-]+ )?(?:motion|target|goal|resolution|limit|quota|plan) (?:for|of|on) .*{NUMBER}", sure=0.65),
    Frame("goal", "save put", WHOLE, who="self", past=False, needs=r"^(?:up |money |something |a bit )?(?:aside |away )?(?:for|towards) (?:an?|the|our|my) ", sure=0.6),
    Frame("decision", "sign", WHOLE, who="self", speaker="we", past=False, passive=False, modes="- will", needs=r"^(?:with|for|up with) (?!me\b|you\b|him\b|her\b|them\b)", sure=0.65),
    Frame("meeting", "meet", WHOLE, who="other", about_it=True, past=True, passive=False, topic=r"^(?:the|our|my) (?:[\w-]+ )?(?:committee|board|council|team|group|panel|jury|union|partners|shareholders|parents|works council|club|assembly|commission|directors|trustees|department)$", needs=_DAY + r"|\byesterday\b|\blast \w+", dated=True, when="event", sure=0.65),
    # How somebody wants it
    Frame("prefers", "do take have", WHOLE, who="self", speaker="i", denied=True, past=False, modes="-", needs=r"^(?:mornings|evenings|weekends|early mornings|breakfast meetings|calls|meetings|video calls|(?:mon|tues|wednes|thurs|fri|satur|sun)days)\b", value="do not {}", sure=0.7),
    Frame("prefers", "answer reply pick work read check call", WHOLE, who="self", speaker="i", denied=True, past=False, modes="-", needs=r"\b(?:(?:mon|tues|wednes|thurs|fri|satur|sun)days?|weekends?|evenings?|nights?|mornings?|holidays?|lunch|(?:after|before) (?:six|seven|eight|nine|ten|five|four|\d))\b", never=r"\b(?:this|last|next|today)\b", value="never {}", sure=0.65),
    Frame("prefers", "answer reply pick work read check call drink eat travel fly drive", WHOLE, who="third", denied=True, past=False, modes="-", needs=r"\b(?:(?:mon|tues|wednes|thurs|fri|satur|sun)days?|weekends?|evenings?|nights?|mornings?|holidays?|lunch|noon|(?:after|before) (?:six|seven|eight|nine|ten|five|four|\d))\b", never=r"\b(?:this|last|next|today)\b", value="never {}", sure=0.65),
    Frame("prefers", "want like", "rest", by="that", who="third", past=False, modes="-", needs=r"^that (?:(?:his|her|the|my|our|every|all|nobody|we|i) )", sure=0.65),
    Frame("diet", "take drink have", "rest", who="third self", denied=True, past=False, modes="-", needs=r"^(?:any )?(?:milk|sugar|cream|honey|salt|spices|coffee|tea|alcohol|wine|ice) (?:in|with)\b|^(?:any )?(?:milk|sugar|coffee|alcohol|caffeine)$", value="no {}", sure=0.7),
    Frame("diet", "eat drink", WHOLE, who="self third other", human=True, past=False, modes="-", needs=r"^(?:no|only|mostly) (?!more\b|one\b|longer\b|the\b|a\b|one\b)[\w-]+", sure=0.7),
    # Firms
    Frame("role", "do handle manage lead run", WHOLE, who="third", past=False, passive=False, going_on=False, modes="-", needs=r"^(?:the|our|all) (?!(?:job|trick|same|opposite|rest|dishes|washing|maths|right|work|best|most|talking|thing|things|whole|risk|show|way|errands)\b)[\w-]+(?:$|,| (?:for|at|in|and|here|there|too|now)\b)", sure=0.65),
    Frame("role", "act", WHOLE, who="self third other", human=True, past=False, needs=rf"^(?:{ROLES})(?:$|,| (?:at|for|in|of|as|now|until|since|and)\b)", sure=0.75),
    Frame("role", "have own", WHOLE, who="self", speaker="i", past=False, passive=False, modes="-", needs=rf"^(?:got )?(?:an?|my own|our|two|three) (?:(?!tattoo|massage|nail)[\w-]+ ){{0,2}}{_KIND_OF_FIRM}\b(?! (?:car|phone|laptop|card|email|trip|party|plan|meeting|lunch|account|loan|idea))", sure=0.65),
    Frame("role", "run own have", WHOLE, who="self", speaker="we", past=False, passive=False, modes="-", needs=rf"^(?:got )?(?:an?|our own|two|three|the) (?:[\w-]+ ){{0,2}}{_KIND_OF_FIRM}\b(?! (?:car|phone|laptop|card|email|trip|party|plan|meeting|lunch|account|loan|idea))", sure=0.65),
    Frame("employer", "call name", "org", who="other", passive=True, about_it=True, subject="me", topic=rf"^(?:the|our|my) (?:[\w-]+ )?(?:{_KIND_OF_FIRM}|charity|school|organisation|organization|association|foundation|office)$", sure=0.75),
    Frame("employer", "have get land find take", "org", by="in at with", who="third other", human=True, needs=r"^(?:got )?(?:an?|the) (?:new |great |good |summer )?(?:job|position|post|place|role|internship|apprenticeship) (?:in|at|with) (?!the (?:morning|summer|end)\b|london|paris|berlin)", never=r"\b(?:in|at|with) (?:an?|my|our|his|her|it|the) (?!(?-i:[A-Z])|[\w-]+$)", when="start", sure=0.65),
)  # fmt: skip
"""The table."""
