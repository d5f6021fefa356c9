// Adds a button to each password field that shows what was typed, and takes a double click for one.
// Every page works without it.
"use strict";
// The second half of a double click would answer again what is answered already, and the browser
// would show the answer to that instead of going on to the app.
let sent = -Infinity;
addEventListener("submit", event => {
  if (event.timeStamp - sent < 1000) event.preventDefault();
  else sent = event.timeStamp;
});
for (const box of document.querySelectorAll(".secret")) {
  const input = box.querySelector("input");
  const { show, hide, shown, hidden } = box.dataset;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "reveal";
  button.textContent = show;
  button.setAttribute("aria-controls", input.id);
  const status = document.createElement("span");
  status.className = "unseen";
  status.setAttribute("role", "status");
  const reveal = (visible, told) => {
    input.type = visible ? "text" : "password";
    button.textContent = visible ? hide : show;
    status.textContent = told ? (visible ? shown : hidden) : "";
  };
  button.addEventListener("click", () => reveal(input.type === "password", true));
  // Browsers offer to remember only what leaves a password field.
  input.form.addEventListener("submit", () => reveal(false, false));
  box.append(button, status);
}
