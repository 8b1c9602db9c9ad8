"""A clause taken apart: who it is about, what holds or happens, whether it is denied or only meant to be, and the rest.

English puts subject, auxiliaries, verb and complement in that order, also in speech without punctuation. One pass over
the words finds them; the frames (`frames.py`) then look up the verb, so that a rule is about what is said and not about
how: "we've gone with arcese", "in the end arcese was chosen" and "arcese it is" are one thing.
"""

import re
from dataclasses import dataclass, replace
from typing import Literal

from backend.memory.spoken_numbers import SMALL, TENS

Who = Literal["self", "third", "other", "none"]
"""The speaker; "he" or "she"; a noun phrase; no subject at all ("hired Saskia")."""

Mode = Literal["", "will", "want", "must", "can", "used", "would", "promise", "decide", "aim"]

_IRREGULAR = """
be am is are was were been being; have has had having; do does did done doing; go goes went gone going; get gets got
gotten getting; take takes took taken taking; make makes made making; come comes came coming; leave leaves left leaving;
buy buys bought buying; choose chooses chose chosen choosing; break breaks broke broken breaking; build builds built
building; bring brings brought bringing; become becomes became becoming; begin begins began begun beginning; cut cuts
cutting; drive drives drove driven driving; eat eats ate eaten eating; fall falls fell fallen falling; find finds found
finding; fly flies flew flown flying; give gives gave given giving; grow grows grew grown growing; hold holds held
holding; keep keeps kept keeping; know knows knew known knowing; lead leads led leading; lose loses lost losing; meet
meets met meeting; pay pays paid paying; put puts putting; quit quits quitting; read reads reading; ride rides rode
ridden riding; run runs ran running; say says said saying; see sees saw seen seeing; sell sells sold selling; send sends
sent sending; set sets setting; sing sings sang sung singing; speak speaks spoke spoken speaking; spend spends spent
spending; stand stands stood standing; swim swims swam swum swimming; teach teaches taught teaching; tell tells told
telling; think thinks thought thinking; win wins won winning; wear wears wore worn wearing; write writes wrote written
writing; hit hits hitting; hurt hurts hurting; draw draws drew drawn drawing; drink drinks drank
drunk drinking; shut shuts shutting; swear swears swore sworn swearing; understand understands understood understanding;
let lets letting; deal deals dealt dealing; feel feels felt feeling; sleep sleeps slept sleeping; owe owes owed owing;
die dies died dying; undertake undertakes undertook undertaken undertaking; oversee oversees oversaw overseen
overseeing; rent rents rented renting; agree agrees agreed agreeing; see sees saw seen seeing; ship ships shipped
shipping; stop stops stopped stopping; rise rises rose risen rising; sink sinks sank sunk sinking; beat beats beaten
beating; catch catches caught catching; lend lends lent lending; steal steals stole stolen stealing; strike strikes struck striking; throw throws
threw thrown throwing; wake wakes woke woken waking; hear hears heard hearing; fight fights fought fighting; forget
forgets forgot forgotten forgetting; hang hangs hung hanging; hide hides hid hidden hiding; lie lies lay lain lying; seek
seeks sought seeking; split splits splitting; shrink shrinks shrank shrunk shrinking; freeze freezes froze frozen
freezing; tear tears tore torn tearing; ring rings rang rung ringing; rebuild rebuilds
rebuilt rebuilding; rewrite rewrites rewrote rewritten rewriting; forbid forbids forbade forbidden forbidding; bet bets
betting; fit fits fitted fitting; drop drops dropped dropping; plan plans planned planning; swap swaps swapped
swapping; scrap scraps scrapped scrapping; ditch ditches ditched ditching; knit knits knitted knitting; jog jogs jogged
jogging; refer refers referred referring; opt opts opted opting; skip skips skipped skipping; cancel cancels cancelled
canceled cancelling canceling; travel travels travelled traveled travelling traveling; enrol enrols enrolled enrolling;
sit sits sat sitting; show shows showed shown showing; bend bends bent bending; blow blows blew blown blowing; dig digs dug
digging; dream dreams dreamed dreamt dreaming; flee flees fled fleeing; forgive forgives forgave forgiven forgiving; leap
leaps leapt leaped leaping; mean means meant meaning; overcome overcomes overcame overcoming; shake shakes shook shaken shaking; shine shines shone
shining; slide slides slid sliding; smell smells smelled smelt smelling; spell spells spelled spelt spelling; spill spills spilled spilt spilling;
spin spins spun spinning; spoil spoils spoiled spoilt spoiling; spread spreads spreading; sting stings stung stinging; sweep sweeps swept sweeping;
swing swings swung swinging; weave weaves wove woven weaving; stir stirs stirred stirring; occur occurs occurred occurring; tie ties tied tying;
sublet sublets subletting; outgrow outgrows outgrew outgrown outgrowing; overdo overdoes overdid overdone overdoing; withdraw withdraws withdrew withdrawn withdrawing; retell retells retold retelling;
resell resells resold reselling; redo redoes redid redone redoing; retake retakes retook retaken retaking; light lights lit lighting; cast casts casting; kneel kneels knelt kneeling; lay lays laid laying;
bear bears bore born borne bearing; stick sticks stuck sticking; commit commits committed committing
"""
_REGULAR = """
live reside base stay move name select finalize finalise insure guarantee headline upload automate digitise redo redesign renovate rebuild appoint weigh relocate settle work join resign retire start finish launch open close sign approve reject hire fire
promote appoint report manage head handle own use switch migrate change adopt decide pick settle like love enjoy
adore hate dislike detest loathe prefer need want aim hope promise deliver prepare present draft share
finish submit upload call email mail text ask invite visit attend host celebrate marry divorce expect turn learn study
play practise practice collect coach paint cook bake garden climb hike ski sail row surf dance cycle volunteer perform
rent lease purchase inherit raise receive lower reduce increase extend postpone delay push shift slip pass fail graduate
test pilot ship replace introduce develop design program code track store log organise organize run order book cost earn
charge fire follow cover complete arrive return crash stay shorten double halve reach avoid save improve expand add
remove include exclude require allow hand undertake look speak suffer react swell carry crack discover count employ serve
process produce store care talk check thank wait answer agree vote renew expire plump bother conk sew crochet strive abandon revert chuck bin dump axe shelve park bike award fit seat transfer assign grant employ headhunt poach found own twist sprain injure dislocate fracture date cheer relax calm fascinate dread smoke elope total average remain bear cover share guarantee modernise modernize overhaul digitize rent borrow dye exercise restore trial brew carve chase clear remind circulate type rank triple quadruple accommodate shorten resit retake qualify undergo expect provide flood burn collapse decline annoy bother irritate bore exhaust stress scan print appear defend complain admit schedule arrange prove roll merge outsource vanish jump climb touch hate earmark cap limit accept refuse ping forward notify fix mend assemble calculate estimate measure monitor inspect verify validate document summarise summarize negotiate purchase recruit interview onboard brief consult advise assist support protect insure claim refund invoice bill deliver dispatch transport load unload pack unpack label sort collect distribute sew assemble install configure integrate connect migrate export import archive delete restore rename upgrade downgrade patch deploy release reopen renegotiate relocate refurbish equip furnish decorate plant harvest breed feed milk brew roast serve seat host cater celebrate commemorate invite welcome greet escort guide translate interpret subtitle edit proofread publish broadcast record film photograph perform rehearse audition tour compete qualify participate enter withdraw score defeat advance progress recover heal operate prescribe diagnose treat vaccinate examine admit discharge faint vomit bleed ache sneeze cough quarantine isolate adopt foster babysit nurse rear marry separate propose elope inherit donate pledge sponsor fundraise volunteer campaign elect nominate govern legislate regulate license certify accredit register enroll enrol apply interview shortlist reapply transfer rotate step switch upskill mentor coach lecture tutor research experiment analyse analyze discover invent patent prototype sketch model simulate compute optimise optimize debug refactor automate outsource insource centralise centralize decentralise standardise standardize harmonise consolidate restructure reorganise reorganize downsize liquidate acquire divest list float audit reconcile forecast budget allocate amortise depreciate hedge invest trade borrow lend repay settle default collapse bankrupt relaunch rebrand advertise promote market pitch demo present showcase exhibit unveil announce declare confirm cancel postpone reschedule attend chair minute facilitate moderate agree explain confirm sound seem appear happen shoot sponsor step reschedule sanction allocate grant reply fill clean wash pick miss train supervise coordinate maintain repair sponsor swim walk jog commute smile grin laugh joke nod cry wave blush shrug sigh continue freelance moonlight forbid ban offer pray
yawn weep frown giggle stare glance mark tag highlight ignore flag
act approach arrest attack attempt back balance bargain bark bath battle benefit blame block blog boost bounce bow bowl box brush bump camp
cause challenge chat cheat clap click combine comment contact contract control copy damage dare debate decrease demand direct divide doubt drag
dress dry empty encourage escape exchange excuse experience face fancy fast fax fear fence figure file fish flow focus fold force form fund gain
gamble game glue grab grill guard guess hack hammer harm heat help hug hurry influence insult interest iron journal judge kick kill kiss lack
last lean lift link loan lock long match matter mind mix mould murder nail nest notice number object paddle part paste pause peel
permit phone pinch place plug podcast point polish pop pour press protest pump punch quarrel queue race rain regret request rescue reserve respect
rest review reward risk rub ruin rule rush scare scratch scream screw secure shape shave shelter shock shop shout slap slice
slow snap snow sort spare spot spray squeeze stain stamp stitch strap stream strip suit supply surprise suspect
sweat tape taste tick tidy time tip trace trap trick trip trouble trust tug update upset vet warm waste watch water wave whip whistle
wink witness wonder worry wrap wreck zoom abseil achieve admire afford appreciate argue assess assume attach attract backpack bathe beg
behave believe belong benchmark bless bully bungee carpool chew chop communicate compare concentrate concern conclude confess confuse consider consist
contain contribute convince cope crawl crowdfund define delegate deny depend describe deserve destroy detect differ digitalise dine disagree disappear
disappoint discuss dismiss dive educate embarrass emigrate entertain escalate establish evaluate excite exist explore fasten fetch frighten fry gather
hesitate hibernate hitchhike homeschool housesit identify imagine immigrate impress inject insist intend interrupt involve juggle kayak liaise lick
listen mediate meditate melt memorise mention moan multiply obey observe obtain offload oppose outgrow outlive overflow overlook persuade please
preach preserve pretend prevent prioritise prioritize pull punish realign realise realize rearrange recognise recognize recommend recycle reflect
rehire relate rely remember repeat represent resist resolve restrict result reuse reveal revise rework satisfy scatter scrape shiver snorkel soak
solve sparkle squash steer streamline strengthen stretch subscribe succeed suggest suppose surround survive suspend tame tease telephone tempt
threaten tickle tumble underestimate undress unite unlock vary wander warn wash whisper widen wipe wobble wrestle yell rehearse interpret
acquit adjudicate alter amputate anaesthetise anodise appraise arbitrate belay bevel birdwatch blanch braise busk choreograph compost conserve convict
curate decant demolish deport detain disinfect distil dredge emboss evict excavate extrude ferment forage fumigate furlough galvanise garnish graze
harrow haul herd inoculate insulate intubate invigilate irrigate knead launder litigate livestream marinate medicate naturalise notarise orienteer
overtake palletise plough procure prosecute prune ratify redeploy refuel rehabilitate reimburse reinsure reload remortgage render reorder reroute
restock reupholster rewire sanitise sear sedate solder steam sterilise stockpile subpoena suture telecommute testify thresh transcribe trek triage
trim typeset underwrite unionise upholster varnish wallpaper wean weed weld appeal mow anchor bale bandage bolt bottle cast catalogue clamp cure
detour drill expense ferry frame graft gut hem lobby master net patrol pave pension petition plaster plate plumb police premiere pulp referee reverse
roof sand scaffold screen season service shuttle skin sprint stage survey tailor tax tile tow trawl value wire canvass conduct
search seek hunt deputise deputize apologise bruise strain deposit inform lapse respond transfer implement convert bid wish smash knock rear resit retake land
""".split()


