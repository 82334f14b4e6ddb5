"""Which handler answers which method and path."""

from collections.abc import Callable, Iterable
from typing import Any

from werkzeug.exceptions import MethodNotAllowed, NotFound
from werkzeug.routing import Map, Rule

from local.giosg.http.exchange import Request, not_found, refusal

Handler = Callable[..., Any]
Route = tuple[str, str, Handler]
"""Method, path and handler."""


class Routes:
    """Finds the handler of a request."""

    def __init__(self, routes: Iterable[Route], *, are_slashes_merged: bool = True) -> None:
        rules = [Rule(path, methods=[method], endpoint=handler) for method, path, handler in routes]
        self._adapter = Map(rules, merge_slashes=are_slashes_merged).bind("giosg.invalid")

    def match(self, request: Request) -> tuple[Handler, dict[str, str]]:
        """Return the handler and the path's parts.

        Raises:
            Refusal: there is no such path, or it has no such method.
        """
        try:
            handler, arguments = self._adapter.match(request.path, method=request.method)
        except NotFound as error:
            raise not_found() from error
        except MethodNotAllowed as error:
            raise refusal(405, f'Method "{request.method}" not allowed.') from error
        return handler, dict(arguments)
