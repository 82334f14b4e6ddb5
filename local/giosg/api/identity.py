"""The exchange of an app's code for its bot user's token, as Giosg's own integrations do it.

https://github.com/giosg/giosgapps_bindings
"""

from urllib.parse import parse_qs

from local.giosg.api.platform import Call
from local.giosg.http.exchange import Answer, Refusal, json_answer

REQUIRED = ("grant_type", "code", "client_id", "client_secret")


def exchange_code(call: Call) -> Answer:
    """Answer a form with the code and the app's secret by a persistent token; a code is good for one use."""
    form = {name: values[-1] for name, values in parse_qs(call.request.body.decode(errors="replace")).items()}
    if missing := [name for name in REQUIRED if name not in form]:
        raise _oauth_refusal("invalid_request", f"Missing parameter: {missing[0]}")
    if form["grant_type"] != "authorization_code":
        raise _oauth_refusal("unsupported_grant_type", "The grant type has to be authorization_code")
    credentials = call.platform.credentials
    if (form["client_id"], form["client_secret"]) != (credentials.app_id, credentials.app_secret):
        raise _oauth_refusal("invalid_client", "Unknown app or wrong secret")
    user_id = credentials.app_user_codes.pop(form["code"], None)
    if user_id is None:
        raise _oauth_refusal("invalid_grant", "Unknown or used code")
    token = call.world.new_hex(40)
    credentials.add_api_token(token, user_id=user_id)
    return json_answer(
        {
            "access_token": token,
            "token_type": "Token",
            "user_id": user_id,
            "organization_id": call.world.organization_id,
            "app_id": credentials.app_id,
        }
    )


def _oauth_refusal(error: str, description: str) -> Refusal:
    return Refusal(400, {"error": error, "error_description": description})
