"""Rules about how somebody lives: allergies, diet, what they like, languages, hobbies, what they have."""

from backend.memory.rules.rule import Rule
from backend.memory.rules.values import NUMBER
from backend.memory.rules.words import LANGUAGES

HOBBY = (
    r"(?:crossfit|running|swimming|cycling|hiking|climbing|bouldering|skiing|sailing|rowing|surfing|yoga|pilates|tennis|football"
    r"|soccer|basketball|volleyball|handball|badminton|golf|chess|poker|bridge|piano|guitar|violin|cello|drums|flute"
    r"|saxophone|clarinet|trumpet|bass|ukulele|accordion|harmonica|pottery|painting|drawing|knitting|sewing|crochet"
    r"|gardening|baking|cooking|fishing|photography|birdwatching|birding|dancing|salsa|tango|ballet|karate|judo|boxing"
    r"|fencing|archery|woodworking|carpentry|camping|kayaking|canoeing|diving|scuba|snorkelling|skating|skateboarding"
    r"|snowboarding|reading|writing|singing|calligraphy|beekeeping|brewing|origami|astronomy|stargazing|geocaching"
    r"|orienteering|triathlons?|marathons?|horse riding|riding|cross country(?: skiing)?|ice hockey|hockey|cricket|rugby"
    r"|five[ -]a[ -]side(?: football)?|squash|padel|table tennis|darts|video games|board games|the (?:piano|guitar|violin|cello|drums|flute|saxophone"
    r"|organ|harp|trumpet|clarinet|accordion|ukulele|trombone|tuba|horn|oboe|bassoon|banjo|mandolin|keyboard|bagpipes|recorder|double bass|fiddle|bass guitar)"
    r"|kendo|aikido|taekwondo|jiu[ -]jitsu|krav maga|muay thai|kickboxing|wrestling|zumba|spinning|meditation|tai chi|foraging|parkrun|(?:winter |open water |sea )?(?:bathing|swimming)"
    r"|improv|amateur dramatics|quilting|embroidery|genealogy|mountain biking|trail running|paragliding|gliding|kitesurfing|windsurfing|paddleboarding|bowling|curling"
    r"|lacrosse|netball|floorball|futsal|ice skating|figure skating|gymnastics|weightlifting|powerlifting|scrabble|sudoku|crosswords|jigsaws|ceramics|woodturning"
    r"|weaving|trombone|banjo|mandolin|bagpipes|model trains|fly fishing|bridge|kayak|surf|paddle tennis|pickleball|dragon boat(?: racing)?|mosaics|leatherwork|beach volleyball)"
)
_DIETS = (
    r"(?:pure (?:vegetarian|veg)|vegetarian|vegan|pescatarian|pescetarian|gluten[ -]free|lactose[ -]free|dairy[ -]free|keto|low[ -]carb|halal|kosher"
    r"|flexitarian|paleo|veg\b|veggie|sugar[ -]free|plant[ -]based|teetotal)"
)
FOODS = r"(?:meat|fish|pork|beef|gluten|dairy|sugar|alcohol|eggs?|wheat|lactose|seafood|chicken|bread|milk|cheese|cakes?|sweets|chocolate|wine|beer|onions?|garlic|nuts|peanuts|rice|pasta|potatoes|mushrooms|tomatoes|ham|bacon|lamb|shellfish|prawns|spicy food|fried food|red meat|processed food|salt|caffeine|soy|butter|cream)"
THINGS = (
    r"(?:car|house|flat|apartment|narrowboat|houseboat|dinghy|motorhome|campervan|minibus|lorry|pickup|polytunnel|loom|kiln|bike|bicycle|motorbike|motorcycle|boat|van|caravan|camper|cottage|cabin|chevy|chevrolet|dodge|buick|cadillac|pickup|pick-up|suv|hatchback|estate|minivan|mini|suzuki|mitsubishi|seat|alfa|tesla|bmw|volvo"
    r"|audi|laptop|macbook|phone|iphone|camera|piano|guitar|violin|telescope|printer|garden|farm|company|shop|scooter|truck"
    r"|e-bike|drone|tablet|allotment|dishwasher|sauna|greenhouse|kayak|tent|vineyard|workshop|studio|restaurant|cafe|store)"
)
BELONGINGS = (
    r"(?:car|bike|bicycle|motorbike|motorcycle|boat|sailboat|yacht|van|caravan|camper(?: van)?|cottage|cabin|chalet|allotment|garden|greenhouse|sauna"
    r"|hot tub|kayak|canoe|narrowboat|houseboat|barge|dinghy|motorhome|campervan|minibus|lorry|pickup|trailer|hybrid|suv|polytunnel|beehives?|loom|kiln|sewing machine|pizza oven|record player|telescope|piano|guitar|violin|cello|harp|drum kit|drone|scooter|e-bike|tractor|horsebox|vineyard|farm|orchard|summer house|beach house"
    r"|tesla|bmw|volvo|audi|saab|ford|toyota|honda|mazda|fiat|skoda|renault|peugeot|citro[e\N{LATIN SMALL LETTER E WITH DIAERESIS}]n|opel|vauxhall|mercedes|porsche|jeep|land rover|range rover"
    r"|kia|hyundai|nissan|lexus|subaru|dacia|polestar|harley|vespa|ducati|volkswagen|vw|beetle|defender|freightliners?|macks?)"
)
"""What somebody has who says that they have it: not what a shop sells."""
FORMATS = (
    r"(?:bullet points?|bullets|tables?|short (?:answers|sentences|messages|emails|paragraphs)|long answers|numbered lists?"
    r"|plain (?:english|text|language)|e-?mails?|metric(?: units)?|celsius|kilometres|euros|dollars|lists|summaries|markdown"
    r"|csv|excel|powerpoint|pdfs?|slides?|one[ -]page(?:rs?)?|on paper|in writing|written|voice messages|text messages|screenshots"
    r"|english|german|french|spanish|simple words|japanese|turkish|italian|portuguese|dutch|polish|attachments?|phone calls|pdfs?|short emails|long emails|detail|examples|headings|charts?|diagrams?)"
)
CHANNELS = r"(?:whatsapp|slack|teams|sms|text|signal|telegram|phone|chat|e-?mail|mail|post|zoom|writing|advance|person|my (?:phone|mobile))"
_DAY_WORDS = (
    r"(?:mondays?|tuesdays?|wednesdays?|thursdays?|fridays?|saturdays?|sundays?|mornings?|afternoons?|weekends?)"
)
_ASK_OFTEN = r"(?:always|from now on|in future|in the future|please|next time|everything|generally|whenever possible)"

