// @ts-check
// What is published: https://<api>/chat/client.js, described in client.d.ts.

import { ApiError } from "./api.js";
import { VisitorChat } from "./conversation.js";

export { ApiError, VisitorChat };
