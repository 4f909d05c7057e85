// Fetches what a link leads to, in the page's own session, up to a limit; answers with {kind, status, path, content}, the content in base64.

const link = element.closest?.("a[href]") ?? null;
if (link === null) return { kind: "no link" };
// An address of another system's is not even asked: a link can stand where an applicant wrote it.
if (!["http:", "https:"].includes(link.protocol) || link.origin !== location.origin) return { kind: "elsewhere" };
const stop = new AbortController();
const timer = setTimeout(() => stop.abort(), ask.milliseconds);
try {
  const reply = await fetch(link.href, { mode: "same-origin", cache: "no-store", signal: stop.signal });
  const told = { status: reply.status, path: new URL(reply.url).pathname, type: reply.headers.get("Content-Type") ?? "" };
  if (!reply.ok || reply.body === null) return { kind: "refused", ...told };
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
  const coded = new FileReader();
  const isCoded = new Promise((resolve) => (coded.onload = resolve));
  coded.readAsDataURL(new Blob(parts));
  await isCoded;
  return { kind: "file", ...told, content: coded.result.slice(coded.result.indexOf(",") + 1) };
} catch {
  return { kind: stop.signal.aborted ? "too slow" : "broken" };
} finally {
  clearTimeout(timer);
}
