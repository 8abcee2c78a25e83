// Passing messages in the corner. A bad one stays until it is closed.
export function toast(text, tone = "") {
  const place = document.getElementById("toasts");
  if (!place || !text) return;
  const box = document.createElement("div");
  box.className = `toast ${tone}`.trim();
  const words = document.createElement("p");
  words.textContent = text;
  const close = document.createElement("button");
  close.type = "button";
  close.textContent = "×";
  close.setAttribute("aria-label", "Đóng thông báo");
  close.addEventListener("click", () => box.remove());
  box.append(words, close);
  place.append(box);
  if (tone !== "bad") setTimeout(() => box.remove(), 6000);
}
