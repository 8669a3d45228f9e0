// Only an addition: without it the form works by plain posts. It keeps answers on the phone until they are sent.
(() => {
const PREFIX = "wellstream-", DAY = 864e5, here = location.pathname, opened = Date.now(), root = document;
const one = (css) => root.querySelector(css);
const say = (name) => { one("[role=status]").textContent = root.body.dataset[name]; };
const tried = (act, or) => { try { return act(); } catch { return or; } };
let sending, flushing, first, depth = 1;

// 32 bits of a hash: they tell drafts apart, and the link cannot be had back from them.
const draft = (path) => {
  let bits = 7;
  for (const c of path) bits = Math.imul(bits ^ c.charCodeAt(), 2654435761);
  return PREFIX + (bits >>> 0);
};
const read = (key) => tried(() => JSON.parse(localStorage[key]), { fields: [] });
const write = (path, fields) => tried(() => { localStorage[draft(path)] = JSON.stringify({ at: Date.now(), fields }); });
const drop = (key) => tried(() => localStorage.removeItem(key));
const drafts = () => tried(() => Object.keys(localStorage).filter((key) => key.startsWith(PREFIX)), []);
const answers = (fields) => [...fields].filter(([name]) => /^[a-z]/.test(name) && name !== "submission_id");

// The queue must name the link itself: without it the answers could not be sent from another page.
const queue = (act) => new Promise((done, fail) => {
  const open = indexedDB.open("wellstream", 1);
  open.onupgradeneeded = () => open.result.createObjectStore("queue", { keyPath: "id" });
  open.onerror = fail;
  open.onsuccess = () => {
    const tx = open.result.transaction("queue", "readwrite"), wanted = act(tx.objectStore("queue"));
    tx.oncomplete = () => { open.result.close(); done(wanted.result); };
    tx.onabort = fail;
  };
});
const kept = () => queue((s) => s.getAll()).then((all) => all.sort((a, b) => a.at - b.at), () => []);
const forget = (entry) => queue((s) => s.delete(entry.id));
const keep = async (body) => {
  for (const entry of (await kept()).slice(0, -19)) await forget(entry);
  await queue((s) => s.put({ id: here + body.get("submission_id"), path: here, body: `${body}`, at: Date.now() }));
  drop(draft(here));
};
// What is no page of ours comes from something in between, such as a proxy whose gateway is away: no connection.
const ask = async (path, body) => {
  const answer = await fetch(path, { method: body ? "POST" : "GET", body, signal: AbortSignal.timeout?.(2e4) });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  if (!page.querySelector("[role=status]")) throw 0;
  return [page, answer.status === 429 || answer.status > 499];
};
const called = (page) => page?.querySelector(".call");
const note = async () => {
  const queued = await kept(), form = one("form");
  one(".phone").hidden = !queued.length && !drafts().length;
  if (form && queued.some((entry) => entry.path === here)) {
    form.hidden = true;
    say("kept");
  }
};
const begin = () => {
  const form = one("form");
  if (one("[data-done]")) drop(draft(here));
  for (const [name, value] of form ? read(draft(here)).fields : []) {
    const fields = [...form.querySelectorAll(`[name="${name}"]`)];
    if (fields.some((f) => f.type === "hidden" || f.defaultChecked || f.textContent)) continue;
    for (const f of fields) if (f.rows) f.value = value; else if (f.value === value) f.checked = true;
  }
  note();
};
const show = (page, to) => {
  root.title = page.title;
  root.body.replaceWith(page.body);
  begin();
  scrollTo(0, 0);
  ((to && one(to)) || one(".call") || one(".summary") || one("h1")).focus();
};
// Each page further on is a step of the browser's history, so that its back button leads to the page before.
const turn = (page, key) => {
  show(page, key.dataset.to);
  if (!key.value.startsWith("back") && one("[value=back]")) history.pushState(++depth, "");
};
onpopstate = ({ state }) => {
  if (!(state && state < depth)) return;
  depth = state;
  one("[value=back]")?.click();
};
const flush = async () => {
  if (flushing) return;
  flushing = true;
  try {
    for (const entry of await kept()) {
      if (Date.now() - entry.at < 7 * DAY) {
        const body = new URLSearchParams(entry.body), [page, later] = await ask(entry.path, body);
        if (later) break;
        if (page.querySelector("form")) write(entry.path, answers(body));
        await forget(entry);
        if (entry.path === here) show(page);
        else if (called(page)) one("main").prepend(called(page));
        else say(page.querySelector("[data-done=thanks]") ? "sent" : "again");
      } else await forget(entry);
    }
  // The timer tries again.
  } catch {}
  flushing = false;
  note();
};
root.onsubmit = async (event) => {
  event.preventDefault();
  if (sending) return;
  sending = true;
  const form = event.target, key = event.submitter || one("[name=Action]"), last = key.value === "send";
  const body = new URLSearchParams(new FormData(form));
  body.set("Action", key.value);
  const at = (t) => new Date(Date.parse(body.get("OpenedAt")) + t - opened).toJSON();
  if (last) body.set("AnsweredAt", at(Date.now()));
  if (last && first) body.set("StartedAt", at(first));
  const [page, later] = await ask(here, body).catch(() => []);
  try {
    if (page && !(last && later)) turn(page, key);
    else if (called(page)) {
      await keep(body);
      show(page);
    }
    else if (!last || !form.checkValidity()) say("offline");
    else {
      await keep(body);
      await note();
      one("h1").focus();
    }
  } catch { say("offline"); }
  sending = false;
};
root.oninput = ({ target: { form } }) => {
  first ??= Date.now();
  const old = read(draft(here)).fields.filter(([name]) => !form.elements[name]);
  write(here, answers(new FormData(form)).concat(old));
  one(".phone").hidden = false;
};
root.onclick = async ({ target }) => {
  if (!target.closest("[data-remove]")) return;
  drafts().forEach(drop);
  await queue((s) => s.clear()).catch(() => 0);
  // What the gateway put on this page are answers too: only a new page is without them.
  const form = one("form"), page = form && ask(here);
  form?.remove();
  await note();
  one("h1").focus();
  say("removed");
  if (form) await page.then(([fresh]) => { show(fresh); say("removed"); }, () => 0);
};
for (const key of drafts()) if (!(Date.now() - read(key).at < DAY)) drop(key);
ononline = flush;
setInterval(flush, 3e4);
history.replaceState(1, "");
begin();
flush();
})();
