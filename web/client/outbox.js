// @ts-check
// Texts on their way, in the order in which they were written. They outlive a reload, and each keeps the id by which
// the server knows it again: sending one twice makes one message. Each is kept by itself, so that tabs do not lose each
// other's.

import { ApiError, noAnswer } from "./api.js";
import { backOff, isOffline, LONGEST_MS } from "./live.js";
import { OUTBOX } from "./storage.js";

/** @import { OutboxItem, Scope } from "./types.d.ts" */
/** @import { Session } from "./session.js" */

const ATTEMPTS = 6; // about half a minute of trying before the visitor is asked
const EARLY_MS = 50; // timers may fire a little before their time

// crypto.randomUUID is missing on insecure origins; the address of a blob ends in a UUID everywhere.
function uuid() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const address = URL.createObjectURL(new Blob());
  URL.revokeObjectURL(address);
  return address.slice(-36);
}

/**
 * @typedef {object} Host
 * @property {(item: OutboxItem) => Promise<void>} deliver
 * @property {(item: OutboxItem, error: ApiError) => boolean} undelivered Return whether it has been dealt with.
 * @property {() => void} changed
 */

export class Outbox {
  /** @type {OutboxItem[]} */
  items = [];
  #isDelivering = false;
  #isDue = false;
  #isClosed = false;
  #notBefore = 0;
  #retryAfterMs = 0;
  /** @type {unknown} */
  #timer;

  /**
   * @param {Session} session
   * @param {Scope} scope
   * @param {Host} host
   */
  constructor(session, scope, host) {
    this.session = session;
    this.scope = scope;
    this.host = host;
    this.recall();
  }

  recall() {
    /** @type {OutboxItem[]} */
    const items = this.session.readAll(OUTBOX);
    this.items = items.sort((a, b) => a.order - b.order || (a.at < b.at ? -1 : 1));
  }

  /**
   * Return the id that it is known by.
   * @param {Omit<OutboxItem, "id" | "at" | "order" | "attempts">} content
   */
  add(content) {
    this.recall();
    const at = new Date(this.scope.Date.now()).toISOString();
    const order = 1 + (this.items.at(-1)?.order ?? 0);
    const item = { id: uuid(), ...content, at, order, attempts: 0 };
    this.#write([[item.id, item]]);
    this.deliver();
    return item.id;
  }

  /** @param {string} id */
  retry(id) {
    this.change(this.items.filter((item) => item.id === id), { error: null, attempts: 0, dueAt: 0 });
    this.deliver();
  }

  /**
   * Change those of the items that are still to be sent.
   * @param {OutboxItem[]} items
   * @param {Partial<OutboxItem>} changes
   */
  change(items, changes) {
    this.recall();
    const ids = items.map(({ id }) => id);
    const kept = this.items.filter(({ id }) => ids.includes(id));
    this.#write(kept.map((item) => [item.id, { ...item, ...changes }]));
  }

  /** @param {string[]} ids */
  drop(ids) {
    this.#write(ids.map((id) => [id, null]));
  }

  /** @param {Array<[string, OutboxItem | null]>} items */
  #write(items) {
    for (const [id, item] of items) this.session.write(OUTBOX + id, item);
    this.recall();
    this.host.changed();
  }

  async deliver() {
    this.#isDue = true;
    if (this.#isDelivering || this.#isClosed) return;
    this.#isDelivering = true;
    try {
      while (this.#isDue) {
        this.#isDue = false;
        await this.session.exclusively(() => this.#deliverAll());
      }
    } finally {
      this.#isDelivering = false;
    }
  }

  // A text that another tab has delivered meanwhile is no longer in the list.
  async #deliverAll() {
    for (;;) {
      this.recall();
      const item = this.items.find((waiting) => !waiting.error);
      if (!item || this.#isClosed || this.#mustWait() || !(await this.#deliverOne(item))) return;
    }
  }

  /**
   * Return whether the next one can go.
   * @param {OutboxItem} item
   */
  async #deliverOne(item) {
    try {
      await this.host.deliver(item);
      this.drop([item.id]);
    } catch (error) {
      if (error instanceof ApiError) return this.#undelivered(item, error);
      console.error("visitor-chat:", error); // an answer that is none
      return this.#undelivered(item, noAnswer());
    }
    return true;
  }

  /**
   * @param {OutboxItem} item
   * @param {ApiError} error
   */
  #undelivered(item, error) {
    if (this.host.undelivered(item, error)) return false;
    if (error.isTransient && this.#isWorthIt(item)) return this.#deliverLater(item, error);
    this.change([item], { error: error.code ?? "failed" });
    return true;
  }

  /**
   * Without a network, as far as the browser knows, it is tried for as long as it takes.
   * @param {OutboxItem} item
   */
  #isWorthIt(item) {
    return isOffline(this.scope) || this.#untilDue(item) > 0 || item.attempts + 1 < ATTEMPTS;
  }

  /**
   * Return the ms until an attempt counts; no longer than any pause is, should the clock have been set back.
   * @param {OutboxItem} item
   */
  #untilDue({ dueAt = 0 }) {
    const wait = Math.min(dueAt - this.scope.Date.now(), LONGEST_MS);
    return wait > EARLY_MS ? wait : 0;
  }

  // What the server asks for is kept, also when the visitor writes more in the meantime.
  #mustWait() {
    // No longer than was asked for, should the clock have been set back.
    const wait = Math.min(this.#notBefore - this.scope.Date.now(), this.#retryAfterMs);
    if (wait > 0) this.#deliverIn(wait);
    return wait > 0;
  }

  /**
   * @param {OutboxItem} item
   * @param {ApiError} error
   */
  #deliverLater(item, { retryAfterMs }) {
    this.#retryAfterMs = retryAfterMs;
    this.#notBefore = this.scope.Date.now() + retryAfterMs;
    let wait = this.#untilDue(item);
    if (!wait) {
      wait = backOff(item.attempts, this.scope);
      const attempts = isOffline(this.scope) ? item.attempts || 1 : item.attempts + 1;
      this.change([item], { attempts, dueAt: this.scope.Date.now() + wait });
    }
    this.#deliverIn(Math.max(wait, retryAfterMs));
    return false;
  }

  /** @param {number} wait */
  #deliverIn(wait) {
    this.scope.clearTimeout(this.#timer);
    if (!this.#isClosed) this.#timer = this.scope.setTimeout(() => this.deliver(), wait);
  }

  // What is on its way arrives; what waits is another's to send.
  close() {
    this.#isClosed = true;
    this.scope.clearTimeout(this.#timer);
  }
}
