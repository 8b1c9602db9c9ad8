"""Stand-in until the date reader arrives: a few forms only."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta


@dataclass(frozen=True, slots=True)
class Period:
    begin: datetime
    end: datetime
    words: str


_M = {m: i + 1 for i, m in enumerate("january february march april may june july august september october november december".split())}
_D = {d: i for i, d in enumerate("monday tuesday wednesday thursday friday saturday sunday".split())}
_O = "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth twentieth".split()
_MON = "|".join(_M)
_RX = re.compile(
    rf"\b(?:(?P<d>\d{{1,2}})(?:st|nd|rd|th)?(?:(?:-| to )(?P<d2>\d{{1,2}}))? (?:of )?(?P<m>{_MON})|(?P<o>{'|'.join(_O)}) (?:of )?(?P<m2>{_MON})|(?P<m4>{_MON}) (?P<d4>\d{{1,2}})\b|(?:in |since |from )?(?P<m3>{_MON})(?: (?P<y>\d{{4}}))?|(?P<yy>20\d\d)|(?P<w>yesterday|today|tomorrow|tonight)|(?:(?P<q>last|next|this|on|by) )?(?P<wd>{'|'.join(_D)})|(?P<lq>last|next|this) (?P<lu>week|month|year|weekend|summer))\b",
    re.I,
)


def periods(text: str, now: datetime) -> list[Period]:
    out = []
    day = now.replace(hour=0, minute=0, second=0, microsecond=0)
    for f in _RX.finditer(text):
        w = f[0]
        m = f["m"] or f["m2"] or f["m4"]
        if m:
            month = _M[m.lower()]
            d = int(f["d"] or f["d4"] or (_O.index(f["o"].lower()) + 1 if f["o"] else 1))
            year = now.year + (1 if month < now.month - 5 else 0)
            try:
                b = datetime(year, month, d, tzinfo=UTC)
                e = datetime(year, month, int(f["d2"] or d), tzinfo=UTC) + timedelta(1)
            except ValueError:
                continue
        elif f["m3"]:
            month = _M[f["m3"].lower()]
            year = int(f["y"] or now.year)
            b = datetime(year, month, 1, tzinfo=UTC)
            e = datetime(year + month // 12, month % 12 + 1, 1, tzinfo=UTC)
        elif f["yy"]:
            b, e = datetime(int(f["yy"]), 1, 1, tzinfo=UTC), datetime(int(f["yy"]) + 1, 1, 1, tzinfo=UTC)
        elif f["w"]:
            b = day + timedelta({"yesterday": -1, "tomorrow": 1}.get(f["w"].lower(), 0))
            e = b + timedelta(1)
        elif f["wd"]:
            n = (_D[f["wd"].lower()] - day.weekday()) % 7
            if (f["q"] or "").lower() == "last":
                n = n - 7 if n else -7
            b = day + timedelta(n)
            e = b + timedelta(1)
        else:
            n = {"last": -1, "next": 1, "this": 0}[f["lq"].lower()]
            k = {"week": 7, "weekend": 7, "month": 30, "year": 365, "summer": 365}[f["lu"].lower()]
            b = day + timedelta(n * k - day.weekday())
            e = b + timedelta(k)
        out.append(Period(b, e, w))
    return out
