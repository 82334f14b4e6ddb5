// A visitor's journey with the types that openapi-typescript makes: the API's URL, then a throttled gateway's.
//
// Says the chat's id on a line of its own when an agent is to answer, and goes on when it is told that one has.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import createClient, { type Client } from "openapi-fetch";
import type { components, paths } from "./api.js";

type Message = components["schemas"]["Message"];
type Api = Client<paths>;

/** Start a chat, twice with one key; return the visitor's client and the chat's id. */
async function start(apiUrl: string): Promise<[Api, string]> {
  const api = createClient<paths>({ baseUrl: apiUrl });
  const availability = await api.GET("/availability");
  assert.equal(availability.data?.is_online, true);
  const body = { visitor_name: "Aino", message: "Hello?", client_message_id: randomUUID(), variables: { page: "/" } };
  const params = { header: { "Idempotency-Key": randomUUID() } };
  const first = await api.POST("/chats", { body, params });
  const second = await api.POST("/chats", { body, params });
  assert.deepEqual([first.response.status, second.response.status], [201, 200]);
  assert(first.data && second.data);
  assert.equal(first.data.message?.client_message_id, body.client_message_id);
  assert.equal(second.data.chat.id, first.data.chat.id);
  const headers = { Authorization: `Bearer ${first.data.visitor_token}` };
  return [createClient<paths>({ baseUrl: apiUrl, headers }), first.data.chat.id];
}

async function send(api: Api, chatId: string): Promise<void> {
  const body = { message: "Do you have this in blue?", client_message_id: randomUUID() };
  const params = { path: { chat_id: chatId } };
  const first = await api.POST("/chats/{chat_id}/messages", { body, params });
  const second = await api.POST("/chats/{chat_id}/messages", { body, params });
  assert.deepEqual([first.response.status, second.response.status], [201, 200]);
  assert(first.data);
  assert.equal(second.data?.id, first.data.id);
}

/** Follow the cursors, in the smallest steps. */
async function read(api: Api, chatId: string): Promise<Message[]> {
  const messages: Message[] = [];
  const query: { limit: number; after?: string } = { limit: 1 };
  for (;;) {
    const { data } = await api.GET("/chats/{chat_id}/messages", { params: { path: { chat_id: chatId }, query } });
    assert(data);
    messages.push(...data.messages);
    if (!data.has_more) return messages;
    query.after = data.next;
  }
}

async function readTheAnswer(api: Api, chatId: string): Promise<void> {
  const said = (await read(api, chatId)).filter((each) => each.sender_type === "agent" && each.message !== null);
  assert.deepEqual(said.map((each) => each.message), ["We do!"]);
  const ticket = await api.POST("/realtime");
  assert.match(ticket.data?.url ?? "", /^ws/);
  const chats = await api.GET("/chats");
  assert.deepEqual(chats.data?.chats.map((chat) => [chat.id, chat.ended_at]), [[chatId, null]]);
}

async function meetErrors(api: Api, chatId: string): Promise<void> {
  const missing = await api.GET("/chats/{chat_id}", { params: { path: { chat_id: randomUUID() } } });
  assert(missing.error && "code" in missing.error);
  assert.equal(missing.error.code, "chat_not_found");
  const params = { path: { chat_id: chatId } };
  const refused = await api.POST("/chats/{chat_id}/messages", { body: { message: "x".repeat(2001) }, params });
  assert(refused.error && "code" in refused.error);
  assert.equal(refused.error.code, "invalid_request");
  assert.deepEqual(refused.error.errors?.map((each) => each.field), ["message"]);
}

/** End the chat, then everything. */
async function end(api: Api, chatId: string): Promise<void> {
  const params = { path: { chat_id: chatId } };
  const ended = await api.POST("/chats/{chat_id}/end", { params });
  assert.equal(ended.data?.status, "ended");
  const tooLate = await api.POST("/chats/{chat_id}/messages", { body: { message: "Thanks" }, params });
  assert(tooLate.error && "code" in tooLate.error);
  assert.equal(tooLate.error.code, "chat_ended");
  const erased = await api.DELETE("/visitor");
  assert.equal(erased.response.status, 204);
  const stranger = await api.GET("/chats/{chat_id}", { params });
  assert(stranger.error && "code" in stranger.error);
  assert.equal(stranger.error.code, "invalid_visitor_token");
}

async function meetTheGateway(gatewayUrl: string): Promise<void> {
  const throttled = await createClient<paths>({ baseUrl: gatewayUrl }).GET("/availability");
  assert.equal(throttled.response.status, 429);
  assert(throttled.error && "message" in throttled.error);
  assert.equal(throttled.error.message, "Too Many Requests");
}

const [apiUrl = "", gatewayUrl = ""] = process.argv.slice(2);
const [api, chatId] = await start(apiUrl);
await send(api, chatId);
console.log(chatId);
await once(process.stdin, "data");
process.stdin.destroy();
await readTheAnswer(api, chatId);
await meetErrors(api, chatId);
await end(api, chatId);
await meetTheGateway(gatewayUrl);
