"""What verbs say of what happens to people and things: illness and luck, comings and goings, what begins and is over."""

from backend.memory.rules.frame import WHOLE, Frame

_ILL = (
    r"(?:influenza|the flu|flu|covid|corona|a (?:bad |terrible )?cold|pneumonia|measles|chicken ?pox|shingles|tonsillitis|appendicitis|mumps|bronchitis|food poisoning|gastro\w*|kidney stones?|an? (?:\w+ )?infection"
    r"|a slipped disc|sciatica|a hernia|a fever|cancer|diabetes|dementia|alzheimer'?s|parkinson'?s|arthritis|depression|burn-?out|a burnout|an? (?:\w+ )?(?:accident|crash|fall|stroke|seizure|heart attack|operation|transplant|miscarriage|breakdown|scan|biopsy|x-ray)"
    r"|surgery|chemo\w*|stitches|a concussion|a broken \w+|a baby|twins|a (?:boy|girl)|a (?:little )?(?:boy|girl|son|daughter)|a (?:break-?in|burglary|leak|flood|fire|power cut|outage))"
)
_LOST = r"(?:the|his|her|my|our|their|an?) (?:\w+ )?(?:election|vote|appeal|case|job|seat|match|game|final|race|bet|contract|client|licence|license|house|flat|wallet|passport|phone|keys|voice|father|mother|husband|wife|dog|cat|brother|sister|baby|tender|pitch)\b"
_BODY = r"(?:leg|arm|wrist|ankle|foot|hip|toe|finger|knee|shoulder|ribs?|collarbone|nose|thumb|hand|back|ligament|tendon|elbow|neck|hamstring|calf|cruciate|meniscus|head|jaw|tooth)"
_STUDY = r"(?:masters?|degree|phd|doctorate|mba|diploma|apprenticeship|training|course|certificate|a-levels|abitur|bachelors?|studies|exams?|finals|traineeship|internship|residency|probation|thesis|dissertation|gcses|highers|matura|baccalaureate|licence|license|driving test)"

_LAST_DAY = r"\b(?:(?:on|last) (?:mon|tues|wednes|thurs|fri|satur|sun)day|yesterday|last (?:week|night|month|weekend|year)|this morning|(?:two|three|four|\d+) (?:days|weeks) ago|a week ago|on the \w+)\b"

_ON_DAY = r"(?:on|this|next|in) (?:the )?(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day|\d|january|february|march|april|may|june|july|august|september|october|november|december|week|month|first|second|third|\w+th|twenty \w+|thirty first)\b"