RULES = (
    # Allergies and diet
    Rule("diet", "vegetarian vegan pescatarian pescetarian gluten keto halal kosher flexitarian teetotal plant lactose dairy low", rf"{{WHO}} (?:am|is|are|went|gone|became|turned|eats?|going)(?: now| strictly| mostly| a| an| fully| completely| only| also| been)* (?P<value>{_DIETS})(?! (?:restaurant|food|option|menu|dish|recipe))", when="state"),
    Rule("diet", "eating", rf"{{I}} (?:am |have |has )?(?:started|began|am|are|back to) (?P<value>eating {FOODS}(?: again)?)", when="start"),
    Rule("diet", "stopped quit gave", r"\bi (?:have )?(?P<value>(?:stopped|quit|gave up) (?:drinking |eating )?(?:coffee|alcohol|sugar|meat|smoking|caffeine|dairy|bread|sweets|gluten))\b", when="state"),
    Rule("diet", "diet", r"{AM} (?:now )?on an? (?P<value>[\w-]+(?: [\w-]+)? diet)", when="state"),
    Rule("diet", "no", rf"^(?P<value>no {FOODS}(?: on \w+)?) for me\b", sure=0.8),
    Rule("diet", "been", rf"\bi have been (?P<value>{_DIETS})\b"),
    # Likes and dislikes
    Rule("allergy", "hives react swell rash", r"\bi (?:get (?:hives|a rash) from|react (?:badly )?to|swell up from) {simple}", sure=0.85),
    Rule("dislikes", "keen", r"\bi am not (?:very |too |so |that )?(?:keen on|fond of|into|crazy about|good with) {liking}", sure=0.85),
    Rule("dislikes", "without", r"\bi could do without {noun}", unreal=True, sure=0.8),
    Rule("likes", "nothing", r"^(?:there is )?nothing (?:beats|better than|like) (?:an? )?(?:good )?{simple}"),
    Rule("hobby", "play plays", r"\bi play (?:the )?(?P<value>(?!(?:a|an|with|it|that|this|role|safe|along|games|no|any|my|by|for)\b)[\w-]+)(?= in\b| every\b| with\b| on\b| at\b| for\b|$)", sure=0.75),
    Rule("prefers", "time", r"\b(?P<value>one [\w-]+ at a time)\b", asked=True, unreal=True, sure=0.75),
    Rule("dislikes", "cannot", r"\bi cannot (?:read|deal with|work with|cope with|do) {liking}", sure=0.7),
    Rule("dislikes", "no", r"^no (?P<value>(?!one\b|more\b|need\b|way\b|problem\b|worries\b|rush\b)[\w-]+(?: (?!before|after|on|during|at)[\w-]+)?) please$", asked=True, sure=0.7),
    Rule("likes", "love like enjoy adore loves", r"{I}(?: (?:would say|quite))? (?:love|like|enjoy|adore) {likings}(?! (?:to|more|better)\b)"),
    Rule("likes", "favourite favorite", r"\bmy (?:all[ -]time |absolute )?(?P<label>favou?rite [\w -]+?) (?:is|are|has always been|was always) {noun}"),
    Rule("likes", "favourite favorite", r"^{noun} is my (?:all[ -]time |absolute |new )?favou?rite\b"),
    Rule("dislikes", "hates", r"{WHO} (?:hates|dislikes|cannot stand) {liking}", sure=0.75, subject="third"),
    Rule("dislikes", "drives drive", r"^{noun} (?:drives?|makes?) me (?:crazy|mad|nuts|sick|nervous|sleepy|angry|tired|sad)\b", sure=0.8),
    Rule("likes", "fan", r"{AM}(?: an?| the)? (?:(?:big|huge|great|massive|total|real|lifelong) )*fan of {noun}"),
    Rule("likes", "into", r"{AM} (?:really |very |quite |super |totally |deeply )*into {likings}"),
    Rule("likes", "fond crazy mad obsessed passionate", r"{AM} (?:really |very |quite |a bit )*(?:fond of|crazy about|mad about|obsessed with|passionate about) {liking}"),
    Rule("prefers", "short brief simple", r"\bkeep (?:(?:your|the|my|all|those|these) )?(?:e-?mails|answers|mails|texts|messages|reports|replies|notes|summaries|things) (?P<value>(?:very |nice and )?(?:short|brief|simple|concise|formal|informal))\b", asked=True, sure=0.8),
    # Preferences, also as a standing request: only for a known form or channel, so that no command becomes a preference
    Rule("prefers", "rather", r"\bi would (?:much )?rather (?:have|use|get|take|work with|go by|travel by) {noun}", unreal=True),
    Rule("prefers", "bullet bullets points table tables short metric celsius english german email emails list lists plain csv markdown pdf examples summaries", rf"\b(?:write|send|give|answer|reply|put|format|keep|use|show|summari[sz]e)\b.*?\b(?:in|as|with|by|use|using|me|only)? ?\b(?P<value>{FORMATS})\b(?=.*\b{_ASK_OFTEN}\b)", asked=True, sure=0.8),
    Rule("prefers", "bullet bullets points table tables short metric celsius english german email emails list lists plain csv markdown pdf examples summaries", rf"\b{_ASK_OFTEN}\b.*?\b(?:write|send|give|answer|reply|put|format|keep|use|show|summari[sz]e)\b.*?\b(?P<value>{FORMATS})\b", asked=True, sure=0.8),
    Rule("prefers", "please only", rf"^(?:always )?(?P<value>{FORMATS})(?:,? (?:please|only|always|for me))+", asked=True, sure=0.8),
    Rule("prefers", "as", rf"^(?:please |yes |and )*(?:send|give|make|write|show)(?: it| them| me| that)* (?:as|in) (?:an? )?(?P<value>{FORMATS})", asked=True, sure=0.75),
    Rule("dislikes", "not no", rf"^(?:please )?(?:not|no) (?P<value>{FORMATS}|phone calls|voice mails?)(?: please| for me)?$", asked=True, sure=0.75),
    Rule("dislikes", "send", rf"\bdo not (?:ever )?(?:send|give|show|write)(?: me)? (?:any )?(?P<value>{FORMATS})", asked=True, sure=0.75),
    Rule("prefers", "write speak answer talk", r"\b(?:write|speak|answer|talk|reply)(?: to me| with me)? in (?P<value>(?:english|german|french|spanish|japanese|turkish|italian|portuguese|dutch|polish|swedish|danish|norwegian|chinese|arabic))\b", asked=True, sure=0.7),
    Rule("prefers", "use", r"^(?:please )?use (?P<value>[\w-]+)(?:,? (?:and )?not [\w-]+)(?: please)?\b", asked=True, sure=0.85),
    Rule("dislikes", "use", r"^(?:please )?use [\w-]+,? (?:and )?not (?P<value>[\w-]+)(?: please)?\b", asked=True, sure=0.85),
    Rule("prefers", "no", rf"\b(?P<value>no (?:phone |video |zoom |conference )?(?:calls?|meetings?|e-?mails?|messages?|appointments?) (?:(?:before|after|on|during|at) [\w :]+?|{_DAY_WORDS}[\w ]*?))(?: please| ok| okay| for me| i\b|$)", asked=True, sure=0.85),
    Rule("prefers", "not never", r"^(?:please )?(?P<value>(?:do not|never) (?:ever |be |go )?(?:book|call|ring|phone|schedule|disturb|text|message|e-?mail|ping|contact|wake|visit|slack|whatsapp|calling|ringing|texting|phoning|emailing|booking|messaging)(?! (?:her|him|it|them|us|that)\b)(?: me| anything| meetings| calls)? (?:on |before |after |during |at )?[\w :]+)", then=r"(?!when\b|if\b|until\b|unless\b|while\b)", asked=True, sure=0.8),
    Rule("prefers", "better easier best", r"^(?P<value>[\w -]{3,40}?) (?:is|are|works?|suits?)(?: me| much| always)? (?:better|best|easier|easiest)(?: for me)?$", sure=0.75),
    Rule("prefers", "only after before between", r"^(?!.*\b(?:not|cannot|never|no)\b.*\bcalls?\b).*?\b(?<!the )(?<!my )(?<!your )(?<!on )(?:call|reach|ring|write|contact|meet|phone|book|calls|meetings|appointments)(?: me| us| with me)?(?: please| is| are| only| best| always| not)* (?P<value>(?:after|before|between|only in|in) (?:the )?(?:mornings?|afternoons?|evenings?|lunch|noon|[\w:]+(?: ?[ap]\.?m| o'clock)?)(?: and [\w:]+(?: ?[ap]m)?)?)\b", asked=True, sure=0.75),
    Rule("prefers", "like want need", r"\bi (?:like|want|need|read|take) (?:my |the |your |all )?(?:\w+ )?(?:reports?|summar(?:y|ies)|answers?|updates?|notes?|texts?|messages?|everything|things|it|minutes) (?:in |as |to be |on )?(?P<value>(?:very )?(?:short|brief|long|detailed|simple|printed|on paper|in writing|on one page|in a table|in bullets?|in bullet points|in english|in german|in spanish|in japanese|in turkish|early|by e-?mail|by mail))\b", unreal=True, sure=0.8),
    Rule("likes", "works", r"^{simple} always (?:works|helps)$", sure=0.6),
    Rule("prefers", "works best", r"\b(?P<value>(?:mornings|afternoons|evenings|mondays|tuesdays|wednesdays|thursdays|fridays|weekends|e-?mail|phone|chat)) (?:works?|suits?|is|are) (?:me )?best\b", sure=0.8),
    # How to be told, in a request
    Rule("prefers", "not never", r"^(?:please )?(?P<value>(?:do not|never) (?:phone|call|ring|text|message|e-?mail)(?: me)?)$", then=r"(?!when\b|if\b|until\b|unless\b|while\b)", asked=True, sure=0.75),
    Rule("prefers", "like", rf"\bi would (?:also |really |still )?like (?P<value>(?:(?:the|my|your|all|any) )?(?:[\w-]+ )?[\w-]+ (?:in|as|by|on|via) (?:an? )?(?:{FORMATS}|{CHANNELS}|{'|'.join(sorted(LANGUAGES))}))\b", unreal=True, sure=0.75),
    Rule("prefers", "owl bird", r"\bi am (?:an? )?(?P<value>(?:night owl|early bird))\b"),
    Rule("prefers", "always", r"\b(?:please |could you |can you |would you )*always (?!(?:be|been|have|has|had|is|are|was|were|the|a|on|in|wanted|wants|like|liked|feel)\b)(?P<value>(?:put|send|write|give|show|start|use|answer|reply|include|add|keep|call|book|take|speak|begin|end|ask|tell|check|list|round) .+)", asked=True, sure=0.75),
    Rule("prefers", "me us it them everything things", rf"\b(?:send|give|write|show|tell|ping|text|message|mail|e-?mail|reach|contact|call|bring|get)(?: (?:me|us|it|them|things|everything|all|reports?|updates?|notes?|summaries|texts|answers|the [\w-]+|my [\w-]+|that|this))+ (?P<value>(?:in|on|by|via|over|as|through) (?:an? )?(?:{FORMATS}|{CHANNELS}))\b", asked=True, sure=0.8),
    Rule("prefers", "keep make limit", rf"^(?:please )?(?:keep|make|limit)(?: (?:it|them|that|this|everything|(?:your|the|my|all|those|these) [\w-]+))+ (?P<value>(?:under|below|to|within|at|shorter than|no longer than) {NUMBER} (?:lines?|bullets?|bullet points|points|pages?|words|sentences|minutes|slides?|paragraphs?)|(?:very |as )?(?:short|brief|simple|concise)(?= please$| for me|$))", asked=True, sure=0.8),
    Rule("prefers", "text call email message mail slack ping ring dm whatsapp", r"(?:^|\b(?:just|always|please|better|rather) )(?P<value>text|call|e-?mail|message|whatsapp|slack|ping|ring|dm)(?= me(?:$| instead\b| please\b| rather\b| not\b))", asked=True, sure=0.75),
    Rule("prefers", "rather sooner", r"\bi would (?:much |really |always )?(?:rather|sooner) (?P<value>(?!not\b|be\b|that\b|you\b|we\b|he\b|she\b|it\b|die\b|ask\b|say\b|they\b)[\w-]+ .+)", unreal=True, sure=0.7),
    Rule("prefers", "only", rf"\bi (?:really )?only (?P<value>(?:drink|read|take|use|buy|wear|fly|answer|work|want|accept) (?!it\b|that\b|this\b|them\b|one\b|two\b|three\b|a few\b|{FOODS}\b).+)", sure=0.65),
    Rule("prefers", "only", r"^i am (?:only )?(?:free|available|reachable|around) (?:only )?(?P<value>(?:on |in |at |before |after )?(?:the )?(?:\w+days?|mornings?|afternoons?|evenings?|\w+ (?:mornings|afternoons|evenings))(?: only)?)$", sure=0.7),
    Rule("prefers", "first", r"\b(?:give|tell|show|send)(?: me| us)? (?P<value>(?:the |your )?(?!.*\b(?:by|on|until|before|of|twenty|thirty) )[\w -]{3,25}? first)$", asked=True, sure=0.7),
    Rule("prefers", "rather", r"\b(?:give|send|show|use|write|call|want|like|take)(?: me| us)? (?P<value>[\w -]{3,40} rather than [\w -]+)", asked=True, sure=0.8),
    Rule("prefers", "like", r"\bi like to (?P<value>(?:have|get|see|know|start|keep|plan|be (?:told|asked|informed|reminded)) (?!it\b$|that\b).+)", sure=0.65),
    Rule("prefers", "better", r"^(?P<value>the (?:earlier|shorter|fewer|simpler|later|less|longer)(?: [\w-]+)?,? the better)\b", sure=0.7),
    Rule("prefers", "work works suit suits", rf"^(?P<value>(?:(?:the )?(?:early |late )?(?:{_DAY_WORDS}|mornings?|afternoons?|evenings?)(?: (?:mornings?|afternoons?|evenings?))?|e-?mail|phone|chat|texts?)) (?:works?|suits?)(?: best| better| well| fine)? (?:for )?(?:me|us)(?: best| better| well)?$", sure=0.65),
    Rule("dislikes", "write send", r"^(?:please )?do not (?:ever )?(?:send|give|write|show|draw)(?: me)? (?:any )?(?:long )?(?P<value>[a-z-]{4,}s)$", asked=True, sure=0.75),
    Rule("dislikes", "thing cup nightmare waste torture hell pain horror", r"^{noun} (?:is|are) (?:not (?:really )?(?:my thing|my cup of tea)|(?:an? )?(?:absolute |total |real |complete |pure )?(?:nightmare|waste of (?:my )?time|torture|hell|pain|horror)(?: for me| to me)?)$", sure=0.7),
    Rule("dislikes", "sick tired fed", r"\bi am (?:so |really |absolutely )?(?:sick|tired|fed up)(?: and tired)? (?:of|with) {liking}", sure=0.7),
    Rule("dislikes", "person", r"\bi am not (?:really |exactly )?(?:an? |much of an? )(?P<value>(?!good|bad|nice|people)[\w-]+) person$", sure=0.75),
    Rule("dislikes", "than", r"\bi would rather [\w -]+? than (?P<value>(?!to\b|be\b)(?:(?:ten|a|an|another) )?[\w-]+(?: [\w-]+)?)(?:,|$)", unreal=True, sure=0.6),
    Rule("likes", "fan enthusiast addict nerd buff lover fanatic", r"\bi am an? (?:(?:big|huge|great|massive|lifelong|real|total|keen) )*(?P<value>(?!(?:big|huge|great|massive|lifelong|real|total|keen)\b)[\w-]+(?: [\w-]+)?) (?:fan|enthusiast|addict|nerd|buff|lover|fanatic)\b", sure=0.75),
    Rule("likes", "soft weakness thing passion", r"\b(?:i|we) have (?:got )?an? (?:real |bit of an? |secret |huge )?(?:soft spot|weakness|thing|passion) for {liking}", sure=0.75),
    Rule("prefers", "over", r"\bgive me (?P<value>[\w -]{3,30} over [\w -]{3,30}?)(?: any day| every time| anytime)?$", asked=True, sure=0.75),
    Rule("prefers", "please", r"^(?P<value>(?:short|brief|simple|plain|concise|formal|informal)(?: and [\w ]{3,25}?)?),? please$", asked=True, sure=0.75),
    Rule("dislikes", "never", r"\bi (?:have )?never (?:really )?(?:got on with|get on with|taken to|took to|warmed to|got used to|seen the point of|saw the point of) {liking}", sure=0.7),
    Rule("likes", "without", r"\bno (?:day|morning|meeting|weekend|meal) without {liking}", sure=0.6),
    Rule("diet", "no", rf"^(?P<value>no {FOODS}(?:,? (?:and |or )?no {FOODS}| (?:and|or) {FOODS})?)$", sure=0.7),
    Rule("prefers", "no", r"\b(?P<value>no (?:lunch|breakfast|dinner|evening|early|late|weekend|video|phone|face to face|back to back|morning|friday|monday) (?:meetings?|calls?))(?:$| please| for me| thanks)", asked=True, sure=0.75),
    Rule("diet", "no", rf"\b(?:so|also|and|therefore) (?P<value>no {FOODS}(?: (?:and|or|no) {FOODS})?)(?: for me| please| allowed)?$", sure=0.7),
    # Languages and hobbies
    Rule("language", "learning studying", r"{AM} (?:learning|studying) {languages}", sure=0.8),
    Rule("language", "language tongue", r"\bmy (?:native|first|mother|second) (?:language|tongue) is {languages}"),
    Rule("hobby", "coach play plays", rf"{{WHO}} (?:coach|coaches|plays?) (?:the )?(?P<value>{HOBBY}|lacrosse)\b"),
    Rule("hobby", "time", r"\bin my (?:free|spare) time,? i (?:like to |love to |usually |mostly )*{noun}", sure=0.8),
    Rule("hobby", "sing", r"\bi (?P<value>sing in (?:a|the|our) [\w ]*?choir)\b"),
    Rule("hobby", "class lessons classes lesson course", r"{I} (?:have|take|go to|do|am taking) (?:an? |my )?(?P<value>(?!(?:english|the|this|that|no)\b)[\w-]+ (?:class|classes|lessons))\b", sure=0.75),
    # Possessions
    Rule("dislikes", "headache creeps", r"^{noun} gives? me (?:a headache|the creeps|a rash)\b", sure=0.8),
    Rule("dislikes", "enough", r"\bi have had (?:enough|my fill) of {liking}", sure=0.8),
    Rule("likes", "mad crazy nuts", r"\bi am (?:mad|crazy|nuts) about {liking}"),
    Rule("prefers", "nothing no never not", r"\b(?<!said )(?P<value>(?:nothing|never|not) (?:before|after) (?:[\w:]+)(?: ?[ap]\.?m| o'clock)?(?: in the \w+)?)\b(?! that| this| it)", asked=True, sure=0.7),
    Rule("prefers", "short brief", r"\bkeep (?:your|the|my|all) (?:answers|mails|texts|messages|reports) (?P<value>(?:very )?(?:short|brief|simple))\b", asked=True, sure=0.8),
    Rule("prefers", "wants needs reads version", r"{WHO} (?:only |always )*(?:wants|reads|needs) (?:the |an? )?(?P<value>(?:short|long|brief|detailed|one-page) (?:version|reports?|summar(?:y|ies)))\b", subject="third", sure=0.75),
    Rule("prefers", "writing", r"\bi need (?:everything|it|things|that) (?P<value>in (?:writing|english|german|advance))\b", sure=0.85),
    Rule("dislikes", "fan", r"^i am not an? (?:big )?fan of {liking}"),
    Rule("prefers", "put plan schedule book", rf"^(?P<value>do not (?:ever )?(?:put|plan|schedule|book) [\w ]+? (?:on|in|before|after) {_DAY_WORDS}(?: \w+)?)", asked=True, sure=0.8),
    Rule("diet", "off", rf"{{I}} (?:been |am |are )?off (?:the )?(?P<value>{FOODS}|coffee|beer|wine|booze|grog|drink|cigarettes|fags|carbs|sweets|caffeine|chocolate|salt)\b", value="no {}", sure=0.75),
    Rule("prefers", "first", r"\bi (?:want|need|like) (?:the )?(?P<value>[\w-]+ first)\b", sure=0.75),
    Rule("prefers", "sacred holy limits", rf"^(?P<value>{_DAY_WORDS} (?:is|are) (?:sacred|holy|off limits|mine|blocked)\b.*)", sure=0.75),
    Rule("language", "fluent native good", r"\bmy {languages} is (?:fluent|good|native|perfect|decent|ok|okay|fine)\b"),
    Rule("prefers", "more better than", r"\bi (?:like|love|enjoy) (?P<value>[\w -]{3,30}? (?:more|better) than [\w -]{3,30})$", sure=0.85),
    Rule("prefers", "not give send write want", r"^(?:please )?(?:give|send|write|show)(?: to)?(?: me| us)? (?P<value>[\w-]+(?: [\w-]+)?),? (?:and )?not [\w-]+", asked=True, sure=0.75),
    Rule("likes", "person", r"\bi am (?:more of )?an? (?P<value>(?:tea|coffee|dog|cat|morning|night|beach|mountain|city|summer|winter|wine|beer|sweets|book) person)\b"),
    Rule("likes", "without", r"\bi cannot (?:live|start the day|work|survive) without {liking}"),
    Rule("dislikes", "fan", r"\bi am (?:really )?(?:not|no) (?:really |exactly )?(?:an? )?(?:big |great )?fan of {liking}"),
    Rule("prefers", "prefer prefers", r"\bi (?:would |really |generally |usually |much |always |do |strongly |still |also )*prefer {noun}", unreal=True),
    Rule("dislikes", "no", r"^please no (?!.*\b(?:that|this|next|on|today|tomorrow)\b){simple}", asked=True, sure=0.7),
    Rule("prefers", "rather prefer want need", rf"\bi (?:would rather|would prefer|want|need|prefer|like)(?: to)?(?: have| get| see)? (?:it|them|that|everything|the \w+) (?:as|in) (?:an? )?(?P<value>{FORMATS})", unreal=True, sure=0.8),
    Rule("prefers", "paper phone", r"{WHO} (?:only |always )*reads? (?:it |everything |things )?(?P<value>on (?:paper|(?:her|his|my|the) phone|screen))", sure=0.75),
    Rule("hobby", "go do went", rf"{{I}} (?:go|do|have been doing|am doing) (?:a lot of |some )?(?P<value>{HOBBY})\b(?=.*\b(?:every|weekly|daily|regularly|week|weekends?|often|forever|years|mornings?|evenings?|since|for fun|lot|after work)\b)"),
)  # fmt: skip
"""The theme's rules."""
