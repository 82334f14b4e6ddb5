// @ts-check
// Answers told with the page closed, loaded once there is something to wait for. The browser is asked for its leave only
// when the visitor asks to be told. What the opened chat has is handed in, so that nothing travels twice.

/** @import { Tools } from "./moments.js" */
/** @import { Panel } from "./panel.js" */

/** @typedef {{ endpoint: string, visitor: string, at: number }} Agreed what this browser remembers */
/** @typedef {"none" | "offered" | "told" | "problem" | "notAllowed"} State */

/** @type {Record<string, Record<string, string>>} */
const TEXTS = {
  en: {
    tellMe: "Tell me when there is an answer",
    told: "You will be told here, also with the page closed.",
    stopTelling: "Stop",
    notAllowed: "Your browser does not allow this page to tell you.",
  },
  fi: {
    tellMe: "Ilmoita, kun vastaus tulee",
    told: "Saat ilmoituksen, vaikka sivu olisi suljettu.",
    stopTelling: "Lopeta",
    notAllowed: "Selaimesi ei salli tämän sivun ilmoituksia.",
  },
  sv: {
    tellMe: "Meddela mig när det kommer ett svar",
    told: "Du får ett meddelande här, även när sidan är stängd.",
    stopTelling: "Sluta",
    notAllowed: "Din webbläsare tillåter inte meddelanden från den här sidan.",
  },
};
const DAY_MS = 86_400_000;

// A page may ask that scripts be loaded from trusted addresses alone; ours is the site's own, or the stack's.
/** @type {{ createScriptURL(url: string): any } | null | undefined} */
let policy;

/** @param {string} address */
function trusted(address) {
  const { trustedTypes } = /** @type {any} */ (window);
  try {
    policy ??= trustedTypes?.createPolicy("visitor-chat", { createScriptURL: (/** @type {string} */ url) => url });
  } catch {
    policy = null; // the site's own policy allows none of ours
  }
  return policy ? policy.createScriptURL(address) : address;
}

