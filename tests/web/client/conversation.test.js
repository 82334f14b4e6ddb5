// A client in Node, against the API in the same process: nothing written is lost, and no request is made in vain.

import assert from "node:assert/strict";
import { test } from "node:test";

import { VisitorChat } from "../../../web/client/client.js";
import { API, Clock, MemoryStorage, settle, Stack } from "./stack.js";

const MINUTE = 60_000;

function open({ stack = new Stack(), storage = new MemoryStorage(), scope = {}, ...options } = {}) {
  const client = new VisitorChat({ api: API, storage, scope: stack.scope(scope), ...options });
  return { stack, storage, client };
}

async function underWay(options) {
  const opened = open(options);
  opened.client.send("Hello");
  await settle();
  await opened.stack.clock.pass(2_500);
  return opened;
}

const listed = (client) => client.messages.map(({ message }) => message);
const statuses = (client) => client.messages.map(({ status }) => status);
const since = (stack, act) => {
  const before = stack.requests.length;
  return Promise.resolve(act()).then(() => stack.requests.slice(before));
};

test("the first message costs a start, a ticket and one read", async () => {
  const { stack, client } = await underWay();

  assert.deepEqual(stack.requests, ["POST chats", "POST realtime", "GET chats/chat-1/messages"]);
  assert.deepEqual(listed(client), ["Hello"]);
});

test("the next message costs one request", async () => {
  const { stack, client } = await underWay();

  const requests = await since(stack, async () => {
    client.send("And another thing");
    await stack.clock.pass(MINUTE);
  });

  assert.deepEqual(requests, ["POST chats/chat-1/messages"]);
  assert.deepEqual(listed(client), ["Hello", "And another thing"]);
});

test("the next page costs one read and a ticket", async () => {
  const { stack, storage } = await underWay();

  const requests = await since(stack, async () => {
    open({ stack, storage }).client.resume();
    await stack.clock.pass(MINUTE);
  });

  assert.deepEqual(requests, ["GET chats/chat-1/messages", "POST realtime"]);
});

test("the next page costs one read if the chat is known to have ended", async () => {
  const { stack, storage } = await underWay();
  stack.end();
  await settle();

  const requests = await since(stack, async () => {
    open({ stack, storage }).client.resume();
    await stack.clock.pass(10 * MINUTE);
  });

  assert.deepEqual(requests, ["GET chats/chat-1/messages"]);
});

test("an answer that comes by the socket costs nothing", async () => {
  const { stack, client } = await underWay();

  const requests = await since(stack, async () => {
    stack.say("Hi!");
    await stack.clock.pass(MINUTE);
  });

  assert.deepEqual(requests, []);
  assert.deepEqual(listed(client), ["Hello", "Hi!"]);
});

test("silence costs nothing", async () => {
  const { stack } = await underWay();

  assert.deepEqual(await since(stack, () => stack.clock.pass(60 * MINUTE)), []);
});

test("what was said while the socket opened is read as soon as it is open", async () => {
  const { stack, client } = open();
  stack.meddle = (_method, path) => {
    if (path === "realtime") stack.say("Hi! Already here");
    return null;
  };

  client.send("Hello");
  await settle();

  assert.deepEqual(listed(client), ["Hello", "Hi! Already here"]);
});

test("a socket that the stack does not know is opened anew at once", async () => {
  const { stack, client } = open();
  client.send("Hello");
  await settle();
  // The stack answers the ping of such a socket by closing it.
  stack.dropSockets();
  stack.say("Unheard");

  await stack.clock.pass(2_000);

  assert.equal(stack.openedSockets, 2);
  assert.deepEqual(listed(client), ["Hello", "Unheard"]);
});

test("without locks, which go with the storage, a text is sent", async () => {
  const locks = { request: () => Promise.reject(new Error("SecurityError")) };

  const { client, stack } = await underWay({ storage: null, scope: { navigator: { locks } } });
  client.send("And again");
  await settle();

  assert.deepEqual(stack.texts, ["Hello", "And again"]);
  assert.ok(client.messages.every(({ status }) => status === "sent"));
});

