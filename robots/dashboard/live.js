"use strict";
// Puts in what has changed, and says when nothing is heard any more. Without it the page is loaded anew every five seconds.
const SILENT_MS = 3000;
const connection = document.getElementById("connection");
let source = null;
let heardAt = Date.now();
let waiting = {};

function put(name, html) {
  const section = document.getElementById(name);
  // What somebody is in the midst of typing or choosing stays until they have done with it.
  const fields = Array.from(section.querySelectorAll("input:not([type=hidden])"));
  if (section.contains(document.activeElement) || fields.some((field) => field.value !== "")) {
    waiting[name] = html;
    return;
  }
  delete waiting[name];
  section.innerHTML = html;
}

function hear(message) {
  const told = JSON.parse(message.data);
  heardAt = Date.now();
  connection.hidden = true;
  document.documentElement.classList.remove("is-stale");
  document.title = told.title + " – Kollega";
  document.getElementById("at").textContent = told.at;
  for (const [name, html] of Object.entries({ ...waiting, ...told.parts })) {
    put(name, html);
  }
}

function connect() {
  source = new EventSource("/events");
  source.onmessage = hear;
}

function look() {
  if (Date.now() - heardAt > SILENT_MS && connection.hidden) {
    const since = new Date(heardAt).toLocaleTimeString("sv-SE");
    connection.textContent = "No connection since " + since + ": what stands below is from then.";
    connection.hidden = false;
    document.documentElement.classList.add("is-stale");
  }
  // By itself a browser tries ever more seldom.
  if (!connection.hidden && source.readyState !== EventSource.OPEN) {
    source.close();
    connect();
  }
}

connect();
setInterval(look, 1000);
