// @ts-check
// What this browser remembers between page loads, shared by all tabs. Nothing is written before the first write().
// Each thing that tabs may change at the same time has a name of its own: a list that is read and written back would
// lose what another tab has just put into it.

import { prefixOf, readStored, storedNames } from "./storage.js";

/** @import { KeyValueStorage, Scope, Visitor } from "./types.d.ts" */

// Longer than a request may take.
const LOCK_MS = 25_000;

/**
 * A browser can refuse its storage altogether.
 * @param {Scope} scope
 * @returns {KeyValueStorage | null | undefined}
 */
export function storageOf(scope) {
  try {
    return scope.document && scope.localStorage;
  } catch {
    return null;
  }
}

/**
 * A visitor token begins with the visitor's id.
 * @param {string} [token]
 */
const ownerOf = (token) => token?.split(".")[0];

export class Session {
  // What storage did not take, because it is full, refused or missing: for this page load it is read from here.
  #unwritten = new Map();
  #stop = new AbortController();
  /** @type {Visitor | null} */
  visitor = null;

  /**
   * @param {string} root
   * @param {KeyValueStorage | null | undefined} storage
   * @param {Scope} scope
   */
  constructor(root, storage, scope) {
    this.root = root;
    this.storage = storage;
    this.scope = scope;
    this.recall();
  }

  /** @param {string} name */
  read(name) {
    if (this.#unwritten.has(name)) return this.#unwritten.get(name);
    return this.#attempt((storage) => readStored(storage, this.root, name)) ?? null;
  }

  /**
   * @param {string} name
   * @param {unknown} value nothing, or "", is not kept
   */
  write(name, value) {
    const key = prefixOf(this.root) + name;
    const isNothing = value == null || value === "";
    const isWritten = this.#attempt((storage) => {
      if (isNothing) storage.removeItem(key);
      else storage.setItem(key, JSON.stringify(value));
      return true;
    });
    if (isWritten) this.#unwritten.delete(name);
    else this.#unwritten.set(name, isNothing ? null : value);
  }

  // There may be room again.
  flush() {
    for (const [name, value] of this.#unwritten) this.write(name, value);
  }

  /**
   * Return what is kept under all names that begin so.
   * @param {string} start
   */
  readAll(start) {
    return this.#names(start).map((name) => this.read(name)).filter(Boolean);
  }

  /** @param {string} start */
  #names(start) {
    const stored = this.#attempt((storage) => storedNames(storage, this.root, start)) ?? [];
    const unwritten = [...this.#unwritten.keys()].filter((name) => name.startsWith(start));
    return [...new Set([...stored, ...unwritten])];
  }

  /** @param {string[]} names */
  forget(...names) {
    for (const name of names) this.write(name, null);
    this.recall();
  }

  // Nothing is left.
  clear() {
    this.forget(...this.#names(""));
  }

  /**
   * @template T
   * @param {(storage: KeyValueStorage) => T} act
   */
  #attempt(act) {
    try {
      return this.storage ? act(this.storage) : null;
    } catch {
      return null;
    }
  }

  // --- Who the visitor is, and their chat

  recall() {
    this.visitor = this.read("session");
  }

  /** @param {Visitor} changes */
  remember(changes) {
    this.write("session", { ...this.read("session"), ...changes });
    this.recall();
  }

  /**
   * Take a token that the site has got for a known person. Another visitor's chat is another; texts go along.
   * @param {string} token
   */
  adopt(token) {
    if (ownerOf(token) !== ownerOf(this.visitor?.token)) this.forget("session", "seen");
    this.remember({ token });
  }

  // --- Other tabs

  /**
   * Tells of changes made by other tabs; a cleared storage changes everything (name null).
   * @param {(name: string | null) => void} onChange
   */
  watch(onChange) {
    const prefix = prefixOf(this.root);
    /** @param {{ key: string | null, storageArea: unknown }} event */
    const changed = ({ key, storageArea }) => {
      if (storageArea !== this.storage || (key && !key.startsWith(prefix))) return;
      onChange(key && key.slice(prefix.length));
    };
    this.scope.addEventListener?.("storage", changed, { signal: this.#stop.signal });
  }

  close() {
    this.#stop.abort();
  }

  /**
   * One tab at a time. Where there are no locks (an insecure origin), where they are refused with the storage, or a tab
   * that the system has put to sleep holds one, the server's idempotency is what is left.
   * @param {() => Promise<void>} act
   */
  async exclusively(act) {
    const { setTimeout, clearTimeout, navigator } = this.scope;
    const patience = new AbortController();
    const timer = setTimeout(() => patience.abort(), LOCK_MS);
    let isGranted = false;
    const granted = () => {
      isGranted = true;
      clearTimeout(timer);
      return act();
    };
    try {
      await navigator?.locks?.request(prefixOf(this.root), { signal: patience.signal }, granted);
    } catch (error) {
      if (isGranted) throw error;
    }
    if (!isGranted) await granted();
  }
}
