"""Rules about how somebody lives: allergies, diet, what they like, languages, hobbies, what they have."""

from backend.memory.rules.rule import Rule

SPORTS = (
    r"(?:running|swimming|cycling|hiking|climbing|bouldering|skiing|sailing|rowing|surfing|yoga|pilates|tennis|football"
    r"|soccer|basketball|volleyball|handball|badminton|golf|chess|poker|bridge|piano|guitar|violin|cello|drums|flute"
    r"|saxophone|clarinet|trumpet|bass|ukulele|accordion|harmonica|pottery|painting|drawing|knitting|sewing|crochet"
    r"|gardening|baking|cooking|fishing|photography|birdwatching|birding|dancing|salsa|tango|ballet|karate|judo|boxing"
    r"|fencing|archery|woodworking|carpentry|camping|kayaking|canoeing|diving|scuba|snorkelling|skating|skateboarding"
    r"|snowboarding|reading|writing|singing|calligraphy|beekeeping|brewing|origami|astronomy|stargazing|geocaching"
    r"|orienteering|triathlons?|marathons?|horse riding|riding|cross country(?: skiing)?|ice hockey|hockey|cricket|rugby"
    r"|five[ -]a[ -]side(?: football)?|squash|padel|table tennis|darts|video games|board games|the (?:piano|guitar|violin|cello|drums|flute|saxophone"
    r"|organ|harp|trumpet|clarinet|accordion|ukulele))"
)
_DIETS = (
    r"(?:vegetarian|vegan|pescatarian|pescetarian|gluten[ -]free|lactose[ -]free|dairy[ -]free|keto|low[ -]carb|halal|kosher"
    r"|flexitarian|paleo|sugar[ -]free|plant[ -]based|teetotal)"
)
_FOODS = r"(?:meat|fish|pork|beef|gluten|dairy|sugar|alcohol|eggs|wheat|lactose|seafood|chicken|bread|milk|cheese)"
_THINGS = (
    r"(?:car|house|flat|apartment|bike|bicycle|motorbike|motorcycle|boat|van|caravan|camper|cottage|cabin|tesla|bmw|volvo"
    r"|audi|laptop|macbook|phone|iphone|camera|piano|guitar|violin|telescope|printer|garden|farm|company|shop|scooter|truck"
    r"|e-bike|drone|tablet|allotment|dishwasher|sauna|greenhouse|kayak|tent|vineyard|workshop|studio|restaurant|cafe|store)"
)
_FORMATS = (
    r"(?:bullet points?|bullets|tables?|short (?:answers|sentences|messages|emails|paragraphs)|long answers|numbered lists?"
    r"|plain (?:english|text|language)|e-?mails?|metric(?: units)?|celsius|kilometres|euros|dollars|lists|summaries|markdown"
    r"|csv|pdfs?|slides?|one[ -]page(?:rs?)?|on paper|in writing|written|voice messages|text messages|screenshots"
    r"|english|german|french|spanish|simple words|japanese|turkish|italian|portuguese|dutch|polish|attachments?|phone calls|pdfs?|short emails|long emails|detail|examples|headings|charts?|diagrams?)"
)
_DAY_WORDS = (
    r"(?:mondays?|tuesdays?|wednesdays?|thursdays?|fridays?|saturdays?|sundays?|mornings?|afternoons?|weekends?)"
)
_ASK_OFTEN = r"(?:always|from now on|in future|in the future|please|next time|everything|generally|whenever possible)"

