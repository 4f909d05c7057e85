"""What the hand-written scripts read and fill in on the practice systems' pages, by the labels and captions that people see."""

from __future__ import annotations

#: {tab of an application: labels of its values}
TABS = {
    "hushall": ("Ärendenummer", "Sökande", "Inkommen", "Månad", "Medsökande", "Civilstånd", "Antal personer i bostaden"),
    "boende": ("Ärendenummer", "Sökande", "Boendeform", "Boendet har ändrats"),
    "inkomster": ("Ärendenummer", "Sökande"),
    "utgifter": ("Ärendenummer", "Sökande"),
    "tillgangar": ("Ärendenummer", "Sökande"),
    "planering": ("Ärendenummer", "Sökande", "Följer planeringen", "Dagar utanför kommunen"),
    "utbetalning": ("Ärendenummer", "Sökande", "Konto"),
}
TABLES = {
    "hushall": ("Barn",),
    "inkomster": ("Inkomster", "Barns inkomster", "Sökta förmåner som inte är beslutade"),
    "utgifter": ("Utgifter",),
    "tillgangar": ("Tillgångar",),
    "utbetalning": ("Bilagor",),
}
PERSON = ("Personnummer", "Skyddad folkbokföring", "Folkbokföringsadress", "Civilstånd")
AGENCIES = {
    "AF": (("Inskriven som arbetssökande", "Senaste aktivitetsrapport", "Sekretessmarkering"), ()),
    "FK": ((), ("Utbetalningar", "Pågående ärenden")),
    "SKV": ((), ("Utbetalningar",)),
    "TNS": ((), ("Fordon",)),
}
OVERVIEW = (
    "Ärende",
    "Personnummer",
    "Status",
    "Medsökande",
    "Civilstånd",
    "Adress",
    "Boendeform",
    "Antal i bostaden",
    "Konto",
    "Överbetalning",
)
OVERVIEW_TABLES = ("Barn", "Tillgångar", "Fordon")
CALCULATIONS_TABLES = (
    "Beräkningar",
    "Inkomster i beräkningar",
    "Utgifter i beräkningar",
    "Planer",
    "Jobbstimulans",
    "Periodiserade inkomster",
    "Referensramens inkomster",
    "Referensramens utgifter",
)
INCOME_FIELDS = ("Part", "Typ", "Datum", "Belopp")
COST_FIELDS = ("Typ", "Sökt belopp", "Godkänt belopp")
SUMS = (
    "Riksnorm",
    "Utgifter",
    "Inkomster",
    "Jobbstimulans, avräknas ej",
    "Barns arbetsinkomster, avräknas ej",
    "Underskott (-) / överskott",
    "Levnadskostnader i övrigt",
    "Belopp",
)
