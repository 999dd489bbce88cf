// Keys of the desk. A key only leads to its button or link; Enter presses it. Pages work without this.
"use strict";

const list = document.getElementById("keys");
const hint = document.querySelector(".keys-hint");
const mayUse = document.getElementById("keys-on");

function remembered() {
  try { return localStorage.getItem("desk-keys") !== "off"; } catch { return true; }
}

function use(on) {
  document.documentElement.classList.toggle("has-keys", on);
  mayUse.checked = on;
  try { localStorage.setItem("desk-keys", on ? "on" : "off"); } catch { /* then for this page only */ }
}

function isTyping(target) {
  return target.closest("input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]") !== null;
}

function leadTo(element) {
  const details = element.matches("summary") ? element.parentElement : null;
  if (details) details.open = true;
  const inside = details?.querySelector("textarea, select, input:not([type=hidden]), button");
  (inside ?? element).focus();
}

function move(by) {
  const rows = [...document.querySelectorAll(".queue a.go, .held summary")];
  const now = rows.indexOf(document.activeElement);
  const next = now < 0 ? (by > 0 ? 0 : rows.length - 1) : now + by;
  rows[Math.max(0, Math.min(rows.length - 1, next))]?.focus();
}

function close(details) {
  details.open = false;
  details.querySelector("summary").focus();
}

document.addEventListener("keydown", (event) => {
  const opened = event.target.closest("details.decision[open]");
  if (event.key === "Escape" && opened && !event.isComposing) { close(opened); return; }
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (list.open || isTyping(event.target)) return;
  if (event.key === "?") { list.showModal(); return; }
  if (!mayUse.checked) return;
  if (event.key === "j" || event.key === "k") { move(event.key === "j" ? 1 : -1); return; }
  const found = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
  if (!found) return;
  event.preventDefault();
  leadTo(found);
});

// A prepared answer joins what is typed already.
const prepared = document.getElementById("prepared");
if (prepared) {
  const text = document.getElementById(prepared.dataset.fills);
  prepared.parentElement.hidden = false;
  prepared.addEventListener("change", () => {
    const said = prepared.selectedOptions[0].dataset.text;
    if (said) text.value = text.value.trim() ? `${text.value.trimEnd()}\n\n${said}` : said;
    prepared.value = "";
    text.focus();
  });
}

mayUse.addEventListener("change", () => use(mayUse.checked));
document.getElementById("keys-show").addEventListener("click", () => list.showModal());
hint.hidden = false;
use(remembered());