_NOT_DOUBLED = frozenset("visit open offer limit edit audit vomit exit orbit debit benefit".split())


def _lexicon() -> dict[str, tuple[str, str]]:
    """Every form of the verbs above: its base form and "base", "s", "past" or "ing"."""
    found: dict[str, tuple[str, str]] = {}
    for base in _REGULAR:
        stem = base.removesuffix("e")
        doubled = base[-1] in "bdgmnpt" and base[-2] in "aeiou" and base[-3] not in "aeiou" and len(base) < 6
        third = base + ("es" if base.endswith(("s", "sh", "ch", "x")) else "s")
        past, ing = stem + "ed", (base if base.endswith("ee") else stem) + "ing"
        if base.endswith("y") and base[-2] not in "aeiou":
            third, past = base[:-1] + "ies", base[:-1] + "ied"
        if doubled and base not in _NOT_DOUBLED:
            past, ing = base + base[-1] + "ed", base + base[-1] + "ing"
        for form, kind in ((base, "base"), (third, "s"), (past, "past"), (ing, "ing")):
            found.setdefault(form, (base, kind))
    for group in " ".join(_IRREGULAR.split("\n")).split(";"):
        base, *forms = group.split()
        found[base] = (base, "base")
        for form in forms:
            kind = "ing" if form.endswith("ing") else "s" if form.endswith("s") and form != "was" else "past"
            found[form] = (base, kind)
    found.update({"am": ("be", "s"), "is": ("be", "s"), "are": ("be", "base"), "was": ("be", "past")})
    return found


