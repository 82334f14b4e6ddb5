"""GET /chat and GET /chat/{file}: a visitor's browser, or a site that embeds the chat, asks for the page's files.

Answers with the file that the layer holds, compressed where the browser can take it; 304 when it has it already.
Changes nothing.
"""

from typing import Any

from visitor_chat.api import page_files
from visitor_chat.runtime import initialization


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    return page_files.serve(event)


initialization.warm_up(page_files.manifest)
