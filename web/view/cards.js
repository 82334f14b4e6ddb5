// @ts-check
// What agents and bots attach: pictures, links and buttons. Loaded with the first attachment; dom.js is handed in.

/** @import { Attachment, Button, Press } from "../client/client.d.ts" */
/** @import * as Dom from "./dom.js" */
/** @import * as Links from "./links.js" */
/** @import { Say } from "./texts.js" */

/** @typedef {Pick<typeof Dom, "h" | "button" | "link" | "linked" | "safePicture"> & Pick<typeof Links, "safeUrl">} Tools */

export class Cards {
  /**
   * @param {Say} say
   * @param {(press: Press | null, text: string) => void} press
   * @param {Tools} tools
   */
  constructor(say, press, tools) {
    this.say = say;
    this.press = press;
    this.tools = tools;
  }

  /**
   * @param {Attachment} attachment
   * @param {string | undefined} messageId
   */
  card({ id, title, title_link_url, text, image_url, image_link_url, attachment_url, actions }, messageId) {
    const { h, linked } = this.tools;
    const name = String(title ?? this.say("picture"));
    return h(
      "div.card",
      { dir: "auto" },
      this.#picture(image_url, image_link_url, name),
      title && h("p.title", null, this.#maybeLink(title_link_url ?? attachment_url, name)),
      text && h("p", null, ...linked(String(text))),
      ...actions.map((action) => this.#action(action, { message_id: messageId, attachment_id: id, action_id: action.id })),
    );
  }

  /**
   * @param {unknown} address
   * @param {string} text
   */
  #maybeLink(address, text) {
    const { link, safeUrl } = this.tools;
    const url = safeUrl(address);
    return url ? link(url, text) : text;
  }

  /**
   * @param {unknown} address
   * @param {unknown} target
   * @param {string} name
   */
  #picture(address, target, name) {
    const { h, link, safePicture, safeUrl } = this.tools;
    const source = safePicture(address);
    if (!source) return safeUrl(address) && this.#maybeLink(address, name);
    const onerror = () => image.replaceWith(name); // a link that says what it is, not the browser's broken picture
    const image = h("img", { src: source, alt: name, loading: "lazy", referrerpolicy: "no-referrer", onerror });
    return link(safeUrl(target) ?? source, image);
  }

  /**
   * A button is the visitor's choice, and its label their answer if it has no id; a link button is a link.
   * @param {Button} action
   * @param {{ [Part in keyof Press]?: Press[Part] | null }} place
   */
  #action({ type, text, value, is_disabled: isDisabled }, place) {
    const { button, h } = this.tools;
    const label = String(text ?? value ?? "");
    if (type === "link_button") return h("p", null, this.#maybeLink(value, label));
    const press = Object.values(place).every(Boolean) ? /** @type {Press} */ (place) : null;
    return Object.assign(button("choice", () => this.press(press, label), label), { disabled: isDisabled });
  }
}