/** @param {BufferSource | null} key */
function textOf(key) {
  const bytes = new Uint8Array(/** @type {ArrayBuffer} */ (key ?? new ArrayBuffer()));
  return btoa(String.fromCharCode(...bytes)).replace(/\+/g, "-").replace(/\//g, "_").replace(/=/g, "");
}

/**
 * A worker that is new takes a moment.
 * @param {ServiceWorkerRegistration} registration
 */
async function activated(registration) {
  const worker = registration.installing ?? registration.waiting ?? registration.active;
  while (worker && worker.state !== "activated") {
    if (worker.state === "redundant") throw new Error("the worker was not taken");
    await new Promise((resolve) => worker.addEventListener("statechange", resolve, { once: true }));
  }
  return registration;
}

export class PushOffer {
  /** @type {State} */
  #state = "none";
  #key = "";

  /**
   * @param {Panel} panel
   * @param {Tools} tools
   * @param {string} worker the address of the service worker
   */
  constructor(panel, { h, button, setText }, worker) {
    const { say, host } = panel;
    say.texts = Object.assign(say.texts, { ...TEXTS[host.element.language.split("-")[0]], ...say.texts });
    this.panel = panel;
    this.worker = worker;
    this.isOwn = !host.element.hasAttribute("worker");
    this.setText = setText;
    this.text = h("span");
    this.choice = button("link", () => void this.#choose());
    this.element = h("div.bar push", { role: "status" }, this.text, this.choice);
    this.element.hidden = true;
    this.isWaiting = false;
    this.#look();
  }

  /** @param {boolean} isWaiting */
  update(isWaiting) {
    this.isWaiting = isWaiting;
    this.#show();
  }

  #show() {
    const { say } = this.panel;
    const state = this.#state;
    this.element.hidden = state === "none" || !this.isWaiting;
    this.setText(this.text, state === "offered" || state === "none" ? "" : say(state));
    this.setText(this.choice, say(state === "told" ? "stopTelling" : "tellMe"));
    this.choice.hidden = state === "notAllowed";
  }

  /** @param {State} state */
  #become(state) {
    this.#state = state;
    this.#show();
  }

  // --- What there is already

  // A stack that tells nobody, or cannot be asked, makes no offer.
  async #look() {
    try {
      this.#key = (await this.#call("GET", "push")).public_key;
      this.#become((await this.#isTold()) ? "told" : "offered");
    } catch {
      this.#become("none");
    }
  }

  /** @returns {Agreed | null} */
  get #agreed() {
    return this.panel.visit.session.read("push");
  }

  // A token begins with the visitor's id.
  get #visitor() {
    return this.panel.visit.visitor?.token?.split(".")[0] ?? "";
  }

  async #isTold() {
    const agreed = this.#agreed;
    if (!agreed) return false;
    const registration = await navigator.serviceWorker.getRegistration(this.worker);
    const known = await registration?.pushManager.getSubscription();
    if (!known || known.endpoint !== agreed.endpoint) return false;
    const isOfOther = agreed.visitor !== this.#visitor;
    if (isOfOther) await known.unsubscribe(); // who was here before is not told in front of somebody else
    if (isOfOther || Notification.permission !== "granted" || !this.#isOfStack(known)) return false;
    if (Date.now() - agreed.at > DAY_MS) await this.#store(known);
    return true;
  }

  /** @param {PushSubscription} known */
  #isOfStack(known) {
    return textOf(known.options.applicationServerKey) === this.#key;
  }

  // --- What the visitor chooses

  async #choose() {
    const { choice } = this;
    choice.disabled = true;
    try {
      if (this.#state === "told") await this.#stop();
      else await this.#agree();
    } catch {
      this.#become("problem");
    }
    choice.disabled = false;
  }

  async #agree() {
    if ((await Notification.requestPermission()) !== "granted") return this.#become("notAllowed");
    const registration = await activated(await navigator.serviceWorker.register(trusted(this.worker)));
    await this.#store(await this.#subscribe(registration.pushManager));
    // The worker opens it when nothing of it is open.
    const cache = await caches.open("visitor-chat");
    await cache.put(new URL("visitor-chat-page", registration.scope), new Response(location.href.split("#")[0]));
    this.#become("told");
  }

  // In a worker that is the site's own a subscription with another key is the site's.
  /** @param {PushManager} manager */
  async #subscribe(manager) {
    const known = await manager.getSubscription();
    if (known && this.#isOfStack(known)) return known;
    if (known && (this.isOwn || known.endpoint === this.#agreed?.endpoint)) await known.unsubscribe();
    return manager.subscribe({ userVisibleOnly: true, applicationServerKey: this.#key });
  }

  /** @param {PushSubscription} subscription */
  async #store(subscription) {
    const { language } = this.panel.host.element;
    const visitor = this.#visitor;
    await this.#call("PUT", "push/subscription", { ...subscription.toJSON(), language });
    if (visitor !== this.#visitor) {
      await subscription.unsubscribe();
      throw new Error("visitor-chat: the visitor has become another");
    }
    this.panel.visit.session.write("push", { endpoint: subscription.endpoint, visitor, at: Date.now() });
  }

  async #stop() {
    const registration = await navigator.serviceWorker.getRegistration(this.worker);
    const known = await registration?.pushManager.getSubscription();
    const endpoint = this.#agreed?.endpoint;
    if (endpoint) await this.#call("DELETE", "push/subscription", { endpoint });
    if (known?.endpoint === endpoint) await known?.unsubscribe();
    this.panel.visit.session.write("push", null);
    this.#become("offered");
  }

  /**
   * @param {string} method
   * @param {string} path
   * @param {object} [body]
   */
  async #call(method, path, body) {
    const { host, visit } = this.panel;
    const headers = { "Content-Type": "application/json", Authorization: `Bearer ${visit.visitor?.token}` };
    const answer = await fetch(new URL(path, host.element.root), {
      method,
      credentials: "omit",
      ...(body && { headers, body: JSON.stringify(body) }),
    });
    if (!answer.ok) throw new Error(`visitor-chat: ${answer.status}`);
    return method === "GET" ? answer.json() : null;
  }
}
