"use strict";
const NAMES = {
  zalo: { small: "Zalo Official Account", letter: "Z", follow: "Quan tâm" },
  facebook: { small: "Messenger của Trang", letter: "f", follow: "Bắt đầu" },
};
const SWITCHES = [
  ["ok", "Bình thường", ""],
  ["429", "429", "Nền tảng bảo chờ 5 giây: tin được giữ lại và gửi sau."],
  ["500", "500", "Không rõ tin đã tới chưa: chờ tiếng vọng 30 giây, thử lại một lần, rồi báo cán bộ."],
  ["token", "Token hết hạn", "Kênh báo động, tin nằm chờ. Trở về “Bình thường” là dán token mới và gửi lại."],
  ["window", "Hết cửa sổ trả lời", "Nền tảng không cho nhắn người này nữa: tin được ghi là không tới được."],
];
const phones = {};
let shownTraffic = new Set();

const make = (tag, options = {}, ...children) => {
  const node = Object.assign(document.createElement(tag), options);
  node.append(...children.filter(Boolean));
  return node;
};
const post = (path, body) =>
  fetch(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });

function setUp(section) {
  const platform = section.dataset.platform;
  section.append(document.getElementById("phone").content.cloneNode(true));
  const find = (query) => section.querySelector(query);
  const name = NAMES[platform];
  find(".avatar").textContent = name.letter;
  find(".bar small").textContent = name.small;
  find(".follow").textContent = name.follow;
  const act = (kind, text = "", value = "") => post("/act", { platform, act: kind, text, value });
  find(".follow").onclick = () => act("follow");
  find(".place").onclick = () => act("place");
  find(".photo input").onchange = (event) => {
    const [file] = event.target.files;
    event.target.value = "";
    if (file) fetch(`/photo?platform=${platform}`, { method: "POST", headers: { "Content-Type": file.type }, body: file });
  };
  const words = find(".words");
  find(".composer").onsubmit = (event) => {
    event.preventDefault();
    const text = words.value.trim();
    words.value = "";
    if (text) act("text", text);
  };
  const switches = find(".switches");
  for (const [value, label] of SWITCHES) {
    const radio = make("input", { type: "radio", name: `switch-${platform}`, value });
    radio.onchange = () => post("/switch", { platform, to: value });
    switches.append(make("label", { className: value === "ok" ? "" : "bad" }, radio, label));
  }
  const help = make("p", { className: "help" });
  switches.append(help);
  const chat = find(".chat");
  new ResizeObserver(() => { chat.scrollTop = chat.scrollHeight; }).observe(chat);
  phones[platform] = { chat, typing: find(".typing"), quick: find(".quick"), switches, help, act, last: 0 };
}

function button(phone, one) {
  if (one.kind === "tap") {
    const node = make("button", { type: "button", textContent: one.title });
    node.onclick = () => phone.act("tap", one.title, one.value);
    return node;
  }
  const href = one.kind === "phone" ? `tel:+${one.value.replace(/^\+/, "")}` : one.value;
  const mark = one.kind === "phone" ? "Gọi: " : "";
  return make("a", { href, textContent: `${mark}${one.title}${one.kind === "url" ? " ↗" : ""}`, target: "_blank", rel: "noreferrer" });
}

const buttons = (phone, list) =>
  list && list.length ? make("div", { className: "buttons" }, ...list.map((one) => button(phone, one))) : null;

function bubble(phone, one) {
  if (one.note) return make("p", { className: "note", textContent: one.note });
  const node = make("div", { className: `bubble ${one.who}` });
  if (one.photo) node.append(make("img", { src: `/photo/${one.photo.split("/").pop()}`, alt: "Ảnh đã gửi" }));
  if (one.place) node.append(`Vị trí: ${one.place}`);
  if (one.text) node.append(one.text);
  const below = buttons(phone, one.buttons);
  if (below) node.append(below);
  if (one.cards && one.cards.length) {
    const cards = one.cards.map((card) => make("div", { className: "card" }, make("b", { textContent: card.title }),
      make("small", { textContent: card.detail }), buttons(phone, card.buttons)));
    node.append(make("div", { className: "cards" }, ...cards));
  }
  node.append(make("time", { textContent: one.at }));
  return node;
}

