"""Rules about work: employer, role, team, tools, projects, deadlines, budgets, figures, decisions."""

from backend.memory.rules.rule import Rule
from backend.memory.rules.values import DATE, MONEY, NUMBER

ROLES = (
    r"(?:\w+ ){0,3}?(?:engineer|developer|manager|nurse|teacher|analyst|director|officer|consultant|architect|designer"
    r"|scientist|researcher|lawyer|doctor|dentist|accountant|assistant|coordinator|specialist|administrator|admin|chef"
    r"|cook|baker|carpenter|electrician|plumber|mechanic|driver|pilot|student|professor|lecturer|writer|editor|author"
    r"|journalist|photographer|artist|musician|actor|translator|librarian|pharmacist|therapist|psychologist|counselor"
    r"|counsellor|physiotherapist|midwife|paramedic|firefighter|farmer|gardener|owner|founder|co-founder|ceo|cto|cfo|coo"
    r"|cio|president|head(?: of [\w& ]+?)?|lead|leader|supervisor|buyer|planner|controller|auditor|trainer|coach|tutor"
    r"|recruiter|secretary|registrar|deputy \w+|receptionist|clerk|cashier|salesperson|salesman|programmer|technician|surveyor|inspector"
    r"|economist|statistician|biologist|chemist|physicist|veterinarian|vet|freelancer|contractor|entrepreneur"
    r"|product owner|scrum master|principal|postdoc|intern|trainee|apprentice|barista|waiter|waitress|bartender"
    r"|hairdresser|realtor|broker|banker|notary|judge|curator|producer|agent|executive|vp(?: of \w+)?|partner|surgeon"
    r"|paediatrician|pediatrician|radiologist|caretaker|teamlead|foreman|operator|welder|dispatcher|bookkeeper|adjuster"
    r"|underwriter|actuary|broker|solicitor|barrister|paralegal|forwarder|declarant|handler|clerk|sommelier|waiter"
    r"|[a-z]{4,}(?:ologist|ician|keeper|smith|worker|master|maker|ographer)|(?:project|product|account|office|area|store"
    r"|shop|branch|regional|sales|it|hr|case|change|data|plant|shift|site|general|claims|key account) (?:manager|lead|head"
    r"|owner|director|leader|handler))"
)
DOES = r"(?:runs|leads|handles|owns|manages|heads|takes care of|is in charge of|is responsible for|takes over|looks after|decides (?:on|about)|signs|approves|sponsors|does (?:the|our|all))"
_TOOLS = (
    r"(?:excel|sap|jira|slack|teams|zoom|outlook|salesforce|hubspot|notion|trello|asana|confluence|github|gitlab|figma"
    r"|power ?bi|tableau|servicenow|sharepoint|google (?:sheets|docs|drive|calendar)|whatsapp|airtable|access|oracle|postgres"
    r"|python|aws|azure|docker|kubernetes|datev|xero|quickbooks|shopify|wordpress|miro|dropbox|onedrive|gmail|skype|webex"
    r"|google meet|linear|monday\.com|basecamp|zendesk|freshdesk|snowflake|databricks|looker|mysql|mongodb|navision"
    r"|dynamics|business central|pipedrive|mailchimp|canva|photoshop|autocad|matlab|word|powerpoint|signal|telegram"
    r"|lotus notes|filemaker|workday|personio|docusign|stripe|paypal|square|lightspeed|odoo|netsuite|toggl|todoist)"
)
_UNITS = r"(?:operations|logistics|marketing|sales|hr|it|finance|procurement|purchasing|product|engineering|support|legal|compliance|accounting|controlling|research|production|quality|customer \w+|data|the [\w ]*?(?:team|department|unit|office|group|lab|division)|a team|our \w+ team)"
_PROJECT = r"(?:the |our |my )?(?P<about>[\w'-]+(?: [\w'-]+){0,3}?)"

