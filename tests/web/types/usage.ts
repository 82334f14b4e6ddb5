// Checked, and never run: the published types, as a frontend in TypeScript uses them.

import { ApiError, VisitorChat, type ShownMessage } from "../../../web/client/client.js";

const chat = new VisitorChat({ api: "https://api.example.com", storage: localStorage, room: "sales", WebSocket, fetch });
new VisitorChat({ api: "https://api.example.com", storage: null, token: "token", solveChallenge: async () => "solved" });

chat.addEventListener("message", ({ detail }) => console.log(detail.sender_name, detail.attachments[0]?.actions));
chat.addEventListener("ended", ({ detail }) => console.log(detail.ended_at));
chat.addEventListener("connection", ({ detail }) => console.log(detail === true));
chat.addEventListener("unsent", ({ detail }) => detail.messages.forEach(({ key }) => chat.discard(key)));
chat.addEventListener("lost", ({ detail }) => console.log(detail.code === "forgotten"));
chat.addEventListener("change", () => chat.messages.map(lineOf));
// @ts-expect-error there is no such event
chat.addEventListener("messages", () => {});
// @ts-expect-error what there is to read is not to be written
chat.messages = [];

function lineOf({ key, status, message, error }: ShownMessage): string {
  return `${key} ${message ?? ""} ${status === "failed" ? error : status}`;
}

async function use(): Promise<void> {
  const { is_online: isOnline } = await chat.availability();
  const key: string = chat.send("Hello", { name: "Maija", variables: { page: "/" } });
  if (!isOnline) chat.retry(key);
  chat.press({ message_id: "1", attachment_id: "2", action_id: "3" });
  await chat.end().catch((error: unknown) => error instanceof ApiError && error.isTransient);
}

void use();
