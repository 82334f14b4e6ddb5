// @ts-check
// Everything the visitor sees once the chat is open.

import { isNotice } from "../client/transcript.js";
import { Composer, isComposing, isTouched } from "./composer.js";
import { button, h, icon, link, linked, safePicture, setText } from "./dom.js";
import { safeUrl } from "./links.js";
import { avatar, Log, rowsOf } from "./log.js";

/** @import { Message, Press } from "../client/client.d.ts" */
/** @import { Chat } from "./chat.js" */
/** @import { Visit } from "./visit.js" */
/** @import { Say } from "./texts.js" */

const NEAR_PX = 48;
const SMALL = matchMedia("(max-width: 480px), (max-height: 420px)");
const SAID_MS = 5_000;
const WAIT_MS = 60_000; // which nobody has to be told of

const BUBBLE = "M19 11.5a7 7 0 0 1-10.2 6.2L5 19l1.2-3.9A7 7 0 1 1 19 11.5z";
const CLOSE = "M6 6l12 12M18 6L6 18";
const DOWN = "M12 5v13M6 12l6 6 6-6";

/**
 * What is typed here is none of the site's business: its shortcuts would take keys away.
 * @param {Event} event
 */
const stop = (event) => event.stopPropagation();

export class Panel {
  // What speak() builds.
  /** @type {Say} */ say;
  /** @type {Composer} */ composer;
  /** @type {import("./seldom.js").Seldom | null} */ seldom;
  /** @type {import("./moments.js").Moments | null | undefined} null while it is being loaded */ moments;
  /** @type {HTMLElement} */ content;
  /** @type {HTMLElement} */ announcer;
  /** @type {HTMLElement} */ face;
  /** @type {HTMLElement} */ title;
  /** @type {HTMLElement} */ status;
  /** @type {HTMLElement} */ hello;
  /** @type {HTMLElement} */ intro;
  /** @type {HTMLElement} */ welcome;
  /** @type {HTMLElement} */ view;
  /** @type {HTMLElement} */ jump;
  /** @type {HTMLElement} */ notice;
  /** @type {HTMLElement} */ again;
  /** @type {HTMLElement} */ bar;
  /** @type {HTMLElement} */ kept;
  /** @type {HTMLElement} */ over;
  /** @type {HTMLElement} */ startNew;
  /** @type {HTMLElement} */ more;
  #failed = 0;
  #since = "";
  #timer = 0;
  #isLocked = false;
  #overflow = "";
  #stop = new AbortController();
  #isPinned = true;
  #top = 0;

