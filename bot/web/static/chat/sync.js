// Keeps the conversation and the server in step: one loop of long polls, one
// loop that empties the outbox, renewal of an expired session.

const BACKOFF = [1, 2, 4, 8, 15];
const LONG_WAIT = 25; // seconds a poll may wait for news
const TYPING_WAIT = 4; // shorter while "typing", so that its end is seen
const HIDDEN_PAUSE = 120; // seconds in the background before polling stops

const NOTICE_RENEWED = 'Cuộc trò chuyện trước đã hết hạn. Đã bắt đầu cuộc trò chuyện mới.';
const NOTICE_FORGOTTEN = 'Đã xóa cuộc trò chuyện cũ.';
const REFUSED = 'Tin nhắn này chưa được nhận. Xin sửa lại.';
const TOO_LONG = 'Tin nhắn quá dài. Xin rút ngắn hoặc chia thành nhiều tin.';

const backoff = (n) => BACKOFF[Math.min(n, BACKOFF.length - 1)];

/** Seconds until the next try: what the server asked for, else the back-off. */
function delay(error, failures, token) {
  if (Number.isFinite(error.retryAfter)) return error.retryAfter;
  return !token && error.retryable === false ? 60 : backoff(failures);
}

/** Run `work` in one tab at a time where the browser can do that. */
function exclusively(name, work) {
  return navigator.locks ? navigator.locks.request(name, work) : work();
}

export class Sync {
  /** hooks: changed(), connection(online), refused(), failed(message) */
  constructor({ api, storage, outbox, conversation, newId, unitId, hooks }) {
    Object.assign(this, { api, storage, outbox, conversation, newId, unitId, hooks });
    this.key = `thanthien.${unitId}`;
    this.token = storage.get(this.key);
    this.deadToken = null; // the last token the server refused
    this.refusals = 0; // refused tokens in a row, against a tight loop
    this.notice = null; // what to say when the next session begins
    this.typing = false;
    this.states = new Map(); // client_id -> 'retrying' | 'busy'
    this.pauses = new Set(); // reasons not to poll now
    this.sleepers = new Set();
    this.pollAbort = null;
    this.sendAbort = null;
    this.forgetting = null;
    this.ready = false; // the first poll has answered
  }

  start() {
    this.watchPage();
    this.pollLoop();
    this.flush();
  }

  items() {
    const unsent = this.outbox.all().map((i) => ({ ...i, state: this.states.get(i.client_id) }));
    return this.conversation.items(unsent);
  }

  // ---- sending ----------------------------------------------------------

  submit({ text, payload }) {
    const item = { client_id: this.newId(), text };
    if (payload !== undefined) item.payload = payload;
    this.outbox.add(item);
    this.hooks.changed();
    this.flush();
  }

  discard(clientId) {
    this.outbox.remove(clientId);
    this.hooks.changed();
  }

  async flush() {
    if (this.flushing) return;
    this.flushing = true;
    try {
      await this.emptyOutbox();
    } finally {
      this.flushing = false;
    }
  }

  async emptyOutbox() {
    let failures = 0;
    let item;
    while ((item = this.outbox.next())) {
      if (this.forgetting) await this.forgetting;
      let token = null;
      try {
        token = await this.session();
        item = this.outbox.next(); // a new session puts its greeting first
        if (!item) break;
        this.sendAbort = new AbortController();
        const { seq } = await this.api.send(token, item, this.sendAbort.signal);
        this.refusals = 0;
        failures = 0;
        if (token !== this.token) continue; // that session is gone: send it again
        this.conversation.accept(item, seq);
        this.outbox.remove(item.client_id);
        this.states.delete(item.client_id);
        if (!this.typing) this.wake(); // the answer is on its way
      } catch (error) {
        if (error.aborted) continue;
        if (error.status === 401 && token) {
          this.lose(token);
        } else if (error.retryable || !token) {
          this.states.set(item.client_id, error.status === 429 ? 'busy' : 'retrying');
          this.hooks.changed();
          await this.sleep(delay(error, failures, token), { wakeable: error.status !== 429 });
          failures += 1;
        } else if (!item.text) {
          this.outbox.remove(item.client_id); // nothing the citizen could mend
        } else {
          this.outbox.refuse(item.client_id, error.userMessage || (error.status === 413 ? TOO_LONG : REFUSED));
          this.hooks.refused();
        }
      }
      this.hooks.changed();
    }
  }

  // ---- receiving --------------------------------------------------------

  async pollLoop() {
    let failures = 0;
    let emptyReplies = 0; // empty replies in a row that came at once
    this.catchUp = true; // ask without waiting, to be up to date first
    for (;;) {
      if (this.forgetting) await this.forgetting;
      while (this.pauses.size) await this.sleep(3600);
      let token = null;
      try {
        token = await this.session();
        if (this.pauses.size || this.forgetting) continue;
        const wait = this.catchUp ? 0 : this.typing ? TYPING_WAIT : LONG_WAIT;
        const began = Date.now();
        this.pollAbort = new AbortController();
        const data = await this.api.poll(token, this.conversation.lastSeq, wait, this.pollAbort.signal);
        if (token !== this.token) continue;
        failures = 0;
        this.refusals = 0;
        this.catchUp = false;
        this.ready = true;
        this.typing = Boolean(data.typing);
        this.take(data.messages);
        this.hooks.connection(true);
        this.hooks.changed();
        const early = wait > 0 && !data.messages.length && Date.now() - began < 500;
        emptyReplies = early ? emptyReplies + 1 : 0;
        if (emptyReplies > 1) await this.sleep(Math.min(0.3 * emptyReplies, 1.5));
      } catch (error) {
        this.catchUp = true;
        if (error.aborted) continue;
        if (error.status === 401 && token) {
          this.lose(token);
          continue;
        }
        this.typing = false;
        failures += 1;
        if (!token && !error.retryable) this.hooks.failed(error.userMessage || '');
        else if (failures > 1 || navigator.onLine === false) this.hooks.connection(false);
        this.hooks.changed();
        await this.sleep(delay(error, failures - 1, token));
      }
    }
  }

