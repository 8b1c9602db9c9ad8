"""Rules about work: employer, role, team, tools, projects, deadlines, budgets, figures, decisions."""

import re

from backend.memory.rules.occupations import ROLES
from backend.memory.rules.rule import Rule
from backend.memory.rules.titles import PROJECT_NOUN
from backend.memory.rules.values import DATE, MONEY, NUMBER

TOOLS = (
    r"(?:excel|sap|jira|slack|teams|zoom|outlook|salesforce|hubspot|notion|trello|asana|confluence|github|gitlab|figma"
    r"|power ?bi|tableau|servicenow|sharepoint|google (?:sheets|docs|drive|calendar)|whatsapp|airtable|access|oracle|postgres"
    r"|python|aws|azure|docker|kubernetes|datev|xero|quickbooks|shopify|wordpress|miro|dropbox|onedrive|gmail|skype|webex"
    r"|google meet|linear|monday\.com|basecamp|zendesk|freshdesk|snowflake|databricks|looker|mysql|mongodb|navision"
    r"|dynamics|business central|pipedrive|mailchimp|canva|photoshop|autocad|matlab|word|powerpoint|signal|telegram"
    r"|flutter|react|angular|django|rails|kotlin|supabase|firebase|postgresql|redis|kafka|terraform|grafana|datadog|marketo|intercom|sage|lexware|visio|sketchup|revit|solidworks"
    r"|indesign|illustrator|squarespace|webflow|magento|woocommerce|drupal|moodle|evernote|onenote|obsidian|clickup|smartsheet|wrike|bitbucket|jenkins|qlik|spss|latex|discord"
    r"|calendly|surveymonkey|typeform|bamboohr|successfactors|concur|expensify|coupa|freshbooks|myob|visma|fortnox|ms project|google analytics|azure devops|power point|chatgpt|copilot"
    r"|lotus notes|filemaker|workday|personio|docusign|stripe|paypal|square|lightspeed|odoo|netsuite|toggl|todoist)"
)
_UNITS = r"(?:operations|logistics|marketing|sales|hr|it|finance|procurement|purchasing|product|engineering|support|legal|compliance|accounting|controlling|research|production|quality|customer \w+|data|the [\w ]*?(?:team|department|unit|office|group|lab|division)|a team|our \w+ team)"
TOOL_WORDS = " ".join(sorted(set(re.findall(r"[a-z]{2,}", TOOLS)) | {"powerbi"}))
"""The words of which one is in every tool's name."""
_PROJECT = r"(?:the |our |my )?(?P<about>[\w'-]+(?: [\w'-]+){0,3}?)"

