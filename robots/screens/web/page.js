// What the web driver asks a page: one function body, called with the elements that a way matches and the questions about them.
// Runs in the page's own world, changes nothing but what `fill` is told to, and answers with plain values.

const shows = (element) => element.checkVisibility({ visibilityProperty: true });
// Only ordinary blanks are taken off: a non-breaking space is part of the text.
const trimmed = (text) => text.replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, "");
const spoken = (text) => text.replace(/\s+/g, " ").trim();
const TICKED = ["checkbox", "radio"];
const TYPED = ["text", "search", "tel", "url", "email", "password", "number"];
const NOT_PASSED = 'tr, [role="row"], fieldset, [role="group"], li, dl, form, table, body';

const isTicked = (element) => element.tagName === "INPUT" && TICKED.includes(element.type);
const isField = (element) => ["INPUT", "TEXTAREA", "SELECT"].includes(element.tagName);
const isChoice = (element) => element.tagName === "FIELDSET" || element.getAttribute("role") === "radiogroup";
const radiosOf = (element) => [...element.querySelectorAll("input[type=radio]")].filter(shows);
const labelOf = (field) => trimmed([...field.labels].map((label) => label.innerText).join(" "));

function textOf(element) {
  if (isTicked(element)) return element.checked ? "Ja" : "Nej";
  if (element.tagName === "SELECT") return element.selectedOptions.length ? trimmed(element.selectedOptions[0].label) : "";
  if (isField(element)) return element.value;
  if (isChoice(element)) return radiosOf(element).filter((radio) => radio.checked).map(labelOf).join("\n");
  return trimmed(element.innerText ?? element.textContent);
}

// A label's own words, without those of a list or a text that stands inside it.
function wordsOf(label) {
  const parts = document.createTreeWalker(label, NodeFilter.SHOW_TEXT);
  let words = "";
  while (parts.nextNode()) {
    if (!parts.currentNode.parentElement.closest("select, textarea, button, script, style")) words += parts.currentNode.data;
  }
  return spoken(words);
}

function isLabelled(element, text) {
  const ids = (element.getAttribute("aria-labelledby") ?? "").split(/\s+/).filter(Boolean);
  const parts = ids.map((id) => element.ownerDocument.getElementById(id)).filter(Boolean);
  if (parts.length) return parts.map(wordsOf).join(" ") === text;
  if (element.hasAttribute("aria-label")) return spoken(element.getAttribute("aria-label")) === text;
  return [...(element.labels ?? [])].some((label) => wordsOf(label) === text);
}

// The elements in the cells after a row's header, up to the next header: several pairs of label and value can share a row.
function besideHeader(elements, anchor) {
  const found = [];
  let cell = anchor.closest("th")?.nextElementSibling;
  for (; cell && cell.tagName === "TD"; cell = cell.nextElementSibling) found.push(...elements.filter((one) => cell.contains(one)));
  return found;
}

// The elements in the same row or group as a text: the nearest box around the text that holds any of them.
function inRowOf(elements, text) {
  const isText = (element) => spoken(element.textContent) === text;
  const anchors = [...document.querySelectorAll("body *")].filter((one) => isText(one) && ![...one.children].some(isText) && shows(one));
  const inside = new Set();
  for (const anchor of anchors) {
    if (anchor.tagName === "DT") {
      for (let next = anchor.nextElementSibling; next && next.tagName !== "DT"; next = next.nextElementSibling) {
        elements.filter((one) => next.contains(one)).forEach((one) => inside.add(one));
      }
      continue;
    }
    const valued = besideHeader(elements, anchor);
    if (valued.length) {
      valued.forEach((one) => inside.add(one));
      continue;
    }
    for (let box = anchor.parentElement; box; box = box.parentElement) {
      const here = elements.filter((one) => one !== anchor && box.contains(one));
      here.forEach((one) => inside.add(one));
      if (here.length || box.matches(NOT_PASSED)) break;
    }
  }
  return [...inside];
}

const cellsOf = (row) => (row.cells ? [...row.cells] : [...row.querySelectorAll('[role="cell"], [role="gridcell"], [role="columnheader"], [role="rowheader"]')]);
const isHeader = (cell) => cell.tagName === "TH" || cell.getAttribute("role") === "columnheader";

function cellText(cell) {
  const fields = [...cell.querySelectorAll("input, select, textarea")].filter(shows);
  const text = trimmed(cell.innerText);
  return fields.length === 1 && (text === "" || fields[0].tagName === "SELECT") ? textOf(fields[0]) : text;
}