VERBS = _lexicon()

ADVERBS = frozenset(
    """also really just currently actually still now always both usually mostly recently finally already only mainly
    even all absolutely totally truly personally generally normally simply officially often sometimes honestly
    definitely basically then never not sadly luckily fortunately unfortunately together soon once again probably kinda
    myself ourselves himself herself here there today yesterday tonight tomorrow ever thankfully obviously hereby
    strictly directly further ago since""".split()
)
_MODAL: dict[str, Mode] = {
    "will": "will", "shall": "will", "would": "would", "could": "would", "might": "would", "may": "would",
    "can": "can", "cannot": "can", "must": "must", "should": "must",
}  # fmt: skip
_BEFORE_TO: dict[str, Mode] = {
    "going": "will", "about": "will", "fixin": "will", "fixing": "will", "due": "will", "have": "must", "has": "must",
    "had": "must", "got": "must", "need": "must", "needs": "must", "want": "want", "wants": "want", "wanted": "want",
    "hope": "want", "hopes": "want", "hoping": "want", "aim": "aim", "aims": "aim", "aiming": "aim",
    "plan": "aim", "plans": "aim", "planning": "aim", "intend": "aim", "intends": "aim", "trying": "want", "try": "want",
    "told": "must", "used": "used",
    "supposed": "must", "meant": "must", "bound": "must", "determined": "aim", "asked": "must", "agreed": "decide", "decided": "decide", "promised": "promise",
}  # fmt: skip
_AUXILIARY = frozenset(
    ("am", "is", "are", "was", "were", "be", "been", "being", "have", "has", "had", "do", "does", "did")
)
_DENIAL = frozenset(("not", "never", "no", "longer", "hardly", "neither"))
_SELF = frozenset(("i", "we"))
_THIRD = frozenset(("he", "she"))
_NO_SUBJECT = frozenset(
    """to of with from by at in on for about that which who what when where why how if whether than as because while
    and or but so you they these those""".split()
)
_FURTHEST = 7  # words of a subject


