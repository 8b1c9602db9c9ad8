"""Rules about what was undertaken, planned or lived through: commitments, meetings, trips, events, goals."""

from backend.memory.rules.rule import Rule
from backend.memory.rules.values import DATE, NUMBER

_DELIVER = (
    r"(?:ring|phone|return|hand|send|share|write|prepare|finish|deliver|draft|call|e-?mail|book|submit|review|update|sign|pay|bring|present"
    r"|fix|order|schedule|set up|organi[sz]e|talk to|speak to|speak with|contact|cancel|renew|hand in|hand over|get back to"
    r"|have|get|give|show|publish|upload|complete|test|buy|pick up|ask|inform|move|collect|file|ship|invite|meet|do)"
)
_MEETING = (
    r"(?:meeting|call|demo|review|workshop|interview|appointment|stand-?up|retro(?:spective)?|check-?in|one[ -]on[ -]one"
    r"|1:1|kick-?off|steering(?: committee)?(?: meeting)?|board meeting|lunch|dinner|session|catch-?up|presentation|sync"
    r"|dentist appointment|jour fixe|sprint review|planning|town hall)"
)
_EVENT = (
    r"(?:wedding|conference|exam|surgery|operation|graduation|concert|party|birthday party|funeral|marathon|race|training"
    r"|audit|go-?live|launch|festival|exhibition|premiere|anniversary|baptism|parade|holiday|performance|recital|move"
    r"|inspection|pilot|school play|trade fair|fair|hackathon|summit|offsite|webinar|final|(?:\w+ )?test|tournament|match|defen[cs]e)"
)
_HAPPENED = (
    r"(?:went|ran|attended|gave|finished|passed|failed|signed up|signed|had|met|visited|saw|bought|started|took|made"
    r"|won|lost|painted|read|watched|joined|adopted|celebrated|graduated|completed|volunteered|hosted|organi[sz]ed|applied"
    r"|received|launched|broke|quit|moved|sold|built|planted|cooked|baked|hiked|climbed|travelled|traveled|flew|drove|tried"
    r"|did|held|opened|published|presented|interviewed|spoke|performed|camped|swam|biked|played|helped|raised|donated"
    r"|created|arrived|delivered|shipped|submitted|installed|paid|repaired|replaced|published|inspected|wrote|learned|learnt|tested|migrated|closed|renewed|cancelled|injured|hurt|fell|retired|married)"
)

_MONTH = r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
_DAY_OF_MONTH = rf"(?:\d{{1,2}}(?:st|nd|rd|th)?(?: ?(?:-|to) ?\d{{1,2}})?(?: of)? {_MONTH}|{_MONTH} \d{{1,2}}(?:st|nd|rd|th)?(?: ?(?:-|to) ?\d{{1,2}})?)\b"

