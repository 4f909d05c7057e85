"""The life of what is kept: deleted by the plan, handed out to the person it is on, erased, and held against itself."""

from __future__ import annotations

import getpass
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from robots.cli.console import AsJson, Root, print_json, print_lines
from robots.run_mode import RunMode

if TYPE_CHECKING:
    from robots.casebook import Casebook
    from robots.erasure import Certificate
    from robots.person_records.finding import FoundCase
    from robots.settings import Settings
    from robots.texts import Texts

retention = typer.Typer(no_args_is_help=True, help="Delete what is past its time.")
person = typer.Typer(no_args_is_help=True, help="Hand out or erase what is kept on one person.")
audit = typer.Typer(no_args_is_help=True, help="Hold the record of what happened against itself.")

Number = Annotated[
    str,
    typer.Argument(
        metavar="", hidden=True, help="Taken only to be refused without a word of it: it would stand in histories and lists.", show_default=False
    ),
]
Case = Annotated[str, typer.Option("--case", help="Instead of a person: the number of an application, or the id of a case.")]
FromStdin = Annotated[bool, typer.Option("--from-stdin", help="Read the person's number as a line of the input.")]
Approved = Annotated[
    str, typer.Option("--protected-approved-by", help="Who has approved it, where somebody has protected personal data; stands in the record.")
]


@retention.command("run")
def run_retention(
    *,
    root: Root = Path(),
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count; nothing is deleted.")] = False,
    as_json: AsJson = False,
) -> None:
    """Delete what the plan under `retention` in config/kollega.yaml no longer lets the robot keep. `kollega serve` does it once a day.

    Exit code 0: done. 3: a robot is at work, so that cases were left for the next time.
    """
    from robots import retention as deleting
    from robots import settings
    from robots.errors import SetupError

    configured = settings.load(root)
    with _logged(configured, is_logged=not dry_run):
        deleted = deleting.run(configured, now=datetime.now(UTC), is_trial=dry_run)
    if as_json:
        print_json({"schema": 1, "dry_run": dry_run, "deleted": deleted.counts, "kept": deleted.kept, "left": deleted.left})
    else:
        print_lines(f"{count} {kind} {'would be deleted' if dry_run else 'deleted'}" for kind, count in deleted.counts.items())
        if not deleted.counts:
            print_lines(["Nothing is past its time."])
        if deleted.kept:
            print_lines(
                [f"{deleted.kept} cases are past their time and kept: open, or, for half a year, unanswered or with a write that is not proven."]
            )
        if deleted.left:
            print_lines([f"Cases were left for the next time: {deleted.left}"])
    sys.exit(SetupError.exit_code if deleted.left else 0)


@person.command()
def extract(
    number: Number = "",
    *,
    to: Annotated[Path, typer.Option("--to", help="A new folder, for your account alone.", file_okay=False)],
    case: Case = "",
    from_stdin: FromStdin = False,
    protected_approved_by: Approved = "",
    root: Root = Path(),
    as_json: AsJson = False,
) -> None:
    """Gather everything that is kept on one person, as JSON and as a page (art. 15 of the GDPR). What is on somebody else is marked."""
    from robots.person_records import extract as extracting
    from robots.person_records.finding import refuse_protected
    from robots.run_log import Action, event, redacted

    configured, texts = _configured(root)
    whose = _number(number, case=case, from_stdin=from_stdin)
    with _logged(configured), _casebook(configured) as casebook:
        found = _found(configured, casebook, whose, case)
        refuse_protected(found, approved_by=protected_approved_by)
        by, approved = getpass.getuser(), redacted(protected_approved_by)
        record = extracting.gather(configured, casebook, found, number=whose, by=by, approved_by=approved)
        extracting.write(to, record, texts, explanations=extracting.explain(configured, casebook, found, texts))
        for one in found:
            if not one.is_shadow:
                casebook.add_event(one.entry.case_id, Action.EXTRACTED, f"by {by}{f', approved by {approved}' if approved else ''}")
        event(Action.EXTRACTED, f"{len(found)} cases, by {by}")
    if as_json:
        print_json({"schema": 1, "folder": str(to), "cases": len(found)})
    else:
        print_lines(
            [f"{len(found)} cases: {to / 'extract.json'} and {to / 'extract.html'}. What is marked as on another person is looked over first."]
        )


