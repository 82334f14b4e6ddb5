// A visitor in Node, over the network: `node node_visitor.mjs <client.js> <api>` says Hello, waits for an answer, ends.

const [, , file, api] = process.argv;
const { VisitorChat } = await import(file);

const chat = new VisitorChat({ api });
const ended = new Promise((resolve) => chat.addEventListener("ended", ({ detail }) => resolve(detail.status)));
const answered = new Promise((resolve) => {
  chat.addEventListener("message", ({ detail }) => detail.sender_type === "agent" && resolve(detail.message));
});

chat.send("Hello from Node");
console.log(await answered);
await chat.end();
console.log(await ended);
console.log(JSON.stringify(chat.messages.map(({ message, status }) => [message, status])));
chat.close();
