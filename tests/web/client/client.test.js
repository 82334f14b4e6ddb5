// The published client, as a frontend uses it, in Node: the moments in which chats are usually broken.

import assert from "node:assert/strict";
import { test } from "node:test";

import { ApiError, VisitorChat } from "../../../web/client/client.js";
import { API, MemoryStorage, settle, Stack } from "./stack.js";

const SECOND = 1000;
const MINUTE = 60_000;
const EVENTS = ["message", "ended", "connection", "unsent", "lost"];
const OWNER = "9f86d081884c7d659a2feaa0c55ad015";

function open({ stack = new Stack(), storage = new MemoryStorage(), ...options } = {}) {
  const scope = stack.scope({ addEventListener: storage?.addEventListener });
  const client = new VisitorChat({ api: API, storage, scope, ...options });
  const events = [];
  for (const type of EVENTS) client.addEventListener(type, ({ detail }) => events.push([type, detail]));
  return { stack, storage, client, events };
}

async function talking(options) {
  const opened = open(options);
  opened.client.send("Hello");
  await opened.stack.clock.pass(3 * SECOND);
  return opened;
}

const shownBy = (client) => client.messages.map(({ message, status }) => [message, status]);
const textsOf = (client) => client.messages.map(({ message }) => message);

test("sending starts the chat, and the key stays the same when the text has arrived", async () => {
  const { client, stack } = open();
  let changes = 0;
  client.addEventListener("change", () => (changes += 1));

  const key = client.send("Hello", { name: "Maija", variables: { page: "/shirts" } });

  assert.deepEqual(shownBy(client), [["Hello", "sending"]]);
  await settle();
  assert.deepEqual(shownBy(client), [["Hello", "sent"]]);
  assert.equal(client.messages[0].key, key);
  assert.equal(client.chat.id, stack.chat.view.id);
  assert.ok(changes > 0);
  assert.equal(stack.bodies[0].visitor_name, "Maija");
  assert.deepEqual(stack.bodies[0].variables, { page: "/shirts" });
});

test("the room that was asked for is asked about and started in", async () => {
  const { client, stack } = open({ room: "sales" });
  let asked;
  stack.meddle = (_method, path) => (path.startsWith("availability") ? [200, (asked = { path, is_online: true })] : null);

  await client.availability();
  client.send("Hello");
  await settle();

  assert.equal(asked.path, "availability?room=sales");
  assert.equal(stack.bodies[0].room, "sales");
});

test("an answer is told once, counts as unread, and is seen when that is said", async () => {
  const { client, stack, events } = await talking();
  stack.say("Hi!");
  await settle();

  assert.deepEqual(events.map(([type, { message }]) => [type, message]), [["message", "Hello"], ["message", "Hi!"]]);
  assert.equal(client.unread, 1);
  client.markSeen();
  assert.equal(client.unread, 0);
});

test("what was said before is no event for a page that comes later", async () => {
  const { stack, storage } = await talking();
  stack.say("Hi!");

  const { client, events } = open({ stack, storage: storage.otherTab() });
  client.resume();
  await settle();

  assert.deepEqual(textsOf(client), ["Hello", "Hi!"]);
  assert.deepEqual(events, []);
});

test("a reload while sending sends the text once", async () => {
  const { client, stack, storage } = await talking();
  stack.meddle = () => {
    throw new Error("the page has gone");
  };
  client.send("On my way");
  client.close();

  stack.meddle = () => null;
  const { client: next } = open({ stack, storage: storage.otherTab() });
  next.resume();
  await stack.clock.pass(MINUTE);

  assert.deepEqual(shownBy(next), [["Hello", "sent"], ["On my way", "sent"]]);
  assert.deepEqual(stack.texts, ["Hello", "On my way"]);
});

test("a client that is closed while it sends opens no socket and tries nothing more", async () => {
  const { client, stack, storage } = open();
  client.send("Hello");
  client.send("And another thing");
  await Promise.resolve();
  client.close();
  await stack.clock.pass(MINUTE);
  assert.deepEqual(stack.texts, ["Hello"]);
  assert.equal(stack.openedSockets, 0);

  const { client: next } = open({ stack, storage: storage.otherTab() });
  next.resume();
  await settle();
  assert.deepEqual(shownBy(next), [["Hello", "sent"], ["And another thing", "sent"]]);
});

