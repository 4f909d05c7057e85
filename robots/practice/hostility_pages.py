"""What hostile web systems make of their pages: forms that have changed, and what comes up over them."""

from __future__ import annotations

import re
from collections.abc import Callable

#: the words of the message that the selector files name; accepted, it changes nothing
MAINTENANCE = "Systemet stängs för underhåll klockan 22.00."
#: a question that no selector file names
UNKNOWN_QUESTION = "Vill du ta bort utkastet?"
#: what stands in the window that the selector files name
NEWS = (
    "<!doctype html><html lang='sv'><head><meta charset='utf-8'><title>Nyheter</title></head>"
    "<body><h1>Nya öppettider</h1><button onclick='window.close()'>Stäng</button></body></html>"
)

_FORM = re.compile(r'<form method="post" action="(?!/logga)[^>]*>.*?</form>', re.DOTALL)
_FIELD = re.compile(r'<label for="([^"]+)">([^<]+)</label>(<(?:input|textarea)\b[^>]*>(?:</textarea>)?)')
_BUTTON = re.compile(r'<button type="submit">[^<]*</button>')
_OVERLAY = (
    '<div id="enkat" style="position:fixed;inset:0;z-index:9;background:#fff"><h2>Hur trivs du med systemet?</h2>'
    '<button type="button" onclick="document.getElementById(\'enkat\').remove()">Svara senare</button></div>'
)
# The same form once more, sent by the page itself while the first answer is awaited; the mark tells it from a person's second press.
_SECOND_SENDING = """<script>
for (const form of document.querySelectorAll('form[method="post"]')) {
  form.addEventListener("submit", (event) => {
    if (event.defaultPrevented) { return; }
    fetch(form.action, {method: "POST", body: new URLSearchParams(new FormData(form)), headers: {"X-Again": "1"}, keepalive: true});
  });
}
</script>"""


def changed(html: str, switches: frozenset[str], *, is_one_in_two: Callable[[str], bool]) -> str:
    """Return the page as the switches make it; a page without a form to fill in stays as it is.

    Args:
        html: the page.
        switches: those that are thrown.
        is_one_in_two: draws for the switch of this name.
    """
    if _FORM.search(html) is None:
        return html
    html = _FORM.sub(lambda form: _changed_form(form[0], switches), html)
    added = []
    if "popup" in switches and is_one_in_two("popup"):
        added.append(f"<script>alert({MAINTENANCE!r})</script>")
    if "popup-window" in switches and is_one_in_two("popup-window"):
        added.append("<script>window.open('/hostility/news', 'nyheter', 'width=900,height=700')</script>")
    if "unknown-dialog" in switches and is_one_in_two("unknown-dialog"):
        added.append(f"<script>confirm({UNKNOWN_QUESTION!r})</script>")
    if "overlay" in switches:
        added.append(_OVERLAY)
    if "double-submit" in switches:
        added.append(_SECOND_SENDING)
    return html.replace("</body>", "".join(added) + "</body>")


def _changed_form(form: str, switches: frozenset[str]) -> str:
    fields = [field for field in _FIELD.finditer(form) if " readonly" not in field[3]]
    if fields and "renamed-field" in switches:
        form = form.replace(fields[-1][0], f'<label for="{fields[-1][1]}">Ny {fields[-1][2].lower()}</label>{fields[-1][3]}')
    if fields and "removed-field" in switches:
        form = form.replace(fields[-1][0], "")
    if "duplicated-button" in switches:
        form = _BUTTON.sub(lambda button: button[0] * 2, form)
    return form