RULES = (
    # Allergies and diet
    Rule("allergy", "allergic", r"{WHOAM} (?:\w+ly )?allergic to {simples}"),
    Rule("allergy", "allergy allergies", r"{WHO} (?:has|have|suffers? from|developed|got)? ?(?:a |an )?(?:(?:bad|severe|serious|mild|terrible|strong|nasty) )*(?P<value>[\w-]+(?: pollen)?) allergy\b"),
    Rule("allergy", "allergy allergies", r"{WHO} (?:has|have) (?:an? )?(?:\w+ )?(?:allergy|allergies) (?:to|against) {simples}"),
    Rule("allergy", "intolerant", r"{WHOAM} (?:\w+ly )?(?P<value>(?:lactose|gluten|fructose|histamine)[ -]intolerant)"),
    Rule("allergy", "coeliac celiac", r"{WHOAM} (?:an? )?(?P<value>co?eliac)\b"),
    Rule("diet", "vegetarian vegan pescatarian pescetarian gluten keto halal kosher flexitarian teetotal plant lactose dairy low", rf"{{WHO}} (?:am|is|are|went|gone|became|turned|eats?|going)(?: now| strictly| mostly| a| an| fully| completely| only| also| been)* (?P<value>{_DIETS})(?! (?:restaurant|food|option|menu|dish|recipe))", when="state"),
    Rule("diet", "eat drink", rf"{{I}} (?:do not|never|no longer|cannot|stopped|quit|gave up)(?: \w+)?? ?(?:eat|eating|drink|drinking|touch) (?P<value>(?:any )?{_FOODS}(?: (?:or|and) {_FOODS})?)\b", value="no {}"),
    Rule("diet", "eating", rf"{{I}} (?:am |have |has )?(?:started|began|am|are|back to) (?P<value>eating {_FOODS}(?: again)?)", when="start"),
    Rule("diet", "stopped quit gave", r"\bi (?:have )?(?P<value>(?:stopped|quit|gave up) (?:drinking |eating )?(?:coffee|alcohol|sugar|meat|smoking|caffeine|dairy|bread|sweets|gluten))\b", when="state"),
    Rule("diet", "diet", r"{AM} (?:now )?on an? (?P<value>[\w-]+(?: [\w-]+)? diet)", when="state"),
    Rule("allergy", "allergic", r"^allergic to {simples}"),
    Rule("allergy", "hay", r"{I} (?:have|suffer from|got) (?P<value>hay fever)\b"),
    Rule("diet", "cannot", r"\bi cannot (?:eat|have|drink|take) (?:anything with |any )?{simple}", value="no {}", sure=0.8),
    Rule("diet", "only", r"\bi (?:(?:only|just) (?:drink|eat)|(?:drink|eat) only) {simple}", value="only {}", sure=0.75),
    Rule("diet", "no", rf"^(?P<value>no {_FOODS}(?: on \w+)?) for me\b", sure=0.8),
    Rule("diet", "been", rf"\bi have been (?P<value>{_DIETS})\b"),
    Rule("allergy", "epipen epi", r"^no (?P<value>[\w-]+) .*\bepi-?pen\b", asked=True),
    # Likes and dislikes
    Rule("allergy", "hives react swell rash", r"\bi (?:get (?:hives|a rash) from|react (?:badly )?to|swell up from) {simple}", sure=0.85),
    Rule("allergy", "intolerant", r"^(?P<value>(?:lactose|gluten|fructose|histamine)[ -]intolerant)"),
    Rule("allergy", "ill sick", r"^{simple} makes? me (?:ill|sick|itch)\b", sure=0.75),
    Rule("diet", "avoid", rf"{{I}} avoid (?P<value>{_FOODS})\b", value="no {}"),
    Rule("dislikes", "headache creeps", r"^{noun} gives? me (?:a headache|the creeps|a rash)\b", sure=0.8),
    Rule("dislikes", "enough", r"\bi have had (?:enough|my fill) of {liking}", sure=0.8),
    Rule("dislikes", "keen", r"\bi am not (?:very |too |so |that )?(?:keen on|fond of|into|crazy about|good with) {liking}", sure=0.85),
    Rule("dislikes", "without", r"\bi could do without {noun}", unreal=True, sure=0.8),
    Rule("dislikes", "anything", r"^anything but {liking}", sure=0.7),
    Rule("likes", "mad crazy nuts", r"\bi am (?:mad|crazy|nuts) about {liking}"),
    Rule("likes", "beats", r"^nothing beats (?:an? )?(?:good )?{simple}"),
    Rule("prefers", "always", r"^always (?:give|send|show) (?:me|us) (?:the )?(?P<value>[\w-]+(?: [\w-]+)? (?:first|last|in (?:writing|english|a table)))\b", asked=True, sure=0.75),
    Rule("prefers", "nothing no never not", r"\b(?P<value>(?:nothing|never|not) (?:before|after) (?:[\w:]+)(?: ?[ap]\.?m| o'clock)?(?: in the \w+)?)\b(?! that| this| it)", asked=True, sure=0.7),
    Rule("prefers", "short brief", r"\bkeep (?:your|the|my|all) (?:answers|mails|texts|messages|reports) (?P<value>(?:very )?(?:short|brief|simple))\b", asked=True, sure=0.8),
    Rule("prefers", "wants needs reads version", r"{WHO} (?:only |always )*(?:wants|reads|needs) (?:the |an? )?(?P<value>(?:short|long|brief|detailed|one-page) (?:version|reports?|summar(?:y|ies)))\b", subject="third", sure=0.75),
    Rule("prefers", "writing", r"\bi need (?:everything|it|things|that) (?P<value>in (?:writing|english|german|advance))\b", sure=0.85),
    Rule("prefers", "home", rf"^(?P<value>(?:on )?{_DAY_WORDS},? i work from home)\b", sure=0.75),
    Rule("prefers", "please always", r"^(?P<value>(?!(?:yes|no|the|that|this|it|one|next|show|tell|send|give)\b)[\w-]+ [\w-]+) please,? always\b", asked=True, sure=0.7),
    Rule("hobby", "learning", rf"{{AM}} learning (?:to play )?(?P<value>{SPORTS})\b"),
    Rule("hobby", "go do", rf"\b(?:every|on|at) (?:the )?(?:\w+days?|weekends?|week|mornings?|evenings?),? (?:i|we) (?:go|do) (?P<value>{SPORTS})\b"),
    Rule("hobby", "run ran", r"{I} (?P<value>(?:run|ran) (?:half )?marathons)\b"),
    Rule("hobby", "sing", r"\bi (?P<value>sing \w+ in (?:a|the|our) [\w ]*?choir)\b"),
    Rule("dislikes", "stop", r"\b(?:please )?stop (?:sending|giving|writing|showing)(?: me| us)? {liking}", asked=True, sure=0.75),
    Rule("dislikes", "unbearable awful terrible annoying boring tiring", r"\bi find {simple} (?:unbearable|awful|terrible|annoying|boring|tiring|useless)\b"),
    Rule("dislikes", "stand", r"^cannot stand {liking}"),
    Rule("dislikes", "fan", r"^i am not an? (?:big )?fan of {liking}"),
    Rule("prefers", "rather", r"^(?:please )?(?:send|give|show|write|bring)(?: me| us)? {simple} rather than\b", asked=True, sure=0.75),
    Rule("prefers", "better", r"^{simple} (?:is|are) better than [\w ]+ for (?:me|us|my [\w]+|our [\w]+)\b", sure=0.75),
    Rule("prefers", "put plan schedule book", rf"^(?P<value>do not (?:ever )?(?:put|plan|schedule|book) [\w ]+? (?:on|in|before|after) {_DAY_WORDS}(?: \w+)?)", asked=True, sure=0.8),
    Rule("diet", "no", rf"^(?P<value>no {_FOODS})(?= i\b|,|$| please| for\b| and\b)", sure=0.75),
    Rule("diet", "off", rf"{{I}} (?:been |am |are )?off (?P<value>{_FOODS}|coffee)\b", value="no {}", sure=0.75),
    Rule("prefers", "prefers", r"{WHO} prefers {noun}", subject="third", sure=0.8),
    Rule("prefers", "under lines words sentences pages", r"\bkeep (?:it|them|that|everything) (?P<value>(?:under|below|to|within) [\w-]+ (?:lines?|words|sentences|pages?|minutes))", asked=True, sure=0.8),
    Rule("prefers", "first", r"\bi (?:want|need|like) (?:the )?(?P<value>[\w-]+ first)\b", sure=0.75),
    Rule("prefers", "sacred holy limits", rf"^(?P<value>{_DAY_WORDS} (?:is|are) (?:sacred|holy|off limits|mine|blocked)\b.*)", sure=0.75),
    Rule("hobby", "play plays", r"\bi play (?:the )?(?P<value>(?!(?:a|an|with|it|that|this|role|safe|along|games|no|any|my|by|for)\b)[\w-]+)(?= in\b| every\b| with\b| on\b| at\b| for\b|$)", sure=0.75),
    Rule("hobby", "collect collects", r"{I} (?P<value>collect (?!(?:the|it|them|that|this|data|him|her|my|you)\b)[\w -]+)", sure=0.75),
    Rule("hobby", "started taken took", r"{I} (?:started|taken up|took up|got into|gotten into) (?P<value>(?!(?:working|using|doing|getting|being|having|writing|looking|thinking|planning|testing|building|making|talking|going|eating|drinking)\b)\w+ing(?: (?!in|with|on|at|again|last|this|and|for|since)[\w-]+)?)", when="start", sure=0.65),
    Rule("hobby", "weekends weekend evenings sundays saturdays", r"\b(?:at|on) (?:the )?(?:weekends?|sundays|saturdays|evenings),? i (?:am on|go|ride|play|do)(?: my| the| to)* {simple}", sure=0.65),
    Rule("language", "fluent native good", r"\bmy {languages} is (?:fluent|good|native|perfect|decent|ok|okay|fine)\b"),
    Rule("prefers", "more better than", r"\bi (?:like|love|enjoy) (?P<value>[\w -]{3,30}? (?:more|better) than [\w -]{3,30})$", sure=0.85),
    Rule("prefers", "not give send write want", r"^(?:please )?(?:give|send|write|show)(?: to)?(?: me| us)? (?P<value>[\w-]+(?: [\w-]+)?),? (?:and )?not [\w-]+", asked=True, sure=0.75),
    Rule("prefers", "time", r"\b(?P<value>one [\w-]+ at a time)\b", asked=True, unreal=True, sure=0.75),
    Rule("dislikes", "cannot", r"\bi cannot (?:read|deal with|work with|cope with|do) {liking}", sure=0.7),
    Rule("dislikes", "no", r"^no (?P<value>(?!one\b|more\b|need\b|way\b|problem\b|worries\b|rush\b)[\w-]+(?: (?!before|after|on|during|at)[\w-]+)?) please$", asked=True, sure=0.7),
    Rule("likes", "love like enjoy adore loves", r"{I}(?: (?:would say|quite))? (?:love|like|enjoy|adore) {likings}(?! (?:to|more|better)\b)"),
    Rule("likes", "favourite favorite", r"\bmy (?:all[ -]time |absolute )?(?P<label>favou?rite [\w -]+?) (?:is|are|has always been|was always) {noun}"),
    Rule("likes", "favourite favorite", r"^{noun} is my (?:all[ -]time |absolute |new )?favou?rite\b"),
    Rule("likes", "person", r"\bi am (?:more of )?an? (?P<value>(?:tea|coffee|dog|cat|morning|night|beach|mountain|city|summer|winter|wine|beer|sweets|book) person)\b"),
    Rule("likes", "without", r"\bi cannot (?:live|start the day|work|survive) without {liking}"),
    Rule("likes", "miss", r"\bi (?:really |so )?miss {liking}", sure=0.7),
    Rule("likes", "love like loves likes", r"{WHO} (?:loves|likes|adores) {liking}", sure=0.75, subject="third"),
    Rule("dislikes", "hates", r"{WHO} (?:hates|dislikes|cannot stand) {liking}", sure=0.75, subject="third"),
    Rule("dislikes", "drives drive", r"^{noun} (?:drives?|makes?) me (?:crazy|mad|nuts|sick|nervous|sleepy|angry|tired|sad)\b", sure=0.8),
    Rule("likes", "fan", r"{AM}(?: an?| the)? (?:(?:big|huge|great|massive|total|real|lifelong) )*fan of {noun}"),
    Rule("likes", "into", r"{AM} (?:really |very |quite |super |totally |deeply )*into {likings}"),
    Rule("likes", "fond crazy mad obsessed passionate", r"{AM} (?:really |very |quite |a bit )*(?:fond of|crazy about|mad about|obsessed with|passionate about) {liking}"),
    Rule("dislikes", "hate dislike detest loathe", r"{I} (?:hate|dislike|detest|loathe) {likings}"),
    Rule("dislikes", "like enjoy", r"\bi (?:really )?(?:do not|never) (?:really |particularly )?(?:like|enjoy) {liking}"),
    Rule("dislikes", "stand bear", r"\bi cannot (?:really )?(?:stand|bear) {liking}"),
    Rule("dislikes", "fan", r"\bi am (?:really )?(?:not|no) (?:really |exactly )?(?:an? )?(?:big |great )?fan of {liking}"),
    # Preferences, also as a standing request: only for a known form or channel, so that no command becomes a preference
    Rule("prefers", "prefer prefers", r"\bi (?:would |really |generally |usually |much |always |do |strongly |still |also )*prefer {noun}", unreal=True),
    Rule("prefers", "rather", r"\bi would (?:much )?rather (?:have|use|get|take|work with|go by|travel by) {noun}", unreal=True),
    Rule("prefers", "bullet bullets points table tables short metric celsius english german email emails list lists plain csv markdown pdf examples summaries", rf"\b(?:write|send|give|answer|reply|put|format|keep|use|show|summari[sz]e)\b.*?\b(?:in|as|with|by|use|using|me|only)? ?\b(?P<value>{_FORMATS})\b(?=.*\b{_ASK_OFTEN}\b)", asked=True, sure=0.8),
    Rule("prefers", "bullet bullets points table tables short metric celsius english german email emails list lists plain csv markdown pdf examples summaries", rf"\b{_ASK_OFTEN}\b.*?\b(?:write|send|give|answer|reply|put|format|keep|use|show|summari[sz]e)\b.*?\b(?P<value>{_FORMATS})\b", asked=True, sure=0.8),
    Rule("prefers", "please only", rf"^(?:always )?(?P<value>{_FORMATS})(?:,? (?:please|only|always|for me))+", asked=True, sure=0.8),
    Rule("prefers", "as", rf"^(?:please |yes |and )*(?:send|give|make|write|show)(?: it| them| me| that)* (?:as|in) (?:an? )?(?P<value>{_FORMATS})", asked=True, sure=0.75),
    Rule("dislikes", "not no", rf"^(?:please )?(?:not|no) (?P<value>{_FORMATS}|phone calls|voice mails?)(?: please| for me)?$", asked=True, sure=0.75),
    Rule("dislikes", "no", r"^no (?P<value>[\w-]+(?: [\w-]+)?) for me\b", sure=0.8),
    Rule("dislikes", "send", rf"\bdo not (?:ever )?(?:send|give|show|write)(?: me)? (?:any )?(?P<value>{_FORMATS})", asked=True, sure=0.75),
    Rule("dislikes", "no", r"^please no {simple}", asked=True, sure=0.7),
    Rule("dislikes", "never", r"\bi never (?:read|answer|open|listen to|watch|wear|drink|eat) {liking}", sure=0.7),
    Rule("prefers", "rather prefer want need", rf"\bi (?:would rather|would prefer|want|need|prefer|like)(?: to)?(?: have| get| see)? (?:it|them|that|everything|the \w+) (?:as|in) (?:an? )?(?P<value>{_FORMATS})", unreal=True, sure=0.8),
    Rule("prefers", "write speak answer talk", r"\b(?:write|speak|answer|talk|reply)(?: to me| with me)? in (?P<value>(?:english|german|french|spanish|japanese|turkish|italian|portuguese|dutch|polish|swedish|danish|norwegian|chinese|arabic))\b", asked=True, sure=0.7),
    Rule("dislikes", "never", r"\bnever (?P<value>[\w-]+ (?:tacos|soup|coffee|tea|sauce|pizza|food))\b", sure=0.7),
    Rule("prefers", "use", r"^(?:please )?use (?P<value>[\w-]+)(?:,? (?:and )?not [\w-]+)(?: please)?\b", asked=True, sure=0.85),
    Rule("dislikes", "use", r"^(?:please )?use [\w-]+,? (?:and )?not (?P<value>[\w-]+)(?: please)?\b", asked=True, sure=0.85),
    Rule("prefers", "no", rf"\b(?P<value>no (?:calls?|meetings?|e-?mails?|messages?|appointments?) (?:(?:before|after|on|during|at) [\w :]+?|{_DAY_WORDS}[\w ]*?))(?: please| ok| okay| for me| i\b|$)", asked=True, sure=0.85),
    Rule("prefers", "not never", r"^(?:please )?(?P<value>(?:do not|never) (?:ever )?(?:book|call|ring|phone|schedule|disturb)(?: me| anything| meetings| calls)? (?:on |before |after |during |at )?[\w :]+)", asked=True, sure=0.8),
    Rule("prefers", "keep make", r"^(?:please )?(?:keep|make) (?:it|them|that|answers|everything)(?: to| under)? (?P<value>(?:very )?(?:short|brief|simple|one page|half a page|\w+ (?:lines|pages|sentences|words)))\b", asked=True, sure=0.75),
    Rule("prefers", "better easier best", r"^(?P<value>[\w -]{3,40}?) (?:is|are|works?|suits?)(?: me| much| always)? (?:better|best|easier|easiest)(?: for me)?$", sure=0.75),
    Rule("prefers", "only after before between", r"\b(?:call|reach|ring|write|contact|meet|phone|book|calls|meetings|appointments)(?: me| us| with me)?(?: please| is| are| only| best| always| not)* (?P<value>(?:after|before|between|only in|in) (?:the )?(?:mornings?|afternoons?|evenings?|lunch|noon|[\w:]+(?: ?[ap]\.?m| o'clock)?)(?: and [\w:]+(?: ?[ap]m)?)?)\b", asked=True, sure=0.75),
    Rule("prefers", "like want need", r"\bi (?:like|want|need|read|take) (?:my |the |your |all )?(?:\w+ )?(?:reports?|summar(?:y|ies)|answers?|updates?|notes?|texts?|messages?|everything|things|it|minutes) (?:in |as |to be |on )?(?P<value>(?:very )?(?:short|brief|long|detailed|simple|printed|on paper|in writing|on one page|in a table|in bullets?|in bullet points|in english|in german|in spanish|in japanese|in turkish|early|by e-?mail|by mail))\b", unreal=True, sure=0.8),
    Rule("prefers", "paper phone", r"{WHO} (?:only |always )*reads? (?:it |everything |things )?(?P<value>on (?:paper|(?:her|his|my|the) phone|screen))", sure=0.75),
    Rule("likes", "works", r"^{simple} always (?:works|helps)$", sure=0.6),
    Rule("prefers", "for", r"^(?P<value>(?:mornings|afternoons|evenings|mondays|tuesdays|wednesdays|thursdays|fridays|weekends) are (?:for|only for) .+)", sure=0.75),
    Rule("prefers", "best", rf"\b(?P<value>{_DAY_WORDS}) (?:is|are) (?:the )?best$", sure=0.75),
    Rule("prefers", "works best", r"\b(?P<value>(?:mornings|afternoons|evenings|mondays|tuesdays|wednesdays|thursdays|fridays|weekends|e-?mail|phone|chat)) (?:works?|suits?|is|are) (?:me )?best\b", sure=0.8),
    # Languages and hobbies
    Rule("language", "speak speaks fluent", r"{I} (?:can )?(?:speak|am fluent in|understand) (?:fluent |some |a little |a bit of |good |basic |only )*{languages}"),
    Rule("language", "learning studying", r"{AM} (?:learning|studying) {languages}", sure=0.8),
    Rule("language", "language tongue", r"\bmy (?:native|first|mother|second) (?:language|tongue) is {languages}"),
    Rule("hobby", "hobby hobbies", r"\bmy (?:main |favou?rite |new |biggest )?hobb(?:y is|ies are) {simples}"),
    Rule("hobby", "play practise practice plays", rf"{{I}} (?:play|practi[sc]e|have played|am playing)(?: the)? (?P<value>{SPORTS}|in an? (?:\w+ )?(?:band|orchestra|choir))\b"),
    Rule("hobby", "go do went", rf"{{I}} (?:go|do|have been doing|am doing) (?:a lot of |some )?(?P<value>{SPORTS})\b(?=.*\b(?:every|weekly|daily|regularly|week|weekends?|often|forever|years|mornings?|evenings?|since|for fun|lot|after work)\b)"),
    Rule("hobby", "coach play plays", rf"{{WHO}} (?:coach|coaches|plays?) (?:the )?(?P<value>{SPORTS}|lacrosse)\b"),
    Rule("hobby", "forever", r"\bi do (?P<value>[\w -]+?) since forever\b"),
    Rule("hobby", "took taken started take", rf"\bi (?:have )?(?:recently |just )*(?:took up|taken up|started|got into|picked up) (?P<value>{SPORTS})\b", when="start"),
    Rule("hobby", "ski run swim cycle hike climb bake paint knit garden sing sail row fish dance draw", r"\bi (?P<value>(?:ski|run|swim|cycle|hike|climb|bake|paint|knit|garden|sing|sail|row|fish|dance|draw)(?: [\w-]+)?) (?=(?:every|each|twice|three times|on weekends|at weekends|a lot|regularly|in (?:a|the) (?:choir|club|team))\b)"),
    Rule("hobby", "time", r"\bin my (?:free|spare) time,? i (?:like to |love to |usually |mostly )*{noun}", sure=0.8),
    Rule("hobby", "sing", r"\bi (?P<value>sing in (?:a|the|our) [\w ]*?choir)\b"),
    Rule("hobby", "class lessons classes lesson course", r"{I} (?:have|take|go to|do|am taking) (?:an? |my )?(?P<value>(?!(?:english|the|this|that|no)\b)[\w-]+ (?:class|classes|lessons))\b", sure=0.75),
    # Possessions
    Rule("owns", "bought purchased own have drive ride got", rf"{{I}} (?:bought|purchased|own|drive|ride|have|got|have got|just got|finally got|inherited)(?: myself| ourselves)? (?P<value>(?:an?|my|our|the|two|three) (?:[\w-]+ ){{0,3}}?{_THINGS}\b(?: in (?!may\b|june\b|march\b|a\b|the\b|good\b|case\b)[\w-]+)?)(?! (?:problem|issue|meeting|call))", sure=0.8),
    Rule("owns", "sold", rf"{{I}} (?:sold|gave away) (?P<value>(?:my|our|the) (?:[\w-]+ ){{0,3}}?{_THINGS})\b", ends=True, when="start"),
)  # fmt: skip
"""The theme's rules."""
