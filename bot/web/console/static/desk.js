// The ticket desk: choosing lines of the queue, keys, reply templates, files that are too large, printing.
import { csrf } from "./session.js";
import { toast } from "./toast.js";

const $ = (id) => document.getElementById(id);

// ---- choosing many ------------------------------------------------------------------------

const boxes = () => [...document.querySelectorAll('input[name="chosen"]:not(:disabled)')];
let last = null;

function count() {
  const chosen = boxes().filter((one) => one.checked).length;
  for (const place of document.querySelectorAll("[data-chosen-count]")) place.textContent = chosen;
  $("bulk")?.classList.toggle("none-chosen", chosen === 0);
  const all = document.querySelector("[data-all]");
  if (all) {
    all.checked = chosen > 0 && chosen === boxes().length;
    all.indeterminate = chosen > 0 && chosen < boxes().length;
  }
}

function choose(box, checked, range) {
  const listed = boxes();
  const from = listed.indexOf(last);
  const to = listed.indexOf(box);
  if (range && from >= 0 && to >= 0) {
    for (const one of listed.slice(Math.min(from, to), Math.max(from, to) + 1)) one.checked = checked;
  } else {
    box.checked = checked;
  }
  last = box;
  count();
}

document.addEventListener("click", (event) => {
  const box = event.target.closest('input[name="chosen"]');
  if (box) choose(box, box.checked, event.shiftKey);
});

document.addEventListener("change", (event) => {
  const target = event.target;
  if (target.matches("[data-all]")) {
    for (const one of boxes()) one.checked = target.checked;
    count();
  } else if (target.matches("[data-insert]")) {
    insert(target);
  } else if (target.matches('input[type="file"][data-max-bytes]')) {
    weigh(target);
  } else if (target.matches("[data-sets]")) {
    const [id, value] = target.dataset.sets.split(":");
    $(id).value = value;
  }
});

$("bulk")?.addEventListener("submit", (event) => {
  if (boxes().some((one) => one.checked)) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  toast("Chưa chọn phiếu nào.", "bad");
}, true);

// ---- keys -----------------------------------------------------------------------------------

const row = () => document.activeElement?.closest("[data-row]");

function take() {
  const chosen = row();
  const form = $("take");
  if (!chosen || !form) return;
  form.elements.code.value = chosen.dataset.code;
  form.elements.version.value = chosen.dataset.version;
  form.requestSubmit();
}

function write(action) {
  const details = $(`do-${action}`);
  if (!details) return;
  details.open = true;
  details.querySelector("textarea")?.focus();
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing || event.defaultPrevented) return;
  if (event.target.isContentEditable || event.target.matches('textarea, select, input:not([type="checkbox"])')) return;
  if (document.querySelector("dialog[open]")) return;
  const key = event.key.toLowerCase();
  if (key === "x" && row()) {
    const box = row().querySelector('input[name="chosen"]:not(:disabled)');
    if (box) choose(box, !box.checked, event.shiftKey);
  } else if (key === "a") {
    const button = document.querySelector('[data-shortcut="a"]');
    if (button) button.click();
    else take();
  } else if (key === "r" || key === "n") {
    if (!$(key === "r" ? "do-reply" : "do-note")) return;
    event.preventDefault();
    write(key === "r" ? "reply" : "note");
  }
});

// ---- writing --------------------------------------------------------------------------------

function insert(select) {
  const text = select.selectedOptions[0]?.dataset.text;
  const area = $(select.dataset.insert);
  if (!text || !area) return;
  const gap = area.value && area.selectionStart ? "\n" : "";
  area.setRangeText(gap + text, area.selectionStart, area.selectionEnd, "end");
  area.dispatchEvent(new Event("input", { bubbles: true }));
  area.focus();
  select.value = "";
}

function weigh(input) {
  const most = Number(input.dataset.maxBytes);
  const large = [...input.files].find((one) => one.size > most);
  if (large) {
    toast(`Tệp “${large.name}” lớn hơn ${most / 1e6} MB. Xin nén lại hoặc chọn tệp khác.`, "bad");
    input.value = "";
  } else if (input.files.length > Number(input.dataset.maxFiles)) {
    toast(`Mỗi lần chỉ đính kèm được ${input.dataset.maxFiles} tệp.`, "bad");
    input.value = "";
  }
}

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-print]")) window.print();
});

// ---- presence ---------------------------------------------------------------------------------

window.addEventListener("pagehide", () => {
  const place = document.querySelector("[data-leave]");
  if (place) fetch(place.dataset.leave, { method: "POST", headers: { "X-CSRF-Token": csrf() }, keepalive: true });
});

function toTheEnd() {
  for (const box of document.querySelectorAll(".talk-box")) box.scrollTop = box.scrollHeight;
}
document.body.addEventListener("htmx:afterSettle", (event) => {
  if (event.target.matches(".talk-box")) toTheEnd();
});
toTheEnd();
count();
