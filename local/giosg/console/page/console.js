// The agent console: reads the state of the simulation, renders it, sends what the agent does.

const $ = (id) => document.getElementById(id);
const NOTICES = {
  join: (name) => `${name} joined`,
  leave: (name) => `${name} left`,
  tag_created: (name, text) => `${name} tagged the chat: ${text}`,
  shoppingcart_locked: () => "The visitor's shopping cart was locked",
};
const FAULTS = {
  down: { kind: "answer", status: 503, times: null },
  slow: { kind: "delay", seconds: 3, times: null },
  silent: { kind: "commit_then_hang", seconds: 60, method: "POST", path: "/messages$", times: 1 },
};
const MISHAPS = {
  drop: { words: "lost", order: { mishap: "drop", endpoint_kind: "messages" } },
  duplicate: { words: "doubled", order: { mishap: "duplicate", endpoint_kind: "messages" } },
  delay: { words: "late", order: { mishap: "delay", endpoint_kind: "messages", seconds: 5 } },
  shuffle: { words: "shuffled", order: { mishap: "shuffle", times: 5 } },
};
const FAULT_WORDS = { down: "Giosg is down", slow: "Giosg is slow", silent: "the next send gets no answer" };
const TYPING_PAUSE_MS = 3000;

let state = null;
let chosenId = null;
let editedId = null;
let agentId = null;
let roomId = new URLSearchParams(location.search).get("room") ?? "";
let lastTypingAt = 0;
let isAtEnd = true;

// --- the simulation's control -------------------------------------------------------------------------------------

async function call(method, path, body) {
  const options = { method, headers: {} };
  if (body !== undefined) {
    options.headers["Content-Type"] = "application/json";
    options.body = JSON.stringify(body);
  }
  const response = await fetch(`/_sim/${path}`, options);
  if (!response.ok) throw new Error(await sentence(response));
  return response.status === 204 ? null : response.json();
}

async function sentence(response) {
  const body = await response.json().catch(() => ({}));
  return body.detail ?? Object.values(body).flat().join(" ") ?? `The simulation answered ${response.status}.`;
}

async function act(method, path, body) {
  try {
    await call(method, path, body);
    report(null);
    return true;
  } catch (error) {
    report(error.message);
    return false;
  }
}

function report(problem) {
  $("problem").hidden = !problem;
  $("problem").textContent = problem ?? "";
}

let reading = null;
let isStale = false;

// One read at a time; what changes meanwhile leads to one more. Resolves when the newest state is rendered.
function refresh() {
  isStale = true;
  reading ??= readUntilFresh().finally(() => { reading = null; });
  return reading;
}

async function readUntilFresh() {
  while (isStale) {
    isStale = false;
    const askedId = chosenId;
    const newer = await call("GET", askedId ? `state?chat=${askedId}` : "state").catch(() => null);
    if (!newer || askedId !== chosenId) continue; // What was chosen meanwhile is asked for next.
    if (!newer.conversation) chosenId = null;
    render(newer);
  }
}

function listen() {
  const events = new EventSource("/_sim/events");
  events.onopen = () => report(null);
  events.onmessage = refresh;
  events.onerror = () => report("The simulation does not answer. Trying again…");
}

// --- rendering ----------------------------------------------------------------------------------------------------

function element(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined && text !== null) made.textContent = text;
  return made;
}

const marks = new WeakMap();

// Keep a list's elements by key, so that focus, selection and announcements survive; remake only what changed. Who makes
// them is given the one that is there, and may fill it anew: a click that began on a button must end on the same one.
function keyed(parent, items, make) {
  const known = new Map([...parent.children].map((child) => [child.dataset.key, child]));
  items.forEach((item, place) => {
    const mark = JSON.stringify(item);
    let child = known.get(item.key);
    if (!child || marks.get(child) !== mark) {
      const made = make(item, child);
      made.dataset.key = item.key;
      marks.set(made, mark);
      const hadFocus = child !== made && child?.contains(document.activeElement);
      if (child !== made) child?.replaceWith(made);
      if (hadFocus) (made.matches("button") ? made : made.querySelector("button"))?.focus();
      child = made;
    }
    known.delete(item.key);
    if (parent.children[place] !== child) parent.insertBefore(child, parent.children[place] ?? null);
  });
  known.forEach((child) => child.remove());
}

function render(newer) {
  state = newer;
  if (!room()) roomId = "";
  if (!colleagues().some((agent) => agent.id === agentId)) agentId = colleagues()[0]?.id ?? state.agents[0].id;
  renderBar();
  renderChats();
  renderConversation();
  renderMisbehaviour();
  renderDeliveries();
}

