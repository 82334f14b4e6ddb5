// @ts-check
// One visitor's conversation: joins what is remembered, what was said, what is on its way and the connection. Its
// members and events are described in client.d.ts; the page builds on it, and it is published by itself.

import { Api } from "./api.js";
import { Live } from "./live.js";
import { shown } from "./messages.js";
import { Outbox } from "./outbox.js";
import { Session, storageOf } from "./session.js";
import { Transcript } from "./transcript.js";

/** @import { ApiError } from "./api.js" */
/** @import { Availability, Events, HeldMessage, Lost, Press, Room, ShownMessage } from "./client.d.ts" */
/** @import { Chat, Frame, Message, Options, OutboxItem, Scope, Visitor } from "./types.d.ts" */

const ACTIVE_MS = 60_000;

export class VisitorChat extends EventTarget {
  /** @type {Chat | null} */
  chat = null;
  /** @type {Array<{ chat: Chat, messages: ShownMessage[] }>} */
  earlier = [];
  /** @type {HeldMessage[]} newest first */
  heldMessages = [];
  isConnected = true;
  isOpen = true;
  /** @type {string | undefined} where the next chat is started */
  room;
  #transcript = new Transcript();
  /** @type {Promise<void> | null} */
  #reading = null;
  #readAgain = false;
  /** @type {string | undefined} the newest cursor, as a frame named it during a read */
  #newest;
  #heardAt = 0;
  #stop = new AbortController();
  #options;
  #scope;
  #session;
  #api;
  #outbox;
  #live;

