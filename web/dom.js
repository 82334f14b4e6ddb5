// Elements from data. Text only ever becomes text nodes, and only http(s) addresses become links or pictures.

// h("p.status", { lang: "fi" }, "text", child): a falsy property or child is left out.
export function h(name, properties, ...children) {
  const [tag, className] = name.split(".");
  const element = document.createElement(tag);
  if (className) element.className = className;
  for (const [key, value] of Object.entries(properties ?? {})) {
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (value || value === 0) element.setAttribute(key, value);
  }
  element.append(...children.filter(Boolean));
  return element;
}

export const button = (kind, onclick, ...content) => h(`button.${kind}`, { type: "button", onclick }, ...content);

export function icon(path) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  svg.append(document.createElementNS(svg.namespaceURI, "path"));
  svg.firstChild.setAttribute("d", path);
  return svg;
}

// The address as a URL that is safe to follow, or null.
export function safeUrl(address) {
  const url = typeof address === "string" && URL.canParse(address) ? new URL(address) : null;
  return url && /^https?:$/.test(url.protocol) ? url.href : null;
}

// Pictures load by themselves, so they must not downgrade a secure page.
export function safePicture(address) {
  const url = safeUrl(address);
  return url && (url.startsWith("https:") || location.protocol === "http:") ? url : null;
}

export const link = (url, ...content) => h("a", { href: url, target: "_blank", rel: "noopener noreferrer nofollow" }, ...content);

// Nodes of a text with its web addresses as links. Punctuation that ends a sentence is not part of an address.
export function linked(text) {
  const nodes = [];
  let end = 0;
  for (const { 0: found, index } of text.matchAll(/\b(?:https?:\/\/|www\.)[^\s<>"']+/gi)) {
    const shown = found.replace(/[.,;:!?\]}»”]+$/, "").replace(/^([^(]*)\)$/, "$1");
    const url = safeUrl(/^www/i.test(shown) ? `https://${shown}` : shown);
    if (!url) continue;
    nodes.push(text.slice(end, index), link(url, shown));
    end = index + shown.length;
  }
  return [...nodes, text.slice(end)];
}
