// @ts-check
// Where the visitor writes: a name before the first message, the text, and how much room is left for it.

import { h, icon, setText } from "./dom.js";

/** @import { Visit } from "./visit.js" */
/** @import { Say } from "./texts.js" */

// UTF-16 code units, as the server counts them.
const LONGEST = 2000;
const WARN = 200;
const SEND = "M12 19V6M6 12l6-6 6 6";

// A touch screen's keyboard covers what there is to read, and its Enter begins a new line.
export const isTouched = () => matchMedia("(pointer: coarse)").matches;

/**
 * An input method is at work; Safari says so only by the key code of the Enter that ends a composition.
 * @param {KeyboardEvent} event
 */
export const isComposing = (event) => event.isComposing || event.keyCode === 229;

export class Composer {
  /**
   * @param {Visit} visit
   * @param {Say} say
   * @param {() => void} onSend
   * @param {(text: string) => void} announce
   */
  constructor(visit, say, onSend, announce) {
    this.visit = visit;
    this.say = say;
    this.onSend = onSend;
    this.announce = announce;
    this.name = h("input", {
      ...this.#label("name"),
      autocomplete: "name",
      maxlength: 100,
      oninput: () => (visit.name = this.name.value),
    });
    this.text = h("textarea", {
      ...this.#label("message"),
      rows: 1,
      "aria-describedby": "count",
      oninput: () => this.#typed(),
      onkeydown: (/** @type {KeyboardEvent} */ event) => this.#keyed(event),
    });
    this.count = h("p.count", { id: "count" });
    const send = h("button.send", { title: say("send") }, icon(SEND));
    const onsubmit = (/** @type {Event} */ event) => this.#submit(event);
    this.element = h("form.composer", { onsubmit }, this.name, h("div.field", null, this.text, send), this.count);
    this.bringDraft();
  }

  /** @param {string} name */
  #label(name) {
    return { placeholder: this.say(name), "aria-label": this.say(name), dir: "auto" };
  }

  bringDraft() {
    // To set it anew would move the caret.
    if (this.text.value !== this.visit.draft) this.text.value = this.visit.draft;
    this.name.value = this.visit.name;
    this.measure();
  }

  #typed() {
    this.visit.draft = this.text.value;
    this.measure();
  }

  // Returns how many characters there is still room for.
  measure() {
    this.text.style.height = "auto";
    if (this.text.scrollHeight) this.text.style.height = `${this.text.scrollHeight}px`;
    const left = LONGEST - this.text.value.trim().length;
    setText(this.count, left > WARN ? "" : left < 0 ? this.say("tooMany", -left) : this.say("room", left));
    this.text.ariaInvalid = String(left < 0);
    return left;
  }

  /** @param {KeyboardEvent} event */
  #keyed(event) {
    if (event.key === "Enter" && !event.shiftKey && !isComposing(event) && !isTouched()) this.#submit(event);
  }

  /** @param {Event} event */
  #submit(event) {
    event.preventDefault();
    const said = this.text.value.trim();
    const left = this.measure();
    if (left < 0) this.announce(this.say("tooMany", -left));
    if (said && left >= 0) {
      this.onSend();
      this.text.value = "";
      this.#typed();
      this.visit.send(said, { name: this.name.value.trim() });
    }
    this.text.focus();
  }
}
