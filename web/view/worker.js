// @ts-check
// The service worker: shows what the stack tells while the page is closed, and opens the chat when that is clicked. A
// site's own worker takes it in with importScripts(), so it leaves alone whatever is not its own.

{
  /** @type {any} */
  const worker = self;
  const OPEN = "#visitor-chat";

  /** @param {{ json(): any } | null} data */
  const noticeOf = (data) => {
    try {
      const notice = data?.json();
      return notice?.visitor_chat === 1 ? notice : null;
    } catch {
      return null;
    }
  };

  // Where the visitor has agreed: the chat is there.
  const pageOf = async () => {
    const { scope } = worker.registration;
    const kept = await worker.caches.match(new URL("visitor-chat-page", scope));
    return kept ? kept.text() : scope;
  };

  const openChat = async () => {
    const page = await pageOf();
    const windows = await worker.clients.matchAll({ type: "window", includeUncontrolled: true });
    const shown = windows.find((/** @type {{ url: string }} */ { url }) => url.split("#")[0] === page);
    if (!shown) return worker.clients.openWindow(page + OPEN);
    shown.postMessage({ visitorChat: "open" });
    return shown.focus();
  };

  worker.addEventListener("push", (/** @type {any} */ event) => {
    const notice = noticeOf(event.data);
    if (!notice) return;
    const { title, body, lang, chat_id: chatId } = notice;
    const about = { tag: `visitor-chat ${chatId}`, renotify: true, data: { visitorChat: chatId } };
    event.waitUntil(worker.registration.showNotification(title, { body, lang, ...about }));
  });

  worker.addEventListener("notificationclick", (/** @type {any} */ event) => {
    if (!event.notification.data?.visitorChat) return;
    event.notification.close();
    event.waitUntil(openChat());
  });
}
