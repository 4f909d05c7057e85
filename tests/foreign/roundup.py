"""Roundup, an issue tracker: create an issue and find it again, in its users' words."""

from __future__ import annotations

from dataclasses import dataclass

from robots.effects import Effects, Seen
from robots.errors import CaseNeedsPerson, ReasonCode
from robots.screens import Screen
from robots.screens.sessions import Sessions
from robots.systems import web_log_in

SYSTEM = "roundup"
#: where the browser breaks the lines of a note when it is sent
LONGEST_LINE = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """An issue as its form shows it; no line of the note longer than `LONGEST_LINE`."""

    title: str
    priority: str
    status: str
    note: str


async def log_in(screen: Screen, user: str, password: str) -> None:
    """Log in and return when the start page shows; LogInRefused when the system does not take name or password."""
    await web_log_in.log_in(screen, user, password, system=SYSTEM, start="home")


class Roundup:
    """What a person does in the tracker."""

    def __init__(self, sessions: Sessions, effects: Effects) -> None:
        """Hold the logged-in sessions, and the record of what is written."""
        self._sessions = sessions
        self._effects = effects

    async def create(self, case_id: str, issue: Issue) -> None:
        """Create the issue once, whatever happens on the way; its title tells it from all others.

        Raises:
            CaseNeedsPerson: the system does not take it, or somebody else has created it.
            OutcomeUnknown: it may or may not be created.
        """
        async with self._sessions.session() as screen:

            async def look() -> Seen:
                found = await _found(screen, issue.title)
                if found is None:
                    return Seen.NOT_DONE
                return Seen.DONE if found == issue else Seen.UNCLEAR

            async def act() -> None:
                await screen.show("new_issue")
                values = {"title": issue.title, "priority": issue.priority, "status": issue.status, "note": issue.note}
                await screen.enter({f"new_issue.{name}": text for name, text in values.items()})
                if await screen.press_for("new_issue.submit", then=("issue", "rejected")) == "rejected":
                    message = "the tracker does not take the issue; look at what it says of it"
                    raise CaseNeedsPerson(message, codes=(ReasonCode.SYS_DIFF,), system=SYSTEM, view="rejected")

            await self._effects.ensure(case_id, f"{SYSTEM}.issue", look=look, act=act, system=SYSTEM)

    async def find(self, title: str) -> Issue | None:
        """Return the issue of exactly this title; None when there is none."""
        async with self._sessions.session() as screen:
            return await _found(screen, title)


async def _found(screen: Screen, title: str) -> Issue | None:
    await screen.show("issues", title=title)
    rows = await screen.rows("issues.rows")
    if not any(row["title"] == title for row in rows):
        return None
    await screen.pick("issues.rows", {"title": title}, then="issue")
    read = await screen.read("issue.title", "issue.priority", "issue.status", "issue.note")
    return Issue(title=read["issue.title"], priority=read["issue.priority"], status=read["issue.status"], note=read["issue.note"])
