// The visitor API in this process, with a clock that goes when it is told to: what a client in Node talks to.

export const API = "https://api.example.test/";

export class Clock {
  #timers = new Map();
  #last = 0;
  time = Date.parse("2026-01-01T12:00:00.000Z");
  Date = { now: () => this.time };

  setTimeout = (act, ms) => {
    this.#timers.set(++this.#last, { act, at: this.time + ms });
    return this.#last;
  };

  clearTimeout = (timer) => this.#timers.delete(timer);

  // Let so much time pass, and do what is due in it, in order.
  async pass(ms) {
    const end = this.time + ms;
    for (;;) {
      await settle();
      const [timer, due] = [...this.#timers].sort(([, a], [, b]) => a.at - b.at)[0] ?? [];
      if (!due || due.at > end) break;
      this.#timers.delete(timer);
      this.time = due.at;
      due.act();
    }
    this.time = end;
  }
}

// Everything that waits for nothing but promises is done after this.
export async function settle() {
  for (let round = 0; round < 5; round += 1) await new Promise((resolve) => setImmediate(resolve));
}

// localStorage as far as a client uses it. Each tab has its own view of it, and hears of what another has changed.
export class MemoryStorage {
  #entries;
  #tabs;
  isFull = false;

  constructor({ entries = new Map(), tabs = new Set() } = {}) {
    this.#entries = entries;
    this.#tabs = tabs.add(this);
  }

