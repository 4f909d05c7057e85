// What happens to a screen from one version of a system to the next. Called with the kind of change and what it happens to;
// leaves the right answers in window.truths, {element: what was meant before, wherever it is now}, and window.header for a column.

const spoken = (text) => text.replace(/\s+/g, " ").trim();
const main = document.querySelector("main");

// The text nodes that are the caption of the target: its label's, its row's, its own.
function captionOf(target) {
  const row = target.closest("dl") ? target.previousElementSibling : target.closest("tr") && target.tagName === "INPUT" ? target.closest("tr").cells[0] : null;
  const holder = target.tagName === "TABLE" ? target.caption : (target.labels?.[0] ?? row ?? target);
  const parts = document.createTreeWalker(holder, NodeFilter.SHOW_TEXT);
  while (parts.nextNode()) if (spoken(parts.currentNode.data) && !parts.currentNode.parentElement.closest("select, textarea")) return parts.currentNode;
  return null;
}

function rename(target, text) {
  if (target.hasAttribute("aria-label")) target.setAttribute("aria-label", text);
  else captionOf(target).data = ` ${text} `;
}

const titleOf = (target) => target.getAttribute("aria-label") ?? spoken(captionOf(target).data);

// What has to go along with it: label and field, a cell's whole row.
function unitOf(target) {
  if (target.tagName === "DD") return [target.previousElementSibling, target];
  if (target.closest("tr") && target.tagName !== "TABLE") return [target.closest("tr")];
  const label = target.labels?.[0];
  if (label?.parentElement.tagName === "P") return [label.parentElement];
  return label && !label.contains(target) ? [label, target] : [label ?? target];
}

// Fields that are new in a row of fields, each with a label and an id of its own.
function add(before, text, id) {
  const box = document.createElement("p");
  box.innerHTML = `<label>${text} <input name="${id}" value="x"></label>`;
  before.before(box);
}

function forget(element) {
  const marks = ["id", "name", "for", "data-testid"];
  [element, ...element.querySelectorAll("*")].forEach((one) => marks.forEach((mark) => one.removeAttribute(mark)));
}

// Copies stand for a screen that got the same thing once more, working label and all.
function copyOf(target, { withIds }) {
  return unitOf(target).map((part, place, parts) => {
    const copy = part.cloneNode(true);
    if (!withIds) {
      forget(copy);
      const label = parts.length > 1 && part.tagName === "LABEL";
      if (label) copy.setAttribute("for", "copy");
      if (parts.length > 1 && part === target) copy.id = "copy";
    }
    return copy;
  });
}

function changeId(target, to) {
  const label = target.labels?.[0];
  if (target.id && label?.htmlFor) label.htmlFor = to;
  if (target.id) target.id = to;
  if (target.hasAttribute("name")) target.setAttribute("name", to);
  if (target.dataset.testid) target.dataset.testid = to;
}

function translate(words) {
  const parts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (parts.nextNode()) {
    const text = spoken(parts.currentNode.data);
    if (words[text]) parts.currentNode.data = ` ${words[text].english} `;
  }
  document.querySelectorAll("[aria-label]").forEach((one) => one.setAttribute("aria-label", words[one.getAttribute("aria-label")]?.english ?? "X"));
}

function restyle() {
  document.querySelectorAll("label, button, table, input").forEach((one) => {
    one.className = `mdl-${one.tagName.toLowerCase()} x7f3`;
    const box = document.createElement("div");
    box.style.cssText = "display:inline-block;margin:9px;border:1px solid";
    if (!one.closest("table") || one.tagName === "TABLE") {
      one.replaceWith(box);
      box.append(one);
    }
  });
  document.body.style.cssText = "font:18px/2 serif;background:#ddd;padding:30px";
}

// To the end, under a heading of its own.
function move(target) {
  const heading = document.createElement("h3");
  heading.textContent = "Övrigt";
  main.append(heading, ...unitOf(target));
}

const ended = (text) => (/[aeiouyåäö]$/.test(text) ? `${text}n:` : `${text}en:`);

// A thing of the same kind that is called something else, where the target was.
function replace(target, words, id) {
  rename(target, words[titleOf(target)].unlike);
  const twin = target.cloneNode(true);
  target.replaceWith(twin);
  if (id || twin.labels?.[0]?.htmlFor) changeId(twin, id || "z9");
  else forget(twin);
}

const headersOf = (table) => [...table.rows[0].cells];
const columnOf = (table, place) => [...table.rows].map((row) => row.cells[place]).filter(Boolean);

function change(kind, name, selectors, words, place) {
  const things = Object.entries(selectors).map(([one, css]) => [one, document.querySelector(css)]);
  window.truths = Object.fromEntries(things);
  const target = window.truths[name];
  const title = titleOf(target);
  const header = place === null ? null : headersOf(target)[place];
  const caption = header && spoken(header.textContent);
  const others = () => [...main.querySelectorAll("p, table")].reverse().forEach((one) => one.parentElement.append(one));
  const top = () => unitOf(target)[0].closest("table, dl") ?? unitOf(target)[0];
  const remove = () => unitOf(target).forEach((part) => part.remove());
  const kinds = {
    none: () => {},
    restyled: restyle,
    moved: () => move(target),
    renamed_ending: () => rename(target, ended(title)),
    renamed_word: () => rename(target, words[title].other),
    id_changed: () => changeId(target, "changed"),
    renamed_ending_id_changed: () => { rename(target, ended(title)); changeId(target, "changed"); },
    renamed_word_id_changed: () => { rename(target, words[title].other); changeId(target, "changed"); },
    translated: () => translate(words),
    moved_renamed_word: () => { rename(target, words[title].other); move(target); },
    surrounded_renamed_ending: () => { add(top(), "Nytt ett", "new_one"); add(top(), "Nytt två", "new_two"); rename(target, ended(title)); },
    duplicated_after: () => unitOf(target).at(-1).after(...copyOf(target, { withIds: false })),
    duplicated_whole: () => unitOf(target).at(-1).after(...copyOf(target, { withIds: true })),
    duplicated_elsewhere: () => main.append(...copyOf(target, { withIds: false })),
    duplicated_and_id_handed_over: () => { main.append(...copyOf(target, { withIds: true })); changeId(target, "old"); },
    removed: remove,
    removed_and_others_moved: () => { remove(); others(); },
    removed_and_replaced: () => replace(target, words, "another"),
    removed_and_replaced_without_id: () => replace(target, words, ""),
    several: () => { rename(target, ended(title)); restyle(); move(target); add(main.firstElementChild, "Nyhet", "news"); },
    several_and_translated: () => { translate(words); restyle(); add(main.firstElementChild, "News", "news"); },
    columns_reordered: () => [...target.rows].forEach((row) => row.append(...[...row.cells].reverse())),
    column_renamed_ending: () => { header.textContent = ended(caption); },
    column_renamed_word: () => { header.textContent = words[caption].other; },
    column_removed: () => columnOf(target, place).forEach((cell) => cell.remove()),
    column_replaced: () => { header.textContent = words[caption].unlike; },
    column_duplicated: () => columnOf(target, place).forEach((cell) => cell.after(cell.cloneNode(true))),
  };
  kinds[kind]();
  // A column that is called something else is another one.
  window.header = header && header.isConnected && kind !== "column_replaced" ? spoken(header.textContent) : null;
}
