// What the web driver asks a page: one function body, called with what is asked. Elements are looked up here, by the ways of the selector
// file, since the browser library would bring a script of its own into every page for it, which takes longer than all the rest.
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

// Which elements have a role without saying so (https://www.w3.org/TR/html-aam-1.0/#html-element-role-mappings).
const NATIVE = {
  article: "article",
  banner: "header:not(:is(article, aside, main, nav, section) header)",
  blockquote: "blockquote",
  button: "button, input:is([type=button], [type=submit], [type=reset], [type=image], [type=file])",
  caption: "caption",
  cell: "td:not(:is([role=grid], [role=treegrid]) td)",
  checkbox: "input[type=checkbox]",
  code: "code",
  columnheader: "th:is([scope=col], [scope=colgroup]), tr:not(:has(> td)) > th:not([scope])",
  combobox: "select:not([multiple], [size]:not([size='0'], [size='1'])), input[list]:not([type]), input[list]:is([type=text], [type=search], [type=tel], [type=url], [type=email])",
  complementary: "aside",
  contentinfo: "footer:not(:is(article, aside, main, nav, section) footer)",
  definition: "dd",
  deletion: "del",
  dialog: "dialog",
  emphasis: "em",
  figure: "figure",
  form: "form",
  gridcell: ":is([role=grid], [role=treegrid]) td",
  group: "fieldset, details, optgroup",
  heading: "h1, h2, h3, h4, h5, h6",
  img: "img:not([alt='']), svg",
  insertion: "ins",
  link: "a[href], area[href]",
  list: "ul, ol, menu",
  listbox: "select[multiple], select[size]:not([size='0'], [size='1']), datalist",
  listitem: "li",
  main: "main",
  mark: "mark",
  math: "math",
  meter: "meter",
  navigation: "nav",
  option: "option",
  paragraph: "p",
  progressbar: "progress",
  radio: "input[type=radio]",
  region: "section",
  row: "tr",
  rowgroup: "tbody, thead, tfoot",
  rowheader: "th:is([scope=row], [scope=rowgroup]), tr:has(> td) > th:not([scope])",
  search: "search",
  searchbox: "input[type=search]:not([list])",
  separator: "hr",
  slider: "input[type=range]",
  spinbutton: "input[type=number]",
  status: "output",
  strong: "strong",
  subscript: "sub",
  superscript: "sup",
  table: "table",
  term: "dfn, dt",
  textbox: `textarea, input:not([type=button], [type=submit], [type=reset], [type=image], [type=file], [type=checkbox], [type=radio], [type=range],
    [type=number], [type=search], [type=hidden], [list]:not([type]), [list]:is([type=text], [type=tel], [type=url], [type=email]))`,
  time: "time",
};
// What is told of only when it has a name.
const NAMED_ONLY = ["form", "region"];
const LABELLED = "input:not([type=hidden]), select, textarea, output, button, [contenteditable], [aria-label], [aria-labelledby]";
const WORDLESS = "head, head *, script, style, noscript";

const worked = new Map();
function once(key, work) {
  if (!worked.has(key)) worked.set(key, work());
  return worked.get(key);
}

// The page itself and what stands in the shadows of its elements, as far as pages can see into them.
const roots = () => once("roots", () => {
  const all = [document];
  for (const root of all) root.querySelectorAll("*").forEach((one) => one.shadowRoot && all.push(one.shadowRoot));
  return all;
});
const everything = (css) => roots().flatMap((root) => [...root.querySelectorAll(css)]);

function isHidden(element) {
  for (let one = element; one; one = one.getRootNode().host) if (one.closest('[aria-hidden="true"]')) return true;
  return false;
}

// All of a role that people are told of; the names are the browser's own.
const ofRole = (role) => once(`role ${role}`, () => {
  const isIt = (element) => {
    const [said] = (element.getAttribute("role") ?? "").trim().split(/\s+/);
    return said ? said === role : NATIVE[role] !== undefined && element.matches(NATIVE[role]) && (!NAMED_ONLY.includes(role) || element.computedName);
  };
  return everything(["[role]", NATIVE[role]].filter(Boolean).join(", ")).filter((one) => isIt(one) && !isHidden(one));
});

// Signs that show only where a line is broken are no part of a text.
const told = (text) => spoken(text.replace(/[\u200b\u00ad]/g, ""));
const wordsIn = (element) => (element.tagName === "INPUT" && ["button", "submit", "reset"].includes(element.type) ? element.value : element.textContent);
const texts = () => once("texts", () => everything("*").filter((one) => !one.matches(WORDLESS)).map((one) => [one, told(wordsIn(one))]));

// The innermost elements with exactly this text.
function ofText(text) {
  const found = new Set(texts().filter(([, words]) => words === told(text)).map(([one]) => one));
  return [...found].filter((one) => ![...one.children].some((child) => found.has(child)));
}

// What a way of the selector file matches, and shows.
function matching(way) {
  if (way.near !== undefined) return inRowOf(ofRole(way.role).filter(shows), way.near);
  if (way.role !== undefined) return ofRole(way.role).filter((one) => (way.name === null || told(one.computedName) === told(way.name)) && shows(one));
  if (way.label !== undefined) return once("labelled", () => everything(LABELLED)).filter((one) => isLabelled(one, way.label) && shows(one));
  if (way.text !== undefined) return ofText(way.text).filter(shows);
  if (way.test_id !== undefined) return everything(`[data-testid=${CSS.escape(way.test_id)}]`).filter(shows);
  return everything(way.css).filter(shows);
}

const HELD = Symbol.for("kollega");

// Elements are held between two questions, so that what is pressed or filled is the very one that was counted.
const held = () => (globalThis[HELD] ??= new Map());

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

// The first way that matches anything says what the element is: {way, count, born, value}.
function answer(ask) {
  const reply = { way: 0, count: 0, born: performance.timeOrigin, value: null };
  let matches = [];
  for (const [place, way] of ask.ways.entries()) {
    matches = matching(way);
    reply.way = place;
    if (matches.length) break;
  }
  reply.count = matches.length;
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

// Whether this is still the page's one frame of that title; a page of somebody else round this one can't be asked.
function isTheFrame(title) {
  if (!title || !window.frameElement) return true;
  const titled = [...parent.document.querySelectorAll("iframe, frame")].filter((one) => one.title === title);
  return titled.length === 1 && titled[0] === window.frameElement;
}

// All answers, and what was done with what is held: {answers, done}, `done` being null as long as anything is not as it must be for it.
function find(ask) {
  if (!isTheFrame(ask.title)) return null;
  const answers = ask.questions.map(answer);
  const isReady = answers.every((one, place) => one.count === (ask.questions[place].is_absent ? 0 : 1));
  return { answers, done: isReady && ask.then?.do === "aim" ? { aimed: aim(ask.then) } : null };
}

if (ask.do === "take") return take(ask);
if (ask.do === "aim") return aim(ask);
if (ask.do === "outcome") return outcome();
if (ask.do === "fill") return fillAll(ask.values);
return find(ask);
