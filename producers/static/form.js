"use strict";
// Only an addition: without it the form works by plain posts. It keeps answers on the telephone until they are sent.
(() => {
  const DAY = 864e5, MOST = 20, PREFIX = "wellstream-";
  const opened = Date.now();
  const one = (selector) => document.querySelector(selector);
  const say = (name) => { one(".status").textContent = name && document.body.dataset[name]; };
  let sending = false, flushing = false;

  // 53 bits of a hash: drafts are told apart by it, and the link cannot be had back from it.
  const draftKey = (path) => {
    let a = 0xdeadbeef, b = 0x41c6ce57;
    for (const c of path) {
      a = Math.imul(a ^ c.charCodeAt(0), 2654435761);
      b = Math.imul(b ^ c.charCodeAt(0), 1597334677);
    }
    return PREFIX + (4294967296 * (2097151 & b) + (a >>> 0)).toString(36);
  };
  const readDraft = (key) => {
    try { return JSON.parse(localStorage.getItem(key)) || {}; } catch { return {}; }
  };
  const writeDraft = (path, fields) => {
    try { localStorage.setItem(draftKey(path), JSON.stringify({ at: Date.now(), fields })); } catch { /* full or forbidden */ }
  };
  const drop = (path) => { try { localStorage.removeItem(draftKey(path)); } catch { /* forbidden */ } };
  const drafts = () => { try { return Object.keys(localStorage).filter((k) => k.startsWith(PREFIX)); } catch { return []; } };
  const answers = (fields) => [...fields].filter(([name]) => /^[a-z]/.test(name) && name !== "submission_id");

  // The queue must name the link itself: without it the answers could not be sent from another page.
  const queue = (mode, act) => new Promise((resolve, reject) => {
    const open = indexedDB.open("wellstream", 1);
    open.onupgradeneeded = () => open.result.createObjectStore("queue", { keyPath: "id" });
    open.onerror = () => reject(open.error);
    open.onsuccess = () => {
      const change = open.result.transaction("queue", mode);
      const request = act(change.objectStore("queue"));
      change.oncomplete = () => { open.result.close(); resolve(request.result); };
      change.onabort = change.onerror = () => { open.result.close(); reject(change.error); };
    };
  });
  const waiting = async () => {
    try { return (await queue("readonly", (s) => s.getAll())).sort((a, b) => a.at - b.at); } catch { return []; }
  };
  const forget = (id) => queue("readwrite", (s) => s.delete(id));
  const keep = async (body) => {
    const path = location.pathname;
    const old = await waiting();
    for (const entry of old.slice(0, Math.max(0, old.length - MOST + 1))) await forget(entry.id);
    const id = path + " " + body.get("submission_id");
    await queue("readwrite", (s) => s.put({ id, path, body: String(body), at: Date.now() }));
    drop(path);
  };

  const post = (path, body) => fetch(path, {
    method: "POST", body, credentials: "omit", redirect: "error", signal: AbortSignal.timeout?.(2e4),
  });
  const parse = async (answer) => new DOMParser().parseFromString(await answer.text(), "text/html");
  const note = async () => {
    const queued = await waiting();
    one(".phone").hidden = !queued.length && !drafts().length;
    if (queued.some((entry) => entry.path === location.pathname)) {
      const form = one("form");
      if (form) form.hidden = true;
      say("kept");
    }
  };
  const show = (page, hash) => {
    document.title = page.title;
    for (const name of ["lang", "dir"]) document.documentElement[name] = page.documentElement[name];
    document.body.replaceWith(document.adoptNode(page.body));
    begin();
    const target = (hash && document.getElementById(hash.slice(1))) || one(".summary") || one("h1");
    if (target.tabIndex < 0) target.tabIndex = -1;
    if (!hash) scrollTo(0, 0);
    target.focus({ preventScroll: !hash });
  };
  const restore = (form) => {
    const { fields = [] } = readDraft(draftKey(location.pathname));
    const empty = (name) => ![...form.querySelectorAll(`[name="${name}"]`)].some((e) => e.type === "hidden" || e.defaultChecked || e.defaultValue && !("checked" in e));
    for (const [name, value] of fields.filter(([name]) => empty(name))) {
      for (const field of form.querySelectorAll(`[name="${name}"]`)) {
        if (!("checked" in field) || field.type === "textarea") field.value = value;
        else if (field.value === value) field.checked = true;
      }
    }
  };
  const begin = () => {
    if (one("[data-done]")) drop(location.pathname);
    const form = one("form");
    if (form) restore(form);
    note();
  };

  const flush = async () => {
    if (flushing) return;
    flushing = true;
    try {
      for (const entry of await waiting()) {
        if (Date.now() - entry.at > 7 * DAY) { await forget(entry.id); continue; }
        const answer = await post(entry.path, new URLSearchParams(entry.body));
        if (answer.status === 429 || answer.status >= 500) break;
        const page = await parse(answer);
        const done = page.querySelector("[data-done]"), mend = page.querySelector("form");
        await forget(entry.id);
        if (mend) writeDraft(entry.path, answers(new URLSearchParams(entry.body)));
        if (entry.path === location.pathname) show(page);
        else say(done ? "sent" : mend ? "again" : "late");
      }
    } catch { /* no connection; the next timer tries again */ }
    flushing = false;
    note();
  };

  document.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (sending) return;
    sending = true;
    const form = event.target;
    const button = event.submitter || form.querySelector("[name=Action]");
    const body = new URLSearchParams(new FormData(form));
    if (!body.has(button.name)) body.append(button.name, button.value);
    const last = button.value === "send";
    if (last) body.set("AnsweredAt", new Date(Date.parse(body.get("OpenedAt")) + Date.now() - opened).toISOString());
    let answer;
    try { answer = await post(location.pathname, body); } catch { /* no connection */ }
    try {
      if (answer && (answer.status !== 503 || !last)) {
        show(await parse(answer), button.hasAttribute("formaction") && new URL(button.formAction).hash);
      } else if (!last) say("offline");
      else if (!form.checkValidity()) { say("missing"); form.querySelector(":invalid").focus(); }
      else { await keep(body); await note(); one(".phone button").focus(); }
    } catch { say("offline"); }
    sending = false;
  });
  document.addEventListener("input", (event) => {
    const form = event.target.form;
    if (!form) return;
    const here = answers(new FormData(form));
    const { fields = [] } = readDraft(draftKey(location.pathname));
    writeDraft(location.pathname, here.concat(fields.filter(([name]) => !form.elements[name])));
    one(".phone").hidden = false;
  });
  document.addEventListener("click", async (event) => {
    if (!event.target.closest("[data-remove]")) return;
    for (const key of drafts()) localStorage.removeItem(key);
    try { await queue("readwrite", (s) => s.clear()); } catch { /* there is none */ }
    const form = one("form");
    if (form) { form.reset(); form.hidden = false; }
    say("removed");
    one(".phone").hidden = true;
    one("h1").tabIndex = -1;
    one("h1").focus();
  });
  for (const key of drafts()) if (!(Date.now() - readDraft(key).at < DAY)) localStorage.removeItem(key);
  addEventListener("online", flush);
  setInterval(flush, 3e4);
  begin();
  flush();
})();