test("a reload while the first message starts the chat makes one chat", async () => {
  const { client, stack, storage } = open();
  stack.meddle = () => null;
  client.send("Hello");
  client.close();

  const { client: next } = open({ stack, storage: storage.otherTab() });
  next.resume();
  await stack.clock.pass(MINUTE);

  assert.equal(stack.chats.size, 1);
  assert.deepEqual(stack.texts, ["Hello"]);
});

test("a lost connection is told, and what was missed and written meanwhile is there afterwards", async () => {
  const { client, stack, events } = await talking();
  stack.meddle = () => {
    throw new Error("no network");
  };
  stack.dropSockets();
  client.send("In a tunnel");
  stack.say("Missed");
  await stack.clock.pass(10 * SECOND);
  assert.equal(client.isConnected, false);
  assert.deepEqual(shownBy(client), [["Hello", "sent"], ["In a tunnel", "delayed"]]);

  stack.meddle = () => null;
  await stack.clock.pass(MINUTE);

  assert.deepEqual(textsOf(client), ["Hello", "Missed", "In a tunnel"]);
  assert.deepEqual(events.filter(([type]) => type === "connection"), [["connection", false], ["connection", true]]);
});

test("what waits behind a text that is tried again is as late as that one", async () => {
  const { client, stack } = await talking();
  stack.meddle = () => { throw new TypeError("Failed to fetch"); };

  client.send("First");
  await settle();
  client.send("Second");
  await settle();

  assert.deepEqual(shownBy(client).slice(1), [["First", "delayed"], ["Second", "delayed"]]);
});

test("writing on and coming back in an outage uses no attempt up, and nothing overtakes", async () => {
  const { client, stack, storage } = await talking();
  const other = open({ stack, storage: storage.otherTab() }).client;
  await settle();
  stack.meddle = () => { throw new TypeError("Failed to fetch"); };

  for (const text of ["one", "two", "three", "four", "five"]) {
    client.send(text);
    await stack.clock.pass(SECOND);
    other.resume();
    await stack.clock.pass(SECOND);
  }
  assert.deepEqual(client.messages.filter(({ status }) => status === "failed"), []);
  stack.meddle = () => null;
  await stack.clock.pass(MINUTE);

  assert.deepEqual(textsOf(client), ["Hello", "one", "two", "three", "four", "five"]);
  assert.deepEqual(stack.texts, textsOf(client));
});

test("two tabs are one visitor in one chat", async () => {
  const { client, stack, storage } = open();
  const other = open({ stack, storage: storage.otherTab() }).client;
  other.resume();
  client.send("From the first");
  await stack.clock.pass(3 * SECOND);

  other.send("From the second");
  await stack.clock.pass(3 * SECOND);

  assert.equal(stack.chats.size, 1);
  assert.deepEqual(textsOf(client), ["From the first", "From the second"]);
  assert.deepEqual(textsOf(other), ["From the first", "From the second"]);
});

test("two tabs are forgotten together", async () => {
  const { client, stack, storage } = await talking();
  const { client: other, events } = open({ stack, storage: storage.otherTab() });
  other.resume();
  await settle();

  await client.forget();
  await settle();

  assert.deepEqual(other.messages, []);
  assert.deepEqual(events.at(-1), ["lost", { code: "forgotten" }]);
  assert.equal(storage.length, 0);
});

test("a chat that the agent ends is told, and the next text begins another", async () => {
  const { client, stack, events } = await talking();
  stack.end();
  await settle();
  assert.deepEqual(events.at(-1)[0], "ended");
  assert.equal(client.isEnded, true);

  client.send("One more thing");
  await stack.clock.pass(3 * SECOND);

  assert.equal(stack.chats.size, 2);
  assert.deepEqual(textsOf(client), ["One more thing"]);
  assert.deepEqual(client.earlier.map(({ messages }) => messages[0].message), ["Hello"]);
});

test("a text that came too late stays, and goes into a new chat when it is tried again", async () => {
  const { client, stack, events } = await talking();
  stack.sockets.clear();
  stack.end();
  const key = client.send("Too late");
  await settle();

  assert.deepEqual(shownBy(client), [["Hello", "sent"], ["Too late", "failed"]]);
  assert.equal(client.messages.at(-1).error, "chat_ended");
  assert.deepEqual(events.filter(([type]) => type === "unsent").map(([, { code }]) => code), ["chat_ended"]);
  client.retry(key);
  await stack.clock.pass(3 * SECOND);

  assert.deepEqual(stack.texts, ["Too late"]);
  assert.deepEqual(shownBy(client), [["Too late", "sent"]]);
});

