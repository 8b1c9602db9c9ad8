"""Rules about what is said without a verb, or in an order to the assistant: notes, limits, formats, tools by name.

"900 = dinner for two", "no more than ninety seconds", "Slack is finished", "send him a single table". How a line is
written stands in `rule.py`.
"""

from backend.memory.rules.frame import WEEKDAYS
from backend.memory.rules.life import CHANNELS, FOODS, FORMATS, HOBBY
from backend.memory.rules.occupations import ROLES
from backend.memory.rules.rule import Rule
from backend.memory.rules.titles import PROJECT_NOUN
from backend.memory.rules.values import DATE, MONEY, NUMBER
from backend.memory.rules.words import LANGUAGES
from backend.memory.rules.work import TOOL_WORDS, TOOLS

_LANGUAGE = "|".join(sorted(LANGUAGES))
_DOCUMENTS = (
    r"(?:tables?|lists?|pages?|(?:one-)?pagers?|e?-?mails?|calls?|summar(?:y|ies)|paragraphs?|sentences?|lines?|charts?|diagrams?|graphs?|notes?"
    r"|memos?|letters?|messages?|texts?|pictures?|photos?|figures?|numbers?|reports?|pdfs?|slides?|spreadsheets?|bullet points?|version|overview)"
)
_DEVICES = (
    r"(?:voice ?mails?|voice (?:notes?|messages?)|attachments?|faxes|fax|links?|gifs?|memes?|smileys|emojis?|calendar invites?|reminders|newsletters?"
    r"|screenshots?|presentations?|slides?|long (?:e?-?mails?|texts?|messages?))"
)
_HOMES = r"(?:house|flat|apartment|place|cottage|bungalow|villa|studio|home|farm|cabin)"
_STAYS = r"(?:cabin|cottage|hut|house|chalet|villa|farm|caravan|campsite|lake house|beach house|summer house|holiday home|hotel|spa|lodge|lake|beach|in-laws)"
_DAY_OF_MONTH = r"(?:\d{1,2}(?:st|nd|rd|th)? (?:of )?(?:jan|feb|mar|apr|may|june?|july?|aug|sep|oct|nov|dec)\w*|(?:jan|feb|mar|apr|may|june?|july?|aug|sep|oct|nov|dec)\w* \d{1,2}(?:st|nd|rd|th)?|(?:the )?[a-z ]{4,14}(?:st|nd|rd|th) of \w+)"
_TASTE = (
    r"(?:hates?|dislikes?|likes?|loves?|prefers?|never reads?|does not (?:read|like|open)|cannot stand|is allergic to)"
)
_TOOL = rf"(?!(?-i:teams|word|access|signal|square|sage|linear|notion|react|flutter|concur|rails|canvas)\b|(?:access|word|signal|teams) (?:is|are)\b){TOOLS}"
_TEXT = r"(?:lines?|words?|sentences?|bullet|points?|paragraphs?|slides?|characters)\b"
_NO_CHOICE = r"(?!(?:me|it|that|this|him|her|them|by|in|off|out|you|everything|us|a|the (?:subject|mail|line|ball|kids|act|attitude))\b)"