RULES = (
    # Commitments
    Rule("meeting", "move push shift reschedule postpone", rf"^(?:please )?(?:(?:we|i) (?:should|must|need to|have to|want to) )?(?:move|push|shift|reschedule|postpone) (?P<value>(?:the|our|my) (?:[\w-]+ )?(?:{_MEETING}|meetin) .*?(?:to|until) .*?{DATE}.*)", when="event", dated=True, asked=True, unreal=True, sure=0.75),
    Rule("commitment", "promised committed promise word swore", r"\bi(?: have| also| already)* (?:promised?|committed|swore|gave my word)(?: to)? {rest}", when="event"),
    Rule("commitment", "need have must needs", rf"\bi (?:still |also |really )*(?:need to|have to|must|am supposed to|am due to) (?P<value>{_DELIVER}\b.*?\b(?:(?:by|before|until|on|for)\b ?(?:{DATE})|today|tomorrow|tonight|this (?:week|afternoon|evening|morning)|next week).*)", when="event", dated=True, sure=0.85),
    Rule("commitment", "remind", r"^(?:please |(?:can|could|will|would) you (?:please )?)?(?:remind me|do not let me forget|make sure i do not forget) to {rest}", asked=True, when="event", sure=0.85),
    Rule("commitment", "would", r"^(?:i|he|she|they) would {rest}$", behind=r"\b(?:i|we)(?: have| already)* (?:(?:told|promised) (?!you\b)[\w. -]+|said)", unreal=True, when="event", sure=0.8),
    Rule("goal", "happy glad content delighted satisfied", rf"\b(?:i|we) would be (?:happy|glad|content|delighted|satisfied) with (?P<value>.*{NUMBER}.*)", unreal=True, sure=0.7),
    Rule("goal", "after aiming hoping looking", r"^what (?:i|we) (?:am|are) (?:really |mainly )?(?:after|aiming for|hoping for|looking for) is (?:to )?{rest}", asked=True, sure=0.75),
    Rule("goal", "like want love", r"^what (?:i|we) (?:would )?(?:really |most |also |still )?(?:like|want|love|need)(?: now| next| most| then| to see| to do| to have)? is (?:to |for )?{rest}", asked=True, unreal=True, sure=0.7),
    Rule("goal", "want", r"\b(?:first|only|main|one) thing (?:i|we) want to (?:do|see) is (?:to )?{rest}", sure=0.75),
    Rule("goal", "ideally", r"\bideally,? {rest}", sure=0.65, unreal=True),
    Rule("goal", "day", r"^one day,? (?:i|we) (?:will|am going to|are going to) {rest}", sure=0.65),
    Rule("goal", "should must", rf"^(?P<value>(?:it|that|this|the [\w ]+?) (?:should|must) (?:take|cost|be|last|need) (?:no more than|less than|under|at most|below|within|at least|max(?:imum)?|above|{NUMBER}[\w ]* or (?:less|more|better)).*)", unreal=True, sure=0.65),
    Rule("commitment", "you", rf"^you will (?:have|get) (?P<value>.+{DATE}.*)", when="event", dated=True, sure=0.7),
    Rule("commitment", "let", rf"^let me (?P<value>(?:send|get|give|check|prepare|write|draft|finish|find|bring|ask|call)\b.*{DATE}.*)", when="event", dated=True, sure=0.65),
    Rule("goal", "love like", r"\bi would (?:really |so )?(?:love|like) to (?P<value>(?!(?:know|see|hear|ask|talk|discuss|check|understand|thank|have)\b)[\w-]+ .*(?:one day|some day|someday|eventually|this year|next year|by \w+))", unreal=True, sure=0.75),
    # Meetings
    Rule("meeting", "meeting call demo review workshop interview appointment standup stand-up retro check-in lunch dinner session presentation steering kickoff kick-off planning catch-up 1:1 one-on-one sync", rf"{{I}} (?:have|had|have got|got|booked|scheduled|set up|planned|will have)(?: got)?(?: an?| the| my| our| another)? (?P<value>(?:[\w'-]+ ){{0,3}}?{_MEETING}\b(?: with (?:[\w'-]+ ?){{1,4}}?)?(?: (?:about|on|for) (?:the )?[\w-]+)? ?(?:on |at |in |this |next )?{DATE}.*)", when="event"),
    Rule("meeting", "meeting call demo review workshop interview appointment standup stand-up retro check-in steering kickoff kick-off presentation lunch dinner", rf"\b(?:the|my|our|first|next|weekly)? ?(?P<label>(?:[\w'-]+ ){{0,2}}?{_MEETING})(?: with [\w' -]+?)? (?:is|are|was|will be|takes place|happens|got moved|moved|has been moved)(?: now| always| moved| scheduled| planned| set| fixed| booked)*(?: from (?:[\w-]+ ){{1,2}}?)?(?: ?on| ?to| ?for| ?at)? {{when}}", when="event"),
    Rule("meeting", "meet meeting meets seeing", rf"{{I}} (?:am |are |will )?(?:meet|meeting|seeing) (?P<value>(?:with )?(?:[\w'-]+ ){{1,4}}?(?:on |at |in |this |next |every )?(?:{DATE}|every \w+).*)", when="event", sure=0.85),
    Rule("meeting", "weekly daily monthly", r"\b(?P<value>(?:weekly|daily|monthly|biweekly) (?:calls?|meetings?|reviews?|syncs?|check-?ins?|stand-?ups?|demos?) (?:are |is )?(?:on|at|every) .+)", when="event", sure=0.85),
    Rule("meeting", "meeting call demo review workshop interview appointment standup stand-up retro check-in steering kickoff kick-off presentation lunch dinner planning", rf"\b(?P<value>(?:[\w'-]+ )?{_MEETING}(?: (?:with|for|of) (?:the )?[\w'-]+(?: [\w'-]+)?)? (?:is |are |on |at |this |next )*(?:(?:every|each) \w+(?: \w+)?|{DATE}).*)", when="event", sure=0.75),
    Rule("meeting", "meets meet", r"\b(?:the|our) (?P<label>[\w ]{3,30}?) meets? {when}", when="event", sure=0.8),
    # Trips
    Rule("trip", "going flying travelling traveling driving heading off fly travel go visiting leaving sailing", r"{I} (?:am |are |will be |will )?(?:going|flying|travell?ing|driving|heading|off|fly|travel|leaving|taking the train|moving)(?: off| away| back| over| out| on holiday| on vacation| together| with .+?)? (?:to|for) {spot}", when="event", dated=True),
    Rule("trip", "away holiday vacation trip", r"{AM} (?:away|on holiday|on vacation|on a (?:business )?trip|off)\b.*?\b(?:in|to) (?!\d|the \d){spot}", when="event"),
    Rule("trip", "are am", rf"{{AM}} (?:on|in|at) {{spot}} (?:on |from )?(?:{DATE})", when="event", dated=True, sure=0.8),
    Rule("trip", "trip holiday vacation holidays flight honeymoon", r"\b(?:trip|holidays?|vacation|flights?|honeymoon|business trip|journey|weekend trip)\b(?: is| was)?(?: booked| planned)? (?:to|in) {spot}", when="event", sure=0.85),
    Rule("trip", "holiday holidays vacation leave off", rf"{{I}} (?:am |are |will be |have |take |go )?(?P<value>(?:on |off |my |our )*(?:holidays?|vacation|annual leave|leave|off\b(?! the))\b.*{DATE}.*)", when="event", dated=True, sure=0.7),
    Rule("trip", "off back", r"^i am (?:off to|back from) {going}", when="event", sure=0.75),
    # Events
    Rule("event", "lost broke crashed failed", rf"^(?P<value>{{person:subject}} (?:lost|broke|crashed|missed) (?:{NUMBER}|an?|the|our|all) .*)", sure=0.6),
    Rule("event", "training conference exam wedding workshop test audit pilot", rf"^(?:the )?(?P<value>(?:training|conference|exam|wedding|audit|pilot|workshop|(?:\w+ )?test)\b(?: (?:in|at|with|for) [\w-]+)? (?:from |on |is )*{DATE}.*)", when="event", sure=0.85),
    Rule("event", "get getting have having", rf"{{I}} (?:will )?(?P<value>(?:get|pick up|receive|start|have) (?:the|my|our|a|an) (?:[\w'-]+ ){{1,4}}?(?:on|in|at)? ?{DATE})", when="event", sure=0.75, dated=True),
    Rule("event", "leave", r"{WHOAM} (?P<value>(?:going )?(?:on|off on|on to) (?:maternity|parental|sick|paternity|study) leave\b.*)", when="event", sure=0.85),
    Rule("event", "live", r"\bwe (?:are|went) (?P<value>live\b.*)", when="event", dated=True, sure=0.8),
    Rule("event", "", rf"\b(?:i|we)(?: also| just| finally| recently| both| already)* (?P<value>(?!(?:did|had|lost|made|got|counted|used) (?:about |only |around )?{NUMBER} )(?!\w+ [^:]*: ){_HAPPENED}\b.*)", when="event", dated=True, sure=0.7),
    Rule("event", "", rf"^(?P<value>{_HAPPENED} (?:on )?{DATE})$", when="event", dated=True, sure=0.7),
    Rule("event", "start starts started end ends ended open opens opened close closes closed come comes came visit visits arrive arrives arrived begin begins moves get gets getting finishes leaves switched retires goes takes", rf"^(?:(?:on |at )?{DATE},? )?(?P<value>(?:the|my|our|their) (?:[\w'-]+ ){{1,4}}?(?:(?:will be|is going to be|was|gets?|is getting) \w+(?: \w+)?|starts?|started|ends?|ended|opens?|opened|closes?|closed|comes?|came|visits?|visited|arrives?|arrived|begins?|began|moves?|finishes|finished|leaves|retires|goes live|takes place)\b.*)$", when="event", dated=True, sure=0.7),
    Rule("event", "", rf"^(?P<value>(?:(?:the|my|our|their) )?(?!(?:i|we|he|she|it|they|you|that|this|there|who|what|which|and|but|so|every|each)\b)(?:[\w'-]+ ){{1,4}}?(?:went|broke|crashed|failed|was|were|passed|arrived|had|is having|is getting|is going|opened|launched|signed|died|collapsed|exploded|resigned|left|called|moved|come|comes|came)\b.*{DATE}.*)$", when="event", dated=True, sure=0.65),
    Rule("trip", "taking take took", r"{I} (?:am |are |will )?(?:taking|take|took) (?:the|my|our) [\w-]+ to {spot}", when="event", dated=True, sure=0.8),
    Rule("event", "", rf"^(?P<value>(?:(?:the|a|an|our|my|first|second|last|next) )?(?!(?:i|we|he|she|it|they|you|that|this|there|who|what|which|and|but|so|if|when|in|on|at|by|from|until|since|not|no|yes|maybe|please|only|just|about|around|every)\b)(?:[\w'-]+ ){{1,4}}?(?:is|are|starts|start|begins|ends|comes|on|from)(?: on| in| from)? (?:the )?(?:{DATE})(?: (?:to|until) {DATE})?)(?:,.*)?$", when="event", dated=True, sure=0.6),
    Rule("event", "", rf"^(?P<value>(?!(?:i|we|he|she|it|they|you|that|this|there|who|what|which|but|if|when|in|on|at|by|from|until|since|not|no|yes|maybe|please|only|just|about|around|every|before|after|between|till|for|to|is|are|or)\b)(?:[\w'-]+ ){{1,3}}?{_DAY_OF_MONTH}(?: (?:at|until|to) [\w:.-]+)?)(?:,.*)?$", when="event", dated=True, sure=0.6),
    Rule("event", "lease contract licence license visa permit insurance passport subscription warranty", rf"^(?P<value>(?:the |my |our |his |her )?(?:[\w-]+ )?(?:lease|contract|licence|license|visa|permit|insurance|passport|subscription|warranty) (?:is up|is due|runs out|expires|ends|lapses) (?:on |in |at |by )?{DATE})", when="event", dated=True, sure=0.7),
    # Goals
    Rule("goal", "want would", r"\bi (?:really |still |also |do |always )*(?:want to|would love to|would like to) (?P<value>(?:learn|become|run a|run the|lose|quit|write a|open|start (?:a|my own)|climb|save|get into|get better|get fit|retire|visit every|finish my|buy a|build a|found)\b.*)", unreal=True, sure=0.8),
    Rule("goal", "trying hoping planning aiming saving training hope plan", r"{AM} (?:trying|hoping|planning|aiming|saving|saving up|training|working hard) (?P<value>(?:to (?:learn|become|lose|quit|run|write|open|start|save|get|cut|finish|buy|build|reduce|improve|retire|eat|move|adopt|climb)|for (?:an?|the|my|our))\b.*)", sure=0.8),
)  # fmt: skip
"""The theme's rules."""
