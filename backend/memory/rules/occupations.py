"""Nouns for what somebody does for a living, and for the units and fields of a firm."""

import re
from collections.abc import Iterable
from functools import lru_cache

ROLES = (
    r"(?:(?!(?:but|so|because|in|at|for|with|from|job|not|no|to|by|an?|the|my|our|is|was|and|of)\b)\w+ ){0,3}?(?:engineer|developer|manager|nurse|teacher|analyst|director|officer|consultant|architect|designer"
    r"|scientist|researcher|lawyer|doctor|dentist|accountant|assistant|coordinator|specialist|administrator|admin|chef"
    r"|cook|baker|carpenter|electrician|plumber|mechanic|driver|pilot|student|professor|lecturer|writer|editor|author"
    r"|journalist|photographer|artist|musician|actor|translator|librarian|pharmacist|therapist|psychologist|counselor"
    r"|counsellor|physiotherapist|midwife|paramedic|firefighter|farmer|gardener|owner|founder|co-founder|ceo|cto|cfo|coo"
    r"|cio|md|gm|president|head (?:brewer|chef|cook|nurse|gardener|teacher|coach|waiter|porter|keeper|buyer|baker|librarian|ranger|judge|designer|clerk|forester|groundsman|greenkeeper|sommelier|mechanic)|head(?: of [\w& ]+?)?|lead|leader|supervisor|buyer|planner|controller|auditor|trainer|coach|tutor"
    r"|recruiter|secretary|registrar|deputy (?:head|director|manager|editor|principal|mayor|ceo|registrar|chair|headteacher|secretary|president)|deputy(?! \w+ (?:manager|director|officer|head|secretary|editor))|receptionist|clerk|cashier|salesperson|salesman|programmer|technician|surveyor|inspector"
    r"|economist|statistician|biologist|chemist|physicist|veterinarian|vet|freelancer|contractor|entrepreneur"
    r"|product owner|scrum master|principal|postdoc|intern|trainee|apprentice|barista|waiter|waitress|bartender"
    r"|hairdresser|realtor|broker|banker|notary|judge|curator|producer|agent|executive|vp(?: of \w+)?|partner|surgeon"
    r"|paediatrician|pediatrician|radiologist|caretaker|teamlead|foreman|operator|welder|dispatcher|bookkeeper|adjuster"
    r"|underwriter|actuary|broker|solicitor|barrister|paralegal|forwarder|declarant|handler|clerk|sommelier|waiter"
    r"|chair|chairman|chairlady|chairperson|cmo|ciso|cpo|cso|physio|gp|nanny|carer|builder|joiner|roofer|cleaner|courier|butcher|optician|osteopath|civil servant|soldier|captain|skipper|fisherman|brewer|winemaker"
    r"|reporter|copywriter|publisher|interpreter|illustrator|animator|presenter|trader|investor|fundraiser|politician|councillor|mayor|diplomat|priest|vicar|pastor|warden|ranger|forester|instructor"
    r"|headteacher|headmaster|headmistress|estimator|fitter|machinist|trucker|steward|stewardess|flight attendant|landscaper|merchandiser|stylist|beautician|barber|mediator|investigator|detective"
    r"|valuer|developer|magistrate|rep|representative|tester|moderator|facilitator|sponsor|spokesman|archivist|registrar|matron|dietitian|dietician|radiographer|anaesthetist|chaplain|porter"
    r"|locksmith|gardener|housekeeper|concierge|secretary general|ombudsman|fellow|scholar|composer|conductor|singer|dancer|director general|line manager|point person|liaison"
    r"|freelance|right[- ]hand (?:man|woman)|self-employed|directorship|professorship|chairmanship|presidency|superintendent|commissioner|adviser|advisor|treasurer|dean|provost|rector|[a-z]{4,}(?:ologist|ician|keeper|smith|worker|master|maker|ographer|person|woman)|(?!tour|optim|pessim|perfection|femin|real|ideal|cons|pers|res|ins|ass|rac|sex|fasc)[a-z]{3,}(?<!l)(?<!qv)(?<!qu)ist|(?:project|product|account|office|area|store"
    r"|shop|branch|regional|sales|it|hr|case|change|data|plant|shift|site|general|claims|key account) (?:manager|lead|head"
    r"|owner|director|leader|handler))"
)
"""Ends a title of up to four words: "regional sales manager", "head of claims"."""

_ROLE = re.compile(ROLES, re.IGNORECASE)
_ALSO = frozenset("dev contact hand two successor replacement attendant master servant".split())


@lru_cache(maxsize=8192)
def _is_role(word: str) -> bool:
    return word in _ALSO or _ROLE.fullmatch(word) is not None or _ROLE.fullmatch(word.removesuffix("s")) is not None


def names_role(words: Iterable[str]) -> bool:
    """Tell whether a word among those is one for what somebody does. Words are few, so they are looked up."""
    return any(_is_role(word) for word in words)
