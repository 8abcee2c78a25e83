// HTTP calls of the chat API. Every failure becomes an ApiError, so that the
// callers only have to look at `status` (0 = network, time-out, broken reply).

export class ApiError extends Error {
  constructor(status, { message = '', retryAfter = null, aborted = false } = {}) {
    super(message || `chat api ${status}`);
    this.status = status;
    this.userMessage = message;
    this.retryAfter = retryAfter;
    this.aborted = aborted;
  }

  /** The same request may succeed later without any change. */
  get retryable() {
    return this.status === 0 || this.status >= 500 || [408, 425, 429].includes(this.status);
  }
}

function retryAfterSeconds(response) {
  const seconds = parseInt(response.headers.get('Retry-After') || '', 10);
  return Number.isFinite(seconds) && seconds >= 0 ? Math.min(seconds, 120) : null;
}

async function errorText(response) {
  try {
    const body = await response.json();
    return typeof body.error === 'string' ? body.error.slice(0, 300) : '';
  } catch (_) {
    return '';
  }
}

async function call(method, path, { token, body, signal, timeout = 20000, blob = false } = {}) {
  const abort = new AbortController();
  const onAbort = () => abort.abort();
  if (signal) {
    if (signal.aborted) throw new ApiError(0, { aborted: true });
    signal.addEventListener('abort', onAbort);
  }
  const timer = setTimeout(onAbort, timeout);
  const headers = { Accept: 'application/json' };
  if (token) headers.Authorization = `Bearer ${token}`;
  if (body !== undefined) headers['Content-Type'] = 'application/json';
  try {
    const response = await fetch(`/chat/api/${path}`, {
      method,
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: abort.signal,
      cache: 'no-store',
    });
    if (!response.ok) {
      throw new ApiError(response.status, {
        message: await errorText(response),
        retryAfter: retryAfterSeconds(response),
      });
    }
    // A captive portal may answer 200 with a web page: json() then throws.
    if (response.status === 204) return null;
    return blob ? await response.blob() : await response.json();
  } catch (error) {
    if (error instanceof ApiError) throw error;
    throw new ApiError(0, { aborted: Boolean(signal && signal.aborted) });
  } finally {
    clearTimeout(timer);
    if (signal) signal.removeEventListener('abort', onAbort);
  }
}

/** Check the shape of a reply; a wrong one counts as a broken connection. */
function expect(ok, value) {
  if (!ok) throw new ApiError(0);
  return value;
}

export async function createSession(unit) {
  const data = await call('POST', 'session', { body: { unit } });
  return expect(data && typeof data.token === 'string' && data.token, data);
}

export async function poll(token, after, wait, signal) {
  const path = `messages?after=${after}&wait=${wait}`;
  const data = await call('GET', path, { token, signal, timeout: (wait + 15) * 1000 });
  return expect(data && Array.isArray(data.messages), data);
}

export async function send(token, item, signal) {
  const body = { client_id: item.client_id, text: item.text };
  if (item.payload !== undefined) body.payload = item.payload;
  const data = await call('POST', 'messages', { token, body, signal });
  return expect(data && Number.isInteger(data.seq), data);
}

/** A file of a message as a Blob; the address needs the session's token. */
export async function file(token, path) {
  return call('GET', path, { token, timeout: 60000, blob: true });
}

export async function forget(token) {
  await call('DELETE', 'session', { token });
}
