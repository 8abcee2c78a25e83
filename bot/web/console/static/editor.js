// The editor of a record: it saves itself, says what is to be mended beside each field, and shows what the assistant will
// say. Without this script the form still saves, adds and moves rows by its buttons.
import { csrf, ready } from "./session.js";

const PAUSE = 700;
const form = document.getElementById("record-form");
const note = document.getElementById("save-note");
const phone = document.getElementById("phone");
let timer = 0;
let saving = null;
let again = false;
let stopped = false; // another person saved in between, or the revision is closed
let dirty = false;

function say(text, bad = false) {
  note.textContent = text;
  note.classList.toggle("bad", bad);
}

function fill(kind, found) {
  for (const place of form.querySelectorAll(`[data-${kind}]`)) {
    const text = found[place.dataset[kind]] ?? "";
    place.hidden = !text;
    place.querySelector("span").textContent = text;
    if (kind !== "problem") continue;
    const field = place.closest("[data-field]");
    if (field?.dataset.field !== place.dataset.problem) continue;
    field.classList.toggle("wrong", Boolean(text));
    const input = field.querySelector(":scope > input, :scope > textarea, :scope > select, :scope > .with-button > input");
    if (text) input?.setAttribute("aria-invalid", "true");
    else input?.removeAttribute("aria-invalid");
  }
}

// What was not written yet is named when the draft is sent, not while it is being begun.
function touched(problems) {
  return Object.fromEntries(Object.entries(problems).filter(([path, text]) =>
    !text.startsWith("Chưa có") || form.querySelector(`[data-problem="${CSS.escape(path)}"]:not([hidden])`)));
}

function show(html) {
  const top = phone.scrollTop;
  phone.innerHTML = html;
  phone.scrollTop = top;
}

async function send() {
  dirty = false;
  const body = new URLSearchParams(new FormData(form));
  const headers = { Accept: "application/json", "X-CSRF-Token": csrf() };
  let answer = await fetch(form.dataset.save, { method: "POST", body, headers });
  if (answer.status === 401 || answer.status === 403) {
    if (!(await ready())) throw new Error("signed out");
    body.set("csrf", csrf());
    answer = await fetch(form.dataset.save, { method: "POST", body, headers: { ...headers, "X-CSRF-Token": csrf() } });
  }
  if (answer.status === 409 || answer.status === 410) return interrupted(answer);
  if (!answer.ok) throw new Error(String(answer.status));
  const saved = await answer.json();
  setVersion(saved.version);
  say(saved.saved);
  fill("problem", touched(saved.problems));
  fill("warning", saved.warnings);
  show(saved.phone);
}

async function interrupted(answer) {
  stopped = true;
  const told = (answer.headers.get("Content-Type") || "").includes("json") ? await answer.json() : {};
  if (told.conflict) {
    document.getElementById("conflict").innerHTML = told.conflict;
    setVersion(told.version);
    say("Chưa lưu: người khác vừa lưu bản này. Xem phần đầu trang.", true);
    document.getElementById("conflict").scrollIntoView({ block: "center" });
  } else {
    say(told.closed || "Chưa lưu được. Nội dung vẫn còn trên trang.", true);
  }
}

function setVersion(version) {
  for (const field of document.querySelectorAll('input[name="version"]')) field.value = version;
}

async function save() {
  timer = 0;
  if (stopped) return;
  if (saving) {
    again = true;
    return;
  }
  say("Đang lưu…");
  saving = send().catch(() => {
    dirty = true;
    say("Chưa lưu được; nội dung vẫn còn trên trang. Sẽ thử lại.", true);
    timer ||= setTimeout(save, 5000);
  });
  await saving;
  saving = null;
  if (again) {
    again = false;
    await save();
  }
}

function soon() {
  dirty = true;
  clearTimeout(timer);
  timer = setTimeout(save, PAUSE);
}

form.addEventListener("input", soon);
form.addEventListener("change", soon);
document.getElementById("seen-in")?.addEventListener("change", soon);
document.body.addEventListener("htmx:afterSettle", (event) => {
  if (form.contains(event.target)) soon();
});

document.addEventListener("click", (event) => {
  const filler = event.target.closest("[data-fill]");
  if (!filler) return;
  document.getElementById(filler.dataset.fill).value = filler.dataset.value;
  soon();
});

// A form's file goes up as soon as it is chosen; one that is too large is not sent at all.
form.addEventListener("change", (event) => {
  const input = event.target;
  const [file] = (input.type === "file" && input.files) || [];
  if (!file) return;
  const place = input.closest("[data-field]").querySelector("[data-problem]");
  const large = file.size > Number(input.dataset.most);
  place.hidden = !large;
  place.querySelector("span").textContent = large ? `Tệp lớn hơn ${input.dataset.most / 1e6} MB: giảm hình ảnh rồi lưu lại.` : "";
  if (large) input.value = "";
  else form.requestSubmit(input.parentElement.querySelector("button"));
});

// The answer that is being written is the one that is seen.
form.addEventListener("focusin", (event) => {
  const aspect = event.target.closest("[data-aspect]")?.dataset.aspect;
  const said = aspect && document.getElementById(`said-${aspect}`);
  if (said) phone.scrollTop = said.offsetTop - phone.offsetTop - 8;
});

// A save that is on its way is waited for, so that the form is sent with the version it brings.
let leaving = false;
form.addEventListener("submit", async (event) => {
  clearTimeout(timer);
  timer = 0;
  if (event.defaultPrevented) return; // comes again when the session is known to be good
  if (!saving) {
    leaving = true;
    return;
  }
  event.preventDefault();
  event.stopImmediatePropagation();
  const submitter = event.submitter;
  await saving;
  form.requestSubmit(submitter);
}, true);

window.addEventListener("beforeunload", (event) => {
  if (dirty && !leaving) event.preventDefault();
});
document.addEventListener("visibilitychange", () => {
  if (document.hidden && timer) {
    clearTimeout(timer);
    save();
  }
});

document.getElementById("listed")?.focus();
