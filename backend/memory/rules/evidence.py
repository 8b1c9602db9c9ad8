"""Words that speak of a predicate: a clause without any of them proves nothing of it, whatever a model says."""

import re

_WORDS = {
    "name": r"\bname|\bcalled\b|\bi am\b|\bthis is\b|\bhere\b",
    "employer": r"\bwork|\bjob\b|\bjoin|\bemploy|\bcompany\b|\bat\b|\bfirm\b|\bhired\b",
    "role": r"\bi am\b|\bas an?\b|\bjob\b|\brole\b|\bposition\b|\bpromoted\b|\bcareer\b|\blead|\brun\b|\bhead\b|\bbecame\b|\bis\b",
    "lives_in": r"\bliv|\bmov|\bhome\b|\bbased\b|\brent|\bhouse\b|\bflat\b|\bapartment\b",
    "from_place": r"\bfrom\b|\bborn\b|\bgrew\b|\bhome\b",
    "birthday": r"\bbirthday\b|\bborn\b|\bturn",
    "age": r"\bam\b|\bis\b|\byears?\b|\bturned\b|\bold\b|\baged?\b",
    "email": r"@", "phone": r"\bphone|\bnumber\b|\bcall\b|\breach\b|\bmobile\b",
    "spouse": r"\bwife\b|\bhusband\b|\bpartner\b|\bmarried\b|\bspouse\b|\bfianc|\bgirlfriend\b|\bboyfriend\b",
    "child": r"\bson\b|\bdaughter|\bkids?\b|\bchild|\bsons\b|\bbaby\b|\btwins\b",
    "parent": r"\bmother\b|\bfather\b|\bmum\b|\bmom\b|\bdad\b|\bparents?\b",
    "sibling": r"\bbrother|\bsister|\bsibling|\btwin\b",
    "pet": r"\bdogs?\b|\bcats?\b|\bpet|\bpupp|\bkitten|\brabbit|\bhorse|\bhamster|\bparrot|\bbird",
    "friend": r"\bfriend|\bneighbou?r|\bbuddy\b", "colleague": r"\bcolleague|\bteam|\bwork|\bcoworker|\bfrom\b|\bour\b",
    "manager": r"\bboss\b|\bmanager\b|\breport|\bsupervisor\b", "team": r"\bteam\b|\bdepartment\b|\bgroup\b",
    "allergy": r"\ballerg|\bintoleran|\bcoeliac\b|\bceliac\b",
    "diet": r"\beat|\bvegetarian\b|\bvegan\b|\bdiet\b|\bdrink|\bpescatarian\b|\bfree\b|\bmeat\b",
    "likes": r"\blove|\blike|\benjoy|\bfavou?rite\b|\bfan\b|\binto\b|\badore\b|\bfond\b|\bcrazy\b",
    "dislikes": r"\bhate|\bdislike|\bstand\b|\bbear\b|\bnot like\b|\bnever\b|\bnot a fan\b|\bno\b",
    "prefers": r"\bprefer|\brather\b|\bbest\b|\bplease\b|\balways\b|\bbetter\b|\binstead\b",
    "language": r"\bspeak|\blanguage|\blearn|\bfluent|\bstud", "hobby": r"\bplay|\bhobb|\bfree time\b|\bevery\b|\bweekend|\bsince\b|\bdo\b|\bgo\b",
    "owns": r"\bown|\bbought\b|\bhave\b|\bgot\b|\bdrive\b", "uses_tool": r"\bus(?:e|es|ing)\b|\bswitched\b|\bin\b|\bwith\b",
    "works_on": r"\bproject\b|\bwork|\blead|\bbuild|\bmigrat|\blaunch|\bdevelop|\bcall",
    "deadline": r"\bdeadline\b|\bdue\b|\bby\b|\bdone\b|\bready\b|\blive\b|\buntil\b|\blaunch",
    "budget": r"\bbudget\b|\bmoney\b|\bspend\b|\bhave\b|\bcost", "amount": r"\bhave\b|\bare\b|\bis\b|\bcost|\babout\b|\bget\b|\bneed\b|\bpay",
    "decision": r"\bdecid|\bgo(?:ing)? (?:with|for)\b|\bchose\b|\bchosen\b|\bpick|\bagreed\b|\bsettled\b|\bdecision\b|\bwill\b",
    "commitment": r"\bwill\b|\bpromise|\bhave to\b|\bneed to\b|\bgoing to\b|\bmust\b",
    "meeting": r"\bmeet|\bcall\b|\bappointment\b|\breview\b|\bdemo\b|\bworkshop\b|\binterview\b",
    "trip": r"\btrip\b|\btravel|\bfly|\bflew\b|\bgo(?:ing)?\b|\bwent\b|\bholiday|\bvacation\b|\bvisit|\baway\b",
    "event": r"\b\w+ed\b|\bwent\b|\bwedding\b|\bexam\b|\bconcert\b|\bgot\b|\bhad\b|\bran\b|\bhave\b|\bwas\b|\bwill\b",
    "goal": r"\bwant\b|\bgoal\b|\bplan|\bhop|\bdream|\btrying\b|\baim",
}  # fmt: skip

EVIDENCE = {name: re.compile(pattern, re.IGNORECASE) for name, pattern in _WORDS.items()}
