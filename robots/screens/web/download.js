// Fetches what a link leads to, or what a press has asked for, in the page's own session, up to a limit; answers with {kind, status, path,
// type, isAttached, isLedOn, content}, the content in base64.

const link = ask.asked ? null : (element.closest?.("a[href]") ?? null);
if (!ask.asked && link === null) return { kind: "no link" };
const address = new URL(ask.asked ? ask.asked.address : link.href);
// An address of another system's is not even asked: a link can stand where an applicant wrote it.
if (!["http:", "https:"].includes(address.protocol) || address.origin !== location.origin) return { kind: "elsewhere" };
const sent = ask.asked && ask.asked.method !== "GET" ? { method: ask.asked.method, headers: ask.asked.headers, body: bytesOf(ask.asked.body) } : {};
const stop = new AbortController();
const timer = setTimeout(() => stop.abort(), ask.milliseconds);
try {
  const reply = await fetch(address, { ...sent, mode: "same-origin", cache: "no-store", signal: stop.signal });
  const told = {
    status: reply.status,
    path: new URL(reply.url).pathname,
    type: reply.headers.get("Content-Type") ?? "",
    isAttached: /^\s*attachment\b/i.test(reply.headers.get("Content-Disposition") ?? ""),
    isLedOn: reply.redirected,
  };
  if (!reply.ok || reply.body === null || [204, 205].includes(reply.status)) return { kind: "refused", ...told };
  const parts = [];
  let size = 0;
  for (const reader = reply.body.getReader(); ; ) {
    const { done, value } = await reader.read();
    if (done) break;
    size += value.length;
    if (size > ask.most) {
      stop.abort();
      return { kind: "too large", ...told };
    }
    parts.push(value);
  }
  return { kind: "file", ...told, content: await codedOf(new Blob(parts)) };
} catch {
  return { kind: stop.signal.aborted ? "too slow" : "broken" };
} finally {
  clearTimeout(timer);
}

function bytesOf(coded) {
  return Uint8Array.from(atob(coded), (letter) => letter.charCodeAt(0));
}

function codedOf(blob) {
  return new Promise((resolve) => {
    const coded = new FileReader();
    coded.onload = () => resolve(coded.result.slice(coded.result.indexOf(",") + 1));
    coded.readAsDataURL(blob);
  });
}