@person.command()
def erase(
    number: Number = "",
    *,
    case: Case = "",
    from_stdin: FromStdin = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do it. Without it nothing is erased, and what would be is told.")] = False,
    decision: Annotated[str, typer.Option("--decision", help="Who has decided that it is erased before its time, and the reference of that.")] = "",
    protected_approved_by: Approved = "",
    root: Root = Path(),
    as_json: AsJson = False,
) -> None:
    """Erase the cases of one person from everything that is kept, with a certificate. A case goes as a whole, with what it holds on others in it.

    Exit code 0: done, or could be. 3: somebody must act first, and nothing was erased; or an earlier erasure is not finished.
    """
    from robots import erasure
    from robots.errors import SetupError
    from robots.person_records.finding import obstacles, refuse_protected
    from robots.run_log import Action, redacted

    configured, texts = _configured(root)
    whose = _number(number, case=case, from_stdin=from_stdin)
    made: list[Certificate] = []
    with _logged(configured, is_logged=yes), _casebook(configured) as casebook:
        if yes:
            with erasure.alone(configured, casebook):
                # What somebody was killed in: nothing of it may show who it was any more.
                made += erasure.finish(configured)
                found = _found(configured, casebook, whose, case)
                refuse_protected(found, approved_by=protected_approved_by)
                against = obstacles(found, decision=decision)
                if against:
                    raise SetupError("\n".join(("nothing was erased:", *against)))
                if found:
                    decided = ", ".join(redacted(one) for one in (decision, protected_approved_by) if one)
                    entries = list({one.entry.case_id: one.entry for one in found}.values())
                    erasure.order(configured, casebook, entries, action=Action.ERASED, by=getpass.getuser(), decision=decided, is_remembered=True)
                    made += erasure.finish(configured)
        else:
            found = _found(configured, casebook, whose, case)
            refuse_protected(found, approved_by=protected_approved_by)
            against = obstacles(found, decision=decision)
    _tell_erasure(configured, texts, found, against, made, is_done=yes, as_json=as_json)


@audit.command("verify")
def verify(
    *,
    root: Root = Path(),
    anchor: Annotated[list[str] | None, typer.Option("--anchor", help="A hash that somebody has noted, or ENTRY:HASH; can be repeated.")] = None,
    backup: Annotated[list[Path] | None, typer.Option("--backup", help="A backup, whose word of the record is compared.", dir_okay=False)] = None,
    mode: Annotated[RunMode, typer.Option("--mode", help="shadow for the record of shadow runs.")] = RunMode.DECIDE,
    as_json: AsJson = False,
) -> None:
    """See that no entry of the record was changed, put in, taken out, moved or cut off; with what logs and backups have noted of it.

    Exit code 0: it is as it was written. 1: it is not, and the first broken entry is named.
    """
    from robots import audit as auditing
    from robots import backup as backups
    from robots import settings

    configured = settings.load(root)
    try:
        anchors = [auditing.given(one) for one in anchor or ()]
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--anchor") from None
    for file in backup or ():
        kept = backups.check(file)
        if kept.head is not None:
            anchors.append(auditing.Anchor(where=str(file), entry=kept.entries, hash=kept.head, at=kept.made_at))
    with _casebook(configured, mode) as casebook:
        verdict = auditing.verify(
            casebook, [*anchors, *auditing.anchors_in(configured.paths.logs, casebook.head(), of_shadow=mode is RunMode.SHADOW)]
        )
    if as_json:
        print_json({"schema": 1, "is_sound": verdict.is_sound, **{name: getattr(verdict, name) for name in verdict.__slots__}})
    elif verdict.is_sound:
        lost = f" {verdict.lost} anchors are of entries that were lost when a backup was put back." if verdict.lost else ""
        print_lines(
            [f"{verdict.entries} entries follow one another, {verdict.erased} of them erased; {verdict.anchors} anchors fit.{lost}", verdict.head]
        )
    else:
        print_lines([f"Entry {verdict.broken_entry}: {verdict.broken}.", "Keep the file as it is, and have it compared with the latest backup."])
    sys.exit(0 if verdict.is_sound else 1)


