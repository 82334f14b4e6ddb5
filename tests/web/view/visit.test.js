// What the page knows of whether somebody is there.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Visit } from "../../../web/view/visit.js";
import { API, MemoryStorage, settle, Stack } from "../client/stack.js";

function choosing() {
  const stack = new Stack();
  const visit = new Visit({ api: API, storage: new MemoryStorage(), scope: stack.scope() });
  visit.choices = ["sales", "support"];
  stack.meddle = (_method, path) =>
    path.startsWith("availability") ? [200, { is_online: path.endsWith("sales") }] : null;
  return { stack, visit };
}

test("an answer for a room that is no longer chosen says nothing of the one that is", async () => {
  const { stack, visit } = choosing();
  const arrive = stack.delayAnswer("GET availability");
  visit.room = "sales";
  visit.checkPresence();
  visit.room = "support";
  visit.checkPresence();
  await settle();

  await arrive();

  assert.equal(visit.presence, "away");
  visit.close();
});

test("nothing is known of whether somebody is there while no room is chosen", async () => {
  const { stack, visit } = choosing();
  const arrive = stack.delayAnswer("GET availability");
  visit.room = "sales";
  visit.checkPresence();
  visit.room = undefined;
  visit.checkPresence();

  await arrive();

  assert.equal(visit.presence, "unknown");
  visit.close();
});
