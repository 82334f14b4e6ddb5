// @ts-check
// Keeps a conversation fresh. The socket is a hint, the read from the cursor is the truth: a ping on every connect and
// from time to time, whose answer tells whether there is something to read, and reads on a timer without a socket.

/** @import { Api, ApiError } from "./api.js" */
/** @import { Frame, Scope } from "./types.d.ts" */

const PING_MS = 30_000;
const PONG_MS = 10_000;
export const LONGEST_MS = 30_000;
const NO_SOCKET_MS = 300_000; // this stack has none: ask again rarely
const OFFLINE_MS = 15_000;

/**
 * As far as the browser knows, which may be wrong: things are tried all the same, more slowly.
 * @param {Scope} scope
 */
export const isOffline = ({ navigator }) => navigator?.onLine === false;

/**
 * Half fixed, half chance, so that a crowd of pages does not come back in one wave.
 * @param {number} failures
 * @param {Scope} scope
 */
export const backOff = (failures, scope) =>
  (isOffline(scope) ? OFFLINE_MS : Math.min(1000 * 2 ** failures, LONGEST_MS)) * (0.5 + scope.Math.random() / 2);

/**
 * @typedef {object} Host
 * @property {() => Promise<void>} read
 * @property {(frame: Frame) => boolean} takeFrame Return whether a read is due.
 * @property {(isConnected: boolean) => void} setConnected
 * @property {(error: ApiError) => void} refused
 * @property {() => number | null} pace Return the milliseconds between reads without a socket, or null for none.
 */

export class Live {
  isRunning = false;
  #isClosed = false;
  /** @type {WebSocket | null} */
  #socket = null;
  #isConnecting = false;
  #socketFailures = 0;
  #readFailures = 0;
  #retryAfterMs = 0;
  /** @type {unknown} */
  #connectTimer;
  /** @type {unknown} */
  #readTimer;
  /** @type {unknown} */
  #pingTimer;
  /** @type {unknown} */
  #pongTimer;

  /**
   * @param {Api} api
   * @param {Scope["WebSocket"]} WebSocket
   * @param {Scope} scope
   * @param {Host} host
   */
  constructor(api, WebSocket, scope, host) {
    this.api = api;
    this.WebSocket = WebSocket;
    this.scope = scope;
    this.host = host;
  }

  // A chat that is under way: what was said is read while the socket opens.
  start() {
    if (this.isRunning && (this.#socket || this.#isConnecting)) return;
    this.isRunning = !this.#isClosed;
    this.wake();
  }

  // A chat that has just begun: there is nothing to read before the socket is open, if it opens soon.
  startFresh() {
    this.isRunning = !this.#isClosed;
    this.#connect();
    this.#planRead();
  }

  // A chat that is known to have ended, or of which a frame tells something.
  readOnce() {
    this.isRunning = !this.#isClosed;
    this.#read();
  }

  // A chat that has ended hears out its socket, but seeks no new one.
  stopReconnecting() {
    this.isRunning = false;
    this.scope.clearTimeout(this.#connectTimer);
    this.scope.clearTimeout(this.#readTimer);
  }

  stop() {
    this.stopReconnecting();
    this.#drop();
  }

  // For good: what is on its way still arrives, and starts nothing.
  close() {
    this.#isClosed = true;
    this.stop();
  }

  // The page is visible again, or the network is back: whatever was planned for later is due now.
  wake() {
    if (!this.isRunning) return;
    this.#readFailures = 0;
    this.#read();
    if (this.#socket) return this.#ping();
    this.#socketFailures = 0;
    this.#connect();
  }

  // The browser says so, and may be wrong: what is there is tried, and an answer tells better.
  connectionLost() {
    this.host.setConnected(false);
    this.#ping();
    if (this.isRunning) this.#read();
  }

  get #isOpen() {
    return this.#socket?.readyState === 1;
  }

  async #read() {
    this.scope.clearTimeout(this.#readTimer);
    try {
      await this.host.read();
      this.#readFailures = 0;
    } catch (error) {
      this.#readFailed(/** @type {ApiError} */ (error));
    }
    this.#planRead();
  }

  /** @param {ApiError} error */
  #readFailed(error) {
    this.#readFailures += 1;
    if (!error.isTransient) return this.host.refused(error);
    this.#retryAfterMs = error.retryAfterMs;
    // One lost read is nothing to speak of.
    if (this.#readFailures > 1) this.host.setConnected(false);
  }

  #planRead() {
    this.scope.clearTimeout(this.#readTimer);
    const pace = this.host.pace();
    const isCovered = this.#isOpen && !this.#readFailures;
    if (!this.isRunning || isCovered || pace === null) return;
    const wait = this.#readFailures ? Math.max(backOff(this.#readFailures, this.scope), this.#retryAfterMs) : pace;
    this.#readTimer = this.scope.setTimeout(() => this.#read(), wait);
  }

  async #connect() {
    const { WebSocket } = this;
    this.scope.clearTimeout(this.#connectTimer);
    if (!WebSocket || this.#isConnecting || this.#socket || !this.isRunning) return;
    this.#isConnecting = true;
    const { token } = this.api;
    try {
      const { url } = await this.api.post("realtime");
      if (this.isRunning && token === this.api.token) this.#listen(new WebSocket(url));
    } catch (error) {
      this.#planConnect(/** @type {ApiError} */ (error));
    }
    this.#isConnecting = false;
    if (token !== this.api.token) this.#connect(); // the ticket was another visitor's
  }

  /** @param {Partial<ApiError>} [error] */
  #planConnect({ status, retryAfterMs } = {}) {
    if (!this.isRunning) return;
    this.#socketFailures += 1;
    const isMissing = status === 404 || status === 403;
    const wait = isMissing ? NO_SOCKET_MS : Math.max(backOff(this.#socketFailures, this.scope), retryAfterMs ?? 0);
    this.scope.clearTimeout(this.#connectTimer);
    this.#connectTimer = this.scope.setTimeout(() => this.#connect(), wait);
  }

  /** @param {WebSocket} socket */
  #listen(socket) {
    this.#socket = socket;
    socket.onopen = () => {
      this.#socketFailures = 0;
      this.#planRead();
      this.#ping();
    };
    socket.onmessage = ({ data }) => socket === this.#socket && this.#heard(data);
    socket.onclose = () => this.#closed(socket);
  }

  /** @param {WebSocket} socket */
  #closed(socket) {
    if (socket !== this.#socket) return;
    this.#drop();
    this.#planConnect();
    this.#planRead();
  }

  /** @param {string} data */
  #heard(data) {
    let frame;
    try {
      frame = JSON.parse(data);
    } catch {
      return; // not ours to understand; the next read tells
    }
    if (frame?.event === "pong") this.scope.clearTimeout(this.#pongTimer);
    if (frame && this.host.takeFrame(frame)) this.readOnce();
  }

  #ping() {
    this.scope.clearTimeout(this.#pingTimer);
    this.scope.clearTimeout(this.#pongTimer);
    const socket = this.#socket;
    if (!socket || !this.#isOpen) return;
    socket.send('{"action": "ping"}');
    this.#pongTimer = this.scope.setTimeout(() => this.#closed(socket), PONG_MS);
    this.#pingTimer = this.scope.setTimeout(() => this.#ping(), PING_MS);
  }

  #drop() {
    this.scope.clearTimeout(this.#pingTimer);
    this.scope.clearTimeout(this.#pongTimer);
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
  }
}
