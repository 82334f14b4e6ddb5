// @ts-check
// <visitor-chat>: the launcher, the attributes and the element's own API. All else is loaded when the visitor opens
// the chat, or has one under way, so that a page that only shows the launcher costs next to nothing.

import { OUTBOX, readStored, storedNames } from "../client/storage.js";

/** @import { Chat } from "./chat.js" */

// The API that serves this script.
const ROOT = new URL("../../", import.meta.url).href;
/** @type {Record<string, string>} */
const TEXTS = { en: "./texts_en.js", fi: "./texts_fi.js", sv: "./texts_sv.js" };
/** @type {Record<string, string>} */
const LABELS = { en: "Open chat", fi: "Avaa keskustelu", sv: "Öppna chatten" };
const BUBBLE = "M20.5 11.5a8 8 0 0 1-11.6 7.1L4 20l1.4-4.7A8 8 0 1 1 20.5 11.5z";
const CHEVRON = "M6 9l6 6 6-6";
const SVG = "http://www.w3.org/2000/svg";

// Whatever the accent: what is written on it is black or white, whichever has the higher contrast (they meet at a
// luminance of 0.179), and the accent as ink is darkened or lightened until it reads on the page.
const STYLE = `
:host {
  all: initial; color-scheme: inherit; --accent: #0f5c4c;
  --white: clamp(0, (.179 - .2126 * r - .7152 * g - .0722 * b) * 9999, 1);
  --on-accent: color(from var(--accent) srgb-linear var(--white) var(--white) var(--white));
  --ink: light-dark(oklch(from var(--accent) min(l, .48) c h), oklch(from var(--accent) max(l, .78) c h));
}
:host([hidden]) { display: none; }
:host([theme="light"]) { color-scheme: light; }
:host([theme="dark"]) { color-scheme: dark; }
:host([mode="inline"]) { display: block; }
.launcher {
  all: initial; color-scheme: inherit; position: fixed; inset: auto var(--visitor-chat-right, 20px) var(--visitor-chat-bottom, 20px) auto;
  z-index: var(--visitor-chat-z-index, 2147483000); display: grid; place-items: center; width: 60px; height: 60px;
  padding: 0; border: 0; border-radius: 50%; color: var(--on-accent); background: var(--accent); cursor: pointer;
  box-shadow: 0 2px 6px #0003, 0 10px 28px #0003; transition: transform .18s;
}
.launcher:hover { transform: translateY(-2px); }
.launcher:focus-visible { outline: 3px solid var(--ink); outline-offset: 3px; }
.launcher svg {
  width: 28px; height: 28px; fill: none; stroke: currentcolor; stroke-width: 1.8; stroke-linejoin: round;
  stroke-linecap: round;
}
.launcher[aria-busy="true"] svg { opacity: .5; }
.badge {
  position: absolute; top: -3px; right: -3px; min-width: 22px; padding: 4px 5px; box-sizing: border-box;
  border: 2px solid #fff; border-radius: 11px; color: #fff; background: #c4281c;
  font: 700 12px/10px system-ui, sans-serif;
}
.badge:empty { display: none; }
@media (prefers-reduced-motion: reduce) { .launcher { transition: none; } }
@media (forced-colors: active) { .launcher, .badge { border: 2px solid; } }
`;

/**
 * The tag as it should be written; none for what is no language. WordPress writes fi_FI.
 * @param {string} text
 */
const tagOf = (text) => {
  try {
    return [`${new Intl.Locale(text.replaceAll("_", "-"))}`];
  } catch {
    return [];
  }
};

/** @param {string} tag */
const base = (tag) => tag.split("-")[0];

