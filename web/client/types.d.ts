// What the client's modules deal in among themselves. What is published is in client.d.ts.

import type { Chat, HeldMessage, KeyValueStorage, Message as Shown, Options as Published, Press } from "./client.d.ts";

export type { Availability, Button, Chat, HeldMessage, KeyValueStorage, Press, ShownMessage } from "./client.d.ts";

/** As in the API. What agents have attached is looked at when it is shown. */
export interface Message extends Omit<Shown, "attachments" | "is_edited"> {
  attachments: unknown;
  /** Orders the messages of one chat that share a created_at. */
  sequence?: number;
  is_edited?: boolean;
}

/** Where in a conversation something stands. */
export type Place = Pick<Message, "created_at" | "sequence">;

export interface Page {
  chat: Chat;
  messages: Message[];
  next: string;
  has_more: boolean;
}

export interface Frame {
  event: string;
  chat_id?: string;
  chat?: Chat;
  message?: Message;
  after?: string;
  next?: string;
  cursors?: Record<string, string>;
  held_message?: HeldMessage;
}

/** A text, or the press of a button, on its way. */
export interface OutboxItem {
  /** The client_message_id: the server knows a repeat by it. */
  id: string;
  text: string;
  press?: Press;
  name?: string;
  variables?: Record<string, string>;
  /** Where it starts a chat. */
  room?: string;
  /** To be held until agents are there. */
  isHeld?: boolean;
  /** The chat that it was written in; none yet when it is to start one. */
  chatId?: string | null;
  at: string;
  /** They go in this order. */
  order: number;
  attempts: number;
  /** When the next attempt is due, in ms of the epoch: one that is made before, as the visitor writes on, does not count. */
  dueAt?: number;
  /** Why it has failed: the API's code. */
  error?: string | null;
}

/** What a browser remembers of its visitor. */
export interface Visitor {
  token?: string;
  name?: string;
  chatId?: string | null;
  /** The chat that is known to have ended. */
  endedId?: string;
  /** The ids of held messages of which it has not been seen yet what became of them. */
  held?: string[];
}

export interface Locks {
  request(name: string, options: { signal: AbortSignal }, act: () => Promise<void>): Promise<unknown>;
}

/** What a client uses of where it runs: a browser's window, Node's global object, or what a test hands in. */
export interface Scope {
  fetch: typeof fetch;
  WebSocket?: new (url: string) => WebSocket;
  Date: { now(): number };
  Math: { random(): number };
  setTimeout(act: () => void, ms: number): unknown;
  clearTimeout(timer: any): void;
  navigator?: { onLine?: boolean; locks?: Locks };
  document?: EventTarget & { hidden: boolean };
  localStorage?: KeyValueStorage;
  addEventListener?(type: string, listener: (event: any) => void, options?: { signal: AbortSignal }): void;
}

export interface Options extends Published {
  scope?: Scope;
}
