// The box for writing: grows to five lines, sends with Enter on a keyboard,
// never in the middle of Vietnamese (Telex) composition.

const LINES = 5;
const COUNT_FROM = 0.85; // part of the limit from which the counter shows

export class Composer {
  constructor({ dom, maxText, drafts, draftKey, onSend }) {
    Object.assign(this, { dom, maxText, drafts, draftKey, onSend });
    const { form, text } = dom;
    // On a touch keyboard Enter makes a new line and the button sends.
    this.touch = window.matchMedia('(hover: none) and (pointer: coarse)');
    text.value = drafts.get(draftKey) || '';
    text.addEventListener('input', () => this.changed());
    text.addEventListener('keydown', (event) => this.key(event));
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      this.send();
    });
    // Keep the keyboard of the phone open when the button is tapped.
    dom.send.addEventListener('pointerdown', (event) => {
      if (document.activeElement === text) event.preventDefault();
    });
    window.addEventListener('resize', () => this.grow());
    form.hidden = false;
    this.changed();
  }

  key(event) {
    if (event.key !== 'Enter' || event.shiftKey || event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.isComposing || event.keyCode === 229) return; // Enter ends the composition
    if (this.touch.matches) return;
    event.preventDefault();
    if (!event.repeat) this.send();
  }

  value() {
    return this.dom.text.value.normalize('NFC').trim();
  }

  changed() {
    const raw = this.dom.text.value;
    if (raw) this.drafts.set(this.draftKey, raw);
    else this.drafts.remove(this.draftKey);
    this.grow();
    const value = this.value();
    const length = Array.from(value).length; // code points, as the server counts
    const left = this.maxText - length;
    const { counter, send, text } = this.dom;
    counter.hidden = length < this.maxText * COUNT_FROM;
    counter.textContent = counter.hidden ? ''
      : left >= 0 ? `Còn viết được ${left} ký tự`
        : `Dài quá ${-left} ký tự. Xin rút ngắn hoặc chia thành nhiều tin.`;
    counter.classList.toggle('over', left < 0);
    text.setAttribute('aria-invalid', String(left < 0));
    send.setAttribute('aria-disabled', String(!value || left < 0));
    return Boolean(value) && left >= 0;
  }

  grow() {
    const { text } = this.dom;
    const style = getComputedStyle(text);
    const extra = parseFloat(style.paddingTop) + parseFloat(style.paddingBottom);
    const borders = text.offsetHeight - text.clientHeight;
    const most = parseFloat(style.lineHeight) * LINES + extra + borders;
    text.style.height = 'auto';
    const need = text.scrollHeight + borders;
    text.style.height = `${Math.min(need, most)}px`;
    text.style.overflowY = need > most + 1 ? 'auto' : 'hidden';
  }

  send() {
    if (!this.changed()) {
      this.dom.text.focus();
      return;
    }
    this.onSend(this.value());
    this.dom.text.value = '';
    this.changed();
  }

  /** Put a refused message back for mending, above what is being written. */
  edit(message) {
    const { text } = this.dom;
    text.value = text.value.trim() ? `${message}\n${text.value}` : message;
    this.changed();
    text.focus();
  }
}
