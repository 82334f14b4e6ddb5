// A chat in a hundred lines: <Chat api="https://api.example.com" />

import { useEffect, useState } from "react";

import { useVisitorChat } from "./useVisitorChat.js";

const STATES = { sending: "sending", delayed: "not sent yet, trying again", failed: "not sent" };
const NOTICES = { join: "joined the chat", leave: "left the chat" };

export function Chat({ api, room, token, title = "Chat with us" }) {
  const chat = useVisitorChat({ api, room, token });
  useEffect(() => chat?.markSeen());
  if (!chat) return null;

  return (
    <section aria-labelledby="chat-title">
      <h2 id="chat-title">{title}</h2>
      <p role="status">{statusOf(chat)}</p>
      <div role="log" aria-labelledby="chat-title">
        <ol>
          {messagesOf(chat).map((message) => (
            <Line key={message.key} chat={chat} message={message} />
          ))}
        </ol>
      </div>
      <Composer onSend={(text) => chat.send(text)} />
      {chat.isUnderWay && (
        // The chat goes on if this fails; the button is still there.
        <button type="button" onClick={() => chat.end().catch(() => {})}>
          End chat
        </button>
      )}
    </section>
  );
}

const messagesOf = (chat) => [...chat.earlier.flatMap(({ messages }) => messages), ...chat.messages];

function statusOf(chat) {
  if (!chat.isConnected) return "No connection";
  if (chat.isEnded) return "The chat has ended. Write to begin another.";
  return chat.chat?.status === "waiting" ? "Waiting for an agent" : "";
}

function Line({ chat, message }) {
  const name = message.sender_type === "visitor" ? "You" : (message.sender_name ?? "Agent");
  if (NOTICES[message.type]) return <li>{`${name} ${NOTICES[message.type]}`}</li>;

  return (
    <li>
      <strong>{name}:</strong> <span>{message.message}</span>
      {message.attachments.map((attachment, index) => (
        <Attachment key={index} chat={chat} message={message} attachment={attachment} />
      ))}
      {STATES[message.status] && <em> ({STATES[message.status]})</em>}
      {message.status === "failed" && (
        <button type="button" onClick={() => chat.retry(message.key)}>
          Retry
        </button>
      )}
    </li>
  );
}

function Attachment({ chat, message, attachment }) {
  const press = (button) =>
    chat.press({ message_id: message.id, attachment_id: attachment.id, action_id: button.id });

  return (
    <div>
      {attachment.title && <p>{attachment.title}</p>}
      {attachment.text && <p>{attachment.text}</p>}
      {attachment.actions
        .filter(({ type }) => type === "button")
        .map((button) => (
          <button key={button.id} type="button" disabled={button.is_disabled} onClick={() => press(button)}>
            {button.text}
          </button>
        ))}
    </div>
  );
}

function Composer({ onSend }) {
  const [text, setText] = useState("");

  function submit(event) {
    event.preventDefault();
    if (!text.trim()) return;
    onSend(text.trim());
    setText("");
  }

  return (
    <form onSubmit={submit}>
      <label htmlFor="chat-text">Your message</label>
      <textarea id="chat-text" maxLength={2000} value={text} onChange={(event) => setText(event.target.value)} />
      <button>Send</button>
    </form>
  );
}
