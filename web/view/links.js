// @ts-check
// Which parts of a text are addresses, and where they lead. No document here: tested in Node.

// What ends an address for sure: spaces, quotes, and the punctuation of languages that put no space after it.
const ADDRESS = /(?<![a-z\d])(?:https?:\/\/|www\.)[^\s<>"'`|\u3001\u3002\uff01\uff08\uff09\uff0c\uff1a\uff1b\uff1f\u300c-\u3011]+/u;
const MAIL = /[\p{L}\d._%+-]+@[\p{L}\d.-]+\.\p{L}{2,}/u;
const PHONE = /(?<![\w+./-])(?:\+|00)\d[\d ()-]{6,18}\d(?![\w/-])|(?<![\w+./-])0\d{1,3}[ -]\d{3,4}[ -]?\d{2,4}(?![\w./-])/u;
const FOUND = new RegExp([ADDRESS, MAIL, PHONE].map(({ source }) => `(${source})`).join("|"), "giu");
const SENTENCE_END = /[.,;:!?*_~\u2019\u2026\u00bb\u201d\]}]$/;

/**
 * The address as a URL that is safe to follow, or null.
 * @param {unknown} address
 */
export function safeUrl(address) {
  const url = typeof address === "string" && URL.canParse(address) ? new URL(address) : null;
  return url && /^https?:$/.test(url.protocol) ? url.href : null;
}

/**
 * A text in parts, of which some lead somewhere.
 * @param {string} text
 * @returns {Array<{ text: string, url?: string | null }>}
 */
export function partsOf(text) {
  const parts = [];
  let end = 0;
  for (const { 0: found, 1: web, 2: mail, index } of text.matchAll(FOUND)) {
    const shown = web ? trimmed(found) : found;
    const url = web ? safeUrl(/^www/i.test(shown) ? `https://${shown}` : shown) : mail ? `mailto:${shown}` : phone(shown);
    if (!url) continue;
    parts.push({ text: text.slice(end, index) }, { text: shown, url });
    end = index + shown.length;
  }
  return [...parts, { text: text.slice(end) }].filter((part) => part.text);
}

/** @param {string} shown */
const phone = (shown) => `tel:${shown.replace(/^00/, "+").replace(/[^\d+]/g, "")}`;

/**
 * Punctuation that ends a sentence is not part of an address, and neither is a bracket that was opened before it.
 * @param {string} address
 */
function trimmed(address) {
  let rest = address;
  while (SENTENCE_END.test(rest) || (rest.endsWith(")") && rest.split(")").length > rest.split("(").length)) {
    rest = rest.slice(0, -1);
  }
  return rest;
}
