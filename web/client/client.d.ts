// The client of a visitor's chat: https://<api>/chat/client.js. What it does is described in docs/client.md.

export interface Chat {
  id: string;
  /** The name of the room; null when the stack no longer has it. */
  room?: string | null;
  status: "new" | "waiting" | "active" | "ended";
  visitor_name: string | null;
  created_at: string;
  updated_at: string;
  ended_at: string | null;
  last_message_at: string | null;
  /** Since when the visitor waits for an agent. */
  waiting_since?: string | null;
}

export interface Button {
  id: string | null;
  /** `button` is pressed, `link_button` is followed to `value`. */
  type: string | null;
  text: string | null;
  value: string | null;
  style?: string | null;
  link_target?: string | null;
  /** Whether it can no longer be pressed, because of an earlier press or of what the visitor has written since. */
  is_disabled: boolean;
}

export interface Attachment {
  id: string | null;
  title: string | null;
  title_link_url: string | null;
  text: string | null;
  image_url: string | null;
  image_link_url: string | null;
  link_target?: string | null;
  attachment_url: string | null;
  actions: Button[];
}

/** Which button of which message. */
export interface Press {
  message_id: string;
  attachment_id: string;
  action_id: string;
}

export interface Message {
  id: string;
  chat_id: string | null;
  type: "message" | "join" | "leave" | "action" | (string & {});
  sender_type: "visitor" | "agent" | "system";
  sender_name: string | null;
  sender_avatar_url: string | null;
  message: string | null;
  attachments: Attachment[];
  /** For type `action`: the button that was pressed. */
  action?: (Press & { text?: string | null; value?: string | null }) | null;
  created_at: string;
  client_message_id: string | null;
  is_removed: boolean;
  /** Whether its text was another before, as far as this page has seen. */
  is_edited: boolean;
}

/** A message as it is to be shown: also one that is still on its way. */
export interface ShownMessage extends Message {
  /** The same before and after it was sent: for lists. */
  key: string;
  /** `delayed`: an attempt, with it or with one before it, has failed; the next follows. `failed`: until retry() or discard(). */
  status: "sending" | "delayed" | "failed" | "sent";
  /** Why it has failed: the API's `code`, such as `no_agents_online`. */
  error?: string;
}

/** A message that was left while nobody was there. */
export interface HeldMessage {
  id: string;
  room: string | null;
  message: string | null;
  /** `delivered`: it has become the chat `chat_id`. `expired`: nobody came in time. */
  status: "held" | "delivered" | "expired" | "withdrawn";
  created_at: string;
  expires_at: string;
  chat_id: string | null;
}

export interface Room {
  room: string;
  is_default: boolean;
  /** null, as the others, while nothing is known of it. */
  is_online: boolean | null;
  estimated_waiting_time_seconds: number | null;
  checked_at: string | null;
}

export interface Availability {
  room?: string;
  is_online: boolean;
  estimated_waiting_time_seconds: number | null;
  checked_at?: string;
  /** Whether a message can be left while nobody is there: see hold(). */
  holds_messages?: boolean;
}

/** The interface of localStorage. Any of it may throw. */
export interface KeyValueStorage {
  readonly length: number;
  key(index: number): string | null;
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

export interface Options {
  /** The address of the stack's API, its output `ApiUrl`. */
  api: string;
  /** Where to keep what outlives the page. In a browser its localStorage, if nothing is said; null for nowhere. */
  storage?: KeyValueStorage | null;
  /** A visitor token, for people whom your backend knows: see docs/known-users.md. */
  token?: string;
  /** The room that chats are started in; the default room, if nothing is said. */
  room?: string;
  fetch?: typeof fetch;
  /** Node before 22 has none of its own; without one the client reads every few seconds. */
  WebSocket?: new (url: string) => WebSocket;
  /** Has a new visitor pass a challenge, where the stack asks for one, and gives its token. */
  solveChallenge?: () => Promise<string>;
}

export interface Unsent {
  /** Why: the API's `code`. */
  code: string;
  messages: ShownMessage[];
}

export interface Lost {
  /** The token is dead; the chat was removed; the visitor was forgotten, here or in another tab. */
  code: "invalid_visitor_token" | "chat_not_found" | "forgotten";
}

export interface Events {
  /** Something is to be shown anew. */
  change: Event;
  /** A message, of either side, that was not known before. What was said before the page was opened is none. */
  message: CustomEvent<Message>;
  /** The chat has ended before the visitor's eyes. */
  ended: CustomEvent<Chat>;
  /** Whether there is a connection. */
  connection: CustomEvent<boolean>;
  /** Messages have failed for a reason that another attempt does not mend: the chat has ended, nobody is there. */
  unsent: CustomEvent<Unsent>;
  lost: CustomEvent<Lost>;
}

export declare class VisitorChat extends EventTarget {
  constructor(options: Options);

