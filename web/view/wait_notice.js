// @ts-check
// Who waits for long is told that they are not forgotten: twice, calmly, and once each to those who listen.

/** @import { Tools } from "./moments.js" */
/** @import { Panel } from "./panel.js" */

const STAGES = [
  { name: "waitLonger", afterMs: 60_000 },
  { name: "waitLong", afterMs: 180_000 },
];

/**
 * Return the text for so long a wait, or nothing, and the milliseconds until the next one.
 * @param {number} waitedMs
 */
export function stageOf(waitedMs) {
  const next = STAGES.find(({ afterMs }) => afterMs > waitedMs);
  return { name: STAGES.findLast(({ afterMs }) => afterMs <= waitedMs)?.name, nextMs: next && next.afterMs - waitedMs };
}

export class WaitNotice {
  #timer = 0;
  #said = "";
  /** @type {string | undefined} */
  #since;

  /**
   * @param {Panel} panel
   * @param {Tools} tools
   */
  constructor(panel, { h, setText }) {
    this.panel = panel;
    this.setText = setText;
    this.text = h("span");
    this.element = h("div.bar wait", { role: "status" }, this.text);
  }

  // Whether the visitor waits for long by now.
  get isLong() {
    return !!this.#since && !!stageOf(Date.now() - Date.parse(this.#since)).name;
  }

  update() {
    const { isUnderWay, chat } = this.panel.visit;
    const since = (isUnderWay && chat?.waiting_since) || "";
    if (since === this.#since) return;
    this.#since = since;
    this.#said = "";
    this.#tell();
  }

  #tell() {
    clearTimeout(this.#timer);
    const since = this.#since;
    const { name, nextMs } = since ? stageOf(Date.now() - Date.parse(since)) : {};
    this.element.hidden = !name;
    if (name && name !== this.#said) this.#say(name);
    if (nextMs) this.#timer = setTimeout(() => this.#tell(), nextMs);
  }

  // With how long it usually takes now, if that is known: once it is, so that it is read out in one piece.
  /** @param {string} name */
  async #say(name) {
    const { panel } = this;
    this.#said = name;
    const { chat } = panel.visit;
    const known = await panel.visit.availability(chat?.room ?? undefined).catch(() => null);
    const time = panel.wait(known?.estimated_waiting_time_seconds ?? null).replace(" · ", " ");
    if (this.#said === name) this.setText(this.text, panel.say(name) + time);
  }

  close() {
    clearTimeout(this.#timer);
  }
}