  /** @param {Chat} host */
  constructor(host) {
    this.host = host;
    this.visit = host.visit;
    this.log = new Log({
      retry: (key) => this.visit.retry(key),
      needCards: () => this.#needCards(),
    });
    this.element = h(host.isInline ? "section.panel inline" : "dialog.panel", {
      "aria-labelledby": "title",
      onkeydown: (/** @type {KeyboardEvent} */ event) => this.#keyed(event),
      onkeyup: stop,
      onkeypress: stop,
      oncancel: (/** @type {Event} */ event) => this.#escape(event),
    });
    this.element.title = "";
    // A closed dialog says nothing: this one stands beside the launcher.
    this.outside = h("div.hidden", { "aria-live": "polite" });
    this.resized = new ResizeObserver(() => this.#isPinned && this.#toEnd());
    const { signal } = this.#stop;
    SMALL.addEventListener("change", () => this.#replace(), { signal });
    for (const type of ["resize", "scroll"]) visualViewport?.addEventListener(type, () => this.#fit(), { signal });
    this.speak(host.say);
  }

  /**
   * Builds all of it anew: the language, or a text, is another.
   * @param {Say} say
   */
  speak(say) {
    this.say = say;
    this.log.speak(say);
    this.element.lang = this.outside.lang = say.lang;
    this.element.dir = say.dir;
    this.composer = new Composer(
      this.visit,
      say,
      () => (this.#isPinned = true),
      (text) => this.announce(text),
    );
    this.seldom = null;
    this.moments = this.log.cards = undefined;
    this.#since = ""; // a long wait is told anew
    this.announcer = h("div.hidden", { "aria-live": "polite" });
    this.element.replaceChildren(
      this.#header(),
      this.#scroll(),
      this.#bar(),
      this.#over(),
      this.composer.element,
      this.announcer,
    );
    this.update();
  }

  #header() {
    const { host, say } = this;
    this.face = h("span");
    this.title = h("h2", { id: "title", tabindex: -1 }, host.title || say("title"));
    this.status = h("p.status");
    const close = this.#tool("close", () => host.hide(), icon(CLOSE));
    const who = h("div.who", null, this.title, this.status);
    return h("header", null, this.face, who, this.#menu(), !host.isInline && close);
  }

  // What is seldom wanted, behind one button.
  #menu() {
    this.more = this.#tool("more", () => void this.#showMenu(), h("span", null, "\u22ef"));
    this.more.ariaHasPopup = "menu";
    this.more.ariaExpanded = "false";
    const onfocusout = (/** @type {FocusEvent} */ { relatedTarget }) => {
      if (!menu.contains(/** @type {Node | null} */ (relatedTarget))) this.seldom?.show(false);
    };
    const menu = h("div.more", { onfocusout }, this.more);
    return menu;
  }

  async #showMenu() {
    const { say } = this;
    if (!this.seldom) {
      const { Seldom } = await import("./seldom.js");
      if (say !== this.say || this.seldom) return; // another language meanwhile, or another tap
      this.seldom = new Seldom(this, { h, button, setText });
      this.more.after(this.seldom.menu);
      this.over.before(this.seldom.dialog);
    }
    this.seldom.show(this.seldom.menu.hidden);
  }

  /**
   * @param {string} name
   * @param {() => void} act
   * @param {Node[]} content
   */
  #tool(name, act, ...content) {
    return Object.assign(button("tool", act, ...content), { title: this.say(name) });
  }

  #scroll() {
    this.hello = h("p.hello");
    this.intro = h("p");
    this.welcome = h("div.welcome", null, this.hello, this.intro);
    const content = (this.content = h("div.content", null, this.welcome, this.log.element));
    const label = { role: "log", "aria-live": "off", "aria-label": this.say("log"), tabindex: 0 };
    this.view = h("div.log", { ...label, onscroll: () => this.#scrolled() }, content);
    this.jump = button("jump", () => this.#toEnd(), icon(DOWN), this.say("jump"));
    this.resized.disconnect();
    this.resized.observe(content);
    this.resized.observe(this.view);
    return h("div.scroll", null, this.view, this.jump);
  }

  #bar() {
    this.notice = h("span");
    this.again = button("plain again", () => this.visit.checkPresence(), this.say("retry"));
    this.bar = h("div.bar", { role: "status" }, this.notice);
    return this.bar;
  }

  #over() {
    this.kept = h("p");
    this.startNew = button("main", () => this.#startNew(), this.say("startNew"));
    this.over = h("div.over", null, this.kept, this.startNew);
    return this.over;
  }

  // --- From the state to the page

  update() {
    const { visit } = this;
    const rows = rowsOf(visit);
    const isStart = !visit.visitor?.chatId;
    const { isSending } = visit;
    const isAsking = !!this.seldom?.asking;
    const wasWriting = this.composer.element.matches(":focus-within");
    this.#showRows(rows);
    this.#showStatus(visit);
    this.#showWelcome(visit, isStart && !rows.length);
    this.#showBar(visit, isStart);
    this.seldom?.update();
    this.#watch(visit);
    this.over.hidden = isAsking || !visit.isEnded;
    setText(this.kept, visit.isEnded && visit.draft ? this.say("kept", visit.draft) : "");
    this.composer.element.hidden = isAsking || visit.isEnded || visit.isChoosing;
    this.composer.name.hidden = !isStart || isSending;
    if (wasWriting && visit.isEnded && !isAsking) this.startNew.focus();
    this.#announceFailures(visit.messages.filter(({ status }) => status === "failed").length);
  }

  // Rooms to choose from, held messages and long waits: few visitors meet them.
  /** @param {Visit} visit */
  #watch(visit) {
    const since = (visit.isUnderWay && visit.chat?.waiting_since) || "";
    if (since !== this.#since) {
      this.#since = since;
      clearTimeout(this.#timer);
      const left = Math.min(WAIT_MS, Date.parse(since) + WAIT_MS - Date.now());
      if (since) this.#timer = setTimeout(() => this.#meet(), left);
    }
    if (this.moments) this.moments.update();
    else if (this.host.isOpen && (visit.choices.length || visit.heldMessages.length)) this.#meet();
  }

  async #meet() {
    const { say } = this;
    if (this.moments === undefined) {
      this.moments = null;
      const module = await import("./moments.js").catch(() => null); // the next change tries again
      if (say !== this.say) return;
      this.moments = module ? new module.Moments(this, { h, button, setText }) : undefined;
    }
    if (this.moments) this.update();
  }

  /** @param {ReturnType<typeof rowsOf>} rows */
  #showRows(rows) {
    const height = this.view.scrollHeight;
    this.log.show(rows);
    if (this.#isPinned) this.#toEnd();
    else this.jump.hidden &&= this.view.scrollHeight <= height;
  }

  /** @param {Visit} visit */
  #showStatus(visit) {
    const last = visit.isUnderWay ? visit.messages.findLast((message) => message.sender_type === "agent") : null;
    const agent = last?.type === "leave" ? null : last;
    const [mood, text] = this.#statusOf(visit, agent);
    setText(this.status, text);
    this.status.dataset.mood = mood;
    const face = String([agent?.sender_avatar_url, agent?.sender_name]);
    if (this.face.dataset.of === face) return;
    this.face.dataset.of = face;
    this.face.replaceChildren(avatar(agent?.sender_avatar_url, agent?.sender_name, icon(BUBBLE)));
  }

