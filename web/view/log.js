// @ts-check
// The list of messages: rows worked out from the state, then the elements brought in line with the rows. An element
// whose row says the same as before is left alone, so that focus, selection and scroll position stay.

import { isNotice } from "../client/transcript.js";
import { button, h, linked, safePicture } from "./dom.js";

/** @import { Chat, ShownMessage } from "../client/client.d.ts" */
/** @import { Child } from "./dom.js" */
/** @import { Visit } from "./visit.js" */
/** @import { Say } from "./texts.js" */

/**
 * A line of the log: a message, or the end of a chat.
 * @typedef {Partial<ShownMessage> & { key: string, created_at: string, state?: ShownMessage["status"] }} Line
 */
/** @typedef {Line & { isNewDay: boolean, isLater: boolean, isFirst: boolean }} Row */

const GROUP_MS = 300_000;
const DAY_MS = 86_400_000;
const ONLY_EMOJI = /^(\p{Extended_Pictographic}(\p{Emoji_Modifier}|\ufe0f|\u200d\p{Extended_Pictographic})*\s?){1,3}$/u;

/** @type {(chat: Chat) => Line} */
const ending = (chat) => ({ key: `end ${chat.id}`, type: "ended", created_at: chat.ended_at ?? chat.updated_at });

/**
 * That it has arrived, the last of the visitor's own messages tells; the ones before need not.
 * @type {(message: ShownMessage, isLast: boolean) => Line}
 */
const lineOf = (message, isLast) => {
  const isTold = message.status !== "sent" || (isLast && message.sender_type === "visitor");
  return { ...message, ...(isTold && { state: message.status }) };
};

/**
 * @param {Visit} visit
 * @returns {Row[]}
 */
export function rowsOf({ earlier, messages, chat, isEnded }) {
  const put = (/** @type {ShownMessage} */ message) => lineOf(message, false);
  const lines = earlier.flatMap((past) => [...past.messages.map(put), ending(past.chat)]);
  lines.push(...messages.map((message, index) => lineOf(message, index === messages.length - 1)));
  if (chat && isEnded) lines.push(ending(chat));
  return lines.map((line, index) => ({ ...line, ...startsOf(lines[index - 1], line) }));
}

/** @param {Line} row */
const isSaid = (row) => !isNotice(row) && row.type !== "ended";
/** @param {string | number} at */
const dayOf = (at) => new Date(at).setHours(0, 0, 0, 0);

/**
 * Where a day, a while or a turn of one side begins.
 * @param {Line | undefined} before
 * @param {Line} row
 */
function startsOf(before, row) {
  const isNewDay = !before || dayOf(before.created_at) !== dayOf(row.created_at);
  const isLater = isNewDay || Date.parse(row.created_at) - Date.parse(before.created_at) > GROUP_MS;
  const isSame = before?.sender_type === row.sender_type && before?.sender_name === row.sender_name;
  return { isNewDay, isLater, isFirst: isLater || !isSame || !isSaid(before) };
}

export class Log {
  // Of each row by its key: { says, element }
  /** @type {Map<string, { says: string, element: Element }>} */
  #shown = new Map();
  /** @type {import("./cards.js").Cards | undefined} loaded with the first attachment */ cards;
  /** @type {Say} */ say;
  /** @type {Intl.DateTimeFormat} */ time;
  /** @type {Intl.DateTimeFormat} */ day;
  /** @type {Intl.RelativeTimeFormat} */ relative;

  /** @param {{ retry: (key: string) => void, needCards: () => void }} actions */
  constructor(actions) {
    this.actions = actions;
    this.element = h("ol.list", { role: "list" });
  }

  /** @param {Say} say */
  speak(say) {
    this.say = say;
    this.time = new Intl.DateTimeFormat(say.lang, { timeStyle: "short" });
    this.day = new Intl.DateTimeFormat(say.lang, { weekday: "long", day: "numeric", month: "long" });
    this.relative = new Intl.RelativeTimeFormat(say.lang, { numeric: "auto" });
    this.#shown.clear();
    this.element.replaceChildren();
  }