function partsOf(table) {
  const rows = (table.rows ? [...table.rows] : [...table.querySelectorAll('[role="row"]')]).filter(shows);
  const header = rows.find((row) => cellsOf(row).length && cellsOf(row).every(isHeader));
  const isMessage = (cells) => cells.length === 1 && cells[0].colSpan > 1;
  const body = rows.filter((row) => row !== header && !row.closest("tfoot") && cellsOf(row).length && !isMessage(cellsOf(row)));
  return { header: header ? cellsOf(header) : [], body };
}

// {missing: [column], twice: [column], uneven: bool, rows: [{column: text}]} for {column: header text}.
function tableOf(table, columns) {
  const { header, body } = partsOf(table);
  const places = {};
  const missing = [];
  const twice = [];
  for (const [column, text] of Object.entries(columns)) {
    const at = header.map((cell, index) => [cell, index]).filter(([cell]) => trimmed(cell.innerText) === text || spoken(cell.textContent) === text);
    if (at.length === 1) places[column] = at[0][1];
    else (at.length ? twice : missing).push(column);
  }
  const uneven = header.some((cell) => cell.colSpan > 1) || body.some((row) => cellsOf(row).length !== header.length);
  if (missing.length || twice.length || uneven) return { missing, twice, uneven, rows: [] };
  const rows = body.map((row) => {
    const cells = cellsOf(row);
    return Object.fromEntries(Object.entries(places).map(([column, place]) => [column, cellText(cells[place])]));
  });
  return { missing, twice, uneven, rows };
}

// What to press in a row: its only link or button, several links to the same place, or the row itself; null when it can't be told.
function targetIn(table, place) {
  const row = partsOf(table).body[place];
  if (!row) return null;
  const targets = [...row.querySelectorAll('a[href], button, input[type=submit], input[type=button], [role="link"], [role="button"]')].filter(shows);
  if (!targets.length) return row;
  return targets.length === 1 || (targets[0].href && targets.every((one) => one.href === targets[0].href)) ? targets[0] : null;
}

function tell(element, ...names) {
  names.forEach((name) => element.dispatchEvent(new Event(name, { bubbles: true })));
}

function put(element, text) {
  const prototype = element.tagName === "TEXTAREA" ? HTMLTextAreaElement.prototype : HTMLInputElement.prototype;
  Object.getOwnPropertyDescriptor(prototype, "value").set.call(element, text);
  tell(element, "input", "change");
}

// Returns "" or why the field can't take the text: "choice" (no such choice) or "choices" (more than one).
function fill(element, text) {
  if (element.disabled || element.readOnly || textOf(element) === text) return "";
  if (isTicked(element)) {
    if (!["Ja", "Nej"].includes(text)) return "choice";
    element.click();
    return "";
  }
  if (element.tagName === "SELECT") {
    const options = [...element.options].filter((option) => trimmed(option.label) === text && !option.disabled);
    if (options.length !== 1) return options.length ? "choices" : "choice";
    element.focus();
    options[0].selected = true;
    tell(element, "input", "change");
    element.blur();
    return "";
  }
  if (isChoice(element)) {
    const radios = radiosOf(element).filter((radio) => labelOf(radio) === text);
    if (radios.length !== 1) return radios.length ? "choices" : "choice";
    radios[0].click();
    return "";
  }
  element.focus();
  const isTyped = element.tagName === "TEXTAREA" || (element.tagName === "INPUT" && TYPED.includes(element.type));
  if (isTyped) element.select();
  else if (element.isContentEditable) getSelection().selectAllChildren(element);
  else if (isField(element)) put(element, text);
  // The browser's own editing command: the page gets the same events, and the same limits hold, as when a person types.
  if (isTyped || element.isContentEditable) {
    const isDone = text === "" ? document.execCommand("delete") : document.execCommand("insertText", false, text);
    if (!isDone && isTyped) put(element, text);
  }
  element.blur();
  return "";
}

const HELD = Symbol.for("kollega");

// Elements are held between two questions, so that what is pressed or filled is the very one that was counted.
const held = () => (globalThis[HELD] ??= new Map());

function matching(found, ask) {
  if (ask.near !== undefined) return inRowOf(found.filter(shows), ask.near);
  return (ask.label === undefined ? found : found.filter((element) => isLabelled(element, ask.label))).filter(shows);
}

function take(ask) {
  const element = held().get(ask.key) ?? null;
  delete globalThis[HELD];
  return element !== null && ask.place !== undefined ? targetIn(element, ask.place) : element;
}