test("a lock that a sleeping tab holds does not hold texts up for ever", async () => {
  const request = (_name, { signal }) =>
    new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
  const { client, stack } = open({ scope: { navigator: { locks: { request } } } });

  client.send("Hello");
  await stack.clock.pass(MINUTE);

  assert.deepEqual(stack.texts, ["Hello"]);
});

test("a storage that is full loses nothing in this page", async () => {
  const storage = new MemoryStorage();
  storage.isFull = true;
  const { client, stack } = await underWay({ storage });

  stack.say("Hi!");
  assert.equal(client.unread, 1);
  client.markSeen();

  assert.equal(client.unread, 0);
  assert.deepEqual(listed(client), ["Hello", "Hi!"]);
  assert.equal(stack.chats.size, 1);
});

test("a storage that has room again remembers the visitor", async () => {
  const storage = new MemoryStorage();
  storage.isFull = true;
  const { client, stack } = await underWay({ storage });

  storage.isFull = false;
  client.wake();

  const { client: next } = open({ stack, storage });
  assert.equal(next.visitor.chatId, "chat-1");
});

test("a page that slept through another's first message goes on in that chat", async () => {
  const { stack, storage, client } = open();
  const other = open({ stack, storage }).client;
  other.send("From the other page");
  await settle();

  client.send("From the first");
  await settle();

  assert.equal(stack.chats.size, 1);
  assert.deepEqual(stack.texts, ["From the other page", "From the first"]);
});

test("what waits in one tab is not lost by what another tab does", async () => {
  const { stack, storage, client } = await underWay();
  const other = open({ stack, storage }).client;
  stack.meddle = () => [503, { code: "giosg_unavailable" }];
  client.send("one");
  other.send("two");
  await settle();

  stack.meddle = () => null;
  await stack.clock.pass(MINUTE);

  assert.deepEqual([...stack.texts].sort(), ["Hello", "one", "two"]);
});

test("a browser that wrongly says that it is offline sends, and says so until an answer comes", async () => {
  const { client, stack } = await underWay({ scope: { navigator: { onLine: false } } });

  assert.deepEqual(stack.texts, ["Hello"]);
  assert.equal(client.isConnected, true);
});

test("without a network a text is tried for as long as it takes, and rarely", async () => {
  const navigator = { onLine: false };
  const { stack, client } = open({ scope: { navigator } });
  stack.meddle = () => {
    throw new Error("no network");
  };

  client.send("From a tunnel");
  await stack.clock.pass(30 * MINUTE);
  assert.ok(stack.requests.length < 130, String(stack.requests.length));
  assert.deepEqual(statuses(client), ["delayed"]);

  stack.meddle = () => null;
  await stack.clock.pass(MINUTE);
  assert.deepEqual(stack.texts, ["From a tunnel"]);
});

test("a text whose answer was lost is sent again under the same id, and is there once", async () => {
  const { stack, client } = await underWay();
  let isLost = false;
  stack.meddle = (method, path, body) => {
    if (isLost || method !== "POST") return null;
    isLost = true;
    stack.say(body.message, { sender_type: "visitor", client_message_id: body.client_message_id });
    throw new Error("connection reset");
  };

  client.send("Just once");
  await stack.clock.pass(MINUTE);

  assert.deepEqual(stack.texts, ["Hello", "Just once"]);
  assert.deepEqual(listed(client), ["Hello", "Just once"]);
});

test("texts keep their order through a reload and a clock that goes back", async () => {
  const { stack, storage, client } = await underWay();
  stack.meddle = () => [503, { code: "giosg_unavailable" }];
  client.send("one");
  stack.clock.time -= 10 * MINUTE;
  client.send("two");
  await settle();
  client.close();

  stack.meddle = () => null;
  open({ stack, storage }).client.resume();
  await stack.clock.pass(MINUTE);

  assert.deepEqual(stack.texts, ["Hello", "one", "two"]);
});

