"""Waiting for a view after an address or a press, and saying what is wrong when it does not come."""

from __future__ import annotations

from dataclasses import dataclass

from robots.errors import CertificateRefused, ElementMissing, KollegaError, SessionLost, SystemTooSlow, SystemUnavailable
from robots.screens.selector_file import View
from robots.screens.web import pauses
from robots.screens.web.finding import Match, sound
from robots.screens.web.named_dialogs import NamedDialogs
from robots.screens.web.session import Session
from robots.screens.web.views import Views

_SETTLING_SECONDS = 0.15


@dataclass(frozen=True, slots=True)
class Pressed:
    """What was pressed, so that the page that it was pressed on is not taken for the one that must follow."""

    view: View
    #: when the document was made, if the same view can follow; None otherwise
    born: float | None
    at: float

    def may_be_old(self, match: Match, *, now: float, is_busy: bool) -> bool:
        """Whether the landmark can still be that of the page that it was pressed on."""
        return is_busy or (match.born == self.born and now - self.at < _SETTLING_SECONDS)


class Arriving:
    """Waits for the views of one session."""

    def __init__(self, session: Session, views: Views, dialogs: NamedDialogs) -> None:
        self._session = session
        self._views = views
        self._dialogs = dialogs

    async def arrive(self, *views: View, pressed: Pressed | None = None) -> View:
        """Wait for the landmark of one of the views, and say what is wrong when none comes.

        Args:
            views: any of which may come.
            pressed: what was pressed so that one comes; None after an address.

        Raises:
            SessionLost: the system wants a new log-in.
            ElementMissing: another page is up.
            SystemTooSlow: nothing came in time.
            CertificateRefused: what was asked for, or sent, has not reached the system, since its certificate is not believed.
            SystemUnavailable: the browser shows an error page.
        """
        session, traffic = self._session, self._session.traffic
        pause, idle_since, seen_since = pauses.SHORTEST_SECONDS, None, None
        while True:
            if pressed is not None and traffic.is_busy:
                # Whatever shows now is not to be trusted yet.
                await traffic.pause(pause)
            session.check_dialog(views[0].name)
            found = await self._views.landmarks(views)
            arrived = next(((view, match) for view, match in zip(views, found, strict=True) if isinstance(match, Match)), None)
            now, is_busy = session.now(), traffic.is_busy
            if arrived is not None:
                view, match = arrived
                seen_since = seen_since or now
                if pressed is None or not pressed.may_be_old(match, now=now, is_busy=is_busy) or now - seen_since > session.limits.answer_seconds:
                    return view
            elif not is_busy or pressed is None:
                for one in found:
                    sound(one)
                if (pressed is None or pressed.view.name not in session.selectors.session_lost) and await self._views.is_lost(views[0]):
                    raise SessionLost("the system wants a new log-in", system=session.system, view=views[0].name)
                if not is_busy:
                    page = session.page_of(views[0])
                    # After an address it is who asked for it that asks again, for cut connections too.
                    if pressed is not None and page is not None and await traffic.ask_again(page):
                        continue
                    self._check_broken(views[0])
                if await self._dialogs.answer({one.name for one in (*views, *((pressed.view,) if pressed is not None else ()))}):
                    idle_since = None
                    continue
            pause = pauses.SHORTEST_SECONDS if is_busy and not traffic.is_busy else pause
            idle_since = None if is_busy else idle_since or now
            if now > session.deadline or (idle_since is not None and now - idle_since > session.limits.answer_seconds):
                raise self._not_there(views[0], is_busy=is_busy)
            await traffic.pause(pause)
            pause = pauses.longer(pause)

    def _check_broken(self, view: View) -> None:
        page = self._session.page_of(view)
        if page is not None and (kind := self._session.traffic.error_of(page)):
            self._check_certificate(view)
            message = f"the browser shows an error page ({kind}) instead of the system's; look whether the system is up"
            raise SystemUnavailable(message, system=self._session.system, view=view.name)

    def _check_certificate(self, view: View) -> None:
        mistrust = self._session.traffic.mistrust
        if mistrust is not None:
            raise CertificateRefused(mistrust.said_of("the system"), system=self._session.system, view=view.name)

    def _not_there(self, view: View, *, is_busy: bool) -> KollegaError:
        self._check_certificate(view)
        page = self._session.page_of(view)
        if is_busy or page is None or page.url == "about:blank":
            message = f"the view did not come within {self._session.limits.view_seconds:g} seconds; look whether the system is slow"
            return SystemTooSlow(message, system=self._session.system, view=view.name)
        message = "another page is up: the view's landmark is not on it; compare the selector file with the screen"
        return ElementMissing(message, system=self._session.system, view=view.name, element=view.landmark)