# --- in common --------------------------------------------------------------------------------------------------------


def _configured(root: Path) -> tuple[Settings, Texts]:
    from robots import settings
    from robots.texts import Texts

    configured = settings.load(root)
    return configured, Texts.load(root / "config" / "texts", configured.language)


@contextmanager
def _logged(configured: Settings, *, is_logged: bool = True) -> Iterator[None]:
    from robots import run_log

    log = run_log.set_up(configured.paths.logs / "records", console=False) if is_logged else None
    try:
        yield
    finally:
        if log is not None:
            log.close()


@contextmanager
def _casebook(configured: Settings, mode: RunMode = RunMode.DECIDE) -> Iterator[Casebook]:
    from robots.casebook import Casebook
    from robots.casebook.database import is_there
    from robots.errors import SetupError

    where = configured.paths.casebook_of(mode)
    if not is_there(where):
        # Opening it would make an empty one.
        raise SetupError("there is no casebook; look over paths in config/kollega.yaml")
    with Casebook(where) as casebook:
        yield casebook


def _number(number: str, *, case: str, from_stdin: bool) -> str:
    """Return the person's number in twelve digits, from where it is given; empty when a case is named."""
    from robots.run_log import redact
    from robots.systems.swedish_text import personnummer

    if case:
        if number or from_stdin:
            raise typer.BadParameter("name a person or a case, not both", param_hint="--case")
        return ""
    if number:
        raise typer.BadParameter("the number is asked for, or read with --from-stdin: here it stands in the history of commands; delete it there")
    number = sys.stdin.readline() if from_stdin else getpass.getpass("Personnummer: ")
    try:
        plain = personnummer(number)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="PERSONNUMMER") from None
    redact(plain, plain[2:])
    return plain


def _found(configured: Settings, casebook: Casebook, number: str, case: str) -> tuple[FoundCase, ...]:
    from robots.errors import SetupError
    from robots.person_records.finding import find_cases
    from robots.retention import years_before

    latest = years_before(datetime.now(UTC), configured.retention.case_years)
    found = find_cases(configured, casebook, number=number, reference=case, latest=latest)
    if case and not found:
        raise SetupError(f"there is no case {case}; give the number of the application or the id of the case, as in kollega queue list")
    return found


def _tell_erasure(
    configured: Settings,
    texts: Texts,
    found: tuple[FoundCase, ...],
    against: tuple[str, ...],
    made: list[Certificate],
    *,
    is_done: bool,
    as_json: bool,
) -> None:
    from robots.erasure import has_left, told
    from robots.errors import SetupError
    from robots.person_records.certificate import write_page

    written = [write_page(configured, one, texts) for one in made]
    if as_json:
        cases = [{"case": one.entry.case_id, "role": str(one.role), "shadow": one.is_shadow} for one in found]
        print_json({"schema": 1, "is_done": is_done, "cases": cases, "against": list(against), "certificates": [str(path) for path in written]})
    elif is_done:
        print_lines(f"Certificate {one.number}: {told(one.counts)}; {path}" for one, path in zip(made, written, strict=True))
        if not made:
            print_lines(["Nothing is kept on the person."])
    else:
        shown = [f"{one.entry.case_id}, as {one.role}{', of shadow runs' if one.is_shadow else ''}" for one in found]
        print_lines([f"{len(found)} cases would be erased, each as a whole:", *shown])
        print_lines(["In the way of it:", *against] if against else ["--yes erases them. Nothing brings them back."])
        if has_left(configured):
            print_lines(["An earlier erasure is not finished; --yes finishes it first."])
    sys.exit(SetupError.exit_code if against else 0)