test("a chat that ended long ago does not mark a new one as ended", async () => {
  const { stack, storage, client } = await underWay();
  const sleepy = open({ stack, storage }).client;
  sleepy.resume();
  await settle();
  client.startNew();
  client.send("A new one");
  await settle();

  stack.end(stack.chats.get("chat-1"));
  await settle();

  assert.equal(open({ stack, storage }).client.isUnderWay, true);
});

// --- What was said before the end is shown

const READ = "GET chats/chat-1/messages";
const refused = (status, code) => () => [status, { code }];

test("an end that is heard with all before it costs nothing", async () => {
  const { stack, client } = await underWay();

  const requests = await since(stack, async () => {
    stack.say("Bye!");
    stack.end();
    await stack.clock.pass(MINUTE);
  });

  assert.deepEqual(requests, []);
  assert.deepEqual(listed(client), ["Hello", "Bye!"]);
});

test("what no frame brought is read when the chat ends", async () => {
  const { stack, client } = await underWay();
  stack.sayUnheard("Bye!");

  const requests = await since(stack, async () => {
    stack.end();
    await stack.clock.pass(MINUTE);
  });

  assert.deepEqual(listed(client), ["Hello", "Bye!"]);
  assert.deepEqual(requests, [READ]);
});

test("a read that fails when the chat ends is tried until it succeeds", async () => {
  const { stack, client } = await underWay();
  stack.sayUnheard("Bye!");
  stack.meddle = refused(503, "giosg_unavailable");
  stack.end();
  await settle();
  stack.dropSockets();

  stack.meddle = () => null;
  await stack.clock.pass(MINUTE);

  assert.deepEqual(listed(client), ["Hello", "Bye!"]);
  assert.deepEqual(await since(stack, () => stack.clock.pass(60 * MINUTE)), []);
});

test("what was said before the visitor ended the chat is read, and then no more", async () => {
  const { stack, client } = await underWay({ stack: Object.assign(new Stack(), { hasSocket: false }) });
  stack.say("Bye!");

  await client.end();
  await stack.clock.pass(MINUTE);

  assert.deepEqual(listed(client), ["Hello", "Bye!"]);
  assert.deepEqual(await since(stack, () => stack.clock.pass(60 * MINUTE)), []);
});

test("what was said before a text that came too late is read", async () => {
  const { stack, client } = await underWay({ stack: Object.assign(new Stack(), { hasSocket: false }) });
  stack.say("Bye!");
  stack.end();

  client.send("Too late");
  await stack.clock.pass(MINUTE);

  assert.deepEqual(listed(client).slice(0, 2), ["Hello", "Bye!"]);
});

test("a chat that ended is read to its last page, though one of them fails", async () => {
  const { stack, storage, client } = await underWay();
  for (const text of ["one", "two"]) stack.say(text);
  stack.end();
  client.close();
  stack.pageSize = 2;
  stack.meddle = (_method, path) => (path.includes("after=2") ? refused(503, "giosg_unavailable")() : null);

  const { client: next } = open({ stack, storage });
  next.resume();
  await settle();
  stack.meddle = () => null;
  await stack.clock.pass(MINUTE);

  assert.deepEqual(listed(next), ["Hello", "one", "two"]);
});

test("what is said after the end, and by no frame, is read at the next ping", async () => {
  const { stack, client } = await underWay();
  stack.end();
  await settle();
  stack.sayUnheard("PS");

  await stack.clock.pass(MINUTE);

  assert.deepEqual(listed(client), ["Hello", "PS"]);
});

// --- What grew old on its way is not taken for the present

const OWNER = "9f86d081884c7d659a2feaa0c55ad015";