export class VisitorChatElement extends HTMLElement {
  static observedAttributes = ["title", "lang", "accent", "texts"];
  root = ROOT;
  /** @type {Record<string, unknown>} */
  #texts = {};
  /** @type {Chat | null} */
  #chat = null;
  /** @type {Promise<void> | null} */
  #loading = null;
  #mount = {};
  #launcher = document.createElement("button");
  #shape = document.createElementNS(SVG, "path");
  #badge = document.createElement("span");
  #style = new CSSStyleSheet();
  #shadow = this.attachShadow({ mode: "open" });

  constructor() {
    super();
    this.#style.replaceSync(STYLE);
    this.#shadow.adoptedStyleSheets = [this.#style];
    this.#makeLauncher();
  }

  connectedCallback() {
    this.#adoptTexts();
    if (this.isInline) return this.#openWhenSeen();
    this.#shadow.append(this.#launcher);
    this.showLauncher(false, 0, LABELS[base(this.language)]);
    this.#freeLauncher();
    if (this.#wasOpen()) this.#load().then(() => this.#chat?.show({ isFocused: false }), () => {});
    else if (this.#isUnderWay()) this.#load().catch(() => {});
  }

  disconnectedCallback() {
    this.#mount = {};
    this.#chat?.close();
    this.#chat = this.#loading = null;
    this.#shadow.replaceChildren();
    this.#shadow.adoptedStyleSheets = [this.#style];
  }

  /**
   * @param {string} name
   * @param {string | null} _before
   * @param {string | null} value
   */
  attributeChangedCallback(name, _before, value) {
    if (name === "accent") this.style.setProperty("--accent", CSS.supports("color", value ?? "") ? value : "");
    if (name === "texts") this.#texts = this.#parse(value);
    this.#applyAttributes();
  }

  // --- The element's API, besides its attributes and its events: visitor-chat-message, -ended and -unread

  async open() {
    this.#launcher.ariaBusy = "true";
    try {
      await this.#load();
      this.#chat?.show();
    } finally {
      this.#launcher.ariaBusy = "false";
    }
  }

  close() {
    this.#chat?.hide();
  }

  get unread() {
    return this.#chat?.visit.unread ?? 0;
  }

  get texts() {
    return this.#texts;
  }

  set texts(texts) {
    this.#texts = { ...texts };
    this.#applyAttributes();
  }

  // The first that is spoken here: what the element, then the page, then the browser wants.
  get language() {
    return this.#wanted.find((tag) => LABELS[base(tag)]) ?? "en";
  }

  // The language of the texts: the site's own may be in one that is not spoken here.
  get textLanguage() {
    const [own] = this.#wanted;
    return Object.keys(this.#texts).length && own ? own : this.language;
  }

  get #wanted() {
    return [this.lang, document.documentElement.lang, ...navigator.languages].flatMap(tagOf);
  }

  get isInline() {
    return this.getAttribute("mode") === "inline";
  }

  // --- For the opened chat

  // A browser can refuse its storage altogether.
  get storage() {
    try {
      return localStorage;
    } catch {
      return null;
    }
  }

  // The site's own module has the visitor solve a challenge.
  async solveChallenge() {
    const address = this.getAttribute("challenge");
    if (!address) throw new Error("there is no attribute challenge");
    const { default: solve } = await import(new URL(address, document.baseURI).href);
    return solve();
  }

  /**
   * @param {string} type
   * @param {unknown} detail
   */
  emit(type, detail) {
    this.dispatchEvent(new CustomEvent(`visitor-chat-${type}`, { detail, bubbles: true, composed: true }));
  }

  /**
   * @param {boolean} isOpen
   * @param {number} unread
   * @param {string} label
   */
  showLauncher(isOpen, unread, label) {
    this.#launcher.ariaExpanded = String(isOpen);
    this.#launcher.ariaLabel = label;
    this.#shape.setAttribute("d", isOpen ? CHEVRON : BUBBLE);
    this.#badge.textContent = String(unread || "");
  }

  focusLauncher() {
    this.#launcher.focus();
  }

  // ---

  // A chat that goes on, or a text that is still to be sent, brings the chat up by itself.
  #isUnderWay() {
    const { storage } = this;
    if (!storage) return false;
    try {
      const { chatId, endedId, held } = readStored(storage, ROOT, "session") ?? {};
      return (chatId && chatId !== endedId) || held?.length || storedNames(storage, ROOT, OUTBOX).length > 0;
    } catch {
      return false;
    }
  }

  // An ancestor with a transform would take the launcher along: then the top layer is its place.
  #freeLauncher() {
    const { bottom, right } = this.#launcher.getBoundingClientRect();
    if (bottom <= innerHeight && right <= innerWidth) return;
    this.#launcher.popover = "manual";
    this.#launcher.showPopover();
  }

