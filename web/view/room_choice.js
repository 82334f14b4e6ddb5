// @ts-check
// Which of the site's rooms the visitor wants to talk to, and whether somebody is there.

/** @import { Room } from "../client/client.d.ts" */
/** @import { Tools } from "./moments.js" */
/** @import { Panel } from "./panel.js" */

export class RoomChoice {
  /** @type {Room[] | null} as the stack knows them, asked once */
  #known = null;
  #isAsked = false;

  /**
   * @param {Panel} panel
   * @param {Tools} tools
   */
  constructor(panel, { h, button, setText }) {
    this.panel = panel;
    this.h = h;
    this.button = button;
    this.setText = setText;
    const question = h("p.question", { id: "rooms" }, panel.say("choose room"));
    this.list = h("div.choices", { role: "group", "aria-labelledby": "rooms" }, question);
    this.name = h("span");
    const other = button("link", () => this.#choose(undefined), panel.say("other room"));
    this.chosen = h("p", null, this.name, " ", other);
    this.element = h("div.rooms", null, this.list, this.chosen);
  }

  update() {
    const { visit, say } = this.panel;
    const { choices, room, isChoosing } = visit;
    const isChosen = choices.length > 1 && !!room && !visit.visitor?.chatId && !visit.isSending;
    this.element.hidden = !isChoosing && !isChosen;
    this.list.hidden = !isChoosing;
    this.chosen.hidden = !isChosen;
    if (isChosen) this.setText(this.name, say("chosen room", this.#nameOf(room)));
    if (isChoosing) this.#ask();
  }

  async #ask() {
    if (this.#isAsked) return;
    this.#isAsked = true;
    const { visit } = this.panel;
    this.#known = await visit.rooms().catch(() => null);
    this.list.append(...this.#listed().map((name) => this.#button(name)));
    if (this.#listed().length === 1 && visit.isChoosing) this.#choose(this.#listed()[0]);
  }

  // Those that the stack does not have are left out, if it says which it has.
  #listed() {
    const { choices } = this.panel.visit;
    const known = choices.filter((name) => !this.#known || this.#known.some(({ room }) => room === name));
    return known.length ? known : choices;
  }

  /** @param {string} name */
  #nameOf(name) {
    return String(this.panel.say.texts[`room ${name}`] ?? name);
  }

  /** @param {string} name */
  #button(name) {
    const { h, panel } = this;
    const state = this.#known?.find(({ room }) => room === name);
    const status = h("span.status");
    status.dataset.mood = state?.is_online ? "on" : "off";
    if (state?.is_online) this.setText(status, panel.say("online") + panel.wait(state.estimated_waiting_time_seconds));
    else if (state?.is_online === false) this.setText(status, panel.say("away"));
    return this.button("room", () => this.#choose(name), h("span", { dir: "auto" }, this.#nameOf(name)), status);
  }

  /** @param {string | undefined} name */
  #choose(name) {
    const { panel } = this;
    panel.visit.room = name;
    panel.visit.presence = "unknown";
    panel.visit.checkPresence();
    panel.update();
    if (name) panel.focus();
    else this.list.querySelector("button")?.focus();
  }

  close() {}
}
