// What the page remembers: the storage wrapper, the queue of unsent messages
// and the conversation as known from the server.

/** localStorage, or memory when the browser blocks it (private or embedded). */
export class SafeStorage {
  constructor(area) {
    this.memory = new Map();
    this.area = null;
    try {
      const store = window[area];
      store.setItem('thanthien.probe', '1');
      store.removeItem('thanthien.probe');
      this.area = store;
    } catch (_) { /* blocked: keep everything in memory */ }
  }

  get(key) {
    if (this.memory.has(key)) return this.memory.get(key);
    try {
      return this.area ? this.area.getItem(key) : null;
    } catch (_) {
      return null;
    }
  }

  set(key, value) {
    try {
      if (this.area) {
        this.area.setItem(key, value);
        this.memory.delete(key);
        return;
      }
    } catch (_) { /* full: this one key lives in memory from now on */ }
    this.memory.set(key, value);
  }

  remove(key) {
    this.memory.delete(key);
    try {
      if (this.area) this.area.removeItem(key);
    } catch (_) { /* nothing to remove */ }
  }
}

/** A UUID v4; crypto.randomUUID is missing on old phones and on plain http. */
export function newId() {
  if (typeof crypto.randomUUID === 'function') return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (b) => b.toString(16).padStart(2, '0')).join('');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/**
 * Messages the server has not accepted yet, in order. Storage is read again on
 * each use, because another tab of the same unit shares the queue.
 */
export class Outbox {
  constructor(storage, key) {
    this.storage = storage;
    this.key = key;
  }

  all() {
    try {
      const list = JSON.parse(this.storage.get(this.key) || '[]');
      return Array.isArray(list)
        ? list.filter((i) => i && typeof i.client_id === 'string' && typeof i.text === 'string')
        : [];
    } catch (_) {
      return [];
    }
  }

  write(list) {
    if (list.length) this.storage.set(this.key, JSON.stringify(list));
    else this.storage.remove(this.key);
  }

  add(item) {
    this.write(this.all().concat(item));
  }

  /** The greeting request goes before everything else, and only once. */
  addStart() {
    const others = this.all().filter((i) => i.payload !== 'start');
    this.write([{ client_id: newId(), payload: 'start', text: '' }].concat(others));
  }

  /** Next message to send; messages the server refused wait for the citizen. */
  next() {
    return this.all().find((i) => !i.error);
  }

  refuse(clientId, error) {
    this.write(this.all().map((i) => (i.client_id === clientId ? { ...i, error } : i)));
  }

  remove(clientId) {
    const list = this.all();
    const rest = list.filter((i) => i.client_id !== clientId);
    if (rest.length !== list.length) this.write(rest);
  }

  clear() {
    this.storage.remove(this.key);
  }
}

/** The messages on the screen, by seq, without duplicates. */
export class Conversation {
  constructor() {
    this.archive = []; // items of earlier conversations, kept until reload
    this.generation = 0;
    this.reset();
  }

  reset() {
    this.bySeq = new Map();
    this.accepted = new Map(); // client_id -> own message with a seq, not echoed yet
    this.lastSeq = 0;
  }

  /** Take messages of the server; returns the client_ids they confirm. */
  ingest(messages) {
    const confirmed = [];
    for (const m of messages) {
      if (!m || !Number.isInteger(m.seq)) continue;
      this.lastSeq = Math.max(this.lastSeq, m.seq);
      if (!this.bySeq.has(m.seq)) this.bySeq.set(m.seq, m);
      if (m.direction === 'in' && m.client_id) {
        this.accepted.delete(m.client_id);
        confirmed.push(m.client_id);
      }
    }
    return confirmed;
  }

  accept(item, seq) {
    if (!this.bySeq.has(seq)) this.accepted.set(item.client_id, { ...item, seq });
  }

  /** Begin an empty conversation below a one-line notice. */
  restart(notice, { keepOld }) {
    const old = keepOld ? this.items([]) : [];
    this.archive = old.concat({ kind: 'notice', key: `n:${this.generation}`, text: notice });
    this.generation += 1;
    this.reset();
  }

  /** Everything to show, in order. `unsent` is the outbox, with its state. */
  items(unsent) {
    const current = [];
    for (const m of this.bySeq.values()) {
      const own = m.direction === 'in';
      if (own && !m.text) continue; // the hidden "start"
      current.push({
        kind: 'message',
        key: own && m.client_id ? `c:${m.client_id}` : `s:${this.generation}:${m.seq}`,
        seq: m.seq,
        own,
        text: typeof m.text === 'string' ? m.text : '',
        buttons: Array.isArray(m.buttons) ? m.buttons : [],
        phones: Array.isArray(m.phones) ? m.phones : [],
        link: m.link || null,
        files: Array.isArray(m.files) ? m.files.map((f) => ({ ...f, generation: this.generation })) : [],
        at: m.at,
      });
    }
    for (const m of this.accepted.values()) {
      if (m.text) current.push({ kind: 'message', key: `c:${m.client_id}`, seq: m.seq, own: true, text: m.text, state: 'sent' });
    }
    current.sort((a, b) => a.seq - b.seq);
    const shown = this.archive.concat(current);
    const keys = new Set(shown.map((i) => i.key));
    for (const i of unsent) {
      const key = `c:${i.client_id}`;
      if (!i.text || keys.has(key)) continue;
      shown.push({
        kind: 'message', key, own: true, clientId: i.client_id, text: i.text,
        payload: i.payload, state: i.error ? 'refused' : i.state || 'sending', error: i.error,
      });
    }
    return shown;
  }
}
