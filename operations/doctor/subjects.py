"""What the doctor looks at, of a deployed stack or of what the environment names, as groups of looks."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import partial
from itertools import islice

from botocore.exceptions import BotoCoreError, ClientError
from local.stack.deployments import STACK_NAME

from giosg_client.errors import GiosgError
from giosg_client.models import Chat
from operations.doctor import edge, socket
from operations.doctor.condition import ConditionLooks
from operations.doctor.edge import EdgeLooks, StackApi
from operations.doctor.findings import Finding, Group, note, wrong
from operations.doctor.giosg import GiosgLooks, Remedies
from operations.doctor.giosg_account import Account, Answers, client_of
from operations.doctor.inside import InsideLooks
from operations.doctor.webhooks import SPANS, WebhookLooks, now
from operations.giosg_token import TOKEN, given_token
from operations.stacks.deployed import DeployedStack
from operations.stacks.log_lines import LogLines
from operations.stacks.refusals import meaning
from visitor_chat.domain.rooms import InvalidRooms, read_rooms

GIOSG = "Giosg"
DEFAULT_BASE_URL = "https://service.giosg.com"
ORGANIZATION_ID, ROOM_ID, ROOMS = "GIOSG_ORGANIZATION_ID", "GIOSG_ROOM_ID", "GIOSG_ROOMS"
ROOMS_LOOK_LIKE = "sales=UUID,support=UUID"
CHATS_LOOKED_AT = 200


def giosg_of_environment(environment: Mapping[str, str]) -> Group:
    """Look at the Giosg that the environment names, as `make run` and `make deploy` know it."""
    token = given_token(environment)
    organization_id, room_id = environment.get(ORGANIZATION_ID, ""), environment.get(ROOM_ID, "")
    if token is None or not (organization_id and room_id):
        return Group(heading=GIOSG, looks={"giosg": lambda: [_not_named()]})
    try:
        rooms = read_rooms(environment.get(ROOMS, ""), default_id=room_id)
    except InvalidRooms as problem:
        unusable = wrong("giosg.ids", f"{ROOMS} {problem}", f"set it as {ROOMS_LOOK_LIKE}")
        return Group(heading=GIOSG, looks={"giosg.ids": lambda: [unusable]})
    base_url = environment.get("GIOSG_BASE_URL") or DEFAULT_BASE_URL
    account = Account(
        base_url=base_url.rstrip("/"),
        organization_id=organization_id,
        room_id=room_id,
        api_token=token,
        rooms=rooms,
    )
    return Group(heading=GIOSG, looks=GiosgLooks(account, remedies_in_environment()).all())


def remedies_in_environment() -> Remedies:
    return Remedies(token=f"put it into {TOKEN}", ids=f"set {ORGANIZATION_ID} and {ROOM_ID}")


def _not_named() -> Finding:
    advice = f"set {ORGANIZATION_ID}, {ROOM_ID} and {TOKEN} (or {TOKEN}_FILE), or name a stack: STACK=…"
    return note("giosg", "Giosg was not looked at", advice)


def account_of(stack: DeployedStack) -> Account:
    """Return the account that the functions use; raise InvalidRooms if they cannot read which rooms there are."""
    parameters = stack.parameters
    rooms = read_rooms(parameters.get("Rooms", ""), default_id=parameters["GiosgRoomId"])
    return Account(
        base_url=parameters["GiosgBaseUrl"].rstrip("/"),
        organization_id=parameters["GiosgOrganizationId"],
        room_id=parameters["GiosgRoomId"],
        api_token=stack.read_secret("GiosgTokenSecretArn"),
        rooms=rooms,
        timeout_seconds=float(parameters.get("GiosgTimeoutSeconds", "5")),
    )


def remedies_of(stack: DeployedStack) -> Remedies:
    if stack.name == STACK_NAME:
        return Remedies(token=f"make run with {TOKEN}", ids=f"make run with {ORGANIZATION_ID} and {ROOM_ID}")
    deploy = f"make deploy STACK={stack.name}"
    return Remedies(token=f"give it with {deploy} NEW_TOKEN=1", ids=f"{deploy} ASK=1")


def _deploy_rooms(stack: DeployedStack) -> str:
    return f'make deploy STACK={stack.name} PARAMETERS="Rooms={ROOMS_LOOK_LIKE}"'


def deployed_groups(stack: DeployedStack) -> Iterator[Group]:
    """Look at a stack: what it was told of Giosg, what the internet sees of it, and what it says itself."""
    api, lines = StackApi(stack), LogLines(stack)
    try:
        account = account_of(stack)
    except (BotoCoreError, ClientError) as error:
        refused = wrong("stack.token", *meaning(error))
        yield Group(heading=GIOSG, looks={"stack.token": lambda: [refused]})
        return
    except InvalidRooms as problem:
        unusable = wrong("giosg.ids", f"The parameter Rooms {problem}: every function fails", _deploy_rooms(stack))
        yield Group(heading=GIOSG, looks={"giosg.ids": lambda: [unusable]})
        return
    giosg = GiosgLooks(account, remedies_of(stack))
    yield Group(heading=GIOSG, looks=giosg.all())
    outside = EdgeLooks(stack, api)
    yield Group(heading=f"Stack {stack.name}", looks={**outside.all(), **InsideLooks(stack).all()})
    if outside.is_reached:
        was_due = partial(webhook_was_due, account, since=(now() - SPANS[-1]))
        yield Group(heading="Webhooks", looks=WebhookLooks(stack, api, lines, was_due=was_due).all())
        clocks = partial(edge.clock, api.answers, giosg.answers)
        yield Group(heading="Socket", looks={**socket.looks(api), "stack.clock": clocks})
    yield Group(heading="The last day", looks=ConditionLooks(stack, lines).all())


def webhook_was_due(account: Account, channel: str, *, since: datetime) -> bool | None:
    """Tell whether the organisation has had a chat since then, in which something was said if it is about messages.

    None when that is not known: in which order Giosg lists chats is not documented, and the list may be long.
    """
    try:
        client = client_of(account, Answers.from_host(account.base_url))
        chats = list(islice(client.list_owned_chats(), CHATS_LOOKED_AT))
    except GiosgError:
        return None
    if any((chat.created_at or since) >= since and (channel == "chats" or has_messages(chat)) for chat in chats):
        return True
    return None if len(chats) == CHATS_LOOKED_AT else False


def has_messages(chat: Chat) -> bool:
    """Counts that are not told are taken for some."""
    return chat.visitor_message_count != 0 or chat.user_message_count != 0