  take(messages) {
    for (const id of this.conversation.ingest(messages)) {
      this.outbox.remove(id);
      this.states.delete(id);
    }
  }

  // ---- session ----------------------------------------------------------

  /** The token in use; makes a session when there is none. */
  session() {
    if (this.token) return Promise.resolve(this.token);
    if (!this.creating) {
      this.creating = this.create().finally(() => { this.creating = null; });
    }
    return this.creating;
  }

  async create() {
    if (this.refusals > 1) await this.sleep(backoff(this.refusals - 1), { wakeable: false });
    return exclusively(`${this.key}.session`, async () => {
      const stored = this.storage.get(this.key); // another tab may have been faster
      if (stored && stored !== this.deadToken) {
        this.use(stored);
        return stored;
      }
      const { token, messages } = await this.api.createSession(this.unitId);
      this.storage.set(this.key, token);
      this.outbox.addStart();
      this.use(token);
      if (Array.isArray(messages)) this.take(messages);
      this.flush();
      return token;
    });
  }

  use(token) {
    if (this.notice) {
      this.conversation.restart(this.notice, { keepOld: this.notice === NOTICE_RENEWED });
      this.notice = null;
    }
    this.token = token;
    this.typing = false;
    this.catchUp = true;
    this.hooks.changed();
  }

  /** A file of the conversation as a Blob. Throws an ApiError, also for one of an earlier conversation. */
  async file({ path, generation }) {
    if (generation === this.conversation.generation) return this.api.file(this.token, path);
    throw new this.api.ApiError(410, { message: 'Tệp thuộc cuộc trò chuyện đã hết hạn' });
  }

  /** The server no longer knows this token. */
  lose(token) {
    if (token !== this.token) return;
    this.deadToken = token;
    this.token = null;
    this.refusals += 1;
    this.notice = this.notice || NOTICE_RENEWED;
    this.abort();
  }

  /** Delete the conversation on the server, then here. Throws when it cannot. */
  forget() {
    if (this.forgetting) return this.forgetting;
    const token = this.token;
    const work = (async () => {
      try {
        if (token) await this.api.forget(token);
      } catch (error) {
        if (error.status !== 401 && error.status !== 404) throw error;
      }
      this.outbox.clear();
      this.states.clear();
      this.storage.remove(this.key);
      this.drop();
    })();
    // The loops wait for this one; they must not see its error.
    this.forgetting = work.catch(() => {}).then(() => {
      this.forgetting = null;
      this.wake();
      this.flush();
    });
    this.abort();
    return work;
  }

  /** Empty the screen after the conversation was deleted (here or in another tab). */
  drop() {
    this.deadToken = this.token;
    this.token = null;
    this.notice = null;
    this.typing = false;
    this.conversation.restart(NOTICE_FORGOTTEN, { keepOld: false });
    this.hooks.changed();
  }

  // ---- page, network, other tabs ----------------------------------------

  watchPage() {
    window.addEventListener('online', () => this.refresh());
    window.addEventListener('offline', () => {
      this.hooks.connection(false);
      this.abort();
    });
    window.addEventListener('pageshow', (event) => { if (event.persisted) this.refresh(); });
    let timer = 0;
    let hiddenAt = 0;
    document.addEventListener('visibilitychange', () => {
      clearTimeout(timer);
      if (document.hidden) {
        hiddenAt = Date.now();
        timer = setTimeout(() => this.pause('hidden'), HIDDEN_PAUSE * 1000);
      } else {
        // Phones cut the connection of a sleeping page without telling it.
        if (Date.now() - hiddenAt > 20000) this.refresh();
        this.resume('hidden');
      }
    });
    window.addEventListener('storage', (event) => {
      if (event.key === this.key) this.tokenChangedElsewhere(event.newValue);
      if (event.key === this.outbox.key) {
        this.hooks.changed();
        this.flush();
      }
    });
  }

  tokenChangedElsewhere(token) {
    if (token === this.token || this.forgetting) return;
    if (!token) {
      this.drop();
    } else if (this.token) {
      this.deadToken = this.token;
      this.token = null;
      this.notice = NOTICE_RENEWED;
    }
    this.refresh();
  }

  pause(reason) {
    this.pauses.add(reason);
    this.typing = false;
    if (this.pollAbort) this.pollAbort.abort();
  }

  resume(reason) {
    if (this.pauses.delete(reason)) this.refresh();
  }

  /** Drop requests that may hang on a dead connection and ask again now. */
  refresh() {
    if (this.pollAbort) this.pollAbort.abort();
    this.wake();
    this.flush();
  }

  abort() {
    if (this.pollAbort) this.pollAbort.abort();
    if (this.sendAbort) this.sendAbort.abort();
  }

  sleep(seconds, { wakeable = true } = {}) {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.sleepers.delete(done);
        resolve();
      };
      const timer = setTimeout(done, seconds * 1000);
      if (wakeable) this.sleepers.add(done);
    });
  }

  wake() {
    for (const done of Array.from(this.sleepers)) done();
  }
}
