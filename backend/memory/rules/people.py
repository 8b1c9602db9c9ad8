"""Rules about who somebody is: name, origin, age, contacts, family, friends, pets."""

from backend.memory.rules.rule import KIN, Rule
from backend.memory.rules.values import DATE, NUMBER
from backend.memory.rules.work import DOES, ROLES

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
    Rule("name", "", rf"^{{person}}, (?!our\b|my\b|your\b|his\b|her\b)(?:the )?(?:new )?{ROLES}\b", opening=True, sure=0.8),
    Rule("name", "here", r"^{full} (?:from|at|with|of) [\w&' .-]+? here$", sure=0.8),
    Rule("name", "am this", r"^(?:i am|this is) {first}$", opening=True, then="i|we|from", sure=0.7),
    Rule("name", "called call", r"\bi (?:would )?(?:prefer|like) to be called {first}", unreal=True),
    Rule("kin", "called named", r"^(?:he|she) is (?:called|named) {first}", subject="last"),
    Rule("colleague", "ask talk call speak contact", r"\b(?:ask|talk to|speak to|speak with|call|contact) {first}$", then="he|she", asked=True, sure=0.7),
    Rule("phone", "number mobile phone cell", rf"\b(?:number|mobile|phone|cell)\b[a-z ]{{0,14}}?(?: is|:)? {_PHONE}", sure=0.85),
    Rule("email", "@", r"^it is (?:now )?(?P<value>[\w.+-]+@[\w-]+(?:\.[\w-]+)+)", sure=0.8),
    # Name
    Rule("name", "name", r"\bmy (?:full |first |real )?name is(?: actually)? {person}"),
    Rule("name", "name", r"^(?:the )?name is {person}$"),
    Rule("name", "called call", r"(?:{AM} called|(?:people|friends|everyone|everybody) calls? me|\bjust call me|\bcall me) {person}", asked=True),
    Rule("name", "this", r"^this is {full}(?: speaking| here| calling| from .+| again)?$", sure=0.85),
    Rule("name", "am", r"^i am (?P<value>(?-i:[A-Z])[\w'-]+(?: (?-i:[A-Z])[\w'-]+){0,2})(?:,.+| from .+| and .+| by the way| here)?$", sure=0.8),
    Rule("name", "am", r"^i am {full} (?:from|at|with|here|calling|speaking)\b", sure=0.75),
    Rule("name", "here", r"^{full} here\b", sure=0.8),
    Rule("name", "changed maiden married", r"\bi changed my (?:last |sur)?name to {person}", when="start"),
    # Where somebody lives and comes from
    Rule("lives_in", "live lives living based", r"{WHOAM} (?:lives?|living|based)(?: \w+ly| again| together)? (?:here |up |over |down |out |back |now |right )?in {place}"),
    Rule("lives_in", "moved move relocated moving", r"{WHO} (?:moved|relocated)(?: back| over| house)?(?: with \w+ \w+)?(?: from (?:[\w-]+ ){1,3}?)? ?(?:to|into) {place}", when="start"),
    Rule("lives_in", "from", r"{I} (?:moved|relocated)(?: back| over)? (?:here )?from {place}(?= to\b| in\b| last\b| this\b|$)", ends=True, when="start"),
    Rule("lives_in", "used", r"{WHO} used to live in {place}", ends=True),
    Rule("lives_in", "anymore longer", r"{WHO} (?:do(?:es)? not live|no longer lives?) in {place}", ends=True),
    Rule("lives_in", "renting rent", r"{WHOAM} (?:renting|rent)(?: an? \w+)?(?: \w+)? in {place}"),
    Rule("lives_in", "found bought got rented", r"{I} (?:found|bought|got|rented) (?:an? |our |my )(?:\w+ )?(?:place|flat|house|apartment|home|cottage|bungalow|villa|studio) (?:together )?in {place}", sure=0.6, when="never"),
    Rule("lives_in", "stay stays living", r"{WHOAM} (?:stays?|staying|residing|resides?) in {place}(?= now| since| for|$)", sure=0.7),
    Rule("lives_in", "here", r"\b(?:here|back) in {spot},? (?:we|it|the|people|where)\b", sure=0.5, when="never"),
    Rule("lives_in", "flat apartment house place", r"\b(?:my|our) (?:\w+ )?(?:flat|apartment|house|place) in {place}", sure=0.6, when="never"),
    Rule("lives_in", "live lives living", r"{WHOAM} (?:lives?|living)(?: very| quite)? (?P<value>(?:near|outside|close to|just outside) [\w -]+)", sure=0.7),
    Rule("lives_in", "home", r"\b(?:my|our) (?:home|house|flat|apartment|place) is (?:now )?in {place}", sure=0.85),
    Rule("from_place", "from", r"{AM}(?: originally)? from {place}(?: originally)?$"),
    Rule("from_place", "come comes grew born originally", r"{WHOAM} (?:originally )?(?:comes?(?: originally)? from(?! (?:finance|sales|marketing|hr|it|legal|the|a|my|our|work|home|school|an|here)\b)|grew up in|born(?: and raised)? in) {place}"),
    Rule("from_place", "from", r"^(?P<other>he|she) is(?: originally)? from (?!the\b|my\b|our\b|a\b|it\b|hr\b|legal\b|finance\b|sales\b|marketing\b){place}$", sure=0.75),
    Rule("from_place", "home hometown", r"\bmy home ?(?:town|country|city) is {place}"),
    # Age and birthday
    Rule("age", "years year", rf"{{WHO}} (?:am |is |are )?(?:just )?(?:turned |about )?(?P<value>{NUMBER}) (?:years?|yrs?)(?: old)\b"),
    Rule("age", "turns turning turn", rf"{{WHOAM}} (?:turns|turning|will be|will turn) (?P<value>{NUMBER})\b(?= on| in| next| this|$)"),
    Rule("age", "at", rf"\b(?:i|found out|happened)\b.*\bat (?P<value>\d\d)$", sure=0.6),
    Rule("age", "turned turn turns turning", rf"{{WHOAM}} (?:just )?(?:turned) (?P<value>{NUMBER}){_YEARS}(?= (?:on|in|last|this|next|yesterday|today|tomorrow|a|two)\b|$)"),
    Rule("age", "am is are", rf"^{{WHO}} (?:am |is |are )(?:now |almost |only )?(?P<value>{NUMBER}){_YEARS}(?: now| already)?(?= and\b|$)", sure=0.85),
    Rule("age", "aged age", rf"\b(?:my|our) (?:\w+ )?(?P<whose>son|daughter|kid|child|brother|sister|mother|father|wife|husband),? (?P<whom>[\w'-]+),? (?:is |aged? )(?P<value>{NUMBER})"),
    Rule("birthday", "turns turn turning", rf"{{WHOAM}} (?:turns?|turning) {NUMBER} (?:on|in) (?P<value>{DATE})"),
    Rule("birthday", "birthday", rf"\bmy birthday is (?:actually )?(?:on )?(?P<value>{DATE})"),
    Rule("birthday", "birthday", rf"\b(?:my (?:\w+ )?(?P<whose>son|daughter|wife|husband|mother|father|mom|mum|dad|brother|sister|partner)(?: (?P<whom>[\w-]+?))?|(?P<somebody>[A-Z][\w-]+?))(?:'s|s)? birthday (?:is )?(?:on )?(?P<value>{DATE})"),
    Rule("birthday", "born", rf"\bi was born (?:on|in) (?P<value>{DATE})"),
    # Contacts
    Rule("email", "@", r"\b(?:my|reach me|write to me|mail me|email me|e-mail me|send (?:it|them|that) to)\b.*?(?P<value>[\w.+-]+@[\w-]+(?:\.[\w-]+)+)", asked=True),
    Rule("phone", "phone mobile cell number call reach telephone", rf"\b(?:my (?:new |private |work |office )?(?:phone|mobile|cell|telephone|number)(?: phone)?(?: number)?(?: is|:)|(?:reach|call|text) me (?:on|at|under)) (?:now )?{_PHONE}", asked=True),
    # Family, friends, colleagues, pets
    Rule("kin", _KIN_CUES, r"\b(?:my|our) {KIN}(?:'s| 's)? (?:first )?name(?:'s)? is(?: now)? {first}"),
    Rule("kin", _KIN_CUES, r"\b(?:my|our) {KIN}s?(?: is| are|,)? (?:called|named) {persons}"),
    Rule("kin", _KIN_CUES, r"\b(?:my|our|a|an|one|two|three|four) {KIN},? (?:whose name is|(?:who is|which is|that is|we )?(?:called|named|call)) {persons}"),
    Rule("kin", _KIN_CUES, r"\b(?:i|we) have (?:an? |one )?{KIN}, {first}(?=,| who\b|$)"),
    Rule("kin", _KIN_CUES, r"\b(?:my|our)(?: new| old| first)? {KIN} is {person}(?: and \w+.*)?$", sure=0.85),
    Rule("kin", _KIN_CUES, r"\b(?:my|our) {KIN}(?: are|,| is)? {persons}"),
    Rule("kin", _KIN_CUES, r"\b{person} is (?:(?:now )?my|our)(?: new)? {KIN}\b(?!'s)"),
    Rule("kin", _KIN_CUES, r"^(?P<other>he|she) is my (?:new )?{KIN}\b(?!'s)", value="other"),
    Rule("kin", _KIN_CUES, r"^(?:it is |that is |meet )?{person},? my (?:new )?{KIN}\b(?!'s)"),
    Rule("kin", "kids children daughters sons brothers sisters dogs cats siblings twins", rf"{{I}} (?:have|got|adopted) (?P<value>(?:{NUMBER}|twin) (?:\w+ )?(?P<kin>kids|children|daughters|sons|brothers|sisters|dogs|cats|siblings|rabbits|guinea pigs|chickens|hens|horses))\b(?! (?:called|named))"),
    Rule("kin", "dog cat puppy kitten son daughter brother sister rabbit hamster parrot horse twins", r"{I} (?:have|got|adopted|own)(?: got)? (?P<value>an? (?:\w+ ){0,2}?(?P<kin>dog|cat|puppy|kitten|son|daughter|rabbit|hamster|parrot|horse|brother|sister))\b(?!,? (?:called|named|who is|we call))", sure=0.8),
    Rule("parent", "parents", r"\b(?P<value>(?:my|our) parents (?:live )?in (?!january|february|march|april|may|june|july|august|september|october|november|december|the\b|a\b|town|spring|summer|autumn|winter)[\w-]+)", sure=0.8, label="parents"),
    Rule("kin", "name names", r"\b(?:his|her|its|their|the (?:dog|cat|puppy|kitten|rabbit|horse)'?s) names? (?:is|are) {persons}", subject="last"),
    Rule("kin", "called named call", r"\b(?:we|i) (?:have )?(?:called|named|call) (?:her|him|them|it) {persons}", subject="last"),
    Rule("child", "boys girls kids sons daughters children", r"\b(?:i|we) have(?: got)? (?:\w+ )?(?P<label>boys|girls|kids|sons|daughters|children)(?:,|:| called| named)? {persons}", sure=0.85),
    Rule("age", "is", rf"(?:^|\band |, )(?P<somebody>[^\W\d_][\w'-]+) is (?:only |now |already |just )?(?P<value>{NUMBER})(?= and\b|,|$)", sure=0.8),
    Rule("age", "", r"\b(?P<somebody>(?-i:[A-Z])[\w'-]+) \((?:aged? )?(?P<value>\d{1,2})\)", sure=0.75),
    Rule("age", "girl boy", rf"\bmy (?:little )?(?P<whose>girl|boy) is (?:now |only )?(?P<value>{NUMBER})\b", sure=0.8),
    Rule("kin", _KIN_CUES, r"\bmy {KIN} (?:he|she) is (?:called|named) {first}"),
    Rule("kin", _KIN_CUES, r"\b(?:my|our) {KIN} \(?{first}"),
    Rule("kin", _KIN_CUES, r"\b(?:with|and|for|to|from|of) {first}, my {KIN}\b"),
    Rule("child", "little one oldest youngest eldest", r"\b(?:my|our) (?:little one|oldest|youngest|eldest|little girl|little boy|boy|girl),? {first}"),
    Rule("manager", "report reports", r"{I} (?:will )?report(?:ing)? (?:directly |straight )?to {person}", when="start"),
    Rule("manager", "report reports", r"{I} (?:will )?report(?:ing)? (?:directly |straight )?to (?:the|our) [\w ]+?, {person}", when="start"),
    Rule("manager", "report", r"\bi would (?:then )?report (?:directly |straight )?to {person}", unreal=True, sure=0.8),
    Rule("manager", "boss manager", r"\b(?:my (?:new )?|(?:the |our )?new )(?:boss|manager)(?: now)? is(?: now| called)* {person}", when="start"),
    Rule("spouse", "married engaged", r"{AM} (?:happily )?(?:married|engaged) to {person}"),
    Rule("spouse", "married", r"{I} (?:got )?married {first}", when="start", sure=0.8),
    Rule("manager", "boss manager", r"\b{person} (?:will be|becomes|became|is still|is going to be) my (?:new )?(?:boss|manager)\b"),
    Rule("colleague", "from in at", rf"(?:^|\b(?:and|with|ask|asked|is|me) |, )(?!and\b|me\b){{person}} (?:from|in|at|over in) {DEPARTMENTS}\b(?! \d)", sure=0.75),
    Rule("colleague", "legal it finance hr procurement", rf"\b{DEPARTMENTS} ?\({{person}}\)", sure=0.8),
    Rule("colleague", "our my the", rf"^{{person}},? (?:is )?(?:our|my|the|their)(?: new)? {ROLES}\b", sure=0.8),
    Rule("colleague", "", rf"^{{full}} {DOES}\b", sure=0.75),
    Rule("colleague", "is was will", rf"\b(?:our|the|their) (?:new )?(?P<label>{ROLES}) (?:is|was|will be|is called) {{full}}", sure=0.8),
    Rule("colleague", "with ask talk spoke call met meet", r"\b(?:talk(?:ed)? to|spoke (?:to|with)|ask(?:ed)?|met|meet|call(?:ed)?|together with|work with|working with) {full} (?:from|in|at|of|who)\b", sure=0.75),
    Rule("colleague", "my", rf"\bmy {ROLES} is {{person}}", sure=0.75),
    Rule("colleague", "consultant trainer contact guy intern", r"\b(?:the|their|our) (?:\w+ )?(?:consultant|trainer|contact|guy|intern|lawyer|developer|project manager)(?: is| was)?(?: called| named)? {first}", sure=0.75),
    Rule("colleague", "there", r"^there is (?:also )?{full} (?:from|in|at)\b", sure=0.75),
    Rule("colleague", "there", r"^there is (?:also )?{first} (?:from|in|at) (?:the|our|my)\b", sure=0.7),
    Rule("colleague", "me", r"\bme,? (?:and|plus) (?:then )?{full}", sure=0.65),
    Rule("colleague", "new", r"\b(?:he|she) is new,? {full}", sure=0.7),
    Rule("colleague", "", rf"^(?:it is |that is )?(?!.* here,){{full}}, (?:(?:our|the|a|an|my) )?{ROLES}\b", sure=0.75),
    Rule("kin", _KIN_CUES, r"\b(?:my|our) {KIN} (?:to|in|at|from|with) (?:[\w-]+ )+?{word}$", then="(?:he|she) is", sure=0.7),
    Rule("parent", "mam mum mom dad mama papa", r"\b(?:with|at|visit|visiting|see) (?P<value>(?:mam|mum|mom|dad|mama|papa))\b(?!')", sure=0.75),
    Rule("spouse", "husband wife", r"\bthe (?P<kin>husband|wife|missus)(?: is)? {first}", sure=0.6),
    # More of family and friends
    Rule("kin", "twins kids boys girls children", r"\b(?:the|my|our) (?P<kin>twins|kids|boys|girls|children)\b[^,]*, {persons}$", sure=0.75),
    Rule("child", "", r"\b{first}(?: from [\w]+)?$", then=r"(?:he|she) is my (?:oldest|youngest|eldest|son|daughter|little one)\b", sure=0.75),
    Rule("kin", _KIN_CUES, r"\b(?:i|we) (?:have )?(?:have|got) (?:an? |one )?(?:\w+ )?{KIN}, {first}", sure=0.8),
    Rule("friend", "friend", r"\bfriend of (?:mine|ours),? {first}", sure=0.8),
    Rule("manager", "under", r"\b(?:i am|i work|working) (?:in [\w ]+? )?under {first}$", sure=0.75),
    Rule("age", "turn turns", rf"{{I}} (?:turn|am turning) (?P<value>{NUMBER})\b(?= on| in| next| this|$)"),
    Rule("birthday", "turn turns", rf"\bi (?:turn|am turning) {NUMBER} (?:on|in) (?P<value>{DATE})"),
    Rule("birthday", "birthday", rf"\bit is my birthday (?:on )?(?P<value>{DATE})", sure=0.8),
    Rule("from_place", "born", r"\bborn and (?:bred|raised) in {place}"),
    Rule("from_place", "family", r"\bmy (?:family|people|parents) (?:is|are|come|comes) from {place}", sure=0.7),
    Rule("lives_in", "commute", r"{I} commute (?:in )?from {place}", sure=0.8),
    Rule("email", "@", r"\b(?:address|mail|mails|e-?mail)\b[a-z ]{0,12}(?:is|:) (?P<value>[\w.+-]+@[\w-]+(?:\.[\w-]+)+)", sure=0.85),
    Rule("phone", "number mobile", rf"\bmy (?:new )?(?:number|mobile)(?:'s|s)? {_PHONE}", sure=0.85),
    Rule("colleague", "replaced taken", r"\b(?:replaced|taken over|succeeded) by {person}", sure=0.75),
    Rule("colleague", "called", r"\b(?:an?|our|the) (?:new )?(?:[\w-]+ )?(?:guy|student|woman|man|lady|colleague|intern|temp|chap|lad|person|trainee|freelancer|contractor|expert)(?: is| was)? (?:called|named) {first}", sure=0.75),
    Rule("colleague", "our my the", rf"^(?:that is |it is |that would be )?{{person}},? (?:our|my|the)(?: new)? {ROLES}\b", unreal=True, sure=0.75),
    Rule("role", "our my the", rf"^(?:that is |it is |that would be )?{{person:subject}},? (?:our|the)(?: new)? (?P<value>{ROLES})\b", unreal=True, sure=0.75),
    Rule("colleague", "one who", r"^{word} is the (?:one|man|woman|person|guy) (?:who|that|for)\b", sure=0.7),
    Rule("role", "does handles manages leads looks", r"^{word:subject} (?P<value>(?:does|handles|manages|leads|looks after) (?:the|our|all) [\w-]+)", sure=0.65),
    Rule("role", "teaches", r"{WHO} (?P<value>teaches (?!it\b|that\b|them\b|me\b)[\w-]+(?: [\w-]+)?)", subject="third", sure=0.75),
    Rule("colleague", "colleagues", r"^{person} and {person} are my colleagues", label="colleague"),
)  # fmt: skip
"""The theme's rules."""