  /** @param {Options} options */
  constructor(options) {
    super();
    /** @type {{ scope?: Scope }} */
    const { scope = globalThis } = options;
    const { api, storage = storageOf(scope), token, room, fetch, WebSocket } = options;
    const root = api.replace(/\/*$/, "/");
    this.room = room;
    this.#options = options;
    this.#scope = scope;
    this.#session = new Session(root, storage, scope);
    this.#api = new Api(root, fetch ?? scope.fetch, () => this.#setConnected(true));
    this.#outbox = new Outbox(this.#session, scope, {
      deliver: (item) => this.#deliver(item),
      undelivered: (item, error) => this.#undelivered(item, error),
      changed: () => this.changed(),
    });
    this.#live = new Live(this.#api, WebSocket ?? scope.WebSocket, scope, {
      read: () => this.#read(),
      takeFrame: (frame) => this.#takeFrame(frame),
      setConnected: (isConnected) => this.#setConnected(isConnected),
      refused: (error) => this.#refused(error),
      pace: () => this.#pace(),
    });
    if (token) this.#session.adopt(token);
    this.#recall();
    this.#session.watch(() => this.refresh());
    this.#listenTo(scope);
  }

  /** @param {Scope} scope */
  #listenTo({ document, addEventListener }) {
    const { signal } = this.#stop;
    const on = addEventListener?.bind(this.#scope);
    on?.("online", () => this.wake(), { signal });
    on?.("offline", () => this.#live.connectionLost(), { signal });
    // A page that comes back from the back/forward cache has heard of nothing in between.
    on?.("pageshow", ({ persisted }) => persisted && this.wake(), { signal });
    document?.addEventListener("visibilitychange", () => document.hidden || this.wake(), { signal });
  }

  // --- What there is to show

  get messages() {
    return shown(this.#transcript.list, this.#outbox.items);
  }

  get visitor() {
    return this.#session.visitor;
  }

  // For what a page keeps beside it.
  get session() {
    return this.#session;
  }

  get isEnded() {
    const { chatId, endedId } = this.visitor ?? {};
    return this.chat?.status === "ended" || (!!chatId && chatId === endedId);
  }

  get isUnderWay() {
    return !!this.visitor?.chatId && !this.isEnded;
  }

  get unread() {
    return this.#transcript.unreadAfter(this.#session.read("seen"));
  }

  markSeen() {
    const last = this.#transcript.list.at(-1);
    if (!last || !this.unread) return;
    this.#session.write("seen", { created_at: last.created_at, sequence: last.sequence });
    this.changed();
  }

  changed() {
    this.dispatchEvent(new Event("change"));
  }

  /**
   * @template {keyof Events} K
   * @param {K} type
   * @param {Events[K] extends CustomEvent<infer D> ? D : never} detail
   */
  #emit(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }

  // --- What this browser remembers

  #recall() {
    this.#session.recall();
    this.#api.token = this.visitor?.token;
    if (!this.visitor) this.heldMessages = [];
  }

  /** @param {Visitor} changes */
  #remember(changes) {
    // Another tab may just have forgotten the visitor.
    if (this.visitor && !this.#session.read("session")) return this.refresh();
    this.#session.remember(changes);
    this.#recall();
  }

  // Other tabs, and other pages of the site, change what is remembered. Returns whether that is another chat.
  refresh() {
    const { chatId, token, held } = this.visitor ?? {};
    this.#recall();
    this.#outbox.recall();
    if (`${held}` !== `${this.visitor?.held}`) {
      if (this.#isHolding) this.#live.startFresh();
      this.#live.readOnce();
    }
    const isOther = chatId !== this.visitor?.chatId;
    if (token && !this.visitor) this.#forgotten();
    else if (isOther) this.#follow();
    this.changed();
    return isOther;
  }

  // Another tab has begun a chat, or put one away.
  #follow() {
    this.#shelve();
    if (this.isOpen || this.visitor?.chatId) this.resume();
  }

  // --- Beginning, coming back, leaving

  /** @returns {Promise<Room[]>} */
  async rooms() {
    return (await this.#api.get("rooms")).rooms;
  }

  /** @returns {Promise<Availability>} */
  availability(room = this.room) {
    return this.#api.get(room ? `availability?room=${encodeURIComponent(room)}` : "availability");
  }

  resume() {
    if (this.isUnderWay || this.#isHolding) this.#live.start();
    else if (this.visitor?.chatId && !this.chat) this.#live.readOnce();
    else if (this.#options.token && !this.visitor?.chatId) this.#findChat();
    this.#outbox.deliver();
  }

  // Known people have the same chat on every device.
  async #findChat() {
    const { token } = this.#api;
    try {
      const [newest] = (await this.#api.get("chats?limit=1")).chats;
      if (!newest || newest.status === "ended" || this.visitor?.chatId || token !== this.#api.token) return;
      this.#remember({ chatId: newest.id });
      if (this.visitor) this.#live.start();
    } catch (error) {
      this.#refused(/** @type {ApiError} */ (error));
    }
  }

  // Visible again, or back on the network.
  wake() {
    this.#session.flush();
    if (this.refresh()) return;
    this.#live.wake();
    this.#outbox.deliver();
  }

  close() {
    this.#stop.abort();
    this.#live.close();
    this.#outbox.close();
    this.#session.close();
  }

  startNew() {
    this.#remember({ chatId: null });
    this.#shelve();
    if (this.#isHolding) this.#live.start();
    this.changed();
  }

  #shelve() {
    const { chat } = this;
    if (chat) this.earlier.push({ chat, messages: shown(this.#transcript.list, []) });
    this.#reset();
  }

  #reset() {
    this.#live.stop();
    this.chat = null;
    this.#transcript = new Transcript();
    this.#newest = undefined;
  }

  async end() {
    if (!this.isUnderWay) return;
    await this.#insist(async () => this.#setChat(await this.#api.post(`chats/${this.visitor?.chatId}/end`)));
    this.changed();
  }

  // Ends the chat first, so that no agent goes on writing to somebody who has left.
  async forget() {
    if (this.isUnderWay) await this.#api.post(`chats/${this.visitor?.chatId}/end`).catch(() => {});
    if (this.visitor?.token) await this.#insist(() => this.#api.delete("visitor"));
    this.signOut();
  }

  signOut() {
    this.#session.clear();
    this.#recall();
    this.#outbox.recall();
    this.#forgotten();
    this.changed();
  }

  #forgotten() {
    this.#reset();
    this.earlier = [];
    this.#emit("lost", { code: "forgotten" });
  }

  /**
   * Do what the visitor has asked for. A dead token has been erased already.
   * @param {() => Promise<void>} act
   */
  async #insist(act) {
    try {
      await act();
    } catch (error) {
      const problem = /** @type {ApiError} */ (error);
      if (!problem.isTransient) this.#refused(problem);
      if (problem.status !== 401) throw error;
    }
  }

  // --- Sending

  /**
   * @param {string} text
   * @param {{ name?: string, variables?: Record<string, string> }} [details]
   */
  send(text, details) {
    return this.#add({ text, ...details });
  }

  // --- What is left while nobody is there

  /**
   * @param {string} text
   * @param {{ name?: string, variables?: Record<string, string> }} [details]
   */
  hold(text, details) {
    return this.#add({ text, ...details, isHeld: true });
  }

  /** @returns {Promise<HeldMessage[]>} */
  async held() {
    const { heldMessages } = this;
    const token = this.visitor?.token;
    if (!token) return [];
    const { held_messages: list } = await this.#api.get("held_messages");
    // It may be older than a frame, or another visitor's.
    if (heldMessages !== this.heldMessages || token !== this.visitor?.token) return this.held();
    this.#setHeld(list);
    return list;
  }

  /** @param {string} id */
  async withdraw(id) {
    try {
      await this.#api.delete(`held_messages/${id}`);
    } catch (error) {
      if (/** @type {ApiError} */ (error).code !== "already_delivered") throw error;
    }
    await this.held();
  }

  get #isHolding() {
    return !!this.visitor?.held?.length;
  }

  /**
   * The chat that one of those that were waited for has become is gone on in, as soon as no other is under way.
   * @param {HeldMessage[]} list
   */
  #setHeld(list) {
    const awaited = this.visitor?.held ?? [];
    this.heldMessages = list;
    const begun = list.filter(({ id, status }) => status === "delivered" && awaited.includes(id));
    const next = !this.isUnderWay && begun.pop();
    const held = [...list.filter(({ status }) => status === "held"), ...begun].map(({ id }) => id);
    if (`${held}` !== `${awaited}`) this.#remember({ held, ...(next && { chatId: next.chat_id }) });
    if (next) this.#shelve();
    if ((this.isUnderWay || this.#isHolding) && !this.#live.isRunning) this.#live.start();
    this.changed();
  }

  /** @param {HeldMessage} held */
  #takeHeld(held) {
    const list = this.heldMessages.map((each) => (each.id === held.id ? held : each));
    this.#setHeld(list.includes(held) ? list : [held, ...list]);
  }

  // ---

  /** @param {Press} press */
  press({ message_id: messageId, attachment_id: attachmentId, action_id: actionId }) {
    const message = this.messages.find(({ id }) => id === messageId);
    const attachment = message?.attachments.find(({ id }) => id === attachmentId);
    const text = attachment?.actions.find(({ id }) => id === actionId)?.text ?? "";
    return this.#add({ text, press: { message_id: messageId, attachment_id: attachmentId, action_id: actionId } });
  }

  /** @param {Pick<OutboxItem, "text" | "press" | "name" | "variables" | "isHeld">} content */
  #add(content) {
    if (this.isEnded) this.startNew();
    this.#heardAt = this.#scope.Date.now();
    return this.#outbox.add({ ...content, room: this.room, chatId: this.visitor?.chatId });
  }

  /** @param {string} key */
  retry(key) {
    if (this.isEnded) this.startNew();
    this.#outbox.retry(key);
  }

  /** @param {string} key */
  discard(key) {
    this.#outbox.drop(this.#outbox.items.filter(({ id, error }) => id === key && error).map(({ id }) => id));
  }

  /** @param {OutboxItem} item */
  async #deliver(item) {
    if (!item.chatId && !this.visitor?.chatId) this.refresh();
    const chatId = item.chatId ?? this.visitor?.chatId;
    const body = { ...(item.press ? { action: item.press } : { message: item.text }), client_message_id: item.id };
    if (!chatId) return this.#begin(item, body);
    const message = await this.#api.post(`chats/${chatId}/messages`, body);
    if (chatId === this.visitor?.chatId) this.#take([message]);
  }

  /**
   * The first message's id is the Idempotency-Key too: however often it is tried, it makes one chat.
   * @param {OutboxItem} item
   * @param {object} content
   */
  async #begin({ id, name, variables, room, isHeld }, content) {
    const about = { ...(name && { visitor_name: name }), ...(variables && { variables }), ...(room && { room }) };
    const answer = await this.#enter(isHeld ? "held_messages" : "chats", { ...content, ...about }, id);
    const { chat, message, held_message: held, visitor_token: token } = answer;
    this.#outbox.recall();
    this.#recall();
    if (!this.visitor && !this.#outbox.items.some((item) => item.id === id)) return this.#eraseUnwanted(token);
    this.#remember({ name, ...(chat && { chatId: chat.id }), ...(token && { token }) });
    if (held) return this.#holds(held);
    this.#transcript.isLoaded = true;
    this.#setChat(chat);
    // What was written while the chat was being made belongs to it, and to no later one.
    this.#outbox.change(this.#outbox.items.filter((item) => !item.chatId), { chatId: chat.id });
    if (message) this.#take([message]);
    this.#live.startFresh();
  }

  /** @param {HeldMessage} held */
  #holds(held) {
    this.#remember({ held: [held.id, ...(this.visitor?.held ?? [])] });
    this.#takeHeld(held);
  }

  /**
   * The visitor asked to be forgotten while the chat was being made. One who had a token has been erased with it.
   * @param {string} [token]
   */
  async #eraseUnwanted(token) {
    if (!token) return;
    this.#api.token = token;
    const erased = this.#api.delete("visitor");
    this.#recall();
    await erased;
  }

  /**
   * A stack may ask new visitors for a challenge. One that is not passed leaves the text unsent, to be tried again.
   * @param {string} path
   * @param {object} body
   * @param {string} key
   */
  async #enter(path, body, key) {
    try {
      return await this.#api.post(path, body, key);
    } catch (error) {
      if (/** @type {ApiError} */ (error).code !== "challenge_failed") throw error;
      const token = await this.#challengeToken();
      if (!token) throw error;
      return this.#api.post(path, { ...body, challenge_token: token }, key);
    }
  }

  async #challengeToken() {
    try {
      return await this.#options.solveChallenge?.();
    } catch (problem) {
      console.warn("visitor-chat: no challenge was passed", problem);
    }
  }