test("a message that is removed is no longer shown", async () => {
  const { client, stack } = await talking();
  const slip = stack.say("A slip of the pen");
  await settle();

  stack.remove(slip);
  await settle();

  assert.deepEqual(textsOf(client), ["Hello"]);
  assert.equal(client.unread, 0);
});

test("nobody is there: the text stays until it is tried again, or taken back", async () => {
  const { client, stack } = open();
  stack.isOnline = false;
  const first = client.send("Anybody?");
  const second = client.send("Hello?");
  await settle();
  assert.deepEqual(shownBy(client), [["Anybody?", "failed"], ["Hello?", "failed"]]);

  client.discard(second);
  stack.isOnline = true;
  client.retry(first);
  await settle();

  assert.deepEqual(shownBy(client), [["Anybody?", "sent"]]);
});

test("a dead token is told, what was said can be read, and what is written begins anew", async () => {
  const { client, stack, events } = await talking();
  stack.meddle = (_method, path) => (path.startsWith("chats/") ? [401, { code: "invalid_visitor_token" }] : null);
  client.send("Still there?");
  await settle();

  assert.deepEqual(events.find(([type]) => type === "lost"), ["lost", { code: "invalid_visitor_token" }]);
  assert.equal(client.earlier[0].messages[0].message, "Hello");
  stack.meddle = () => null;
  client.retry(client.messages[0].key);
  await settle();
  assert.equal(stack.chats.size, 2);
});

test("a chat that is deleted is told", async () => {
  const { client, stack, events } = await talking();
  stack.chats.clear();
  client.send("Still there?");
  await settle();

  assert.deepEqual(events.find(([type]) => type === "lost"), ["lost", { code: "chat_not_found" }]);
  assert.deepEqual(shownBy(client), [["Still there?", "failed"]]);
});

test("without a socket it reads", async () => {
  const { client, stack } = open();
  stack.hasSocket = false;
  client.send("Hello");
  await settle();
  stack.say("Read, not heard");

  await stack.clock.pass(5 * SECOND);

  assert.deepEqual(textsOf(client), ["Hello", "Read, not heard"]);
});

test("a frame that says that something has changed has it read", async () => {
  const { client, stack } = await talking();
  stack.sayUnheard("Too large for a frame");
  stack.tell({ event: "changed", chat_id: stack.chat.view.id });
  await settle();

  assert.deepEqual(textsOf(client), ["Hello", "Too large for a frame"]);
});

test("reads go on over pages", async () => {
  const { client, stack } = await talking();
  stack.pageSize = 2;
  for (const text of ["one", "two", "three", "four", "five"]) stack.sayUnheard(text);
  client.wake();
  await settle();

  assert.deepEqual(textsOf(client), ["Hello", "one", "two", "three", "four", "five"]);
});

test("ending that fails is an ApiError, and the chat goes on", async () => {
  const { client, stack } = await talking();
  stack.meddle = () => [503, { code: "giosg_unavailable" }];

  await assert.rejects(client.end(), (error) => error instanceof ApiError && error.isTransient && error.status === 503);

  stack.meddle = () => null;
  await client.end();
  assert.equal(client.isEnded, true);
});

test("a challenge is solved when the stack asks for one", async () => {
  const { client, stack } = open({ solveChallenge: async () => "solved" });
  stack.meddle = (_method, path, body) =>
    path === "chats" && !body.challenge_token ? [403, { code: "challenge_failed" }] : null;

  client.send("Hello");
  await settle();

  assert.deepEqual(shownBy(client), [["Hello", "sent"]]);
  assert.equal(stack.bodies[1].challenge_token, "solved");
});

test("what somebody else answers in the stack's place is no answer", async () => {
  const { client, stack } = open();
  stack.answerPage = "<html>Please log in to this network</html>";
  client.send("Hello");
  await settle();
  assert.deepEqual(shownBy(client), [["Hello", "delayed"]]);

  stack.answerPage = null;
  await stack.clock.pass(MINUTE);

  assert.deepEqual(shownBy(client), [["Hello", "sent"]]);
});

