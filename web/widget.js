// <visitor-chat>: the launcher, the attributes and the element's own API. All else is loaded when the visitor opens
// the chat, or has one under way, so that a page that only shows the launcher costs next to nothing.

import { Memory } from "./memory.js";

// The API that serves this script.
const ROOT = new URL("../", import.meta.url).href;
const LABELS = { en: "Open chat", fi: "Avaa keskustelu", sv: "Öppna chatten" };
const BUBBLE = "M20.5 11.5a8 8 0 0 1-11.6 7.1L4 20l1.4-4.7A8 8 0 1 1 20.5 11.5z";
const CHEVRON = "M6 9l6 6 6-6";
const SVG = "http://www.w3.org/2000/svg";

// Whatever the accent: what is written on it is black or white, whichever has the higher contrast (they meet at a
// luminance of 0.179), and the accent as ink is darkened or lightened until it reads on the page.
const STYLE = `
:host {
  all: initial; color-scheme: light dark; --accent: #0f5c4c;
  --white: clamp(0, (.179 - .2126 * r - .7152 * g - .0722 * b) * 9999, 1);
  --on-accent: color(from var(--accent) srgb-linear var(--white) var(--white) var(--white));
  --ink: light-dark(oklch(from var(--accent) min(l, .48) c h), oklch(from var(--accent) max(l, .78) c h));
}
:host([hidden]) { display: none; }
:host([theme="light"]) { color-scheme: light; }
:host([theme="dark"]) { color-scheme: dark; }
:host([mode="inline"]) { display: block; }
.launcher {
  position: fixed; inset: auto var(--visitor-chat-right, 20px) var(--visitor-chat-bottom, 20px) auto;
  z-index: var(--visitor-chat-z-index, 2147483000); display: grid; place-items: center; width: 60px; height: 60px;
  padding: 0; border: 0; border-radius: 50%; color: var(--on-accent); background: var(--accent); cursor: pointer;
  box-shadow: 0 2px 6px #0003, 0 10px 28px #0003; transition: transform .18s;
}
.launcher:hover { transform: translateY(-2px); }
.launcher:focus-visible { outline: 3px solid var(--ink); outline-offset: 3px; }
.launcher svg { width: 28px; height: 28px; fill: none; stroke: currentcolor; stroke-width: 1.8; stroke-linejoin: round; stroke-linecap: round; }
.launcher[aria-busy="true"] svg { opacity: .5; }
.badge {
  position: absolute; top: -3px; right: -3px; min-width: 22px; padding: 4px 5px; box-sizing: border-box;
  border: 2px solid #fff; border-radius: 11px; color: #fff; background: #c4281c; font: 700 12px/10px system-ui, sans-serif;
}
.badge:empty { display: none; }
@media (prefers-reduced-motion: reduce) { .launcher { transition: none; } }
`;

class VisitorChat extends HTMLElement {
  static observedAttributes = ["title", "lang", "accent", "texts"];
  root = ROOT;
  memory = new Memory(ROOT);
  #texts = {};
  #chat = null;
  #loading = null;
  #launcher = document.createElement("button");
  #shape = document.createElementNS(SVG, "path");
  #badge = document.createElement("span");

  constructor() {
    super();
    const style = new CSSStyleSheet();
    style.replaceSync(STYLE);
    this.attachShadow({ mode: "open" }).adoptedStyleSheets = [style];
    this.#makeLauncher();
  }

  connectedCallback() {
    this.#adoptTexts();
    if (this.isInline) return this.#openWhenSeen();
    this.shadowRoot.append(this.#launcher);
    this.showLauncher(false, 0, LABELS[this.language.slice(0, 2)]);
    const session = this.memory.get("session");
    if (this.memory.get("outbox") || (session?.chatId && !session.isEnded)) this.#load().catch(() => {});
  }

  disconnectedCallback() {
    this.#chat?.close();
    this.#chat = this.#loading = null;
    this.shadowRoot.replaceChildren();
  }

  attributeChangedCallback(name, _, value) {
    if (name === "accent") this.style.setProperty("--accent", CSS.supports("color", value) ? value : "");
    if (name === "texts") this.#texts = this.#parse(value);
    this.#chat?.dressAnew();
  }

  // --- The element's API, besides its attributes and its events "message", "ended" and "unread"

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
    return this.#chat?.conversation.unread ?? 0;
  }

  get texts() {
    return this.#texts;
  }

  set texts(texts) {
    this.#texts = { ...texts };
    this.#chat?.dressAnew();
  }

  // The first that is spoken here: what the site wants, then what the browser wants.
  get language() {
    return [this.lang, ...navigator.languages].find((tag) => LABELS[tag.slice(0, 2)]) ?? "en";
  }

  get isInline() {
    return this.getAttribute("mode") === "inline";
  }

  // --- For the opened chat

  // The site's own module has the visitor pass a challenge.
  async pass() {
    const address = this.getAttribute("challenge");
    if (!address) throw new Error("there is no attribute challenge");
    const { default: pass } = await import(new URL(address, document.baseURI));
    return pass();
  }

  tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail, bubbles: true, composed: true }));
  }

  showLauncher(isOpen, unread, label) {
    this.#launcher.ariaExpanded = isOpen;
    this.#launcher.ariaLabel = label;
    this.#shape.setAttribute("d", isOpen ? CHEVRON : BUBBLE);
    this.#badge.textContent = unread || "";
  }

  focusLauncher() {
    this.#launcher.focus();
  }

  // ---

  #load() {
    this.#loading ??= this.#fetch().catch((error) => {
      this.#loading = null; // the next tap tries again
      throw error;
    });
    return this.#loading;
  }

  // The style comes by fetch, because a site's own policy then has to allow this origin for scripts and calls alone.
  async #fetch() {
    const [{ Chat }, style] = await Promise.all([import("./chat.js"), fetch(new URL("./chat.css", import.meta.url))]);
    if (!style.ok) throw new Error("visitor-chat: no style");
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(await style.text());
    if (!this.isConnected) return;
    this.shadowRoot.adoptedStyleSheets.push(sheet);
    this.#chat = new Chat(this);
    this.shadowRoot.prepend(this.#chat.panel.element);
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
    this.#launcher.onclick = () => (this.#chat?.conversation.isOpen ? this.close() : this.open().catch(() => {}));
  }

  #parse(json) {
    try {
      return { ...JSON.parse(json) };
    } catch {
      console.warn("visitor-chat: the attribute texts is not JSON");
      return {};
    }
  }

  // Texts that the site set before this script had run.
  #adoptTexts() {
    if (!Object.hasOwn(this, "texts")) return;
    const { texts } = this;
    delete this.texts;
    this.texts = texts;
  }
}

customElements.define("visitor-chat", VisitorChat);
