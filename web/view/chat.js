// @ts-check
// The opened chat: joins the visit, the panel and the page around them (title, sound).

import { Panel } from "./panel.js";
import { speak } from "./texts.js";
import { Visit } from "./visit.js";

/** @import { Chat as ChatState, Message } from "../client/client.d.ts" */
/** @import { VisitorChatElement } from "./widget.js" */

/** @type {Map<string, Visit>} one for each API, however many elements show it */
const visits = new Map();

/** @param {VisitorChatElement} element */
function visitOf(element) {
  const { root: api } = element;
  const visit = visits.get(api) ?? new Visit({ api, solveChallenge: () => element.solveChallenge() });
  visits.set(api, visit);
  return visit;
}

export class Chat {
  isOpen = false;
  #unread = 0;
  #stop = new AbortController();

  /**
   * @param {VisitorChatElement} element
   * @param {Record<string, string>} texts of the element's language
   */
  constructor(element, texts) {
    this.element = element;
    this.isInline = element.isInline;
    this.title = element.title;
    this.say = speak(element.textLanguage, { ...texts, ...element.texts });
    this.visit = visitOf(element);
    this.visit.join(this);
    this.#listen();
    this.panel = new Panel(this);
    this.panel.element.onclose = () => this.isShown || this.hide();
    if (this.visit.isUnderWay || this.visit.isSending || this.visit.visitor?.held?.length) this.visit.resume();
  }

  #listen() {
    /** @type {(target: EventTarget, type: string, act: (event: any) => void) => void} */
    const on = (target, type, act) => target.addEventListener(type, act, { signal: this.#stop.signal });
    on(this.visit, "change", () => this.#changed());
    on(this.visit, "message", ({ detail }) => this.#heard(detail));
    on(this.visit, "ended", ({ detail }) => this.#ended(detail));
    on(this.visit, "draft", () => this.panel.composer.bringDraft());
    on(document, "visibilitychange", () => document.hidden || this.#changed());
    // A notice was clicked: in this page, or before it was opened.
    const { serviceWorker } = navigator;
    if (serviceWorker) on(serviceWorker, "message", ({ data }) => data?.visitorChat && this.element.open());
    if (location.hash === "#visitor-chat") this.element.open();
  }

  /**
   * An attribute or a text of the element has changed.
   * @param {Record<string, string>} texts of the element's language
   */
  applyAttributes(texts) {
    this.title = this.element.title;
    this.say = speak(this.element.textLanguage, { ...texts, ...this.element.texts });
    this.panel.speak(this.say);
    this.#showUnread();
  }

  get isShown() {
    return this.panel.isShown;
  }

  /** @param {{ isFocused?: boolean }} [how] */
  show({ isFocused = true } = {}) {
    const { visit } = this;
    if (!this.isOpen) {
      this.isOpen = true;
      this.#chooseRoom();
      visit.viewersChanged();
      visit.resume();
    }
    this.panel.show();
    this.#changed();
    if (!this.isInline && isFocused) this.panel.focus();
  }

  // One that the visitor has chosen stays chosen.
  #chooseRoom() {
    const { element, visit } = this;
    const choices = (element.getAttribute("rooms") ?? "").split(",").map((name) => name.trim()).filter(Boolean);
    visit.choices = choices;
    visit.room = element.getAttribute("room") || choices.find((name) => name === visit.room || choices.length === 1);
  }

  hide() {
    if (this.isInline || !this.isOpen) return;
    this.isOpen = false;
    this.element.rememberOpen(false);
    this.visit.viewersChanged();
    const hadFocus = this.panel.element.matches(":focus-within");
    this.panel.hide();
    this.#showUnread();
    if (hadFocus) this.element.focusLauncher();
  }

  close() {
    this.#stop.abort();
    this.panel.close();
    if (!this.visit.leave(this)) return;
    visits.delete(this.element.root);
    this.#showTitle(0);
  }

  #changed() {
    const { visit } = this;
    if (this.isOpen && !document.hidden && visit.unread) return visit.markSeen();
    this.panel.update();
    this.#showUnread();
    // Before anything is written nothing is kept, this neither.
    if (!this.isInline) this.element.rememberOpen(this.isOpen && !!visit.visitor);
  }

  #showUnread() {
    const { isOpen } = this;
    const { unread } = this.visit;
    this.element.showLauncher(isOpen, unread, this.#launcherLabel(isOpen, unread));
    this.#showTitle(unread);
    if (unread === this.#unread) return;
    this.#unread = unread;
    this.element.emit("unread", { count: unread });
  }

  /**
   * @param {boolean} isOpen
   * @param {number} unread
   */
  #launcherLabel(isOpen, unread) {
    if (isOpen) return this.say("close");
    return unread ? `${this.say("open")}, ${this.say("unread", unread)}` : this.say("open");
  }

  /**
   * Only what was put there is taken away: the site counts in its title too, and may have changed it meanwhile.
   * @param {number} unread
   */
  #showTitle(unread) {
    const { visit } = this;
    const { title } = document;
    const own = title.startsWith(visit.titled) ? title.slice(visit.titled.length) : title;
    visit.titled = unread ? `(${unread}) ` : "";
    if (title !== visit.titled + own) document.title = visit.titled + own;
  }

  /** @param {Message} message */
  #heard(message) {
    this.element.emit("message", message);
    if (this.visit.speaker !== this) return;
    this.panel.announceMessage(message);
    const isHeard = this.visit.isSoundOn && message.sender_type === "agent" && message.type === "message";
    if (isHeard) this.#beep(message.id).catch(() => {});
  }

  /** @param {ChatState} chat */
  #ended(chat) {
    if (this.visit.speaker === this) this.panel.announce(this.say("ended"));
    this.element.emit("ended", chat);
  }

  // --- Sound, which is off until the visitor turns it on

  toggleSound() {
    this.visit.isSoundOn = !this.visit.isSoundOn;
    this.panel.update();
    if (this.visit.isSoundOn) this.#beep().catch(() => {});
  }

  /** @param {string} [id] of the message that it is for */
  async #beep(id) {
    const { beep, beepOnce } = await import("./sound.js");
    if (id) beepOnce(id);
    else beep();
  }
}
