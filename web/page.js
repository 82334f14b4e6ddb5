// The standalone page: what a link to it may choose, as in chat?lang=fi&accent=%23234f9d&title=Support.

const chat = document.querySelector("visitor-chat");
const wanted = new URLSearchParams(location.search);

for (const name of ["title", "lang", "accent", "theme"]) if (wanted.has(name)) chat.setAttribute(name, wanted.get(name));

// The page speaks the chat's language, whichever that turns out to be.
await customElements.whenDefined("visitor-chat");
document.documentElement.lang = chat.language;
document.title = document.querySelector("h1").textContent = wanted.get("title") || "Chat";
