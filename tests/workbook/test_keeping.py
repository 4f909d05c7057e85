"""The file changes hands in one act, and a save of a person's in the very moment is not lost."""

from __future__ import annotations

import errno
from datetime import UTC, datetime
from pathlib import Path

import pytest

from robots.exception_queue import keeping

NOW = datetime(2026, 3, 3, 20, 30, tzinfo=UTC)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    where = tmp_path / "undantag.xlsx"
    where.write_text("before")
    return where


def put(path: Path, text: str, read_at: keeping.Stamp) -> bool:
    return keeping.put_in_place(path, lambda target: target.write_text(text), read_at=read_at, now=NOW, versions=20)


def person_saves(path: Path, text: str) -> None:
    saved = path.with_name("person")
    saved.write_text(text)
    saved.replace(path)


def kept(path: Path) -> list[str]:
    return [one.read_text() for one in keeping.versions_of(path)]


def test_the_new_one_stands_and_the_one_before_is_kept(path: Path) -> None:
    assert put(path, "robot's", keeping.stamp(path))
    assert (path.read_text(), kept(path)) == ("robot's", ["before"])


def test_a_save_between_the_last_look_and_the_act_stands(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read_at = keeping.stamp(path)
    monkeypatch.setattr(keeping, "is_open", lambda _path: person_saves(path, "a person's"))
    assert not put(path, "robot's", read_at)
    assert (path.read_text(), kept(path), [one.name for one in path.parent.iterdir()]) == ("a person's", [], [path.name])


def test_of_two_saves_around_the_act_the_last_stands_and_the_other_is_kept(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read_at = keeping.stamp(path)
    exchange = keeping._exchange
    acts: list[bool] = []

    def exchange_and_be_saved_over(one: Path, other: Path) -> bool:
        acts.append(exchange(one, other))
        if len(acts) == 1:
            person_saves(path, "second")
        return acts[-1]

    monkeypatch.setattr(keeping, "is_open", lambda _path: person_saves(path, "first"))
    monkeypatch.setattr(keeping, "_exchange", exchange_and_be_saved_over)
    assert not put(path, "robot's", read_at)
    assert (path.read_text(), kept(path)) == ("second", ["first"])


def test_where_files_can_not_change_places_the_one_before_is_kept_too(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "_exchange", lambda _one, _other: False)
    assert put(path, "robot's", keeping.stamp(path))
    assert (path.read_text(), kept(path)) == ("robot's", ["before"])


def test_where_there_are_no_links_a_new_one_is_made_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_source: Path, _target: Path) -> None:
        raise OSError(errno.EOPNOTSUPP, "no links here")

    monkeypatch.setattr("os.link", refuse)
    path = tmp_path / "undantag.xlsx"
    assert put(path, "robot's", None)
    assert path.read_text() == "robot's"


def test_one_that_is_being_written_is_not_taken_for_damaged(path: Path) -> None:
    read_at = keeping.stamp(path)
    person_saves(path, "whole by now")
    assert not keeping.is_settled(path, read_at)


def test_a_good_one_that_came_in_between_is_not_set_aside(path: Path) -> None:
    read_at = keeping.stamp(path)
    person_saves(path, "good")
    assert keeping.set_aside(path, read_at=read_at, now=NOW, word="oläslig") is None
    assert path.read_text() == "good"