test("an answer without what it should have is tried again, and told in the end", async (context) => {
  context.mock.method(console, "error", () => {});
  const { client, stack } = open();
  stack.meddle = () => [200, {}];

  client.send("Hello");
  await stack.clock.pass(5 * MINUTE);

  assert.deepEqual(shownBy(client), [["Hello", "failed"]]);
});

test("a clock that is set back does not hold texts up", async () => {
  const { client, stack } = await talking();
  stack.meddle = () => [503, { code: "giosg_unavailable" }];
  client.send("Patience");
  await settle();
  stack.meddle = () => null;
  stack.clock.time -= 60 * MINUTE;
  client.wake();

  await stack.clock.pass(MINUTE);

  assert.deepEqual(stack.texts, ["Hello", "Patience"]);
});

test("a visitor who is forgotten while the chat is being made is erased there too", async () => {
  const { client, stack, storage } = open();
  client.send("Hello");
  await Promise.resolve();
  await client.forget();
  await settle();

  assert.deepEqual(stack.requests, ["POST chats", "DELETE visitor"]);
  assert.ok(stack.tokens.has("Bearer token-1"));
  assert.equal(storage.length, 0);
  assert.equal(stack.openedSockets, 0);
});

test("a text that is on its way cannot be taken back", async () => {
  const { client } = open();

  client.discard(client.send("Hello"));
  await settle();

  assert.deepEqual(shownBy(client), [["Hello", "sent"]]);
});

// --- Buttons

const QUESTION = {
  id: "a",
  title: "Which size?",
  actions: [
    { id: "40", type: "button", text: "40", is_disabled_on_selection: true, is_disabled_on_visitor_message: true },
    { id: "41", type: "button", text: "41", is_disabled_on_selection: false, is_disabled_on_visitor_message: true },
    { id: "?", type: "button", text: "Help", is_disabled_on_selection: false, is_disabled_on_visitor_message: false },
  ],
};
const disabled = (message) => message.attachments[0].actions.map(({ is_disabled: isDisabled }) => isDisabled);

test("a button is pressed, and those that go with it are dead from then on", async () => {
  const { client, stack } = await talking();
  const question = stack.say(null, { attachments: [QUESTION] });
  await settle();
  assert.deepEqual(disabled(client.messages[1]), [false, false, false]);

  client.press({ message_id: question.id, attachment_id: "a", action_id: "40" });

  assert.deepEqual(shownBy(client).at(-1), ["40", "sending"]);
  assert.deepEqual(disabled(client.messages[1]), [true, false, false]);
  await settle();
  assert.deepEqual(stack.bodies.at(-1).action, { message_id: question.id, attachment_id: "a", action_id: "40" });
  assert.equal(client.messages.at(-1).type, "action");
  assert.deepEqual(disabled(client.messages[1]), [true, false, false]);
});

test("a text of the visitor's makes the buttons dead that want that", async () => {
  const { client, stack } = await talking();
  stack.say(null, { attachments: [QUESTION] });
  client.send("Neither");
  await settle();

  assert.deepEqual(disabled(client.messages[1]), [true, true, false]);
});

test("odd attachments are none", async () => {
  const { client, stack } = await talking();
  for (const attachments of [null, "?", [null], [{}], [{ actions: "?" }], [{ actions: [null] }]]) {
    stack.say("Odd", { attachments });
  }
  await settle();

  assert.deepEqual(
    client.messages.slice(1).map(({ attachments }) => attachments.map(({ actions }) => actions)),
    [[], [], [], [[]], [[]], [[]]],
  );
});

// --- Known people

test("a known person goes on in the chat that another device has begun", async () => {
  const { stack } = await talking();
  const { client } = open({ stack, token: `${OWNER}.1.x` });

  client.resume();
  await settle();

  assert.deepEqual(textsOf(client), ["Hello"]);
  assert.ok(stack.tokens.has(`Bearer ${OWNER}.1.x`));
});

test("a new token of the same person keeps the chat, another person's does not", async () => {
  const { stack, storage } = await talking({ token: `${OWNER}.1.x` });
  const again = open({ stack, storage: storage.otherTab(), token: `${OWNER}.2.y` }).client;
  assert.equal(again.isUnderWay, true);
  again.close();

  const other = open({ stack, storage: storage.otherTab(), token: "0123456789abcdef0123456789abcdef.1.x" }).client;
  assert.equal(other.isUnderWay, false);
});