RULES = (
    # Employer
    Rule("employer", "work works working employed worked", r"{WHOAM} (?:works?|working|employed|worked)(?: part[ -]time| full[ -]time| remotely| as an? (?:\w+ ){1,4}?| now| there| over)? ?(?:at|for|by|with(?! (?:[\w-]+ )?(?:[a-z-]+s|children|people|wood|metal|clay|him|her|them)\b)) {org}"),
    Rule("employer", "employer company", r"\bmy (?:new )?(?:employer|company) is(?: called| now)? {org}"),
    Rule("employer", "goes going moves switched changed moved", r"{WHO} (?:goes|is going|is moving|switched|changed jobs|moved)(?: from [\w-]+| over| jobs?)? to (?P<value>[^\W_][\w&.-]*) (?=next|in|from|as|and|$)", when="start", sure=0.6, subject="other"),
    Rule("employer", "been", r"\bi have been (?:with|at) {brand}", sure=0.85),
    Rule("employer", "job", rf"\bnew job\b.*?:? ?{ROLES} (?:at|with|for) {{org}}", when="start"),
    Rule("role", "job", rf"\bnew job\b[^:]*:? ?(?P<value>{ROLES}) (?:at|with|for)\b", when="start"),
    Rule("role", "look oversee coordinate", r"\bi (?P<value>(?:look after|oversee|coordinate|take care of) (?!(?:it|him|her|them|that|this|you|myself)\b)(?:the |our |all )?[\w-]+(?: (?!at|for|in|on|with|from)[\w-]+)?)", sure=0.75),
    # Role and team
    Rule("role", "am", rf"^i am (?=.* (?:at|for|with) )[^\W\d_]+(?: [^\W\d_]+)?,? (?:an? |the )?(?:.*? )?(?P<value>(?:\w+ )?{ROLES}) (?:at|for|with) ", sure=0.85),
    Rule("role", "new", rf"\b(?:the|our) new (?P<value>{ROLES}|cmo) is {{person:subject}}", sure=0.85),
    Rule("role", "", rf"^(?:it is |that is |.* is )?(?!.* here,){{person:subject}}, (?!but\b|and\b|so\b|or\b|my\b)(?P<value>(?:\w+ )?{ROLES})\b(?! of the)", sure=0.8),
    Rule("role", "promoted became become", rf"{{WHO}} (?:(?:was|got|am|have been|been|is) )?(?:promoted to|became|become|made) (?:an? |the )?(?P<value>{ROLES})\b", when="start"),
    Rule("role", "job title role position", r"\bmy (?:new )?(?:job(?: title)?|title|role|position)(?: now)? is(?: now)? (?:an? |the |to )?(?!\w+ly\b){simple}"),
    Rule("role", "run lead head manage runs leads", rf"\b(?P<self>i)(?: now| also| currently)* (?P<value>(?:run|lead|head|head up|manage) {_UNITS})(?! (?:project|migration))\b"),
    Rule("team", "team department group division", r"{AM} (?:on|in|part of|a member of) the (?P<value>[\w &-]+? (?:team|department|group|division))\b"),
    # Tools
    Rule("uses_tool", "everything it tickets all", r"\b(?:everything|it all|all of it|all tickets|tickets) (?:is|are|go(?:es)?|lives?|runs?)(?: now)? (?:in|on|to|through) (?!plan\b|waste\b|pieces\b|hell\b|pot\b){brand}", sure=0.8),
    Rule("uses_tool", "crm erp editor laptop database tracker stack system wiki software tool", r"\b(?:my|our) (?:\w+ )?(?:crm|erp|editor|laptop|database|tracker|ticket system|stack|operating system|wiki|ide) (?:is|runs on) {brand}"),
    Rule("uses_tool", TOOL_WORDS, rf"^(?!.*\b(?:not|never|no longer|stopped|hardly|nobody|want|wants|decided|go with|going with|went with|switch|switched|chose|agreed)\b).*?\b(?:we|i|our|everything|it all|they)\b.*?\b(?:in|on|with|via|use|using|through|from|have) (?:an? |the |our )?(?:old |big |shared )?(?P<value>{TOOLS})\b(?! (?:call|meeting|training|course|expert|team|door|holder))", sure=0.75),
    Rule("uses_tool", "crm erp editor database tracker system wiki software tool platform app package program", r"\b(?:my|our) (?:[\w-]+ )?(?:crm|erp|database|tracker|system|software|tool|platform|package|program|wiki) (?:is|runs on) {brand}(?=$|,| (?:and|but|from|by|at|now|since)\b)", sure=0.7),
    Rule("uses_tool", "called named", r"\b(?:on|in|with|use|using|have|got|by|through) (?:an? |the |this |that )?(?:[\w-]+ )?(?:system|tool|software|app|platform|programme|program|package|thing|database) (?:called|named) {brand}", sure=0.8),
    # Projects
    Rule("works_on", "project", r"\b(?:the|my|our) (?:new |current |main |big |next )?project (?:this year |now |here |at the moment )?is (?:called )?{noun}", sure=0.8),
    Rule("works_on", "called named known", r"^it is (?:called|named|known as) {title}$", behind=rf"\b(?:{PROJECT_NOUN}|shop|product|tool|guide|prototype|line|course|service)(?: [\w-]+)?", sure=0.7),
    Rule("works_on", "call called name", r"{I} (?:call|named|have named) (?:the|our|this|it)(?: new)?(?: (?:project|system|thing|app|tool|team))? {title}"),
    Rule("works_on", "name", r"\b(?:project|internal|code|working|official)(?:'s)? name(?:'s)? is {org}"),
    Rule("works_on", "lead leading run running manage managing heading", r"(?:{AM}|{I}) (?:lead|leading|run|running|manage|managing|heading) (?:the |our |a |an )?(?P<value>(?:[\w-]+ ){1,4}?(?:project|migration|rollout|roll-out|implementation|programme|program|initiative|launch|replacement|redesign|transition|relaunch|upgrade|integration|campaign|pilot))\b"),
    Rule("works_on", "building developing launching rolling migrating replacing rebuilding redesigning introducing planning", r"{AM} (?:currently )?(?P<value>(?:building|developing|launching|rolling out|migrating|replacing|rebuilding|redesigning|introducing|renovating|writing) (?:an?|the|our|my) .+)", sure=0.75),
    Rule("works_on", "responsible charge", r"{AM} (?:responsible for|in charge of) (?:the |our )?(?P<value>(?:[\w-]+ ){0,3}?(?:" + PROJECT_NOUN + r"))(?=$| (?:and|at|in|for|here|now)\b)"),
    # Deadlines
    Rule("deadline", "deadline due date go go-live golive launch", rf"\b(?:deadline|due date|delivery date|go[- ]?live(?: date)?|launch date|submission date)(?: (?:for|of) {_PROJECT})?(?: is| has been| was| got| will be| has| now| still| moved| moves| pushed| shifted| postponed| set| extended| brought forward| back| on| to| for| until)+ (?P<value>{DATE})", subject="project"),
    Rule("deadline", "start starts begin begins", rf"\b(?:the|our) (?P<about>pilot|rollout|roll-out|migration|training|project) (?:should|must|will|has to|starts?|begins?|is going to)(?: start| begin)?(?: on| in| at)? (?:the )?(?P<value>{DATE}(?:,? {DATE})?)", subject="project", sure=0.8, unreal=True),
    Rule("deadline", "becomes become will moves moved slipped slips", rf"\bit (?:becomes?|moves to|moved to|slipped to|slips to|is now|will be) (?:on )?(?P<value>{DATE})", subject="project", sure=0.7),
    Rule("deadline", "deadline go-live golive target due cutover cut-over", rf"\b(?:deadline|go-?live|target date|due date|cut-?over):? (?:is )?(?:on )?(?P<value>{DATE})", subject="project"),
    Rule("deadline", "ready done live online finished running work open", rf"(?<!not )(?<!never )\b(?:be|is|it|them|everything|all|get|want it|need it) (?:all )?(?:ready|done|online|finished|up and running|in production|in place|open|working|complete)(?: for \w+| everywhere)? (?:by|before|until|on|from|in) (?:the )?(?P<value>{DATE})", subject="project", sure=0.7, unreal=True),
    Rule("deadline", "now", rf"\b(?:it|the (?P<about>(?:[\w-]+ ){{0,2}}[\w-]+)) (?:is|will be) now (?P<value>{DATE}(?:,? {DATE})?)", subject="project", sure=0.7),
    # Budgets and figures
    Rule("budget", "budget for spend total in now instead", rf"\b(?:we|i) (?:only |now |still )*(?:have|got)(?: got)? (?:only |about |around |roughly )?(?:a budget of )?(?P<value>{MONEY}|[\w ]+? thousand)(?: \w+)?? (?:for (?:the )?(?P<about>[\w-]+(?: [\w-]+)?)|to spend|in total|all in|budget|now|instead)", subject="project", sure=0.8),
    Rule("budget", "total all in max maximum altogether", rf"\b(?P<value>{MONEY})(?: in total| all in| total| max(?:imum)?| altogether| and not (?:a|one) \w+ more| no more)(?:$|[ ,])", subject="project", sure=0.8),
    Rule("amount", "", rf"(?<!not )(?P<value>{MONEY}(?: (?:a|per) [\w-]+(?: (?:a|per) [\w-]+)?)?(?: (?:for|of|in) (?:the )?[\w-]+(?: [\w-]+)?)?)", sure=0.7, when="never"),
    Rule("amount", "", rf"(?<![\w-])(?P<value>{NUMBER} ?(?:percent|%)(?: of (?:the |our |all )?[\w-]+)?)", sure=0.7, when="never"),
    Rule("amount", "a per", rf"\b(?:about |around |roughly |some )?(?P<value>{NUMBER} (?!times\b)[\w-]+(?: [\w-]+)? (?:a|per|each|every) (?:day|week|month|year|hour|person|shift|quarter))\b", sure=0.8),
    Rule("amount", "percent % minutes hours days", rf"\b(?:is|are|takes?|took|down|up|about|at|around|only|now|by) (?:about |at |around |only |now )*(?P<value>{NUMBER} ?(?:percent|%|minutes|hours|days|weeks))(?! (?:ago|old|from|until|before|after|later))", sure=0.7),
    # Decisions
    Rule("decision", "are", r"\bwe are(?: now| all| still)* (?P<value>(?:keeping|dropping|not doing(?! anything)|going ahead with|leaving out|switching to|staying with|cancelling|canceling|postponing|skipping|not going to) (?!it\b|you\b|up\b).+)", sure=0.75),
    Rule("decision", "let", r"^let us (?P<value>(?:leave out|cut|forget about|try|add|include|wait with|start|begin|leave|hold off|postpone|delay|skip|drop|stop|keep|pick|choose|switch|change|cancel|order|buy|hire|invite|split|double|raise|lower|stick|push|limit|scrap|ditch|test|print|use|move) (?!(?:on|ahead|forward|along|back)$|going\b|calm\b|quiet\b|it\b|that\b|me\b|you\b|talking\b|with you\b|the subject\b|topic\b|gears\b)(?!.*\b(?:look|break|list|draft|moment|minute|a second|coffee|question|idea|(?:easy|hard|first|other|next|last|same|second|third) (?:part|bit|one|ones|thing|step|slide|page|question|point)|beginning|basics|subject)\b).+)", sure=0.75),
    Rule("deadline", "by until before", rf"^(?:by|until|before) (?:the )?(?P<value>{DATE}),? (?:it|everything|the [\w-]+|all|they) (?:has to|have to|must|needs to|need to|should)", subject="project", sure=0.8, unreal=True),
    Rule("decision", "go going went", r"\b(?:(?:we|i)(?: will| are| am| have| now| just| all| finally| would)* (?:go|going|went)|(?:let us|lets) (?:just )?go) (?:for|with|ahead with) {rest}"),
    Rule("decision", "make take keep drop", rf"^(?:make (?:it|that) (?!(?:a bit |a little |much |slightly |even )?(?:\w+er|less|more|sound|look|read|short|simple|nice|quick|snappy|clear|bold|pretty|work|so|up|happen|funny|formal|polite|friendly)\b|{NUMBER} (?:lines?|words?|sentences?|points?|bullets?|paragraphs?)\b){{rest}})$", sure=0.75),
    Rule("decision", "it", r"\b(?:so )?(?:for now )?it is {rest} (?:then|for now)$", sure=0.75, unreal=True),
    Rule("decision", "now", r"\bfor now it is {rest}$", sure=0.8),
    Rule("decision", "switching switch", r"^(?:(?:we|i) (?:are |am )?)?(?:switching|switch) to {brand}", sure=0.8),
    Rule("decision", "drop keep", r"\bi would (?P<value>(?:drop|keep|skip|cut|take) (?!it\b|that\b|the bus).+)", sure=0.7, unreal=True),
    Rule("decision", "must has have needs need should", r"^(?P<value>(?:(?:the|every|each|all|our|both|any) [\w' -]+?|(?!(?:i|we|you|he|she|they|it|that|this|there|who|what|one|things|someone|somebody|nobody|people|everybody|everyone|everything|nothing|something)\b)[\w-]+) (?:must|has to|have to|needs to|need to|should) (?:be|come|go|stay|work|run|have|support|include|show|not) (?!.*\b(?:maybe|perhaps|might|if|would|fine|ok|okay|enough|nice|possible|easy)\b).+)", sure=0.7, unreal=True),
    Rule("decision", "no yes go", r"^it is (?:definitely )?an? (?P<value>(?:no|yes|go) (?:to|for|on) .+)", sure=0.7),
    Rule("decision", "then", r"^(?=.* then$)(?P<value>(?!(?:what|who|see|bye|until|and|but|since|back|now|just|even|only|more|less|later|good|great|okay|all right)\b)(?!.*\b(?:is|are|was|were|i|we|you|he|she|they|it|will|can|do|did|have|had|if|when|that|this)\b)(?:the |an? |no )?[\w -]{3,30}?) then$", sure=0.6),
    Rule("works_on", "about", r"^(?:it|this|that) is (?:all |mainly )?about (?P<value>(?:our|the|a|my) new [\w -]+)", sure=0.65),
    Rule("works_on", "need", r"^what (?:i|we) need is {rest}", sure=0.65),
    Rule("role", "one", r"\bi am the one who (?P<value>(?!(?:said|says|told|has|is|was|did|always)\b)\w+s .+)", sure=0.65),
    Rule("decision", "it", r"^(?=.* it is(?: then)?$)(?P<value>(?!(?:so|how|what|this|that|there|here|yes|no|as|well|i think|then|maybe)\b)[\w' -]{2,40}?)(?<! of)(?<! what)(?<! how),? it is(?: then)?$", sure=0.75),
    Rule("decision", "no", r"^(?P<value>no more (?!of (?:that|this)\b|questions?\b|than\b|time\b|jokes?\b|excuses\b)[\w -]{3,})$", sure=0.65),
    Rule("decision", "do", r"^let us do (?:it|this|that) {rest}", sure=0.7),
    Rule("decision", "rule requirement condition principle policy requirements", r"\b(?:rule|requirement|condition|principle|policy)(?: is)?: {all}", asked=True, sure=0.7),
    Rule("decision", "must has have needs", r"^(?P<value>(?:it|they) (?:must|has to|have to|needs to|need to) (?:be (?:in|able|available|readable|usable|offline|online)|work|run|support|speak|fit|show|cope|handle|last) (?!out\b|for me\b|now\b|today\b|it\b).+)", sure=0.6),
    Rule("decision", "starts begins", r"^(?P<value>(?:the |our )(?:pilot|test|trial|rollout|roll-out|launch|training) (?:starts|begins|happens|takes place) (?:in|at|with) (?!january|february|march|april|may|june|july|august|september|october|november|december|spring|summer|autumn|winter|the (?:spring|summer|autumn|winter|morning|afternoon)|\d|two|three|four|five|six|a\b).+)", sure=0.6),
    Rule("decision", "stays stay", r"^(?P<value>it stays (?:at|in|with|on|as) .+)", sure=0.55),
    Rule("decision", "new", rf"^(?:so )?(?:the |our )?new (?!year|boss|manager|{ROLES}|cmo)(?!.*\bis (?:called|named)\b)[\w -]+? (?:is|are) {{rest}}", sure=0.65),
    Rule("decision", "signs takes decides approves checks accepts", r"^(?P<value>(?!(?:he|she|it|who|that|this|which|we|i|you|they|there)\b)[^\W\d_][\w'-]+ (?:signs|takes over|takes it|decides|approves|accepts)\b.*)", sure=0.65),
    Rule("decision", "pilot warehouse", r"^(?P<value>the (?:pilot|test|trial|rollout|launch|first (?:step|phase)) (?:is|will be|stays|runs) (?:in|at|with) .+)", sure=0.7),
    Rule("decision", "first only", r"^it is (?P<value>(?!(?:the|my|our|your|his|her|not|at)\b)[\w-]+ (?:first|only)\b.*)", sure=0.6),
    Rule("decision", "first", r"^(?P<value>(?!(?:me|you|ladies|that|this|at|the|one|thing|things)\b)[\w-]+ first)$", sure=0.6),
    Rule("decision", "list criteria", r"^[\w -]*\b(?:list|criteria|requirements|musts): {all}", sure=0.7),
    Rule("decision", "needs need", r"\b(?P<value>(?:they|it) needs? (?:two|three|four|\d+) (?!minute|second|moment|day|week|bit|break|holiday)[\w -]+)", sure=0.6),
    Rule("uses_tool", "system tool software database", r"^(?:old|current|new|present|our) (?:system|tool|software|database): {simple}", sure=0.8),
    Rule("employer", "offer", r"^got an? (?:\w+ )?(?:job|position|role|offer) (?:at|with|from) {org}", when="start"),
    Rule("role", "offer job position", rf"\b(?:offer|job|position)\b[^,]*?(?:,| as) (?:an? |the )?(?P<value>{ROLES}(?: of [\w-]+)?)(?=,|$| from| at| in)", sure=0.8),
    Rule("amount", "of in", rf"\b(?P<value>{NUMBER} (?:out of|of|in) (?:{NUMBER}))\b(?! (?:us|them))", sure=0.7),
    Rule("amount", "has said at", rf"\b(?:{{WHO}} has|we said|we are at|has em) (?P<value>{NUMBER}(?: (?!o'clock|am\b|pm\b|weeks|days|months|years|hours|minutes|kids|children|of\b|and\b|old\b|this\b|last\b)[a-z-]{{3,}})?)(?! (?:years|months|weeks|kids))", sure=0.7, subject="self"),
    Rule("amount", "", rf"^(?P<value>{NUMBER} (?!seconds|secs|mins|things|ticks|pages|lines|slides|bullets|points|words|sentences|stars|kids|children|sons|daughters|brothers|sisters|weeks|days|months|years|hours|minutes|times|o'clock|am\b|pm\b)[a-z-]{{3,}}s)(?=,|$)", sure=0.65),
    Rule("budget", "cut raised down up", rf"\b(?:cut|raised|reduced|trimmed|lowered|increased) (?:us|it|that) (?:down |up )?(?:to|by half to) (?P<value>{MONEY}|{NUMBER}(?: k| thousand)?)", subject="project", sure=0.75),
    Rule("amount", "to", rf"\b(?:up|down|fell|rose|dropped|went|grew|increased|shrank)(?: up| down)?(?: from (?:about )?{NUMBER}(?: [\w-]+)?)? to (?:about |around |only )?(?P<value>{NUMBER}(?: (?:percent|(?:a|per|each) \w+|[a-z]{{3,}}s\b))?)", sure=0.75),
    Rule("deadline", "gave gives until", rf"\b(?:gave|gives|given|granted) us (?:time )?(?:until|till) (?P<value>{DATE})", subject="project", sure=0.8),
    Rule("deadline", "planned scheduled set fixed", rf"\b(?:launch|release|go[- ]?live|opening|start|delivery|hand-?over|cut-?over|it) is (?:now )?(?:planned|scheduled|set|fixed) for (?P<value>{DATE})", subject="project", sure=0.8),
    Rule("uses_tool", f"{TOOL_WORDS} fax paper", rf"\b(?:is|are|comes?|goes?|runs?|lives?|stay|work|done|kept|planned|sent) (?:in |all )*(?:in|on|by|via|through|with) (?P<value>{TOOLS}|fax|paper)\b(?! (?:call|meeting|training|course|expert))", sure=0.7),
    Rule("decision", "has must needs", r"^(?P<value>(?:the|every|each|all|our|both|any) [\w' -]{2,40}? (?:must|has to|have to|needs to|need to|needs(?! \w+ing\b)|may not|can only) (?!be (?:done|ready|fine|live|finished)\b)(?!(?:a )?(?:help|break|holiday|rest|moment|minute|think)\b).+)", sure=0.65),
    Rule("decision", "will not", r"\bwe (?:will not|are not going to) {rest}", value="not {}", sure=0.7),
    Rule("decision", "fine", r"^(?P<value>[\w -]+?) (?:is|are) fine,? (?:put|take|use|do|keep) (?:it|them|that)\b", sure=0.7),
    Rule("team", "us", r"\bof us in {simple}", sure=0.7),
    Rule("deadline", "due", rf"\b(?:the |our |my )?(?P<about>[\w'-]+(?: [\w'-]+){{0,3}}?) (?:is|are) due (?:on |by |in |at )?(?P<value>{DATE})"),
    Rule("deadline", "done ready finished live complete delivered", rf"\b(?:(?:the|our|my) (?P<about>[\w'-]+(?: [\w'-]+){{0,3}}?)|it|everything) (?:has to|must|needs to|need to|should|have to|is to) (?:be )?(?:\w+ )?(?:done|ready|finished|live|go live|in production|complete|completed|delivered|launched|online)(?: and \w+)? (?:by|on|before|until|in) (?P<value>{DATE})", subject="project", unreal=True),
    Rule("deadline", "live launch launches goes go", rf"{{I}} (?:want to |have to |will |must |are going to )?(?:go live|launch|ship)(?: with (?:the )?(?P<about>[\w'-]+(?: [\w'-]+){{0,2}}?))? (?:on|by|in|at) (?P<value>{DATE})", subject="project"),
    Rule("deadline", "latest", rf"(?:^|\b(?:by|on|until|so) )(?:the )?(?P<value>{DATE}) at the (?:very )?latest", subject="project", sure=0.8),
    Rule("deadline", "date day", rf"\b(?P<value>{DATE}) is the (?:date|deadline|day|cut-?over|go-?live|target)\b", subject="project", sure=0.8),
    Rule("budget", "budget", rf"\bbudget(?: (?:for|of) {_PROJECT})? (?:is|has been|was|got|will be)(?: now| only| still| about| around| roughly| just| cut| raised| increased| reduced| approved| set| lowered| down| up| at| to| by the board)* (?P<value>{MONEY}|{NUMBER})", subject="project"),
    Rule("budget", "budget", rf"\bbudget(?: (?:for|of) {_PROJECT})? (?:of|:) ?(?P<value>{MONEY}|{NUMBER}(?: thousand| k)?)", subject="project"),
    Rule("budget", "", rf"^(?:(?:so|now|that|which|it|we|i) (?:makes|is|have|got|are at|get)? ?)?(?:now )?(?P<value>{MONEY}|{NUMBER}(?: ?(?:k|thousand|million|grand))?)(?: \w+)? ?(?:now|all told|in total|altogether|all in|instead|and not .+)?$", behind=r"\b(?:more|extra|another|cut|gave|given|added|topped|raised|increased|lowered|budget|money)\b.*", subject="project", sure=0.65),
    Rule("budget", "money budget", rf"\b(?:the )?(?:money|whole budget|total) is (?:about |around )?(?P<value>{MONEY})", subject="project"),
    Rule("budget", "budget", rf"\b(?:cut|raised|increased|reduced|approved|lowered) (?:the|our|my) budget (?:from [\w ]+? )?(?:to|of) (?P<value>{MONEY}|{NUMBER})", subject="project"),
    Rule("budget", "budget", rf"\b(?P<value>{MONEY}) budget\b", subject="project", sure=0.8),
    Rule("deadline", "fixed confirmed final", rf"\b(?P<value>{DATE}) is (?:fixed|final|confirmed|the new date)", subject="project", sure=0.7),
)  # fmt: skip
"""The theme's rules."""
