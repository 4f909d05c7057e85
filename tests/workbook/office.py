"""A person at LibreOffice: started by the interpreter that LibreOffice's bridge is installed for, with the order as JSON on standard input.

The answer goes to standard output, as JSON.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import uno
from com.sun.star.beans import NamedValue, PropertyValue
from com.sun.star.connection import NoConnectException
from com.sun.star.lang import DisposedException
from com.sun.star.sheet import TableFilterField
from com.sun.star.table import TableSortField

XLSX = "Calc MS Excel 2007 XML"
_TRIES = 600


def properties(**values: object) -> tuple[Any, ...]:
    """Return properties as LibreOffice takes them."""
    made = []
    for name, value in values.items():
        one = PropertyValue()
        one.Name, one.Value = name, value
        made.append(one)
    return tuple(made)


def encryption(password: str) -> Any:
    """Return what has LibreOffice encrypt a workbook as Excel does."""
    made = []
    for name, value in (("CryptoType", "Standard"), ("OOXPassword", password)):
        one = NamedValue()
        one.Name, one.Value = name, value
        made.append(one)
    return uno.Any("[]com.sun.star.beans.NamedValue", tuple(made))


def connect(pipe: str) -> Any:
    """Wait for LibreOffice, and return its desktop."""
    resolver = uno.getComponentContext().ServiceManager.createInstance("com.sun.star.bridge.UnoUrlResolver")
    for _ in range(_TRIES):
        try:
            context = resolver.resolve(f"uno:pipe,name={pipe};urp;StarOffice.ComponentContext")
        except NoConnectException:
            time.sleep(0.1)
        else:
            return context.ServiceManager.createInstance("com.sun.star.frame.Desktop")
    raise TimeoutError("LibreOffice did not start")


def order_of(sheet: Any, width: int, height: int) -> None:
    """Sort the list by its first column, the last first, as a click on the heading's arrow does."""
    field = TableSortField()
    field.Field, field.IsAscending = 0, False
    whole = sheet.getCellRangeByPosition(0, 0, width - 1, height - 1)
    whole.sort(properties(ContainsHeader=True, SortFields=uno.Any("[]com.sun.star.table.TableSortField", (field,))))


def work(document: Any, order: dict[str, Any]) -> None:
    """Sort, answer, add a column with a formula, a colour and a remark, and filter."""
    sheet = document.Sheets.getByName(order["sheet"])
    width, height, heads = order["width"], order["height"], order["columns"]
    order_of(sheet, width, height)
    rows = {sheet.getCellByPosition(0, row).String: row for row in range(1, height)}
    for reference, cells in order["answers"].items():
        for column, text in cells.items():
            sheet.getCellByPosition(heads[column], rows[reference]).String = text
    sheet.getCellByPosition(width, 0).String = "Min grupp"
    sheet.getCellByPosition(width + 1, 0).String = "Längd"
    for reference, row in rows.items():
        sheet.getCellByPosition(width, row).String = f"grupp {reference[-1]}"
        sheet.getCellByPosition(width + 1, row).Formula = f"=LEN(A{row + 1})"
    coloured = sheet.getCellByPosition(heads["why"], rows[order["coloured"]])
    coloured.CellBackColor = order["colour"]
    sheet.Annotations.insertNew(coloured.CellAddress, order["remark"])
    table = next(
        one for one in (document.DatabaseRanges.getByIndex(place) for place in range(document.DatabaseRanges.Count)) if one.Name == order["table"]
    )
    field = TableFilterField()
    field.Field, field.IsNumeric, field.StringValue = heads["codes"], False, order["shown_code"]
    field.Operator = uno.Enum("com.sun.star.sheet.FilterOperator", "EQUAL")
    table.getFilterDescriptor().setFilterFields((field,))
    table.getFilterDescriptor().ContainsHeader = True
    table.refresh()


def look(document: Any, order: dict[str, Any]) -> dict[str, Any]:
    """Return what a person sees: rows with texts, links, formulas, colours, remarks, drop-downs, hidden rows."""
    sheet = document.Sheets.getByName(order["sheet"])
    cursor = sheet.createCursor()
    cursor.gotoEndOfUsedArea(False)
    rows = []
    for row in range(cursor.RangeAddress.EndRow + 1):
        cells = []
        for column in range(order["width"]):
            cell = sheet.getCellByPosition(column, row)
            fields = cell.TextFields.createEnumeration()
            links = []
            while fields.hasMoreElements():
                field = fields.nextElement()
                if hasattr(field, "URL"):
                    links.append(field.URL)
            cells.append(
                {
                    "text": cell.String,
                    "kind": cell.Type.value,
                    "colour": cell.CellBackColor,
                    "remark": cell.Annotation.String,
                    "choice": cell.Validation.Type.value,
                    "choices": cell.Validation.getFormula1(),
                    "links": links,
                }
            )
        rows.append({"cells": cells, "is_visible": bool(sheet.Rows.getByIndex(row).IsVisible)})
    tables = document.DatabaseRanges
    ranges = [tables.getByIndex(place) for place in range(tables.Count)]
    return {
        "rows": rows,
        "tables": {one.Name: [one.DataArea.EndColumn, one.DataArea.EndRow, bool(one.AutoFilter)] for one in ranges},
        "is_key_hidden": not sheet.Columns.getByIndex(order.get("key", 0)).IsVisible,
    }


def main() -> None:
    """Do the orders one after another: open, work or look or save as, close."""
    orders = json.load(sys.stdin)
    profile = Path(sys.argv[1])
    pipe = f"kollega{profile.stat().st_ino}"
    command = ["soffice", f"-env:UserInstallation=file://{profile}", "--headless", "--norestore", "--nologo", f"--accept=pipe,name={pipe};urp"]
    office = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    answers: list[Any] = []
    try:
        desktop = connect(pipe)
        for order in orders:
            document = desktop.loadComponentFromURL(f"file://{order['path']}", "_blank", 0, properties(Hidden=True))
            answer: Any = {"marks": sorted(one.name for one in Path(order["path"]).parent.glob(".~lock*"))}
            if order["do"] == "work":
                work(document, order)
                document.store()
            elif order["do"] == "look":
                answer |= look(document, order)
            else:
                secret = {"EncryptionData": encryption(order["password"])} if "password" in order else {}
                document.storeToURL(f"file://{order['target']}", properties(FilterName=order["filter"], **secret))
            document.close(True)
            answers.append(answer)
        with suppress(DisposedException):  # it may be gone before it has answered
            desktop.terminate()
    finally:
        try:
            office.wait(20)
        except subprocess.TimeoutExpired:
            office.terminate()
    json.dump(answers, sys.stdout)


if __name__ == "__main__":
    main()