@dataclass(slots=True)
class Statement:
    """subject: its words, '' for none. verb: base form. form: of the verb. rest: what follows it. at: of the verb's word."""

    who: Who
    subject: str
    verb: str
    form: str
    rest: str
    mode: Mode = ""
    denied: bool = False
    passive: bool = False
    going_on: bool = False
    always: bool = False
    phrase: str = ""

    @property
    def past(self) -> bool:
        """Whether it is told as something that happened."""
        return self.form == "past"


def lemma(word: str) -> tuple[str, str] | None:
    """Return base form and kind of a verb's form; None for a word that is no verb we know. "drivin" is "driving"."""
    found = VERBS.get(word)
    if found is None and word.endswith("in"):
        found = VERBS.get(word + "g")
    return found


_LINKED = re.compile(
    r"^(?:though|although|because|where|which means|while|and|but|so|since(?= (?:i|we) (?:am|are|have))|that(?= (?:i|we) )) (?=\w+ \w)",
    re.IGNORECASE,
)
_WOULD_LIKE = re.compile(r"\b(i|we|he|she) would (?:really |so |also |still )*(?:like|love) to ", re.IGNORECASE)
_WHEN_FIRST = re.compile(
    r"^(?:on|in|since|from|starting|at|by|for|next|last|this|every|until|till|after|before|as of|tomorrow|yesterday|today|these days|at the moment)\b"
    r"(?: [\w'.:-]+){0,5}?,? (?=(?:i|we|he|she|my|our|(?-i:[A-Z])[\w-]+ (?:is|was|has|will)) )",
    re.IGNORECASE,
)


