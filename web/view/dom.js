// @ts-check
// Elements from data. Text only ever becomes text nodes, and only http(s) addresses become links or pictures.

import { partsOf, safeUrl } from "./links.js";

/**
 * @template {string} S
 * @typedef {S extends `${infer T}.${string}` ? ElementOf<T> : ElementOf<S>} Made
 */
/**
 * @template {string} T
 * @typedef {T extends keyof HTMLElementTagNameMap ? HTMLElementTagNameMap[T] : HTMLElement} ElementOf
 */
/** @typedef {Node | string | false | null | undefined} Child */

/**
 * h("p.status", { lang: "fi" }, "text", child): a falsy property or child is left out.
 * @template {string} S
 * @param {S} name
 * @param {Record<string, any> | null} [properties]
 * @param {Child[]} children
 * @returns {Made<S>}
 */
export function h(name, properties, ...children) {
  const [tag, className] = name.split(".");
  const element = document.createElement(tag);
  if (className) element.className = className;
  for (const [key, value] of Object.entries(properties ?? {})) {
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (value || value === 0) element.setAttribute(key, value);
  }
  element.append(.../** @type {Array<Node | string>} */ (children.filter(Boolean)));
  return /** @type {Made<S>} */ (element);
}

/**
 * @param {string} kind
 * @param {() => void} onclick
 * @param {Child[]} content
 * @returns {HTMLButtonElement}
 */
export const button = (kind, onclick, ...content) =>
  h(/** @type {"button"} */ (`button.${kind}`), { type: "button", onclick }, ...content);

/**
 * @param {Element} element
 * @param {string} text
 */
export const setText = (element, text) => element.textContent !== text && (element.textContent = text);

/** @param {string} path */
export function icon(path) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const shape = document.createElementNS(svg.namespaceURI, "path");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  shape.setAttribute("d", path);
  svg.append(shape);
  return svg;
}

/**
 * Pictures load by themselves, so they must not downgrade a secure page.
 * @param {unknown} address
 */
export function safePicture(address) {
  const url = safeUrl(address);
  return url && (url.startsWith("https:") || location.protocol === "http:") ? url : null;
}

/**
 * @param {string} url
 * @param {Child[]} content
 */
export const link = (url, ...content) =>
  h("a", { href: url, target: "_blank", rel: "noopener noreferrer nofollow" }, ...content);

/**
 * Nodes of a text with its web and mail addresses and its telephone numbers as links.
 * @param {string} text
 * @returns {Child[]}
 */
export const linked = (text) => partsOf(text).map((part) => (part.url ? link(part.url, part.text) : part.text));