const room = () => state.rooms.find(({ id }) => id === roomId);
const colleagues = () => (room() ? state.agents.filter(({ id }) => room().agent_ids.includes(id)) : state.agents);
const chatsHere = () => state.chats.filter((chat) => !room() || chat.room_id === roomId);

function renderBar() {
  const rooms = state.rooms.map(({ id, name, is_integrated: isOurs }) => ({ key: id, text: isOurs ? name : `${name} (elsewhere)` }));
  renderOptions($("room"), [{ key: "", text: "All rooms" }, ...rooms], roomId);
  const agents = colleagues().map(({ id, name, alias }) => ({ key: id, text: alias ? `${name}, seen as “${alias}”` : name }));
  renderOptions($("agent"), agents, agentId);
  const isOnline = colleagues().some((agent) => agent.is_online);
  $("online").setAttribute("aria-checked", isOnline);
  $("online-text").textContent = isOnline ? "Online" : "Offline";
}

function renderOptions(select, options, chosen) {
  keyed(select, options.map((option) => ({ ...option, isChosen: option.key === chosen })), ({ key, text, isChosen }) => {
    const option = element("option", "", text);
    option.value = key;
    option.selected = isChosen;
    return option;
  });
}

function renderChats() {
  for (const status of ["waiting", "active", "ended"]) {
    const chats = chatsHere().filter((chat) => chat.status === status);
    if (status === "waiting") chats.reverse();
    keyed($(status), chats.map(listed), chatItem);
    $(`${status}-count`).textContent = chats.length;
    $(`${status}-count`).classList.toggle("some", status === "waiting" && chats.length > 0);
  }
  const waiting = chatsHere().filter((chat) => chat.status === "waiting").length;
  $("waiting-empty").hidden = waiting > 0;
  document.title = waiting ? `(${waiting}) Agent console` : "Agent console";
}

function listed(chat) {
  const { id, visitor_name: name, visitor_is_present: isHere, room_id: chatRoomId, room_name: room, last_text: text } = chat;
  return { key: id, name, isHere, isForeign: chatRoomId !== state.room.id, room, text, at: chat.last_at, isChosen: id === chosenId };
}

function newChatItem(key) {
  const item = element("li");
  const button = element("button", "item");
  button.type = "button";
  button.addEventListener("click", () => choose(key));
  item.append(button);
  return item;
}

function chatItem({ key, name, isHere, isForeign, room, text, at, isChosen }, known) {
  const item = known ?? newChatItem(key);
  const button = item.firstElementChild;
  button.setAttribute("aria-current", isChosen);
  const face = element("span", isHere ? "face here" : "face", name.slice(0, 1).toUpperCase());
  face.setAttribute("aria-hidden", "true");
  const last = element("span", "last", text ?? "…");
  if (isForeign) last.prepend(element("span", "foreign", `${room} · `));
  button.replaceChildren(face, element("strong", "", name), element("span", "at", time(at)), last);
  return item;
}

function renderConversation() {
  const chat = state.conversation;
  $("welcome").hidden = Boolean(chat);
  $("chat").hidden = !chat;
  if (!chat) return;
  const isEnded = chat.status === "ended";
  const isMine = chat.agent_ids.includes(agentId);
  $("visitor").textContent = chat.visitor_name;
  $("about").textContent = about(chat);
  $("take").hidden = isEnded || isMine;
  $("take").textContent = chat.agent_ids.length ? "Join chat" : "Take chat";
  $("end").hidden = isEnded;
  $("composer").hidden = isEnded;
  $("text").disabled = !isMine;
  $("text").placeholder = isMine ? "Write an answer…" : "Take the chat to answer";
  $("composer").querySelectorAll("button").forEach((button) => { button.disabled = !isMine; });
  $("closed").hidden = !isEnded;
  $("composing").textContent = chat.composing.length ? `${chat.composing.join(", ")} is typing…` : "";
  renderMessages(chat);
}

function about(chat) {
  const status = { waiting: "Waiting for an agent", active: "In conversation", ended: "Ended" }[chat.status];
  const presence = chat.status === "ended" ? "" : chat.visitor_is_present ? " · visitor is here" : " · visitor is away";
  const facts = Object.entries(chat.variables).filter(([key]) => key !== "username").map(([key, value]) => ` · ${key}: ${value}`);
  return `${status}${presence} · ${chat.room_name}${facts.join("")}`;
}

function renderMessages(chat) {
  const log = $("messages");
  if (log.dataset.chat !== chat.id) isAtEnd = true;
  log.dataset.chat = chat.id;
  const items = chat.messages.map((message) => ({ key: message.id, isEdited: message.id === editedId, ...message }));
  keyed(log, items, messageItem);
  stayAtEnd();
}

