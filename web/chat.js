// The opened chat: joins the conversation, the panel and the page around them (title, sound, network, other tabs).

import { Conversation } from "./conversation.js";
import { Panel } from "./panel.js";
import { speak } from "./texts.js";

export class Chat {
  #unread = 0;
  #stop = new AbortController();
  #audio;

  // element: the <visitor-chat>
  constructor(element) {
    this.element = element;
    this.memory = element.memory;
    this.isInline = element.isInline;
    this.#listenTo(new Conversation(element.root, this.memory, () => element.pass()));
    this.#dress();
    this.panel = new Panel(this);
    this.panel.element.onclose = () => this.panel.element.open || this.hide();
    if (this.conversation.isUnderWay || this.conversation.outbox.items.length) this.conversation.resume();
  }

  #listenTo(conversation) {
    const on = (target, type, act) => target.addEventListener(type, act, { signal: this.#stop.signal });
    this.conversation = conversation;
    on(conversation, "change", () => this.#changed());
    on(conversation, "news", ({ detail }) => this.#news(detail));
    on(conversation, "ended", ({ detail }) => this.#ended(detail));
    on(conversation, "draft", () => this.panel.bringDraft());
    on(window, "online", () => conversation.wake());
    on(window, "offline", () => conversation.live.lose());
    on(window, "pageshow", ({ persisted }) => persisted && conversation.wake());
    on(document, "visibilitychange", () => document.hidden || this.#lookedAt());
  }

  #dress() {
    this.title = this.element.title;
    this.say = speak(this.element.language, this.element.texts);
  }

  // An attribute or a text of the element has changed.
  dressAnew() {
    this.#dress();
    this.panel.speak(this.say);
    this.#showUnread();
  }

  show() {
    const { conversation } = this;
    if (!conversation.isOpen) {
      conversation.isOpen = true;
      conversation.resume();
    }
    this.panel.show();
    this.#changed();
    if (!this.isInline) this.panel.focus();
  }

  hide() {
    if (this.isInline || !this.conversation.isOpen) return;
    this.conversation.isOpen = false;
    const hadFocus = this.panel.element.matches(":focus-within");
    this.panel.element.close();
    this.#showUnread();
    if (hadFocus) this.element.focusLauncher();
  }

  close() {
    this.#stop.abort();
    this.conversation.close();
    this.panel.resized.disconnect();
    this.#showTitle(0);
  }

  #lookedAt() {
    this.conversation.wake();
    this.#changed();
  }

  #changed() {
    const { conversation } = this;
    if (conversation.isOpen && !document.hidden && conversation.unread) return conversation.markSeen();
    this.panel.update();
    this.#showUnread();
  }

  #showUnread() {
    const { unread, isOpen } = this.conversation;
    const open = this.say("open");
    this.element.showLauncher(isOpen, unread, isOpen ? this.say("close") : unread ? `${open}, ${this.say("unread", unread)}` : open);
    this.#showTitle(unread);
    if (unread === this.#unread) return;
    this.#unread = unread;
    this.element.tell("unread", { count: unread });
  }

  // The title may have been changed by the site meanwhile.
  #showTitle(unread) {
    const title = document.title.replace(/^\(\d+\) /, "");
    const wanted = unread ? `(${unread}) ${title}` : title;
    if (document.title !== wanted) document.title = wanted;
  }

  #news(messages) {
    this.panel.announceNews(messages);
    for (const message of messages) this.element.tell("message", message);
    if (messages.some((message) => message.sender_type === "agent")) this.#beep();
  }

  #ended(chat) {
    this.panel.announce(this.say("ended"));
    this.element.tell("ended", chat);
  }

  // --- Sound, which is off until the visitor turns it on

  get isSoundOn() {
    return !!this.memory.get("sound");
  }

  toggleSound() {
    this.memory.set("sound", this.isSoundOn ? null : 1);
    this.panel.update();
    this.#beep();
  }

  // One soft note. A page that the visitor has not touched yet may not make any.
  #beep() {
    if (!this.isSoundOn || navigator.userActivation?.hasBeenActive === false) return;
    const audio = (this.#audio ??= new AudioContext());
    const note = new OscillatorNode(audio, { frequency: 784 });
    const gain = new GainNode(audio, { gain: 0.08 });
    note.connect(gain).connect(audio.destination);
    gain.gain.setTargetAtTime(0, audio.currentTime, 0.08);
    note.start();
    note.stop(audio.currentTime + 0.5);
  }
}
