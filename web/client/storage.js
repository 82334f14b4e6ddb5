// @ts-check
// How what a browser keeps is named. The launcher looks here before anything else is loaded.

/** @import { KeyValueStorage } from "./types.d.ts" */

export const OUTBOX = "outbox ";

/** @param {string} root */
export const prefixOf = (root) => `visitor-chat ${root} `;

/**
 * Return what is kept under a name, or null. Throws where storage is refused, or holds what is not ours.
 * @param {KeyValueStorage} storage
 * @param {string} root
 * @param {string} name
 */
export const readStored = (storage, root, name) => JSON.parse(storage.getItem(prefixOf(root) + name) ?? "null");

/**
 * Return the names that something is kept under and that begin so.
 * @param {KeyValueStorage} storage
 * @param {string} root
 * @param {string} start
 */
export function storedNames(storage, root, start) {
  const prefix = prefixOf(root);
  const keys = Array.from({ length: storage.length }, (_, index) => storage.key(index) ?? "");
  return keys.filter((key) => key.startsWith(prefix + start)).map((key) => key.slice(prefix.length));
}
