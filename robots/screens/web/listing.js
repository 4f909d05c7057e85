// What the web driver asks a page that is only looked at: everything that an element could be, without any value that it holds.
// Answers {things: [{kind, name, …}], places: {key: number}}, the places being those of the elements that `page.js` holds.

const shows = (element) => element.checkVisibility({ visibilityProperty: true });
const spoken = (text) => (text ?? "").replace(/\s+/g, " ").trim();
const LISTED = `a[href], button, input:not([type=hidden]), select, textarea, table, h1, h2, h3, h4, h5, h6, output, dd, fieldset,
  [contenteditable], [role], [data-testid]`;
const NOT_LISTED = ["none", "presentation", "row", "rowgroup", "cell", "gridcell", "columnheader", "rowheader", "document", "main", "navigation", "banner"];
const INPUTS = { search: "searchbox", number: "spinbutton", checkbox: "checkbox", radio: "radio", range: "slider", password: "password" };
const BUTTONS = ["submit", "button", "reset", "image"];
const KINDS = { A: "link", BUTTON: "button", TEXTAREA: "textbox", TABLE: "table", OUTPUT: "status", DD: "definition", FIELDSET: "group" };
const FIELDS = "input, select, textarea, output, button, [contenteditable]";

function kindOf(element) {
  if (element.hasAttribute("role")) return element.getAttribute("role").split(/\s+/)[0];
  if (element.tagName === "INPUT") {
    if (BUTTONS.includes(element.type)) return "button";
    return INPUTS[element.type] ?? (["text", "tel", "url", "email"].includes(element.type) ? "textbox" : "date");
  }
  if (element.tagName === "SELECT") return element.multiple || element.size > 1 ? "listbox" : "combobox";
  if (/^H[1-6]$/.test(element.tagName)) return "heading";
  return KINDS[element.tagName] ?? (element.isContentEditable ? "textbox" : "generic");
}

// The words of a label or a cell, without those of what is entered or chosen inside it.
function wordsOf(box) {
  const parts = document.createTreeWalker(box, NodeFilter.SHOW_TEXT);
  let words = "";
  while (parts.nextNode()) {
    if (!parts.currentNode.parentElement.closest("select, textarea, button, output, script, style")) words += parts.currentNode.data;
  }
  return spoken(words);
}

function labelOf(element) {
  const ids = (element.getAttribute("aria-labelledby") ?? "").split(/\s+/).filter(Boolean);
  const parts = ids.map((id) => document.getElementById(id)).filter(Boolean);
  if (parts.length) return parts.map(wordsOf).join(" ");
  if (element.hasAttribute("aria-label")) return spoken(element.getAttribute("aria-label"));
  return [...(element.labels ?? [])].map(wordsOf).join(" ");
}

// Text inside is a name only where it is the makers' own: a button's, a heading's; never what a field or a row holds.
function nameOf(element, kind) {
  const label = labelOf(element);
  if (label) return label;
  if (element.tagName === "TABLE") return element.caption ? wordsOf(element.caption) : "";
  if (element.tagName === "FIELDSET") return spoken(element.querySelector("legend")?.textContent);
  if (element.tagName === "INPUT") return kind === "button" ? spoken(element.value) : spoken(element.title || element.placeholder);
  if (["button", "link", "heading", "tab", "menuitem"].includes(kind)) return spoken(element.textContent) || spoken(element.title);
  return spoken(element.title);
}

function nearOf(element) {
  if (element.tagName === "DD") {
    let before = element.previousElementSibling;
    while (before && before.tagName !== "DT") before = before.previousElementSibling;
    return before ? wordsOf(before) : "";
  }
  const first = element.closest("tr, [role=row]")?.children[0];
  return first && !first.contains(element) && element.tagName !== "TABLE" ? wordsOf(first) : "";
}

function groupOf(element, headings) {
  const legend = element.parentElement?.closest("fieldset")?.querySelector("legend");
  if (legend) return spoken(legend.textContent);
  const above = headings.filter((one) => one !== element && one.compareDocumentPosition(element) & Node.DOCUMENT_POSITION_FOLLOWING);
  return above.length ? spoken(above[above.length - 1].textContent) : "";
}

// Where it leads, without what varies from case to case: parts of the path with a number in them, and what is asked for.
function targetOf(element, kind) {
  const isSent = kind === "button" && element.form && (element.type === "submit" || element.type === "image");
  // By attribute: a field that is called "action" hides the form's own, and a button without one says the page's address.
  const sentTo = isSent && (element.getAttribute("formaction") ?? element.form.getAttribute("action") ?? "");
  const url = kind === "link" || isSent ? URL.parse(isSent ? sentTo : element.getAttribute("href"), document.baseURI) : null;
  if (!url || !/^https?:/.test(url.protocol)) return "";
  const path = url.pathname.split("/").map((part) => (/\d|%/.test(part) ? "*" : part)).join("/");
  const asked = [...new Set(url.searchParams.keys())].sort().map((key) => `${key}=*`).join("&");
  return `${isSent ? (element.form.getAttribute("method") ?? "get").toUpperCase() : "GET"} ${path}${asked ? `?${asked}` : ""}`;
}

function headersOf(table) {
  const rows = table.rows ? [...table.rows] : [...table.querySelectorAll('[role="row"]')];
  const isHeader = (cell) => cell.tagName === "TH" || cell.getAttribute("role") === "columnheader";
  const row = rows.filter(shows).find((one) => one.children.length && [...one.children].every(isHeader));
  return row ? [...row.children].map((cell) => spoken(cell.textContent)) : [];
}

// What stands in a row is the row's own, except what can be worked: a link there bears the name of what it leads to.
const isContent = (element, kind) => element.closest("td, [role=cell], [role=gridcell]") && !element.matches(FIELDS) && kind !== "table";

function hasValue(element, kind) {
  if (element.tagName === "SELECT") return element.selectedOptions.length > 0 && spoken(element.selectedOptions[0].label) !== "";
  if (kind === "checkbox" || kind === "radio") return true;
  if (element.tagName === "INPUT" || element.tagName === "TEXTAREA") return element.value !== "";
  return spoken(element.textContent) !== "";
}

function thing(element, kind, headings) {
  const box = element.getBoundingClientRect();
  const label = labelOf(element);
  return {
    kind,
    name: nameOf(element, kind),
    label,
    id: element.id || element.getAttribute("name") || "",
    test_id: element.getAttribute("data-testid") ?? "",
    near: nearOf(element),
    group: groupOf(element, headings),
    target: targetOf(element, kind),
    headers: ["table", "grid", "treegrid"].includes(kind) ? headersOf(element) : [],
    box: [box.left + scrollX, box.top + scrollY, box.width, box.height].map(Math.round),
    has_value: hasValue(element, kind),
  };
}

const listed = [...document.querySelectorAll(LISTED)].filter((one) => {
  const kind = kindOf(one);
  return kind !== "generic" && !NOT_LISTED.includes(kind) && shows(one) && !isContent(one, kind);
});
const headings = [...document.querySelectorAll("h1, h2, h3, h4, h5, h6")].filter(shows);
globalThis[Symbol.for("kollega.listed")] = listed;
const held = globalThis[Symbol.for("kollega")] ?? new Map();
delete globalThis[Symbol.for("kollega")];
return {
  things: listed.map((one) => thing(one, kindOf(one), headings)),
  places: Object.fromEntries([...held].map(([key, element]) => [key, listed.indexOf(element)])),
};
