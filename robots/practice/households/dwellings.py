"""Who stays where: children by days, shared dwellings, and changes of household or dwelling that a person must look at."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from robots.practice.households.stage import (
    Child,
    case_of,
    decided,
    electricity,
    first_day,
    fk,
    handed_off,
    household,
    registered_child,
    rent,
    with_case,
    with_form,
    with_register,
)
from robots.practice.persons import Cast
from robots.practice.world import ApplicationChild, Household, Person

_MARCH = date(2026, 3, 1)


def child_alternates_15_days(cast: Cast) -> Household:
    """A child that stays 15 days is a member of the household; 3820 a month is 3820 × 12 / 365 = 125.6, so 126 a day."""
    return household(
        cast,
        about="A single parent whose child of 7-10 alternates and stays 15 days.",
        children=(Child(ages=(7, 10), residence="växelvis", days=15),),
        incomes=(fk("barnbidrag", 625), fk("aktivitetsstöd", 5600)),
        expenses=(rent(8300), electricity(600)),
        expected=decided(
            9915,
            "15 days of 126 are 1890; single 3940 + child 1890 + common of two 1410 = 7240; 7240 + rent 8300 + electricity 600 = 16140; "
            "16140 - barnbidrag 625 - aktivitetsstöd 5600 = 9915",
        ),
    )


def child_alternates_14_days(cast: Cast) -> Household:
    """Below 15 days a child is no member; 4390 a month is 4390 × 12 / 365 = 144.3, so 144 a day."""
    return household(
        cast,
        about="A single parent whose child of 11-14 alternates and stays 14 days; the child is registered with the other parent.",
        month="2026-06",
        children=(Child(ages=(11, 14), residence="växelvis", days=14, is_registered=False),),
        incomes=(fk("barnbidrag", 625), fk("aktivitetsstöd", 7400)),
        expenses=(rent(6800), electricity(500)),
        expected=decided(
            6511,
            "14 days of 144 are 2016; single 3940 + child 2016 + common of one 1280 = 7236; 7236 + rent 6800 + electricity 500 = 14536; "
            "14536 - barnbidrag 625 - aktivitetsstöd 7400 = 6511",
        ),
    )


def small_child_alternates_and_eats_in_preschool(cast: Cast) -> Household:
    """The daily amount of a row without lunch: 2720 × 12 / 365 = 89.4, so 89 a day."""
    return household(
        cast,
        about="A single parent whose child of 4-6 alternates, stays 16 days and eats lunch in preschool.",
        month="2026-08",
        children=(Child(ages=(4, 6), residence="växelvis", days=16, lunch="utanför hemmet"),),
        incomes=(fk("barnbidrag", 625), fk("etableringsersättning", 5900)),
        expenses=(rent(7700), electricity(520)),
        expected=decided(
            8469,
            "16 days of 89 are 1424; single 3940 + child 1424 + common of two 1410 = 6774; 6774 + rent 7700 + electricity 520 = 14994; "
            "14994 - barnbidrag 625 - etableringsersättning 5900 = 8469",
        ),
    )


def child_visits_4_days(cast: Cast) -> Household:
    """Few days: 126 a day, and no member of the household."""
    return household(
        cast,
        about="A single adult whom a child of 7-10 visits for four days.",
        month="2026-03",
        children=(Child(ages=(7, 10), residence="umgänge", days=4, is_registered=False),),
        incomes=(fk("sjukpenning", 5300),),
        expenses=(rent(6600), electricity(440)),
        expected=decided(
            7464,
            "4 days of 126 are 504; single 3940 + child 504 + common of one 1280 = 5724; 5724 + rent 6600 + electricity 440 = 12764; "
            "12764 - sjukpenning 5300 = 7464",
        ),
    )


def child_visits_the_whole_of_july(cast: Cast) -> Household:
    """31 days of 126 would be 3906, more than the monthly 3820, which is the limit."""
    return household(
        cast,
        about="A single adult whom a child of 7-10 visits for the whole of July.",
        month="2026-07",
        children=(Child(ages=(7, 10), residence="umgänge", days=31, is_registered=False),),
        incomes=(fk("sjukpenning", 5300),),
        expenses=(rent(6600), electricity(440)),
        expected=decided(
            10910,
            "31 days of 126 are 3906, at most 3820; single 3940 + child 3820 + common of two 1410 = 9170; "
            "9170 + rent 6600 + electricity 440 = 16210; 16210 - sjukpenning 5300 = 10910",
        ),
    )


def lodger(cast: Cast) -> Household:
    """The common costs are shared with somebody who is not of the household and stands in the register as `annan`."""
    told = household(
        cast,
        about="A single lodger in a dwelling of two.",
        persons_in_dwelling=2,
        incomes=(fk("aktivitetsstöd", 4900),),
        expenses=(rent(4200), electricity(200)),
        expected=decided(
            4145,
            "half of the common costs of two 1410 is 705; single 3940 + common 705 = 4645; 4645 + rent 4200 + electricity 200 = 9045; "
            "9045 - aktivitetsstöd 4900 = 4145",
        ),
    )
    other = cast.person(ages=(30, 64), on=_MARCH, family_name=cast.family_name())
    told = with_register(replace(told, persons=(*told.persons, other)), members=((other.personnummer, "annan"),))
    return with_case(with_form(told, housing_form="inneboende"), housing_form="inneboende")


def couple_in_a_dwelling_of_three(cast: Cast) -> Household:
    """The share is rounded down: 1790 × 2 / 3 = 1193.3."""
    return household(
        cast,
        about="A cohabiting couple with a lodger.",
        month="2026-05",
        partner="sambo",
        persons_in_dwelling=3,
        incomes=(fk("etableringsersättning", 6200), fk("etableringsersättning", 6200, party="medsökande")),
        expenses=(rent(6000), electricity(450)),
        expected=decided(
            2343,
            "two thirds of the common costs of three 1790 are 1193; couple 7100 + common 1193 = 8293; 8293 + rent 6000 + electricity 450 = 14743; "
            "14743 - etableringsersättning 6200 - etableringsersättning 6200 = 2343",
        ),
    )


def room_in_a_dwelling_of_eight(cast: Cast) -> Household:
    """Common costs of eight 2830 + 190 = 3020; an eighth is 377.5, rounded up to 378."""
    return household(
        cast,
        about="A single adult in a shared dwelling of eight.",
        month="2026-09",
        persons_in_dwelling=8,
        incomes=(fk("aktivitetsstöd", 4900),),
        expenses=(rent(3600),),
        expected=decided(
            3018,
            "an eighth of the common costs of eight 3020 is 378; single 3940 + common 378 = 4318; 4318 + rent 3600 = 7918; "
            "7918 - aktivitetsstöd 4900 = 3018",
        ),
    )


def parent_and_child_in_a_dwelling_of_five(cast: Cast) -> Household:
    """Two shares of five: 2330 × 2 / 5 = 932."""
    return household(
        cast,
        about="A single parent and a child of 7-10 who live with three others.",
        month="2026-06",
        children=(Child(ages=(7, 10)),),
        persons_in_dwelling=5,
        incomes=(fk("barnbidrag", 1250), fk("bostadsbidrag", 1900)),
        expenses=(rent(5200), electricity(300)),
        expected=decided(
            11042,
            "two fifths of the common costs of five 2330 are 932; single 3940 + child 3820 + common 932 = 8692; "
            "8692 + rent 5200 + electricity 300 = 14192; 14192 - barnbidrag 1250 - bostadsbidrag 1900 = 11042",
        ),
    )


def _family(cast: Cast, *codes: str, about: str, because: str, month: str = "2026-03", child: Child | None = None) -> Household:
    return household(
        cast,
        about=about,
        month=month,
        children=(child or Child(ages=(4, 6)),),
        incomes=(fk("barnbidrag", 1250), fk("aktivitetsstöd", 5000)),
        expenses=(rent(8200), electricity(550)),
        expected=handed_off(*codes, because=because),
    )


def _single(cast: Cast, *codes: str, about: str, because: str, month: str = "2026-03") -> Household:
    return household(
        cast,
        about=about,
        month=month,
        incomes=(fk("aktivitetsstöd", 5000),),
        expenses=(rent(6500), electricity(450)),
        expected=handed_off(*codes, because=because),
    )


def _joined(cast: Cast, told: Household, ages: tuple[int, int] = (25, 60)) -> tuple[Household, Person]:
    other = cast.person(ages=ages, on=first_day(told.application.month), family_name=told.persons[0].family_name)
    return replace(told, persons=(*told.persons, other)), other


def _registered(told: Household, child: Person) -> Household:
    """Return the household with the child registered with the applicant."""
    told = with_register(told, members=((child.personnummer, "barn"),))
    return replace(told, population=(*told.population, registered_child(child, told.population[0].address)))


def partner_has_left(cast: Cast) -> Household:
    """Single in the application and the register, with a co-applicant in the case system."""
    told = _single(
        cast, "HH-CHANGE", about="The case system still has a co-applicant who has moved out.", because="single now, sambo in the case system"
    )
    told, other = _joined(cast, told)
    return with_case(told, co_applicant=other.personnummer, civil_status="sambo", persons_in_dwelling=2)


def partner_in_the_register_only(cast: Cast) -> Household:
    """The register knows a sambo whom the application does not name."""
    told = _single(cast, "HH-CHANGE", about="The population register has a sambo of the single applicant.", because="sambo in the register only")
    told, other = _joined(cast, told)
    return with_register(told, members=((other.personnummer, "sambo"),))


def married_in_the_register(cast: Cast) -> Household:
    """Civil status differs between the register and the case system."""
    told = household(
        cast,
        about="A cohabiting couple that the population register now has as married.",
        month="2026-06",
        partner="sambo",
        incomes=(fk("aktivitetsstöd", 6200),),
        expenses=(rent(7600), electricity(600)),
        expected=handed_off("HH-CHANGE", because="gift in the register, sambo in the case system"),
    )
    one, two = told.persons
    told = with_register(told, adult=0, civil_status="gift", members=((two.personnummer, "make"),))
    return with_register(told, adult=1, civil_status="gift", members=((one.personnummer, "make"),))


def more_people_in_the_dwelling(cast: Cast) -> Household:
    """Somebody has moved in."""
    told = _single(cast, "HH-CHANGE", about="Somebody has moved in: two in the dwelling, one in the case system.", because="2 persons now, 1 before")
    return with_form(told, persons_in_dwelling="2")


def couple_in_two_dwellings(cast: Cast) -> Household:
    """The co-applicant is registered elsewhere."""
    told = household(
        cast,
        about="A cohabiting couple whose co-applicant is registered at another address.",
        partner="sambo",
        incomes=(fk("aktivitetsstöd", 6200),),
        expenses=(rent(7600), electricity(600)),
        expected=handed_off("HH-CHANGE", because="the co-applicant's address in the register is not that of the case"),
    )
    return with_register(told, adult=1, address=cast.address())


def moved(cast: Cast) -> Household:
    """A new address and another rent, within the ceiling."""
    told = household(
        cast,
        about="A single adult who has moved to a dearer dwelling within the ceiling.",
        month="2026-04",
        incomes=(fk("aktivitetsstöd", 5000),),
        expenses=(rent(6900, last=6500), electricity(450)),
        expected=handed_off(
            "HOUSING", "HH-CHANGE", because="housing changed is yes, rent 6900 was 6500; the register has another address than the case"
        ),
    )
    return with_register(with_form(told, housing_changed="Ja"), address=cast.address())


def other_housing_form(cast: Cast) -> Household:
    """The same dwelling under another form."""
    told = _single(cast, "HOUSING", about="A single adult who now rents second-hand.", because="andrahand now, hyresrätt in the case system")
    return with_form(told, housing_form="andrahand")


def newborn_registered_only(cast: Cast) -> Household:
    """A registered child is missing in the application."""
    told = _single(
        cast,
        "HH-CHILD",
        about="The register has a child under one whom the application does not name.",
        because="a registered child is not in the application",
        month="2025-01",
    )
    told, child = _joined(cast, told, ages=(0, 0))
    return _registered(told, child)


def child_not_in_the_register(cast: Cast) -> Household:
    """A child of full residence must be registered with an adult."""
    return _family(
        cast,
        "HH-CHILD",
        about="A child of full residence who is not registered with the parent.",
        because="heltid, but no barn in the register",
        child=Child(ages=(4, 6), is_registered=False),
    )


def child_has_turned_21(cast: Cast) -> Household:
    """The limit of the maintenance duty."""
    return household(
        cast,
        about="A single parent with a child who has turned 21.",
        month="2026-05",
        adult_ages=(40, 62),
        children=(Child(ages=(21, 21)),),
        incomes=(fk("aktivitetsstöd", 7000),),
        expenses=(rent(8500), electricity(600)),
        expected=handed_off("HH-CHILD", because="21 years on the first day of the month"),
    )


def days_of_the_child_differ(cast: Cast) -> Household:
    """More days than the case system has."""
    told = _family(
        cast,
        "HH-CHILD",
        about="An alternating child who stays 20 days by the application and 15 by the case system.",
        because="20 days now, 15 in the case system",
        child=Child(ages=(7, 10), residence="växelvis", days=15),
    )
    return with_form(told, children=tuple(replace(child, days="20") for child in told.application.children))


def lunch_of_the_child_differs(cast: Cast) -> Household:
    """Another norm row than the month before."""
    told = _family(cast, "HH-CHILD", about="A child of 4-6 who no longer eats in preschool.", because="lunch at home now, outside before")
    return with_case(told, children=tuple(replace(child, lunch="utanför hemmet") for child in case_of(told).children))


def child_has_moved_in(cast: Cast) -> Household:
    """A new child changes the household, its size and its incomes."""
    told = household(
        cast,
        about="A child of 7-10 has moved in: new in the application and the register, with barnbidrag for the first time.",
        month="2026-10",
        incomes=(fk("barnbidrag", 1250, last=0), fk("aktivitetsstöd", 5000)),
        expenses=(rent(7000), electricity(450)),
        expected=handed_off(
            "HH-CHILD", "HH-CHANGE", "INC-NEW", because="a child more, two persons in the dwelling instead of one, barnbidrag 1250 is new"
        ),
    )
    told, child = _joined(cast, told, ages=(7, 10))
    told = _registered(told, child)
    form_child = ApplicationChild(personnummer=child.personnummer, residence="heltid", days="31", lunch="hemma")
    return with_form(told, children=(form_child,), persons_in_dwelling="2")