  /** @param {Row[]} rows */
  show(rows) {
    const before = this.#shown;
    this.#shown = new Map(rows.map((row) => [row.key, this.#entry(row, before.get(row.key), before.size > 0)]));
    const elements = new Set([...this.#shown.values()].map(({ element }) => element));
    for (const element of [...this.element.children]) if (!elements.has(element)) element.remove();
    let place = this.element.firstChild;
    for (const element of elements) {
      if (place && element === place) place = place.nextSibling;
      else this.element.insertBefore(element, place);
    }
  }

  /**
   * @param {Row} row
   * @param {{ says: string, element: Element } | undefined} shown
   * @param {boolean} isLater
   */
  #entry(row, shown, isLater) {
    const says = JSON.stringify([row, row.isNewDay && dayOf(Date.now()), !!row.attachments?.length && !!this.cards]);
    if (shown?.says === says) return shown;
    const element = this.#row(row);
    if (isLater && !shown) element.classList.add("enter");
    return { says, element };
  }

  /** @param {Row} row */
  #row(row) {
    const { created_at: at, isFirst, state } = row;
    const kind = isSaid(row) ? row.sender_type : "aside";
    const day = row.isNewDay && h("p.day", null, h("time", { datetime: at }, this.#dayName(at)));
    const content = isSaid(row) ? this.#message(row) : [h("p.notice", null, this.#notice(row))];
    return h(`li.row ${kind} ${isFirst ? "first" : ""} ${state ?? ""}`, null, day, ...content);
  }

  /** @param {Row} row */
  #notice({ type = "", sender_name: name }) {
    return type === "ended" ? this.say("ended") : this.say(type, name ?? this.say("agent"));
  }

  /** @param {string} at */
  #dayName(at) {
    const days = Math.round((dayOf(at) - dayOf(Date.now())) / DAY_MS);
    return days === 0 || days === -1 ? this.relative.format(days, "day") : this.day.format(new Date(at));
  }

  /** @param {Row} row */
  #message(row) {
    const isOther = row.sender_type !== "visitor";
    return [
      isOther && row.isFirst && avatar(row.sender_avatar_url, row.sender_name),
      h("div.said", null, this.#byline(row, isOther), this.#bubble(row), ...this.#attachments(row), this.#state(row)),
    ];
  }

  /**
   * @param {Row} row
   * @param {boolean} isOther
   */
  #byline({ isFirst, isLater, sender_name: name, created_at: at }, isOther) {
    const who = isOther ? h("bdi", null, name ?? this.say("agent")) : h("span.hidden", null, this.say("you"));
    const time = h("time", { datetime: at }, this.time.format(new Date(at)));
    return h((isOther ? isFirst : isLater) ? "p.byline" : "p.hidden", null, who, " ", time);
  }

  /** @param {Row} row */
  #bubble({ message: said, action, is_edited: isEdited }) {
    const message = said || action?.text;
    if (!message) return null;
    const kind = ONLY_EMOJI.test(message.trim()) ? "emoji" : "bubble";
    const edited = isEdited && h("small", null, ` ${this.say("edited")}`);
    return h(`div.${kind}`, { dir: "auto" }, ...linked(message), edited);
  }

  /** @param {Row} row */
  #state({ state, key }) {
    const retry = state === "failed" && button("link", () => this.actions.retry(key), this.say("retry"));
    return state && h("p.state", null, this.say(state), " ", retry);
  }

  /** @param {Row} row */
  #attachments({ attachments, id }) {
    if (!attachments?.length) return [];
    if (!this.cards) this.actions.needCards();
    return attachments.map((attachment) => this.cards?.card(attachment, id));
  }
}

/**
 * A picture, else the first letter of the name, else what stands for nobody in particular.
 * @param {unknown} address
 * @param {string | null | undefined} name
 * @param {Child} [nobody]
 */
export function avatar(address, name, nobody) {
  const face = h("span.avatar", { "aria-hidden": "true" }, [...(name ?? "").trim()][0]?.toUpperCase() ?? nobody);
  const source = safePicture(address);
  if (!source) return face;
  const image = h("img", { src: source, alt: "", referrerpolicy: "no-referrer", onerror: () => image.remove() });
  face.append(image);
  return face;
}
