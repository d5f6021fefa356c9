// What makes the console quicker to use. Every page works without it.
"use strict";

// On a phone the tab of this page may be out of sight.
for (const tab of document.querySelectorAll(".tabs [aria-current]")) {
  const tabs = tab.closest(".tabs");
  tabs.scrollLeft = tab.offsetLeft - tabs.offsetLeft;
}

// The folded menu closes by Escape, and by a click elsewhere.
const menu = document.querySelector("details.menu");
document.addEventListener("click", event => { if (!menu.contains(event.target)) menu.open = false; });
document.addEventListener("keydown", event => {
  if (event.key !== "Escape" || !menu.open) return;
  menu.open = false;
  menu.querySelector("summary").focus();
});

// A search that is answered while it is typed: the form's own answer, of which the results are taken.
// How many there are stands in a place of its own, so that it is told and the table is not.
for (const form of document.querySelectorAll("form[data-live]")) {
  const ids = [form.dataset.live, `${form.dataset.live}-count`];
  let shown = location.href;
  let running;
  let timer;
  const search = async () => {
    const query = new URLSearchParams([...new FormData(form)].filter(([, value]) => value !== ""));
    const url = `${form.action}${query.toString() && "?"}${query}`;
    if (url === shown) return;
    if (running) running.abort();
    const { signal } = running = new AbortController();
    try {
      const answer = await fetch(url, { credentials: "same-origin", signal });
      // Signed out, or refused: the button sends the form, and the server says what is wrong.
      if (!answer.ok || answer.redirected) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      for (const id of ids) {
        const [old, found] = [document.getElementById(id), page.getElementById(id)];
        if (old && found) old.replaceChildren(...found.childNodes);
      }
      history.replaceState(null, "", url);
      shown = url;
    } catch (fault) {
      if (fault.name !== "AbortError") shown = "";
    }
  };
  const soon = event => {
    if (event.isComposing) return;
    clearTimeout(timer);
    timer = setTimeout(search, 200);
  };
  form.addEventListener("input", soon);
  form.addEventListener("compositionend", soon);
}

// Lines that are judged while they are typed; the server judges them again when they are sent.
for (const field of document.querySelectorAll("[data-check]")) {
  const list = document.createElement("ul");
  list.className = "checks";
  list.setAttribute("aria-live", "polite");
  field.after(list);
  let turn = 0;
  let timer;
  const check = async () => {
    const mine = ++turn;
    const lines = field.value.split("\n").map(line => line.trim()).filter(line => line !== "");
    if (lines.length === 0 || lines.length > 50) return list.replaceChildren();
    const query = new URLSearchParams(lines.map(line => ["uri", line]));
    const native = document.querySelector("[name=native]");
    if (native && native.checked) query.append("native", "on");
    const [path, own] = field.dataset.check.split("?");
    const answer = await fetch(`${path}?${own ? own + "&" : ""}${query}`, { credentials: "same-origin" });
    if (!answer.ok || mine !== turn) return;
    const { checks } = await answer.json();
    if (mine !== turn) return;
    list.replaceChildren(...checks.map(({ uri, verdict, text }) => {
      const item = document.createElement("li");
      item.className = verdict;
      const mark = document.createElement("strong");
      mark.textContent = verdict === "good" ? "✓" : verdict === "warn" ? "!" : "✗";
      item.append(mark, ` ${uri}: ${text}`);
      return item;
    }));
  };
  field.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(check, 300); });
  if (field.value) check();
}