def parse(text: str) -> Statement | None:
    """Take a clause of plain text apart; None when it has no verb that we know."""
    text = _LINKED.sub("", text)
    if " would " in text:
        text = _WOULD_LIKE.sub(r"\1 want to ", text)
    if lead := _WHEN_FIRST.match(text):  # "on the 31st we must ship" is "we must ship on the 31st"
        text = f"{text[lead.end() :]} {lead[0].strip(' ,')}"
    words = text.split(" ")
    low = [word.casefold().strip(",.;:!?()") for word in words]
    at = _verb_group(low, words)
    if at is None:
        return None
    subject = " ".join(words[:at]).strip(" ,")
    first = low[0] if at else ""
    who: Who = "none" if not subject else "other"
    if at and (_SELF & set(low[:at]) and not set(low[:at]) & _NO_SUBJECT - {"and"}):
        who = "self"
    elif first in _THIRD:
        who = "third"
    elif first in ("you", "they", "who", "what", "which", "that", "it", "this", "there"):
        who = "other"
    statement = Statement(who, subject, "", "", "")
    begin = at
    while at < len(words):
        word = low[at]
        if word in _DENIAL:
            statement.denied = True
        elif word in ADVERBS:
            statement.always = statement.always or word == "always"
        elif word in _MODAL:
            statement.mode = _MODAL[word]
            statement.denied = statement.denied or word == "cannot"
        elif word in _BEFORE_TO and at + 1 < len(words) and low[at + 1] == "to" and (at + 2 < len(words)):
            if word in ("going", "due", "about", "agreed") and not lemma(low[at + 2]):
                break
            statement.mode = _BEFORE_TO[word]
            if word in ("going", "about") and statement.form == "past":
                statement.mode = "would"  # "i was going to move" does not tell whether it happened
            if word == "had":  # "we had to close" is what happened
                statement.mode, statement.form = "", "past"
            at += 1
        elif (
            word in _GETTING
            and at + 1 < len(low)
            and (after := lemma(low[at + 1]))
            and after[1] == "past"
            and low[at + 1] not in VERBS_OF_GOING
        ):
            statement.passive, statement.form = True, "past" if word == "got" else statement.form
        elif word in _AUXILIARY and _goes_on(low, at):
            statement.passive = word in ("am", "is", "are", "was", "were", "been", "got", "be")
            if word in ("was", "were", "did", "had"):
                statement.form = "past"
        else:
            break
        at += 1
    else:
        return None
    known = lemma(low[at])
    if known is None:
        return None
    statement.verb = known[0]
    statement.form = "past" if statement.form == "past" else known[1]
    if low[at] == "been" and low[at - 1] != "had" and statement.form == "past":
        statement.form = "s"  # "has been" holds now
    statement.going_on = statement.passive and known[1] == "ing"
    statement.passive = statement.passive and known[1] == "past" and known[0] not in ("go", "get", "be")
    statement.rest = " ".join(words[at + 1 :]).strip(" ,")
    statement.phrase = " ".join(words[at:]).strip(" ,")
    if begin == 0 and known[1] == "base" and not statement.mode:
        statement.form = "order"  # "put it in", or "i" left out
    return statement


