"""A small web site for trying the web driver: pages with a quirk each, served from a thread of the test."""

from __future__ import annotations

import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from tests.screens.screen_contract import MARKUP

#: an answer that never comes, also for a machine with much else to do
HANGING_SECONDS = 60

SELECTORS = """
schema: 1
system: site
driver: web
checked: {on: 2026-11-21, version: "1"}
session_lost: [log_in]
dialogs:
  news: {view: news, meaning: there are news, do: close, press: close}
  really: {text: "Vill du skicka?", answer: accept}
  keep: {text: "Vill du ta bort?", answer: dismiss}
views:
  log_in:
    address: /logga-in
    landmark: heading
    elements:
      heading: {find: [{role: heading, name: Logga in}]}
      password: {find: [{label: Lösenord}], secret: true}
  form:
    address: /formular
    landmark: heading
    elements:
      heading: {find: [{role: heading, name: Formulär}]}
      name: {find: [{label: Namn}], personal: true}
      note: {find: [{label: Anteckning}]}
      amount: {find: [{near: Belopp, role: textbox}]}
      kind: {find: [{label: Slag}]}
      active: {find: [{label: Pågår}]}
      shouted: {find: [{label: Versaler}]}
      sum: {find: [{label: Summa}], format: amount}
      capped: {find: [{label: Tak}], format: amount}
      person: {find: [{label: Personnummer}], format: personnummer}
      short: {find: [{label: Kort}]}
      day: {find: [{label: Dag}], format: date}
      birthday: {find: [{label: Födelsedag}]}
      lives: {find: [{role: radiogroup, name: Boende}]}
      moved: {find: [{label: Hette förr så}, {test_id: moved}]}
      twin: {find: [{label: Tvilling}]}
      gone: {find: [{label: Finns inte}, {test_id: finns-inte}]}
      held: {find: [{label: Låst}], read_only: true}
      typed: {find: [{test_id: typed}], read_only: true}
      save: {find: [{role: button, name: Spara}]}
      refuse: {find: [{role: button, name: Neka}]}
      send: {find: [{role: button, name: Skicka}]}
      remove: {find: [{role: button, name: Ta bort}]}
      surprise: {find: [{role: button, name: Överraska}]}
      covered: {find: [{role: button, name: Skymd}]}
      slow: {find: [{role: link, name: Långsam}]}
      later: {find: [{role: button, name: Senare}]}
      again: {find: [{role: button, name: Om igen}]}
      reset: {find: [{role: link, name: Bruten}]}
      half: {find: [{role: link, name: Halv}]}
      broken: {find: [{role: link, name: Trasig}]}
      lookup: {find: [{role: link, name: Slå upp}]}
      news: {find: [{role: link, name: Nytt}]}
      stranger: {find: [{role: link, name: Främmande}]}
      framed_window: {find: [{role: link, name: Inramat}]}
  saved:
    landmark: heading
    elements:
      heading: {find: [{role: heading, name: Sparat}]}
      name: {find: [{near: Namn, role: definition}], personal: true}
  refused:
    landmark: heading
    elements:
      heading: {find: [{role: heading, name: Nekat}]}
  list:
    address: /lista
    landmark: heading
    elements:
      heading: {find: [{role: heading, name: Ärenden}]}
      cases: {find: [{role: table, name: Ärenden}], columns: {reference: Ärendenummer, person: Person, note: Not}, next_page: next}
      other: {find: [{role: table, name: Ärenden}], columns: {reference: Ärendenummer, note: Finns inte}}
      next: {find: [{role: link, name: Nästa}]}
      empty: {find: [{role: table, name: Tom}], columns: {reference: Ärendenummer, note: Not}}
      doubled: {find: [{role: table, name: Dubbel}], columns: {note: Not}}
      uneven: {find: [{role: table, name: Ojämn}], columns: {note: Not}}
      two_links: {find: [{role: table, name: Två länkar}], columns: {note: Not}}
  ask:
    address: /fraga
    landmark: heading
    elements:
      heading: {find: [{role: heading, name: Fråga}]}
      question: {find: [{label: Fråga}]}
      send: {find: [{role: button, name: Ställ}]}
  sent:
    landmark: heading
    elements:
      heading: {find: [{role: heading, name: Ärenden}]}
      cases: {find: [{role: table, name: Ärenden}], columns: {reference: Ärendenummer}, next_page: next}
      both_ways: {find: [{role: table, name: Ärenden}], columns: {reference: Ärendenummer}, next_page: next, previous_page: previous}
      previous: {find: [{role: button, name: Föregående}]}
      next: {find: [{role: button, name: Nästa}]}
  case:
    address: /arende/{reference}
    landmark: heading
    elements:
      heading: {find: [{role: heading, name: Ärende}]}
      reference: {find: [{test_id: reference}]}
      tab: {find: [{role: tab, name: Mer}]}
  more:
    reach: {from: list, press: list.next}
    landmark: heading
    elements:
      heading: {find: [{text: Sida 2}]}
  framed:
    address: /ram
    landmark: heading
    frame: {title: "Ärendets \\"ram\\""}
    elements:
      heading: {find: [{role: heading, name: I ramen}]}
      name: {find: [{label: Namn}], personal: true}
      save: {find: [{role: button, name: Spara}]}
  framed_saved:
    landmark: heading
    frame: {title: "Ärendets \\"ram\\""}
    elements:
      heading: {find: [{role: heading, name: Sparat}]}
      name: {find: [{near: Namn, role: definition}]}
  unframed:
    address: /formular
    landmark: heading
    frame: {title: Finns inte}
    elements:
      heading: {find: [{role: heading, name: Formulär}]}
  lookup:
    popup: true
    reach: {from: form, press: form.lookup}
    landmark: heading
    elements:
      heading: {find: [{role: heading, name: Uppslag}]}
      name: {find: [{label: Namn}]}
      choose: {find: [{role: button, name: Välj}]}
  window_framed:
    popup: true
    landmark: heading
    frame: {title: "Ärendets \\"ram\\""}
    elements:
      heading: {find: [{role: heading, name: I ramen}]}
      name: {find: [{label: Namn}]}
      save: {find: [{role: button, name: Spara}]}
  window_saved:
    popup: true
    landmark: heading
    frame: {title: "Ärendets \\"ram\\""}
    elements:
      heading: {find: [{role: heading, name: Sparat}]}
      name: {find: [{near: Namn, role: definition}]}
  news:
    popup: true
    landmark: heading
    elements:
      heading: {find: [{role: heading, name: Nyheter}]}
      close: {find: [{role: button, name: Stäng}]}
  twice:
    address: /tva
    landmark: heading
    elements:
      heading: {find: [{role: heading, name: Samma}]}
  doubtful:
    landmark: twin
    elements:
      twin: {find: [{label: Tvilling}]}
  late:
    address: /sen
    landmark: heading
    elements:
      heading: {find: [{role: heading, name: Sen}]}
      value: {find: [{test_id: value}]}
  files:
    address: /filer
    landmark: heading
    elements:
      heading: {find: [{role: heading, name: Filer}]}
      files: {find: [{role: table, name: Filer}], columns: {name: Namn}, next_page: next}
      next: {find: [{role: link, name: Nästa}]}
      single: {find: [{role: link, name: Kvittens}]}
      elsewhere: {find: [{role: link, name: Annanstans}]}
      script: {find: [{role: link, name: Skript}]}
      nothing: {find: [{role: link, name: Ingenting}]}
      fault: {find: [{role: link, name: Fel}]}
      cut: {find: [{role: link, name: Avbruten}]}
      hanging: {find: [{role: link, name: Hängd}]}
      page: {find: [{role: link, name: Sida}]}
      leads_away: {find: [{role: link, name: Omväg}]}
      lost: {find: [{role: link, name: Utloggad}]}
      words: {find: [{text: Bara ord}]}
  counted:
    address: /raknare
    landmark: heading
    elements:
      heading: {find: [{role: heading, name: Räknare}]}
      count: {find: [{test_id: count}]}
      more: {find: [{role: button, name: Mer}]}
      more_soon: {find: [{role: button, name: Strax mer}]}
      more_later: {find: [{role: button, name: Hämta mer}]}
  hanging:
    address: /halv
    landmark: heading
    elements:
      heading: {find: [{role: heading, name: Halv}]}
  failing:
    address: /trasig
    landmark: heading
    elements:
      heading: {find: [{role: heading, name: Trasig}]}
  nowhere:
    address: /finns-inte
    landmark: heading
    elements:
      heading: {find: [{role: heading, name: Ingenstans}]}
"""