  // A followed link does not close the chat; where it covers the page, it would hide where the link leads.
  #wasOpen() {
    try {
      return sessionStorage.getItem(`visitor-chat open ${ROOT}`) && innerWidth > 480 && innerHeight > 420;
    } catch {
      return false;
    }
  }

  /** @param {boolean} isOpen */
  rememberOpen(isOpen) {
    try {
      if (isOpen) sessionStorage.setItem(`visitor-chat open ${ROOT}`, "1");
      else sessionStorage.removeItem(`visitor-chat open ${ROOT}`);
    } catch {
      // storage is refused: the next page begins closed
    }
  }

  #load() {
    const mount = this.#mount;
    this.#loading ??= this.#fetch(mount).catch((error) => {
      if (mount === this.#mount) this.#loading = null; // the next tap tries again
      throw error;
    });
    return this.#loading;
  }

  async #applyAttributes() {
    if (this.#chat) this.#chat.applyAttributes(await this.#loadTexts());
  }

  /** @returns {Promise<Record<string, string>>} */
  async #loadTexts() {
    return (await import(TEXTS[base(this.language)])).default;
  }

  // The style comes by fetch, because a site's own policy then has to allow this origin for scripts and calls alone.
  /** @param {object} mount */
  async #fetch(mount) {
    const css = fetch(new URL("./chat.css", import.meta.url));
    const [{ Chat }, texts, style] = await Promise.all([import("./chat.js"), this.#loadTexts(), css]);
    if (!style.ok) throw new Error("visitor-chat: no style");
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(await style.text());
    if (mount !== this.#mount) return; // it was taken out of the page meanwhile
    this.#shadow.adoptedStyleSheets.push(sheet);
    this.#chat = new Chat(this, texts);
    this.#shadow.prepend(this.#chat.panel.element, this.#chat.panel.outside);
  }

  // An inline chat is opened by coming into view.
  #openWhenSeen() {
    const seen = new IntersectionObserver(([entry]) => {
      if (!entry.isIntersecting) return;
      seen.disconnect();
      this.open();
    });
    seen.observe(this);
  }

  #makeLauncher() {
    const svg = document.createElementNS(SVG, "svg");
    svg.setAttribute("viewBox", "0 0 24 24");
    svg.append(this.#shape);
    this.#badge.className = "badge";
    this.#launcher.className = "launcher";
    // The site's title attribute names the chat; without this it would be a tooltip on everything in it as well.
    this.#launcher.title = "";
    this.#launcher.ariaHasPopup = "dialog";
    this.#launcher.append(svg, this.#badge);
    this.#launcher.onclick = () => (this.#chat?.isOpen ? this.close() : this.open().catch(() => {}));
  }

  /** @param {string | null} json */
  #parse(json) {
    try {
      return { ...JSON.parse(json ?? "{}") };
    } catch {
      console.warn("visitor-chat: the attribute texts is not JSON");
      return {};
    }
  }

  // Texts that the site set before this script had run.
  #adoptTexts() {
    if (!Object.hasOwn(this, "texts")) return;
    const { texts } = this;
    Reflect.deleteProperty(this, "texts");
    this.texts = texts;
  }
}

customElements.define("visitor-chat", VisitorChatElement);
