"""What this stack adds to Giosg's API: settings, storage, sessions, the rules of a chat, and the HTTP edge."""

from visitor_chat.runtime import initialization

initialization.begin()
