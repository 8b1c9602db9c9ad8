"""Words that end a value, and words that are no names: speech has no capitals and no full stops to tell by."""

LANGUAGES = frozenset(
    """english german french spanish italian portuguese dutch swedish norwegian danish finnish polish czech russian
    ukrainian turkish arabic hebrew hindi urdu bengali tamil mandarin chinese cantonese japanese korean vietnamese thai
    greek latin hungarian romanian croatian serbian bulgarian persian farsi swahili catalan welsh irish icelandic
    yoruba igbo hausa zulu basque galician kurdish armenian georgian punjabi gujarati marathi nepali sinhala burmese khmer
    mongolian azerbaijani kazakh somali amharic pashto afrikaans flemish breton scots luxembourgish valencian esperanto slovak slovenian albanian malay indonesian tagalog isizulu isixhosa xhosa sesotho setswana shona wolof tigrinya oromo
    kikuyu luganda kinyarwanda telugu kannada malayalam maltese faroese sami macedonian bosnian belarusian uzbek tibetan maori""".split()
)
COMMON = frozenset(
    """against among amongst beyond inside outside towards across behind below beneath beside besides despite opposite per upon throughout underneath unlike versus a about above actually after afterwards again ago all almost alone along already also although always am an and
    another any anymore anyone anything anyway are around as ask asked asks at away back bad badly be because became been
    before began behind being best better between big both bring but buy by call called calls came can cannot care cause
    come comes could currently day days decided did different do does doing done down during each early either else even
    ever every everyone everything exactly except far feel few finally fine first for forever found from full fully gave
    get gets getting give go goes going gone good got great had happy hard has hate have having he her here hers him his
    home how however i if important in instead into is it its just keep keeps kept kids knew know knows last late lately
    later least leave leaves left less let like likely likes little live lived lives living long look looks lot lots love
    loves made main mainly make makes many maybe me mean means meet might mine moment more most mostly moved much must my
    myself near nearly need needs never new next nice no nobody none not nothing now of off often oh ok okay old older
    oldest on once one only onto or originally other others our ours out over own part people per perhaps plays please
    prefer pretty probably put quite rather read ready real really recently report reports right run runs said same saw
    say says see seems sent she should sign signs since sit so some somebody someone something sometimes soon sorry spoke
    start started starting starts still stopped such sure take takes talk tell than thank thanks that the their them then
    there therefore these they thing things think this those though thought through till time tired to today together
    wrote sent brought bought thought broke spoke fell drove flew ate slept hit sat stood rang paid won cut hung held
    told tomorrow tonight too took totally toward tried true try trying turned turns two under unfortunately until up us
    use used uses using usually very via wait want wanted wants was way we week weekend well went were what when where
    whether which while who whole whom whose why will wish with within without work worked working works would yeah year
    years yes yesterday yet you young younger youngest your yours and/or plus etc three four five six seven eight nine
    ten""".split()
)
TITLES = frozenset(
    [
        "dame",
        "madam",
        "mzee",
        "bwana",
        "seu",
        "dona",
        "mme",
        "mlle",
        "fru",
        "pan",
        "pani",
        "pak",
        "bu",
        "sheikh",
        "rabbi",
        "baroness",
        "baron",
        "missus",
        "fräulein",
        "sir",
        "lady",
        "lord",
        "captain",
        "reverend",
        "dr",
        "mister",
        "signora",
        "signor",
        "monsieur",
        "madame",
        "shri",
        "miss",
        "mr",
        "mrs",
        "ms",
        "prof",
        "professor",
        "doctor",
        "herr",
        "frau",
        "senor",
        "senora",
        "señor",
        "señora",
        "sr",
        "sra",
        "don",
        "doña",
    ]
)
LIKE_VERBS = frozenset(
    """blessing sterling keeling channing manning fleming harding browning lukas james thomas chris lucas marcus nicolas nicholas jonas andreas agnes hannes ines iris doris phyllis alexis elias
    tobias mathias matthias silas dennis louis luis carlos marcos charles frances francis lars hans klaus boris morris
    curtis travis otis alois jens nils niels rasmus magnus linus titus cyrus anais mercedes dolores lourdes moses jesus
    rose grant tess bess jess ross russ ahmed mohamed mohammed fred ned ted jared alfred wilfred saeed khaled waleed rashed majed
    andres tomas matias jess siobhans jules james's""".split()
)
"""Names that end like a verb ("my brother sends")."""
PARTICLES = frozenset("de da di del la van von der den al el bin ibn ní ni mac ó st dos du le".split())
"""Small words inside a person's name."""
PLAIN = frozenset(
    """grand brilliant decent fierce savage deadly lush wicked gorgeous fabulous fantastic amazing incredible
    marvellous splendid superb excellent outstanding terrific charming delightful pleasant patient impatient
    generous gentle kind mean nasty cruel strict lenient stubborn cheerful grumpy moody cranky chatty loyal
    reliable honest sincere humble modest arrogant vain selfish greedy lazy diligent clumsy careless cautious
    brave timid confident insecure ambitious creative practical logical emotional passionate enthusiastic
    energetic exhausted ill unwell better fit healthy pregnant blind deaf bald blond tall slim chubby elderly
    teenage adult childish silly goofy witty hilarious sarcastic serious solemn stern bossy pushy nosy fussy picky
    messy tidy neat dirty filthy drunk sober vegan shy introverted extroverted autistic dyslexic foreign local
    native fluent bilingual retired unemployed redundant self-employed part-time full-time temporary permanent
    freelance gone around upstairs downstairs abroad overseas somewhere nowhere everywhere online offline late
    early punctual delayed overdue urgent pending done finished ready stuck broke loaded minted skint furious
    livid delighted thrilled chuffed gutted devastated heartbroken relieved nervous anxious stressed overworked
    underpaid swamped snowed knackered shattered wrecked banjaxed grateful thankful ecstatic
    absolutely allowed angry annoying anxious apparently asleep awesome awful beautiful big bit boring bright broken
    broke calm careful certain cheap chief clean clear clever close cold comfortable common complete cool crazy cute dead
    deep difficult dirty double dry early easy empty enormous exactly exciting expensive extra fair famous fast final
    friendly full fun funny furious gone great half hard heavy high honest hot huge kind law lazy light long loud lovely
    low lucky main middle nervous new nuts obvious odd official old ours over perfect pleased plenty polite poor popular
    possible precise proud public quick quiet rare reasonable rich rude sad safe scared secret senior sensible several
    sharp short shy silly simple slow small smart soft solid special strange strict strong sweet tall terrible thick
    thin tiny top tough true ugly unhappy unusual useful weak weird wet wide wild wonderful worse worst wrong zero
    hundred thousand million twelve eleven twenty thirty forty fifty sixty seventy eighty ninety percent point
    money price problem question thing answer idea time lunch dinner breakfast holiday bed church least risk cost order
    stuff basis top noon midnight pocket business trip vacation leave fire strike purpose""".split()
)
NO_NAMES = frozenset(
    """bank government ministry police church mosque temple hospital clinic insurer landlord tenant customs court parliament army electricity internet wifi rent payment shipment parcel package weather traffic exam homework
    school rate schedule heating warehouse factory kitchen garden roof boiler van lorry truck tender invoice budget deadline date order supplier customer agency landlady family parents relatives neighbours colleagues friends everyone aha hush shush sit stay oi ugh mm hmm aye naw nope yep uh um er hmm kick-off kickoff launch board pilot training phase client customer sprint demo release go-live finance legal marketing sales procurement compliance delivery contract invoice server website union council management headquarters lactose gluten intolerant diabetic coeliac celiac asthmatic originally epileptic dyslexic colour blind widower widow retired self wow yay congrats congratulations woohoo aww looky anytime sir madam doctor nurse name names boss manager daughter son wife husband mother father dad mom mum brother sister
    dog cat birthday team project work job company speaking calling back german swedish french english american british
    and fine married single pregnant vegetarian vegan afraid available away busy curious glad grateful hungry ill
    interested late lost okay sick stuck excited worried allergic born free open serious aware confused responsible
    house car phone number email address place room office city town country school kindergarten university doctor's
    side end life head boy girl boys girls twins oldest youngest eldest hand english monday tuesday wednesday thursday friday saturday sunday january february march
    april june july august september october november december asap voice chat maths meeting""".split()
)
LINKS = frozenset(
    ("of", "the", "and", "de", "la", "le", "del", "von", "am", "an", "den", "und", "on", "upon", "&", "for")
)
