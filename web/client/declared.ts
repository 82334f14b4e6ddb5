// Checked, and never run: what client.d.ts declares is what there is.

import { ApiError } from "./api.js";
import type * as Declared from "./client.d.ts";
import { VisitorChat } from "./conversation.js";

// EventTarget's own methods, which are declared more closely; what is dispatched is checked where that happens.
type Listening = "addEventListener" | "removeEventListener";

export const error: typeof Declared.ApiError = ApiError;
export const client: new (options: Declared.Options) => Omit<Declared.VisitorChat, Listening> = VisitorChat;
