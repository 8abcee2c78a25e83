// Plain text to DOM nodes, and dates in Vietnam time. Nothing here uses
// innerHTML: whatever the server sends stays text.

export function element(tag, className, text) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text !== undefined) node.textContent = text;
  return node;
}

/** An icon of the page's own path data. */
export function icon(path, size = 20) {
  const ns = 'http://www.w3.org/2000/svg';
  const svg = document.createElementNS(ns, 'svg');
  const shape = document.createElementNS(ns, 'path');
  const attributes = { viewBox: '0 0 24 24', width: size, height: size, 'aria-hidden': 'true', focusable: 'false' };
  for (const [name, value] of Object.entries(attributes)) svg.setAttribute(name, value);
  const strokes = { d: path, fill: 'none', stroke: 'currentColor', 'stroke-width': '1.8', 'stroke-linecap': 'round', 'stroke-linejoin': 'round' };
  for (const [name, value] of Object.entries(strokes)) shape.setAttribute(name, value);
  svg.append(shape);
  return svg;
}

const BULLET = /^(\s*)•\s+(.*)$/;
const NUMBER = /^\s*(\d{1,2})\.\s+(.*)$/;

/** Add `text` to `node`, with a <br> first when the node is not empty. */
function addLine(node, text) {
  if (node.childNodes.length) node.append(document.createElement('br'));
  node.append(text);
}

/** Paragraphs and lists for a plain text; lists begin with "• " or "1. ". */
export function renderText(text) {
  const out = document.createDocumentFragment();
  let paragraph = null; // open paragraph
  let list = null; // open list
  let nested = null; // open bullet list inside the last numbered item
  for (const line of text.replace(/\r\n?/g, '\n').split('\n')) {
    const bullet = BULLET.exec(line);
    const number = bullet ? null : NUMBER.exec(line);
    if (!line.trim()) {
      paragraph = null;
      nested = null;
      if (list && list.tagName === 'UL') list = null; // numbers may go on after a blank line
    } else if (bullet && bullet[1] && list && list.tagName === 'OL' && list.lastChild) {
      if (!nested) {
        nested = element('ul');
        list.lastChild.append(nested);
      }
      nested.append(element('li', '', bullet[2]));
    } else if (bullet || number) {
      const tag = bullet ? 'UL' : 'OL';
      if (!list || list.tagName !== tag) {
        list = element(tag);
        out.append(list);
      }
      const item = element('li', '', bullet ? bullet[2] : number[2]);
      if (number) item.value = Number(number[1]);
      list.append(item);
      paragraph = null;
      nested = null;
    } else if (list && /^\s+/.test(line)) {
      const target = (nested || list).lastChild; // an indented line goes on with the item
      addLine(target, line.trim());
    } else {
      list = null;
      nested = null;
      if (!paragraph) {
        paragraph = element('p');
        out.append(paragraph);
      }
      addLine(paragraph, line);
    }
  }
  return out;
}

// Vietnam keeps UTC+7 all year: shift, then read the UTC fields. This does not
// depend on the time zone or the locale data of the phone.
const WEEKDAYS = ['Chủ Nhật', 'Thứ Hai', 'Thứ Ba', 'Thứ Tư', 'Thứ Năm', 'Thứ Sáu', 'Thứ Bảy'];
const DAY = 86400000;

function vietnam(at) {
  const time = typeof at === 'number' ? at : Date.parse(at);
  return Number.isFinite(time) ? new Date(time + 7 * 3600000) : null;
}

export function timeOf(at) {
  const date = vietnam(at);
  return date ? date.toISOString().slice(11, 16) : '';
}

/** "2026-11-20" of the day in Vietnam, or ''. */
export function dayOf(at) {
  const date = vietnam(at);
  return date ? date.toISOString().slice(0, 10) : '';
}

export function dayName(day) {
  if (day === dayOf(Date.now())) return 'Hôm nay';
  if (day === dayOf(Date.now() - DAY)) return 'Hôm qua';
  const [y, m, d] = day.split('-').map(Number);
  return `${WEEKDAYS[new Date(Date.UTC(y, m - 1, d)).getUTCDay()]}, ${d}/${m}/${y}`;
}

/** The URL when it is a web address, else null. */
export function safeUrl(url) {
  try {
    const parsed = new URL(String(url));
    return parsed.protocol === 'https:' || parsed.protocol === 'http:' ? parsed : null;
  } catch (_) {
    return null;
  }
}

/** "tel:" address of a number as people write it, or null. */
export function telUrl(number) {
  const digits = String(number).replace(/[^\d+]/g, '');
  return /^\+?\d{3,15}$/.test(digits) ? `tel:${digits}` : null;
}
