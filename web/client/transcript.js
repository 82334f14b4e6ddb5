// @ts-check
// The messages of one chat and how far they have been read: rules alone, without a clock and without a network.

/** @import { Frame, Message, Page, Place } from "./types.d.ts" */

/**
 * The order in which messages are shown.
 * @param {Place} a
 * @param {Place} b
 */
export const inOrder = (a, b) =>
  a.created_at === b.created_at ? (a.sequence ?? 0) - (b.sequence ?? 0) : a.created_at < b.created_at ? -1 : 1;

/** @param {{ type?: string }} message */
export const isNotice = ({ type }) => type === "join" || type === "leave";

export class Transcript {
  /** @type {Map<string, Message>} */
  #messages = new Map();
  /** @type {string | null | undefined} */
  cursor = null;
  // The history is no news; what comes after it is.
  isLoaded = false;

  get list() {
    return [...this.#messages.values()].filter((message) => !message.is_removed).sort(inOrder);
  }

  /**
   * Return how many messages of others stand after a place.
   * @param {Place} [seen]
   */
  unreadAfter(seen) {
    const counts = (/** @type {Message} */ m) => m.sender_type !== "visitor" && !isNotice(m);
    return this.list.filter((message) => counts(message) && (!seen || inOrder(message, seen) > 0)).length;
  }

  /**
   * Take messages in and return those that are news, in order.
   * @param {Message[]} messages
   */
  take(messages) {
    const news = messages.filter((message) => !message.is_removed && !this.#messages.has(message.id));
    for (const message of messages) this.#keep(message);
    return this.isLoaded ? news.sort(inOrder) : [];
  }

  /**
   * Removed is final, whatever an older frame says.
   * @param {Message} message
   */
  #keep(message) {
    const known = this.#messages.get(message.id);
    if (known?.is_removed) return;
    const isEdited = !!known && (known.is_edited || known.message !== message.message);
    this.#messages.set(message.id, { ...message, is_edited: isEdited });
  }

  /**
   * Take a page that was read from the cursor on.
   * @param {Page} page
   */
  takePage({ messages, next, has_more: hasMore }) {
    this.cursor = next;
    const news = this.take(messages);
    this.isLoaded ||= !hasMore;
    return news;
  }

  /**
   * Return whether a frame's message may be taken, and whether a read is due. A frame that says where it stands
   * (after) moves the cursor on, or shows that another was lost. One that does not may be older than what has been
   * read since: it can add or remove, but an edit is read; so is all that it may have overtaken, when the next pong
   * names another cursor.
   * @param {Frame & { message: Message }} frame
   */
  follow({ message, after, next }) {
    const known = this.#messages.get(message.id);
    const isNext = after === this.cursor;
    if (isNext) this.cursor = next;
    return {
      isUsable: isNext || !known || message.is_removed,
      isReadDue: !isNext && (!!after || (!!known && known.message !== message.message)),
    };
  }
}