FORM = """
<h1>Formulär</h1>
<form method="post" action="/spara">
<p><label for="name">Namn</label> <input id="name" name="name"></p>
<p><label>Anteckning <textarea name="note"></textarea></label></p>
<table><tr><td>Belopp</td><td><input name="amount"></td></tr><tr><td>Annat</td><td><input name="other"></td></tr></table>
<p><label>Slag <select name="kind"><option></option><option value="1">Lön</option><option value="2"> Pension </option></select></label></p>
<p><label><input type="checkbox" name="active">Pågår</label></p>
<p><label>Versaler <input name="shouted" onchange="this.value = this.value.toUpperCase()"></label></p>
<p><label>Kort <input name="short" maxlength="3"></label></p>
<p><label>Födelsedag <input type="date" name="birthday"></label></p>
<p><label>Dag <input name="day" onchange="this.value = this.value.replaceAll('-', '')"></label></p>
<p><label>Summa <input name="sum" onchange="this.value = inKronor(this.value)"></label></p>
<p><label>Tak <input name="capped" onchange="this.value = inKronor(this.value) && '1\u00a0000,00'"></label></p>
<p><label>Personnummer <input name="person" onchange="this.value = this.value.replace(/^(\\d{8})-?(\\d{4})$/, '$1-$2')"></label></p>
<div role="radiogroup" aria-label="Boende"><label><input type="radio" name="b" value="1">Hyresrätt</label>
<label><input type="radio" name="b" value="2">Inneboende</label></div>
<p><label>Heter nu så <input name="moved" data-testid="moved"></label></p>
<p><label>Tvilling <input name="t1"></label> <label>Tvilling <input name="t2"></label></p>
<p><label>Tvilling <input name="t3" style="display: none"></label></p>
<p><label>Låst <input name="held" value="kvar"></label></p>
<p data-testid="typed"></p>
<button>Spara</button> <button formaction="/neka">Neka</button>
<button type="button" onclick="if (confirm('Vill du skicka?')) this.form.submit()">Skicka</button>
<button type="button" onclick="if (!confirm('Vill du ta bort?')) this.form.submit()">Ta bort</button>
<button type="button" onclick="alert('Okänt om 19121212'); this.form.submit()">Överraska</button>
<span style="position: relative"><button type="button">Skymd</button><span style="position: absolute; inset: -5px; background: #fff"></span></span>
</form>
<a href="/langsam">Långsam</a> <a href="/bruten">Bruten</a> <a href="/halv">Halv</a> <a href="/trasig">Trasig</a>
<a href="/uppslag" target="_blank">Slå upp</a> <a href="/frammande" target="_blank">Främmande</a>
<a href="/nytt" target="_blank">Nytt</a> <a href="/ram" target="_blank">Inramat</a>
<button onclick="setTimeout(() => location = '/langsam', 50)">Senare</button>
<script>
function inKronor(text) {
  const plain = text.replaceAll("\u00a0", "").replace(",", ".");
  return isNaN(Number(plain)) ? "" : Number(plain).toFixed(2).replace(".", ",").replace(/\\B(?=(\\d{3})+,)/g, "\u00a0");
}
const typed = document.querySelector("[data-testid=typed]");
document.querySelector("#name").addEventListener("change", (event) => typed.textContent = `${event.isTrusted}: ${event.target.value.length}`);
</script>
"""

