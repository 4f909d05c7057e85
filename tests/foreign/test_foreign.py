"""Two programs that nobody here wrote, worked with a selector file and a thin module; what they hold is asked of their own databases."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from functools import partial
from pathlib import Path

import pytest
import pytest_asyncio

from robots.casebook import Casebook, EffectState
from robots.effects import Effects
from robots.errors import CaseNeedsPerson, LogInRefused, ReasonCode
from robots.screens import Screen, TimeLimits, selector_file
from robots.screens.desktop import open_screen
from robots.screens.sessions import Sessions
from robots.screens.web import Browser
from tests.foreign import installations, roundup, tryton
from tests.foreign.installations import PASSWORD, USER, RoundupInstallation, TrytonInstallation, rows_of
from tests.foreign.roundup import Issue, Roundup
from tests.foreign.tryton import Party, Tryton

pytestmark = pytest.mark.asyncio(loop_scope="module")

SELECTORS = Path(__file__).parent / "selectors"
LIMITS = TimeLimits(view_seconds=20, answer_seconds=5)
SIGNS = "åäö ÅÄÖ é @ # % & / ( ) = ? + < > | ^ ~ § ½ € – ”så” 'så'"
LONG = "\n".join(f"Rad {number}: Åsa och Örjan på Åvägen ansöker, e-post a@b.se, märke #{number}." for number in range(1, 41))

PARTIES = (
    Party(name="Åsa Öberg-Lindström", building="Björken", street="Åvägen 2 lgh 1101", postal_code="012 34", city="Örnsköldsvik"),
    Party(name="Föreningen Å & Ä @ #1", building="", street="c/o Ängström\nÖstra Ågatan 5", postal_code="012 35", city="Åmål"),
    Party(name="Tecken " + SIGNS, building=SIGNS, street=SIGNS, postal_code="012 36", city=SIGNS),
    Party(name="Lång text", building="x" * 200, street=LONG, postal_code="012 37", city="Väsby"),
    # Its name stands in another's, which the search must not take it for.
    Party(name="Åsa Öberg", building="Eken", street="Ögatan 1", postal_code="012 38", city="Ås"),
)
ISSUES = (
    Issue(title="Åsa Öberg-Lindström", priority="bug", status="chatting", note="Åvägen 2 lgh 1101"),
    Issue(title="Föreningen Å & Ä @ #1", priority="urgent", status="unread", note="c/o Ängström\n\n  Östra Ågatan 5"),
    Issue(title="Tecken " + SIGNS, priority="wish", status="testing", note=SIGNS),
    Issue(title="Lång text " + "ö" * 200, priority="feature", status="in-progress", note=LONG),
    Issue(title="Åsa Öberg", priority="critical", status="deferred", note="Ögatan 1"),
)


class Crash(BaseException):
    """Stands for the end of the robot's process."""


def crash(_case_id: str, _name: str) -> None:
    raise Crash


@pytest.fixture(scope="module")
def casebook(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Casebook]:
    with Casebook(tmp_path_factory.mktemp("casebook") / "casebook.db") as book:
        yield book


def opened_case(casebook: Casebook, number: int) -> str:
    case_id = f"foreign:{number}"
    casebook.open_case(case_id, reference=f"EA-26-{number:05}", month="2026-03")
    return case_id


# --- Tryton: a desktop program in GTK


@pytest.fixture(scope="module")
def tryton_installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TrytonInstallation]:
    if why := installations.why_no_tryton():
        pytest.skip(why)
    with installations.tryton(tmp_path_factory.mktemp("tryton")) as installation:
        yield installation


async def tryton_screen(installation: TrytonInstallation, pictures: Path) -> Screen:
    selectors = selector_file.load(SELECTORS / "tryton.yaml")
    return await open_screen(selectors, command=installation.command, environment=installation.environment, pictures=pictures, limits=LIMITS)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def tryton_sessions(tryton_installation: TrytonInstallation, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Sessions]:
    open_one = partial(tryton_screen, tryton_installation, tmp_path_factory.mktemp("pictures"))
    sessions = Sessions(tryton.SYSTEM, open_one, lambda screen: tryton.log_in(screen, USER, PASSWORD), 1)
    try:
        yield sessions
    finally:
        await sessions.close()


def parties_in(installation: TrytonInstallation) -> list[tuple[object, ...]]:
    """Return every party with its addresses, in the order in which they were written."""
    question = "SELECT p.name, a.name, a.street, a.postal_code, a.city FROM party_party p LEFT JOIN party_address a ON a.party = p.id ORDER BY p.id"
    return [tuple(value or "" for value in row) for row in rows_of(installation.database, question)]


def written(party: Party) -> tuple[str, ...]:
    return (party.name, party.building, party.street, party.postal_code, party.city)


@pytest.mark.desktop
async def test_parties_are_written_in_tryton_exactly_and_once_and_are_found_again(
    tryton_installation: TrytonInstallation, tryton_sessions: Sessions, casebook: Casebook
) -> None:
    system = Tryton(tryton_sessions, Effects(casebook))
    for number, party in enumerate(PARTIES):
        await system.create(opened_case(casebook, number), party)
    assert parties_in(tryton_installation) == [written(party) for party in PARTIES]
    for party in reversed(PARTIES):
        assert await system.find(party.name) == party
    assert await system.find("Åsa") is None
    # Asked for again by another robot, which does not know that it is done: nothing is written.
    with pytest.raises(CaseNeedsPerson) as raised:
        await system.create(opened_case(casebook, 10), PARTIES[0])
    assert raised.value.codes == (ReasonCode.TWICE,)
    assert len(parties_in(tryton_installation)) == len(PARTIES)


