// @ts-check
// The conversation as this document shows it, in one element or in several: with whether agents are there, what the
// visitor has to be told, and the draft. Dispatches "draft" when the draft has become another.

import { VisitorChat } from "../client/conversation.js";

/** @import { Lost, Unsent } from "../client/client.d.ts" */

/** @typedef {{ isOpen: boolean }} Viewer */

const AWAY_MS = 30_000;
/** @type {Record<string, string>} what a lost conversation is called in the texts */
const LOST = { invalid_visitor_token: "sessionLost", chat_not_found: "chatRemoved" };

export class Visit extends VisitorChat {
  /** @type {"unknown" | "online" | "away" | "unclear"} */
  presence = "unknown";
  /** @type {number | null} */
  waitSeconds = null;
  /** @type {string | null} the name of a text */
  notice = null;
  isOpen = false;
  /** @type {string[]} the rooms of which the visitor chooses one */
  choices = [];
  holdsMessages = false; // while nobody is there
  titled = ""; // what was put before the page's title
  /** @type {Set<Viewer>} */
  #viewers = new Set();
  #awayTimer = 0;
  #draft = "";

  /** @param {import("../client/types.d.ts").Options} options */
  constructor(options) {
    super(options);
    this.#draft = this.draft;
    this.addEventListener("unsent", (event) => this.#takeBack(/** @type {CustomEvent} */ (event).detail));
    this.addEventListener("lost", (event) => this.#startOver(/** @type {CustomEvent} */ (event).detail.code));
  }

  // --- Who shows it

  /** @param {Viewer} viewer */
  join(viewer) {
    this.#viewers.add(viewer);
  }

  /**
   * Return whether that was the last one.
   * @param {Viewer} viewer
   */
  leave(viewer) {
    this.#viewers.delete(viewer);
    this.viewersChanged();
    if (!this.#viewers.size) this.close();
    return !this.#viewers.size;
  }

  // One of them has been opened or closed.
  viewersChanged() {
    this.isOpen = [...this.#viewers].some((viewer) => viewer.isOpen);
  }

  // The one that says aloud what happens.
  get speaker() {
    const viewers = [...this.#viewers];
    return viewers.find((viewer) => viewer.isOpen) ?? viewers[0];
  }

  // Where the chat is to begin has to be chosen first.
  get isChoosing() {
    return this.choices.length > 0 && !this.room && !this.visitor?.chatId && !this.isSending;
  }

  // What is sent now is held until somebody is there.
  get isLeaving() {
    return this.presence === "away" && this.holdsMessages && !this.isUnderWay;
  }

  get isSending() {
    return this.messages.some(({ status }) => status !== "sent");
  }

  // --- What is remembered of the page itself

  get draft() {
    return this.session.read("draft") ?? "";
  }

  set draft(text) {
    this.session.write("draft", text);
    this.#bringDraft();
  }

  get name() {
    return this.session.read("name") ?? this.visitor?.name ?? "";
  }

  set name(name) {
    this.session.write("name", name);
  }

  get isSoundOn() {
    return !!this.session.read("sound");
  }

  set isSoundOn(isOn) {
    this.session.write("sound", isOn ? 1 : null);
  }

  #bringDraft() {
    if (this.#draft === this.draft) return;
    this.#draft = this.draft;
    this.dispatchEvent(new Event("draft"));
  }

  refresh() {
    this.#bringDraft();
    return super.refresh();
  }

  // --- Whether somebody is there

  resume() {
    if (!this.visitor?.chatId) this.checkPresence();
    super.resume();
  }

  wake() {
    if (!this.visitor?.chatId && this.isOpen) this.checkPresence();
    super.wake();
  }

  async checkPresence() {
    if (this.isChoosing) return;
    const { room } = this;
    const answer = await this.availability().catch(() => null);
    if (room !== this.room) return; // another has been chosen meanwhile
    if (answer) {
      this.holdsMessages = !!answer.holds_messages;
      this.waitSeconds = answer.estimated_waiting_time_seconds;
    }
    // Unclear: the visitor may write all the same, and starting a chat tells for sure.
    this.#setPresence(answer ? (answer.is_online ? "online" : "away") : "unclear");
    this.changed();
  }

  /** @param {Visit["presence"]} presence */
  #setPresence(presence) {
    this.presence = presence;
    if ((presence === "online" || this.isLeaving) && this.notice === "stillAway") this.notice = null;
    clearTimeout(this.#awayTimer);
    if (presence !== "online") this.#awayTimer = setTimeout(() => this.#lookAgain(), AWAY_MS);
  }

  #lookAgain() {
    if (this.isOpen && !document.hidden && !this.visitor?.chatId) this.checkPresence();
  }

  // --- Beginning and leaving

  /**
   * @param {string} text
   * @param {{ name?: string }} [details]
   */
  send(text, details) {
    this.notice = null;
    return this.isLeaving ? super.hold(text, details) : super.send(text, details);
  }

  startNew() {
    if (this.choices.length > 1) this.room = undefined;
    super.startNew();
    this.notice = null;
    this.checkPresence();
  }

  async forget() {
    await super.forget();
    this.notice = "forgotten";
    this.#bringDraft();
    this.changed();
  }

  close() {
    super.close();
    clearTimeout(this.#awayTimer);
  }

  // --- What did not go

  /**
   * Unsent texts go back to where they were written.
   * @param {Unsent} unsent
   */
  #takeBack({ code, messages }) {
    if (code === "no_agents_online") {
      this.notice = "stillAway";
      this.#setPresence("away");
    } else if (code === "too_many_held") this.notice = "tooManyHeld";
    const texts = messages.filter(({ type }) => type === "message").map(({ message }) => message);
    this.draft = [...texts, this.draft].filter(Boolean).join("\n");
    for (const { key } of messages) this.discard(key);
  }

  /** @param {Lost["code"]} code */
  #startOver(code) {
    this.notice = LOST[code] ?? null;
    if (this.isOpen) this.checkPresence();
  }
}
