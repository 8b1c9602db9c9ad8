"""Rules about what is asked of the assistant in passing, and what is told in a fragment: how to write, whom to call what,
numbers to be reached at, what was settled. How a line is written stands in `rule.py`.
"""

from backend.memory.rules.rule import Rule
from backend.memory.rules.values import DATE, MONEY, NUMBER
from backend.memory.rules.words import LANGUAGES
from backend.memory.rules.work import TOOL_WORDS, TOOLS

_LANGUAGE = "|".join(sorted(LANGUAGES))
_PIECES = r"(?:lines?|words|sentences?|bullets?|bullet points|points|pages?|slides?|paragraphs?|sheets?|tables?|lists?|charts?|summary|summaries|e?-?mails?|messages?)"
_DAYS = r"(?:(?:mon|tues|wednes|thurs|fri|satur|sun)days?(?: (?:mornings?|afternoons?|evenings?|nights?))?|mornings?|afternoons?|evenings?|nights?|weekends?|holidays|sundays|lunch(?: ?time)?|school hours|noon|(?:before|after) (?:\w+|\d[\d:.]*)(?: ?[ap]m)?)"
_UNWANTED = (
    r"(?:greetings?|emojis?|smileys|small talk|jargon|jokes|attachments|acronyms|buzzwords|exclamation marks|flattery|chit-?chat|apologies|apologising|calls|phone calls|video calls|voice ?mails?|voice notes|voice messages"
    r"|invites|calendar invites?|gifs|links|pdfs?|newsletters|abbreviations|formalities|pleasantries|preamble|waffle|fluff|padding|sugar-?coating|long (?:e?-?mails|texts|letters|messages|answers|sentences|paragraphs)"
    r"|fancy words|foreign words|big words|footnotes|adjectives|surprises|reminders|push notifications|notifications|slides|powerpoints?|spreadsheets|tables|bullet points|capitals|nicknames|first names|latin|english|lectures|speeches|excuses)"
)
_CALLERS = r"(?:everyone|everybody|people|friends|my friends|they|you can|you may|please|just|most people|folks|colleagues|the kids|my team|all)"
_DIGIT = r"(?:zero|oh|double|triple|one|two|three|four|five|six|seven|eight|nine)"
_SETTLED = (
    r"(?:pushed|moved|postponed|shifted|delayed|brought forward|put off|put back|extended|bumped|deferred|rescheduled)"
)