_JOINED = re.compile(r"[, ]+(?:and then|and also|and|but|then|,) (?=[a-z])", re.IGNORECASE)


def parse_all(text: str) -> list[Statement]:
    """Take a clause apart, and what is joined to its verb: "we sold the flat and bought a house" are two statements."""
    first = parse(text)
    if first is None:
        return []
    found = [first]
    for joint in _JOINED.finditer(first.rest):
        last = found[-1]
        tail = first.rest[joint.end() :]
        words = tail.split(" ")
        at = 0
        while at < len(words) - 1 and words[at].casefold() in ADVERBS:
            at += 1
        known = lemma(words[at].casefold().strip(",."))
        if known is None or words[at].casefold() in NOUNS or len(words) == at + 1 or not _fits(known[1], first.form):
            continue
        last.rest = last.rest[: len(last.rest) - len(tail)].rstrip(" ,").removesuffix("then").rstrip(" ,")
        for joiner in ("and", "but"):
            last.rest = last.rest.removesuffix(f" {joiner}").rstrip(" ,")
        last.phrase = f"{last.phrase.split(' ', 1)[0]} {last.rest}"
        phrase = " ".join(words[at:])
        found.append(
            replace(first, verb=known[0], rest=" ".join(words[at + 1 :]).strip(" ,"), phrase=phrase, denied=False)
        )
    return found


def _fits(form: str, first: str) -> bool:
    return form == first or ({form, first} <= {"past", "base"} and form == "past" and first == "past")


def _verb_group(low: list[str], raw: list[str]) -> int | None:
    """Return where auxiliaries and verb begin, behind the subject."""
    if low[0] in _SELF or low[0] in _THIRD or low[0] in ("it", "this", "that", "there", "they", "you"):
        at = 1
        if low[0] in _SELF and len(low) > 2 and low[1] == "and" and low[2] not in VERBS:
            at = 3  # "i and bo"
        while at < len(low) and low[at] in ("guys", "two", "three"):
            at += 1
        return at if at < len(low) else None
    for at, word in enumerate(low[: _FURTHEST + 1]):
        if "(" in raw[at]:
            return None
        if word in _NO_SUBJECT and word not in ("and", "of", "for", "in", "at", "from", "with", "by", "on", "about"):
            return None
        if word in ("is", "are", "was", "were", "has", "had", "will", "am", "does", "did", "cannot", "must", "can"):
            return at
        known = lemma(word)
        if known is None:
            continue
        form, before = known[1], low[at - 1] if at else ""
        after = low[at + 1] if at + 1 < len(low) else ""
        noun = (word in NOUNS or f"{word}g" in NOUNS) and not (form == "s" and before in _PEOPLE)
        if noun and not (
            (after in OBJECT_BEGINS or after in SMALL or after in TENS or after[:1].isdigit())
            and before not in _DETERMINERS
        ):
            continue
        if at == 0:
            if form == "ing" and (lemma(after) or ("", ""))[1] == "s":
                continue  # "marketing pays half"
            return 0
        if before in _DETERMINERS or form == "ing":
            continue
        if (
            form in ("s", "past")
            or (
                word in _ALIKE_PAST
                and before not in _DETERMINERS
                and not before.endswith("s")
                and before not in _NO_SUBJECT
            )
            or after in ("me", "us")
            or before in ("i", "we", "they", "people")
            or (before.endswith("s") and not before.endswith("'s"))
        ):
            return at
    return None


