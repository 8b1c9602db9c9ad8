"""What verbs say of work: jobs and duties, projects, dates and sums, what was decided, undertaken, arranged."""

from backend.memory.rules.frame import PRONOUN, TALK, WHOLE, Frame
from backend.memory.rules.titles import PROJECT_NOUN
from backend.memory.rules.values import DATE, MONEY, NUMBER
from backend.memory.rules.work import TOOLS

_FIELDS = (
    r"(?:payroll|marketing|sales|accounts|accounting|bookkeeping|purchasing|procurement|hr|recruiting|(?-i:IT)|support|logistics|communications|comms|pr"
    r"|legal|compliance|finance|tax|audit|social media|design|quality|testing|training|dispatch|scheduling|planning|analytics|reporting|dashboards"
    r"|admin|maintenance|operations|customer (?:service|care|success)|events|sourcing|pricing|research|security|safety|translations?|electrics|plumbing"
    r"|fraud|invoicing|invoices|billing|rotas?|shipping|stock|inventory|deliveries|bookings|orders|contracts|claims|catering|cleaning|reception)"
)
_UNITS = (
    r"(?:team|department|division|unit|region|area|branch|office|plant|factory|site|shop|store|desk|practice|clinic|ward|school|lab|side|business|group"
    r"|account|portfolio|territory|market|function|directorship|leadership|management|role|job|post|position|chair|presidency)"
)
_MEETINGS = r"(?:meeting|call|review|workshop|interview|appointment|demo|session|kick-?off|lunch|dinner|steering|stand-?up|training|handover|visit)"
_TOPIC_MEETING = rf"^(?:(?:the|our|my|next) )*(?:[\w-]+ ){{0,2}}{_MEETINGS}\b"
_GIVEN_DAY = r"\b(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day|january|february|march|april|may|june|july|august|september|october|november|december|tomorrow|next (?:week|month)|(?:the )?\d{1,2}(?:st|nd|rd|th)|the (?:\w+teenth|first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|eleventh|twelfth|twentieth|twenty \w+|thirtieth|thirty first))\b"
_COUNTABLE = r"^(?:(?:about|around|roughly|only|max(?:imum)?|up to|over|under|more than|less than|at least|at most|some|nearly|almost|just|us|them|a maximum of|somewhere around) )*"
_CHANGE = (
    "build create modernise modernize overhaul restructure reorganise reorganize consolidate migrate implement convert upgrade rewrite"
    " replace relaunch rebrand refurbish digitise digitize automate centralise standardise standardize outsource"
)
_HAND_OVER = (
    "send share write prepare finish deliver draft submit review present organise organize sign pay order bring fix give get upload publish"
    " arrange collect clear confirm circulate print translate forward schedule proofread register file update complete transfer approve install"
    " test cancel renew negotiate ring reply answer hand set sort chase remind provide produce circulate type ship repair mend train"
)

_DUTIES = "answer drive keep check handle manage organise organize order book train inspect test buy design plan deliver maintain clean repair fix load pack price invoice approve audit translate coordinate schedule dispatch cook sign supervise edit file process review"