RULES = (
    # How to write and when to call
    Rule("prefers", "language english words sentences tone terms lines paragraphs answers messages replies texts", rf"(?:^|\bso )(?P<value>(?:very |really |in )?(?:plain|simple|easy|clear|normal|everyday|proper|short|formal|informal|layman's|friendly|polite) (?:language|words|sentences|terms|tone|lines|paragraphs|answers|messages|replies|texts|{_LANGUAGE}))(?: (?:please|only|thanks|thank you|always))*$", asked=True, sure=0.75),
    Rule("prefers", "future please on time max maximum", rf"^(?P<value>{NUMBER} {_PIECES}(?: (?:max(?:imum)?|at (?:the )?most|tops|only))?)(?:,? (?:in future|please|from now on|next time|always|thanks))+", asked=True, sure=0.75),
    Rule("prefers", "per each every a", rf"^(?:please |just )*(?:do|make|write|send|give me|prepare|keep it to) (?P<value>(?:one|two|three|an?|half an?) {_PIECES} (?:per|for each|for every|a|each|every) [\w-]+)", asked=True, sure=0.7),
    Rule("prefers", "letters print font type sentences words", r"(?:^|, |\b(?:in|with|use) )(?P<value>(?:big|large|huge|bold|short|simple|block) (?:letters|print|font|type|fonts|sentences))(?=$|,| please| only| and\b)", asked=True, sure=0.7),
    Rule("prefers", "please", r"\bplease (?:[\w']+ ){0,6}?(?P<value>(?:never|always|only|not) (?:without|with|in|on|by|before|after|via|at) .+)", asked=True, sure=0.75),
    Rule("prefers", "never not only", rf"^(?:and |but )?(?:please )?(?P<value>(?:never|not|only|preferably not) (?:on|in|at|over|during) (?:the |a |my )?(?:{_DAYS}))(?= there\b| please\b| though\b|$|,| because\b| when\b)", asked=True, sure=0.75),
    Rule("prefers", "landline mobile cell work office home", r"\b(?:call|ring|phone|reach|try|catch|get) (?:me|us) (?P<value>(?:on|at|via) (?:the|my) (?:landline|mobile|cell|work phone|work number|office|office phone|home number|house phone|private number|extension|switchboard|desk phone))\b", asked=True, sure=0.8),
    Rule("prefers", "never always only", rf"^(?P<value>(?:on |in the )?{_DAYS},? (?:i|we) (?:never|always|only|do not|cannot) (?:answer|work|take calls|pick up|reply|read|do meetings|call|meet|travel|drive|cook|train).*)$", sure=0.7),
    Rule("prefers", "please", r"\b(?P<value>(?:calls?|meetings?|e?-?mails?|reports?|answers?|letters|texts?|everything|messages?|summaries|minutes) please (?:in|by|on|via|as) (?:the )?[\w-]+)", asked=True, sure=0.75),
    Rule("prefers", "please", r"^(?P<value>(?:everything|all|calls|mails|e-?mails|reports|answers|letters|messages|summaries|minutes|invoices|reminders) (?:in|by|on|via|as) (?:the |my )?[\w-]+(?: [\w-]+)?)(?:,? (?:please|only|thanks|always))+$", asked=True, sure=0.75),
    Rule("decision", "say make do", rf"^let us (?:say|make it|do) (?P<value>(?:the |on )?(?:{_DAYS}|{DATE})(?: (?:at|from|then|in|until)\b.*)?)$", unreal=True, sure=0.65),
    Rule("prefers", "please only always just", r"^for me,? (?:please|only|always|just),? (?P<value>(?!do\b|give\b|tell\b|to\b|it\b|that\b|the\b)[\w' -]+)$", asked=True, sure=0.7),
    Rule("prefers", "never", rf"^(?P<value>on {_DAYS},? never)\b", asked=True, sure=0.7),
    Rule("budget", "pay spend afford", rf"\b(?:i|we) can(?:not)? (?:only |just )?(?:pay|spend|afford|put in) (?:only |maybe |about |around |up to |at (?:the )?most |no more than |more than )*(?P<value>{MONEY})", subject="project", unreal=True, sure=0.7),
    Rule("prefers", "reports report summaries mails emails answers minutes updates notes calls meetings letters", r"^(?P<value>(?:reports?|summaries|mails|e-?mails|answers|minutes|updates|notes|calls|meetings|letters): (?!(?:done|sent|see|attached|yes|no)\b).{3,60})$", asked=True, sure=0.65),
    Rule("event", "put sign book", rf"^(?:please )?(?:put|sign|book) me (?:down|up|in|onto|on) (?:for )?(?P<value>.+{DATE}.*)", asked=True, when="event", dated=True, sure=0.7),
    Rule("works_on", "call", r"^let us call (?:it|this|them|the (?:project|thing|app|product|book|shop|line)) {title}$", sure=0.7),
    Rule("prefers", "use call address", r"\b(?:please |you can |you may |just )(?P<value>(?:use (?:my )?first names?|use (?:my )?surname|address me (?:as|by|with) [\w -]+|speak (?:slowly|slower|up|louder)|talk (?:slowly|slower)|keep your voice down))", asked=True, sure=0.75),
    Rule("dislikes", "no spare skip without avoid enough", rf"^(?:and |but |also )?(?:no|spare me|skip|without|avoid|leave out|enough of|cut) (?:the |your |all the |any )?(?P<value>{_UNWANTED})(?: (?:please|ever|thanks|thank you|at all|for me|either|again))*$", asked=True, sure=0.75),
    Rule("dislikes", "send give show", rf"\bdo not (?:you )?(?:ever )?(?:send|give|show|write|use|put)(?: me| us)? (?:any |more |so many )?(?:of )?(?:them |those |these |the |your )?(?P<value>{_UNWANTED}(?: things?)?)", asked=True, sure=0.75),
    Rule("dislikes", f"{TOOL_WORDS} mondays tuesdays wednesdays thursdays fridays saturdays sundays mornings", rf"^(?P<value>{TOOLS}|(?:mon|tues|wednes|thurs|fri|satur|sun)days|mornings) (?:is|are|was|were) (?:a |an |pure |absolute |such a |so |just |really |always |complete )*(?:pain|torture|hell|horrible|awful|dreadful|horrendous|the worst|nightmare|rubbish|crap|hateful|unbearable|misery|my nemesis)$", sure=0.65),
    # Who somebody is called, and where to be reached
    Rule("name", "calls call", rf"\b{_CALLERS}(?: all| just| usually| mostly)? calls? me (?P<value>(?!(?:back|in|on|at|when|if|later|and|the|a|an|to|tomorrow|today|anytime|crazy|mad|old|before|after|up|from|please|by|mum|mom|dad|boss)\b)[^\W\d_][\w'-]+)(?=$|,| and | but )", asked=True, sure=0.8),
    Rule("name", "calls call", r"^(?P<value>[^\W\d_][\w'-]+ [^\W\d_][\w'-]+),? (?:but )?(?:everyone|everybody|people|friends|they)(?: all| just)? calls? me\b", opening=True, sure=0.8),
    Rule("email", "@", r"\b(?:me|us) (?:at|on|under|via|through) (?P<value>[\w.+-]+@[\w-]+(?:\.[\w-]+)+)", asked=True, unreal=True, sure=0.85),
    Rule("phone", "zero oh double seven nine five", rf"\b(?P<value>{_DIGIT}(?: {_DIGIT}){{8,}})\b", asked=True, unreal=True, sure=0.8),
    Rule("role", "meant supposed", r"\bi am (?:actually |really |officially |technically )*(?:meant|supposed) to be (?:the |an? |your |their |our )(?P<value>(?!(?:one|same|first|only)\b)[\w-]+(?: [\w-]+){0,2}(?:er|or|ist|ant|head|lead|chair|officer|deputy|secretary))\b", unreal=True, sure=0.7),
    Rule("lives_in", "here", r"\bhere in {place}(?! (?:office|room|team|building|house))", sure=0.65),
    # What was settled
    Rule("decision", "pushed moved postponed shifted delayed brought put extended bumped deferred rescheduled", rf"^(?P<value>{_SETTLED}(?: back| forward| again)? (?:to|until|till|by|for) .+)$", sure=0.65),
    Rule("decision", "no", r"^(?P<value>no (?!(?:problem|worries|need|idea|one|way|rush|hurry|no|sorry|thanks|more|really|i|we|he|she|it|that|the)\b)[\w-]+(?: [\w-]+)?, no (?!(?:problem|worries|need|idea|one|way|rush|hurry|i|we|he|she|it|that)\b)[\w -]+)$", sure=0.65),
    Rule("decision", "first", r"^(?P<value>(?!(?:me|you|ladies|that|this|at|one|thing|things)\b)(?:the )?[\w-]+ first,? (?:and )?then (?!we\b|i\b|you\b|he\b|she\b|they\b)[\w -]+?)(?= we\b| i\b|$|,)", sure=0.65),
    Rule("decision", "all both everyone everybody", rf"^(?P<value>(?:all|everyone|everybody|both)(?: (?!of\b|is\b|was\b|are\b|were\b|had\b|has\b|went\b|came\b)[\w-]+){{0,3}} (?:from|as of|starting) (?:the )?{DATE})", sure=0.65),
    Rule("goal", "target goal aim", rf"^(?:new |our |my |the )?(?:target|goal|aim) (?P<value>{NUMBER}.*)$", sure=0.75),
    Rule("deadline", "so", rf"\b(?:by|before|until) .*\bso (?:by |before |until |that is |like |about )*(?P<value>{DATE})$", subject="project", sure=0.7),
    Rule("owns", "it", r"^it is an? (?P<value>(?:old |new |trusty |\d{4} |'?\d\d |nineteen \w+ \w+ )+(?:(?-i:[A-Z])[\w-]+(?: [\w-]+)?|ford|toyota|honda|volvo|bmw|fiat|skoda|renault|mercedes|nissan|mazda|vw|golf|defender|tractor))(?=$|,| and\b| but\b)", sure=0.65),
    Rule("amount", "a per", rf"(?<![\w.,-])(?P<value>{NUMBER} (?:per|a|each) (?:day|week|month|year|hour|shift|night|head|person|unit|piece))\b", sure=0.65),
    Rule("uses_tool", TOOL_WORDS, rf"\b(?:typing|putting|entering|copying|writing|keeping|tracking|logging|doing|types|puts|enters|copies|keeps) (?:it|them|everything|all of it|the [\w-]+|that)(?: all)? (?:in|into|on) (?:an? |the |our )?(?P<value>{TOOLS}|google sheet|spreadsheet)\b", sure=0.7),
    Rule("uses_tool", TOOL_WORDS, rf"^(?:mostly |mainly |just |it is |only )*(?P<value>{TOOLS}) for (?:the|our|my|everything|all|most|invoices|bookings|payroll|accounts|mails?|planning|notes|chat|files)\b", sure=0.7),
    Rule("uses_tool", "google sheet spreadsheet shared", r"\b(?:in|on|via|with) (?:an?|one|the|our|some) (?:big |old |huge |giant |shared |single )*(?P<value>google (?:sheet|doc|form|calendar)s?|(?:excel |shared )?spreadsheets?|excel (?:sheet|file)s?|shared (?:drive|calendar|folder)|whiteboard|access database)\b", sure=0.7),
    Rule("uses_tool", "billing payroll invoicing accounting planning accounts stock inventory booking bookings scheduling rostering ticketing reporting invoices orders", r"^(?:the |our |all )?(?:billing|payroll|invoicing|accounting|planning|accounts|stock|inventory|bookings?|scheduling|rostering|ticketing|reporting|invoices|orders|rotas?|timesheets) (?:is|are|runs?|sits?|lives?)(?: all| still| now)* (?:in|on|with|through|via) {brand}$", sure=0.7),
)  # fmt: skip
"""The theme's rules."""
