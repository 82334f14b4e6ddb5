// Texts on their way, in the order in which they were written. They outlive a reload, and each keeps the id by which
// the server knows it again: sending one twice makes one message.

import { ApiError } from "./api.js";
import { backOff } from "./live.js";

const ATTEMPTS = 6; // about half a minute of trying before the visitor is asked

// crypto.randomUUID is missing on insecure origins; the address of a blob ends in a UUID everywhere.
function uuid() {
  const address = URL.createObjectURL(new Blob());
  URL.revokeObjectURL(address);
  return address.slice(-36);
}

export class Outbox {
  #isDelivering = false;
  #isDue = false;
  #notBefore = 0;
  #timer;

  // host: deliver(item), undelivered(item, error) which returns whether it has dealt with it, changed()
  constructor(memory, host) {
    this.memory = memory;
    this.host = host;
    this.recall();
  }

  recall() {
    this.items = this.memory.get("outbox") ?? []; // { id, text, name, chatId, at, attempts, isFailed }
  }

  add(text, details) {
    const item = { id: uuid(), text, ...details, at: new Date().toISOString(), attempts: 0 };
    this.change((items) => [...items, item]);
    this.deliver();
  }

  retry(item) {
    this.#changeOne(item, { isFailed: false, attempts: 0 });
    this.deliver();
  }

  // Other tabs write the same list, so that it is read anew before each change.
  change(change) {
    this.recall();
    this.items = change(this.items);
    this.memory.set("outbox", this.items.length ? this.items : null);
    this.host.changed();
  }

  #changeOne(item, changes) {
    this.change((items) => items.map((other) => (other.id === item.id ? { ...other, ...changes } : other)));
  }

  drop(dropped) {
    const ids = new Set(dropped.map((item) => item.id));
    this.change((items) => items.filter((item) => !ids.has(item.id)));
  }

  async deliver() {
    this.#isDue = true;
    if (this.#isDelivering) return;
    this.#isDelivering = true;
    while (this.#isDue) {
      this.#isDue = false;
      await this.memory.exclusively(() => this.#deliverAll());
    }
    this.#isDelivering = false;
  }

  // A text that another tab has delivered meanwhile is no longer in the list.
  async #deliverAll() {
    for (;;) {
      this.recall();
      const item = this.items.find((waiting) => !waiting.isFailed);
      if (!item || navigator.onLine === false || this.#mustWait()) return;
      try {
        await this.host.deliver(item);
        this.drop([item]);
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        if (this.host.undelivered(item, error)) return;
        if (error.isPassing && item.attempts + 1 < ATTEMPTS) return this.#deliverLater(item, error);
        this.#changeOne(item, { isFailed: true });
      }
    }
  }

  // What the server asks for is kept, also when the visitor writes more in the meantime.
  #mustWait() {
    const wait = this.#notBefore - Date.now();
    if (wait > 0) this.#deliverIn(wait);
    return wait > 0;
  }

  #deliverLater(item, { retryAfterMs }) {
    this.#notBefore = Date.now() + retryAfterMs;
    this.#changeOne(item, { attempts: item.attempts + 1 });
    this.#deliverIn(Math.max(backOff(item.attempts), retryAfterMs));
  }

  #deliverIn(wait) {
    this.stop();
    this.#timer = setTimeout(() => this.deliver(), wait);
  }

  stop() {
    clearTimeout(this.#timer);
  }
}
