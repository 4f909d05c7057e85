// Files that a page makes itself, by a script of its own, and hands over under an address that lasts as long as it likes: kept from "watch" on,
// and given by "take" as {kind, content}, the content in base64; null as long as there is none.

const MADE = Symbol.for("kollega made files");
if (ask.do === "watch") {
  const make = URL.createObjectURL;
  const watched = { files: [], end: () => (URL.createObjectURL = make) };
  URL.createObjectURL = (thing) => {
    if (thing instanceof Blob) watched.files.push(thing);
    return make.call(URL, thing);
  };
  globalThis[MADE] = watched;
  return null;
}
const watched = globalThis[MADE];
if (ask.do === "end") {
  watched?.end();
  delete globalThis[MADE];
  return null;
}
if (!watched?.files.length) return null;
// Which of several is the file nobody has said.
if (watched.files.length > 1) return { kind: "several" };
const [file] = watched.files;
if (file.size > ask.most) return { kind: "too large" };
const coded = new FileReader();
const isCoded = new Promise((resolve) => (coded.onload = resolve));
coded.readAsDataURL(file);
await isCoded;
return { kind: "file", content: coded.result.slice(coded.result.indexOf(",") + 1) };