// It hears what other tabs change.
function openTab({ storage = new MemoryStorage(), ...options } = {}) {
  const opened = open({ storage, scope: { addEventListener: storage.addEventListener }, ...options });
  const lost = [];
  opened.client.addEventListener("lost", ({ detail: { code } }) => lost.push(code));
  return { ...opened, lost };
}

// The window of the first tab hears of it in a moment, and not yet.
function forgetInAnotherTab({ stack, storage }) {
  const { client } = openTab({ stack, storage: storage.otherTab() });
  storage.listener = undefined;
  client.signOut();
}

async function talkingTab(options) {
  const opened = openTab(options);
  opened.client.send("Hello");
  await settle();
  return opened;
}

test("a read that is refused after the visitor was forgotten says nothing", async () => {
  const { stack, storage, client, lost } = await talkingTab();
  const arrive = stack.delayAnswer(READ);
  stack.meddle = (_method, path) => (path.includes("/messages") ? refused(401, "invalid_visitor_token")() : null);
  client.wake();
  await client.forget();

  await arrive();

  assert.deepEqual(lost, ["forgotten"]);
  assert.equal(storage.length, 0);
});

test("a read that is refused late does not end what was begun since", async () => {
  const { stack, client, lost } = await talkingTab();
  const arrive = stack.delayAnswer(READ);
  stack.meddle = (_method, path) => (path.startsWith("chats/chat-1/messages") ? refused(401, "invalid_visitor_token")() : null);
  client.wake();
  await client.forget();
  client.send("Somebody else");
  await settle();

  await arrive();

  assert.deepEqual(lost, ["forgotten"]);
  assert.equal(client.isUnderWay, true);
  assert.deepEqual(listed(client), ["Somebody else"]);
});

test("a token that is dead is no loss if another tab has got a new one meanwhile", async () => {
  const { stack, storage, client, lost } = await talkingTab({ token: `${OWNER}.1.x` });
  const read = stack.delayAnswer(READ);
  const sent = stack.delayAnswer("POST chats/chat-1/messages");
  stack.meddle = (_method, path) => (path.includes("/messages") ? refused(401, "invalid_visitor_token")() : null);
  client.wake();
  client.send("With the new one");
  await settle();
  stack.meddle = () => null;
  openTab({ stack, storage: storage.otherTab(), token: `${OWNER}.2.y` });
  await settle();

  await read();
  await sent();
  await stack.clock.pass(MINUTE);

  assert.deepEqual(lost, []);
  assert.deepEqual(listed(client), ["Hello", "With the new one"]);
  assert.deepEqual(statuses(client), ["sent", "sent"]);
});

test("a token that another tab has let go is forgotten, and not lost", async () => {
  const { stack, storage, client, lost } = await talkingTab();
  stack.meddle = refused(401, "invalid_visitor_token");
  const arrive = stack.delayAnswer(READ);
  client.wake();
  await settle();

  forgetInAnotherTab({ stack, storage });
  await arrive();

  assert.deepEqual(lost, ["forgotten"]);
});

test("a chat that was not found does not put another away", async () => {
  const { stack, client, lost } = await talkingTab();
  const arrive = stack.delayAnswer(READ);
  stack.meddle = (_method, path) => (path.startsWith("chats/chat-1") ? refused(404, "chat_not_found")() : null);
  client.wake();
  await settle();
  stack.end();
  client.send("Another");
  await settle();

  await arrive();

  assert.deepEqual(lost, []);
  assert.equal(client.chat.id, "chat-2");
  assert.deepEqual(listed(client), ["Another"]);
});

const closedStack = () => Object.assign(new Stack(), { isOnline: false });

