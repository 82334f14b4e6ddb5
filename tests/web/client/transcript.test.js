// The rules of a transcript: without a browser, a clock or a network.

import assert from "node:assert/strict";
import { test } from "node:test";

import { inOrder, Transcript } from "../../../web/client/transcript.js";

const MESSAGE = {
  chat_id: "chat",
  type: "message",
  sender_type: "agent",
  sender_name: "Oona",
  sender_avatar_url: null,
  message: "Hi!",
  attachments: [],
  created_at: "2026-01-01T00:00:00.000Z",
  sequence: 1,
  client_message_id: null,
  is_removed: false,
};

const messageOf = (id, changes = {}) => ({ ...MESSAGE, id, ...changes });
const removed = (id) => messageOf(id, { is_removed: true, message: null });
const pageOf = (messages, next, hasMore = false) => ({ chat: {}, messages, next, has_more: hasMore });
const textsOf = (transcript) => transcript.list.map(({ message }) => message);

function readTranscript(...messages) {
  const transcript = new Transcript();
  transcript.takePage(pageOf(messages, "c1"));
  return transcript;
}

test("messages are shown by time, then by sequence", () => {
  const transcript = readTranscript(
    messageOf("d", { message: "4", created_at: "2026-01-01T00:00:01.000Z", sequence: 1 }),
    messageOf("c", { message: "3", sequence: 10 }),
    messageOf("b", { message: "2", sequence: 9 }),
    messageOf("a", { message: "1", created_at: "2025-12-31T23:59:59.999Z", sequence: 99 }),
  );

  assert.deepEqual(textsOf(transcript), ["1", "2", "3", "4"]);
});

test("the history is no news, what comes after it is, and once", () => {
  const transcript = new Transcript();

  assert.deepEqual(transcript.takePage(pageOf([messageOf("a")], "c1", true)), []);
  assert.deepEqual(transcript.takePage(pageOf([messageOf("b")], "c2")), []);
  assert.deepEqual(transcript.take([messageOf("b"), messageOf("c")]).map(({ id }) => id), ["c"]);
  assert.deepEqual(transcript.take([messageOf("c")]), []);
});

test("news come in order", () => {
  const transcript = readTranscript();

  const news = transcript.take([messageOf("b", { sequence: 2 }), messageOf("a", { sequence: 1 })]);

  assert.deepEqual(news.map(({ id }) => id), ["a", "b"]);
});

test("a removed message stays removed, whatever comes later", () => {
  const transcript = readTranscript(messageOf("a"));

  transcript.take([removed("a")]);
  transcript.take([messageOf("a", { message: "Back" })]);

  assert.deepEqual(transcript.list, []);
});

test("a message that was removed before it was seen is no news", () => {
  assert.deepEqual(readTranscript().take([removed("a")]), []);
});

test("another text under the same id is an edit, and stays one", () => {
  const transcript = readTranscript(messageOf("a"));

  transcript.take([messageOf("a", { message: "Hello!" })]);
  transcript.take([messageOf("a", { message: "Hello!" })]);

  assert.deepEqual(transcript.list.map(({ message, is_edited }) => [message, is_edited]), [["Hello!", true]]);
});

test("unread is what others said after a place", () => {
  const seen = messageOf("b", { sequence: 2 });
  const transcript = readTranscript(
    messageOf("a"),
    seen,
    messageOf("c", { sequence: 3 }),
    messageOf("d", { sequence: 4, sender_type: "visitor" }),
    messageOf("e", { sequence: 5, type: "join" }),
  );

  assert.equal(transcript.unreadAfter(seen), 1);
  assert.equal(transcript.unreadAfter(undefined), 3);
});

test("a frame that stands where the cursor is moves it on", () => {
  const transcript = readTranscript();

  const followed = transcript.follow({ event: "message", message: messageOf("a"), after: "c1", next: "c2" });

  assert.deepEqual(followed, { isUsable: true, isReadDue: false });
  assert.equal(transcript.cursor, "c2");
});

test("a frame that stands elsewhere shows that another was lost", () => {
  const transcript = readTranscript();

  const followed = transcript.follow({ event: "message", message: messageOf("a"), after: "c7", next: "c8" });

  assert.deepEqual(followed, { isUsable: true, isReadDue: true });
  assert.equal(transcript.cursor, "c1");
});

test("a frame that does not say where it stands may add and remove, but an edit is read", () => {
  const transcript = readTranscript(messageOf("a"));
  const follow = (message) => transcript.follow({ event: "message", message });

  assert.deepEqual(follow(messageOf("b")), { isUsable: true, isReadDue: false });
  assert.deepEqual(follow(messageOf("a")), { isUsable: false, isReadDue: false });
  assert.deepEqual(follow(messageOf("a", { message: "Older?" })), { isUsable: false, isReadDue: true });
  assert.equal(follow(removed("a")).isUsable, true);
});

test("the order is total over time and sequence", () => {
  const early = { created_at: "2026-01-01T00:00:00.000Z", sequence: 2 };
  const late = { created_at: "2026-01-01T00:00:00.001Z", sequence: 1 };

  assert.ok(inOrder(early, late) < 0);
  assert.ok(inOrder(late, early) > 0);
  assert.equal(inOrder(early, { ...early }), 0);
});
