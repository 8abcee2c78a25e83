// Draws the conversation. Nodes are kept by key, so that a redraw neither
// flickers nor makes a screen reader say a message twice.

const PHONE = 'M6.6 3.5 9 3l2 4.6-1.9 1.6a12 12 0 0 0 5.7 5.7l1.6-1.9L21 15l-.5 2.4a3.3 3.3 0 0 1-3.4 2.6C9.9 19.6 4.4 14.1 4 6.9a3.3 3.3 0 0 1 2.6-3.4z';
const OPEN = 'M14 4h6v6M20 4l-9 9M18 14v5a1 1 0 0 1-1 1H5a1 1 0 0 1-1-1V7a1 1 0 0 1 1-1h5';
const SAVE = 'M12 4v11m0 0-4-4m4 4 4-4M4 19h16';
const STATES = {
  sending: 'Đang gửi…',
  retrying: 'Chưa gửi được, đang thử lại…',
  busy: 'Máy chủ đang bận, sẽ tự gửi lại…',
  sent: 'Đã gửi',
};
const NEAR_END = 80; // pixels

function sizeOf(bytes) {
  return bytes >= 1e6 ? `${(bytes / 1e6).toFixed(1).replace('.', ',')} MB` : `${Math.max(1, Math.round(bytes / 1e3))} KB`;
}

export class View {
  /** dom: elements by name; on: choose(button), edit(item), discard(item), save(file) */
  constructor({ dom, format, on }) {
    Object.assign(this, { dom, format, on });
    this.nodes = new Map(); // key -> element
    this.first = true;
    this.atEnd = true;
    this.quickKey = null;
    dom.scroller.addEventListener('scroll', () => this.scrolled(), { passive: true });
    dom.jump.addEventListener('click', () => {
      dom.scroller.focus({ preventScroll: true });
      this.toEnd();
    });
    if (window.ResizeObserver) {
      new ResizeObserver(() => (this.atEnd ? this.toEnd() : this.scrolled())).observe(dom.scroller);
    }
  }

  render(items, { typing, ready }) {
    const added = this.renderLog(items, ready);
    this.renderQuick(items);
    this.renderTyping(typing);
    if (added.length) this.reveal(added);
    else if (this.atEnd) this.toEnd();
    this.scrolled();
  }

  /** Bring the list of nodes in line with the items; returns new messages. */
  renderLog(items, ready) {
    const { log, loading } = this.dom;
    if (items.length) loading.hidden = true;
    const wanted = this.withDays(items);
    const keys = new Set(wanted.map((i) => i.key));
    for (const [key, node] of this.nodes) {
      if (!keys.has(key)) {
        node.remove();
        this.nodes.delete(key);
      }
    }
    const added = [];
    let position = log.firstChild;
    let previous = null;
    for (const item of wanted) {
      let node = this.nodes.get(item.key);
      if (!node) {
        node = this.build(item);
        this.nodes.set(item.key, node);
        if (item.kind === 'message') added.push({ item, node });
      }
      if (item.kind === 'message') {
        if (item.own) this.updateOwn(node, item);
        node.classList.toggle('follows', Boolean(previous && previous.kind === 'message' && previous.own === item.own));
      }
      if (node === position) position = position.nextSibling;
      else log.insertBefore(node, position);
      previous = item;
    }
    // History is not read out; what comes after it is.
    if (ready && log.getAttribute('aria-busy') === 'true') {
      setTimeout(() => log.setAttribute('aria-busy', 'false'), 500);
    }
    return added;
  }

  withDays(items) {
    const out = [];
    let day = '';
    for (const item of items) {
      const itsDay = item.at ? this.format.dayOf(item.at) : '';
      if (itsDay && itsDay !== day) {
        day = itsDay;
        out.push({ kind: 'day', key: `d:${day}:${item.key}`, text: this.format.dayName(day) });
      }
      out.push(item);
    }
    return out;
  }

  build(item) {
    const { element, renderText, timeOf } = this.format;
    if (item.kind === 'day') return element('p', 'day', item.text);
    if (item.kind === 'notice') return element('p', 'notice', item.text);
    const node = element('article', `message ${item.own ? 'own' : 'bot'}`);
    const bubble = element('div', 'bubble');
    bubble.append(element('span', 'sr-only', item.own ? 'Bà con: ' : 'Trợ lý: '));
    const text = element('div', 'text');
    text.append(item.own ? item.text : renderText(item.text));
    bubble.append(text);
    if (!item.own) {
      const chips = this.chips(item);
      if (chips) bubble.append(chips);
    }
    const meta = element('div', 'meta');
    if (!item.own && item.at) meta.append(this.time(timeOf(item.at), item.at));
    node.append(bubble, meta);
    return node;
  }

  time(text, at) {
    const node = this.format.element('time', '', text);
    node.dateTime = at;
    return node;
  }