LIST_PAGES = ((("A-1", "Ada", "ny"), ("A-2", "Bo", "ny")), (("A-3", "Cia", MARKUP),), (("A-4", "Dan", "dubbel"), ("A-5", "Eva", "dubbel")))

ODD_TABLES = """
<table><caption>Tom</caption><tr><th>Ärendenummer</th><th>Not</th></tr><tr><td colspan="2">Inga ärenden</td></tr></table>
<table><caption>Dubbel</caption><tr><th>Not</th><th>Not</th></tr><tr><td>a</td><td>b</td></tr></table>
<table><caption>Ojämn</caption><tr><th>Not</th><th>Mer</th></tr><tr><td>a</td></tr></table>
<table><caption>Två länkar</caption><tr><th>Not</th><th></th></tr><tr><td>a</td><td><a href="/a">Öppna</a> <a href="/b">Makulera</a></td></tr></table>
"""


def _list(page: int) -> str:
    rows = "".join(
        f"<tr><td><a href='/arende/{reference}'>{reference}</a></td><td>{person}</td><td>{escape(note)}</td></tr>"
        for reference, person, note in LIST_PAGES[page]
    )
    following = f"<a href='/lista?sida={page + 1}'>Nästa</a>" if page + 1 < len(LIST_PAGES) else "<a>Nästa</a>"
    head = "<thead><tr><th>Ärendenummer</th><th>Person</th><th>Not</th></tr></thead>"
    foot = "<tfoot><tr><td>Summa</td></tr></tfoot>"
    table = f"<table><caption>Ärenden</caption>{head}<tbody>{rows}</tbody>{foot}</table>"
    return f"<h1>Ärenden</h1><p>Sida {page + 1}</p>{table}{following}{ODD_TABLES}"


