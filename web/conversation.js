// One visitor's conversation: what is known of it and every rule about it. Dispatches "change" when there is
// something to show, "news" with messages that have just become known, "ended", and "draft" when the draft is another.

import { Api } from "./api.js";
import { Live } from "./live.js";
import { Outbox } from "./outbox.js";

const AWAY_MS = 30_000;
const ACTIVE_MS = 60_000;

export const isNotice = ({ type }) => type === "join" || type === "leave";
const place = (message) => message.created_at + message.id;
const byPlace = (a, b) => (place(a) < place(b) ? -1 : 1);

export class Conversation extends EventTarget {
  chat = null;
  earlier = []; // finished chats of this page load: { chat, messages }
  presence = "unknown"; // online, away, unclear
  waitSeconds = null;
  notice = null; // the name of a text
  isWell = true;
  isOpen = false; // whether the visitor has it before them
  #messages = new Map();
  #cursor = null;
  #isLoaded = false; // history is not news
  #reading = null;
  #readAgain = false;
  #awayTimer;
  #heardAt = 0;

  // pass(): what the site does to show that there is a visitor; gives a token
  constructor(root, memory, pass) {
    super();
    this.memory = memory;
    this.pass = pass;
    this.api = new Api(root);
    this.live = new Live(this);
    this.outbox = new Outbox(memory, this);
    this.#recall();
    memory.watch((name) => this.#changedElsewhere(name));
  }

  get list() {
    return [...this.#messages.values()].filter((message) => !message.is_removed).sort(byPlace);
  }

  get isEnded() {
    return this.chat?.status === "ended";
  }

  get isUnderWay() {
    return !!this.session?.chatId && !this.isEnded;
  }

  get unread() {
    const seen = this.session?.seen ?? "";
    return this.list.filter((m) => m.sender_type !== "visitor" && !isNotice(m) && place(m) > seen).length;
  }

  markSeen() {
    if (!this.unread) return;
    this.#remember({ seen: place(this.list.at(-1)) });
    this.changed();
  }

  changed() {
    this.dispatchEvent(new Event("change"));
  }

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }

  // --- What this browser remembers

  #recall() {
    this.session = this.memory.get("session"); // { token, name, chatId, isEnded, seen }
    this.api.token = this.session?.token ?? null;
  }

