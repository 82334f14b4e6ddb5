// @ts-check
// What the visitor has left while nobody was there: it waits, and can be taken back; or its time is over, and the text
// is still there to be copied. What has become a chat is shown by the chat.

/** @import { HeldMessage } from "../client/client.d.ts" */
/** @import { Tools } from "./moments.js" */
/** @import { Panel } from "./panel.js" */

export class HeldList {
  #says = "";
  #waiting = new Set();

  /**
   * @param {Panel} panel
   * @param {Tools} tools
   */
  constructor(panel, { h, button, setText }) {
    this.panel = panel;
    this.h = h;
    this.button = button;
    this.setText = setText;
    this.time = new Intl.DateTimeFormat(panel.say.lang, { weekday: "short", hour: "numeric", minute: "2-digit" });
    this.element = h("ol.list held", { role: "list" });
    for (const held of panel.visit.heldMessages) this.#waiting.add(held.id);
  }

  update() {
    const { heldMessages, isUnderWay } = this.panel.visit;
    const shown = heldMessages.filter(({ status }) => status === "held" || (status === "expired" && !isUnderWay)).reverse();
    const says = JSON.stringify(shown);
    this.element.hidden = !shown.length;
    if (says === this.#says) return;
    this.#says = says;
    this.element.replaceChildren(...shown.map((held) => this.#row(held)));
    this.#announce(shown);
  }

  /** @param {HeldMessage[]} shown */
  #announce(shown) {
    for (const held of shown) {
      if (held.status === "held" && !this.#waiting.has(held.id)) this.panel.announce(this.#state(held));
      this.#waiting.add(held.id);
    }
  }

  /** @param {HeldMessage} held */
  #state({ status, expires_at: until }) {
    const { say } = this.panel;
    return status === "held" ? say("held", this.time.format(new Date(until))) : say("expired");
  }

  /** @param {HeldMessage} held */
  #row(held) {
    const { h, panel } = this;
    const isHeld = held.status === "held";
    const act = isHeld ? () => this.#withdraw(held, choice) : () => this.#copy(held, choice);
    const choice = this.button("link", act, panel.say(isHeld ? "withdraw" : "copy"));
    const text = h("div.bubble", { dir: "auto" }, held.message);
    const state = h("p.state", null, this.#state(held));
    const you = h("span.hidden", null, panel.say("you"));
    const said = isHeld ? [you, text, state, choice] : [you, state, text, choice];
    return h("li.row visitor first", null, h("div.said", null, ...said));
  }

  /**
   * @param {HeldMessage} held
   * @param {HTMLButtonElement} choice
   */
  async #withdraw({ id, message }, choice) {
    const { visit } = this.panel;
    choice.disabled = true;
    try {
      await visit.withdraw(id);
      const isGone = visit.heldMessages.find((held) => held.id === id)?.status === "withdrawn";
      if (isGone && !visit.draft) visit.draft = message ?? ""; // to be written anew
      this.panel.focus();
    } catch {
      choice.disabled = false;
      this.panel.announce(this.panel.say("problem"));
    }
  }

  /**
   * @param {HeldMessage} held
   * @param {HTMLButtonElement} choice
   */
  async #copy({ message }, choice) {
    await navigator.clipboard?.writeText(message ?? "").then(() => this.setText(choice, this.panel.say("copied")), () => {});
  }

  close() {}
}
