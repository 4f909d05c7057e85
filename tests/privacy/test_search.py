"""The search can fail: one of each kind, planted in every way that something can be written or packed, is found."""

from __future__ import annotations

import base64
import gzip
import io
import json
import sqlite3
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
from PIL import Image, ImageDraw, ImageFont

from robots.practice.households import generate
from robots.practice.world import Household
from tests.privacy.identities import Wanted, wanted_of
from tests.privacy.search import search

PASSWORD = "aB3-xY7_qW9-zz"
HOUSEHOLDS = generate(5, 12)
ENVIRONMENT = {"KOLLEGA_E_SERVICE_PASSWORD": PASSWORD, "KOLLEGA_E_SERVICE_USER": "kollega"}


def somebody() -> Household:
    return next(one for one in HOUSEHOLDS if one.case is not None and one.application.account)


NUMBER = somebody().persons[0].personnummer
NAME = f"{somebody().persons[0].given_name} {somebody().persons[0].family_name}"
ADDRESS = somebody().population[0].address
ACCOUNT = somebody().application.account


@pytest.fixture(scope="module")
def wanted() -> Wanted:
    return wanted_of(HOUSEHOLDS, ENVIRONMENT)


def kinds(path: Path, wanted: Wanted) -> set[str]:
    found, _ = search([path], wanted)
    return {one.what for one in found}


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (NUMBER, "personnummer"),
        (NUMBER[2:], "personnummer"),
        (f"{NUMBER[:8]}-{NUMBER[8:]}", "personnummer"),
        (f"{NUMBER[2:8]}+{NUMBER[8:]}", "personnummer"),
        (f"{NUMBER[2:8]} {NUMBER[8:]}", "personnummer"),
        (" ".join(NUMBER), "personnummer"),
        (f"id_0{NUMBER}7", "personnummer"),
        (NAME.upper(), "name"),
        (NAME.replace(" ", "  \n"), "name"),
        (somebody().persons[0].family_name.lower(), "family name"),
        (f"vid {ADDRESS}.", "address"),
        (ADDRESS.split()[0].upper(), "street"),
        (ACCOUNT, "account"),
        (ACCOUNT.replace("-", " "), "account"),
        (f"typed {PASSWORD}!", "password"),
    ],
)
def test_each_kind_is_found_in_each_way_of_writing(text: str, what: str, tmp_path: Path, wanted: Wanted) -> None:
    (tmp_path / "run.log").write_text(f"2026-11-22 the step failed at {text} and so on", encoding="utf-8")

    assert what in kinds(tmp_path, wanted)


def utf_16(content: str) -> bytes:
    return b"\x01" + content.encode("utf-16-le")


def latin_1(content: str) -> bytes:
    return content.encode("latin-1")


def as_escaped_json(content: str) -> bytes:
    return json.dumps({"message": content}).encode()


def as_html(content: str) -> bytes:
    return "".join(f"&#{ord(sign)};" for sign in content).encode()


def as_address(content: str) -> bytes:
    return b"GET /?q=" + "".join(f"%{byte:02X}" for byte in content.encode()).encode()


def as_zip(content: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as parts:
        parts.writestr("inner.gz", gzip.compress(content.encode()))
    return packed.getvalue()


def as_workbook(content: str) -> bytes:
    book, packed = openpyxl.Workbook(), io.BytesIO()
    book.create_sheet("hidden").sheet_state = "hidden"
    book["hidden"]["ZZ99"] = content
    book.save(packed)
    return packed.getvalue()


def in_the_midst_of_a_dump(content: str) -> bytes:
    return b"\x7fELF" + b"\x00\xff" * 999 + zlib.compress(content.encode()) + b"\xfe" * 99


def as_base64(content: str) -> bytes:
    return b'{"result": "' + base64.b64encode(json.dumps([content]).encode()) + b'"}'


def as_base64_of_an_address(content: str) -> bytes:
    return b"data:," + base64.urlsafe_b64encode(content.encode()).rstrip(b"=")


@pytest.mark.parametrize(
    "pack",
    [
        utf_16,
        latin_1,
        as_escaped_json,
        as_html,
        as_address,
        as_zip,
        as_workbook,
        in_the_midst_of_a_dump,
        as_base64,
        as_base64_of_an_address,
    ],
)
def test_all_are_found_however_they_are_packed(pack: Callable[[str], bytes], tmp_path: Path, wanted: Wanted) -> None:
    (tmp_path / "some.file").write_bytes(pack(f"{NUMBER} {NAME} {ADDRESS} {ACCOUNT} {PASSWORD}"))

    assert kinds(tmp_path, wanted) >= {"personnummer", "name", "address", "account", "password"}


def test_all_are_found_in_a_database_also_in_rows_that_are_deleted(tmp_path: Path, wanted: Wanted) -> None:
    text = f"{NUMBER} {NAME} {ADDRESS} {ACCOUNT} {PASSWORD}"
    for name, statement in (("there", "SELECT 1"), ("deleted", "DELETE FROM steps")):
        with sqlite3.connect(tmp_path / f"{name}.db") as database:
            database.execute("PRAGMA secure_delete = OFF")
            database.execute("CREATE TABLE steps (result BLOB)")
            database.execute("INSERT INTO steps VALUES (?)", (zlib.compress(text.encode()) if name == "there" else text,))
            database.commit()
            database.execute(statement)
        database.close()
        assert kinds(tmp_path / f"{name}.db", wanted) >= {"personnummer", "name", "address", "account", "password"}, name


@pytest.mark.durable
@pytest.mark.parametrize(("kind", "suffix"), [("PNG", "png"), ("JPEG", "jpg"), ("WEBP", "webp")])
def test_what_stands_on_a_picture_is_found_and_what_is_blacked_out_is_not(kind: str, suffix: str, tmp_path: Path, wanted: Wanted) -> None:
    font = ImageFont.truetype("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf", 18)
    picture = Image.new("RGB", (760, 200), "white")
    pen = ImageDraw.Draw(picture)
    for number, line in enumerate((f"Personnummer: {NUMBER[:8]}-{NUMBER[8:]}", f"Adress: {ADDRESS}", f"Konto: {ACCOUNT}")):
        pen.text((20, 20 + 50 * number), line, font=font, fill="black")
    picture.save(tmp_path / f"shown.{suffix}", kind, quality=90)
    assert kinds(tmp_path / f"shown.{suffix}", wanted) >= {"personnummer", "street", "account"}

    pen.rectangle((10, 10, 750, 190), fill="black")
    picture.save(tmp_path / f"masked.{suffix}", kind, quality=90)
    assert kinds(tmp_path / f"masked.{suffix}", wanted) == set()


def test_the_name_of_a_file_is_looked_through_too(tmp_path: Path, wanted: Wanted) -> None:
    (tmp_path / f"{NUMBER}.txt").touch()

    assert kinds(tmp_path, wanted) == {"personnummer"}


def test_others_are_left_alone(tmp_path: Path, wanted: Wanted) -> None:
    street, number, *_ = ADDRESS.split()
    (tmp_path / "run.log").write_text(
        f"{street[:5]} {number.rstrip(',')} {int(NUMBER) + 1} 8327-9941 2026-11-22T06:12:42.123Z EA-26-00017", encoding="utf-8"
    )

    assert kinds(tmp_path, wanted) == set()
