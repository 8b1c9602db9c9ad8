"""What verbs say of how somebody lives: home and family, food and health, taste, pastimes, things, journeys, what happens."""

from backend.memory.rules.frame import PRONOUN, WHOLE, Frame
from backend.memory.rules.life import FOODS
from backend.memory.rules.values import NUMBER

_DRINKS = r"(?:coffee|tea|espresso|cappuccino|decaf|water|steak|eggs)"
_CLOCK = r"(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|noon|\d{1,2}(?:[:.]\d\d)?)(?: (?:thirty|fifteen|am|pm|o'clock))?"
_EXAM = r"(?:exams?|test|audit|degree|thesis|certificate|certification|course|training|inspection|finals|probation|a-levels|gcses|bar|driving test|licence|license|phd|doctorate|masters?|apprenticeship|studies)"

_DATED = r"^(?:an?|the|his|her) [\w' -]*\b(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day|january|february|march|april|may|june|july|august|september|october|november|december|tomorrow|next (?:week|month)|the \d{1,2}(?:st|nd|rd|th))\b"

LIFE = (
    # Home and family
    Frame("lives_in", "have get own buy rent", "place", by="in", who="self", past=False, needs=r"^(?:got )?(?:an?|our|my) (?:[\w-]+ ){0,2}(?:flat|house|apartment|place|home|bungalow|villa|studio) in (?!january|february|march|april|may|june|july|august|september|october|november|december)", never=r"\b(?:summer|holiday|weekend|second|country|beach|guest) (?:house|flat|apartment|place|home)\b", when="never", sure=0.6),
    Frame("lives_in", "stay", "place", by="in at", who="self", going_on=True, never=r"\b(?:hotel|tonight|tomorrow|night|nights|week|weekend|days|until|till|for|bed|touch|office|home|from|\d)\b|\b(?:in|at) (?:the|an?|my|our|her|his)\b", sure=0.6),
    Frame("lives_in", "move", "place", by="in", who="self", going_on=True, needs=r"^in with [\w-]+.*,? in (?!january|february|march|april|may|june|july|august|september|october|november|december|the|a|an|two|three|spring|summer|autumn|winter)", when="start", sure=0.6),
    Frame("spouse", "move", "first", by="in_with together_with", who="self", needs=r"^(?:in|together) with (?!my\b|our\b|the\b|an?\b|him\b|her\b|them\b|two\b|three\b|four\b|friends\b|parents\b|mum\b|mom\b|dad\b|mam\b)", sure=0.65),
    Frame("spouse", "date", "first", who="self", going_on=True, never=PRONOUN + r"|^(?:an?|the|back|from)\b", sure=0.7),
    Frame("spouse", "engage", "first", by="to", who="self", passive=True, sure=0.8),
    Frame("child", "bear", "subject", who="other", passive=True, topic=r"^(?-i:[A-Z])[\w-]+$", needs=r"^(?:(?:on|last|this|in|at|yesterday|today|two|three|a) |$|yesterday|today)", subject="me", about_it=True, sure=0.7),
    Frame("birthday", "bear", "day_of", by="on", who="self third other", passive=True, sure=0.75),
    Frame("event", "expect", WHOLE, who="self third other", human=True, going_on=True, needs=r"^(?:an?|our|my|her|another|their|twins|the) ?(?:\w+ )?(?:baby|child|second|first|third|fourth|twins|boy|girl|grandchild|$)", when="event", sure=0.75),
    Frame("event", "pass", WHOLE, who="third other", human=True, needs=r"^away\b", when="event", sure=0.8),
    Frame("event", "separate split", WHOLE, who="self", needs=r"^(?:up\b|from (?:my|him|her)|in |last |$)", when="event", sure=0.75),
    Frame("event", "get", WHOLE, who="third other", human=True, needs=r"^(?:a |the |his |her )?(?:promotion|admission|new job|job offer|place at|scholarship|offer from|raise|pay rise|divorce|degree|licence|license)\b", when="event", modes="- will", sure=0.75),
    Frame("event", "have undergo need", WHOLE, who="self third other", human=True, modes="- will must", needs=r"^(?:an? |another |his |her |my )?(?:\w+ )?(?:heart attack|stroke|accident|operation|surgery|baby|fall|miscarriage|burn-?out|break-?in|breakdown|flood|fire|power cut|outage|c-section|transplant|root canal|concussion|hip replacement)\b", when="event", sure=0.75),
    Frame("event", "break twist sprain tear hurt injure dislocate fracture", WHOLE, who="self third other", human=True, needs=r"^(?:my|his|her|an?) (?:left |right |little |big )?(?:leg|arm|wrist|ankle|foot|hip|toe|finger|knee|shoulder|rib|ribs|collarbone|nose|thumb|hand|back|ligament|tendon|elbow)\b", when="event", sure=0.8),
    Frame("event", "go", WHOLE, who="self third other", about_it=True, topic=r"(?!every\b|some\b)", needs=r"^(?:bankrupt|bust|into administration|into labour|into labor|on strike|public|into liquidation|missing|into hospital|up in flames|out of business)\b", when="event", modes="- will", sure=0.75),
    Frame("event", "pass finish complete defend fail start begin", WHOLE, who="self third other", human=True, modes="- will", needs=rf"^(?:my|the|our|his|her|an?) (?:\w+ ){{0,2}}{_EXAM}\b", when="event", sure=0.7),
    Frame("event", "win", WHOLE, who="self third other", human=True, past=True, needs=r"^(?:the|an?|our|first|second|gold|silver|bronze|his|her) (?:\w+ ){0,2}(?:tender|contract|prize|award|match|game|race|final|cup|election|case|lawsuit|appeal|medal|competition|bid|pitch|tournament|lottery|scholarship)\b", when="event", sure=0.75),
    Frame("event", "start", WHOLE, who="third other", human=True, needs=r"^(?:school|university|college|kindergarten|nursery|work|uni|a new job|secondary school|her|his)\b", modes="- will", when="event", sure=0.7),
    Frame("event", "have", WHOLE, who="third other", human=True, modes="- will", needs=_DATED, never=r"^(?:an? |the |his |her )?(?:meeting|call|appointment|look|word)\b", dated=True, when="event", sure=0.65),
    Frame("event", "get receive collect pick", WHOLE, who="self", past=True, dated=True, needs=r"^(?:up )?(?:the|our|my|his|her|an?) [\w' -]*\b(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day|yesterday|last (?:week|night|month)|this (?:week|morning)|today|january|february|march|april|may|june|july|august|september|october|november|december)\b", never=r"^(?:a |the |my )?(?:call|mail|email|message|minute|bus|train|feeling|chance|moment|text)\b", when="event", sure=0.65),
    Frame("event", "pack break give conk blow fall burst leak jam freeze crack snap collapse fail seize melt", WHOLE, who="other", about_it=True, past=True, passive=False, topic=r"^(?:(?:the|our|my|one of) )", needs=r"^(?:in|down|up|out|over|off|through|again|last|this|on|yesterday|completely|apart)\b|^$", when="event", sure=0.65),
    Frame("event", "call", WHOLE, who="self third other", about_it=True, subject="me", past=True, needs=r"^off (?:the|our|my)\b|\boff$", when="event", sure=0.65),
    Frame("event", "steal rob cancel flood damage destroy", WHOLE, who="third other", about_it=True, past=True, subject="me", needs=r"^(?:the|our|my|us|all) ?", when="event", sure=0.65),
    Frame("prefers", "take have accept join start", WHOLE, who="self", speaker="i", denied=True, modes="can - will", needs=r"^(?:any )?(?:calls?|meetings?|appointments?|visitors|bookings?) (?:after|before|on|in|between|during|at) ", never=r"\b(?:this|next|today|tomorrow)\b", value="cannot {}", sure=0.65),
    Frame("prefers", "do make manage work meet", WHOLE, who="self", speaker="i", denied=True, modes="can", needs=r"^(?:on )?(?:(?:mon|tues|wednes|thurs|fri|satur|sun)days|mornings|afternoons|evenings|weekends|before (?:\w+ )?\w+|nights)\b", value="cannot {}", sure=0.65),
    # Food and health
    Frame("diet", "stop quit", WHOLE, who="self third", human=True, past=True, needs=rf"^(?:(?:eating|drinking|having|taking) )?(?:all )?(?:{FOODS}|coffee|smoking|beer|wine|caffeine|sweets|chocolate|drinking|salt)\b", sure=0.75),
    Frame("diet", "drink smoke", WHOLE, who="self", denied=True, needs=r"^(?:(?:anymore|at all|any longer|these days) ?)*(?:since .*)?$", value="do not {}", sure=0.75),
    Frame("diet", "drink smoke", "verb", who="third", denied=True, needs=r"^(?:(?:anymore|at all|any longer|these days) ?)*(?:since .*)?$", value="does not {}", sure=0.75),
    Frame("allergy", "put send", "reaction_of", who="other", about_it=True, subject="me", needs=r"^me (?:in|to) (?:the )?hospital", sure=0.6),
    Frame("prefers", "drink take have eat like", WHOLE, who="self", speaker="i", past=False, needs=rf"^(?:my |the )?{_DRINKS}(?: and \w+)? (?:black|with|without|strong|weak|white|sweet|unsweetened|sparkling|still|rare|well done|medium)\b", sure=0.75),
    Frame("allergy", "put kill send", "subject", who="other", about_it=True, modes="- will can would", needs=r"^me(?: (?:in|to) (?:the )?(?:hospital|casualty|a&e))?$", topic=r"^(?!(?:it|that|this|he|she|they|work|you|everything|stairs|monday|the|my|meetings?)\b)[a-z]+(?: [a-z]+)?$", subject="me", sure=0.6),
    # Taste
    Frame("dislikes", "have", "liking", by="patience_for time_for", who="self", needs=r"^(?:no|little|zero) (?:patience|time) for ", sure=0.7),
    Frame("dislikes", "get", "subject", who="other", about_it=True, needs=r"^on my nerves\b", subject="me", sure=0.8),
    Frame("dislikes", "drive make", "subject", who="other", about_it=True, needs=r"^me (?:up the wall|crazy|mad|nuts|insane|round the bend|dizzy|seasick|sleepy)\b", subject="me", sure=0.75),
    Frame("dislikes", "avoid dread", "tastes", who="self", modes="-", past=False, never=PRONOUN + rf"|^(?:{FOODS})\b|^(?:the|an?|my|our|your) ", sure=0.7),
    Frame("dislikes", "give", "subject", who="other", about_it=True, needs=r"^me (?:a headache|headaches|the creeps|nightmares|migraines?)\b", subject="me", sure=0.75),
    Frame("likes", "cheer relax calm fascinate", "subject", who="other", about_it=True, past=False, needs=r"^me\b", subject="me", sure=0.65),
    Frame("likes", "swear", "simple", by="by", who="self", needs=r"^by (?!it\b|that\b|him\b|her\b|the\b)", sure=0.65),
    Frame("prefers", "stop finish leave start begin", WHOLE, who="self", speaker="i", past=False, modes="-", needs=rf"^(?:work )?at {_CLOCK}(?:$| (?:on|every|in the|sharp|and|so)\b)", never=r"\b(?:tomorrow|today|this|next)\b", sure=0.65),
    Frame("prefers", "take have", WHOLE, who="self", speaker="i", past=False, modes="-", needs=r"^(?:my )?(?:\w+day(?:s| afternoons?| mornings?)) off\b|^(?:\w+days|\w+ afternoons) off\b", sure=0.75),
    Frame("prefers", "want", WHOLE, who="third", human=True, past=False, modes="-", needs=rf"^(?:it|them|everything|all|things|that|the \w+) (?:in|on|as|by|with) (?:an? |one |two |three |{NUMBER} )?(?:pages?|english|writing|paper|slides|table|excel|pdf|german|french|spanish|bullet points|e-?mail|phone|person)\b", sure=0.7),
    Frame("prefers", "want need", WHOLE, who="self", speaker="i", past=False, needs=rf"^(?:it|them|everything|all [\w ]+|things|my \w+|the \w+|your \w+|training) (?:in|on|as|by|via|to be) (?:an? |one |two |three |{NUMBER} )?(?:pages?|english|writing|paper|slides|tables?|excel|pdf|german|french|spanish|bullet points|e-?mail|phone|person|remote|short|brief|advance)\b|^(?:it|them|training) (?:remote|short|brief|simple|online)\b", sure=0.7),
    # Languages, pastimes, things
    Frame("language", "grow", "languages", by="speaking with", who="self third", needs=r"^up (?:speaking|with)\b", sure=0.75),
    Frame("language", "be", "languages", by="fluent_in native_in good_at", who="self third", sure=0.75),
    Frame("hobby", "learn try", "hobby_of", who="self", modes="-", sure=0.7),
    Frame("hobby", "learn teach", "hobby_of", by="myself to_play", who="self", modes="-", sure=0.7),
    Frame("hobby", "do go practise practice", "hobby_of", who="self third", human=True, past=False, modes="-", needs=r"\b(?:every|in (?:the )?(?:winter|summer|autumn|spring|mornings?|evenings?)|at (?:the )?weekends?|when i can|a lot|whenever|for fun|(?:two|three|four|five|\d) times a week|with my|to relax|most)\b", sure=0.7),
    Frame("hobby", "run jog swim cycle walk row hike", WHOLE, who="self", speaker="i", past=False, modes="-", needs=r"^(?:along|around|round|in|through|up|across) (?:the|our) (?:\w+ )?(?:park|canal|river|lake|woods|hills|forest|sea|pool|beach|fjord|mountains?|harbour|harbor|coast|loch)\b", sure=0.7),
    Frame("hobby", "ride keep breed grow restore collect build brew make race fly carve train", WHOLE, who="self", speaker="i", past=False, modes="-", passive=False, needs=r"^(?:horses?|ponies|bees|chickens|hens|pigeons|koi|alpacas|sheep|goats|vintage|old (?:cars|bikes|radios|clocks|furniture|motorbikes)|classic|model|roses|orchids|tomatoes|vegetables|dahlias|bonsai|my own (?:beer|bread|wine|vegetables|cider|jam|honey)|motorbikes?|a motorbike|drones|kites|jam|cheese|pottery|jewellery|furniture|dogs|stamps|coins|records|vinyl|comics)\b", sure=0.75),
    Frame("hobby", "volunteer", WHOLE, who="self third", human=True, past=False, needs=r"^(?:at|with|for|in)\b", sure=0.75),
    Frame("hobby", "play", WHOLE, who="self third other", human=True, past=False, needs=r"^(?:in|for) (?:an?|the|our|her|his) (?:\w+ ){0,2}(?:band|orchestra|team|league|quartet|choir|club)\b", sure=0.75),
    Frame("hobby", "spend", WHOLE, who="self", past=False, needs=r"^(?:my|every|most|all my) (?:weekends?|evenings?|sundays?|saturdays?|free time|spare time|holidays)\b.*\b\w+ing\b", sure=0.65),
    Frame("hobby", "be", "hobby_of", by="learning taking_up", who="self", sure=0.7),
    Frame("hobby", "be", WHOLE, who="self", speaker="i", past=False, modes="-", needs=r"^in an? (?:[\w-]+ ){0,2}(?:band|choir|orchestra|club|team|league|quartet|theatre group|drama group|society|troupe)$", sure=0.7),
    Frame("hobby", "go", WHOLE, who="self", past=False, modes="-", needs=r"^\w+ing (?:every|each|most|at weekends|at the weekend|on \w+days?|whenever|twice|once)\b", sure=0.7),
    Frame("hobby", "knit paint sing garden bake sew climb dance row sail fish crochet surf ski", "verb", who="self", speaker="i", past=False, modes="-", needs=r"^(?:a bit|a lot|for fun|to relax|)$", sure=0.65),
    Frame("owns", "have get", "belonging", who="self", past=None, passive=False, modes="-", going_on=False, sure=0.65),
    Frame("owns", "bring lease order", "thing_of", who="self", past=True, never=r"\b(?:for|to) (?:him|her|them|the|my)\b", sure=0.6),
    # Journeys
    Frame("trip", "be", "spot", by="back_from", who="self", needs=r"^(?:just |finally |now |only )*back from (?!an?\b|my\b|our\b|lunch\b|work\b|leave\b|holiday\b|vacation\b|him\b|her\b|them\b|the (?:\w+ )?(?:doctor|dentist|meeting|office|school|gym|shop|dead|break|holidays?)\b)", when="event", sure=0.75),
    Frame("trip", "book rent", "spot", by="in to on", who="self", needs=r"^(?:an?|the|our|my|two|ten|three) (?:\w+ )?(?:fortnight|week|weeks|days|nights|cruise|chalet|villa|flat|apartment|campsite|tour|package|retreat)\b", never=r"\b(?:in|on) (?:the|\w+day|january|february|march|april|may|june|july|august|september|october|november|december)\b", when="event", sure=0.7),
    Frame("trip", "drive fly go sail travel cycle hike", "spot", by="to", who="self", speaker="we", past=False, modes="-", needs=r"^(?:up |down |over |out )?to (?!bed\b|work\b|sleep\b|school\b|the (?:office|shop|gym|doctor|dentist)\b)", when="event", sure=0.6, never=r"\b(?:every|often|always|sometimes|usually)\b|\bto (?:an?|my|our|him|her|them|you|\d)\b"),
    Frame("trip", "have", "spot", by="be_in be_at", who="self", modes="-", needs=r"^to be in ", when="event", dated=True, sure=0.65),
    Frame("trip", "be", "spot", by="in at", who="self", modes="must", needs=r"^(?:back )?in (?!the\b|an?\b|my\b|our\b|bed\b|touch\b|time\b|charge\b)", when="event", dated=True, sure=0.7),
    Frame("trip", "have", "spot", by="trip_to flight_to holiday_in week_in weekend_in conference_in meeting_in trip_in", who="self", when="event", dated=True, sure=0.7),
)  # fmt: skip
"""The table."""
