// The list of messages: rows worked out from the state, then the elements brought in line with the rows. An element
// whose row says the same as before is left alone, so that focus, selection and scroll position stay.

import { isNotice } from "./conversation.js";
import { button, h, link, linked, safePicture, safeUrl } from "./dom.js";

const GROUP_MS = 300_000;
const DAY_MS = 86_400_000;
const ONLY_EMOJI = /^(\p{Extended_Pictographic}(\p{Emoji_Modifier}|\ufe0f|\u200d\p{Extended_Pictographic})*\s?){1,3}$/u;

const rowOfItem = (item) => ({
  key: item.id,
  sender_type: "visitor",
  message: item.text,
  created_at: item.at,
  item,
  state: item.isFailed ? "failed" : item.attempts ? "delayed" : "sending",
});

const rowOf = (message) => ({ ...message, key: message.client_message_id ?? message.id });

const ending = (chat) => ({ key: `end ${chat.id}`, type: "ended", created_at: chat.ended_at ?? chat.updated_at });

export function rowsOf({ earlier, list, chat, isEnded, outbox }) {
  const shelved = earlier.flatMap((past) => [...past.messages.map(rowOf), ending(past.chat)]);
  const rows = [...shelved, ...list.map(rowOf), ...outbox.items.map(rowOfItem)];
  // The last of the visitor's own messages tells that it has arrived; the ones before need not.
  const last = rows.at(-1);
  if (last?.sender_type === "visitor") last.state ??= "sent";
  if (isEnded) rows.push(ending(chat));
  return rows.map((row, index) => ({ ...row, ...startsOf(rows[index - 1], row) }));
}

// What agents send is not always what it should be.
const listOf = (value) => (Array.isArray(value) ? value.filter(Boolean) : []);

const isSaid = (row) => !isNotice(row) && row.type !== "ended";
const dayOf = (at) => new Date(at).setHours(0, 0, 0, 0);

// Where a day, a while or a turn of one side begins.
function startsOf(before, row) {
  const isNewDay = row.created_at && (!before || dayOf(before.created_at) !== dayOf(row.created_at));
  const isLater = isNewDay || Date.parse(row.created_at) - Date.parse(before.created_at) > GROUP_MS;
  const isSame = before && isSaid(before) && before.sender_type === row.sender_type && before.sender_name === row.sender_name;
  return { isNewDay, isLater, isFirst: isLater || !isSame };
}

export class Log {
  // Of each row by its key: { says, element }
  #shown = new Map();

  // actions: retry(item), choose(text)
  constructor(actions) {
    this.actions = actions;
    this.element = h("ol.list", { role: "list" });
  }

  speak(say) {
    this.say = say;
    this.time = new Intl.DateTimeFormat(say.lang, { timeStyle: "short" });
    this.day = new Intl.DateTimeFormat(say.lang, { weekday: "long", day: "numeric", month: "long" });
    this.relative = new Intl.RelativeTimeFormat(say.lang, { numeric: "auto" });
    this.#shown.clear();
    this.element.replaceChildren();
  }

  show(rows) {
    const before = this.#shown;
    this.#shown = new Map(rows.map((row) => [row.key, this.#entry(row, before.get(row.key), before.size)]));
    const elements = new Set([...this.#shown.values()].map(({ element }) => element));
    for (const element of [...this.element.children]) if (!elements.has(element)) element.remove();
    let place = this.element.firstChild;
    for (const element of elements) {
      if (element === place) place = place.nextSibling;
      else this.element.insertBefore(element, place);
    }
  }

  #entry(row, shown, isLater) {
    const says = JSON.stringify([row, row.isNewDay && dayOf(Date.now())]);
    if (shown?.says === says) return shown;
    const element = this.#row(row);
    if (isLater && !shown) element.classList.add("enter");
    return { says, element };
  }

  #row(row) {
    const kind = isSaid(row) ? row.sender_type : "aside";
    const day = row.isNewDay && h("p.day", null, h("time", { datetime: row.created_at }, this.#dayName(row.created_at)));
    const content = isSaid(row) ? this.#message(row) : [h("p.notice", null, this.#notice(row))];
    return h(`li.row ${kind} ${row.isFirst ? "first" : ""} ${row.state ?? ""}`, null, day, ...content);
  }

  #notice({ type, sender_name: name }) {
    return type === "ended" ? this.say("ended") : this.say(type, name ?? this.say("agent"));
  }

  #dayName(at) {
    const days = Math.round((dayOf(at) - dayOf(Date.now())) / DAY_MS);
    return days === 0 || days === -1 ? this.relative.format(days, "day") : this.day.format(new Date(at));
  }

  #message(row) {
    const isOther = row.sender_type !== "visitor";
    return [
      isOther && row.isFirst && avatar(row.sender_avatar_url, row.sender_name),
      h("div.said", null, this.#byline(row, isOther), this.#bubble(row), ...this.#attachments(row), this.#state(row)),
    ];
  }

  #byline({ isFirst, isLater, sender_name: name, created_at: at }, isOther) {
    const who = isOther ? h("bdi", null, name ?? this.say("agent")) : h("span.hidden", null, this.say("you"));
    return h((isOther ? isFirst : isLater) ? "p.byline" : "p.hidden", null, who, " ", h("time", { datetime: at }, this.time.format(new Date(at))));
  }

  #bubble({ message, isEdited }) {
    if (!message) return null;
    const kind = ONLY_EMOJI.test(message.trim()) ? "emoji" : "bubble";
    return h(`div.${kind}`, { dir: "auto" }, ...linked(message), isEdited && h("small", null, ` ${this.say("edited")}`));
  }

  #state({ state, item }) {
    const retry = item?.isFailed && button("link", () => this.actions.retry(item), this.say("retry"));
    return state && h("p.state", null, this.say(state), " ", retry);
  }

  #attachments({ attachments }) {
    return listOf(attachments).map((attachment) => this.#attachment(attachment));
  }

  #attachment({ title, title_link_url, text, image_url, image_link_url, attachment_url, actions }) {
    const name = String(title ?? this.say("picture"));
    return h(
      "div.card",
      { dir: "auto" },
      this.#picture(image_url, image_link_url, name),
      title && h("p.title", null, this.#maybeLink(title_link_url ?? attachment_url, name)),
      text && h("p", null, ...linked(String(text))),
      ...listOf(actions).map((action) => this.#action(action)),
    );
  }

  #maybeLink(address, text) {
    const url = safeUrl(address);
    return url ? link(url, text) : text;
  }

  #picture(address, target, name) {
    const source = safePicture(address);
    if (!source) return safeUrl(address) && this.#maybeLink(address, name);
    const image = h("img", { src: source, alt: name, loading: "lazy", referrerpolicy: "no-referrer" });
    return link(safeUrl(target) ?? source, image);
  }

  // An agent's button answers for the visitor; an agent's link button is a link.
  #action({ type, text, value }) {
    const label = String(text ?? value ?? "");
    if (type === "link_button") return h("p", null, this.#maybeLink(value, label));
    return button("choice", () => this.actions.choose(label), label);
  }
}

// A picture, else the first letter of the name, else what stands for nobody in particular.
export function avatar(address, name, nobody) {
  const face = h("span.avatar", { "aria-hidden": "true" }, [...(name ?? "").trim()][0]?.toUpperCase() ?? nobody);
  const source = safePicture(address);
  if (source) face.append(h("img", { src: source, alt: "", referrerpolicy: "no-referrer", onerror: (event) => event.target.remove() }));
  return face;
}