_PEOPLE = frozenset(
    """wife husband partner girlfriend boyfriend mother father mum mom mam dad son daughter brother sister boss manager colleague
    neighbour neighbor friend assistant deputy""".split()
)
"""Whoever acts: what follows in the third person is a verb, also where it is a noun elsewhere ("my wife works")."""
_DETERMINERS = frozenset(
    ("the", "a", "an", "my", "our", "his", "her", "of", "their", "your", "to", "for", "in", "new", "first")
)
OBJECT_BEGINS = frozenset(
    """the a an my our his her their your me us you him them it to on in at for with from by into up down out over off back
    all every each one two three""".split()
)
_BOTH = """anchor bale bandage bolt bottle cast catalogue clamp cure detour drill expense ferry frame graft gut hem lobby master net patrol pave pension petition plaster plate plumb police premiere pulp referee reverse roof sand scaffold screen season service shuttle skin sprint stage survey tailor tax tile tow trawl value wire canvass conduct appeal
act approach arrest attack attempt back balance bargain bark bath battle benefit bite blame block blog blow boost bounce
bow bowl box brush bump camp cause challenge chat cheat clap click combine comment contact contract control copy damage
dare debate decrease demand direct divide doubt drag dream dress dry empty encourage escape exchange excuse experience
face fancy fast fax fear fence figure file fish flow focus fold force form fund gain gamble game glue grab grill grind
guard guess hack hammer harm heat help hug hurry influence insult interest iron journal judge kick kill kiss lack last
lean leap lift light link loan lock long match matter mean mind mix mould murder nail nest notice number object paddle
part paste pause peel permit phone pinch place plug podcast point polish pop pour press protest pump punch quarrel queue
race rain regret request rescue reserve respect rest review reward risk rub ruin rule rush scare scratch scream screw
secure shake shape shave shelter shine shock shop shout show slap slice slide slow smell snap snow sort spare spell
spill spin spoil spot spray spread squeeze stain stamp stitch strap stream strip suit supply surprise suspect sweat
sweep swing tape taste tick tidy time tip trace trap trick trip trouble trust tug update upset vet warm waste watch
water wave whip whistle wind wink witness wonder worry wrap wreck zoom sit bend
budget list market model film record patch release chair minute pitch sketch brief bill photograph label invoice
float trade host guide mentor tutor vote transport load pack export import demo plant milk brew nurse research experiment
upgrade default forecast hedge sponsor claim purchase report delay result need aim hope limit cap shift slip push pull
tour campaign score seat fee feed question answer reply notice step stress print scan sound experience refund audit deal
design code log pass fail care track store switch promise share test pilot launch ship produce rent fire hit cut head
hand end start stop change charge cost exhibit present project escape search support study swap opt""".split()
"""Verbs that are nouns as well."""

NOUNS = frozenset((*_BOTH, *(f"{word}s" for word in _BOTH))) | frozenset(
    """call calls email mail text share plan plans work works order orders book visit test tests report start open cover
    train trains need needs use run runs change changes cost costs charge store stores log code program design drink
    turn ride build move moves walk dance cook coach garden paint count process care hand head heads study study's swim
    lead leads set cut drive places place meeting building training opening painting cooking learning reading writing
    running swimming earning finding feeling being reports designs studies""".split()
)


_GETTING = frozenset(("got", "gets", "getting"))
VERBS_OF_GOING = frozenset(("married", "engaged", "divorced", "promoted", "fired", "rid"))
"""What one gets, rather than what is done to one."""
_SET = frozenset(("cut", "put", "set", "hit", "shut", "split"))
"""Of those the ones that are done to something: "was put off", "is set for"."""
_ALIKE_PAST = frozenset(("quit", "put", "cut", "hit", "hurt", "shut"))
"""Verbs whose past looks like their base: "hemi quit"."""
_SAME_PAST = frozenset(("cut", "put", "set", "hit", "read", "quit", "run", "come", "become", "let", "shut", "hurt"))


def _goes_on(low: list[str], at: int) -> bool:
    """Tell whether an auxiliary has a verb behind it: "am leaving", "have always lived"; not "have two dogs"."""
    for word in low[at + 1 : at + 5]:
        if word in ADVERBS or word in _DENIAL:
            continue
        if word in ("been", "being", "going", "about", "supposed", "due", "fixin", "determined"):
            return True
        known = lemma(word)
        if known is None:
            return False
        if low[at] in ("do", "does", "did"):
            return known[1] == "base"
        if word in _SAME_PAST:
            return low[at] in ("have", "has", "had") or (low[at] != "be" and word in _SET)
        if known[1] == "ing" and at and (low[at] == "am" or low[at - 1] in ("i", "we", "he", "she")):
            return True
        return known[1] in ("past", "ing") and not (word in NOUNS and known[1] != "past")
    return False