test("signing out forgets here, and leaves the chat there", async () => {
  const { client, stack, storage } = await talking();

  client.signOut();

  assert.equal(storage.length, 0);
  assert.deepEqual(client.messages, []);
  assert.equal(stack.requests.includes("DELETE visitor"), false);
});

test("the rooms are listed", async () => {
  const { client } = open();

  assert.deepEqual(await client.rooms(), [{ room: "sales", is_online: true }]);
});

test("a message that is held becomes the chat, once somebody is there", async () => {
  const { client, stack } = open({ stack: Object.assign(new Stack(), { isOnline: false }) });
  const key = client.hold("Do you mend boots?", { name: "Maija" });
  await settle();
  assert.deepEqual(client.heldMessages.map(({ id, status }) => [id, status]), [[key, "held"]]);
  assert.deepEqual(client.messages, []);

  stack.deliver(stack.held[0]);
  await settle();

  assert.deepEqual(shownBy(client), [["Do you mend boots?", "sent"]]);
  assert.equal(client.messages[0].key, key);
  assert.ok(client.isUnderWay);
  assert.equal(stack.bodies[0].visitor_name, "Maija");
});

test("what became of a held message while nobody looked is found on coming back", async () => {
  const { client, stack, storage } = open({ stack: Object.assign(new Stack(), { isOnline: false }) });
  client.hold("Good night");
  await settle();
  client.close();
  stack.deliver(stack.held[0]);

  const { client: later } = open({ stack, storage });
  later.resume();
  await settle();

  assert.deepEqual(shownBy(later), [["Good night", "sent"]]);
});

test("a second held message waits until the chat of the first is over", async () => {
  const { client, stack } = open({ stack: Object.assign(new Stack(), { isOnline: false }) });
  client.hold("one");
  client.hold("two");
  await settle();
  stack.deliver(stack.held[1]);
  await settle();
  stack.deliver(stack.held[0]);
  await settle();
  assert.deepEqual(textsOf(client), ["one"]);

  stack.end(stack.chats.get("chat-1"));
  await settle();
  client.startNew();
  await settle();

  assert.deepEqual(textsOf(client), ["two"]);
});

test("an answer that is lost while a message is held makes one of it", async () => {
  const { client, stack } = open({ stack: Object.assign(new Stack(), { isOnline: false }) });
  const id = client.hold("Once");
  stack.held = [{ id, message: "Once", status: "held", chat_id: null }];
  stack.meddle = (method) => {
    stack.meddle = () => null;
    if (method === "POST") throw new TypeError("Failed to fetch");
  };
  await stack.clock.pass(MINUTE);

  assert.deepEqual(client.heldMessages.map((held) => held.id), [id]);
  assert.equal(stack.held.length, 1);
});

test("somebody who comes before the message is held has it as a chat", async () => {
  const { client, stack } = open();

  client.hold("Anybody there?");
  await settle();

  assert.deepEqual(shownBy(client), [["Anybody there?", "sent"]]);
  assert.deepEqual(stack.held, []);
});

test("a held message is taken back, or has become a chat", async () => {
  const { client, stack } = open({ stack: Object.assign(new Stack(), { isOnline: false }) });
  const first = client.hold("one");
  const second = client.hold("two");
  await settle();

  await client.withdraw(first);
  stack.deliver(stack.held[0]);
  await client.withdraw(second);
  await settle();

  assert.deepEqual(client.heldMessages.map(({ status }) => status), ["delivered", "withdrawn"]);
  assert.deepEqual(textsOf(client), ["two"]);
});

test("a message that cannot be held is told as unsent", async () => {
  const { client, stack, events } = open({ stack: Object.assign(new Stack(), { isOnline: false }) });
  stack.meddle = (_method, path) => (path === "held_messages" ? [409, { code: "too_many_held" }] : null);

  client.hold("One more");
  await settle();

  assert.deepEqual(events.map(([type, { code }]) => [type, code]), [["unsent", "too_many_held"]]);
});

test("the room of a first message stays its own, whatever is chosen later", async () => {
  const { client, stack, storage } = open({ room: "sales" });
  stack.meddle = (_method, path) => (path === "chats" ? [503, { code: "giosg_unavailable" }] : null);
  client.send("Hello");
  await settle();
  client.close();
  stack.meddle = () => null;

  const { client: later } = open({ stack, storage });
  later.resume();
  await settle();

  assert.equal(stack.bodies.filter(Boolean).at(-1).room, "sales");
});
