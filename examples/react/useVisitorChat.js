// A visitor's chat as a hook: null before the first render is done, then the client, anew whenever something changes.

import { useEffect, useReducer, useState } from "react";

import { VisitorChat } from "./client.js"; // a copy of https://<api>/chat/client.js, with client.d.ts beside it

export function useVisitorChat({ api, room, token }) {
  const [chat, setChat] = useState(null);
  const [, showAgain] = useReducer((count) => count + 1, 0);

  useEffect(() => {
    const client = new VisitorChat({ api, room, token });
    client.addEventListener("change", showAgain);
    client.resume();
    setChat(client);
    return () => {
      client.removeEventListener("change", showAgain);
      client.close();
    };
  }, [api, room, token]);

  return chat;
}
