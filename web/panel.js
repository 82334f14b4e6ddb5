// Everything the visitor sees once the chat is open.

import { isNotice } from "./conversation.js";
import { button, h, icon } from "./dom.js";
import { avatar, Log, rowsOf } from "./log.js";

// Characters, as the server counts them.
const LONGEST = 2000;
const WARN = 200;
const NEAR_PX = 48;

const BUBBLE = "M19 11.5a7 7 0 0 1-10.2 6.2L5 19l1.2-3.9A7 7 0 1 1 19 11.5z";
const CLOSE = "M6 6l12 12M18 6L6 18";
const SEND = "M12 19V6M6 12l6-6 6 6";
const DOWN = "M12 5v13M6 12l6 6 6-6";
const SOUND = ["M5 10v4h3l4 4V6l-4 4zM16 10l4 4M20 10l-4 4", "M5 10v4h3l4 4V6l-4 4zM16 9a4 4 0 0 1 0 6M18.5 6.5a8 8 0 0 1 0 11"];

const isTouched = () => matchMedia("(pointer: coarse)").matches;
const set = (element, text) => element.textContent !== text && (element.textContent = text);

export class Panel {
  #failed = 0;
  // What the visitor is asked to confirm: "end", "forget" or null.
  #asking = null;
  #isPinned = true;
  #top = 0;

