// A form with data-draft="place" keeps what is typed on the server, and finds it again.
import { csrf } from "./session.js";

const PAUSE = 800;
const SKIPPED = new Set(["hidden", "password", "file", "submit", "button"]);

function fields(form) {
  return [...form.elements].filter((one) => one.name && !SKIPPED.has(one.type) && one.type !== "fieldset");
}

function read(form) {
  const content = {};
  for (const one of fields(form)) {
    if (one.type === "checkbox" || one.type === "radio") {
      content[one.name] ??= [];
      if (one.checked) content[one.name].push(one.value);
    } else {
      content[one.name] = one.value;
    }
  }
  return content;
}

function write(form, content) {
  for (const one of fields(form)) {
    const kept = content[one.name];
    if (kept === undefined) continue;
    if (one.type === "checkbox" || one.type === "radio") one.checked = kept.includes(one.value);
    else one.value = kept;
    one.dispatchEvent(new Event("change", { bubbles: true }));
  }
}

const clock = (moment) => moment.toLocaleTimeString("vi-VN", { hour: "2-digit", minute: "2-digit" });

function start(form) {
  if (form.dataset.draftOn) return;
  form.dataset.draftOn = "1";
  const address = `/console/drafts/${encodeURIComponent(form.dataset.draft)}`;
  const note = document.createElement("p");
  note.className = "draft-note";
  note.setAttribute("role", "status");
  form.append(note);
  let timer = 0;
  let left = false;

  const say = (text, discardable) => {
    note.textContent = text;
    if (!discardable) return;
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = "Bỏ bản nháp";
    button.addEventListener("click", async () => {
      clearTimeout(timer);
      await fetch(address, { method: "DELETE", headers: { "X-CSRF-Token": csrf() } });
      form.reset();
      note.textContent = "Đã bỏ bản nháp.";
    });
    note.append(button);
  };
  const keep = async (last) => {
    timer = 0;
    try {
      const answer = await fetch(address, {
        method: "PUT",
        headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRF-Token": csrf() },
        body: JSON.stringify(read(form)),
        keepalive: last,
      });
      if (answer.ok) say(`Đã tự lưu nháp lúc ${clock(new Date())}.`, true);
      else say("Chưa lưu được bản nháp; nội dung vẫn còn trên trang.", false);
    } catch {
      say("Mất kết nối: chưa lưu được bản nháp; nội dung vẫn còn trên trang.", false);
    }
  };
  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(keep, PAUSE, false);
  });
  form.addEventListener("submit", () => {
    left = true;
    clearTimeout(timer);
  });
  window.addEventListener("pagehide", () => {
    if (timer && !left) keep(true);
  });
  fetch(address, { headers: { Accept: "application/json" } }).then(async (answer) => {
    if (answer.status !== 200 || timer) return;
    const draft = await answer.json();
    write(form, draft.content);
    say(`Đã khôi phục bản nháp lưu lúc ${clock(new Date(draft.updated_at))}.`, true);
  }).catch(() => {});
}

function all() {
  for (const form of document.querySelectorAll("form[data-draft]")) {
    if (!form.closest("details:not([open])")) start(form); // one that is folded asks when it is opened
  }
}

document.body.addEventListener("htmx:afterSettle", all);
document.addEventListener("toggle", all, true);
all();