  /** The present chat; null before the first message, and until it has been read. */
  readonly chat: Chat | null;
  /** The present chat's messages in order, then those on their way. */
  readonly messages: ShownMessage[];
  /** Chats of this page load that have been put away, oldest first. */
  readonly earlier: Array<{ chat: Chat; messages: ShownMessage[] }>;
  /** What the visitor has left while nobody was there, as far as it is known, newest first. */
  readonly heldMessages: HeldMessage[];
  /** How many messages of others the visitor has not had before them: see markSeen(). */
  readonly unread: number;
  readonly isConnected: boolean;
  /** Whether there is a chat that goes on. */
  readonly isUnderWay: boolean;
  readonly isEnded: boolean;
  /** Whether the visitor has the chat before them. Set it to false while it is closed: then it is read less often. */
  isOpen: boolean;
  /** Where the next chat is started. */
  room?: string;

  /** Whether agents are there: in `room`, if no other is named. Rejects with an ApiError. */
  availability(room?: string): Promise<Availability>;

  /** The stack's rooms, and whether agents are in them. Rejects with an ApiError. */
  rooms(): Promise<Room[]>;

  /** Goes on with what is remembered: reads, connects, sends what was not sent. */
  resume(): void;

  /** Sends a text, and starts a chat if there is none. Returns the message's key. It never fails: see `status`. */
  send(text: string, details?: { name?: string; variables?: Record<string, string> }): string;

  /** Presses a button that an agent or bot has offered. Returns the message's key. */
  press(button: Press): string;

  /**
   * Leaves a text while nobody is there; it becomes a chat when agents are. Returns its key, by which `messages` has it
   * until the server does; then `heldMessages` has it. If agents have come meanwhile, it starts the chat.
   */
  hold(text: string, details?: { name?: string; variables?: Record<string, string> }): string;

  /** Reads what the visitor has left, and goes on in the chat that it has become. Rejects with an ApiError. */
  held(): Promise<HeldMessage[]>;

  /** Takes a held message back; if it has been delivered, it stays. Rejects with an ApiError. */
  withdraw(id: string): Promise<void>;

  /** Tries a failed message again, in a new chat if its own has ended. */
  retry(key: string): void;

  /** Takes a failed message back. */
  discard(key: string): void;

  /** All that is here has been seen. */
  markSeen(): void;

  /** Ends the chat. Rejects with an ApiError. */
  end(): Promise<void>;

  /** Puts an ended chat away. Sending does it too. */
  startNew(): void;

  /** Ends the chat and erases the visitor, on the server and here. Rejects with an ApiError. */
  forget(): Promise<void>;

  /** Forgets the visitor here, and leaves everything on the server: for people who log out. */
  signOut(): void;

  /** Lets go of socket, timers and listeners. What is remembered stays. */
  close(): void;

  addEventListener<K extends keyof Events>(
    type: K,
    listener: (event: Events[K]) => void,
    options?: boolean | AddEventListenerOptions,
  ): void;
  removeEventListener<K extends keyof Events>(
    type: K,
    listener: (event: Events[K]) => void,
    options?: boolean | EventListenerOptions,
  ): void;
}

export declare class ApiError extends Error {
  constructor(status: number, code: string, retryAfterMs: number);
  /** The HTTP status; 0 when no answer came: the request may have been carried out. */
  readonly status: number;
  /** The API's `code`. */
  readonly code: string;
  readonly retryAfterMs: number;
  /** Whether the very same request can succeed later. */
  readonly isTransient: boolean;
}