RULES = (
    # Employer
    Rule("employer", "work works working employed worked", r"{WHOAM} (?:works?|working|employed|worked)(?: part[ -]time| full[ -]time| remotely| as an? (?:\w+ ){1,4}?| now| there| over)? ?(?:at|for|with|by) {org}"),
    Rule("employer", "joined joining started start starting", r"{WHO} (?:joined|joining|(?:started|starts?|begin|began)(?: work(?:ing)?| a new job| my new job| a job| out)? (?:at|with|for)) {brand}", when="start"),
    Rule("employer", "at", r"^i am (?:now |currently |still )?(?:at|with) (?P<value>(?-i:[A-Z])[\w&.-]*(?: (?-i:[A-Z])[\w&.-]*)*)$", sure=0.75),
    Rule("employer", "at", rf"{{AM}} (?:an? |the |now |the new )*{ROLES} (?:over )?(?:at|for|with) {{org}}", sure=0.85),
    Rule("employer", "here", rf"\bhere,? (?:an? |the |your )?(?:\w+ )*?{ROLES} (?:over )?(?:at|for|with) {{org}}", sure=0.85),
    Rule("role", "here", rf"\bhere,? (?:an? |the )?(?P<value>(?:\w+ )?{ROLES}) (?:over )?(?:at|for|with) ", sure=0.85),
    Rule("employer", "at", rf"^i am [A-Z].*?, (?:an? |the )?.*?\b{ROLES} (?:at|for|with) {{org}}", sure=0.85),
    Rule("employer", "run runs lead leads head manage manages", rf"{{WHO}} (?:runs?|leads?|heads?|manages?) {_UNITS} (?:at|for) {{org}}"),
    Rule("employer", "employer company", r"\bmy (?:new )?(?:employer|company) is(?: called| now)? {org}"),
    Rule("employer", "job position offer", r"{I} (?:got|took|accepted|landed|found|start|started) (?:an?|the|my) (?:new )?(?:job|position|role|offer)(?: as an? (?:\w+ ){1,3}?)? ?(?:at|with|from) {org}", when="start"),
    Rule("employer", "left quit leave resigned leaving", r"\bi (?:have |just |already |am )*(?:left|quit|leaving|resigned from)(?: my job at)? {org}", ends=True, when="start"),
    Rule("employer", "anymore longer", r"{I} (?:do not work|no longer work|am not|am no longer|am no longer working|stopped working) (?:at|for|with) {org}", ends=True),
    Rule("employer", "used", r"\bi used to work (?:at|for|with) {org}", ends=True),
    Rule("employer", "goes going moves switched changed moved", r"{WHO} (?:goes|is going|is moving|switched|changed jobs|moved)(?: from [\w-]+| over| jobs?)? to (?P<value>[^\W_][\w&.-]*) (?=next|in|from|as|and|$)", when="start", sure=0.6, subject="other"),
    Rule("employer", "with work working", r"{AM} (?:now )?with {brand}(?: now| since .+| for .+)?$", sure=0.6),
    Rule("employer", "company firm employer", r"\b(?:my|our) (?:company|firm|employer|shop|agency),? (?:is )?(?:called )?(?P<value>(?-i:[A-Z])[\w&.-]*(?: (?-i:[A-Z])[\w&.-]*)*)", sure=0.85),
    Rule("employer", "company firm", r"{I} works? (?:in|for|at) (?:a|the) (?:\w+ )?(?:company|firm|agency) (?:called|named) {org}"),
    Rule("employer", "at", r"^(?:here )?at (?P<value>(?-i:[A-Z])[\w&.-]*(?: (?-i:[A-Z])[\w&.-]*)*),? we\b", sure=0.75),
    Rule("employer", "work works working", r"{I} (?:work|am working|have worked|have been working)(?: \w+)? (?:since|for) .+? (?:at|for|with) {brand}", sure=0.85),
    Rule("employer", "been", r"\bi have been (?:with|at) {brand}", sure=0.85),
    Rule("employer", "called", r"\b(?:company|firm|chain|agency|charity|startup|start-up|school|hospital|bank|practice|studio|shop|business) called {org}", sure=0.75),
    Rule("employer", "charge responsible", r"\bi am (?:in charge of|responsible for) .+? (?:at|for|with) {brand}", sure=0.75),
    Rule("employer", "here", r"^[^\W\d_][\w'-]+(?: [^\W\d_][\w'-]+)? (?:from|at|with|of) (?P<value>[\w&' .-]+?) here$", sure=0.8),
    Rule("employer", "", rf"^[^,]+, (?!our\b|my\b)(?:the )?(?:new )?{ROLES} (?:at|for|with) {{org}}", opening=True, sure=0.8),
    Rule("role", "", rf"^[^,]+, (?!our\b|my\b)(?:the )?(?P<value>(?:new )?{ROLES}(?: of [\w-]+)?) (?:at|for|with)\b", opening=True, sure=0.8),
    Rule("employer", "job", rf"\bnew job\b.*?:? ?{ROLES} (?:at|with|for) {{org}}", when="start"),
    Rule("role", "job", rf"\bnew job\b[^:]*:? ?(?P<value>{ROLES}) (?:at|with|for)\b", when="start"),
    Rule("employer", "going", rf"\bi am going to {{brand}} as (?:an? |the )?{ROLES}", when="start"),
    Rule("role", "going", rf"\bi am going to [\w& -]+ as (?:an? |the )?(?P<value>{ROLES})", when="start"),
    Rule("role", "from", rf"^(?P<value>{ROLES}) from (?:the )?{DATE}", when="start", sure=0.75),
    Rule("role", "look oversee coordinate", r"\bi (?P<value>(?:look after|oversee|coordinate|take care of) (?!(?:it|him|her|them|that|this|you)\b)(?:the |our |all )?[\w-]+(?: (?!at|for|in|on|with|from)[\w-]+)?)", sure=0.75),
    # Role and team
    Rule("role", "am", rf"^i am (?:now )?(?!not\b)(?!.*\b(?:at|for|with)\b)(?P<value>{ROLES})(?: now| here| there| since .+)?$", sure=0.85),
    Rule("role", "made", rf"\bmade me (?:the |an? )?(?P<value>{ROLES})\b", when="start"),
    Rule("role", "am is was", rf"{{WHO}} (?:am|is|are) (?:now |also |currently |actually )*(?:an?|the|their|our)(?: new)? (?P<value>{ROLES})\b(?!'s)(?! (?:of mine|friend|now and))"),
    Rule("role", "am", rf"^i am [^\W\d_]+(?: [^\W\d_]+)?,? (?:an? |the )?(?:.*? )?(?P<value>(?:\w+ )?{ROLES}) (?:at|for|with) ", sure=0.85),
    Rule("role", "am is", r"{WHO} (?:am|is) (?:now |also |still |currently )*(?:the )?(?P<value>(?:head|vp|director|chief) (?:of )?\w+(?: officer)?|(?:head|senior|chief|lead|night|charge|staff) (?:nurse|engineer|medical officer)|coo|ceo|cto|cfo|cmo|midwife|nurse)\b", sure=0.85),
    Rule("role", "our my", rf"^{{person:subject}},? (?:our|my|the|their)(?: new)? (?P<value>{ROLES})\b", sure=0.8),
    Rule("role", "new", rf"\b(?:the|our) new (?P<value>{ROLES}|cmo) is {{person:subject}}", sure=0.85),
    Rule("role", "", rf"^(?:it is |that is |.* is )?(?!.* here,){{person:subject}}, (?!but\b|and\b|so\b|or\b|my\b)(?P<value>(?:\w+ )?{ROLES})\b(?! of the)", sure=0.8),
    Rule("role", "as", rf"{{WHOAM}} (?:works?|working|employed|promoted|joined|started|starting|hired|retrained)\b.*? as (?:an? |the )?(?P<value>{ROLES})\b"),
    Rule("role", "promoted became become", rf"{{WHO}} (?:(?:was|got|am|have been|been|is) )?(?:promoted to|became|become|made) (?:an? |the )?(?P<value>{ROLES})\b", when="start"),
    Rule("role", "job title role position", r"\bmy (?:new )?(?:job(?: title)?|title|role|position)(?: now)? is(?: now)? (?:an? |the |to )?{simple}"),
    Rule("role", "run lead head manage runs leads", rf"\b(?P<self>i)(?: now| also| currently)* (?P<value>(?:run|lead|head|head up|manage) {_UNITS})(?! (?:project|migration))\b"),
    Rule("role", "do", rf"\bi do (?:the )?(?P<value>{_UNITS})(?: stuff| part| side)?(?: here| there| for | at | in |$)", sure=0.75),
    Rule("role", "responsible charge", r"^(?P<self>i) am (?P<value>(?:responsible for|in charge of) .+)", sure=0.75),
    Rule("role", "", rf"{{WHO}} (?P<value>{DOES} (?:the |our |all )?[\w-]+(?: [\w-]+)?)$", sure=0.7, subject="third"),
    Rule("role", "am since", rf"{{I}} (?:am )?(?:since|for) .+? (?:an? |the )?(?P<value>{ROLES})\b", sure=0.8),
    Rule("role", "owner founder head director", r"{AM} (?:the |an? )?(?P<value>(?:owner|founder|co-founder|head|director|manager|chair(?:man|woman)?) of [\w& -]+?)(?= in\b| at\b| and\b|,|$)"),
    Rule("role", "run own manage", r"\bi (?:also )?(?P<value>(?:run|own|manage) (?:an?|the|my|our|my own|two|three|four|five|six|\d+) (?:\w+ )?(?:restaurants?|shops?|stores?|companys?|companies|company|business(?:es)?|bakery|bakeries|farms?|hotels?|cafes?|studios?|agency|practice|clinic|school|team|gym|bar|garage|workshop|department|startup|branch))\b"),
    Rule("role", "retired", r"\bi (?:am|have) (?P<value>retired)\b"),
    Rule("role", "teach", r"\bi (?P<value>teach (?:[\w-]+ ?){1,3})", sure=0.8),
    Rule("team", "team department", r"{AM} (?:on|in|part of|a member of) the (?P<value>[\w &-]+? (?:team|department|group|division))\b"),
    Rule("team", "team", r"\bi (?:moved|switched|transferred|joined) (?:to |into )?the (?P<value>[\w &-]+? (?:team|department|group|division))\b", when="start"),
    # Tools
    Rule("uses_tool", "use using uses", r"{I} (?:am |are )?(?:use|using) {brands}"),
    Rule("uses_tool", "on", r"{I} (?:run|are running|am running|are) on {brand}", sure=0.6),
    Rule("uses_tool", "everything it tickets all", r"\b(?:everything|it all|all of it|all tickets|tickets) (?:is|are|go(?:es)?|lives?|runs?)(?: now)? (?:in|on|to|through) {brand}", sure=0.8),
    Rule("uses_tool", "code program write coding develop", r"{I} (?:code|program|develop|write (?:everything|code|it|my \w+))(?: mostly| mainly)? (?:in|with) {brands}"),
    Rule("uses_tool", "switched migrated moved changed", r"{I} (?:switched|migrated|changed)(?: over)?(?: from [\w-]+(?: \w+)??)? to {brand}", when="start"),
    Rule("uses_tool", "crm erp editor laptop database tracker stack system wiki software tool", r"\b(?:my|our) (?:\w+ )?(?:crm|erp|editor|laptop|database|tracker|ticket system|stack|operating system|wiki|ide) (?:is|runs on) {brand}"),
    Rule("uses_tool", "in on with via from use using through everything work works", rf"^(?!.*\b(?:decided|go with|going with|went with|switch|switched|chose|agreed)\b).*?\b(?:we|i|our|everything|it all|they)\b.*?\b(?:in|on|with|via|use|using|through|from|have) (?:an? |the |our )?(?:old |big |shared )?(?P<value>{_TOOLS})\b(?! (?:call|meeting|training|course|expert|team|door|holder))", sure=0.75),
    # Projects
    Rule("works_on", "call called name", r"{I} (?:call|named|have named) (?:the|our|this|it)(?: new)?(?: (?:project|system|thing|app|tool|team))? {title}"),
    Rule("works_on", "called named name codename", r"\b(?:(?:the|my|our|this) )?(?:new )?(?:project|app|system|tool|platform|product|portal|programme|program|initiative|campaign)(?:'s name)? is (?:called|named|code-?named) {title}"),
    Rule("works_on", "name", r"\b(?:project|internal|code|working|official)(?:'s)? name(?:'s)? is {org}"),
    Rule("works_on", "project", r"\b(?:the|my|our) (?:new |current |main )?project is {noun}", sure=0.8),
    Rule("works_on", "working work works", r"{WHOAM} (?:works?|working) (?:together |mainly |mostly )?on (?:the |a |an |our |my )?{simple}"),
    Rule("works_on", "lead leading run running manage managing heading", r"(?:{AM}|{I}) (?:lead|leading|run|running|manage|managing|heading) (?:the |our |a |an )?(?P<value>(?:[\w-]+ ){1,4}?(?:project|migration|rollout|roll-out|implementation|programme|program|initiative|launch|replacement|redesign|transition|relaunch|upgrade|integration|campaign|pilot))\b"),
    Rule("works_on", "building developing launching rolling migrating replacing rebuilding redesigning introducing planning", r"{AM} (?:currently )?(?P<value>(?:building|developing|launching|rolling out|migrating|replacing|rebuilding|redesigning|introducing|renovating|writing) (?:an?|the|our|my) .+)", sure=0.75),
    Rule("works_on", "responsible charge", r"{AM} (?:responsible for|in charge of) (?:the )?{simple}"),
    # Deadlines
    Rule("deadline", "deadline due date go go-live golive launch", rf"\b(?:deadline|due date|delivery date|go[- ]?live(?: date)?|launch date|submission date)(?: (?:for|of) {_PROJECT})?(?: is| has been| was| got| will be| has| now| still| moved| moves| pushed| shifted| postponed| set| extended| brought forward| back| on| to| for| until)+ (?P<value>{DATE})", subject="project"),
    Rule("deadline", "deadline date", rf"\bthe new (?:date|deadline|target)(?: (?:for|of) {_PROJECT})? is(?: now)? (?P<value>{DATE})", subject="project"),
    Rule("deadline", "due", rf"\b(?:the |our |my )?(?P<about>[\w'-]+(?: [\w'-]+){{0,3}}?) (?:is|are) due (?:on |by |in |at )?(?P<value>{DATE})"),
    Rule("deadline", "done ready finished live complete delivered", rf"\b(?:(?:the|our|my) (?P<about>[\w'-]+(?: [\w'-]+){{0,3}}?)|it|everything) (?:has to|must|needs to|need to|should|have to|is to) (?:be )?(?:\w+ )?(?:done|ready|finished|live|go live|in production|complete|completed|delivered|launched|online)(?: and \w+)? (?:by|on|before|until|in) (?P<value>{DATE})", subject="project", unreal=True),
    Rule("deadline", "live launch launches goes go", rf"{{I}} (?:want to |have to |will |must |are going to )?(?:go live|launch|ship)(?: with (?:the )?(?P<about>[\w'-]+(?: [\w'-]+){{0,2}}?))? (?:on|by|in|at) (?P<value>{DATE})", subject="project"),
    Rule("deadline", "by", rf"\b(?:we|i|it|they) (?:really |still |also )*(?:want|need|must|have|has|needs)(?: to)? .*?\b(?:by|before) (?:um )?(?P<value>{DATE}(?:,?(?: so| that is)? {DATE})?)", subject="project", sure=0.7),
    Rule("deadline", "start starts begin begins", rf"\b(?:the|our) (?P<about>pilot|rollout|roll-out|migration|training|project) (?:should|must|will|has to|starts?|begins?|is going to)(?: start| begin)?(?: on| in| at)? (?:the )?(?P<value>{DATE}(?:,? {DATE})?)", subject="project", sure=0.8, unreal=True),
    Rule("deadline", "becomes become moves moved slipped slips", rf"\bit (?:becomes?|moves to|moved to|slipped to|slips to|is now|will be) (?:on )?(?P<value>{DATE})", subject="project", sure=0.7),
    Rule("deadline", "deadline go-live golive target due cutover cut-over", rf"\b(?:deadline|go-?live|target date|due date|cut-?over):? (?:is )?(?:on )?(?P<value>{DATE})", subject="project"),
    Rule("deadline", "until by", rf"\b(?:we|i) (?:have|have got|got) (?:time |only )?(?:until|till|by) (?P<value>{DATE})", subject="project", sure=0.8),
    Rule("deadline", "latest", rf"(?:^|\b(?:by|on|until) )(?P<value>{DATE}) at the (?:very )?latest", subject="project", sure=0.8),
    Rule("deadline", "date day", rf"\b(?P<value>{DATE}) is the (?:date|deadline|day|cut-?over|go-?live|target)\b", subject="project", sure=0.8),
    Rule("deadline", "date", rf"\b(?:the|our) (?:\w+ )?date is (?:now |set for |still )*(?:the )?(?P<value>{DATE})", subject="project", sure=0.8),
    Rule("deadline", "ready done live online finished running work open", rf"\b(?:be|is|it|them|everything|all|get|want it|need it) (?:all )?(?:ready|done|online|finished|up and running|in production|in place|open|working|complete)(?: for \w+| everywhere)? (?:by|before|until|on|from|in) (?:the )?(?P<value>{DATE})", subject="project", sure=0.7, unreal=True),
    Rule("deadline", "moved pushed postponed delayed shifted", rf"\b(?:is|was|got|has been|have|we|they|she|he)(?: have| has)? (?:moved|pushed|postponed|delayed|shifted)(?: it| that| the \w+| back| out| again)* (?:to|until|till) (?:the )?(?P<value>{DATE})", subject="project", sure=0.8),
    Rule("deadline", "now", rf"\b(?:it|the (?P<about>(?:[\w-]+ ){{0,2}}[\w-]+)) (?:is|will be) now (?P<value>{DATE}(?:,? {DATE})?)", subject="project", sure=0.7),
    Rule("deadline", "not", rf"\bnot (?:the )?{DATE},? (?:but|it is) (?:the )?(?P<value>{DATE})", subject="project", sure=0.75),
    # Budgets and figures
    Rule("budget", "budget", rf"\bbudget(?: (?:for|of) {_PROJECT})? (?:is|has been|was|got|will be)(?: now| only| still| about| around| roughly| just| cut| raised| increased| reduced| approved| set| lowered| down| up| at| to| by the board)* (?P<value>{MONEY}|{NUMBER})", subject="project"),
    Rule("budget", "budget", rf"\bbudget(?: (?:for|of) {_PROJECT})? (?:of|:) ?(?P<value>{MONEY}|{NUMBER}(?: thousand| k)?)", subject="project"),
    Rule("budget", "budget for spend total in now instead", rf"\b(?:we|i) (?:only |now |still )*(?:have|got)(?: got)? (?:only |about |around |roughly )?(?:a budget of )?(?P<value>{MONEY}|[\w ]+? thousand)(?: \w+)?? (?:for (?:the )?(?P<about>[\w-]+(?: [\w-]+)?)|to spend|in total|all in|budget|now|instead)", subject="project", sure=0.8),
    Rule("budget", "money budget", rf"\b(?:the )?(?:money|whole budget|total) is (?:about |around )?(?P<value>{MONEY})", subject="project"),
    Rule("budget", "budget", rf"\b(?:cut|raised|increased|reduced|approved|lowered) (?:the|our|my) budget (?:from [\w ]+? )?(?:to|of) (?P<value>{MONEY}|{NUMBER})", subject="project"),
    Rule("budget", "budget", rf"\b(?P<value>{MONEY}) budget\b", subject="project", sure=0.8),
    Rule("budget", "gave approved got board have max maximum cap ceiling limit total than spend", rf"\b(?:approved|gave us|gives us|granted|got us|we got|we have|i have|cap of|maximum|max|ceiling of|limit of|not more than|no more than|at most|up to|spend|in total|total of)(?: a| is| about| around| only| now| budget of)* (?P<value>{MONEY})(?! (?:a|per) )", subject="project", sure=0.75),
    Rule("budget", "total all in max maximum altogether", rf"\b(?P<value>{MONEY})(?: in total| all in| total| max(?:imum)?| altogether| and not (?:a|one) \w+ more| no more)(?:$|[ ,])", subject="project", sure=0.8),
    Rule("amount", "", rf"(?P<value>{MONEY}(?: (?:a|per) [\w-]+(?: (?:a|per) [\w-]+)?)?(?: (?:for|of|in) (?:the )?[\w-]+(?: [\w-]+)?)?)", sure=0.7, when="never"),
    Rule("amount", "", rf"(?<![\w-])(?P<value>{NUMBER} ?(?:percent|%)(?: of (?:the |our |all )?[\w-]+)?)", sure=0.7, when="never"),
    Rule("amount", "a per", rf"\b(?:about |around |roughly |some )?(?P<value>{NUMBER} [\w-]+(?: [\w-]+)? (?:a|per|each|every) (?:day|week|month|year|hour|person|shift|quarter))\b", sure=0.8),
    Rule("amount", "cost costs costed pay paid earn earns charge charges rent", rf"\b(?P<value>(?:[\w-]+ ){{1,3}}?(?:costs?|charges?|is|pays?|paid|earns?) (?:us |me |about |around |just |only )*{MONEY}(?: (?:a|per) \w+)?)", sure=0.8),
    Rule("amount", "have has employ employs there", rf"\b(?:(?:we|i) (?:only |now |still |currently )*(?:have|employ|need)|there are) (?:about |around |roughly |only |over )?(?P<value>{NUMBER} (?:[\w-]+ )?(?:people|employees|customers|users|clients|suppliers|stores|shops|sites|plants|branches|machines|servers|trucks|vehicles|orders|contracts|tickets|licences|licenses|seats|students|pupils|patients|beds|rooms|members|developers|engineers|drivers|warehouses|offices|locations|records|accounts|forklifts|pickers|nurses|teachers|volunteers|desks|invoices|products|articles|countries))\b", sure=0.8),
    Rule("amount", "us", rf"\b(?!half)(?P<value>{NUMBER} of (?:us|them))\b", sure=0.7),
    Rule("amount", "percent % minutes hours days", rf"\b(?:is|are|takes?|took|down|up|about|at|around|only|now|by) (?:about |at |around |only |now )*(?P<value>{NUMBER} ?(?:percent|%|minutes|hours|days|weeks))(?! (?:ago|old|from|until|before|after|later))", sure=0.7),
    Rule("amount", "need order have employ get lose sell make handle process", rf"\b(?:we|i) (?:only |now |still |about )*(?:need|order|ordered|have|employ|get|lose|sell|sold|handle|process|make) (?:about |around |only |over |roughly )?(?P<value>(?!(?:one|a|half|zero) )(?:{NUMBER}) (?:[a-z-]+ )?(?!(?:kids|children|daughters|sons|boys|girls|brothers|sisters|dogs|cats|weeks|days|months|years|hours|minutes|times|things|this|of|is|us|options?|offers?)\b)[a-z-]{{3,}}(?:s|people|staff))\b", sure=0.7, when="never"),
    # Decisions
    Rule("decision", "are am", r"{AM} (?P<value>(?:keeping|dropping|not doing(?! anything)|going ahead with|leaving out|switching to|staying with|cancelling|canceling|postponing|skipping|not going to) (?!it\b|you\b|up\b).+)", sure=0.75),
    Rule("decision", "no", r"^(?P<value>no [\w-]+(?: [\w-]+)?)(?:,? then)$", sure=0.7),
    Rule("decision", "without", r"^we will (?P<value>do (?:it|this|that) without .+)", sure=0.75),
    Rule("decision", "let", r"^let us (?P<value>(?:leave out|cut|forget about|try|add|include|wait with|start|begin|leave) (?!it\b|that\b|me\b).+)", sure=0.75),
    Rule("deadline", "by until before", rf"^(?:by|until|before) (?:the )?(?P<value>{DATE}),? (?:it|everything|the [\w-]+|all|they) (?:has to|have to|must|needs to|need to|should)", subject="project", sure=0.8, unreal=True),
    Rule("deadline", "fixed confirmed final", rf"\b(?P<value>{DATE}) is (?:fixed|final|confirmed|the new date)", subject="project", sure=0.7),
    Rule("decision", "decided decide", r"\b(?:(?:we|i|the (?:team|board|committee|steering))(?: have| has| all| just| finally| also| then| now)*|it is|it was) decided(?: on| that| to| against)? {rest}", when="state"),
    Rule("decision", "go going went", r"\b(?:(?:we|i)(?: will| are| am| have| now| just| all| finally| would)* (?:go|going|went)|(?:let us|lets) (?:just )?go) (?:for|with|ahead with) {rest}"),
    Rule("decision", "chose chosen picked settled agreed opted", r"\b(?:we|i)(?: have| all| finally| just| both)* (?:chose|chosen|picked|settled on|agreed (?:on|to|that)|opted for) {rest}"),
    Rule("decision", "decision", r"\b(?:the|our|my|final) decision is:? (?:to |that )?{rest}"),
    Rule("decision", "final settled", r"^(?P<value>[\w' -]+?) (?:it is|is final|is settled|is decided)(?: then)?$", sure=0.8),
    Rule("decision", "let let's", r"^let us (?:do|drop|use|take|make|postpone|skip|cancel|move|say|stick with|stick to|start with)(?: it is)? {rest}", sure=0.8, unreal=True),
    Rule("decision", "make take keep drop", r"^(?:make (?:it|that) {rest})$", sure=0.75),
    Rule("decision", "take takes took keep kept drop dropped skip skipped cancel cancelled canceled postpone postponed start begin stay hire hired order ordered approved signed chose buy choose agreed switch cut split outsource merge", r"\b(?:we|i)(?: will| are going to| have| all| now| just| both| then| only| also)* (?P<value>(?:keep (?!\w+ing)|kept|drop|dropped|skip|skipped|cancel|cancelled|canceled|postpone|postponed|start with|begin with|stay with|stay on|hire|hired|ordered|approved|signed (?:with|the|a)|chose|choose|agreed|switch(?:ed)? to|outsourced?|merged?|split|cut) (?!(?:it|that|this|them|you|me|in touch|the bus)\b).+)", sure=0.7, when="never"),
    Rule("decision", "approved agreed signed chose picked decided said rejected accepted", r"\b(?:the board|management|the committee|the steering(?: committee)?|the council|everybody|everyone|finance|legal)(?: has| have| finally| just| all)* (?P<value>(?:approved|agreed|signed|chose|picked|said yes to|rejected|wants|accepted) .+)", sure=0.75),
    Rule("decision", "not", r"^(?:so )?(?P<value>(?!(?:why|of|maybe|is|am|are|do|did|does|it|that|yet|better|or|if|just|hopefully|probably|certainly|surely|absolutely|definitely|really|this|we|i|you|he|she|they|not|me|the|and|but|no|yes)\b)[\w-]+(?: (?!does|do|is|are|did|was|were|will|has|have|had|can|should|must)[\w-]+)? not (?!yet|now|today|really|so|at|me|you|bad)[\w-]+)$", sure=0.6),
    Rule("decision", "put make remove add leave move start", r"^(?:please )?(?P<value>(?:put|make|remove|leave|add) (?:it|that|them|the [\w-]+|this) (?:in|out|as|a|an|at|on|to|mandatory|optional|must)\b.*)", asked=True, sure=0.65),
    Rule("decision", "wins won gets got", r"^(?P<value>(?:(?-i:[A-Z])[\w-]+) (?:wins|won|gets it|got it|gets the (?:job|contract|order)|got the (?:job|contract|order)))\b", sure=0.8),
    Rule("decision", "it", r"\b(?:so )?(?:for now )?it is {rest} (?:then|for now)$", sure=0.75, unreal=True),
    Rule("decision", "now", r"\bfor now it is {rest}$", sure=0.8),
    Rule("decision", "let say", r"^(?:so )?let us say it is {org}", sure=0.75, unreal=True),
    Rule("decision", "switching switch", r"^(?:(?:we|i) (?:are |am )?)?(?:switching|switch) to {brand}", sure=0.8),
    Rule("decision", "take took", r"\bwe (?:will )?take (?!(?:care|place|part|a|the bus|the train)\b){rest}", sure=0.7),
    Rule("decision", "drop keep", r"\bi would (?P<value>(?:drop|keep|skip|cut|take) (?!it\b|that\b|the bus).+)", sure=0.7, unreal=True),
    Rule("decision", "sign", r"\bwe sign (?P<value>with (?!them|him|her|it|you)[\w ]+)", sure=0.75),
    Rule("decision", "must has have needs need should", r"^(?P<value>(?:(?:the|every|each|all|our|both|any) [\w' -]+?|(?!(?:i|we|you|he|she|they|it|that|this|there|who|what|someone|somebody|nobody|people|everybody|everyone)\b)[\w-]+) (?:must|has to|have to|needs to|need to|should) (?:be|come|go|stay|work|run|have|support|include|show|not) (?!.*\b(?:maybe|perhaps|might|if|would|fine|ok|okay|enough|nice|possible|easy)\b).+)", sure=0.7, unreal=True),
    Rule("decision", "new", rf"^(?:so )?(?:the |our )?new (?!year|boss|manager|{ROLES}|cmo)(?!.*\bis (?:called|named)\b)[\w -]+? (?:is|are) {{rest}}", sure=0.65),
    Rule("decision", "signs takes decides approves checks accepts", r"^(?P<value>(?!(?:he|she|it|who|that|this|which|we|i|you|they|there)\b)[^\W\d_][\w'-]+ (?:signs|takes over|takes it|decides|approves|accepts)\b.*)", sure=0.65),
    Rule("decision", "must", r"\bthat is a must,? (?:actually )?{rest}", sure=0.65),
    Rule("decision", "pilot warehouse", r"^(?P<value>the (?:pilot|test|trial|rollout|launch|first (?:step|phase)) (?:is|will be|stays|runs) (?:in|at|with) .+)", sure=0.7),
    Rule("decision", "first only", r"^it is (?P<value>(?!(?:the|my|our|your|his|her|not|at)\b)[\w-]+ (?:first|only)\b.*)", sure=0.6),
    Rule("decision", "first", r"^(?P<value>(?!(?:me|you|ladies|that|this|at|the|one|thing|things)\b)[\w-]+ first)$", sure=0.6),
    Rule("decision", "fine", r"^(?P<value>[\w -]+?) (?:is|are) fine,? (?:put|take|use|do|keep) (?:it|them|that)\b", sure=0.7),
    Rule("decision", "switching moving", r"^(?:switching|moving|going|changing) to {brand}", sure=0.7),
    Rule("decision", "list criteria", r"^[\w -]*\b(?:list|criteria|requirements|musts): {all}", sure=0.7),
    Rule("decision", "needs need", r"\b(?P<value>(?:they|it) needs? (?:two|three|four|an?|\d+) (?!minute|second|moment|day|week|bit|break|holiday)[\w -]+)", sure=0.6),
    Rule("uses_tool", "system tool software database", r"^(?:old|current|new|present|our) (?:system|tool|software|database): {simple}", sure=0.8),
    Rule("team", "us", r"\bof us in {simple}", sure=0.7),
    Rule("employer", "offer", r"^got an? (?:\w+ )?(?:job|position|role|offer) (?:at|with|from) {org}", when="start"),
    Rule("role", "offer job position", rf"\b(?:offer|job|position)\b[^,]*?(?:,| as) (?:an? |the )?(?P<value>{ROLES}(?: of [\w-]+)?)(?=,|$| from| at| in)", sure=0.8),
    Rule("amount", "of in", rf"\b(?P<value>{NUMBER} (?:out of|of|in) (?:{NUMBER}))\b(?! (?:us|them))", sure=0.7),
    Rule("amount", "of", rf"\b(?!half)(?P<value>{NUMBER} of (?:us|them|em))\b", sure=0.7),
    Rule("amount", "has said at", rf"\b(?:{{WHO}} has|we said|we are at|has em) (?P<value>{NUMBER}(?: (?!o'clock|am\b|pm\b|weeks|days|months|years|hours|minutes|kids|children|of\b|and\b|old\b|this\b|last\b)[a-z-]{{3,}})?)(?! (?:years|months|weeks|kids))", sure=0.7, subject="self"),
    Rule("amount", "", rf"^(?P<value>{NUMBER} (?!weeks|days|months|years|hours|minutes|times|o'clock|am\b|pm\b)[a-z-]{{3,}}s)(?=,|$)", sure=0.65),
    Rule("deadline", "wants want expects need needs", rf"\b(?:the board|the client|the customer|they|management|my boss|he|she) (?:wants?|needs?|expects?)(?: to (?:see|have|get))? (?:it|this|everything|the \w+) (?:on|by|in|before) (?P<value>{DATE})", subject="project", sure=0.75),
    Rule("budget", "cut raised down up", rf"\b(?:cut|raised|reduced|trimmed|lowered|increased) (?:us|it|that) (?:down |up )?(?:to|by half to) (?P<value>{MONEY}|{NUMBER}(?: k| thousand)?)", subject="project", sure=0.75),
    Rule("amount", "to", rf"\b(?:up|down|fell|rose|dropped|went|grew|increased|shrank)(?: up| down)?(?: from (?:about )?{NUMBER}(?: [\w-]+)?)? to (?:about |around |only )?(?P<value>{NUMBER}(?: (?:percent|(?:a|per|each) \w+|[a-z]{{3,}}s\b))?)", sure=0.75),
    Rule("amount", "a per each every", rf"(?P<value>{NUMBER}(?: [a-z-]+){{0,2}} (?:a|per|each|every) (?:day|week|month|year|hour|night|shift|seat|head|person|user|unit|piece|quarter|minute|trip|order|bottle)s?(?: (?:a|per) \w+)?)\b", sure=0.75),
    Rule("amount", "in", rf", (?P<value>{NUMBER} (?!weeks|days|months|years|hours|minutes|times|o'clock)[a-z-]{{3,}}s)$", sure=0.65),
    Rule("amount", "all of", rf"^all (?P<value>{NUMBER} [a-z-]{{3,}}s)\b", sure=0.65),
    Rule("uses_tool", "keep track do plan write store manage log", r"\b(?:i|we) (?:keep|track|plan|store|manage|log|note) (?:my |our |the |all |everything)?(?:[\w-]+ ){0,3}?(?:in|on|with) {brand}$", sure=0.75),
    Rule("works_on", "title codename code-name called", r"\b(?:working title|codename|code name|project name)(?: is|:)? {title}", sure=0.8),
    Rule("decision", "buying taking hiring", r"\bwe are (?:buying|taking|hiring|choosing|signing|ordering) (?!(?:a|an|part|care|it|that|this|the bus)\b){rest}", sure=0.75),
    Rule("decision", "cancelled canceled postponed dropped out off approved confirmed stays later in", r"^(?P<value>(?!(?:it|that|this|he|she|they|we|i|you|who|what|there|everything|nothing)\b)[\w' -]{3,40}? (?:is|are) (?:now )?(?:cancelled|canceled|postponed|dropped|approved|a must|off the table|not needed))\b(?! of)", sure=0.7),
    Rule("decision", "answer", r"^final answer:? {rest}", sure=0.8),
    Rule("decision", "will", r"\bwe will (?P<value>(?:do|keep|start|use|buy|take|hire|build|make|test|run|train|order|drop) (?!(?:it|that|this|so|my|our best|you)\b).+)", sure=0.65),
    Rule("decision", "scrap forget drop ditch kill skip cancel", r"^(?P<value>(?:scrap|ditch|drop|kill|skip|forget|cancel) the (?!(?:rest|last|question|idea i)\b)[\w-]+(?: [\w-]+)?)\b", asked=True, sure=0.7),
    Rule("decision", "has must needs", r"^(?:it|this|that) (?P<value>(?:has to|must|needs to) (?!be (?:done|ready|finished|fine|live|a joke|said|something)\b)(?:[\w-]+ ){2,}.*)$", sure=0.65),
    Rule("decision", "rule", r"^(?:the|our) (?:rule|agreement|condition|requirement|decision) is(?: that)? {rest}", sure=0.8),
    Rule("decision", "stick sticking", r"{I} (?:will )?(?:stick|are sticking|am sticking) (?:with|to) {rest}"),
    Rule("decision", "will not", r"\bwe (?:will not|are not going to) {rest}", sure=0.7),
)  # fmt: skip
"""The theme's rules."""
