// @ts-check
// Calls to the visitor API. Whatever goes wrong is an ApiError.

const TIMEOUT_MS = 20_000;

export class ApiError extends Error {
  /**
   * Status 0: no answer came, so the request may or may not have been carried out.
   * @param {number} status
   * @param {string} code
   * @param {number} retryAfterMs
   */
  constructor(status, code, retryAfterMs) {
    super(code);
    this.status = status;
    this.code = code;
    this.retryAfterMs = retryAfterMs;
  }

  // The very same request can succeed later.
  get isTransient() {
    return !this.status || this.status === 429 || this.status >= 500;
  }
}

export const noAnswer = () => new ApiError(0, "no_answer", 0);

/**
 * Return what was answered, or nothing for a gateway's own error page.
 * @param {Response} response
 */
async function answerOf(response) {
  const text = await response.text();
  try {
    return JSON.parse(text);
  } catch (error) {
    // That all is well is for the API alone to say, and not for a page that somebody has put in its place.
    if (response.ok && response.status !== 204) throw error;
  }
}

export class Api {
  /** @type {string | null | undefined} */
  token = null;
  /** @type {string | null | undefined} the last one that was refused, which may be one of before */
  deadToken;

  /**
   * @param {string} root
   * @param {typeof globalThis.fetch} fetch
   * @param {() => void} onAnswer called when the API has answered as it should: there is a connection
   */
  constructor(root, fetch, onAnswer) {
    this.root = root;
    this.fetch = fetch;
    this.onAnswer = onAnswer;
  }

  get = (/** @type {string} */ path) => this.#call("GET", path);
  delete = (/** @type {string} */ path) => this.#call("DELETE", path);
  /** @type {(path: string, body?: object, key?: string) => Promise<any>} */
  post = (path, body, key) => this.#call("POST", path, body, key);

  /**
   * @param {string} method
   * @param {string} path
   * @param {object} [body]
   * @param {string} [key]
   */
  async #call(method, path, body, key) {
    const { fetch, token } = this; // a browser's own is no method of ours
    let response, answer;
    try {
      response = await fetch(new URL(path, this.root), {
        method,
        headers: this.#headers(body, key),
        body: body && JSON.stringify(body),
        // Left or not, what was sent arrives. (A cache mode would have browsers ask again whether they may call.)
        keepalive: method !== "GET",
        credentials: "omit",
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      answer = await answerOf(response);
    } catch {
      throw noAnswer();
    }
    if (response.ok) {
      this.onAnswer();
      return answer;
    }
    if (response.status === 401) this.deadToken = token;
    throw new ApiError(response.status, answer?.code, 1000 * Number(response.headers.get("Retry-After")) || 0);
  }

  /**
   * @param {object} [body]
   * @param {string} [key]
   */
  #headers(body, key) {
    /** @type {Record<string, string>} */
    const headers = {};
    if (this.token) headers.Authorization = `Bearer ${this.token}`;
    if (body) headers["Content-Type"] = "application/json";
    if (key) headers["Idempotency-Key"] = key;
    return headers;
  }
}