  #remember(changes) {
    this.memory.set("session", { ...this.memory.get("session"), ...changes });
    this.#recall();
  }

  #changedElsewhere(name) {
    if (name === "draft") return this.#tell("draft");
    const { chatId, token } = this.session ?? {};
    this.#recall();
    this.outbox.recall();
    if (token && !this.session) this.#clear();
    else if (chatId !== this.session?.chatId) this.#follow();
    this.changed();
  }

  // Another tab has begun a chat, or put one away.
  #follow() {
    this.#shelve();
    if (this.isOpen || this.session?.chatId) this.resume();
  }

  // --- Beginning, coming back, leaving

  resume() {
    if (this.isUnderWay) this.live.start();
    else if (!this.chat) this.checkPresence();
    this.outbox.deliver();
  }

  // Visible again, or back on the network.
  wake() {
    if (!this.session?.chatId && this.isOpen) this.checkPresence();
    this.live.wake();
    this.outbox.deliver();
  }

  close() {
    this.live.stop();
    this.outbox.stop();
    this.memory.close();
    clearTimeout(this.#awayTimer);
  }

  async checkPresence() {
    try {
      const answer = await this.api.get("availability");
      this.#setPresence(answer.is_online ? "online" : "away");
      this.waitSeconds = answer.estimated_waiting_time_seconds;
    } catch {
      this.#setPresence("unclear"); // the visitor may write all the same: starting a chat tells for sure
    }
    this.changed();
  }

  #setPresence(presence) {
    this.presence = presence;
    if (presence === "online" && this.notice === "stillAway") this.notice = null;
    clearTimeout(this.#awayTimer);
    if (presence !== "online") this.#awayTimer = setTimeout(() => this.#lookAgain(), AWAY_MS);
  }

  #lookAgain() {
    if (this.isOpen && !document.hidden && !this.session?.chatId) this.checkPresence();
  }

  startNew() {
    this.#remember({ chatId: null, isEnded: false });
    this.#shelve();
    this.checkPresence();
    this.changed();
  }

  #shelve() {
    if (this.chat) this.earlier.push({ chat: this.chat, messages: this.list });
    this.#reset();
  }

  #reset() {
    this.live.stop();
    this.chat = null;
    this.#messages = new Map();
    this.#cursor = null;
    this.#isLoaded = false;
    this.notice = null;
    this.isWell = true;
  }

  #clear() {
    this.#reset();
    this.earlier = [];
    this.#recall();
    if (this.isOpen) this.checkPresence();
  }

  async end() {
    this.#setChat(await this.api.post(`chats/${this.session.chatId}/end`));
    this.changed();
  }

  // Ends the chat first, so that no agent goes on writing to somebody who has left.
  async forget() {
    if (this.isUnderWay) await this.api.post(`chats/${this.session.chatId}/end`).catch(() => {});
    try {
      if (this.session) await this.api.delete("visitor");
    } catch (error) {
      if (error.status !== 401) throw error;
    }
    this.memory.forget("outbox", "draft", "name", "session");
    this.outbox.recall();
    this.#clear();
    this.notice = "forgotten";
    this.#tell("draft");
    this.changed();
  }

  // --- Sending

  send(text, name) {
    this.notice = null;
    this.#heardAt = Date.now();
    this.outbox.add(text, { name, chatId: this.session?.chatId });
  }

  async deliver(item) {
    const chatId = item.chatId ?? this.session?.chatId;
    const content = { message: item.text, client_message_id: item.id };
    if (!chatId) return this.#begin(item, content);
    const message = await this.api.post(`chats/${chatId}/messages`, content);
    if (chatId === this.session?.chatId) this.#take([message]);
  }

  // The first message's id is the Idempotency-Key too: however often it is tried, it makes one chat.
  async #begin(item, content) {
    const body = item.name ? { ...content, visitor_name: item.name } : content;
    const { chat, message, visitor_token: token } = await this.#startChat(body, item.id);
    if (!this.outbox.items.some(({ id }) => id === item.id)) return; // the visitor asked to be forgotten meanwhile
    this.#remember({ chatId: chat.id, isEnded: false, name: item.name, ...(token && { token }) });
    this.#isLoaded = true;
    this.#setChat(chat);
    // What was written while the chat was being made belongs to it, and to no later one.
    this.outbox.change((items) => items.map((other) => ({ ...other, chatId: other.chatId ?? chat.id })));
    if (message) this.#take([message]);
    this.live.start();
  }

  // A stack may ask new visitors for a challenge. One that is not passed leaves the text unsent, to be tried again.
  async #startChat(body, key) {
    try {
      return await this.api.post("chats", body, key);
    } catch (error) {
      if (error.code !== "challenge_failed") throw error;
      return this.api.post("chats", { ...body, challenge_token: await this.#pass(error) }, key);
    }
  }

  async #pass(error) {
    try {
      return await this.pass();
    } catch (problem) {
      console.warn("visitor-chat: no challenge was passed", problem);
      throw error;
    }
  }

  undelivered(item, { status, code }) {
    if (status === 401) return this.#sessionLost();
    if (code === "chat_not_found") return this.#gone();
    if (code === "chat_ended") return this.#endedMeanwhile(item);
    if (code === "no_agents_online") return this.#nobodyThere();
    return false;
  }

  // Unsent texts go back to where they were written.
  #giveBack(items) {
    const texts = [...items.map((item) => item.text), this.memory.get("draft")];
    this.memory.set("draft", texts.filter(Boolean).join("\n"));
    this.outbox.drop(items);
    this.#tell("draft");
    return true;
  }

  #nobodyThere() {
    this.#setPresence("away");
    this.notice = "stillAway";
    return this.#giveBack(this.outbox.items);
  }

  #endedMeanwhile(item) {
    const chatId = item.chatId ?? this.session?.chatId;
    if (chatId === this.session?.chatId) this.#setChat({ ...this.chat, id: chatId, status: "ended" });
    return this.#giveBack(this.outbox.items.filter((other) => (other.chatId ?? chatId) === chatId));
  }

  // The token is dead. What was said stays readable in this page; what was not sent is in the composer.
  #sessionLost() {
    this.memory.forget("session");
    this.#shelve();
    this.#recall();
    return this.#startOver("sessionLost");
  }

  // The chat was removed, and with it what was said.
  #gone() {
    this.#remember({ chatId: null });
    this.#reset();
    return this.#startOver("chatRemoved");
  }

  #startOver(notice) {
    this.notice = notice;
    this.checkPresence();
    return this.#giveBack(this.outbox.items);
  }

  // --- Reading

  read() {
    this.#readAgain = !!this.#reading;
    this.#reading ??= this.#readToEnd().finally(() => (this.#reading = null));
    return this.#reading;
  }

  async #readToEnd() {
    let hasMore;
    do {
      this.#readAgain = false;
      hasMore = await this.#readPage();
    } while (hasMore || this.#readAgain);
  }

  async #readPage() {
    const chatId = this.session?.chatId;
    if (!chatId) return false;
    const after = this.#cursor === null ? "" : `&after=${encodeURIComponent(this.#cursor)}`;
    const page = await this.api.get(`chats/${chatId}/messages?limit=100${after}`);
    if (chatId !== this.session?.chatId) return false;
    this.#cursor = page.next;
    this.#take(page.messages);
    this.#isLoaded ||= !page.has_more;
    this.#setChat(page.chat);
    this.changed();
    return page.has_more;
  }

  #take(messages) {
    const news = messages.filter((message) => !message.is_removed && !this.#messages.has(message.id));
    for (const message of messages) this.#keep(message);
    const arrived = new Set(messages.map((message) => message.client_message_id));
    const echoed = this.outbox.items.filter((item) => arrived.has(item.id));
    if (echoed.length) this.outbox.drop(echoed);
    if (news.length && this.#isLoaded) this.#heard(news);
  }

  // Removed is final, whatever an older frame says.
  #keep(message) {
    const known = this.#messages.get(message.id);
    if (known?.is_removed) return;
    const isEdited = known?.isEdited || (known && known.message !== message.message);
    this.#messages.set(message.id, { ...message, isEdited });
  }

  #heard(news) {
    this.#heardAt = Date.now();
    this.#tell("news", news.sort(byPlace));
  }

  // Ended is final too.
  #setChat(chat) {
    const isKnown = this.chat?.id === chat.id;
    if (isKnown && (this.isEnded || chat.updated_at < this.chat.updated_at)) return;
    this.chat = chat;
    if (!this.isEnded) return;
    this.live.rest();
    if (!this.session.isEnded) this.#remember({ isEnded: true });
    if (isKnown) this.#tell("ended", chat);
  }

  // --- What Live asks for

  // Returns whether a read is due.
  frame(frame) {
    const chatId = this.session?.chatId;
    if (!chatId || !frame) return false;
    if (frame.event === "pong") return (frame.cursors?.[chatId] ?? this.#cursor) !== this.#cursor;
    if (frame.event === "chat" && frame.chat?.id === chatId) this.#setChat(frame.chat);
    if (frame.event === "chat_removed" && frame.chat_id === chatId) this.#gone();
    const isDue = frame.event === "message" && frame.chat_id === chatId && this.#frameWith(frame);
    this.changed();
    return isDue;
  }

  // A frame that says where it stands (after) moves the cursor on, or shows that another was lost. One that does not
  // may be older than what has been read since: it can add or remove, but an edit is read; so is all that it may
  // have overtaken, when the next pong names another cursor.
  #frameWith({ message, after, next }) {
    const known = this.#messages.get(message.id);
    const isNext = after === this.#cursor;
    if (isNext) this.#cursor = next;
    if (isNext || !known || message.is_removed) this.#take([message]);
    return !isNext && (!!after || (known && known.message !== message.message));
  }

  linked(isWell) {
    if (this.isWell === isWell) return;
    this.isWell = isWell;
    if (isWell) this.outbox.deliver();
    this.changed();
  }

  refused({ status, code }) {
    if (status === 401) this.#sessionLost();
    else if (code === "chat_not_found") this.#gone();
    else if (code === "invalid_request") this.#cursor = null; // a cursor of another age: read from the start
    this.changed();
  }

  // Milliseconds between reads without a socket; none while nobody can see the page.
  pace() {
    if (document.hidden) return null;
    if (!this.isOpen) return 15_000;
    return Date.now() - this.#heardAt < ACTIVE_MS ? 2_000 : 6_000;
  }
}