test("what becomes of a held message while the list is on its way stays so", async () => {
  const { stack, client } = open({ stack: closedStack() });
  client.hold("Do you mend boots?");
  await settle();
  const arrive = stack.delayAnswer("GET held_messages");
  client.wake();
  await settle();
  Object.assign(stack.held[0], { status: "expired" });
  stack.tell({ event: "held_message", held_message: { ...stack.held[0] } });

  await arrive();

  assert.deepEqual(client.heldMessages.map(({ status }) => status), ["expired"]);
  assert.deepEqual(client.visitor.held, []);
});

test("a message that is left while the list is on its way stays in it", async () => {
  const { stack, client } = open({ stack: closedStack() });
  client.hold("one");
  await settle();
  const arrive = stack.delayAnswer("GET held_messages");
  client.wake();
  client.hold("two");
  await settle();

  await arrive();

  assert.deepEqual(client.heldMessages.map(({ message }) => message), ["two", "one"]);
});

test("the end of a chat that another tab has just forgotten leaves nothing", async () => {
  const { stack, storage, client, lost } = await talkingTab();
  forgetInAnotherTab({ stack, storage });

  stack.end();
  await settle();

  assert.equal(storage.length, 0);
  assert.deepEqual(lost, ["forgotten"]);
  assert.equal(client.visitor, null);
  assert.deepEqual([client.messages, client.earlier], [[], []]);
});

test("an end that is confirmed late does not end what was begun since", async () => {
  const { stack, client } = await talkingTab();
  const arrive = stack.delayAnswer("POST chats/chat-1/end");
  const ending = client.end();
  await settle();
  client.send("Another");
  await settle();

  await arrive();
  await ending;

  assert.equal(client.chat.id, "chat-2");
  assert.equal(client.isUnderWay, true);
});

test("a ticket that comes after the visitor was forgotten opens no socket for the next", async () => {
  const { stack, client } = openTab();
  const arrive = stack.delayAnswer("POST realtime");
  client.send("Hello");
  await settle();
  await client.forget();
  client.send("Somebody else");
  await settle();

  await arrive();

  assert.equal(stack.requests.filter((call) => call === "POST realtime").length, 2);
  assert.equal(stack.openedSockets, 1);
});

test("what a socket still says after the visitor was forgotten is not listened to", async () => {
  const { stack, client } = open({ stack: closedStack() });
  client.hold("Do you mend boots?");
  await settle();
  const [socket] = stack.sockets;
  await client.forget();

  socket.onmessage({ data: JSON.stringify({ event: "held_message", held_message: { ...stack.held[0] } }) });

  assert.deepEqual(client.heldMessages, []);
  assert.equal(client.visitor, null);
});

test("a client that is closed while it reads what is held opens nothing", async () => {
  const { stack, storage, client } = open({ stack: closedStack() });
  client.hold("Do you mend boots?");
  await settle();
  client.close();
  const { client: next } = open({ stack, storage });
  next.resume();
  next.close();
  await settle();

  assert.deepEqual(await since(stack, () => stack.clock.pass(10 * MINUTE)), []);
  assert.equal(stack.sockets.size, 0);
});

test("the chat of a person who has signed out meanwhile is not gone on in", async () => {
  const { stack } = await talkingTab();
  const { storage, client } = openTab({ stack, token: `${OWNER}.1.x` });
  const arrive = stack.delayAnswer("GET chats");
  client.resume();
  client.signOut();

  await arrive();

  assert.equal(storage.length, 0);
  assert.equal(client.visitor, null);
});

test("a chat that a known visitor began just before they were forgotten is erased with them", async () => {
  const { stack, storage, client, lost } = await talkingTab();
  stack.end();
  const arrive = stack.delayAnswer("POST chats");
  client.send("Another");
  await settle();
  await client.forget();

  await arrive();

  assert.equal(stack.requests.filter((call) => call === "DELETE visitor").length, 1);
  assert.deepEqual(lost, ["forgotten"]);
  assert.equal(storage.length, 0);
});