WORK = (
    # Employers and roles
    Frame("employer", "get land find accept take start have", "org", by="at with", needs=r"^(?:an?|the|my|this) (?:new |great |good |permanent |summer )?(?:job|position|role|post|placement|internship|apprenticeship|contract|offer|traineeship)\b(?: as [\w -]+?)? (?:at|with) ", never=r"\b(?:at|with) (?:the|an?|my|our) (?:moment|end|minute|same)\b", when="start", sure=0.75),
    Frame("employer", "employ hire recruit headhunt poach", "org", by="by", passive=True, sure=0.8),
    Frame("employer", "own run found start", "org", needs=r"^(?:an?|my own|our own) (?:[\w-]+ ){0,2}(?:firm|company|business|shop|agency|studio|practice|consultancy|restaurant|bakery|garage|farm|hotel|brewery|cafe|start-?up|gallery|clinic|salon|workshop|vineyard|nursery) (?:called|named)\b", who="self", sure=0.7),
    Frame("role", "make appoint name elect promote", "role_of", by="to", passive=True, when="start", sure=0.8, modes="- will"),
    Frame("role", "make appoint name elect promote", "role_of", passive=True, when="start", sure=0.8, modes="- will"),
    Frame("role", "hire employ recruit train qualify", "role_of", by="as", sure=0.75),
    Frame("role", "do", WHOLE, who="self third other", human=True, past=False, needs=rf"^(?:the |our |all |all the |his |her |my )?(?:(?!some\b|no\b|any\b|more\b|that\b|this\b)[\w-]+ )?(?:{_FIELDS})\b(?! (?:again|today|tomorrow|now)\b)", sure=0.75),
    Frame("role", "do", WHOLE, who="third other", human=True, past=False, going_on=False, modes="-", needs=r"^(?!(?:it|that|this|not|the|an?|my|so|well|what|nothing|everything|yoga|pilates|karate|judo|sports?|that|crosswords|pottery|ballet|gymnastics|fine|okay|great|good|more|less|all|things?|half|both|most|too|some|any|lunch|homework|his|her|our|your|their)\b)[a-z]+(?: (?!(?:again|today|now|tomorrow|every|on|in|at)\b)[a-z]+)?(?:$| (?:for|at|in|and|here)\b)", sure=0.6),
    Frame("role", "do", WHOLE, who="self third other", human=True, past=False, modes="-", needs=r"^(?:the |all the |our )?(?!(?:some|my|this|that|other|no|any|good|great|hard)\b)[\w-]+(?: [\w-]+)? (?:stuff|work|side|part|bits)\b", sure=0.65),
    Frame("role", "make prepare draw", WHOLE, who="third other", human=True, past=False, going_on=False, modes="-", needs=r"^(?:the|our|all) (?:\w+ )?\w+[a-rt-z]s(?:$| (?:for|here|at)\b)", sure=0.6),
    Frame("role", "take", WHOLE, who="third other", human=True, modes="- will", needs=r"^over (?!from\b|it\b|that\b|the world\b)", when="start", sure=0.65),
    Frame("employer", "do work", "org", by="at", who="self", past=False, modes="-", needs=rf"^(?!.*\b(?:masters?|degree|phd|course|part time)\b)(?:the |all the )?(?:[\w-]+ )?(?:{_FIELDS}|[\w-]+(?: [\w-]+)? (?:stuff|work|side|part))\b.* at ", never=r"\bat (?:the|an?|my|home|night|noon|weekends?)\b", sure=0.65),
    Frame("age", "have", "age_of", who="self third", past=False, needs=r"^(?:only |already |now )?(?:1[4-9]|[2-9]\d|(?:twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)(?: \w+)?|\w+teen) years(?:$| (?:and|now|old)\b|,)", speaker="i", sure=0.65),
    Frame("age", "have", "age_of", who="third", past=False, needs=rf"^(?:only |already |now )?{NUMBER} years(?:$| (?:and|now|old)\b|,)", sure=0.65),
    Frame("role", _DUTIES, WHOLE, who="self", speaker="i", past=False, passive=False, going_on=False, modes="-", needs=r"^(?:off )?(?:the|our|all(?: the)?) (?!(?:kids|children|dog|dogs|cat|car|time|way|lights?|door|phone|one|ones|same|other|rest|first|last|next|plan|date|deadline|budget|pace|peace|faith|promise|change|weather|numbers?)\b)[\w-]+", never=TALK + rf"|{_GIVEN_DAY}|\b(?:tonight|today|now|again|first)\b", sure=0.6),
    Frame("role", _DUTIES, WHOLE, who="third other", human=True, past=False, passive=False, going_on=False, modes="-", needs=r"^(?:off )?(?:the|our|all(?: the)?) (?!(?:kids|children|dog|dogs|cat|car|time|way|lights?|door|phone|one|ones|same|other|rest|first|last|next|plan|date|deadline|budget|pace|peace|faith|promise|change|weather|numbers?)\b)[\w-]+", never=TALK + rf"|{_GIVEN_DAY}|\b(?:tonight|today|now|again|first)\b", sure=0.6),
    Frame("role", "put", "in_charge", who="third other none", about_it=True, subject="me", needs=r"^me in charge of\b", when="start", sure=0.75),
    Frame("role", "sell teach repair translate edit install import export distribute audit insure treat design tutor", WHOLE, who="self third other", human=True, past=False, passive=False, going_on=False, speaker="", needs=r"^(?!(?:the|an?|my|our|it|that|this|them|you|me|him|her|us|to|in|at|on|for|with|by|your|his|its|some|any|more|all|off|out|well|too|everything|people|badly)\b)[a-z-]+(?: (?!(?:in|at|on|for|to|because|and|but|when|every|so|if)\b)[a-z-]+){0,2}(?:$|,| (?:\d|in|at|for|to|and|here)\b)", sure=0.65),
    Frame("role", "take", "rest", by="over", needs=rf"^over (?:the|our|as|his|her) (?:[\w-]+ ){{0,3}}{_UNITS}\b", when="start", sure=0.75),
    Frame("role", "run lead manage head handle oversee coordinate supervise check approve write organise organize", "duty", who="third other", human=True, past=False, passive=False, modes="-", needs=r"^(?:the|our|all) (?!(?:risk|way|show|errands?)\b)[\w-]+", never=rf"{TALK}|{_GIVEN_DAY}", sure=0.65),
    Frame("role", "look", "rest", by="after", who="third other", human=True, past=False, needs=r"^after (?:the|our|all|my) (?!(?:kids|children|dog|cat|baby)\b)", sure=0.7, value="looks after {}"),
    Frame("role", "check test review process approve write drive handle organise organize plan cover dispatch fix maintain produce investigate inspect research develop", WHOLE, who="third", human=True, past=False, passive=False, going_on=False, modes="-", needs=r"^(?!(?:the|an?|my|our|it|that|this|them|you|me|him|her|us|to|in|at|on|for|with|by|your|his|its|some|any|more|all|off|out|up|well|too|everything|people|badly|every|really|like|good|great|very|so|only|around|about|from|and|or|when|if|because)\b)(?:[a-z-]+ )?(?:[a-z-]{2,}[a-rt-z]s|fraud|quality|safety|payroll|compliance|software|stock|credit|security|traffic|freight|equipment)$", sure=0.6),
    Frame("role", "stand step fill", WHOLE, who="self third other", human=True, needs=r"^in (?:for|as)\b", modes="- will", sure=0.65),
    Frame("role", "stay remain act", "role_of", by="as", who="self third other", human=True, modes="- will", sure=0.7),
    Frame("role", "ask", "role_of", by="me_to_take_the me_to_be me_to_become me_to_act_as", who="third other", about_it=True, subject="me", when="start", sure=0.7),
    Frame("event", "hand give", WHOLE, who="self third other", human=True, needs=r"^(?:in )?(?:my|his|her) (?:notice|resignation)\b", when="event", sure=0.8),
    # Projects and tools
    Frame("works_on", _CHANGE + " renew expand extend relocate open", WHOLE, who="self", modes="-", going_on=True, past=False, needs=r"^(?:an?|the|our|my) (?!(?:meeting|call|mail|list|agenda|invitation|ticket|report|contract|lease|visa|passport|subscription|insurance)\b)", never=TALK + rf"|{_GIVEN_DAY}", sure=0.7),
    Frame("works_on", _CHANGE, WHOLE, who="self", modes="want must aim", needs=r"^(?:an?|the|our|all|my) (?!(?:meeting|call|mail|list|agenda|file|laptop|phone)\b)", never=TALK, sure=0.65),
    Frame("works_on", "set", WHOLE, who="self", going_on=True, needs=r"^up (?:an?|the|our) (?:[\w-]+ ){0,3}[\w-]+", never=r"\b(?:meeting|call|interview|appointment|account)\b", sure=0.7),
    Frame("works_on", "do put draw get", WHOLE, who="self", going_on=True, needs=r"^(?:up|together) (?:an?|the|our|my) (?!(?:list|mail|email|fight)\b)", sure=0.65),
    Frame("works_on", "organise organize plan prepare develop launch design", WHOLE, who="self", going_on=True, needs=r"^(?:an?|the|our|my) (?:[\w-]+ ){0,3}[\w-]+", never=TALK + rf"|{_GIVEN_DAY}|\b(?:meeting|call|party|lunch|dinner|birthday|holiday|weekend|trip|slides|mail|list|report|presentation)\b", sure=0.6),
    Frame("works_on", "need want", "undertaking", who="self", speaker="we", past=False, modes="-", needs=r"^(?:an?|our|some) (?:new |better |proper |decent )?(?:[\w-]+ )?(?:website|site|app|portal|system|plan|strategy|database|webshop|intranet|platform|programme|campaign|forecast|process|concept|handbook|guide|rota|schedule|dashboard|newsletter|brochure|policy|model)\b(?! (?:by|on|at)\b)", sure=0.6),
    Frame("works_on", "write", WHOLE, who="self", going_on=True, needs=r"^(?:an?|my|our) (?:[\w-]+ )?(?:book|novel|thesis|dissertation|handbook|manual|memoir|guide|cookbook|paper|textbook|screenplay|play|strategy)\b", sure=0.75),
    Frame("works_on", "inherit take lead run manage head coordinate own start plan organise organize prepare have get launch", "undertaking", who="self", passive=False, needs=rf"^(?:on |over |up )?(?:the|our|this|an?|my) (?:(?!(?:for|in|of|on|at|with|from|to|by)\b)[\w&'-]+ ){{0,4}}?(?:{PROJECT_NOUN})(?:$| (?:and|at|for|this|in|from|to|now|here|thing|coming)\b)", never=rf"^(?:on |over |up )?(?:the|our|this|an?|my) (?:system|tool|training|app|website|platform|portal|conference|audit|exhibition|campaign)$|{_GIVEN_DAY}", sure=0.7),
    Frame("works_on", "get have", "thing_named", who="self", needs=r"^(?:got )?(?:this|that) (?:big |whole |new )?(?:[\w-]+ ){1,3}(?:thing|business|initiative|effort|project)\b", speaker="we", never=r"^that (?!new|big|whole)", sure=0.7),
    Frame("works_on", "move", WHOLE, who="self", modes="must want aim will", needs=r"^(?:the|our|a) (?:[\w-]+ )?(?:warehouse|office|offices|plant|factory|headquarters|hq|archive|library|lab|laboratory|data ?cent(?:er|re)|production|workshop|clinic|ward|museum|collection|call cent(?:er|re)|department)\b", sure=0.7),
    Frame("uses_tool", "switch migrate move change", "brand", by="to onto", who="self", needs=r"^(?:the|our|my|all|everything|it all) (?:[\w'-]+ ){0,3}?(?:from [\w. -]+ )?(?:to|onto) (?:(?-i:[A-Z])|(?:" + TOOLS + r")\b)", never=r"\b(?:to|onto) (?:an?|the|my|our|your) |\bto (?:\w+day|january|february|march|april|may|june|july|august|september|october|november|december|next|\d)", sure=0.75),
    Frame("uses_tool", "roll introduce adopt deploy install implement buy purchase license get have", "brand", by="out", who="self", needs=rf"^out (?:(?-i:[A-Z])|{TOOLS}\b)", sure=0.75),
    Frame("uses_tool", "introduce adopt deploy install implement", "brand", who="self", needs=rf"^(?:(?-i:[A-Z])[\w.]+(?:$| (?:for|in|last|as|and|two|three))|{TOOLS}\b)", sure=0.7),
    Frame("uses_tool", "run be live work sit build", "brand", by="on in with", who="third other", about_it=True, subject="me", needs=rf"\b(?:on|in|with) {TOOLS}\b", sure=0.65),
    Frame("uses_tool", "run work", "brand", by="system_called tool_called software_called platform_called app_called program_called database_called", who="self other", about_it=True, subject="me", sure=0.8),
    # Days and sums
    Frame("deadline", "submit hand order apply sign decide send file register hire install replace certify migrate switch move publish print move_in test train vacate close", "day_of", by="by until before no_later_than", who="self", modes="must", speaker="we", subject="project", sure=0.65),
    Frame("deadline", "close end expire run", "day_of", by="on at in out_on", who="other", topic=r"^(?:(?:the|our|its) )*(?:[\w-]+ ){0,2}(?:tender|applications?|registration|registrations|offer|window|submissions?|bids?|bidding|call|sign-?up|enrolment|enrollment)$", about_it=True, sure=0.7),
    Frame("deadline", "need", "day_of", by="by no_later_than", who="self", needs=r"^(?:two|three|four|five|six|an?|the|all|more|\d+|your|his|her|their|some|new|another) [\w ,'-]+? (?:by|no later than) ", subject="project", sure=0.6),
    Frame("deadline", "have get", "day_of", by="until till to", who="self", needs=r"^(?:an? )?(?:extension|extra time|more time|deferral|postponement|reprieve|delay)\b", subject="project", sure=0.75),
    Frame("deadline", "be", "day_of", by="by until before", who="other", topic=r"^(?:it|everything|the [\w -]+|our [\w -]+)$", about_it=True, modes="must", needs=r"^(?:in|on|at|with|up|out|there)(?: [\w -]+)? (?:by|until|before) ", subject="project", sure=0.7),
    Frame("meeting", "move push shift reschedule postpone bring put", WHOLE, who="other", about_it=True, passive=True, topic=_TOPIC_MEETING, needs=_GIVEN_DAY, when="event", dated=True, sure=0.7),
    Frame("amount", "seat hold carry fit accommodate weigh employ charge quote bill earn average total", "count_of", who="self third other", about_it=True, subject="me", passive=False, needs=_COUNTABLE + NUMBER, when="never", sure=0.65),
    Frame("amount", "cost", "count_of", who="third other", about_it=True, subject="me", passive=False, needs=_COUNTABLE + rf"(?:{MONEY}|{NUMBER})(?! (?:days?|weeks?|months?|years?|hours?|minutes?)\b)", when="never", sure=0.65),
    Frame("amount", "come work add", "count_of", by="to at in_at out_at up_to", who="other", about_it=True, subject="me", needs=rf"^(?:(?:in|out|up) )?(?:to|at) (?:about |around |roughly |just over |just under )*(?:{MONEY}|{NUMBER})", never=r"\b(?:to|at) (?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|\d{1,2})(?:$| (?:o'clock|thirty|am|pm|on|in|every|tomorrow|today)\b)", when="never", sure=0.65),
    # Decisions
    Frame("decision", "stop end terminate replace ban forbid abolish freeze", WHOLE, who="self", passive=False, past=True, needs=r"^(?:the|our|all|any|with|using|printing|buying|selling|offering|making|ordering) ", never=TALK + r"|\b(?:smoking|drinking|eating|car|clock|bleeding|music)\b", sure=0.65),
    Frame("decision", "switch change", WHOLE, who="self", passive=False, past=True, going_on=False, needs=r"^(?:the|our|from|suppliers?|vendors?|banks?|providers?) .*\bto\b|^to an? ", never=TALK + rf"|\bto (?:the )?{DATE}", sure=0.65),
    Frame("decision", "award give hand grant", WHOLE, who="self other", about_it=True, passive=False, needs=r"^(?:the|our|a) (?:[\w-]+ ){0,2}(?:contract|tender|order|job|mandate|deal|project|commission|grant|licence|license)s? to ", sure=0.75),
    Frame("decision", "turn", WHOLE, who="self", passive=False, needs=r"^(?!(?:it|that|them|him|her|the (?:music|heating|light|lights|volume|key|page|corner|camera))\b)(?:the|their|his|her|an?) [\w' -]+ down$", sure=0.7),
    Frame("decision", "get pay bear cover sign receive share", WHOLE, who="other", about_it=True, past=False, modes="- will must", topic=r"^(?:everybody|everyone|nobody|no one|(?:each|every|all|both) [\w ]+|marketing|finance|sales|hr|it|legal|operations|head office|the (?:[\w-]+ )?(?:team|department|board|company|client|customer|insurer|landlord|city|council|supplier|vendor))$", needs=r"^(?:an?|the|half|all|for|both|two|three|every|their|\d)", never=TALK + r"|\b(?:it|tired|angry|sick|wrong)\b", sure=0.6),
    Frame("decision", "stay remain", WHOLE, who="other", about_it=True, past=False, modes="- will must", needs=r"^(?:until|at|as|in|with|on|where|the same|open|closed|unchanged)\b", never=r"^(?:at home|in bed|in touch|on the (?:line|phone)|in hospital|with (?:me|us|him|her|them)|at (?:work|a|the) (?:hotel)?)\b", sure=0.6),
    Frame("decision", "want", "rest", by="to", who="self", needs=r"^to (?:use|keep|try|drop|skip|cancel|choose|go with|go for|stick with|stay with) (?!it\b|that\b|this\b|them\b|you\b|to\b|the word\b|an? (?:break|nap|look|word)\b)", sure=0.55),
    Frame("decision", "use keep choose drop", WHOLE, who="self", modes="want", never=TALK + r"|\ban? (?:break|nap|word)\b|^to\b", sure=0.55),
    Frame("decision", "say", WHOLE, who="self", needs=r"^(?:no|yes)$", past=True, sure=0.5),
    Frame("decision", "agree settle decide", "rest", who="other", by="on for to against that", about_it=True, past=True, passive=False, topic=r"^(?:(?:the|our|my) )?(?:[\w-]+ )?(?:board|council|union|management|committee|team|steering|partners|owners|landlord|client|customer|ministry|regulator|court|bank|insurer|director|ceo|cfo)\b", sure=0.65),
    Frame("decision", "go", WHOLE, who="other", about_it=True, topic=r"^(?:the|our) (?:[\w-]+ )?(?:contract|order|tender|job|mandate|deal|commission|prize)$", needs=r"^to (?!the (?:bin|wall)\b)", sure=0.7),
    Frame("decision", "bin chuck dump axe shelve park ditch abandon scrap", WHOLE, who="self", passive=False, past=True, needs=r"^(?:the|our|all|any|that idea)\b", sure=0.7),
    Frame("decision", "put place", WHOLE, who="self", passive=False, needs=r"\bon (?:hold|ice|the back burner)\b", sure=0.7),
    Frame("decision", "go plump opt", "rest", by="for", who="self", past=True, needs=r"^for (?:the|an?) (?:[\w-]+ ){0,3}(?:one|option|version|model|colou?r|offer|package|supplier|vendor|plan|design|size|room|venue|date|variant)\b", sure=0.7),
    Frame("decision", "bother", WHOLE, who="self", denied=True, going_on=True, needs=r"^with\b", value="not {}", sure=0.7),
    Frame("decision", "close open start finish work stop charge pay ship serve offer accept take", WHOLE, who="self", speaker="we", past=False, modes="-", needs=r"\bfrom (?:january|february|march|april|may|june|july|august|september|october|november|december|now on|next (?:week|month|year)|\w+day)\b", sure=0.6),
    # Undertakings
    Frame("commitment", "take", WHOLE, who="self", modes="will", needs=r"^care of (?!it\b|that\b|you\b|him\b|her\b|them\b|this\b)", when="event", sure=0.75),
    Frame("commitment", _HAND_OVER, WHOLE, who="self", modes="will", speaker="i", needs=r"^(?!(?:it|that|this|them|you|there|so|me|out|up|off|in|on)$)(?:the|my|our|your|his|her|their|all|a|an|him|her|them|you|back|up|in|on|over|out|off|(?-i:[A-Z])[\w'-]+) (?!(?:know|think|later|there)\b)\w", never=r"^back to (?:you|me|it|work|sleep|bed)\b|^(?:a (?:guess|go|try|shot|laugh|look|think|break|coffee)|it a|you (?:know|later|there|credit|a (?:break|hint|call|ring))|me\b|the (?:kids|kettle|train|bus|phone|door|blame)|on (?:it|with)|up (?:it|early)|there\b)", when="event", sure=0.65),
    Frame("commitment", "give get bring provide hand make build fix translate print arrange organise organize present return order install repair", WHOLE, who="third other", human=True, modes="will", needs=_GIVEN_DAY, dated=True, when="event", sure=0.65),
    Frame("commitment", "deliver send bring return hand provide supply ship present submit", WHOLE, who="third other", human=True, past=False, modes="-", needs=rf"\b(?:by|until|before) .*{_GIVEN_DAY}", dated=True, when="event", sure=0.65),
    Frame("commitment", "promise guarantee commit swear undertake", WHOLE, who="third other", about_it=True, past=True, needs=r"^(?:to|that|us|me|the|an?|it|two|three|four|five|six|\d)", modes="-", when="event", sure=0.65),
    Frame("commitment", "give", "rest", by="word_that", who="self", needs=r"^(?:(?:him|her|them|the [\w-]+|(?-i:[A-Z])\w+) )?my word\b", when="event", sure=0.8),
    Frame("commitment", "ring call phone visit mail email text meet tell ask", WHOLE, who="self", speaker="i", past=False, modes="-", needs=r"^(?!(?:it|that|you|me)\b)(?:him|her|them|the|my|our|(?-i:[A-Z])[\w'-]+)(?: [\w'-]+){0,3} (?:tomorrow|today|tonight|on \w+day|next week|this (?:week|afternoon|evening))\b", when="event", dated=True, sure=0.65),
    Frame("commitment", "present give hold lead host chair run moderate", WHOLE, who="self", speaker="i", going_on=True, needs=r"^(?:the|our|my|an?) (?:[\w-]+ )?(?:numbers|figures|results|talk|speech|keynote|lecture|workshop|presentation|session|paper|budget|plan|strategy|training|webinar|tour|demo)\b", when="event", sure=0.65),
    # Aims
    Frame("goal", "work push strive", "rest", by="towards toward for", who="self", going_on=True, needs=r"^(?:towards|toward) (?!the end\b)|^for (?:zero|a \w+ percent)", sure=0.7),
    Frame("goal", "get bring cut reduce keep push drive", WHOLE, who="self", modes="want must aim", needs=rf"\b(?:to|under|below|above|over|within|by) (?:about |around |at least )?{NUMBER}", never=r"\b(?:o'clock|am|pm)\b|\b(?:by|to|over) (?:one|two|three|four|five|six|seven|eight|nine|ten)$", sure=0.7),
    Frame("goal", "be have", WHOLE, who="self", modes="want aim", needs=r"^(?:[\w-]+[ -]free|fluent|fit|independent|profitable|self-sufficient|carbon neutral|paperless|certified|qualified|the (?:first|best|biggest|number one|market leader)|among the|in the top|my own|our own|a (?:[\w-]+ )?(?:house|shop|farm|bakery|cafe|restaurant|family|company|business)|running|home by|all (?:the|of)|every\w*|no |zero )", sure=0.65),
    Frame("goal", "go move come get", WHOLE, who="self", modes="must aim", needs=rf"^(?:\w+ )?(?:to|under|below|above|down to|up to|over|past) (?:about |around )?{NUMBER}", never=r"\b(?:o'clock|am|pm)\b|\b(?:to|over) (?:one|two|\d) ", sure=0.7),
    Frame("goal", "be", "role_of", who="self third", modes="want", sure=0.7),
    Frame("goal", "make offer create found win publish finish automate halve cut move expand export hire grow see publish turn have sell save", WHOLE, who="self", modes="want", never=PRONOUN + r"|\b(?:break|coffee|drink|word|look|chat|call|meeting|minute|moment|nap|lunch|dinner|breakfast)\b|^(?:a|an|the|some|something|sure|your|more) ?(?:sure|sense|draft|list|mail|email|text|note|point|list|table|it|you|copy)?$|^to\b", needs=rf"\b(?:by|before|within|until|in) (?:the )?{DATE}|{NUMBER}|\b(?:this|next) year\b|\bone day\b|\bmy own\b", sure=0.65),
    Frame("goal", "save", WHOLE, who="self", going_on=True, needs=r"^(?:up )?for (?:an?|the|our|my)\b", sure=0.75),
    Frame("goal", "train prepare study", WHOLE, who="self third", going_on=True, needs=r"^(?:for|to) (?:an?|the|my|his|her)? ?(?:[\w-]+ ){0,2}(?:marathon|triathlon|race|exams?|test|bar|finals|certificate|certification|licence|license|degree|crossing|ultra|ironman|competition|championship)\b", sure=0.75),
)  # fmt: skip
"""The table."""