RULES = (
    # Decisions, limits
    Rule("decision", "=", r"^(?!.*\b(?:wrote|says|said|joke|stands for|means)\b|.*[+*/^])(?:[\w ]{3,20}: )?(?P<value>.*\w\w = \w.*)$", sure=0.7),
    Rule("decision", "drop scrap ditch axe", rf"^(?P<value>(?:drop|scrap|ditch|axe) {_NO_CHOICE}.+)$", sure=0.65),
    Rule("decision", "go stick stay", r"^(?:so |just |then )*(?P<value>(?:go|stick|stay) with (?!me\b|him\b|her\b|us\b|the flow\b|god\b|grace\b|what\w*\b|which\w*\b|your\b|that\b|it\b).+)$", sure=0.65),
    Rule("decision", "make", rf"(?<!\bto )(?<!\bwill )\b(?P<value>make (?:it|that|them) {NUMBER}\b(?! {_TEXT}).*)$", sure=0.7),
    Rule("decision", "per", r"(?:^|: )(?P<value>no [\w-]+ per [\w-]+)$", sure=0.7, unreal=True),
    Rule("decision", "than", rf"^(?!.*\b(?:was|were|came|had|took|said|\w+ed)\b)(?:.*\b)?(?P<value>(?:no|not) (?:longer|more|shorter|bigger|larger|less|fewer|heavier|wider|later) than (?:an? )?{NUMBER}(?! {_TEXT})(?: [\w-]+)?)", sure=0.7),
    Rule("decision", "must should has have needs need", r"^(?:it|they|the [\w ]+?) (?:must|should|has to|have to|needs? to|needs?)(?: have| be)?: {all}", sure=0.75, unreal=True),
    Rule("decision", "first", r"^(?P<value>the (?!(?:first|one|thing|things|next|last|time|day|week|(?:good|bad|important|short) \w+|news|question|coffee|point)\b)[\w-]+ first)(?=$|,| the | then | and )", sure=0.6),
    Rule("decision", "so", r"\bso (?P<value>(?:big|small|large|bigger|smaller|shorter|longer|fewer|bright|simple) (?!problems|things|questions|worries|news|changes|plans|numbers|steps)[a-z-]{3,}s(?: very \w+)?)$", sure=0.55),
    Rule("decision", "always never only", r"^(?!.*\b(?:i|we|he|she|you|they|it|is|are|was|were|has|have|had|do|does|did|will|can|please)\b)(?P<value>[\w -]{3,40}? (?:always|never|only) (?:to|in|by|with|via|through|after|before) [\w %-]+)$", sure=0.6),
    Rule("decision", "let", r"^let us (?P<value>(?:drop|scrap|skip|keep|postpone|cancel|ditch|do without|park|split|merge|limit|remove|replace|freeze|delay|outsource|stick to|stay with) (?!it\b|that\b|this\b|them\b|going\b|in touch\b|talking\b|calm\b|quiet\b|moving\b|you\b|an? (?:moment|note|day)\b|the (?:intro|details|small talk|pleasantries)\b).+)", sure=0.7),
    # How to be told
    Rule("prefers", "tops max maximum most", rf"\b(?P<value>{NUMBER} (?:minutes|hours|pages|lines|words|slides|bullets|points|sentences|people) (?:tops|max|maximum|at (?:the )?most))\b", sure=0.7),
    Rule("prefers", "phone person writing e-mail email mail video online site post text letter", r"^(?!.*\bwith (?:him|her|them)\b)(?!it is\b).*\b(?:but|only|always|better|preferably|rather|best|easier) (?P<value>by phone|in person|in writing|by (?:e-?)?mail|by video|online|on site|face to face|by (?:post|letter|text))$", asked=True, sure=0.7),
    Rule("prefers", "with", r"\bwith (?P<other>him|her),? it is (?:better|best|easier|easiest|always)(?: always)? (?P<value>(?:by|in|on|via|over) [\w-]+)", sure=0.7),
    Rule("prefers", "as in", rf"^(?:please |yes |and |just )*(?:send|give|make|write|show|do|keep|prepare|put|print)(?: me| us)? (?:the|my|our|all|this|these|that|everything|your) ?(?:[\w'-]+ ){{0,3}}(?:as|in) (?:an? )?(?P<value>{FORMATS})\b", asked=True, sure=0.75),
    Rule("prefers", "can could may", rf"^(?:can|could|may) (?:i|we) (?:please )?(?:have|get|see) (?P<value>(?:the|my|your|our|all|those|these) (?:[\w-]+ )?[\w-]+ (?:in|as|on|by) (?:an? )?(?:{FORMATS}|{CHANNELS}|{_LANGUAGE}))\b", asked=True, sure=0.7),
    Rule("prefers", "continue keep go carry", rf"\b(?:continue|keep|go on with|carry on with)(?: with)? (?P<value>(?:the|my|your|those|these|our) [\w -]{{2,25}}? (?:in|as|on|by) (?:{FORMATS}|{CHANNELS}|{_LANGUAGE}))\b", asked=True, sure=0.75),
    Rule("prefers", "no", r"\b(?P<value>no (?:calls?|meetings?|e-?mails?|messages?|appointments?|visits?) (?:in|over|between|from|until|outside|at|during) (?!(?:the |my )?(?:next|this|coming|last)\b)(?:the |my )?[\w :]+?)(?=$|,| that| please| because)", asked=True, sure=0.8),
    Rule("prefers", "him her", rf"^(?:please |so |just |always |better )*(?:send|give|show|write|bring|mail|e-?mail|make) (?P<other>him|her) (?:only |just |always )*(?P<value>(?:an? |one )?(?:(?:single|short|one[- ]page|printed|simple|brief|clear|small|plain) )?{_DOCUMENTS})$", behind=rf"\b{_TASTE}\b.*", asked=True, sure=0.65),
    Rule("prefers", "him her", rf"\b{_TASTE} [\w ]+,? (?:please |so |just |always |better )*(?:send|give|show|write|bring|mail|e-?mail|make) (?P<other>him|her) (?:only |just |always )*(?P<value>(?:an? |one )?(?:(?:single|short|one[- ]page|printed|simple|brief|clear|small|plain) )?{_DOCUMENTS})$", asked=True, sure=0.65),
    Rule("prefers", "only", r"{WHO} only (?P<value>(?:answers|reads|takes|drinks|accepts|uses|flies|picks up|meets) (?!an?\b|one\b|two\b)[\w' -]+?)(?=$|,| because| cause| since| when| and | but )", subject="third", sure=0.7),
    Rule("prefers", "short briefly early late first", r"\b(?:just |please |only |always )+(?P<value>(?:text|write|call|mail|e-?mail|message|ring) (?:me )?(?:short|briefly|early|late|first))\b", asked=True, sure=0.7),
    Rule("prefers", "all enough plenty do", rf"^(?P<value>(?:an? |one |the )?(?:[\w-]+ )?{_DOCUMENTS}(?: (?:with|of|in|on|per) [\w -]+?)?) (?:is|are|will|would) (?:all|all (?:that )?i (?:need|want)|enough|enough for me|plenty|do)$", unreal=True, sure=0.7),
    Rule("prefers", "calls meetings appointments", r"\bi (?:may|can|could) (?:take|have|do|start|accept|join) (?P<value>(?:calls?|meetings?|appointments?) (?:from|after|until|before|between|on|only) .+)", sure=0.7),
    Rule("dislikes", "never not no", rf"^(?:never|not|no)(?: ever)? (?P<value>(?:{WEEKDAYS})s)\b", asked=True, sure=0.75),
    Rule("dislikes", "no", r"^(?:and )?(?:for|in|on|with|at) [\w' -]+?,? no (?P<value>(?!need|problem|rush|more|one|thanks|way)[\w-]+) please$", asked=True, sure=0.7),
    Rule("dislikes", "banned forbidden taboo no-go allowed unwelcome", r"^{noun} (?:is|are) (?:banned|forbidden|taboo|an? (?:absolute )?no-?go|not allowed|unwelcome)(?: (?:with|for) (?:me|us))?(?=$|,| so\b| and\b| but\b)", sure=0.7),
    Rule("dislikes", "not", rf"^(?:please )?do not (?:ever )?(?:leave|send|give|write|show|put|use)(?: me)? (?:an? |any |in )?(?P<value>{_DEVICES})(?:$| (?:please|ever|in|to|for)\b)", asked=True, sure=0.75),
    Rule("prefers", "possible", r"^(?!.*\b(?:i|we|you|he|she|they|it|is|are|will|can|do|call|send|let|get|find|make|give|check|book|tell|come|as)\b)(?P<value>(?:[\w-]+ ){1,5}?)if (?:at all )?possible$", asked=True, sure=0.65),
    Rule("prefers", "top end beginning bottom start first front advance", r"\bi would like (?P<value>(?:the|my|all|your) [\w ]{3,30}? (?:at the (?:top|end|beginning|bottom|start)|first|up front|in advance|on top))\b", unreal=True, sure=0.7),
    Rule("likes", "nothing", r"^(?:there is )?nothing (?:makes me happier|relaxes me more|is better|compares to|calms me more|i like more)(?: than)? (?:an? )?(?:good )?{simple}", sure=0.7),
    Rule("dislikes", "stop", r"^(?:please |just )*stop (?:sending|giving|writing|showing|forwarding|copying)(?: to)?(?: me| us)? (?:in )?(?:on |so many |all |these |those |the )*(?P<value>(?!it\b|that\b|this\b|them\b)[a-z-]+(?: [a-z-]+)??s)\b", asked=True, sure=0.75),
    Rule("prefers", "put keep format into in", rf"\b(?:put|keep|format|turn|summari[sz]e|wrap) (?:it|everything|things|them|all of it|all that) (?:all )?(?:in|into) (?:an? |the )?(?P<value>(?:(?:short|brief|simple|clear|numbered) )?(?:{FORMATS}))\b", asked=True, sure=0.7),
    Rule("prefers", "max maximum", rf"\bmax(?:imum)?(?: of)? (?P<value>{NUMBER} (?:pages?|lines?|slides?|sentences?|bullets?|bullet points|paragraphs?))\b", asked=True, sure=0.7),
    Rule("prefers", "better best easier", r"\bit is (?:always |much )?(?:better|best|easier|easiest) to (?P<value>(?:write|call|text|mail|e-?mail|message|ring|reach|phone|catch) (?:to )?(?:me|us)(?: [\w ]+)?)", sure=0.7),
    Rule("prefers", "better", r"^(?P<value>(?!(?:this|that|it|these|those|which|what)\b)[\w -]{3,30} (?:is|are) better than [\w -]{2,25}?) for me$", sure=0.7),
    Rule("likes", "sucker mad nuts bonkers wild", r"\bi am (?:an? )?(?:absolute |total |complete |real |big )?(?:sucker for|bonkers about|wild about) {liking}", sure=0.75),
    Rule("diet", "along on agree mix", rf"^(?P<value>{FOODS}|lactose|gluten|dairy|milk|nuts|coffee|alcohol|wine|spicy food|mushrooms|onions?|garlic|peppers?) and (?:i|me) do not (?:get along|get on|agree|mix)\b", value="no {}", sure=0.7),
    # Languages, pastimes
    Rule("language", "picked know learned learnt studied get manage converse", rf"{{I}} (?:picked up|know|learned|learnt|studied|(?:can )?get by in|(?:can )?manage in|converse in) (?:some|a bit of|a little|basic|enough|good|decent|quite a bit of)? ?(?P<value>{_LANGUAGE})\b(?=$|,| (?:and|but|at|in|from|when|so|on|well|as|too|over|for)\b)", sure=0.75),
    Rule("hobby", "time", r"\bi (?P<value>(?!am\b|have\b|do\b|was\b|would\b|want\b|work\b|see\b|like\b|love\b|need\b)[a-z]+ [\w ]{2,30}?) in my (?:free|spare) time\b", sure=0.75),
    Rule("language", "rusty basic bad poor weak better passable limited so-so improving terrible good", r"\bmy {languages} is (?:very |a bit |quite |rather |a little |still |pretty |getting )*(?:rusty|basic|bad|poor|weak|better|passable|limited|so-so|improving|terrible|good)\b", sure=0.75),
    Rule("language", "lessons classes course", rf"{{I}} (?:am )?(?:taking|having|doing|take|have|attend|attending|started|on) (?:an? )?(?P<value>{_LANGUAGE}) (?:lessons?|classes|class|course)\b", sure=0.75),
    Rule("hobby", "lot lots bit plenty", rf"{{I}} (?:do|have been doing|am doing) (?:a lot of|lots of|a bit of|quite a bit of|plenty of) (?P<value>(?:[\w-]+ )?{HOBBY})\b", sure=0.75),
    # Tools by name
    Rule("uses_tool", TOOL_WORDS, rf"^(?:the |our )?(?P<value>{_TOOL}) (?:is|are|was|were|has been) (?:finish(?:ed)?|over|gone|history|dead|dropped|switched off|retired|phased out|no more|out|abolished)\b", ends=True, sure=0.75),
    Rule("uses_tool", "ends goes stops dies disappears retires", rf"\b(?P<value>{_TOOL}) (?:ends|goes(?: away)?|stops|dies|disappears|retires)\b(?! (?:in|to|on|with|through|for (?:me|us))\b)", ends=True, sure=0.7),
    Rule("uses_tool", TOOL_WORDS, rf"\bour (?:old |new |good old |big |shared )?(?P<value>{_TOOL})\b(?! (?:call|meeting|training|course|expert|team|door|holder|channel|chat|group|file|licen[cs]e))", sure=0.7),
    Rule("uses_tool", "now", rf"\bfrom now (?:on )?(?:only |we use )?(?P<value>{_TOOL})\b", sure=0.75),
    Rule("uses_tool", "use", rf"\b(?:please )?use (?P<value>{TOOLS}) (?:from|now|instead)\b", asked=True, sure=0.75),
    Rule("uses_tool", "teams zoom webex skype slack discord whatsapp signal meet", r"(?:^|, |\d )(?:in|on|via|over|by) (?P<value>teams|zoom|webex|skype|google meet|slack|discord|whatsapp)$", sure=0.65),
    Rule("uses_tool", "moved switched migrated changed went gone moving switching migrating", r"\b(?:moved|switched|migrated|changed|went|gone|moving|switching|migrating) (?:over )?(?:off|away from) [\w .]+? (?:to|onto) {brand}", sure=0.75),
    Rule("uses_tool", "it", rf"^it is (?P<value>{TOOLS})$", behind=r"^(?:for|in) .+", sure=0.65),
    Rule("uses_tool", "longer stopped rid abandoned", rf"{{I}} (?:no longer use|(?:have )?stopped using|got rid of|abandoned) (?P<value>{TOOLS}|(?-i:[A-Z])[\w.+-]+(?: (?-i:[A-Z])[\w.+-]+)?)", ends=True, sure=0.75),
    Rule("uses_tool", "everything all", rf"\b(?:everything|it all|all of it)(?: goes| moves| will go)? (?:into|to|onto|over to) (?P<value>{TOOLS})(?= by| from| in| on| until|$)", sure=0.65),
    Rule("uses_tool", "mean", rf"\b(?P<value>{TOOLS}),? i mean$", sure=0.7),
    # Days and homes
    Rule("deadline", "realistic feasible possible", rf"\b(?:realistic|feasible|possible) is (?:now |only |maybe )?(?P<value>{DATE})", subject="project", sure=0.75),
    Rule("deadline", "live ready done finished online complete open running", rf"^(?:and )?(?:all )?(?:live|ready|done|finished|online|complete|open|up and running|in place) (?:by|before|until|(?<=live )(?:on|from|in)) (?P<value>{DATE})", subject="project", sure=0.75),
    Rule("deadline", "due", rf"(?:^|, )(?:(?:the |our |your |all )?[\w-]+(?: [\w-]+)?) due (?:on |by )?(?P<value>{DATE})", subject="project", sure=0.75),
    Rule("lives_in", "house flat apartment place cottage", rf"^(?:an? |our |the )?(?:new |small |big |little )?{_HOMES} in {{place}} (?:from|since|as of|starting)\b", when="start", sure=0.7),
    Rule("lives_in", "moved move moving", rf"{{I}} (?:am |are )?(?:moved|move|moving)(?: back)? (?:to|into) (?:my|our|the|an?|his|her) (?:[\w'-]+ ){{0,3}}{_HOMES} in {{place}}", when="start", sure=0.75),
    Rule("trip", "at in", rf"^(?:(?:we|i) (?:was|were|am|are) )?(?:at|in) (?:the|a|our|my|her|his|their) (?:[\w-]+ )?{_STAYS} in {{spot}}", when="event", sure=0.7),
    Rule("trip", "whole entire week month fortnight", r"{AM} (?:back |away |over |down |up )*in (?=(?-i:[A-Z])){spot} (?:(?:for )?(?:the|an?|all) (?:whole |entire |next |coming )?(?:week|month|fortnight|summer|weekend|winter)|for (?:two|three|four|ten|\d+) (?:days|weeks))\b", when="event", sure=0.7),
    Rule("trip", "mountains valley island islands hills desert coast alps fjord", r"\b(?:was|were|been) (?:up |out |over )?(?:in the field |in the |in )+(?P<value>(?!(?:the|in)\b)[\w-]+ (?:mountains|valley|island|islands|hills|desert|coast|alps|fjord))\b", when="event", sure=0.65),
    Rule("event", "anniversary birthday graduation wedding", r"\bit is (?P<value>(?:my|our|his|her) (?:[\w-]+ )?(?:anniversary|birthday|graduation|wedding|wedding day)\b.*)", when="event", sure=0.7),
    Rule("event", "hospital", r"\b(?:put|landed|sent) my (?P<whose>husband|wife|partner|mother|father|mum|mom|dad|son|daughter|brother|sister) (?P<value>(?:in|to) (?:the )?hospital\b.*)", when="event", sure=0.7),
    Rule("allergy", "reaction allergy shock", r"(?:^|\b(?:a|the|an) )(?P<value>(?!bad|severe|allergic|serious|chain|the\b)[\w-]+) (?:reaction|allergy|shock) (?:put|sent|landed|almost killed|nearly killed) my (?P<whose>husband|wife|partner|mother|father|mum|mom|dad|son|daughter|brother|sister)\b", sure=0.7),
    Rule("event", "university uni college", r"{WHO} (?:am |is |are )?(?P<value>(?:off|going|moving) (?:away )?to (?:university|uni|college|boarding school)\b.*)", subject="third", when="event", sure=0.7),
    # Figures
    Rule("amount", "notice warranty guarantee trial delivery leave", rf"\b(?P<value>{NUMBER} (?:days|weeks|months|years))'? (?:notice|warranty|guarantee|lead time|delivery(?: time)?|trial|leave)\b", sure=0.7),
    Rule("amount", "contract lease warranty guarantee notice loan mortgage trial subscription delay sentence term", rf"\ban? (?P<value>{NUMBER}[- ](?:month|year|week|day)) (?:\w+ )?(?:contract|lease|warranty|guarantee|notice|loan|mortgage|trial|subscription|delay|sentence|term)\b", sure=0.7),
    Rule("amount", "max maximum minimum most least limit", rf"\b(?:max(?:imum)?|a limit of|limited to) (?:of )?(?P<value>{NUMBER} (?!(?:of|and|or|to|a|an|the|per|minutes?|seconds?|words|lines|times|days|people|more)\b)[a-z-]{{3,}})", sure=0.65),
    Rule("budget", "budget", rf"\bbudget (?:is |has |was )?(?:now |been )?(?:gone|come|dropped|fallen|risen|grown|shrunk|went|cut|raised)(?: (?:down|up|back))? to (?:about |around )?(?P<value>{MONEY}|{NUMBER}(?: (?:thousand|million|grand|k)\b)?)", subject="project", sure=0.8),
    Rule("trip", "away off holiday vacation leave", rf"{{AM}} (?:away|off|on (?:holiday|vacation|leave))\b[^,]*{DATE}[^,]*, (?=(?-i:[A-Z])){{spot}}", when="event", sure=0.75),
    Rule("manager", "boss manager supervisor", r"^(?:the |our |new |direct )?(?:boss|manager|supervisor)(?: is|:)(?: now| still)? {person}", when="start", sure=0.75),
    Rule("kin", "wife husband partner son daughter brother sister mother father dog cat", r"^(?P<kin>wife|husband|partner|son|daughter|brother|sister|mother|father|dog|cat)(?: is|:)(?: now| called| named)* (?=(?-i:[A-Z])){first}", sure=0.75),
    Rule("trip", "vacation holiday holidays leave trip away", rf"^(?:vacation|holidays?|leave|trip|away)(?: is)?: ?[^,]*{DATE}[^,]*, (?:in |to )?(?=(?-i:[A-Z])){{spot}}", when="event", sure=0.75),
    Rule("meeting", "works suits fine good perfect ok okay work", rf"\b(?P<value>(?:next )?{WEEKDAYS}(?: at)? \d{{1,2}}(?:[:.]\d\d)?(?: ?[ap]m)?) (?:works|suits|is (?:fine|good|perfect|ok|okay|best)|would (?:work|suit|be (?:fine|good|perfect)))\b", unreal=True, when="event", sure=0.7),
    Rule("lives_in", "roots settled home ended", r"{I} (?:put down roots|settled down|made (?:my|our) home|set up home|ended up living) in {spot}", sure=0.75),
    Rule("lives_in", "split divide", r"\bi (?:split|divide) my (?:time|week|weeks|life|year) between (?P<value>(?!work\b|the\b|my\b|two\b|three\b|meetings\b|home\b|an?\b)[\w-]+ and (?!the\b|my\b|home\b|work\b|an?\b)[\w-]+)", sure=0.7),
    Rule("from_place", "village town place hamlet suburb island", r"{I} (?:am |are )?(?:come |came )?(?:originally )?from (?:an?|the) (?:[\w-]+ )?(?:village|town|place|hamlet|suburb|island) (?:near|outside|in|close to|called|by) {place}", sure=0.75),
    Rule("event", "redundant laid sacked let", r"{WHO} (?:was |were |got |been |being )+(?P<value>made redundant|laid off|let go|sacked)\b", when="event", sure=0.75),
    Rule("event", "redundant laid sacked", r"\bthey (?:have )?(?P<value>(?:made [\w ]+ redundant|laid off [\w ]+|sacked [\w ]+))", when="event", sure=0.7),
    Rule("meeting", "meets meet", rf"\b(?:the|our) (?P<label>[\w ]{{3,30}}?) meets? (?:always )?(?:on )?(?P<value>(?:the )?(?:first|second|third|fourth|last) {WEEKDAYS} (?:of|in) (?:every|each|the) month)", when="event", sure=0.8),
    Rule("event", "", rf"^(?P<value>(?!(?:.* )?(?:deadline|budget|vacation|holidays?|birthday|date|due|born|note|update|reminder|re|ps|by|go-?live|launch|target|goal|rule|today|tomorrow|from|until)\b)(?:[\w'-]+ ){{0,3}}[\w'-]+: (?:on )?{DATE}(?:[,. ].*)?)$", when="event", dated=True, sure=0.65),
    Rule("prefers", "reached reachable available disturbed called", r"\bi (?:cannot|am not|do not want to) (?:be )?(?:reached|reachable|available|disturbed|called)(?: by phone| here)? (?P<value>(?:between|before|after|on|from|during|in) .+)", value="not {}", sure=0.7),
    Rule("colleague", "name", rf"\b(?:the|our|my) (?:new )?(?:{ROLES})(?:'s)? name is {{person}}", sure=0.75),
    Rule("role", "name", rf"\b(?:the|our|my) (?:new )?(?!manager|boss|supervisor|line manager)(?P<value>{ROLES})(?:'s)? name is {{person:subject}}", sure=0.7),
    # Work
    Rule("works_on", "knee-deep knee neck ears eyes eyeballs swamped buried tied flat busy bogged middle thick wrapped", r"{AM} (?:knee[- ]deep in|up to (?:my|our) (?:neck|ears|eyes|eyeballs) in|swamped with|buried in|tied up with|flat out (?:on|with)|busy with|bogged down in|in the middle of|in the thick of|wrapped up in) (?:the|our) (?!(?:kids|work|e?mails?|meetings?|lunch|call|moment|garden|house|car|night|day|week|street|road)\b){simple}", sure=0.65),
    Rule("works_on", "thing job task project focus priority topic challenge", r"\bmy (?:big|main|biggest|next|current|one|top|only) (?:thing|job|task|project|focus|priority|topic|challenge)(?: (?:this|right|for) [\w ]+?| now| at the moment| here)? is (?P<value>(?:the|our|an?) (?!(?:same|best|worst|only|problem|nightmare|mess)\b)[\w -]+)", sure=0.7),
    Rule("colleague", "charge", r"^{person} (?:is|will be) in charge\b", sure=0.65),
    Rule("employer", "currently presently", r"\bi am (?:currently|presently) (?:at|with) {brand}", sure=0.75),
    Rule("works_on", "about", rf"\b(?:is|am|are) all about (?:the|our) (?P<value>(?:[\w-]+ ){{0,3}}?(?:{PROJECT_NOUN}))\b", sure=0.7),
    Rule("colleague", "me us", r"^{person} (?:is |will be |has been )?(?:reports to|answers to|works (?:for|with|under)|sits (?:next to|opposite|beside)|assists|covers for|covering for|stands in for|standing in for|took over from|takes over from|taking over from|replaces|replacing|fills in for|shares an office with|trained|mentors) (?:me|us)\b", sure=0.7),
    Rule("colleague", "is", r"\b(?:person|man|woman|guy|contact|colleague|one) (?:you (?:need|want)|to (?:ask|talk to|call|speak to|contact|see)|in charge|responsible)(?: (?:for|about|of|on) [\w ]+?)? is {person}", sure=0.75),
    Rule("role", "study studies", r"{WHO} (?P<value>(?:study|studies|am studying|is studying|read|reads) (?:law|medicine|engineering|economics|history|physics|chemistry|biology|maths|mathematics|psychology|philosophy|architecture|nursing|pharmacy|accounting|business|marketing|design|art|music|education|computer science|sociology|geography|journalism|politics|theology|dentistry|statistics)\b[\w ]*)", sure=0.75),
    Rule("pet", "with", rf"\b(?:live|living|lives|home|house|flat|alone)\b.* with (?P<value>{NUMBER} (?:\w+ )?(?:cats|dogs|rabbits|hens|chickens|horses|guinea pigs|kittens|parrots|goats|ponies))\b", sure=0.75),
    Rule("role", "profession living trade", r"{WHO} (?P<value>(?!(?:is|was|has|had)\b)\w+s [\w' -]+?),? (?:as (?:a|her|his) (?:profession|job)|as profession|for a living|by trade|by profession|professionally)\b", subject="third", sure=0.75),
    Rule("team", "called named", r"\bmy (?:lot|team|department|unit|group|bunch|crew|division|section) (?:is|are) (?:now )?(?:called|named) {org}", sure=0.8),
    Rule("employer", "not", rf"^i am {{brand}},? not [\w ]+?(?: from| since| as of) (?:{DATE})", when="start", sure=0.65),
    Rule("colleague", "lot crew guys bunch folks people", r"\b(?:with|by|from|and|of|for|to) {word}'s (?:lot|crew|guys|bunch|folks|people)\b", sure=0.6),
    Rule("hobby", "times once twice every daily each mondays tuesdays wednesdays thursdays fridays saturdays sundays", rf"^(?:also |mostly |only |it is )*(?P<value>{HOBBY}),? (?:{NUMBER} times|once|twice|every|on \w+days|daily|each)\b", sure=0.75),
    Rule("diet", "took forbade forbidden banned forbids takes stopped", r"\b(?:the|my) (?:doctor|cardiologist|dietician|dietitian|nutritionist|gp|nurse) (?:has |just )?(?:took|forbade|forbidden|banned|forbids|takes|stopped|cut)(?: away)? (?:me |me from )?(?:off )?(?:the |all |any |my )?(?P<value>(?!so|it|that|this|in|on|for|to)[a-z]+)", value="no {}", sure=0.7),
)  # fmt: skip
"""The theme's rules."""
