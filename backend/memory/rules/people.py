"""Rules about who somebody is: name, origin, age, contacts, family, friends, pets."""

from backend.memory.rules.occupations import ROLES
from backend.memory.rules.rule import KIN, Rule
from backend.memory.rules.values import DATE, NUMBER

_KIN_CUES = " ".join(sorted({word.split(" ")[-1] for word in KIN}))
_PHONE = (
    r"(?P<value>\+?(?:(?:\d|zero|oh|one|two|three|four|five|six|seven|eight|nine|double|plus|hundred)[ ()./-]*){6,18})"
)
DEPARTMENTS = (
    r"(?:it|accounts|design|data|dispatch|claims|admissions|reception|planning|production|transport|catering|payroll|training"
    r"|legal|finance|hr|procurement|purchasing|marketing|sales|logistics|accounting|controlling|compliance|quality"
    r"|engineering|product|support|operations|security|facilities|the (?:\w+ )?(?:team|office|warehouse|department|lab|shop"
    r"|plant|field|works council|data team|front desk))"
)
_YEARS = r"(?: years?(?: old)?| yrs?| months? old)?"

RULES = (
    # Who opens a conversation says who they are
    Rule("kin", "called named", r"^(?:he|she) is (?:called|named) {first}", subject="last"),
    Rule("colleague", "ask talk call speak contact", r"\b(?:ask|talk to|speak to|speak with|call|contact) {first}$", then="he|she", asked=True, sure=0.7),
    Rule("phone", "number mobile phone cell line extension", rf"\b(?:number|mobile|phone|cell|line|extension)\b[a-z ]{{0,14}}?(?: is|:)? {_PHONE}", sure=0.85),
    Rule("email", "@", r"^it is (?:now )?(?P<value>[\w.+-]+@[\w-]+(?:\.[\w-]+)+)", sure=0.8),
    # Name
    Rule("name", "called call", r"(?:\bi am called|(?:people|friends|everyone|everybody) calls? me|\bjust call me|\bcall me) {person}", asked=True),
    # Where somebody lives and comes from
    Rule("lives_in", "moved move relocated moving", r"{WHO} (?:moved|relocated)(?: back| over| house)?(?: with \w+ \w+)?(?: from (?:[\w-]+ ){1,3}?)? ?(?:to|into) {place}", when="start"),
    Rule("lives_in", "found bought got rented", r"{I} (?:found|bought|got|rented) (?:an? |our |my )(?!summer|holiday|weekend|second|country|beach)(?:\w+ )?(?:place|flat|house|apartment|home|cottage|bungalow|villa|studio) (?:together )?in {place}", sure=0.6, when="never"),
    Rule("from_place", "from", r"{AM}(?: originally)? from {place}(?: originally)?$"),
    # Age and birthday
    Rule("age", "turned turn turns turning", rf"{{WHOAM}} (?:just )?(?:turned) (?P<value>{NUMBER}){_YEARS}(?= (?:on|in|last|this|next|yesterday|today|tomorrow|a|two)\b|$)"),
    Rule("birthday", "turns turn turning", rf"{{WHOAM}} (?:turns?|turning) {NUMBER} (?:on|in) (?P<value>{DATE})"),
    Rule("birthday", "birthday", rf"\b(?:my birthday|mine) is (?:actually )?(?:on |in )?(?P<value>{DATE})(?= by the way|,|$)"),
    Rule("birthday", "birthday", rf"\b(?:my (?:\w+ )?(?P<whose>son|daughter|wife|husband|mother|father|mom|mum|dad|brother|sister|partner)(?: (?P<whom>[\w-]+?))?|(?P<somebody>[A-Z][\w-]+?))(?:'s|s)? birthday (?:is )?(?:on )?(?P<value>{DATE})"),
    Rule("birthday", "born", rf"\bi was born (?:on|in) (?P<value>{DATE})"),
    # Contacts
    Rule("email", "@", r"\b(?:my|reach me|write to me|mail me|email me|e-mail me|send (?:it|them|that) to)\b.*?(?P<value>[\w.+-]+@[\w-]+(?:\.[\w-]+)+)", asked=True),
    Rule("phone", "phone mobile cell number call reach telephone ring catch", rf"\b(?:my (?:new |private |work |office )?(?:phone|mobile|cell|telephone|number)(?: phone)?(?: number)?(?: is|:)|(?:reach|call|text|ring|phone|get|catch) me (?:on|at|under)) (?:now )?{_PHONE}", asked=True),
    # Family, friends, colleagues, pets
    Rule("kin", _KIN_CUES, r"\b(?:my|our) {KIN}(?:'s| 's)? (?:first )?name(?:'s)? is(?: now)? {first}"),
    Rule("kin", _KIN_CUES, r"\b(?:my|our) {KIN}(?: are|,| is)? {persons}"),
    Rule("kin", _KIN_CUES, r"^(?P<other>he|she) is my (?:new )?{KIN}\b(?!'s)", value="other"),
    Rule("kin", "kids children daughters sons brothers sisters dogs cats siblings twins", rf"{{I}} (?:have|got|adopted) (?P<value>(?:{NUMBER}|twin) (?:\w+ )?(?P<kin>kids|children|daughters|sons|brothers|sisters|dogs|cats|siblings|rabbits|guinea pigs|chickens|hens|horses))\b(?! (?:called|named))"),
    Rule("parent", "parents", r"\b(?P<value>(?:my|our) parents (?:live )?in (?!january|february|march|april|may|june|july|august|september|october|november|december|the\b|a\b|town|spring|summer|autumn|winter)[\w-]+)", sure=0.8, label="parents"),
    Rule("kin", "name names", r"\b(?:his|her|its|their|the (?:dog|cat|puppy|kitten|rabbit|horse)'?s) names? (?:is|are) {persons}", subject="last"),
    Rule("kin", "called named call", r"\b(?:we|i) (?:have )?(?:called|named|call) (?:her|him|them|it) {persons}", subject="last"),
    Rule("child", "boys girls kids sons daughters children", r"\b(?:i|we) have(?: got)? (?:\w+ )?(?P<label>boys|girls|kids|sons|daughters|children)(?:,|:| called| named)? {persons}", sure=0.85),
    Rule("age", "is", rf"(?:^|\band |, )(?P<somebody>[^\W\d_][\w'-]+) is (?:only |now |already |just )?(?P<value>{NUMBER})(?= and\b|,(?!\d)|$)", sure=0.8),
    Rule("age", "", r"\b(?P<somebody>(?-i:[A-Z])[\w'-]+) \((?:aged? )?(?P<value>\d{1,2})\)", sure=0.75),
    Rule("manager", "report", r"\bi would (?:then )?report (?:directly |straight )?to {person}", unreal=True, sure=0.8),
    Rule("manager", "boss manager", r"\b(?:my (?:new )?|(?:the |our )?new )(?:boss|manager)(?: now)? is(?: now| called)* {person}", when="start"),
    Rule("colleague", "from in at on", rf"(?:^|\b(?:and|with|ask|asked|is|me) |, )(?!and\b|me\b){{person}} (?:from|in|at|on|over at|down at|over in) {DEPARTMENTS}\b(?! \d)", sure=0.75),
    Rule("colleague", "legal it finance hr procurement", rf"\b{DEPARTMENTS} ?\({{person}}\)", sure=0.8),
    Rule("colleague", "our my the", rf"^(?!(?:i|we|he|she|it|they|you|and|but|so|because|that|this|there|in|on|at|for|from|the|my|our|if|when|what|how|not|no|yes|please|can|could|would|is|are|to|of|with|by)\b){{person}},? (?:is )?(?:our|my|the|their)(?: new)? {ROLES}\b", sure=0.8),
    Rule("colleague", "with ask talk spoke call met meet", r"\b(?:talk(?:ed)? to|spoke (?:to|with)|ask(?:ed)?|met|meet|call(?:ed)?|together with|work with|working with) {full} (?:from|in|at|of|who)\b", sure=0.75),
    Rule("colleague", "consultant trainer contact guy intern", r"\b(?:the|their|our) (?:\w+ )?(?:consultant|trainer|contact|guy|intern|lawyer|developer|project manager)(?: is| was)?(?: called| named)? {first}", sure=0.75),
    Rule("colleague", "job department baby call idea", r"\b(?:that|it|this) is (?P<value>[^\W\d_][\w-]+)'s (?:job|department|baby|area|call|decision|idea|patch|world)\b", sure=0.7),
    Rule("colleague", "wrote work worked agreed decided checked tested presented prepared spoke talked discussed share built", r"^{sole} and (?:i|me) (?:wrote|work|worked|agreed|decided|checked|tested|presented|prepared|spoke|talked|discussed|share|built)\b", sure=0.7),
    Rule("colleague", "get ask let have", r"\b(?:get|ask|let|have) {word} to (?:look|check|do|send|call|help|write|draft|prepare|sort|fix|take|join|come|sign|review|book|explain|show)\b", asked=True, unreal=True, sure=0.65),
    Rule("colleague", "there", r"^there is (?:also )?{first} (?:from|in|at) (?:the|our|my)\b", sure=0.7),
    Rule("colleague", "new", r"\b(?:he|she) is new,? {full}", sure=0.7),
    Rule("colleague", "", rf"^(?:it is |that is )?(?!.* here,){{full}}, (?:(?:our|the|a|an|my) )?{ROLES}\b", sure=0.75),
    Rule("kin", _KIN_CUES, r"\b(?:my|our) {KIN} (?:to|in|at|from|with) (?:[\w-]+ )+?{word}$", then="(?:he|she) is", sure=0.7),
    Rule("parent", "mam mum mom dad mama papa", r"\b(?:with|at|visit|visiting|see) (?P<value>(?:mam|mum|mom|dad|mama|papa))\b(?!')", sure=0.75),
    # More of family and friends
    Rule("kin", "twins kids boys girls children", r"\b(?:the|my|our) (?P<kin>twins|kids|boys|girls|children)\b(?: [\w-]+){0,3}, {names}$", sure=0.75),
    Rule("from_place", "grew", r"{I} grew up (?:on|at|with|near|by|outside) (?:[\w ]{2,25}? (?:in|near) )?{place}", sure=0.8),
    Rule("lives_in", "been", r"\b(?:i|we)? ?(?:have )?been in {place} (?:for|since)\b", sure=0.6),
    Rule("friend", "friend", r"\bfriend of (?:mine|ours),? {first}", sure=0.8),
    Rule("birthday", "birthday", rf"\bit is my birthday (?:on )?(?P<value>{DATE})", sure=0.8),
    Rule("from_place", "born", r"\bborn and (?:bred|raised) in {place}"),
    Rule("email", "@", r"\b(?:address|mail|mails|e-?mail)\b[a-z ]{0,12}(?:is|:) (?P<value>[\w.+-]+@[\w-]+(?:\.[\w-]+)+)", sure=0.85),
    Rule("role", "our my the", rf"^(?:that is |it is |that would be )?(?!(?:i|we|he|she|it|they|you|and|but|so|because|that|this|there|in|on|at|for|from|the|my|our|if|when|what|how|not|no|yes|please|can|could|would|is|are|to|of|with|by)\b){{person:subject}},? (?:our|the)(?: new)? (?P<value>{ROLES})\b", unreal=True, sure=0.75),
    Rule("role", "does handles manages leads looks", r"^(?!(?:he|she|they|it|who|that|i|we|you)\b){word:subject} (?P<value>(?:does|handles|manages|leads|looks after) (?:the|our|all) [\w-]+)", sure=0.65),
    Rule("name", "called call", r"\bi (?:would )?(?:prefer|like|rather)(?: to)? be called {first}", unreal=True),
    Rule("from_place", "grew", r"(?:^|, |\band )grew up (?:in|near|outside|around) {place}", sure=0.75),
    Rule("from_place", "native hometown", r"\b(?:my )?native (?:place|town|village|city)? ?(?:is|being) {place}", sure=0.8),
    Rule("name", "go", r"\bi (?:usually |mostly |just |also )?go by {person}"),
    Rule("from_place", "roots family ancestors", r"\bmy (?:roots (?:are|lie) in|(?:roots|family|ancestors|folks) (?:is|are|come|comes)(?: all| originally)? from) {place}", sure=0.7),
    Rule("from_place", "originally", r"{AM} (?:originally )?(?:\w+,? )?(?:originally )?from {place}", sure=0.8),
    Rule("pet", "adopted adopt got", r"\b(?:adopted|adopting|rescued) (?:an? |two |our |another )(?:[\w-]+ ){1,3}?(?:called|named) {first}", sure=0.8),
    Rule("name", "changed maiden married", r"\bi changed my (?:last |sur)?name to {person}", when="start"),
    Rule("from_place", "home hometown", r"\bmy home ?(?:town|country|city) is {place}"),
    Rule("age", "years year", rf"{{WHO}} (?:am |is |are )?(?:just )?(?:turned |about )?(?P<value>{NUMBER}) (?:years?|yrs?)(?: old)\b"),
    Rule("age", "aged age", rf"\b(?:my|our) (?:\w+ )?(?P<whose>son|daughter|kid|child|brother|sister|mother|father|wife|husband),? (?P<whom>[\w'-]+),? (?:is |aged? )(?P<value>{NUMBER})"),
    Rule("kin", _KIN_CUES, r"\b(?:i|we) have (?:an? |one )?{KIN}, {first}(?=,| who\b|$)"),
    Rule("kin", _KIN_CUES, r"\b(?:my|our)(?: new| old| first)? {KIN} is {person}(?: and \w+.*)?$", sure=0.85),
    Rule("kin", _KIN_CUES, r"\b{person} is (?:(?:now )?my|our)(?: new)? {KIN}\b(?!'s)"),
    Rule("kin", _KIN_CUES, r"^(?:it is |that is |meet )?{sole},? my (?:new )?{KIN}\b(?!'s)"),
    Rule("manager", "report reports", r"{I} (?:will )?report(?:ing)? (?:directly |straight )?to {person}", when="start"),
    Rule("manager", "boss manager", r"\b{person} (?:will be|becomes|became|is still|is going to be) my (?:new )?(?:boss|manager)\b"),
    Rule("colleague", "my", rf"\bmy {ROLES} is {{person}}", sure=0.75),
    Rule("child", "oldest eldest youngest other middle", r"\b(?:the|my|our) (?:oldest|eldest|youngest|middle one|other one)(?: one)? is (?:called |named )?{first}", sure=0.75),
    Rule("lives_in", "live", r"{I} live (?:above|over|behind|near|next to|by|with|on|at) [\w ]{2,25}? in {place}", sure=0.8),
    Rule("manager", "boss manager", r"\bnew (?:boss|manager),? (?:a certain )?(?:mr |mrs |ms |miss )?{person}", when="start", sure=0.8),
    Rule("lives_in", "lived", r"{I} lived in {place} (?:for|since)\b", sure=0.85),
    Rule("lives_in", "live lives", r"\bmy (?P<whose>parents|family|children|kids)(?: \w+)? (?:lives?) in {place}", sure=0.8),
    Rule("colleague", "took takes", r"^{first} (?:took|takes|is taking) over from\b", sure=0.75),
    Rule("colleague", "share", r"\bi share (?:the|an|my) office with {persons}", sure=0.75),
    Rule("colleague", "called named", r"\b(?:someone|somebody|a certain)(?: called| named)? {person}", sure=0.75),
    Rule("manager", "under", r"\b(?:i am|i work|working) (?:in [\w ]+? )?under {first}$", sure=0.75),
    Rule("from_place", "family", r"\bmy (?:family|people|parents) (?:is|are|come|comes) from {place}", sure=0.7),
    Rule("phone", "number mobile", rf"\bmy (?:new )?(?:number|mobile)(?:'s|s)? {_PHONE}", sure=0.85),
    Rule("colleague", "replaced taken", r"\b(?:replaced|taken over|succeeded) by {person}", sure=0.75),
    Rule("colleague", "called", r"\b(?:an?|our|the) (?:new )?(?:[\w-]+ )?(?:guy|student|woman|man|lady|colleague|intern|temp|chap|lad|person|trainee|freelancer|contractor|expert|consultant|developer)(?: (?:in|from|at|over at) [\w-]+)?(?: is| was)? (?:called|named) {person}", sure=0.75),
    Rule("role", "teaches", r"{WHO} (?P<value>teaches (?!it\b|that\b|them\b|me\b|at\b|in\b|the\b|there\b|here\b|us\b|you\b|my\b)[\w-]+(?: [\w-]+)?)", subject="third", sure=0.75),
)  # fmt: skip
"""The theme's rules."""
