// @ts-check
// How the page speaks: a language's texts, of which a site can replace any.

/** @typedef {((name: string, value?: string | number) => string) & { texts: Record<string, unknown>, lang: string, dir: string }} Say */

/**
 * Returns say(name, value) with the language's tag, which says how dates and numbers are written too.
 * @param {string} tag
 * @param {Record<string, unknown>} texts
 * @returns {Say}
 */
export function speak(tag, texts) {
  /** @type {(name: string, value?: string | number) => string} */
  const say = (name, value) => String(texts[name]).replace("{0}", () => String(value));
  const { script } = new Intl.Locale(tag).maximize();
  return Object.assign(say, { texts, lang: tag, dir: /Arab|Hebr|Thaa/.test(script ?? "") ? "rtl" : "ltr" });
}