  /** Phone numbers and the link of an answer, as large targets. */
  chips(item) {
    const { element, icon, safeUrl, telUrl } = this.format;
    const box = element('div', 'chips');
    for (const phone of item.phones) {
      const url = phone && telUrl(phone.number);
      if (!url) continue;
      const chip = element('a', 'chip');
      chip.href = url;
      const words = element('span', 'chip-text');
      words.append(element('span', 'chip-label', `Gọi ${phone.label || ''}`.trim()), ' ', element('span', 'chip-detail number', String(phone.number)));
      chip.append(icon(PHONE, 22), words);
      box.append(chip);
    }
    const url = item.link && safeUrl(item.link.url);
    if (url) {
      const chip = element('a', 'chip');
      chip.href = url.href;
      chip.target = '_blank';
      chip.rel = 'noopener noreferrer';
      const words = element('span', 'chip-text');
      words.append(element('span', 'chip-label', item.link.label || 'Mở trang'), ' ', element('span', 'chip-detail', url.hostname), element('span', 'sr-only', ' (mở trang mới)'));
      chip.append(icon(OPEN, 22), words);
      box.append(chip);
    }
    for (const file of item.files || []) box.append(this.fileChip(file));
    return box.childNodes.length ? box : null;
  }

  /** A file of staff: fetched and saved when tapped. */
  fileChip(file) {
    const { element, icon } = this.format;
    const chip = element('button', 'chip');
    chip.type = 'button';
    const words = element('span', 'chip-text');
    const detail = element('span', 'chip-detail', `Tải về, ${sizeOf(file.size)}`);
    words.append(element('span', 'chip-label', String(file.name)), ' ', detail);
    chip.append(icon(SAVE, 22), words);
    chip.addEventListener('click', async () => {
      chip.disabled = true;
      detail.textContent = 'Đang tải…';
      try {
        await this.on.save(file);
        detail.textContent = 'Đã tải về';
      } catch (error) {
        detail.textContent = error.userMessage || 'Chưa tải được, xin thử lại';
      }
      chip.disabled = false;
    });
    return chip;
  }

  /** Own messages change: sending, sent, refused, echoed with a time. */
  updateOwn(node, item) {
    const { element, timeOf } = this.format;
    const mark = `${item.state || ''}|${item.error || ''}|${item.at || ''}`;
    if (node.dataset.mark === mark) return;
    node.dataset.mark = mark;
    node.classList.toggle('unsent', Boolean(item.state) && item.state !== 'sent');
    node.classList.toggle('refused', item.state === 'refused');
    const meta = node.querySelector('.meta');
    meta.textContent = '';
    if (item.state === 'refused') {
      meta.append(element('p', 'refused-text', item.error));
      if (item.payload === undefined) meta.append(this.action('Sửa lại', () => this.on.edit(item)));
      meta.append(this.action('Bỏ tin này', () => this.on.discard(item)));
    } else if (item.state) {
      meta.append(STATES[item.state] || STATES.sending);
    } else if (item.at) {
      meta.append(this.time(timeOf(item.at), item.at));
    }
  }

  action(label, run) {
    const button = this.format.element('button', 'small-button', label);
    button.type = 'button';
    button.addEventListener('click', run);
    return button;
  }

  /** Quick replies of the newest message, when that is from the assistant. */
  renderQuick(items) {
    const { quick, scroller } = this.dom;
    const last = items[items.length - 1];
    const buttons = last && last.kind === 'message' && !last.own
      ? last.buttons.filter((b) => b && b.label && typeof b.payload === 'string') : [];
    const key = buttons.length ? last.key : null;
    if (key === this.quickKey) return;
    this.quickKey = key;
    const hadFocus = quick.contains(document.activeElement);
    quick.textContent = '';
    for (const choice of buttons) {
      const button = this.format.element('button', 'quick-button', choice.label);
      button.type = 'button';
      button.addEventListener('click', () => this.on.choose(choice));
      quick.append(button);
    }
    quick.hidden = !buttons.length;
    if (hadFocus) scroller.focus({ preventScroll: true });
  }

  renderTyping(typing) {
    const { element } = this.format;
    const box = this.dom.typing;
    if (typing === Boolean(box.firstChild)) return;
    box.textContent = '';
    if (!typing) return;
    const dots = element('span', 'dots');
    dots.setAttribute('aria-hidden', 'true');
    dots.append(element('i'), element('i'), element('i'));
    box.append(dots, element('span', '', 'Trợ lý đang soạn câu trả lời…'));
  }

  // ---- scrolling ----------------------------------------------------------

  /** New messages: show their end, or the beginning of a long answer. */
  reveal(added) {
    const { scroller } = this.dom;
    const own = added.some((a) => a.item.own && a.item.state);
    const history = this.first && added.length > 1;
    this.first = false;
    if (history) {
      this.toEnd();
      return;
    }
    if (!this.atEnd && !own) {
      this.dom.jumpText.textContent = 'Tin mới';
      return;
    }
    const top = added[0].node.offsetTop - 12;
    if (!own && scroller.scrollHeight - top > scroller.clientHeight) scroller.scrollTop = top;
    else this.toEnd();
  }

  toEnd() {
    this.dom.scroller.scrollTop = this.dom.scroller.scrollHeight;
    this.atEnd = true;
  }

  scrolled() {
    const { scroller, jump, jumpText } = this.dom;
    this.atEnd = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < NEAR_END;
    jump.hidden = this.atEnd;
    if (this.atEnd) jumpText.textContent = 'Xem tiếp';
  }
}