  // host: conversation, memory, isInline, say, title, hide(), toggleSound(), isSoundOn
  constructor(host) {
    this.host = host;
    this.log = new Log({
      retry: (item) => host.conversation.outbox.retry(item),
      choose: (text) => host.conversation.isUnderWay && host.conversation.send(text),
    });
    this.element = h(host.isInline ? "section.panel inline" : "dialog.panel", {
      "aria-labelledby": "title",
      onkeydown: (event) => event.key === "Escape" && this.#escape(event),
      oncancel: (event) => this.#escape(event),
    });
    this.element.title = "";
    this.resized = new ResizeObserver(() => this.#isPinned && this.#toEnd());
    this.speak(host.say);
  }

  // Builds all of it anew: the language, or a text, is another.
  speak(say) {
    this.say = say;
    this.log.speak(say);
    this.element.lang = say.lang;
    this.announcer = h("div.hidden", { "aria-live": "polite" });
    this.element.replaceChildren(this.#header(), this.#scroll(), this.#bar(), this.#ask(), this.#over(), this.#composer(), this.#footer(), this.announcer);
    this.bringDraft();
    this.update();
  }

  #header() {
    const { host, say } = this;
    this.face = h("span");
    this.title = h("h2", { id: "title", tabindex: -1 }, host.title || say("title"));
    this.status = h("p.status");
    const tool = (name, act, ...content) => Object.assign(button("tool", act, ...content), { title: say(name) });
    this.sound = tool("sound", () => host.toggleSound());
    this.sound.role = "switch";
    const close = tool("close", () => host.hide(), icon(CLOSE));
    return h("header", null, this.face, h("div.who", null, this.title, this.status), this.sound, !host.isInline && close);
  }

  #scroll() {
    this.hello = h("p.hello");
    this.intro = h("p");
    this.welcome = h("div.welcome", null, this.hello, this.intro);
    const content = h("div.content", null, this.welcome, this.log.element);
    this.view = h("div.log", { role: "log", "aria-live": "off", "aria-label": this.say("log"), tabindex: 0, onscroll: () => this.#scrolled() }, content);
    this.jump = button("jump", () => this.#toEnd(), icon(DOWN), this.say("jump"));
    this.resized.disconnect();
    this.resized.observe(content);
    this.resized.observe(this.view);
    return h("div.scroll", null, this.view, this.jump);
  }

  #bar() {
    this.notice = h("span");
    this.again = button("plain again", () => this.host.conversation.checkPresence(), this.say("retry"));
    this.bar = h("div.bar", { role: "status" }, this.notice);
    return this.bar;
  }

  #composer() {
    const { say, host } = this;
    const label = (name) => ({ placeholder: say(name), "aria-label": say(name), dir: "auto" });
    this.name = h("input", { ...label("name"), autocomplete: "name", maxlength: 100, oninput: () => host.memory.set("name", this.name.value) });
    this.text = h("textarea", { ...label("message"), rows: 1, "aria-describedby": "count", oninput: () => this.#typed(), onkeydown: (event) => this.#keyed(event) });
    this.count = h("p.count", { id: "count" });
    const send = h("button.send", { title: say("send") }, icon(SEND));
    this.composer = h("form.composer", { onsubmit: (event) => this.#submit(event) }, this.name, h("div.field", null, this.text, send), this.count);
    return this.composer;
  }

  #over() {
    this.kept = h("p");
    this.over = h("div.over", null, this.kept, button("main", () => this.#startNew(), this.say("startNew")));
    return this.over;
  }

  #ask() {
    this.question = h("p.question", { id: "question" });
    this.info = h("p", { id: "info" });
    this.problem = h("p.problem", { role: "alert" });
    this.yes = button("main danger", () => this.#confirm());
    this.no = button("plain", () => this.#askFor(null), this.say("cancel"));
    const answers = h("div.answers", null, this.no, this.yes);
    this.ask = h("div.ask", { role: "alertdialog", "aria-labelledby": "question", "aria-describedby": "info" }, this.question, this.info, this.problem, answers);
    return this.ask;
  }

  #footer() {
    [this.end, this.forget] = ["end", "forget"].map((kind) => button("link", () => this.#askFor(kind), this.say(kind)));
    this.footer = h("footer", null, this.end, this.forget);
    return this.footer;
  }

  // --- From the state to the page

  update() {
    const { conversation: c, isSoundOn, memory } = this.host;
    const rows = rowsOf(c);
    const isStart = !c.session?.chatId;
    this.#showRows(rows);
    this.#showStatus(c);
    this.#showWelcome(c, isStart && !rows.length);
    this.#showBar(c, isStart);
    this.ask.hidden = !this.#asking;
    this.over.hidden = this.#asking || !c.isEnded;
    set(this.kept, c.isEnded && memory.get("draft") ? this.say("kept") : "");
    this.composer.hidden = this.#asking || c.isEnded;
    this.name.hidden = !isStart || c.outbox.items.length;
    this.end.hidden = !c.isUnderWay;
    this.forget.hidden = !c.session && !c.outbox.items.length;
    this.footer.hidden = this.#asking || this.forget.hidden;
    this.sound.replaceChildren(icon(SOUND[+isSoundOn]));
    this.sound.ariaChecked = isSoundOn;
    this.#announceFailures(c.outbox.items.filter((item) => item.isFailed).length);
  }

  #showRows(rows) {
    const height = this.view.scrollHeight;
    this.log.show(rows);
    if (this.#isPinned) this.#toEnd();
    else this.jump.hidden &&= this.view.scrollHeight <= height;
  }

  #showStatus(c) {
    const last = c.isUnderWay ? c.list.findLast((message) => message.sender_type === "agent") : null;
    const agent = last?.type === "leave" ? null : last;
    const [mood, text] = this.#statusOf(c, agent);
    set(this.status, text);
    this.status.dataset.mood = mood;
    const face = [agent?.sender_avatar_url, agent?.sender_name];
    if (this.face.dataset.of === String(face)) return;
    this.face.dataset.of = face;
    this.face.replaceChildren(avatar(...face, icon(BUBBLE)));
  }

  #statusOf(c, agent) {
    const { say } = this;
    if (c.isEnded) return ["off", say("ended")];
    if (agent) return ["on", say("with", agent.sender_name ?? say("agent"))];
    if (c.session?.chatId) return ["wait", say("waiting")];
    if (c.presence === "away") return ["off", say("away")];
    if (c.presence === "online") return ["on", [say("online"), this.#wait(c.waitSeconds)].filter(Boolean).join(" · ")];
    return ["wait", ""];
  }

  #wait(seconds) {
    const minutes = new Intl.NumberFormat(this.say.lang, { style: "unit", unit: "minute", unitDisplay: "long" });
    return seconds > 0 && this.say("wait", minutes.format(Math.ceil(seconds / 60)));
  }

  #showWelcome(c, isWelcome) {
    const isAway = c.presence === "away";
    this.welcome.hidden = !isWelcome;
    set(this.hello, this.say(isAway ? "away" : "hello"));
    set(this.intro, this.say(isAway ? "stillAway" : "intro"));
    this.intro.hidden = c.notice === "stillAway";
  }

  #showBar(c, isStart) {
    const isDoubtful = isStart && ["away", "unclear"].includes(c.presence);
    const isSaid = c.presence === "away" && !this.welcome.hidden;
    const notice = c.isWell ? (c.notice ?? (isDoubtful && !isSaid && c.presence)) : "offline";
    set(this.notice, notice ? this.say(notice) : "");
    this.bar.hidden = !notice;
    this.again.hidden = !isDoubtful;
    const place = notice ? this.bar : this.welcome;
    if (this.again.parentNode !== place) place.append(this.again);
  }

  // --- What is read aloud, each once

  announce(text) {
    const said = h("p", null, text);
    this.announcer.append(said);
    setTimeout(() => said.remove(), 5_000);
  }

  announceNews(messages) {
    for (const message of messages) this.announce(this.#aloud(message));
  }

  #aloud(message) {
    if (message.sender_type === "visitor") return this.say("sent");
    const name = message.sender_name ?? this.say("agent");
    if (isNotice(message)) return this.say(message.type, name);
    return `${name}: ${message.message ?? message.attachments?.[0]?.title ?? this.say("picture")}`;
  }

  #announceFailures(count) {
    if (count > this.#failed) this.announce(this.say("failed"));
    this.#failed = count;
  }

  // --- Scrolling

  // Only scrolling up lets go of the end: what grows or shrinks around the messages does not.
  #scrolled() {
    const { scrollHeight, scrollTop, clientHeight } = this.view;
    const isNear = scrollHeight - scrollTop - clientHeight < NEAR_PX;
    this.#isPinned = isNear || (this.#isPinned && scrollTop >= this.#top);
    this.#top = scrollTop;
    this.jump.hidden ||= this.#isPinned;
  }

  #toEnd() {
    this.view.scrollTop = this.view.scrollHeight;
    this.#isPinned = this.jump.hidden = true;
  }

  // --- Writing

  bringDraft() {
    const { memory, conversation } = this.host;
    this.text.value = memory.get("draft") ?? "";
    this.name.value = memory.get("name") ?? conversation.session?.name ?? "";
    this.#measure();
  }

  #typed() {
    this.host.memory.set("draft", this.text.value);
    this.#measure();
  }

  // Returns how many characters there is still room for.
  #measure() {
    this.text.style.height = "auto";
    if (this.text.scrollHeight) this.text.style.height = `${this.text.scrollHeight}px`;
    const left = LONGEST - [...this.text.value.trim()].length;
    set(this.count, left > WARN ? "" : this.say("room", left));
    this.text.ariaInvalid = left < 0;
    return left;
  }

  // Enter sends where there is a keyboard; on a touch screen it begins a new line, as it does everywhere else there.
  #keyed(event) {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing && !isTouched()) this.#submit(event);
  }