function stayAtEnd() {
  if (isAtEnd) $("messages").scrollTop = $("messages").scrollHeight;
}

function messageItem(message) {
  const name = message.sender_name ?? message.sender_public_name ?? (message.sender_type === "visitor" ? "Visitor" : "Rule");
  if (message.type in NOTICES) return element("li", "message notice", NOTICES[message.type](name, message.message));
  const item = element("li", message.sender_type === "visitor" ? "message visitor" : "message agent");
  const by = element("div", "by");
  by.append(element("span", "", name), element("time", "", time(message.created_at)));
  item.append(by);
  if (message.sender_type === "user" && !message.isEdited && !message.sensitive_data_purged_at) by.prepend(edits(message));
  if (message.isEdited) {
    item.append(editor(message));
    return item;
  }
  const text = message.message ?? message.response_text;
  if (text) item.append(element("div", "bubble", text));
  else if (!message.attachments?.length) item.append(element("div", "bubble gone", message.sensitive_data_purged_at ? "Erased" : "No text"));
  for (const attachment of message.attachments ?? []) item.append(card(attachment));
  return item;
}

function card(attachment) {
  const made = element("div", "card");
  if (attachment.image_url) {
    const picture = element("img");
    picture.src = attachment.image_url;
    picture.alt = attachment.title ?? "Picture";
    picture.addEventListener("load", stayAtEnd);
    made.append(picture);
  }
  const words = element("div");
  if (attachment.title) words.append(element("strong", "", attachment.title));
  if (attachment.text) words.append(element("span", "", attachment.text));
  if (attachment.title_link_url) words.append(element("span", "hint", attachment.title_link_url));
  if (attachment.actions.length) {
    const choices = element("span", "choices");
    choices.append(...attachment.actions.map((action) => element("span", "", action.text)));
    words.append(choices);
  }
  made.append(words);
  return made;
}

function edits(message) {
  const made = element("div", "edits");
  if (message.message) made.append(action("Edit", () => edit(message.id)));
  made.append(action("Remove", () => act("DELETE", `messages/${message.id}`)));
  return made;
}

function action(text, does) {
  const button = element("button", "", text);
  button.type = "button";
  button.addEventListener("click", does);
  return button;
}

function editor(message) {
  const form = element("form", "edit");
  const text = element("textarea");
  text.value = message.message;
  text.rows = 2;
  text.maxLength = 2000;
  text.setAttribute("aria-label", "Changed text");
  const save = element("button", "primary", "Save");
  save.type = "submit";
  form.append(text, action("Cancel", () => edit(null)), save);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (await act("PATCH", `messages/${message.id}`, { text: text.value })) edit(null);
  });
  text.addEventListener("keydown", (event) => {
    if (event.key === "Escape") edit(null);
    if (isSend(event)) {
      event.preventDefault();
      form.requestSubmit();
    }
  });
  queueMicrotask(() => text.focus());
  return form;
}

function edit(messageId) {
  editedId = messageId;
  renderConversation();
  if (!messageId) $("text").focus();
}

function renderMisbehaviour() {
  const active = new Set(state.faults.map((fault) => fault.name));
  for (const button of document.querySelectorAll("[data-fault]")) button.setAttribute("aria-pressed", active.has(button.dataset.fault));
  renderOptions($("trouble"), state.troubles.filter(({ is_on: isOn }) => !isOn).map(({ name, words }) => ({ key: name, text: words })));
  const words = [
    ...state.troubles.filter(({ is_on: isOn }) => isOn).map((trouble) => trouble.words),
    ...state.webhooks.mishaps.map(({ mishap, times }) => `${times === 1 ? "the next webhook is" : `the next ${times} webhooks are`} ${MISHAPS[mishap].words}`),
    ...state.faults.filter(({ name }) => name !== "trouble").map((fault) => FAULT_WORDS[fault.name] ?? `a rule “${fault.kind}” is on`),
  ];
  $("now").textContent = words.length ? `Now: ${words.join("; ")}.` : "All is well.";
  $("normal").hidden = !words.length;
  $("mischief").textContent = words.length || "";
  $("mischief").classList.toggle("some", words.length > 0);
}

function renderDeliveries() {
  const { deliveries, chats_url: chats, messages_url: messages, pending } = state.webhooks;
  const failed = deliveries.filter((entry) => entry.status === "failed").length;
  $("delivery-summary").textContent = deliveries.length ? `${deliveries.length - failed} delivered${failed ? `, ${failed} failed` : ""}` : "";
  $("target").textContent = chats || messages ? `Chats go to ${chats || "nowhere"}, messages to ${messages || "nowhere"}.` : `No webhook is set up; ${pending} notifications wait.`;
  const rows = deliveries.map((entry) => ({ key: `${entry.created_at} ${entry.resource_id} ${entry.retry_index} ${entry.action}`, ...entry }));
  const unique = [...new Map(rows.reverse().map((row) => [row.key, row])).values()];
  keyed($("log"), unique, deliveryRow);
}

