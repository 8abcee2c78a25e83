// Nothing typed is lost when the session ends: before a form leaves the page the session is asked after, and signing in
// again happens in a dialog above the form.
import { toast } from "./toast.js";

const body = document.body;
const dialog = document.getElementById("sign-in-again");
const OTHER_PERSON = "Trình duyệt này đã đăng nhập bằng tài khoản khác. Chép lại nội dung cần giữ rồi tải lại trang.";
const OTHER_UNIT = "Đơn vị đang làm việc đã đổi ở thẻ khác. Chọn lại đúng đơn vị ở thẻ đó rồi gửi lại.";
const OFFLINE = "Mất kết nối nên chưa gửi được. Nội dung vẫn còn trên trang; xin thử lại.";

export function csrf() {
  return document.querySelector('meta[name="csrf-token"]').content;
}

function renew(token) {
  document.querySelector('meta[name="csrf-token"]').content = token;
  for (const field of document.querySelectorAll('input[name="csrf"]')) field.value = token;
}

async function ask() {
  const answer = await fetch("/console/session", { headers: { Accept: "application/json" }, redirect: "manual" });
  return answer.status === 200 ? answer.json() : null;
}

// Whether a request may be sent now; asks to sign in again when it may not.
export async function ready() {
  let state;
  try {
    state = await ask();
  } catch {
    toast(OFFLINE, "bad");
    return false;
  }
  if (!state) return signInAgain();
  if (state.login !== body.dataset.login) toast(OTHER_PERSON, "bad");
  else if (state.unit !== body.dataset.unit) toast(OTHER_UNIT, "bad");
  else {
    renew(state.csrf);
    return true;
  }
  return false;
}

let waiting = null;

function signInAgain() {
  if (!dialog) return Promise.resolve(false);
  waiting ??= new Promise((resolve) => {
    const form = document.getElementById("again-form");
    const problem = document.getElementById("again-problem");
    const done = (result) => {
      form.removeEventListener("submit", submit);
      dialog.removeEventListener("close", closed);
      waiting = null;
      resolve(result);
    };
    const closed = () => done(false);
    const submit = async (event) => {
      event.preventDefault();
      problem.hidden = true;
      try {
        const answer = await signIn(form);
        if (answer.problem) {
          problem.textContent = answer.problem;
          problem.hidden = false;
          return;
        }
        renew(answer.csrf);
        form.reset();
        dialog.removeEventListener("close", closed);
        dialog.close();
        if (answer.unit !== body.dataset.unit) toast(OTHER_UNIT, "bad");
        done(answer.unit === body.dataset.unit);
      } catch {
        problem.textContent = OFFLINE;
        problem.hidden = false;
      }
    };
    form.addEventListener("submit", submit);
    dialog.addEventListener("close", closed);
    dialog.showModal();
    document.getElementById("again-password").focus();
  });
  return waiting;
}

async function signIn(form) {
  const page = await fetch("/console/sign-in");
  const found = new DOMParser().parseFromString(await page.text(), "text/html").querySelector('meta[name="csrf-token"]');
  const data = new FormData(form);
  data.set("csrf", found.content);
  const answer = await fetch("/console/sign-in", { method: "POST", body: new URLSearchParams(data), headers: { Accept: "application/json" } });
  return (answer.headers.get("Content-Type") || "").includes("json") ? answer.json() : { problem: await answer.text() };
}

// ---- ordinary forms ----------------------------------------------------------------------

const cleared = new WeakSet();

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!dialog || form.method !== "post" || form.matches("[data-plain], [hx-post], [hx-put], [hx-patch], [hx-delete]")) return;
  if (cleared.delete(form)) return;
  event.preventDefault();
  const submitter = event.submitter;
  if (await ready()) {
    cleared.add(form);
    form.requestSubmit(submitter);
  }
}, true);

// ---- htmx ----------------------------------------------------------------------------------

const retried = new WeakSet();

body.addEventListener("htmx:configRequest", (event) => {
  event.detail.headers["X-CSRF-Token"] = csrf();
});

body.addEventListener("htmx:responseError", async (event) => {
  const { xhr, elt, requestConfig } = event.detail;
  const state = xhr.getResponseHeader("X-Console");
  if ((state === "signed-out" || state === "stale") && !retried.has(elt)) {
    if (await ready()) {
      retried.add(elt);
      if (elt instanceof HTMLFormElement) elt.requestSubmit();
      else window.htmx.trigger(elt, requestConfig.triggeringEvent?.type ?? "click");
    }
    return;
  }
  retried.delete(elt);
  toast(xhr.responseText && xhr.responseText.length < 400 ? xhr.responseText : "Hệ thống gặp trục trặc. Xin thử lại.", "bad");
});

body.addEventListener("htmx:afterOnLoad", (event) => retried.delete(event.detail.elt));
body.addEventListener("htmx:sendError", () => toast(OFFLINE, "bad"));