  /**
   * @param {Visit} visit
   * @param {Message | null | undefined} agent
   */
  #statusOf(visit, agent) {
    const { say } = this;
    if (!visit.isConnected) return ["off", say("offline")];
    if (visit.isEnded) return ["off", say("ended")];
    if (agent) return ["on", say("with", agent.sender_name ?? say("agent"))];
    if (visit.visitor?.chatId) return ["wait", say("waiting")];
    if (visit.presence === "away") return ["off", say("away")];
    if (visit.presence === "online") return ["on", say("online") + this.wait(visit.waitSeconds)];
    return ["wait", ""];
  }

  /** @param {number | null} seconds */
  wait(seconds) {
    if (!seconds || seconds < 0) return "";
    const minutes = new Intl.NumberFormat(this.say.lang, { style: "unit", unit: "minute", unitDisplay: "long" });
    return ` · ${this.say("wait", minutes.format(Math.ceil(seconds / 60)))}`;
  }

  /**
   * @param {Visit} visit
   * @param {boolean} isWelcome
   */
  #showWelcome(visit, isWelcome) {
    const isAway = visit.presence === "away";
    this.welcome.hidden = !isWelcome;
    setText(this.hello, this.say(isAway ? "away" : "hello"));
    setText(this.intro, this.say(visit.isLeaving ? "awayHeld" : isAway ? "stillAway" : "intro"));
    this.intro.hidden = visit.notice === "stillAway";
  }

  /**
   * @param {Visit} visit
   * @param {boolean} isStart
   */
  #showBar(visit, isStart) {
    const isDoubtful = isStart && ["away", "unclear"].includes(visit.presence);
    const isSaid = visit.presence === "away" && !this.welcome.hidden;
    const notice = visit.isConnected ? (visit.notice ?? (isDoubtful && !isSaid && (visit.isLeaving ? "awayHeld" : visit.presence))) : "offline";
    setText(this.notice, notice ? this.say(notice) : "");
    this.bar.hidden = !notice;
    this.again.hidden = !isDoubtful;
    const place = notice ? this.bar : this.welcome;
    if (this.again.parentNode !== place) place.append(this.again);
  }

  // --- What is read aloud, each once

  /** @param {string} text */
  announce(text) {
    const said = h("p", null, text);
    (this.host.isOpen ? this.announcer : this.outside).append(said);
    setTimeout(() => said.remove(), SAID_MS);
  }

  /** @param {Message} message */
  announceMessage(message) {
    this.announce(this.#aloud(message));
  }

  /** @param {Message} message */
  #aloud(message) {
    if (message.sender_type === "visitor") return this.say("sent");
    const name = message.sender_name ?? this.say("agent");
    if (isNotice(message)) return this.say(message.type, name);
    return `${name}: ${message.message ?? message.attachments?.[0]?.title ?? this.say("picture")}`;
  }

  /** @param {number} count */
  #announceFailures(count) {
    if (count > this.#failed) this.announce(this.say("failed"));
    this.#failed = count;
  }

  // --- Scrolling

  // Only scrolling up lets go of the end: what grows or shrinks around the messages does not.
  #scrolled() {
    const { scrollHeight, scrollTop, clientHeight } = this.view;
    const isNear = scrollHeight - scrollTop - clientHeight < NEAR_PX;
    this.#isPinned = isNear || (this.#isPinned && scrollTop >= this.#top);
    this.#top = scrollTop;
    this.jump.hidden ||= this.#isPinned;
  }

  #toEnd() {
    this.view.scrollTop = this.view.scrollHeight;
    this.#isPinned = this.jump.hidden = true;
  }

  // --- Ending, forgetting, starting anew

  #startNew() {
    this.visit.startNew();
    this.#toEnd();
    this.composer.bringDraft();
    this.composer.text.focus();
  }

  async #needCards() {
    const { say } = this;
    const { Cards } = await import("./cards.js").catch(() => ({ Cards: null })); // the next change tries again
    if (!Cards || this.log.cards || say !== this.say) return;
    const tools = { button, h, link, linked, safePicture, safeUrl };
    this.log.cards = new Cards(say, (press, text) => this.#press(press, text), tools);
    this.update();
  }

  /**
   * @param {Press | null} press
   * @param {string} text
   */
  #press(press, text) {
    if (!this.visit.isUnderWay) return;
    if (press) this.visit.press(press);
    else this.visit.send(text);
    this.focus(); // the button may be dead now
  }

  /** @param {KeyboardEvent} event */
  #keyed(event) {
    stop(event);
    if (event.key === "Escape" && !isComposing(event)) this.#escape(event);
  }

  /** @param {Event} event */
  #escape(event) {
    event.preventDefault();
    if (this.seldom?.asking) this.seldom.ask(null);
    else this.host.hide();
  }

  // --- Opening

  get isShown() {
    return this.element.matches("dialog:is([open], :popover-open)");
  }

  show() {
    if (this.element instanceof HTMLDialogElement && !this.isShown) this.#place(this.element);
    this.composer.measure();
    this.#toEnd();
  }

  /**
   * In the top layer, where nothing of the site moves or clips it; on a small screen it is all there is.
   * @param {HTMLDialogElement} dialog
   */
  #place(dialog) {
    dialog.popover = SMALL.matches ? null : "manual";
    dialog.inert = !SMALL.matches; // shown so, a dialog takes no focus by itself
    if (SMALL.matches) dialog.showModal();
    else dialog.showPopover();
    dialog.inert = false;
    this.#fit();
  }

  // Decided anew when the window has become another.
  #replace() {
    const { element } = this;
    if (!(element instanceof HTMLDialogElement) || !this.isShown) return;
    const hadFocus = element.matches(":focus-within");
    this.#takeOff(element);
    this.#place(element);
    if (hadFocus) this.focus();
  }

  hide() {
    if (this.element instanceof HTMLDialogElement) this.#takeOff(this.element);
  }

  /** @param {HTMLDialogElement} dialog */
  #takeOff(dialog) {
    if (dialog.matches(":popover-open")) dialog.hidePopover();
    if (dialog.open) dialog.close();
    this.#fit();
  }

  // A keyboard on the screen leaves less of it than the page is told; and the site behind does not scroll.
  #fit() {
    const { element } = this;
    const isModal = element instanceof HTMLDialogElement && element.open;
    const { height, offsetTop } = visualViewport ?? { height: innerHeight, offsetTop: 0 };
    element.style.height = isModal ? `${height}px` : "";
    element.style.top = isModal ? `${offsetTop}px` : "";
    if (isModal === this.#isLocked) return;
    this.#isLocked = isModal;
    const { style } = document.documentElement;
    if (isModal) this.#overflow = style.overflow;
    style.overflow = isModal ? "hidden" : this.#overflow;
  }

  // Nothing is left of it in the page.
  close() {
    this.#stop.abort();
    clearTimeout(this.#timer);
    this.moments?.close();
    this.resized.disconnect();
    this.hide();
  }

  focus() {
    (this.composer.element.hidden || isTouched() ? this.title : this.composer.text).focus();
  }
}
