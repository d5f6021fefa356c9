// What makes the console quicker to use. Every page works without it.
"use strict";

// A button that copies what stands beside it.
for (const source of document.querySelectorAll("[data-copy]")) {
  if (!navigator.clipboard) break;
  const button = document.createElement("button");
  const status = document.createElement("span");
  button.type = "button";
  button.className = "copy";
  button.textContent = "Copy";
  button.setAttribute("aria-label", `Copy ${source.dataset.copy || source.textContent}`);
  status.className = "unseen";
  status.setAttribute("role", "status");
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(source.textContent);
    button.textContent = "Copied";
    status.textContent = "Copied";
    setTimeout(() => { button.textContent = "Copy"; status.textContent = ""; }, 2000);
  });
  source.after(button, status);
}

// A search that is answered while it is typed: the form's own answer, of which the results are taken.
for (const form of document.querySelectorAll("form[data-live]")) {
  const results = document.getElementById(form.dataset.live);
  let turn = 0;
  let timer;
  const search = async () => {
    const mine = ++turn;
    const url = `${form.action}?${new URLSearchParams(new FormData(form))}`;
    const answer = await fetch(url, { credentials: "same-origin" });
    if (!answer.ok || answer.redirected || mine !== turn) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const found = page.getElementById(form.dataset.live);
    if (!found || mine !== turn) return;
    results.replaceChildren(...found.childNodes);
    history.replaceState(null, "", url);
  };
  form.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(search, 150); });
  form.addEventListener("change", () => { clearTimeout(timer); search(); });
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
      item.textContent = `${verdict === "good" ? "✓" : verdict === "warn" ? "!" : "✗"} ${uri} ${text}`;
      return item;
    }));
  };
  field.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(check, 300); });
  if (field.value) check();
}
