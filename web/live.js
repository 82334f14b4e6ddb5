// Keeps a conversation fresh. The socket is a hint, the read from the cursor is the truth: one read after every
// connect, reads on a timer while there is no socket, and a ping whose answer tells whether a frame went missing.

const PING_MS = 30_000;
// Soon after connecting, for what was said while the socket was being opened.
const FIRST_PING_MS = 2_000;
const PONG_MS = 10_000;
const LONGEST_MS = 30_000;
const NO_SOCKET_MS = 300_000; // this stack has none: ask again rarely

// Half fixed, half chance, so that a crowd of pages does not come back in one wave.
export const backOff = (failures) => Math.min(1000 * 2 ** failures, LONGEST_MS) * (0.5 + Math.random() / 2);

export class Live {
  #socket = null;
  #isConnecting = false;
  #socketFailures = 0;
  #readFailures = 0;
  #retryAfterMs = 0;
  #connectTimer;
  #readTimer;
  #pingTimer;
  #pongTimer;

  // host: api, read(), frame(frame), linked(isWell), refused(error), pace() in ms or null for "do not read now"
  constructor(host) {
    this.host = host;
    this.isRunning = false;
  }

  start() {
    this.isRunning = true;
    this.wake();
  }

  // A chat that has ended hears out its socket, but seeks no new one.
  rest() {
    this.isRunning = false;
    clearTimeout(this.#connectTimer);
    clearTimeout(this.#readTimer);
  }

  stop() {
    this.rest();
    this.#drop();
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

  lose() {
    this.#drop();
    this.host.linked(false);
  }

  async #read() {
    clearTimeout(this.#readTimer);
    if (navigator.onLine === false) return;
    try {
      await this.host.read();
      this.#readFailures = 0;
      this.host.linked(true);
    } catch (error) {
      this.#readFailed(error);
    }
    this.#planRead();
  }

  #readFailed(error) {
    this.#readFailures += 1;
    if (!error.isPassing) return this.host.refused(error);
    this.#retryAfterMs = error.retryAfterMs;
    // One lost read is nothing to speak of.
    if (this.#readFailures > 1) this.host.linked(false);
  }

  #planRead() {
    clearTimeout(this.#readTimer);
    const pace = this.host.pace();
    const isCovered = this.#socket?.readyState === WebSocket.OPEN && !this.#readFailures;
    if (!this.isRunning || isCovered || pace === null) return;
    const wait = this.#readFailures ? Math.max(backOff(this.#readFailures), this.#retryAfterMs) : pace;
    this.#readTimer = setTimeout(() => this.#read(), wait);
  }

  async #connect() {
    clearTimeout(this.#connectTimer);
    if (this.#isConnecting || this.#socket || !this.isRunning || navigator.onLine === false) return;
    this.#isConnecting = true;
    try {
      const { url } = await this.host.api.post("realtime");
      if (this.isRunning) this.#listen(new WebSocket(url));
    } catch (error) {
      this.#planConnect(error);
    }
    this.#isConnecting = false;
  }

  #planConnect({ status, retryAfterMs } = {}) {
    if (!this.isRunning) return;
    this.#socketFailures += 1;
    const isMissing = status === 404 || status === 403;
    const wait = isMissing ? NO_SOCKET_MS : Math.max(backOff(this.#socketFailures), retryAfterMs ?? 0);
    clearTimeout(this.#connectTimer);
    this.#connectTimer = setTimeout(() => this.#connect(), wait);
  }

  #listen(socket) {
    this.#socket = socket;
    socket.onopen = () => {
      this.#socketFailures = 0;
      this.#read();
      this.#pingTimer = setTimeout(() => this.#ping(), FIRST_PING_MS);
    };
    socket.onmessage = ({ data }) => this.#heard(data);
    socket.onclose = () => {
      if (socket !== this.#socket) return;
      this.#drop();
      this.#planConnect();
      this.#planRead();
    };
  }

  #heard(data) {
    let frame;
    try {
      frame = JSON.parse(data);
    } catch {
      return; // not ours to understand; the next read tells
    }
    if (frame?.event === "pong") clearTimeout(this.#pongTimer);
    if (this.host.frame(frame)) this.#read();
  }

  #ping() {
    clearTimeout(this.#pingTimer);
    clearTimeout(this.#pongTimer);
    if (this.#socket?.readyState !== WebSocket.OPEN) return;
    this.#socket.send('{"action": "ping"}');
    this.#pongTimer = setTimeout(() => this.#socket?.onclose(), PONG_MS);
    this.#pingTimer = setTimeout(() => this.#ping(), PING_MS);
  }

  #drop() {
    clearTimeout(this.#pingTimer);
    clearTimeout(this.#pongTimer);
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
  }
}
