// Calls to the visitor API. Whatever goes wrong is an ApiError.

const TIMEOUT_MS = 20_000;

export class ApiError extends Error {
  // status 0: no answer came, so the request may or may not have been carried out.
  constructor(status, code, retryAfterMs) {
    super(code);
    Object.assign(this, { status, code, retryAfterMs });
  }

  // The very same request can succeed later.
  get isPassing() {
    return !this.status || this.status === 429 || this.status >= 500;
  }
}

async function answerOf(response) {
  const text = await response.text();
  try {
    return JSON.parse(text);
  } catch {
    return null; // a gateway's own error page, or 204
  }
}

export class Api {
  token = null;

  constructor(root) {
    this.root = root;
  }

  get = (path) => this.#call("GET", path);
  post = (path, body, key) => this.#call("POST", path, body, key);
  delete = (path) => this.#call("DELETE", path);

  async #call(method, path, body, key) {
    const headers = {};
    if (this.token) headers.Authorization = `Bearer ${this.token}`;
    if (body) headers["Content-Type"] = "application/json";
    if (key) headers["Idempotency-Key"] = key;
    let response, answer;
    try {
      response = await fetch(new URL(path, this.root), {
        method,
        headers,
        body: body && JSON.stringify(body),
        cache: "no-store",
        credentials: "omit",
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      answer = await answerOf(response);
    } catch {
      throw new ApiError(0, "no_answer", 0);
    }
    if (response.ok) return answer;
    throw new ApiError(response.status, answer?.code, 1000 * response.headers.get("Retry-After") || 0);
  }
}