  otherTab() {
    return new MemoryStorage({ entries: this.#entries, tabs: this.#tabs });
  }

  // What a window hears.
  addEventListener = (type, listener) => {
    if (type === "storage") this.listener = listener;
  };

  #changed(key) {
    const others = [...this.#tabs].filter((tab) => tab !== this);
    queueMicrotask(() => others.forEach((tab) => tab.listener?.({ key, storageArea: tab })));
  }

  get length() {
    return this.#entries.size;
  }

  key = (index) => [...this.#entries.keys()][index] ?? null;
  getItem = (key) => this.#entries.get(key) ?? null;

  removeItem(key) {
    this.#entries.delete(key);
    this.#changed(key);
  }

  setItem(key, value) {
    if (this.isFull) throw new Error("QuotaExceededError");
    this.#entries.set(key, value);
    this.#changed(key);
  }
}

export class Stack {
  requests = [];
  bodies = [];
  tokens = new Set();
  chats = new Map();
  held = []; // newest first
  sockets = new Set();
  openedSockets = 0;
  isOnline = true;
  hasSocket = true;
  pageSize = 100;
  answerPage = null;
  // Called before a request is answered: throws, or gives another answer.
  meddle = () => null;
  #onTheirWay = new Map();
  #started = new Map();
  #tokens = 0;

  constructor(clock = new Clock()) {
    this.clock = clock;
  }

  // What a tab hands to a client.
  scope(extras = {}) {
    const stack = this;
    const { Date, setTimeout, clearTimeout } = this.clock;
    class WebSocket {
      readyState = 0;

      constructor() {
        stack.openedSockets += 1;
        queueMicrotask(() => stack.#open(this));
      }

      send = () => queueMicrotask(() => stack.#pong(this));

      close() {
        this.readyState = 3;
        stack.sockets.delete(this);
      }
    }
    return { fetch: this.fetch, WebSocket, Date, setTimeout, clearTimeout, Math: { random: () => 1 }, ...extras };
  }

  get chat() {
    return [...this.chats.values()].at(-1);
  }

  get texts() {
    return this.chat.messages.map(({ message }) => message);
  }

  fetch = async (url, { method, body, headers }) => {
    const path = url.href.slice(API.length);
    const call = `${method} ${path.replace(/\?.*/, "")}`;
    this.requests.push(call);
    const onItsWay = this.#onTheirWay.get(call);
    this.#onTheirWay.delete(call);
    this.tokens.add(headers.Authorization);
    if (method === "POST") this.bodies.push(body && JSON.parse(body));
    await null;
    const content = body ? JSON.parse(body) : {};
    if (this.answerPage) return new Response(this.answerPage, { status: 200 });
    const [status, answer] = this.meddle(method, path, content) ?? this.#answer(method, path, content, headers);
    const said = answer && JSON.stringify(answer);
    await onItsWay;
    return new Response(said, { status });
  };

  // The next answer to such a call is on its way, and grows old, until the function that is returned is called.
  delayAnswer(call) {
    let arrive;
    this.#onTheirWay.set(call, new Promise((resolve) => (arrive = resolve)));
    return () => {
      arrive();
      return settle();
    };
  }

  #answer(method, path, body, headers) {
    const [, id, what] = /^chats\/([^/?]+)\/?(\w*)/.exec(path) ?? [];
    const chat = this.chats.get(id);
    if (path === "availability") return [200, { is_online: this.isOnline, estimated_waiting_time_seconds: null }];
    if (path === "rooms") return [200, { rooms: [{ room: "sales", is_online: true }] }];
    if (path.startsWith("held_messages")) return this.#hold(method, path.split("/")[1], body);
    if (path === "chats") return this.#start(body, headers);
    if (path === "realtime") return this.hasSocket ? [201, { url: "wss://socket" }] : [404, { code: "not_found" }];
    if (path === "visitor") return [204, null];
    if (path.startsWith("chats?")) return [200, { chats: this.chat ? [this.chat.view] : [], next: null }];
    if (!chat) return [404, { code: "chat_not_found" }];
    if (what === "end") return [200, this.end(chat)];
    if (method === "GET") return [200, this.#read(chat, new URL(path, API).searchParams.get("after"))];
    if (chat.view.status === "ended") return [409, { code: "chat_ended" }];
    const type = body.action ? "action" : "message";
    const said = { type, action: body.action, sender_type: "visitor", client_message_id: body.client_message_id };
    return [201, this.say(body.message ?? null, said, chat)];
  }

  #hold(method, id, body) {
    const known = this.held.find((held) => held.id === (id ?? body.client_message_id));
    if (method === "GET") return [200, { held_messages: this.held.map((held) => ({ ...held })) }];
    if (method === "DELETE" && known.status === "delivered") return [409, { code: "already_delivered" }];
    if (method === "DELETE") return [204, Object.assign(known, { status: "withdrawn", message: null }) && null];
    if (known) return [200, { held_message: { ...known }, visitor_token: "token-1" }];
    if (this.isOnline) return [409, { code: "agents_online" }];
    const held = { id: body.client_message_id, message: body.message, status: "held", chat_id: null };
    this.held.unshift(held);
    return [202, { held_message: { ...held }, visitor_token: "token-1" }];
  }

  deliver(held) {
    const { chat } = this.#newChat({ message: held.message, client_message_id: held.id });
    Object.assign(held, { status: "delivered", chat_id: chat.view.id });
    this.tell({ event: "held_message", held_message: { ...held } });
  }

  #start(body, { "Idempotency-Key": key, Authorization: known }) {
    if (!this.isOnline) return [409, { code: "no_agents_online" }];
    const isKnown = this.#started.has(key);
    if (!isKnown) this.#started.set(key, this.#newChat(body));
    const { chat, message, token } = this.#started.get(key);
    return [isKnown ? 200 : 201, { chat: chat.view, message, ...(!known && { visitor_token: token }) }];
  }

  #newChat(body) {
    const id = `chat-${this.chats.size + 1}`;
    const chat = { view: { id, status: "waiting", updated_at: this.#now(), ended_at: null }, messages: [], changes: [] };
    this.chats.set(id, chat);
    const message = this.say(body.message, { sender_type: "visitor", client_message_id: body.client_message_id }, chat);
    return { chat, message, token: `token-${++this.#tokens}` };
  }

  #read(chat, after) {
    const next = Math.min(Number(after ?? 0) + this.pageSize, chat.changes.length);
    const changes = chat.changes.slice(Number(after ?? 0), next);
    const messages = [...new Set(changes)].map((id) => chat.messages.find((message) => message.id === id));
    return { chat: chat.view, messages, next: String(next), has_more: next < chat.changes.length };
  }

  // --- What agents do

  say(text, changes = {}, chat = this.chat) {
    const { client_message_id: id } = changes;
    const known = id && chat.messages.find((message) => message.client_message_id === id);
    if (known) return known;
    const message = {
      id: `message-${chat.messages.length + 1}`,
      chat_id: chat.view.id,
      type: "message",
      sender_type: "agent",
      sender_name: "Oona",
      message: text,
      attachments: [],
      created_at: this.#now(),
      sequence: chat.messages.length + 1,
      client_message_id: null,
      is_removed: false,
      ...changes,
    };
    chat.messages.push(message);
    this.#tellChange(chat, message);
    return message;
  }

  // Stored, and told to nobody.
  sayUnheard(text) {
    const { sockets } = this;
    this.sockets = new Set();
    const message = this.say(text);
    this.sockets = sockets;
    return message;
  }

  remove(message, chat = this.chat) {
    Object.assign(message, { is_removed: true, message: null });
    this.#tellChange(chat, message);
  }

  end(chat = this.chat) {
    Object.assign(chat.view, { status: "ended", ended_at: this.#now(), updated_at: this.#now() });
    this.tell({ event: "chat", chat: { ...chat.view }, next: String(chat.changes.length) });
    return chat.view;
  }

  #tellChange(chat, message) {
    const after = String(chat.changes.length);
    chat.changes.push(message.id);
    const next = String(chat.changes.length);
    this.tell({ event: "message", chat_id: chat.view.id, message: { ...message }, after, next });
  }

  #now() {
    return new Date(this.clock.time).toISOString();
  }

  // --- The socket

  dropSockets() {
    for (const socket of [...this.sockets]) {
      socket.close();
      socket.onclose();
    }
  }

  #open(socket) {
    if (socket.readyState) return;
    socket.readyState = 1;
    this.sockets.add(socket);
    socket.onopen();
  }

  #pong(socket) {
    if (!this.sockets.has(socket)) return;
    const cursors = Object.fromEntries([...this.chats].map(([id, chat]) => [id, String(chat.changes.length)]));
    socket.onmessage({ data: JSON.stringify({ event: "pong", cursors }) });
  }

  tell(frame) {
    for (const socket of this.sockets) socket.onmessage({ data: JSON.stringify(frame) });
  }
}
