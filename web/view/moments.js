// @ts-check
// Moments that few visitors meet, loaded when one comes: rooms to choose from, messages that are held until somebody is
// there, and a wait that is long. What the opened chat has, such as dom.js, is handed in, so that nothing travels twice.

import { HeldList } from "./held.js";
import { en, fi, sv } from "./moments_texts.js";
import { RoomChoice } from "./room_choice.js";
import { WaitNotice } from "./wait_notice.js";


/** @import { Panel } from "./panel.js" */
/** @import * as Dom from "./dom.js" */

/** @typedef {Pick<typeof Dom, "h" | "button" | "setText">} Tools */

/** @type {Record<string, Record<string, string>>} */
const TEXTS = { en, fi, sv };
const STYLE = `
.rooms {
  margin-bottom: auto;
  padding: 4px 8px 12px;
}
.welcome:has(+ .rooms:not([hidden])) {
  margin-bottom: 0;
}
.choices {
  display: grid;
  gap: 8px;
}
.rooms .question {
  color: var(--text);
  font-weight: 600;
}
.room {
  display: grid;
  min-height: 52px;
  padding: 8px 16px;
  border: 1px solid var(--edge);
  border-radius: 14px;
  background: none;
  text-align: start;
  font-weight: 600;
}
.room:hover {
  background: var(--soft);
}
.room .status {
  font-weight: 400;
  white-space: normal;
}
.rooms > p:last-child {
  color: var(--muted);
  font-size: 13px;
}
.held .bubble {
  color: var(--text);
  background: none;
  box-shadow: inset 0 0 0 1px var(--edge);
}
.choice:disabled {
  opacity: 0.55;
  cursor: default;
}
`;

/**
 * Return the address of the service worker that may tell the visitor, or nothing where that cannot be: the site's own,
 * or on a page of the stack's own origin the stack's.
 * @param {HTMLElement} element
 */
function workerOf(element) {
  if (!("PushManager" in window && "Notification" in window && navigator.serviceWorker)) return;
  if (Notification.permission === "denied") return;
  const named = element.getAttribute("worker");
  const address = named ? new URL(named, document.baseURI) : new URL("./worker.js", import.meta.url);
  return address.origin === location.origin ? address.href : undefined;
}

export class Moments {
  /** @type {import("./push.js").PushOffer | null | undefined} null while it is being loaded */
  #push;

  /**
   * @param {Panel} panel
   * @param {Tools} tools
   */
  constructor(panel, tools) {
    const { say, host, content } = panel;
    this.panel = panel;
    this.tools = tools;
    say.texts = Object.assign(say.texts, { ...TEXTS[host.element.language.split("-")[0]], ...say.texts });
    this.parts = [new RoomChoice(panel, tools), new HeldList(panel, tools), new WaitNotice(panel, tools)];
    const [rooms, held, wait] = this.parts;
    this.wait = /** @type {WaitNotice} */ (wait);
    panel.welcome.after(rooms.element);
    content.append(held.element);
    panel.bar.after(wait.element);
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE);
    /** @type {ShadowRoot} */ (panel.element.getRootNode()).adoptedStyleSheets.push(sheet);
  }

  update() {
    for (const part of this.parts) part.update();
    const isWaiting = this.wait.isLong || this.panel.visit.heldMessages.some(({ status }) => status === "held");
    if (isWaiting && this.#push === undefined) this.#loadPush();
    this.#push?.update(isWaiting);
  }

  async #loadPush() {
    this.#push = null;
    const { panel, tools } = this;
    const worker = workerOf(panel.host.element);
    if (!worker) return;
    const module = await import("./push.js").catch(() => null); // the next change tries again
    this.#push = module ? new module.PushOffer(panel, tools, worker) : undefined;
    if (!this.#push) return;
    this.wait.element.after(this.#push.element);
    this.update();
  }

  close() {
    for (const part of this.parts) part.close();
  }
}
