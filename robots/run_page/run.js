"use strict";
// What is shown of the cases is made here on demand, of text nodes alone, so that nothing in the log can be taken for markup.
const stored = JSON.parse(document.getElementById("stored").textContent);
const page = document.documentElement, el = (id) => document.getElementById(id);
const FIRST_ROWS = 100, MORE_ROWS = 300;
const clock = new Intl.DateTimeFormat("sv-SE", { timeZone: "Europe/Stockholm", hour: "2-digit", minute: "2-digit", second: "2-digit" });
const lowered = stored.texts.map((text) => text.toLowerCase());
const cases = stored.cases.map((row, place) => ({
  place, number: row[0], standing: stored.standings[row[1]], seconds: row[2], steps: row[3], warnings: row[4], errors: row[5], systems: row[6], begun: row[7], pictures: row[8], events: row[9],
}));
const controls = ["q", "ending", "system", "level", "order"];
const state = { open: new Set(), shown: FIRST_ROWS };
let found = [];

function make(name, classes, ...children) {
  const one = document.createElement(name);
  if (classes) one.className = classes;
  one.append(...children);
  return one;
}

const number = (value, digits) => {
  const cell = make("td", value ? "number" : "number nought", value === null ? "–" : digits === undefined ? String(value) : value.toFixed(digits));
  return cell;
};
const time = (ms) => clock.format(new Date(stored.start + ms));
const kind = (standing) => standing.replace(/ /g, "_");

// --- which cases

// The texts in which a word stands; of each text there is one however many events have it.
const textsWith = (word) => new Set(lowered.flatMap((text, place) => {
  const meaning = stored.meanings[place];
  return text.includes(word) || (meaning && meaning.toLowerCase().includes(word)) ? [place] : [];
}));

function matching() {
  const ending = el("ending").value, level = el("level").value, order = el("order").value;
  const system = el("system").value ? stored.texts.indexOf(el("system").value) : -1;
  const words = el("q").value.toLowerCase().split(/\s+/).filter(Boolean).map((word) => [word, textsWith(word)]);
  const list = cases.filter((one) =>
    (!ending || one.standing === ending)
    && (system < 0 || one.systems.includes(system))
    && (!level || one.errors || (level === "warning" && one.warnings))
    && words.every(([word, texts]) => one.number.toLowerCase().includes(word) || one.standing.includes(word)
      || (one.events && one.events.some((event) => texts.has(event[2]) || texts.has(event[3]) || texts.has(event[4]) || texts.has(event[6])))));
  const by = {
    "": (a, b) => (b.errors > 0) - (a.errors > 0) || (b.standing === "failed") - (a.standing === "failed") || (b.warnings > 0) - (a.warnings > 0) || a.place - b.place,
    begun: (a, b) => (a.begun ?? Infinity) - (b.begun ?? Infinity) || a.place - b.place,
    number: (a, b) => (a.number < b.number ? -1 : 1),
    slow: (a, b) => (b.seconds ?? -1) - (a.seconds ?? -1),
  }[order];
  return by ? list.sort(by) : list;
}

// --- how they are shown

function eventTable(events) {
  const body = make("tbody");
  let before = null;
  for (const [ms, level, action, system, step, seconds, message] of events) {
    const text = stored.texts[message] || stored.meanings[action] || "";
    const pause = before === null ? "" : `+${((ms - before) / 1000).toFixed(1)}`;
    before = ms;
    body.append(make("tr", stored.levels[level], make("td", "number", time(ms)), make("td", "number soft aside", pause), make("td", "", stored.texts[action]),
      make("td", "", stored.texts[system]), make("td", "", stored.texts[step]), make("td", "number", seconds === null ? "" : seconds.toFixed(2)), make("td", stored.texts[message] ? "free" : "soft free", text)));
  }
  const titles = [["time", "number"], ["after", "number aside"], ["action", ""], ["system", ""], ["step", ""], ["seconds", "number"], ["what", ""]];
  const head = make("thead", "", make("tr", "", ...titles.map(([title, classes]) => { const cell = make("th", classes, title); cell.scope = "col"; return cell; })));
  return make("table", "", head, body);
}

function pictureList(places) {
  const shots = make("div", "shots");
  for (const place of places) {
    const [name, link] = stored.pictures[place];
    const anchor = make("a"), there = document.querySelector(`#picture-${place} img`);
    anchor.href = link;
    if (there) {
      const image = make("img");
      image.src = there.src;
      image.alt = there.alt;
      anchor.append(image);
    } else anchor.append(name);
    shots.append(make("figure", "", anchor, make("figcaption", "", name)));
  }
  return shots;
}