FILES = """
<h1>Filer</h1>
<table><caption>Filer</caption><tr><th>Namn</th></tr>{rows}</table>{following}
<a href="/fil/kvittens">Kvittens</a> <a href="http://127.0.0.1:1/fil/x">Annanstans</a> <a href="javascript:document.title='x'">Skript</a>
<a href="/finns-inte">Ingenting</a> <a href="/trasig">Fel</a> <a href="/bruten">Avbruten</a> <a href="/fil/halv">Hängd</a> <a href="/sen">Sida</a>
<a href="/fil/annanstans">Omväg</a> <a href="/fil/utloggad">Utloggad</a> <p>Bara ord</p>
"""
#: {address: what the file holds}; every byte there is, and names that a robot must not take for paths
FILE_CONTENTS = {"/fil/kvittens": bytes(range(256)) * 400, "/fil/0": b"en", "/fil/1": b"tv\xc3\xa5", "/fil/2": b"%PDF-1.4 tre", "/fil/halv": b"halv"}
FILE_REDIRECTS = {"/fil/annanstans": "http://127.0.0.1:1/fil/x", "/fil/utloggad": "/logga-in?varfor=utloggad"}


def _files(page: int) -> str:
    names = ("../../etc/passwd", "<b>två</b>", "=1+1.pdf")[:2] if page == 0 else ("=1+1.pdf",)
    rows = "".join(f"<tr><td><a href='/fil/{2 * page + number}' download>{escape(name)}</a></td></tr>" for number, name in enumerate(names))
    return FILES.replace("{rows}", rows).replace("{following}", "<a href='/filer?sida=1'>Nästa</a>" if page == 0 else "")


COUNTER = """
<h1>Räknare</h1><p data-testid="count">{count}</p>
<form method="post" action="/raknare"><button>Mer</button></form>
<button onclick="more()">Hämta mer</button>
<button onclick="setTimeout(() => document.forms[0].submit(), 60)">Strax mer</button>
<script>
const more = () => fetch("/langsamt-tal").then((reply) => reply.text()).then((page) => {
  document.querySelector("[data-testid=count]").textContent = page.split(">").pop();
});
</script>
"""


