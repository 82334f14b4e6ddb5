// What this browser keeps between page loads, shared by all tabs. Nothing is written before the first set().

export class Memory {
  #fallback = new Map(); // storage can be refused (private mode, a site's policy): then a page load is all there is
  #listener;

  constructor(root) {
    this.prefix = `visitor-chat ${root} `;
  }

  get(name) {
    try {
      return JSON.parse(localStorage.getItem(this.prefix + name));
    } catch {
      return this.#fallback.get(name) ?? null;
    }
  }

  set(name, value) {
    try {
      if (value == null || value === "") localStorage.removeItem(this.prefix + name);
      else localStorage.setItem(this.prefix + name, JSON.stringify(value));
    } catch {
      this.#fallback.set(name, value);
    }
  }

  forget(...names) {
    for (const name of names) this.set(name, null);
  }

  // Tells of changes made by other tabs; a cleared storage changes everything (name null).
  watch(onChange) {
    this.#listener = ({ key, storageArea }) => {
      if (storageArea !== localStorage || (key && !key.startsWith(this.prefix))) return;
      onChange(key && key.slice(this.prefix.length));
    };
    addEventListener("storage", this.#listener);
  }

  close() {
    removeEventListener("storage", this.#listener);
  }

  // One tab at a time; without the Web Locks API (an insecure origin) the server's idempotency is what is left.
  exclusively(act) {
    return navigator.locks ? navigator.locks.request(this.prefix, act) : act();
  }
}