function fillAll(values) {
  const fields = held();
  delete globalThis[HELD];
  return Object.fromEntries(Object.entries(values).map(([key, text]) => [key, fields.has(key) ? fill(fields.get(key), text) : ""]));
}

const isUsable = (element) => !element.matches(":disabled") && !element.closest('[aria-disabled="true"], [inert]');

function isStill(element) {
  for (let one = element; one; one = one.parentElement) if (one.getAnimations().length) return false;
  return true;
}

// The middle of the element in the outermost window, if a press there reaches it; null when something lies over it or that can't be told.
function middleOf(element) {
  const [box] = element.getClientRects();
  if (!box || !box.width || !box.height) return null;
  let [x, y] = [box.left + box.width / 2, box.top + box.height / 2];
  const hit = document.elementFromPoint(x, y);
  if (!hit || !element.contains(hit)) return null;
  for (let inside = window; inside !== inside.top; inside = inside.parent) {
    const frame = inside.frameElement;
    if (!frame || !isStill(frame)) return null;
    const [place, style] = [frame.getBoundingClientRect(), inside.parent.getComputedStyle(frame)];
    x += place.left + frame.clientLeft + parseFloat(style.paddingLeft);
    y += place.top + frame.clientTop + parseFloat(style.paddingTop);
    if (inside.parent.document.elementFromPoint(x, y) !== frame) return null;
  }
  return { x, y };
}

const AIMED = Symbol.for("kollega aimed");

// From here to the press nothing but the element can be pressed: what comes up under the pointer meanwhile gets nothing.
function guard(element) {
  const guarding = new AbortController();
  const state = { outcome: "nothing", end: () => guarding.abort() };
  const judge = (event) => {
    if (state.outcome !== "blocked" && event.view === window && event.composedPath().includes(element)) {
      if (event.type !== "mousedown") return;
      state.outcome = "pressed";
      guarding.abort();
      return;
    }
    state.outcome = "blocked";
    event.preventDefault();
    event.stopImmediatePropagation();
  };
  for (let inside = window; ; inside = inside.parent) {
    for (const kind of ["pointerdown", "mousedown", "pointerup", "mouseup", "click"]) {
      inside.addEventListener(kind, judge, { capture: true, signal: guarding.signal });
    }
    if (inside === inside.top) break;
  }
  globalThis[AIMED] = state;
}

// Where to press what is held, when it can be pressed at once; null when whoever presses it must wait, or must find out why not.
function aim(ask) {
  const one = held().get(ask.key) ?? null;
  const element = one !== null && ask.place !== undefined ? targetIn(one, ask.place) : one;
  if (element === null || !element.isConnected || element.getRootNode() !== document || !shows(element) || !isUsable(element) || !isStill(element)) return null;
  try {
    let middle = middleOf(element);
    if (middle === null) {
      element.scrollIntoView({ behavior: "instant", block: "center", inline: "center" });
      middle = middleOf(element);
    }
    if (middle === null) return null;
    guard(element);
    return { ...middle, born: performance.timeOrigin };
  } catch (error) {
    if (error.name === "SecurityError") return null; // a page of somebody else is round this one
    throw error;
  }
}

// What became of the press: "pressed", "blocked" when something else was in the way, "nothing" when no press came; it can still come then.
async function outcome() {
  const state = globalThis[AIMED] ?? { outcome: "nothing" };
  delete globalThis[AIMED];
  const { outcome } = state;
  if (outcome === "pressed") {
    delete globalThis[HELD];
    // A form is sent a moment after its button was pressed: when this is answered, it is on its way.
    await new Promise((done) => setTimeout(done));
  }
  if (outcome === "blocked") state.end();
  if (outcome === "nothing") state.outcome = "blocked";
  return { born: performance.timeOrigin, outcome };
}

function answer(found, ask) {
  const matches = matching(found, ask);
  const reply = { count: matches.length, born: performance.timeOrigin, value: null };
  if (matches.length !== 1) return reply;
  const [element] = matches;
  if (ask.do === "read") reply.value = textOf(element);
  if (ask.do === "table") reply.value = tableOf(element, ask.columns);
  if (ask.do === "usable") {
    const isDead = element.disabled || element.getAttribute("aria-disabled") === "true" || (element.tagName === "A" && !element.hasAttribute("href"));
    reply.value = !isDead;
  }
  if (ask.key !== undefined) held().set(ask.key, element);
  return reply;
}

if (ask.do === "take") return take(ask);
if (ask.do === "aim") return aim(ask);
if (ask.do === "outcome") return outcome();
if (ask.do === "fill") return fillAll(ask.values);
return ask.map((one) => answer(found, one));
