// Keeps an open page current and says forms without leaving it. Everything here works without it too.
"use strict";
(() => {
  const $ = (selector, from = document) => from.querySelector(selector);
  const all = (selector, from = document) => [...from.querySelectorAll(selector)];
  const skew = Date.parse(document.body.dataset.now) - Date.now();
  const line = () => $("#line");

  // What somebody is typing or choosing is never taken away.
  const isDirty = (region) => all("input:not([type=hidden]), textarea, select", region).some((field) =>
    field === document.activeElement ||
    (field.tagName === "SELECT" ? [...field.options].some((o) => o.selected !== o.defaultSelected && [...field.options].some((p) => p.defaultSelected))
      : field.value !== field.defaultValue));

  function swap(region, fresh) {
    if (region.innerHTML === fresh.innerHTML && region.className === fresh.className) return;
    if (isDirty(region)) { region.dataset.stale = "yes"; return; }
    const open = all("details[open][id]", region).map((details) => details.id);
    const focused = region.contains(document.activeElement) ? document.activeElement : null;
    const key = focused && (focused.id ? "#" + CSS.escape(focused.id) : focused.dataset.key && `[data-key="${CSS.escape(focused.dataset.key)}"]`);
    region.className = fresh.className;
    region.replaceChildren(...fresh.childNodes);
    delete region.dataset.stale;
    for (const id of open) { const details = document.getElementById(id); if (details) details.open = true; }
    if (key) $(key, region)?.focus({ preventScroll: true });
  }

  function tellNews(doc) {
    const newest = (from) => $("#live-lines > li", from);
    const [old, now] = [newest(document), newest(doc)];
    if (now && old && now.dataset.seq !== old.dataset.seq) $("#news").textContent = "New: " + ($(".text", now)?.textContent ?? "");
  }

  let fetching = false, again = false;
  async function refresh() {
    if (fetching) { again = true; return; }
    fetching = true;
    try {
      const response = await fetch(location.pathname.replace(/\/say$/, "") + location.search, { headers: { Accept: "text/html" } });
      if (response.ok) {
        const doc = new DOMParser().parseFromString(await response.text(), "text/html");
        tellNews(doc);
        for (const region of all("[data-live]")) {
          const fresh = doc.getElementById(region.id);
          if (fresh) swap(region, fresh);
        }
        if ($("#box", doc) && $("#box")) $("#box").elements.once.value = $("#box", doc).elements.once.value;
        if ($("#words", doc) && document.activeElement !== line()) $("#words")?.replaceChildren(...$("#words", doc).childNodes);
        countdown(); sift();
      }
    } catch { /* the stream says when the connection is back */ }
    fetching = false;
    if (again) { again = false; await refresh(); }
  }

  function countdown() {
    for (const count of all("[data-due]")) {
      const left = Math.round((Date.parse(count.dataset.due) - Date.now() - skew) / 1000);
      const minutes = Math.floor(Math.abs(left) / 60);
      const span = minutes < 1 ? "less than a minute" : minutes < 120 ? `${minutes} min` : minutes < 2880 ? `${Math.floor(minutes / 60)} h` : `${Math.floor(minutes / 1440)} days`;
      count.textContent = left < 0 ? `late by ${span}` : `in ${span}`;
      count.closest(".due")?.classList.toggle("late", left < 0);
    }
  }

  // What stands between backticks is to be typed, as on a page.
  const coded = (text) => (text ?? "").split(/`([^`\n]+)`/).map((part, i) => i % 2 ? Object.assign(document.createElement("code"), { textContent: part }) : part);

  function show(ok, text, instead) {
    const said = Object.assign(document.createElement("div"), { className: ok ? "said" : "said refused" });
    const part = (name, text, about) => {
      const one = Object.assign(document.createElement(name), about);
      one.append(...coded(text));
      said.append(one);
    };
    if (!ok) part("strong", "Not done. ");
    part("pre", text, { tabIndex: 0 });
    if (instead) part("p", instead, { className: "instead" });
    $("#answer").replaceChildren(said);
  }

  let past = [];
  try { past = JSON.parse(sessionStorage.getItem("said") ?? "[]"); } catch { /* a history is a convenience */ }
  let at = past.length;
  function remember(text) {
    past = [...past.filter((one) => one !== text), text].slice(-50);
    at = past.length;
    try { sessionStorage.setItem("said", JSON.stringify(past)); } catch { /* as above */ }
  }

  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (!form.matches("[data-say]") || !$("#answer")) return;
    event.preventDefault();
    if (form.dataset.busy) return; else form.dataset.busy = "yes";
    try {
      const response = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)), headers: { Accept: "application/json" } });
      const reply = await response.json();
      if (form.id === "box") remember(line().value.trim());
      if (reply.goto) { location.href = reply.goto; return; }
      show(reply.ok, reply.text, reply.instead);
      if (reply.ok) {
        form.reset();
        if (form.id === "box") line().value = "";
        form.closest("details")?.removeAttribute("open");
        if (form.id !== "box" && form.contains(document.activeElement)) document.activeElement.blur();
        await refresh();
      }
      if (form.id !== "box") $("#answer").scrollIntoView({ block: "nearest" });
    } catch {
      show(false, "The server does not answer; it may or may not have been done.", "Look at the timeline, or press again: the same press is done once.");
    }
    delete form.dataset.busy;
  });

  function sift() {
    const lower = ($("#q")?.value ?? "").toLowerCase();
    for (const one of all(".lines > li")) one.hidden = lower !== "" && !one.textContent.toLowerCase().includes(lower);
  }
  document.addEventListener("input", (event) => { if (event.target.id === "q") sift(); });
  document.addEventListener("focusout", () => { if ($("[data-stale]")) setTimeout(refresh, 300); });
  document.addEventListener("click", (event) => {
    const opens = event.target.closest("[data-open]"), help = event.target.closest("[data-help]");
    if (opens) { const part = $(opens.getAttribute("href")); if (part?.tagName === "DETAILS") { part.open = true; $("textarea, input:not([type=hidden])", part)?.focus(); } }
    if (help && $("#help")) { event.preventDefault(); $("#help").showModal(); }
  });
  document.addEventListener("keydown", (event) => {
    const typing = event.target.matches("input, textarea, select");
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (!typing && event.key === "/" && line()) { event.preventDefault(); line().focus(); }
    else if (!typing && event.key === "?") { event.preventDefault(); $("#help").showModal(); }
    else if (typing && event.key === "Escape") event.target.blur();
    else if (event.target === line() && line().tagName === "INPUT" && (event.key === "ArrowUp" || event.key === "ArrowDown")) {
      // Only while walking the history: otherwise the arrows choose among the words offered.
      if (line().value !== "" && line().value !== past[at]) return;
      event.preventDefault();
      at = Math.min(past.length, Math.max(0, at + (event.key === "ArrowUp" ? -1 : 1)));
      line().value = past[at] ?? "";
    }
  });

  if (document.body.dataset.events && window.EventSource) {
    const stream = new EventSource(document.body.dataset.events);
    let timer = 0, wasLost = false;
    stream.onmessage = () => { clearTimeout(timer); timer = setTimeout(refresh, 120); };
    stream.onopen = () => { $("#connection").hidden = true; if (wasLost) refresh(); wasLost = false; };
    stream.onerror = () => {
      wasLost = true;
      $("#connection").hidden = false;
      if (stream.readyState === EventSource.CLOSED) setTimeout(() => location.reload(), 15000); // refused: not tried again by itself
    };
    addEventListener("pagehide", () => stream.close());
  }
  countdown();
  setInterval(countdown, 1000);
})();