test("a text of a chat that is gone is given up alone, and puts no other chat away", async () => {
  const { stack, client, lost } = await talkingTab();
  stack.meddle = (_method, path) => (path === "chats/chat-1/messages" ? refused(400, "invalid_request")() : null);
  const key = client.send("Of the first chat");
  await settle();
  stack.end();
  client.send("Another");
  await settle();
  stack.chats.delete("chat-1");
  stack.meddle = () => null;

  client.retry(key);
  await settle();

  assert.deepEqual(lost, []);
  assert.equal(client.isUnderWay, true);
  assert.deepEqual(client.messages.map(({ message, error }) => [message, error]), [["Another", undefined], ["Of the first chat", "chat_not_found"]]);
});

test("a message that is held is asked about now and then while there is no socket", async () => {
  const { stack, client } = open({ stack: Object.assign(closedStack(), { hasSocket: false }) });
  let reads = 0;
  stack.meddle = (method, path) => {
    if (method === "GET" && path === "held_messages") reads += 1;
    return reads > 20 ? refused(401, "invalid_visitor_token")() : null; // no end would come of it
  };

  client.hold("Do you mend boots?");
  await stack.clock.pass(MINUTE);

  assert.ok(reads > 2 && reads < 6, String(reads));
});

test("what is told of a held message that another tab has just forgotten starts nothing", async () => {
  const { stack, storage, client, lost } = await talkingTab();
  stack.end();
  stack.isOnline = false;
  client.hold("one");
  client.hold("two");
  await settle();
  forgetInAnotherTab({ stack, storage });

  const requests = await since(stack, async () => {
    stack.tell({ event: "held_message", held_message: { ...stack.held[0], status: "expired" } });
    await stack.clock.pass(MINUTE);
  });

  assert.deepEqual(requests, []);
  assert.deepEqual([client.heldMessages, lost, storage.length], [[], ["forgotten"], 0]);
});

test("a frontend that begins anew as soon as a chat has ended keeps its visitor", async () => {
  const { stack, client } = await talkingTab();
  client.addEventListener("change", () => {
    if (client.isEnded) client.startNew();
  });

  stack.end();
  await settle();

  assert.ok(client.visitor);
  assert.equal(client.earlier.length, 1);
});

test("a hidden tab in which nobody has written hears what came of another's held message", async () => {
  const { stack, storage, client } = openTab({ stack: closedStack() });
  const other = storage.otherTab();
  const scope = { addEventListener: other.addEventListener, document: { hidden: true, addEventListener() {} } };
  const { client: hidden } = open({ stack, storage: other, scope });
  hidden.resume();
  await settle();
  client.hold("Do you mend boots?");
  await stack.clock.pass(2_500);
  client.close();

  stack.isOnline = true;
  stack.deliver(stack.held[0]);
  stack.say("Yes, of course");
  await stack.clock.pass(MINUTE);

  assert.deepEqual(listed(hidden), ["Do you mend boots?", "Yes, of course"]);
});

test("nothing is asked of a known person's chat once another tab has signed out", async () => {
  const { stack } = await talkingTab();
  const { storage, client } = openTab({ stack, token: `${OWNER}.1.x` });
  const arrive = stack.delayAnswer("GET chats");
  client.resume();
  await settle();
  forgetInAnotherTab({ stack, storage });

  const requests = await since(stack, async () => {
    await arrive();
    await stack.clock.pass(10 * MINUTE);
  });

  assert.deepEqual(requests, []);
});

for (const [told, frame] of [
  ["removed", (stack) => stack.tell({ event: "chat_removed", chat_id: "chat-1" })],
  ["ended", (stack) => stack.end()],
]) {
  test(`a visitor who was forgotten in another tab is not told that their chat was ${told}`, async () => {
    const { stack, storage, client, lost } = await talkingTab();
    let ends = 0;
    client.addEventListener("ended", () => (ends += 1));
    forgetInAnotherTab({ stack, storage });

    frame(stack);
    await settle();

    assert.deepEqual([lost, ends], [["forgotten"], 0]);
  });
}