@pytest.mark.desktop
async def test_a_party_that_was_saved_before_a_crash_is_found_and_not_written_again(
    tryton_installation: TrytonInstallation, tryton_sessions: Sessions, casebook: Casebook
) -> None:
    party = Party(name="Efter avbrott", building="", street="Åvägen 3", postal_code="012 39", city="Ö")
    case_id = opened_case(casebook, 11)
    with pytest.raises(Crash):
        await Tryton(tryton_sessions, Effects(casebook, after_act=crash)).create(case_id, party)
    assert casebook.effect_state(case_id, "tryton.party") == EffectState.INTENDED
    await Tryton(tryton_sessions, Effects(casebook)).create(case_id, party)
    assert casebook.effect_state(case_id, "tryton.party") == EffectState.DONE
    assert parties_in(tryton_installation).count(written(party)) == 1


@pytest.mark.desktop
async def test_a_form_that_was_left_half_filled_in_is_not_saved(
    tryton_installation: TrytonInstallation, tryton_sessions: Sessions, casebook: Casebook
) -> None:
    before = parties_in(tryton_installation)
    system = Tryton(tryton_sessions, Effects(casebook))
    assert await system.find("Ingen") is None
    async with tryton_sessions.session() as screen:
        await screen.press("parties.new", then="party")
        await screen.enter({"party.name": "Halv"})
    assert await system.find("Halv") is None
    assert parties_in(tryton_installation) == before


@pytest.mark.desktop
async def test_tryton_refusing_a_password_is_a_refused_log_in(tryton_installation: TrytonInstallation, tmp_path: Path) -> None:
    screen = await tryton_screen(tryton_installation, tmp_path)
    try:
        with pytest.raises(LogInRefused):
            await tryton.log_in(screen, USER, "fel")
    finally:
        await screen.close()


# --- Roundup: a web program


@pytest.fixture(scope="module")
def roundup_installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RoundupInstallation]:
    if why := installations.why_no_roundup():
        pytest.skip(why)
    with installations.roundup(tmp_path_factory.mktemp("roundup")) as installation:
        yield installation


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    opened = await Browser.open(executable=None)
    try:
        yield opened
    finally:
        await opened.close()


async def roundup_screen(browser: Browser, installation: RoundupInstallation, pictures: Path) -> Screen:
    return await browser.screen(selector_file.load(SELECTORS / "roundup.yaml"), address=installation.address, pictures=pictures, limits=LIMITS)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def roundup_sessions(
    browser: Browser, roundup_installation: RoundupInstallation, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Sessions]:
    open_one = partial(roundup_screen, browser, roundup_installation, tmp_path_factory.mktemp("pictures"))
    sessions = Sessions(roundup.SYSTEM, open_one, lambda screen: roundup.log_in(screen, USER, PASSWORD), 1)
    try:
        yield sessions
    finally:
        await sessions.close()


def issues_in(installation: RoundupInstallation) -> list[Issue]:
    """Return every issue with its one message, in the order in which they were written."""
    question = (
        "SELECT i._title, p._name, s._name, m.linkid FROM _issue i JOIN _priority p ON p.id = i._priority JOIN _status s ON s.id = i._status"
        " JOIN issue_messages m ON m.nodeid = i.id ORDER BY i.id"
    )
    found = []
    for title, priority, status, message in rows_of(installation.database, question):
        note = (installation.messages / "0" / f"msg{message}").read_text(encoding="utf-8")
        found.append(Issue(title=str(title), priority=str(priority), status=str(status), note=note))
    return found


@pytest.mark.browser
async def test_issues_are_written_in_roundup_exactly_and_once_and_are_found_again(
    roundup_installation: RoundupInstallation, roundup_sessions: Sessions, casebook: Casebook
) -> None:
    system = Roundup(roundup_sessions, Effects(casebook))
    for number, issue in enumerate(ISSUES):
        await system.create(opened_case(casebook, 20 + number), issue)
    assert issues_in(roundup_installation) == list(ISSUES)
    for issue in reversed(ISSUES):
        assert await system.find(issue.title) == issue
    assert await system.find("Åsa") is None
    with pytest.raises(CaseNeedsPerson) as raised:
        await system.create(opened_case(casebook, 30), ISSUES[0])
    assert raised.value.codes == (ReasonCode.TWICE,)
    assert len(issues_in(roundup_installation)) == len(ISSUES)


@pytest.mark.browser
async def test_an_issue_that_was_sent_before_a_crash_is_found_and_not_written_again(
    roundup_installation: RoundupInstallation, roundup_sessions: Sessions, casebook: Casebook
) -> None:
    issue = Issue(title="Efter avbrott", priority="bug", status="unread", note="Åvägen 3")
    case_id = opened_case(casebook, 31)
    with pytest.raises(Crash):
        await Roundup(roundup_sessions, Effects(casebook, after_act=crash)).create(case_id, issue)
    assert casebook.effect_state(case_id, "roundup.issue") == EffectState.INTENDED
    await Roundup(roundup_sessions, Effects(casebook)).create(case_id, issue)
    assert casebook.effect_state(case_id, "roundup.issue") == EffectState.DONE
    assert issues_in(roundup_installation).count(issue) == 1


@pytest.mark.browser
async def test_roundup_refusing_a_password_is_a_refused_log_in(browser: Browser, roundup_installation: RoundupInstallation, tmp_path: Path) -> None:
    screen = await roundup_screen(browser, roundup_installation, tmp_path)
    try:
        with pytest.raises(LogInRefused):
            await roundup.log_in(screen, USER, "fel")
    finally:
        await screen.close()