class Site:
    """The site's state: what was asked of it, and what it is told to do."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.is_logged_out = False
        self.closes_windows = False
        self.count = 0
        self.asked: list[str] = []
        self.ends = threading.Event()

    def page(self, path: str, query: dict[str, list[str]], form: dict[str, list[str]]) -> str:
        name = escape(form.get("name", [""])[0])
        if self.is_logged_out or path == "/logga-in":
            leave = "if (window.opener) { opener.location = '/logga-in'; window.close(); }" if self.closes_windows else ""
            return f"<script>{leave}</script><h1>Logga in</h1><label>Lösenord <input type=password></label>"
        if path.startswith("/arende/"):
            reference = escape(path.removeprefix("/arende/"))
            about = f"<h2>{reference}</h2><label style='display: block'><input type=checkbox>{reference}</label>"
            captions = (
                f"<table style='table-layout: fixed; width: 300px'><tr><th scope=row>{reference}</th><td>x</td></tr></table>",
                f"<button style='display: block; width: 300px'>{reference}</button><div role=tab>{reference}</div>",
                f"<input type=submit style='display: block; width: 300px' value='{reference}'>",
            )
            return f"<h1>Ärende</h1><p data-testid=reference>{reference}</p>{about}{''.join(captions)}"
        if path == "/lista":
            return _list(int(query.get("sida", ["0"])[0]))
        if path == "/filer":
            return _files(int(query.get("sida", ["0"])[0]))
        if path == "/fraga" and "sida" in form:
            page = int(form["sida"][0])
            end = "disabled" if page + 1 == len(LIST_PAGES) else ""
            button = f"<form method=post action=/fraga><button name=sida value={page + 1} {end}>Nästa</button></form>"
            back = f"<form method=post action=/fraga><button name=sida value={page - 1}>Föregående</button></form>" if page else ""
            return _list(page).replace("Nästa</a>", "</a>") + button + back
        if path == "/raknare":
            if form or query or self.asked[-1].startswith("POST"):
                time.sleep(0.3)
                self.count += 1
            return COUNTER.replace("{count}", str(self.count))
        if path == "/langsamt-tal":
            time.sleep(0.3)
            return "hämtat"
        if path in {"/langsam", "/spara", "/i-ramen-sparat"}:
            time.sleep(0.3 if path == "/langsam" else 0)
            return f"<h1>Sparat</h1><dl><dt>Annat</dt><dd>x</dd><dt>Namn</dt><dd style='white-space: pre'>{name}</dd></dl>"
        return {
            "/formular": FORM,
            "/fraga": "<h1>Fråga</h1><form method=post><label>Fråga <input name=q></label><button name=sida value=0>Ställ</button></form>",
            "/neka": "<h1>Nekat</h1>",
            "/ram": "<h1>Utanför</h1><iframe title='Ärendets \"ram\"' src='/i-ramen'></iframe>",
            "/i-ramen": "<h1>I ramen</h1><form method=post action=/i-ramen-sparat><label>Namn <input name=name></label><button>Spara</button></form>",
            "/uppslag": "<h1>Uppslag</h1><label>Namn <input></label><button onclick='window.close()'>Välj</button>",
            "/frammande": "<h1>Nyheter om 19121212</h1><button onclick=\"fetch('/svar')\">OK</button>",
            "/nytt": "<h1>Nyheter</h1><button onclick='window.close()'>Stäng</button>",
            "/tva": "<h1>Samma</h1><h1>Samma</h1>",
            "/sen": "<script>setTimeout(() => document.body.innerHTML = '<h1>Sen</h1>', 150);"
            "setTimeout(() => document.body.innerHTML += '<p data-testid=value>här</p>', 300)</script>",
        }.get(path, "<h1>Sidan finns inte</h1>")


@contextmanager
def serve() -> Iterator[Site]:
    """Serve the site on a port of its own until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer({})

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            self._answer(parse_qs(body, keep_blank_values=True))

        def _answer(self, form: dict[str, list[str]]) -> None:
            parts = urlsplit(self.path)
            site.asked.append(f"{self.command} {self.path}")
            if parts.path == "/bruten":
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.close_connection = True
                self.connection.close()
                return
            if parts.path in FILE_REDIRECTS or (parts.path in FILE_CONTENTS and not site.is_logged_out):
                content = FILE_CONTENTS.get(parts.path, b"")
                self.send_response(200 if content else 303)
                self.send_header("Content-Disposition", "attachment; filename*=UTF-8''..%2F..%2Fx")
                self.send_header("Location", FILE_REDIRECTS.get(parts.path, ""))
                is_half = parts.path == "/fil/halv"
                self.send_header("Content-Length", str(len(content) + is_half))
                self.end_headers()
                self.wfile.write(content)
                site.ends.wait(HANGING_SECONDS if is_half else 0)
                return
            # A form's newlines travel as CR LF.
            cleaned = {key: [text.replace("\r\n", "\n") for text in texts] for key, texts in form.items()}
            html = site.page(parts.path, parse_qs(parts.query), cleaned)
            body = f"<!doctype html><html lang=sv><meta charset=utf-8><title>Prov</title><body>{html}".encode()
            self.send_response(503 if parts.path == "/trasig" else 404 if "finns inte" in html else 200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body) + (1000 if parts.path == "/halv" else 0)))
            self.end_headers()
            self.wfile.write(body[:30] if parts.path == "/halv" else body)
            if parts.path == "/halv":
                self.wfile.flush()
                site.ends.wait(HANGING_SECONDS)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class' name
            """Keep the test's output quiet."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            """A connection that is broken on purpose is no error here."""

    server = Server(("127.0.0.1", 0), Handler)
    site = Site(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield site
    finally:
        site.ends.set()
        server.shutdown()
        thread.join()
        server.server_close()
