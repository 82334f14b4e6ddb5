// @ts-check
// Messages as they are to be shown: those that were said, and those on their way, with the buttons that still work.

/** @import { Attachment, ShownMessage } from "./client.d.ts" */
/** @import { Message, OutboxItem } from "./types.d.ts" */

/**
 * What agents and bots send is not always what it should be.
 * @param {any} value
 * @returns {any[]}
 */
const listOf = (value) => (Array.isArray(value) ? value.filter(Boolean) : []);

/** @param {{ message_id: unknown, attachment_id: unknown }} press */
const attachmentOf = ({ message_id: messageId, attachment_id: id }) => `${messageId} ${id}`;

/**
 * @param {OutboxItem} item
 * @param {boolean} isHeldUp What is to arrive before it is tried again.
 * @returns {ShownMessage}
 */
function shownItem({ id, text, press, chatId, at, attempts, error }, isHeldUp) {
  return {
    key: id,
    id,
    chat_id: chatId ?? null,
    type: press ? "action" : "message",
    sender_type: "visitor",
    sender_name: null,
    sender_avatar_url: null,
    message: text,
    attachments: [],
    action: press,
    created_at: at,
    client_message_id: id,
    is_removed: false,
    is_edited: false,
    status: error ? "failed" : attempts || isHeldUp ? "delayed" : "sending",
    ...(error && { error }),
  };
}

/**
 * @param {Message[]} messages
 * @param {OutboxItem[]} items
 * @returns {ShownMessage[]}
 */
export function shown(messages, items) {
  const isHeldUp = !!items.find(({ error }) => !error)?.attempts;
  const all = [...messages, ...items.map((item) => shownItem(item, isHeldUp))];
  const pressed = new Set(all.map(({ action }) => action && attachmentOf(action)));
  const lastText = all.findLastIndex(({ type, sender_type: by }) => type === "message" && by === "visitor");

  /** @type {(message: { id: string }, index: number, attachment: any) => Attachment} */
  const shownAttachment = (message, index, attachment) => {
    const isPressed = pressed.has(attachmentOf({ message_id: message.id, attachment_id: attachment.id }));
    const actions = listOf(attachment.actions).map((button) => ({
      ...button,
      is_disabled:
        (isPressed && !!button.is_disabled_on_selection) ||
        (index < lastText && !!button.is_disabled_on_visitor_message),
    }));
    return { ...attachment, actions };
  };

  return all.map((message, index) => ({
    key: message.client_message_id ?? message.id,
    status: "sent",
    ...message,
    is_edited: !!message.is_edited,
    attachments: listOf(message.attachments).map((attachment) => shownAttachment(message, index, attachment)),
  }));
}