EVENTS = (
    Frame("event", "have get catch suffer", WHOLE, who="third other", human=True, needs=rf"^(?:from )?{_ILL}\b", past=True, when="event", sure=0.7),
    Frame("event", "have get catch undergo need", WHOLE, who="self", speaker="i", needs=rf"^(?:from )?(?:{_ILL})\b(?! (?:of|idea))", never=r"^(?:a baby|twins|a (?:little )?(?:boy|girl|son|daughter)|diabetes|a cold (?:beer|one|drink))\b", past=True, when="event", sure=0.7),
    Frame("event", "have adopt expect foster", WHOLE, who="third other", human=True, going_on=True, needs=r"^(?:an?|another|twins|their|her|his)\b.*\b(?:baby|boy|girl|child|twins|son|daughter|puppy|dog|kitten)\b", when="event", sure=0.7),
    Frame("event", "fall", WHOLE, who="third other", human=True, past=True, needs=r"^(?:down|off|over|ill|sick|pregnant|in the|from|on the|badly|again|last|yesterday)\b|^$", when="event", sure=0.65),
    Frame("event", "lose win", WHOLE, who="third other self", human=True, past=True, needs=rf"^{_LOST}", when="event", sure=0.7),
    Frame("event", "put do throw pull strain bruise break crack smash knock", WHOLE, who="third other self", human=True, past=True, needs=rf"^(?:(?:my|his|her) (?:\w+ )?{_BODY} (?:out|in)\b|(?:my|his|her|an?) (?:\w+ )?{_BODY}\b(?! up))", never=r"^(?:my|his|her) (?:head|hand|foot|back|hands) (?:on|in (?:the|it)|down|up|into|through|against)", when="event", sure=0.65),
    Frame("event", "finish complete start begin do sit write pass fail quit drop defend hand submit resit retake", WHOLE, who="self third other", human=True, modes="- will", needs=rf"^(?:in |out of |my way through )?(?:my|the|his|her|an?) (?:[\w-]+ ){{0,2}}{_STUDY}\b", when="event", sure=0.7),
    Frame("event", "have", WHOLE, who="third other", human=True, modes="- will", past=False, needs=rf"^(?:his|her|an?|the) (?:[\w-]+ ){{0,2}}(?:{_STUDY}|exams?|abitur|finals|interview|operation|surgery|recital|audition|graduation|confirmation|communion|bar mitzvah|bat mitzvah|driving test|a-levels|school play|prom|big match|tournament)\b", never=r"\b(?:in|from|as) (?:law|economics|history|physics|engineering|oxford)\b", when="event", sure=0.6),
    Frame("event", "study do take", WHOLE, who="self third other", human=True, going_on=True, needs=r"^(?:for )?(?:my|an?|his|her) (?:[\w-]+ ){0,2}(?:masters?|degree|phd|doctorate|mba|diploma|apprenticeship|bachelors?|gap year|internship|sabbatical|placement|course)\b", when="event", sure=0.7),
    Frame("event", "rewrite redesign rebuild redo translate restore found launch", WHOLE, who="third other", human=True, past=True, passive=False, dated=True, when="event", sure=0.65),
    Frame("event", "pass", WHOLE, who="third other", human=True, needs=r"^(?:away|on)\b", past=True, when="event", sure=0.75),
    Frame("event", "go", WHOLE, who="third other self", human=True, modes="- will", needs=r"^(?:on|off on|into|back to) (?:maternity|paternity|parental|mat|sick|study|annual|long[- ]term sick|unpaid)? ?(?:leave|sabbatical|retirement|early retirement|hospital|rehab|surgery|labour|labor|prison|strike)\b", when="event", sure=0.7),
    Frame("event", "go", WHOLE, who="self other", about_it=True, past=True, passive=False, needs=r"^(?:live|online|public|viral|down|bust|bankrupt|under)\b", topic=r"(?!(?:i|it|that|this|he|she|they|you)$)", when="event", sure=0.7),
    Frame("event", "have", WHOLE, who="self", speaker="we", past=True, passive=False, needs=r"^(?:an? |the |our )(?:[\w-]+ )?(?:break-?in|burglary|leak|flood|fire|power cut|outage|breakdown|inspection|strike|audit|visit from|accident|blackout|recall|open day|launch party|christmas party|summer party)\b", when="event", sure=0.65),
    Frame("event", "move switch transfer change go", WHOLE, who="self third other", human=True, going_on=True, needs=r"^(?:over |across |back )?(?:to|into) (?:the )?(?:property|sales|finance|hr|marketing|legal|logistics|purchasing|procurement|engineering|product|support|operations|compliance|claims|underwriting|accounts|audit|it|research|production|night shift|day shift|nights|days)(?: team| department| side)?(?:$| (?:from|on|in|next|as|first|this|soon|after|at)\b)", when="event", sure=0.7),
    Frame("event", "call ring phone visit email text see write", WHOLE, who="self", past=True, passive=False, needs=r"^(?!it\b|that\b|you\b|me\b)\S.*" + _LAST_DAY, dated=True, when="event", sure=0.6),
    Frame("event", "find catch discover notice spot", WHOLE, who="self", past=True, passive=False, needs=r"^\S+ .*" + _LAST_DAY, dated=True, when="event", sure=0.6),
    Frame("event", "do hold host organise organize run throw stage arrange put", WHOLE, who="self third other", about_it=True, subject="me", going_on=True, needs=r"^(?:on )?(?:an?|the|our|my) (?:[\w-]+ ){1,4}" + _ON_DAY, dated=True, when="event", sure=0.65),
    Frame("pet", "have get adopt own keep", "some_pets", who="self third", past=None, passive=False, modes="-", sure=0.7),
    Frame("birthday", "turn", "day_of", by="on", who="self third other", human=True, modes="- will", sure=0.75),
    Frame("event", "get win land receive", WHOLE, who="self", past=True, passive=False, needs=r"^(?:the|our|my|a|an) (?:[\w-]+ )?(?:job|grant|visa|permit|loan|mortgage|scholarship|promotion|role|deal|contract|green light|all[ -]clear|keys|diagnosis|offer|funding|licence|license|citizenship|passport|place|certificate|diploma|award|prize|apprenticeship|green card|residence permit|planning permission|go-ahead|results?)\b(?! (?:done|ready|wrong|right|description|sorted|centre))(?!.*\d)", when="event", sure=0.65),
    Frame("event", "turn", WHOLE, who="other third", about_it=True, subject="me", past=True, needs=r"^(?:us|me) down\b", when="event", sure=0.7),
    Frame("event", "leave", WHOLE, who="third other", human=True, past=True, needs=r"^(?:us|the (?:company|firm|team|school|bank|practice|department|band|choir)|last|at (?:christmas|easter|the end)|in (?:january|february|march|april|may|june|july|august|september|october|november|december)|for (?:a|another|the|(?-i:[A-Z])))\b", when="event", sure=0.65),
)  # fmt: skip
"""The table."""