function showPhone(platform, state) {
  const phone = phones[platform];
  const chat = state.chats[platform];
  const fresh = chat.filter((one) => one.number > phone.last);
  if (fresh.length) {
    phone.chat.querySelector(".hello")?.remove();
    phone.chat.append(...fresh.map((one) => bubble(phone, one)));
    phone.last = fresh[fresh.length - 1].number;
    const said = chat[chat.length - 1];
    phone.quick.replaceChildren(...(said.quick || []).map((one) => button(phone, { kind: "tap", ...one })));
    phone.chat.scrollTop = phone.chat.scrollHeight;
  }
  phone.typing.hidden = !state.typing[platform];
  const chosen = SWITCHES.find(([value]) => value === state.switches[platform]);
  phone.switches.querySelector(`[value="${chosen[0]}"]`).checked = true;
  phone.help.textContent = chosen[2];
}

function showOffice(state) {
  const lines = [`Đang chờ trả lời: ${state.waiting}`];
  for (const [platform, alarm] of Object.entries(state.alarms)) lines.push(`Báo động ${NAMES[platform].small}: ${alarm}`);
  if (state.stuck.length) lines.push(`Tin bị kẹt: ${state.stuck.length} (${[...new Set(state.stuck.map((one) => one.reason))].join("; ")})`);
  else lines.push("Không có tin nào bị kẹt.");
  const office = document.getElementById("office");
  office.textContent = lines.join("\n");
  office.className = state.stuck.length || Object.keys(state.alarms).length ? "bad" : "";
  document.getElementById("resend").hidden = !state.stuck.length;
}

function showTraffic(state) {
  const list = document.getElementById("traffic");
  if (!state.traffic.length) return;
  list.querySelector(".empty")?.remove();
  const fresh = state.traffic.filter((one) => !shownTraffic.has(one.number));
  for (const one of fresh.reverse()) {
    const way = one.direction === "webhook" ? "→ webhook" : "← API";
    const detail = { "gửi đi": one.asked, ...(one.answered == null ? {} : { "trả lời": one.answered }) };
    list.prepend(make("li", {}, make("details", {},
      make("summary", {}, make("span", { className: "what", textContent: one.name }),
        make("span", { className: one.good ? "status" : "status bad", textContent: one.status }),
        make("span", { className: "meta", textContent: `${way} · ${one.platform === "zalo" ? "Zalo" : "Facebook"} · ${one.milliseconds} ms · ${one.at}` })),
      make("pre", { textContent: JSON.stringify(detail, null, 1) }))));
  }
  shownTraffic = new Set(state.traffic.map((one) => one.number));
  while (list.children.length > state.traffic.length) list.lastChild.remove();
}

async function follow() {
  let version = -1;
  for (;;) {
    try {
      const state = await (await fetch(`/state?since=${version}`)).json();
      if (state.version < version) location.reload();
      version = state.version;
      Object.keys(phones).forEach((platform) => showPhone(platform, state));
      showOffice(state);
      showTraffic(state);
      document.getElementById("lost").hidden = true;
    } catch {
      document.getElementById("lost").hidden = false;
      await new Promise((done) => setTimeout(done, 1500));
    }
  }
}

document.querySelectorAll(".phone").forEach(setUp);
document.querySelectorAll("[data-tab]").forEach((tab) => {
  tab.onclick = () => {
    document.body.dataset.shown = tab.dataset.tab;
    document.querySelectorAll("[data-tab]").forEach((one) => one.setAttribute("aria-pressed", String(one === tab)));
  };
});
document.getElementById("resend").onclick = () => post("/resend", {});
follow();