  /**
   * Return whether it has been dealt with.
   * @param {OutboxItem} item
   * @param {ApiError} error
   */
  #undelivered(item, { status, code }) {
    if (status === 401) this.#sessionLost();
    else if (code === "chat_ended" || code === "chat_not_found") this.#chatClosed(item, code);
    else if (code === "no_agents_online") this.#giveUp(code, this.#outbox.items);
    else if (code === "agents_online") this.#startInstead(item);
    else if (item.isHeld && (code === "too_many_held" || code === "messages_not_held")) this.#giveUp(code, [item]);
    else return false;
    return true;
  }

  /**
   * Somebody has come meanwhile.
   * @param {OutboxItem} item
   */
  #startInstead(item) {
    this.#outbox.change([item], { isHeld: false });
    this.#outbox.deliver();
  }

  /**
   * These need another chat, or other times.
   * @param {string} code
   * @param {OutboxItem[]} items
   */
  #giveUp(code, items) {
    if (!items.length) return;
    this.#outbox.change(items, { error: code, chatId: null });
    const keys = items.map(({ id }) => id);
    this.#emit("unsent", { code, messages: this.messages.filter(({ key }) => keys.includes(key)) });
  }

  /**
   * It may be another chat than the one that is shown.
   * @param {OutboxItem} item
   * @param {string} code
   */
  #chatClosed(item, code) {
    const chatId = item.chatId ?? this.visitor?.chatId;
    const isPresent = chatId === this.visitor?.chatId;
    if (isPresent && code === "chat_not_found") return this.#chatRemoved();
    if (isPresent && this.chat) this.#setChat({ ...this.chat, status: "ended" });
    this.#giveUp(code, this.#outbox.items.filter((other) => (other.chatId ?? chatId) === chatId));
  }

  // The token is dead. What was said stays readable in this page.
  #sessionLost() {
    this.refresh();
    // One of before: what waits goes with today's.
    if (this.#api.deadToken !== this.visitor?.token) return this.#outbox.deliver();
    this.#session.forget("session", "seen");
    this.#shelve();
    this.#recall();
    this.#lost("invalid_visitor_token");
  }

  // The chat was removed, and with it what was said.
  #chatRemoved() {
    this.#remember({ chatId: null });
    this.#reset();
    if (this.visitor) this.#lost("chat_not_found");
  }

  /** @param {Lost["code"]} code */
  #lost(code) {
    this.#emit("lost", { code });
    this.#giveUp(code, this.#outbox.items);
  }

  // --- Reading

  #read() {
    this.#readAgain = !!this.#reading;
    this.#reading ??= this.#readToEnd().finally(() => (this.#reading = null));
    return this.#reading;
  }

  // A chat that has ended is sought until its last page, as it was at the end, is here.
  async #readToEnd() {
    let page;
    do {
      this.#readAgain = false;
      this.#newest = undefined;
      page = await this.#readPage();
    } while (page?.has_more || this.#readAgain || (this.#newest && this.#newest !== this.#transcript.cursor));
    if (this.isEnded && page?.chat.status === "ended") this.#live.stopReconnecting();
  }

  /**
   * Return whether the newest cursor, as a frame names it, is not the one that has been read to. A pong does not name
   * those of chats that ended long ago.
   * @param {string | undefined} newest
   */
  #isBehind(newest) {
    if (this.#reading) {
      this.#newest = newest; // asked again when the read is through
      return false;
    }
    const isBehind = newest !== this.#transcript.cursor;
    if (this.isEnded && !isBehind) this.#live.stopReconnecting();
    return isBehind && (!!newest || !this.isEnded);
  }

  async #readPage() {
    if (this.#isHolding || !this.visitor?.chatId) await this.held();
    const chatId = this.visitor?.chatId;
    if (!chatId) return;
    const transcript = this.#transcript;
    const after = transcript.cursor ? `&after=${encodeURIComponent(transcript.cursor)}` : "";
    const isOld = () => transcript !== this.#transcript; // it is of a chat that has been put away since
    const page = await this.#api.get(`chats/${chatId}/messages?limit=100${after}`).catch((error) => {
      if (!isOld()) throw error;
    });
    if (isOld()) return;
    this.#tookIn(page.messages, transcript.takePage(page));
    this.#setChat(page.chat);
    this.changed();
    return page;
  }

  /** @param {Message[]} messages */
  #take(messages) {
    this.#tookIn(messages, this.#transcript.take(messages));
  }

  /**
   * @param {Message[]} messages
   * @param {Message[]} news
   */
  #tookIn(messages, news) {
    const arrived = messages.map((message) => message.client_message_id ?? "");
    const echoed = this.#outbox.items.filter(({ id }) => arrived.includes(id));
    if (echoed.length) this.#outbox.drop(echoed.map(({ id }) => id));
    if (news.length) this.#heardAt = this.#scope.Date.now();
    for (const message of shown(news, [])) this.#emit("message", message);
  }

  /**
   * Ended is final.
   * @param {Chat} chat
   */
  #setChat(chat) {
    if (chat.id !== this.visitor?.chatId) return;
    const known = this.chat?.id === chat.id ? this.chat : null;
    const isOver = chat.status === "ended";
    if (known && ((known.status === "ended" && !isOver) || chat.updated_at < known.updated_at)) return;
    this.chat = chat;
    if (!isOver) return;
    if (this.visitor?.endedId !== chat.id) this.#remember({ endedId: chat.id });
    if (known && known.status !== "ended" && this.chat) this.#emit("ended", chat);
  }

  // --- What the connection asks for

  /**
   * Return whether a read is due.
   * @param {Frame} frame
   */
  #takeFrame({ event, cursors, chat, message, held_message: held, ...where }) {
    if (held) this.#takeHeld(held);
    const chatId = this.visitor?.chatId;
    if (!chatId) return event === "pong" && this.#isHolding && !!Object.keys(cursors ?? {}).length;
    if (event === "pong") return this.#isBehind(cursors?.[chatId]);
    let isDue = false;
    if (event === "chat" && chat?.id === chatId) {
      this.#setChat(chat);
      isDue = this.isEnded && this.#isBehind(where.next);
    }
    if (where.chat_id === chatId) {
      if (event === "chat_removed") this.#chatRemoved();
      if (event === "message" && message) isDue = this.#takeMessage({ event, message, ...where });
      isDue ||= event === "changed";
    }
    this.changed();
    return isDue;
  }

  /** @param {Frame & { message: Message }} frame */
  #takeMessage(frame) {
    const { isUsable, isReadDue } = this.#transcript.follow(frame);
    if (isUsable) this.#take([frame.message]);
    return isReadDue;
  }

  /** @param {boolean} isConnected */
  #setConnected(isConnected) {
    if (this.isConnected === isConnected) return;
    this.isConnected = isConnected;
    this.#emit("connection", isConnected);
    if (isConnected) this.#outbox.deliver();
    this.changed();
  }

  /** @param {ApiError} error */
  #refused({ status, code }) {
    if (status === 401) this.#sessionLost();
    else if (code === "chat_not_found") this.#chatRemoved();
    else if (code === "invalid_request") this.#transcript.cursor = null; // a cursor of another age: read from the start
    this.changed();
  }

  // Milliseconds between reads without a socket; none while nobody can see the page.
  #pace() {
    if (this.#scope.document?.hidden) return null;
    if (!this.isOpen || !this.visitor?.chatId) return 15_000;
    return this.#scope.Date.now() - this.#heardAt < ACTIVE_MS ? 2_000 : 6_000;
  }
}