  #submit(event) {
    event.preventDefault();
    const said = this.text.value.trim();
    if (said && this.#measure() >= 0) {
      this.#isPinned = true;
      this.text.value = "";
      this.#typed();
      this.host.conversation.send(said, this.name.value.trim());
    }
    this.text.focus();
  }

  // --- Ending, forgetting, starting anew

  #askFor(kind) {
    this.#asking = kind;
    set(this.problem, "");
    if (kind) for (const part of ["question", "info", "yes"]) set(this[part], this.say(`${kind} ${part}`));
    this.update();
    if (kind) this.no.focus();
    else this.focus();
  }

  async #confirm() {
    this.yes.disabled = true;
    try {
      await this.host.conversation[this.#asking]();
      this.#askFor(null);
    } catch (error) {
      set(this.problem, this.say("problem"));
      if (!error.isPassing) this.host.conversation.refused(error);
    }
    this.yes.disabled = false;
  }

  #startNew() {
    this.host.conversation.startNew();
    this.#toEnd();
    this.bringDraft();
    this.text.focus();
  }

  #escape(event) {
    event.preventDefault();
    if (this.#asking) this.#askFor(null);
    else this.host.hide();
  }

  // --- Opening

  show() {
    const isSmall = matchMedia("(max-width: 480px), (max-height: 420px)").matches;
    if (this.element.open === false) this.element[isSmall ? "showModal" : "show"]();
    this.#measure();
    this.#toEnd();
  }

  // A touch screen's keyboard would cover what there is to read.
  focus() {
    (this.composer.hidden || isTouched() ? this.title : this.text).focus();
  }
}
