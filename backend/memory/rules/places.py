"""Places that need no telling: large cities, and countries. "Ana from Lisbon" is no employee of Lisbon's."""

import re
import unicodedata

PLACES = frozenset(
    """aberdeen abidjan abuja accra adelaide ahmedabad amsterdam ankara antwerp athens atlanta auckland austin baltimore
    bangalore bangkok barcelona basel bath beijing beirut belfast belgrade bengaluru bergen berlin bern bilbao birmingham
    bogota bologna bombay bonn bordeaux boston bratislava bremen brighton brisbane bristol brno brussels bucharest budapest
    cairo calgary cambridge canberra cardiff casablanca charlotte chennai chicago cologne copenhagen cork cracow curitiba
    dakar dallas dar delhi denver detroit dhaka dortmund dresden dubai dublin dundee durban edinburgh edmonton eindhoven
    essen exeter florence frankfurt galway gdansk geneva genoa ghent glasgow gothenburg granada graz groningen hague hamburg
    hamilton hanoi hanover harare havana helsinki houston hull hyderabad innsbruck istanbul izmir jaipur jakarta johannesburg
    kampala karachi kathmandu kiev kigali kingston kolkata kyiv kyoto lagos lahore lausanne leeds leicester leiden leipzig
    lille lima limerick linz lisbon liverpool ljubljana london lucerne luxembourg lyon maastricht madrid malaga malmo malta
    manchester manila maputo marseille melbourne miami milan minneapolis minsk mombasa montpellier montreal moscow mumbai
    munich muscat nagoya nairobi nantes naples newcastle nice nottingham nuremberg odense odessa osaka oslo ottawa oxford
    palermo paris perth philadelphia phoenix pisa plymouth porto portland prague preston pretoria pune quebec recife
    reykjavik riga rio rome rotterdam salzburg santiago sapporo sarajevo seattle seoul seville sheffield singapore skopje
    sofia southampton stavanger stockholm strasbourg stuttgart sydney taipei tallinn tampere tirana tokyo toronto toulouse
    trieste trondheim tunis turin turku uppsala utrecht valencia vancouver venice verona vienna vilnius warsaw wellington
    winnipeg wroclaw york zagreb zurich
    albania algeria argentina armenia australia austria bangladesh belgium bolivia bosnia brazil bulgaria cameroon canada
    chile china colombia croatia cyprus czechia denmark ecuador egypt england estonia ethiopia finland france georgia
    germany ghana greece hungary iceland india indonesia iran iraq ireland israel italy japan jordan kenya korea kuwait
    latvia lebanon lithuania malaysia mexico moldova morocco mozambique nepal netherlands nigeria norway pakistan peru
    poland portugal romania rwanda scotland senegal serbia slovakia slovenia somalia spain sudan sweden switzerland syria
    taiwan tanzania thailand tunisia turkey uganda ukraine uruguay venezuela vietnam wales yemen zambia zimbabwe
    bavaria brittany catalonia cornwall dalmatia devon flanders galicia kent lancashire lombardy normandy ontario provence
    punjab queensland sardinia saxony sicily silesia tuscany ulster wallonia yorkshire kerala tasmania texas california
    florida ohio oregon""".split()
)


LANDS = re.compile(
    r"the (?:alps|lofoten|netherlands|us|usa|states|uk|canaries|canary islands|azores|maldives|philippines|dolomites|highlands|pyrenees"
    r"|balkans|baltics|emirates|cotswolds|lake district|peak district|black forest|bahamas|caribbean|midlands|bay area|outer hebrides|hebrides"
    r"|faroes|seychelles|ardennes|tatras|carpathians|andes|rockies|cape|algarve|dordogne|provence|camargue|gambia|congo|czech republic)\b",
    re.IGNORECASE,
)
"""Places that have an article."""


def is_known(name: str) -> bool:
    """Tell whether a name is one of them, also with the marks of its own alphabet: "Wroc\N{LATIN SMALL LETTER L WITH STROKE}aw"."""
    bare = name.casefold().translate(
        {ord("\N{LATIN SMALL LETTER L WITH STROKE}"): "l", ord("\N{LATIN SMALL LETTER O WITH STROKE}"): "o"}
    )
    return "".join(letter for letter in unicodedata.normalize("NFKD", bare) if letter.isascii()) in PLACES
