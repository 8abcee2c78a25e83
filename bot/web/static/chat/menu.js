// Menu of the header: text size, phone, deleting the conversation.

const SIZES = ['Nhỏ', 'Vừa', 'Lớn', 'Rất lớn', 'Lớn nhất'];
const NORMAL = 1;
const SIZE_KEY = 'thanthien.textsize';

export class TextSize {
  constructor({ dom, storage, onChange }) {
    Object.assign(this, { dom, storage, onChange });
    const saved = parseInt(storage.get(SIZE_KEY), 10);
    this.apply(SIZES[saved] ? saved : NORMAL);
    dom.sizeDown.addEventListener('click', () => this.choose(this.size - 1));
    dom.sizeUp.addEventListener('click', () => this.choose(this.size + 1));
  }

  choose(size) {
    if (!SIZES[size]) return;
    this.apply(size);
    this.storage.set(SIZE_KEY, String(size));
    this.onChange();
  }

  apply(size) {
    this.size = size;
    document.documentElement.dataset.size = String(size);
    this.dom.sizeName.textContent = SIZES[size];
    this.dom.sizeDown.setAttribute('aria-disabled', String(size === 0));
    this.dom.sizeUp.setAttribute('aria-disabled', String(size === SIZES.length - 1));
  }
}

export class Menu {
  constructor({ dom }) {
    this.dom = dom;
    dom.menuButton.hidden = false;
    dom.menuButton.addEventListener('click', () => this.toggle(dom.menu.hidden));
    document.addEventListener('pointerdown', (event) => {
      if (!dom.menu.contains(event.target) && !dom.menuButton.contains(event.target)) this.toggle(false);
    });
    dom.menu.addEventListener('focusout', (event) => {
      const next = event.relatedTarget;
      if (next && !dom.menu.contains(next) && next !== dom.menuButton) this.toggle(false);
    });
  }

  toggle(open) {
    this.dom.menu.hidden = !open;
    this.dom.menuButton.setAttribute('aria-expanded', String(open));
  }

  /** Close for the Escape key; false when it was not open. */
  escape() {
    if (this.dom.menu.hidden) return false;
    this.toggle(false);
    this.dom.menuButton.focus();
    return true;
  }
}

/** Ask before the conversation is deleted; `forget` returns a promise. */
export class ForgetDialog {
  constructor({ dom, forget, onDone }) {
    Object.assign(this, { dom, forget, onDone });
    dom.forgetNo.addEventListener('click', () => this.close());
    dom.forgetYes.addEventListener('click', () => this.run());
    dom.dialog.addEventListener('cancel', (event) => {
      if (this.busy) event.preventDefault();
    });
  }

  open() {
    const { dialog, forgetError, forgetNo } = this.dom;
    forgetError.textContent = '';
    if (typeof dialog.showModal !== 'function') { // old browsers
      const question = `${document.getElementById('forget-title').textContent}\n${document.getElementById('forget-body').textContent}`;
      if (window.confirm(question)) this.run();
      return;
    }
    dialog.showModal();
    forgetNo.focus();
  }

  close() {
    if (!this.busy && this.dom.dialog.open) this.dom.dialog.close();
  }

  async run() {
    if (this.busy) return;
    const { forgetYes, forgetNo, forgetError } = this.dom;
    this.busy = true;
    forgetError.textContent = '';
    forgetYes.textContent = 'Đang xóa…';
    forgetYes.disabled = true;
    forgetNo.disabled = true;
    let done = true;
    try {
      await this.forget();
    } catch (_) {
      done = false;
    }
    this.busy = false;
    forgetYes.textContent = 'Xóa';
    forgetYes.disabled = false;
    forgetNo.disabled = false;
    if (done) {
      this.close();
      this.onDone();
    } else {
      forgetError.textContent = 'Chưa xóa được vì không kết nối được máy chủ. Xin thử lại sau.';
      if (!this.dom.dialog.open) window.alert(forgetError.textContent);
    }
  }
}
