// @ts-check
// What few visitors need, loaded with the first use of the menu: the menu itself, what asks before the chat is ended or
// the visitor forgotten, and the chat as a file. It imports nothing, so that nothing travels twice.

/** @import { Panel } from "./panel.js" */
/** @import * as Dom from "./dom.js" */

const STYLE = `
.menu {
  position: absolute;
  z-index: 1;
  inset: 100% 0 auto auto;
  display: grid;
  min-width: 190px;
  padding: 6px;
  border: 1px solid var(--line);
  border-radius: 12px;
  background: var(--surface);
  box-shadow: 0 8px 28px #0003;
}
.panel[dir="rtl"] .menu {
  inset: 100% auto auto 0;
}
.entry {
  display: flex;
  align-items: center;
  justify-content: space-between;
  min-height: 44px;
  padding: 8px 12px;
  border: 0;
  border-radius: 8px;
  background: none;
  text-align: start;
}
.entry:hover, .entry:focus-visible {
  background: var(--soft);
}
.entry[role="menuitemcheckbox"]::after {
  content: "";
  width: 30px;
  height: 18px;
  border: 5px solid transparent;
  border-radius: 9px;
  background: radial-gradient(circle at 8px 50%, var(--surface) 5px, transparent 5.5px) var(--edge);
  box-sizing: border-box;
  background-origin: border-box;
}
.entry[aria-checked="true"]::after {
  background: radial-gradient(circle at 22px 50%, var(--on-accent) 5px, transparent 5.5px) var(--accent);
  background-origin: border-box;
}
.question {
  color: var(--text);
  font-size: 16px;
  font-weight: 650;
}
.answers {
  display: flex;
  justify-content: flex-end;
  gap: 8px;
}
.danger {
  color: light-dark(#fff, #3a0905);
  background: var(--danger);
}
`;
const PARTS = /** @type {const} */ (["question", "info", "yes"]);

export class Seldom {
  /** @type {"end" | "forget" | null} what is asked */
  asking = null;

  /**
   * @param {Panel} panel
   * @param {Pick<typeof Dom, "h" | "button" | "setText">} dom
   */
  constructor(panel, { h, button, setText }) {
    const { host, say, visit } = panel;
    this.panel = panel;
    this.setText = setText;
    const entry = (/** @type {string} */ name, /** @type {() => void} */ act, role = "menuitem") => {
      const made = button("entry", () => this.#choose(act), h("span", null, say(name)));
      made.role = role;
      return made;
    };
    this.sound = entry("sound", () => host.toggleSound(), "menuitemcheckbox");
    this.save = entry("save", () => this.#save());
    this.end = entry("end", () => this.ask("end"));
    this.forget = entry("forget", () => this.ask("forget"));
    this.menu = h("div.menu", { role: "menu", "aria-label": say("more"), onkeydown: this.#keyed });
    this.menu.append(this.sound, this.save, this.end, this.forget);
    this.menu.hidden = true;
    this.question = h("p.question", { id: "question" });
    this.info = h("p", { id: "info" });
    this.problem = h("p.problem", { role: "alert" });
    this.yes = button("main danger", () => this.#confirm());
    this.no = button("plain", () => this.ask(null), say("cancel"));
    this.dialog = h(
      "div.ask",
      { role: "alertdialog", "aria-labelledby": "question", "aria-describedby": "info" },
      this.question,
      this.info,
      this.problem,
      h("div.answers", null, this.no, this.yes),
    );
    this.visit = visit;
    this.#dress();
    this.update();
  }

  #dress() {
    const root = /** @type {ShadowRoot} */ (this.panel.element.getRootNode());
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE);
    root.adoptedStyleSheets.push(sheet);
  }

  update() {
    const { visit } = this;
    this.sound.ariaChecked = String(visit.isSoundOn);
    this.save.hidden = !visit.messages.length;
    this.end.hidden = !visit.isUnderWay;
    this.forget.hidden = !visit.visitor && !visit.isSending;
    this.dialog.hidden = !this.asking;
  }

  // --- The menu

  /** @param {boolean} isShown */
  show(isShown) {
    this.menu.hidden = !isShown;
    this.panel.more.ariaExpanded = String(isShown);
    if (isShown) this.sound.focus();
  }

  /** @param {() => void} act */
  #choose(act) {
    this.show(false);
    this.panel.more.focus();
    act();
  }

  #keyed = (/** @type {KeyboardEvent} */ event) => {
    const entries = /** @type {HTMLElement[]} */ ([...this.menu.children].filter((entry) => !entry.matches("[hidden]")));
    const place = entries.findIndex((entry) => entry.matches(":focus"));
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) entries.at((place + step) % entries.length)?.focus();
    else if (event.key === "Escape") this.#choose(() => {});
    else return;
    event.preventDefault();
    event.stopPropagation();
  };

  // --- The chat as a file

  #save() {
    const { say } = this.panel;
    const time = new Intl.DateTimeFormat(say.lang, { dateStyle: "short", timeStyle: "short" });
    const lines = this.visit.messages.map((message) => {
      const who = message.sender_type === "visitor" ? say("you") : (message.sender_name ?? say("agent"));
      const said = message.message ?? message.action?.text ?? message.attachments?.map(({ title }) => title ?? say("picture")).join(", ");
      return `${time.format(new Date(message.created_at))}  ${who}: ${said || message.type}`;
    });
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([`${lines.join("\r\n")}\r\n`], { type: "text/plain" }));
    link.download = "chat.txt";
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  }

  // --- Asking first

  /** @param {Seldom["asking"]} kind */
  ask(kind) {
    this.asking = kind;
    this.setText(this.problem, "");
    if (kind) for (const part of PARTS) this.setText(this[part], this.panel.say(`${kind} ${part}`));
    this.panel.update();
    if (kind) this.no.focus();
    else this.panel.focus();
  }

  async #confirm() {
    if (!this.asking) return;
    this.yes.disabled = true;
    try {
      await this.visit[this.asking]();
      this.ask(null);
    } catch {
      this.setText(this.problem, this.panel.say("problem"));
    }
    this.yes.disabled = false;
  }
}
