// @ts-check
// The standalone page: what a link to it may choose, as in chat?lang=fi&accent=%23234f9d&title=Support.

/** @import { VisitorChatElement } from "./widget.js" */

const chat = /** @type {VisitorChatElement} */ (document.querySelector("visitor-chat"));
const heading = /** @type {HTMLElement} */ (document.querySelector("h1"));
const wanted = new URLSearchParams(location.search);

for (const name of ["title", "lang", "accent", "theme", "room", "rooms"]) {
  if (wanted.has(name)) chat.setAttribute(name, wanted.get(name) ?? "");
}

// The page speaks the chat's language, whichever that turns out to be.
await customElements.whenDefined("visitor-chat");
document.documentElement.lang = chat.language;
document.title = heading.textContent = wanted.get("title") || "Chat";

export {};
