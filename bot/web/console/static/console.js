// The console's own behaviour: menu, dialogs, passing messages, keys. Everything else is links and forms.
import "./session.js";
import "./drafts.js";
import "./live.js";
import { toast } from "./toast.js";

const $ = (id) => document.getElementById(id);

// ---- menu -------------------------------------------------------------------------

function showMenu(open) {
  $("side")?.classList.toggle("open", open);
  $("menu-button")?.setAttribute("aria-expanded", String(open));
}

document.addEventListener("click", (event) => {
  const target = event.target;
  if (target.closest("#menu-button")) return showMenu(!$("side").classList.contains("open"));
  if (!target.closest("#side")) showMenu(false);
  for (const menu of document.querySelectorAll("details.person[open]")) {
    if (!menu.contains(target)) menu.open = false;
  }
  const opener = target.closest("[data-open]");
  if (opener) $(opener.dataset.open).showModal();
  const closer = target.closest("[data-close]");
  if (closer) closer.closest("dialog").close();
  if (target instanceof HTMLDialogElement && !target.classList.contains("guard") && outside(target, event)) target.close();
});

function outside(dialog, event) {
  const box = dialog.getBoundingClientRect();
  return event.clientX < box.left || event.clientX > box.right || event.clientY < box.top || event.clientY > box.bottom;
}

document.addEventListener("change", (event) => {
  if (event.target.matches("select[data-submit]")) event.target.form.requestSubmit();
});

document.body.addEventListener("toast", (event) => toast(event.detail.value));

// ---- nothing is sent twice ------------------------------------------------------------

document.addEventListener("submit", (event) => {
  if (event.defaultPrevented || event.target.method === "dialog") return;
  const button = event.submitter;
  setTimeout(() => button?.setAttribute("aria-disabled", "true"));
});
document.addEventListener("click", (event) => {
  if (event.target.closest('button[type="submit"][aria-disabled="true"]')) event.preventDefault();
}, true);
window.addEventListener("pageshow", () => {
  for (const one of document.querySelectorAll('button[aria-disabled="true"]')) one.removeAttribute("aria-disabled");
});

// ---- keys ------------------------------------------------------------------------------

let leading = -Infinity; // when g was pressed

function typing(element) {
  return element.isContentEditable || element.matches("input, textarea, select");
}

function step(by) {
  const rows = [...document.querySelectorAll("[data-row] a[href], a[data-row]")];
  const at = rows.indexOf(document.activeElement);
  rows[Math.min(Math.max(at + by, 0), rows.length - 1)]?.focus();
}

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") {
    showMenu(false);
    for (const menu of document.querySelectorAll("details.person[open]")) menu.open = false;
  }
  if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing || typing(event.target)) return;
  if (document.querySelector("dialog[open]")) return;
  const follows = event.timeStamp - leading < 1500;
  leading = -Infinity;
  if (follows) {
    const link = [...document.querySelectorAll("a[data-key]")].find((one) => one.dataset.key === event.key);
    if (link) {
      event.preventDefault();
      link.click();
    }
  } else if (event.key === "g") {
    leading = event.timeStamp;
  } else if (event.key === "?" && $("shortcuts")) {
    event.preventDefault();
    $("shortcuts").showModal();
  } else if (event.key === "/") {
    const search = document.querySelector("[data-search]");
    if (search) {
      event.preventDefault();
      search.focus();
    }
  } else if (event.key === "j" || event.key === "k") {
    step(event.key === "j" ? 1 : -1);
  }
});
