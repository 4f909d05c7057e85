"""The text of attachments: what a PDF says, or why a person must read it, whatever was sent in."""

from __future__ import annotations

import asyncio
import io
import zlib
from pathlib import Path

import pytest
from pypdf import PdfReader, PdfWriter
from pypdf.generic import ArrayObject, DecodedStreamObject, DictionaryObject, NameObject

from robots.practice.attachments import pdf
from robots.systems import attachments
from robots.systems.attachments import Unread, text_of

#: each of them starts a process
pytestmark = pytest.mark.durable

PAY_SLIP = ("Lönespecifikation (februari)", "Åsa Öberg, Exempelbolaget AB", "Nettolön 12 345,50 kr – utbetalas 2026-02-25")


def readers() -> list[str]:
    """Return the processes that this one has started and that read a file."""
    numbers = [number for file in Path("/proc/self/task").glob("*/children") for number in file.read_text(encoding="utf-8").split()]
    return [number for number in numbers if b"pdf_text" in Path(f"/proc/{number}/cmdline").read_bytes()]


def changed(content: bytes, **fields: str) -> bytes:
    """Return the PDF written anew; `user_password` or `owner_password` lock it."""
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(content)))
    writer.encrypt(fields.get("user_password", ""), fields.get("owner_password"), algorithm="RC4-128")
    return written(writer)


def written(writer: PdfWriter) -> bytes:
    file = io.BytesIO()
    writer.write(file)
    return file.getvalue()


def of_pages(*pages: bytes) -> bytes:
    writer = PdfWriter()
    for page in pages:
        writer.append(io.BytesIO(page))
    return written(writer)


def with_a_field() -> bytes:
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(pdf(PAY_SLIP))))
    field = writer._add_object(DictionaryObject({NameObject("/FT"): NameObject("/Tx")}))
    writer.root_object[NameObject("/AcroForm")] = DictionaryObject({NameObject("/Fields"): ArrayObject([field])})
    return written(writer)


def blown_up() -> bytes:
    """Return a small PDF whose page is 256 million blanks when it is unpacked."""
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(pdf(PAY_SLIP))))
    packer = zlib.compressobj(9)
    packed = b"".join(packer.compress(b" " * 2**24) for _ in range(16)) + packer.flush()
    stream = DecodedStreamObject()
    stream.set_data(packed)
    stream[NameObject("/Filter")] = NameObject("/FlateDecode")
    writer.pages[0][NameObject("/Contents")] = writer._add_object(stream)
    return written(writer)


@pytest.mark.parametrize("content", [pdf(PAY_SLIP), changed(pdf(PAY_SLIP), owner_password="ägaren")], ids=["plain", "not to be changed"])
async def test_the_text_of_a_pdf_is_read_line_by_line(content: bytes) -> None:
    assert [line.strip() for line in (await text_of(content)).splitlines()] == list(PAY_SLIP)


async def test_every_page_is_read() -> None:
    text = await text_of(of_pages(pdf(PAY_SLIP), pdf(["Den andra sidan av lönespecifikationen"])))
    assert [page.split("\n")[0].strip() for page in text.split("\f")] == [PAY_SLIP[0], "Den andra sidan av lönespecifikationen"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "nothing in it"),
        (b"\x89PNG\r\n\x1a\n", "no PDF"),
        (b"<html>%PD F-", "no PDF"),
        (pdf(photograph=True), "picture"),
        (pdf(["Skannad med telefonen"], photograph=True), "picture"),
        (pdf(), "picture"),
        (of_pages(pdf(PAY_SLIP), pdf(photograph=True)), "picture"),
        (pdf(["Text vars bokstäver ingen kan tyda \x01\x02"]), "letters"),
        (pdf(PAY_SLIP, is_locked=True), "password"),
        (changed(pdf(PAY_SLIP), user_password="hemligt"), "password"),
        (with_a_field(), "form"),
        (of_pages(*[pdf(PAY_SLIP)] * 51), "more pages"),
        (pdf(PAY_SLIP)[:300], "broken"),
        (b"%PDF-1.4\n" + b"\x00\xff[[<<" * 5000, "broken"),
    ],
    ids=lambda one: one if isinstance(one, str) else f"{len(one)} bytes",
)
async def test_what_can_not_be_read_whole_is_for_a_person_and_the_reason_is_told(content: bytes, reason: str) -> None:
    with pytest.raises(Unread, match=reason):
        await text_of(content)


async def test_a_file_made_to_fill_the_memory_ends_the_process_that_reads_it_and_nothing_else() -> None:
    with pytest.raises(Unread, match="broken"):
        await text_of(blown_up())


async def test_a_file_that_takes_too_long_is_given_up_and_leaves_no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attachments, "TIMEOUT_SECONDS", 0.0)
    with pytest.raises(Unread, match="broken"):
        await text_of(pdf(PAY_SLIP))
    assert readers() == []


async def test_a_reading_that_is_cancelled_leaves_no_process() -> None:
    reading = asyncio.create_task(text_of(pdf(PAY_SLIP)))
    await asyncio.sleep(0)
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    assert readers() == []