function deliveryRow(entry) {
  const row = element("tr");
  const webhook = entry.channel.endsWith("/owned_chats") ? "chats" : entry.channel.split("/").at(-1);
  const result = entry.response_status_code ?? entry.reason ?? entry.status;
  const took = entry.duration === null ? "" : `${Math.round(entry.duration * 1000)} ms`;
  const cells = [time(entry.created_at, true), webhook, entry.action, result, entry.retry_index + 1, took];
  row.append(...cells.map((text) => element("td", "", text)));
  row.children[3].className = entry.status;
  return row;
}

function time(instant, withSeconds = false) {
  const options = { hour: "2-digit", minute: "2-digit", ...(withSeconds && { second: "2-digit" }) };
  return new Date(instant).toLocaleTimeString([], options);
}

// --- what the agent does ------------------------------------------------------------------------------------------

async function choose(chatId) {
  chosenId = chatId;
  editedId = null;
  await refresh();
  if (!$("take").hidden) $("take").focus();
  else if (!$("text").disabled) $("text").focus();
}

const chatAct = (name, body = {}) => act("POST", `chats/${chosenId}/${name}`, { agent_id: agentId, ...body });
const isSend = (event) => event.key === "Enter" && !event.shiftKey && !event.isComposing;

async function say(sample) {
  const text = $("text").value.trim();
  if (!text && !sample) return;
  $("text").value = "";
  if (!(await chatAct("messages", { text, ...(sample && { sample }) }))) $("text").value = text;
  lastTypingAt = 0;
  $("text").focus();
}

$("agent").addEventListener("change", (event) => { agentId = event.target.value; render(state); });
$("room").addEventListener("change", (event) => {
  roomId = event.target.value;
  history.replaceState(null, "", roomId ? `?room=${roomId}` : location.pathname);
  render(state);
});
$("online").addEventListener("click", () => {
  const isOnline = $("online").getAttribute("aria-checked") !== "true";
  act("PUT", "agents", { is_online: isOnline, ...(roomId && { room_id: roomId }) });
});
$("take").addEventListener("click", async () => { if (await chatAct("join")) { await refresh(); $("text").focus(); } });
$("end").addEventListener("click", () => chatAct("end"));
$("website-chat").addEventListener("click", () => act("POST", "website_chats", { name: "Veli Verkko", text: "Is this the web shop?" }));
$("remove-chat").addEventListener("click", () => { $("more").open = false; act("DELETE", `chats/${chosenId}`); });
$("composer").addEventListener("submit", (event) => { event.preventDefault(); say(); });
$("text").addEventListener("keydown", (event) => { if (isSend(event)) { event.preventDefault(); say(); } });
$("text").addEventListener("input", () => {
  if (Date.now() - lastTypingAt < TYPING_PAUSE_MS) return;
  lastTypingAt = Date.now();
  chatAct("typing", { status: "typing" });
});
for (const button of document.querySelectorAll("[data-sample]")) button.addEventListener("click", () => say(button.dataset.sample));
for (const button of document.querySelectorAll("[data-act]")) {
  button.addEventListener("click", () => { $("more").open = false; chatAct(button.dataset.act); });
}
for (const button of document.querySelectorAll("[data-mishap]")) {
  button.addEventListener("click", () => act("POST", "webhooks/mishaps", MISHAPS[button.dataset.mishap].order));
}
for (const button of document.querySelectorAll("[data-fault]")) {
  const name = button.dataset.fault;
  button.addEventListener("click", () => button.getAttribute("aria-pressed") === "true"
    ? act("DELETE", `faults?name=${name}`)
    : act("POST", "faults", { name, ...FAULTS[name] }));
}
$("begin-trouble").addEventListener("click", () => act("PUT", `troubles/${$("trouble").value}`));
$("normal").addEventListener("click", async () => {
  await act("DELETE", "troubles");
  await act("DELETE", "faults");
  await act("DELETE", "webhooks/mishaps");
});
document.addEventListener("click", (event) => { if (!$("more").contains(event.target)) $("more").open = false; });
document.addEventListener("keydown", (event) => { if (event.key === "Escape") $("more").open = false; });


// New messages are in view as long as the reader is at the end, also when the panels below take space.
$("messages").addEventListener("scroll", ({ target }) => {
  isAtEnd = target.scrollHeight - target.scrollTop - target.clientHeight < 60;
});
new ResizeObserver(stayAtEnd).observe($("messages"));

listen();