function inside(one) {
  const cell = make("td");
  cell.colSpan = 7;
  if (one.events) cell.append(make("div", "wide", eventTable(one.events)));
  else cell.append(make("p", "", `There was no room in this page for the events of this case${one.errors || one.warnings ? "" : ", in which all went well"}; run.log beside it has them.`));
  if (one.pictures.length) cell.append(pictureList(one.pictures));
  return make("tr", "inside", cell);
}

function row(one) {
  const open = make("button", "open", one.number);
  open.type = "button";
  const line = make("tr", "", make("td", "", open), make("td", "", make("span", `tag ${kind(one.standing)}`, one.standing)), make("td", "aside", one.begun === null ? "" : time(one.begun)),
    number(one.seconds, 1), number(one.steps), number(one.warnings), number(one.errors));
  const parts = [line];
  const set = (isOpen) => {
    open.setAttribute("aria-expanded", String(isOpen));
    if (isOpen) state.open.add(one.number);
    else state.open.delete(one.number);
    if (isOpen && !parts[1]) {
      parts.push(inside(one));
      line.after(parts[1]);
    }
    if (parts[1]) parts[1].hidden = !isOpen;
  };
  open.setAttribute("aria-expanded", "false");
  open.addEventListener("click", () => { set(open.getAttribute("aria-expanded") !== "true"); keep(); });
  line.openCase = () => set(true);
  return line;
}

function show() {
  found = matching();
  const some = found.slice(0, state.shown), rows = some.map(row);
  el("rows").replaceChildren(...rows);
  some.forEach((one, place) => { if (state.open.has(one.number)) rows[place].openCase(); });
  el("found").textContent = `${found.length} of ${cases.length} cases` + (some.length < found.length ? `, the first ${some.length} shown` : "");
  el("more").hidden = some.length === found.length;
}

// --- what is kept when the page is looked at anew: behind the # of its address, so that a view can be sent to others too

function keep() {
  const kept = new URLSearchParams();
  for (const id of controls) if (el(id).value) kept.set(id, el(id).value);
  if (state.open.size) kept.set("open", [...state.open].join(","));
  if (state.shown !== FIRST_ROWS) kept.set("shown", state.shown);
  if (el("own").open) kept.set("own", "1");
  if (el("hold")?.checked) kept.set("hold", "1");
  if (window.scrollY) kept.set("y", Math.round(window.scrollY));
  const focused = document.activeElement;
  if (focused && controls.includes(focused.id)) kept.set("focus", focused.id);
  try {
    history.replaceState(null, "", `#${kept}`);
  } catch {
    location.replace(`#${kept}`);
  }
}

function restore() {
  const kept = new URLSearchParams(location.hash.slice(1));
  for (const id of controls) {
    el(id).value = kept.get(id) ?? "";
    // A choice that this page does not have any more is none.
    if (el(id).value === "" && el(id).options) el(id).selectedIndex = 0;
  }
  state.open = new Set((kept.get("open") ?? "").split(",").filter(Boolean));
  state.shown = Math.max(FIRST_ROWS, Number(kept.get("shown")) || 0);
  el("own").open = kept.has("own");
  if (el("hold")) el("hold").checked = kept.has("hold");
  show();
  if (controls.includes(kept.get("focus"))) el(kept.get("focus")).focus({ preventScroll: true });
  if (kept.has("y")) window.scrollTo(0, Number(kept.get("y")));
}

for (const id of controls) el(id).addEventListener("input", () => { state.shown = FIRST_ROWS; show(); keep(); });
el("more").addEventListener("click", () => { state.shown += MORE_ROWS; show(); keep(); });
el("hold")?.addEventListener("change", keep);
el("own").addEventListener("toggle", () => {
  if (el("own").open && !el("own-events").firstChild) el("own-events").append(eventTable(stored.own));
  keep();
});
for (const bar of document.querySelectorAll("[data-case]")) bar.addEventListener("click", () => {
  for (const id of controls) el(id).value = id === "q" ? bar.dataset.case : "";
  state.open.add(bar.dataset.case);
  show();
  el("cases").scrollIntoView();
  keep();
});
if ("scrollRestoration" in history) history.scrollRestoration = "manual";
restore();

// --- a run that is under way

if (page.dataset.isUnderWay === "yes") {
  const made = Date.parse(page.dataset.made), pause = Number(page.dataset.renewedSeconds) * 1000;
  let typed = 0;
  document.addEventListener("input", () => { typed = Date.now(); });
  const look = () => { el("stale").classList.toggle("shown", Date.now() - made > 180000); };
  look();
  setInterval(() => {
    look();
    // Not under the hands of somebody who writes or copies.
    if (el("hold").checked || Date.now() - typed < 5000 || String(getSelection())) return;
    keep();
    location.reload();
  }, pause);
}
