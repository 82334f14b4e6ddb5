"""What linters cannot know of the template: routes, imports as Lambda lays them out, permissions, protection."""

import ast
import atexit
import importlib.metadata
import json
import re
import shutil
import subprocess
import sys
import sysconfig
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pytest
from local.stack.http_api import load_template, transformed
from local.stack.parameters import resolved
from tests.template import (
    ROOT,
    environment,
    folder,
    held,
    listed,
    properties,
    references,
    resources,
    routes,
    statements,
    template,
)

from visitor_chat import wiring

FUNCTIONS = resources("AWS::Serverless::Function")
TABLES = resources("AWS::DynamoDB::Table")
LONGEST_ANSWER_SECONDS = 30
"""What API Gateway waits for a function at most."""
REQUIRED_PARAMETERS = {
    "GiosgOrganizationId": "4b1e0c52-7d3a-4f6e-9a41-2c88d0f7e513",
    "GiosgRoomId": "c2a7f9e4-0b56-4d18-8f6a-91d3e5b7a042",
    "GiosgApiToken": "an-api-token",
}
PROBE = """
import json, sys
sys.path[:0] = json.loads(sys.argv[1])
import app
router = getattr(app, "app", None)
routes = router.routes if router else []
print(json.dumps({"is_callable": callable(app.handler), "routes": [[route.method, route.path] for route in routes]}))
"""

each_function = pytest.mark.parametrize("name", list(FUNCTIONS))
each_table = pytest.mark.parametrize("name", list(TABLES))


@cache
def libraries() -> str:
    """Lay out the libraries that the layer brings, and no others."""
    place = Path(mkdtemp(prefix="layer-"))
    text = (ROOT / "layers/giosg_client/requirements.txt").read_text()
    for name in re.findall(r"^([\w.-]+)==", text, re.MULTILINE):
        files = importlib.metadata.files(name) or []
        for top in {file.parts[0] for file in files if file.parts[0] != ".."}:
            (place / top).symlink_to(Path(sysconfig.get_path("purelib")) / top)
    atexit.register(shutil.rmtree, place)
    return str(place)


@cache
def alone(name: str) -> dict[str, Any]:
    """Import a function in a fresh interpreter that finds only its own folder and what its layers bring."""
    layers = [template()["Resources"][layer["Ref"]]["Properties"]["ContentUri"] for layer in properties(name)["Layers"]]
    paths = [*(str(ROOT / place) for place in (properties(name)["CodeUri"], *layers)), libraries()]
    ran = subprocess.run(  # noqa: S603 - it is this interpreter
        [sys.executable, "-I", "-S", "-c", PROBE, json.dumps(paths)],
        env={},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    found: dict[str, Any] = json.loads(ran.stdout)
    return found


@cache
def transformed_resources() -> dict[str, dict[str, Any]]:
    content = load_template(ROOT / "template.yaml")
    made = transformed(content, resolved(content, REQUIRED_PARAMETERS))
    found: dict[str, dict[str, Any]] = made["Resources"]
    return found


def made(kind: str) -> dict[str, dict[str, Any]]:
    return {name: each["Properties"] for name, each in transformed_resources().items() if each["Type"] == kind}


@each_function
def test_a_function_imports_with_its_layer_alone_and_without_any_environment(name: str) -> None:
    assert alone(name)["is_callable"]


@each_function
def test_a_function_answers_the_routes_that_lead_to_it(name: str) -> None:
    leading = {route for route, target in routes().items() if target == folder(FUNCTIONS[name])}
    answered = {(method, re.sub(r"<(\w+)>", r"{\1}", path)) for method, path in alone(name)["routes"]}

    assert answered == leading or not alone(name)["routes"]


def test_every_function_folder_is_deployed_and_holds_one_file() -> None:
    folders = {path.name: path for path in (ROOT / "functions").iterdir() if path.is_dir()}

    assert set(folders) == {folder(function) for function in FUNCTIONS.values()}
    for path in folders.values():
        assert [file.name for file in path.iterdir() if file.name != "__pycache__"] == ["app.py"]


@each_function
def test_a_functions_variables_are_known_to_whoever_reads_them(name: str) -> None:
    settings = ROOT / "layers/giosg_client/visitor_chat/settings.py"
    sources = [settings, ROOT / properties(name)["CodeUri"] / "app.py"]
    trees = [ast.walk(ast.parse(source.read_text())) for source in sources]
    known = {node.value for tree in trees for node in tree if isinstance(node, ast.Constant)}

    assert {variable for variable in environment(name) if not variable.startswith("POWERTOOLS_")} <= known


@each_function
def test_a_function_is_allowed_what_it_is_told_of_and_nothing_else(name: str) -> None:
    told = held(list(environment(name).values()))
    allowed = held([statement["Resource"] for statement in statements(name)])

    assert told <= allowed
    assert allowed <= told | held(FUNCTIONS[name]["Properties"].get("Events", {}))


@each_function
def test_a_functions_policy_has_no_wildcards(name: str) -> None:
    for statement in statements(name):
        assert statement["Effect"] == "Allow"
        assert "NotAction" not in statement
        assert not [action for action in listed(statement["Action"]) if "*" in action]
        for resource in listed(statement["Resource"]):
            assert references(resource), f"{resource} is nothing of this stack"


@each_function
def test_no_secret_is_in_a_functions_environment(name: str) -> None:
    hidden = {parameter for parameter, each in template()["Parameters"].items() if each.get("NoEcho")}

    assert not references(list(environment(name).values())) & hidden
    assert "resolve:" not in json.dumps(environment(name))


@each_function
def test_a_function_outlives_every_call_that_it_makes(name: str) -> None:
    timeout = properties(name)["Timeout"]

    assert template()["Parameters"]["GiosgTimeoutSeconds"]["MaxValue"] < timeout
    assert timeout > wiring.AWS_CONNECT_TIMEOUT_SECONDS + wiring.AWS_READ_TIMEOUT_SECONDS
    if folder(FUNCTIONS[name]) in routes().values():
        assert timeout < LONGEST_ANSWER_SECONDS


@each_function
def test_a_function_logs_into_the_one_group_that_forgets(name: str) -> None:
    group = made("AWS::Lambda::Function")[name]["LoggingConfig"]["LogGroup"]["Ref"]

    assert "RetentionInDays" in template()["Resources"][group]["Properties"]


@each_table
def test_a_table_is_paid_by_use_encrypted_and_can_be_recovered(name: str) -> None:
    table = made("AWS::DynamoDB::Table")[name]

    assert table["BillingMode"] == "PAY_PER_REQUEST"
    assert table["SSESpecification"]["SSEEnabled"] is True
    assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}


@each_table
def test_a_table_forgets_and_has_no_name_of_its_own(name: str) -> None:
    table = made("AWS::DynamoDB::Table")[name]

    assert table["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}
    assert "TableName" not in table


@each_table
def test_a_parameter_decides_whether_a_table_outlives_the_stack(name: str) -> None:
    table = TABLES[name]
    (parameter,) = references(table["DeletionPolicy"])

    assert table["UpdateReplacePolicy"] == table["DeletionPolicy"]
    assert template()["Parameters"][parameter]["Default"] == "Retain"
    assert template()["Parameters"][parameter]["AllowedValues"] == ["Retain", "Delete"]


def test_every_api_is_throttled() -> None:
    stages = made("AWS::ApiGatewayV2::Stage")

    assert len(stages) == len(made("AWS::ApiGatewayV2::Api"))
    for stage in stages.values():
        assert stage["DefaultRouteSettings"]["ThrottlingRateLimit"] > 0
        assert stage["DefaultRouteSettings"]["ThrottlingBurstLimit"] > 0


def test_the_api_is_open_to_the_configured_origins_alone() -> None:
    (cors,) = [
        resource["Properties"]["CorsConfiguration"] for resource in resources("AWS::Serverless::HttpApi").values()
    ]

    assert cors["AllowOrigins"] == {"Ref": "AllowedOrigins"}
    assert set(cors["AllowHeaders"]) == {"Authorization", "Content-Type", "Idempotency-Key"}
    assert {method for method, _path in routes()} <= set(cors["AllowMethods"])
    assert "Retry-After" in cors["ExposeHeaders"]
    assert "AllowCredentials" not in cors
    assert "*" not in template()["Parameters"]["AllowedOrigins"]["Default"]


ENCRYPTED = [
    "https://service.giosg.com",
    "https://giosg.example.com:8443",
    "http://127.0.0.1:41234",
    "http://localhost",
]
IN_THE_CLEAR = [
    "http://service.giosg.com",
    "http://127.0.0.1.example.com",
    "http://localhost.example.com",
    "http://localhost:80@example.com",
    "http://10.0.0.1:80",
    "https://user:password@example.com",
    "https://example.com?x=1",
    "https://example.com#x",
    "https://example.com\n",
    "https://",
    "ftp://example.com",
    "//example.com",
]


def is_taken(parameter: str, value: str) -> bool:
    return re.fullmatch(template()["Parameters"][parameter]["AllowedPattern"], value) is not None


@pytest.mark.parametrize("parameter", ["GiosgBaseUrl", "ChallengeUrl"])
def test_tokens_leave_the_machine_encrypted_only(parameter: str) -> None:
    assert [url for url in ENCRYPTED if not is_taken(parameter, url)] == []
    assert [url for url in IN_THE_CLEAR if is_taken(parameter, url)] == []


def test_a_challenge_may_have_a_path_and_may_be_left_out() -> None:
    assert is_taken("ChallengeUrl", "https://challenges.cloudflare.com/turnstile/v0/siteverify")
    assert is_taken("ChallengeUrl", "http://localhost:8080/siteverify")
    assert is_taken("ChallengeUrl", "")
    assert not is_taken("GiosgBaseUrl", "")


def test_the_api_token_is_never_shown() -> None:
    token = template()["Parameters"]["GiosgApiToken"]

    assert token["NoEcho"] is True
    assert "Default" not in token
    assert [name for name, each in template()["Resources"].items() if "GiosgApiToken" in references(each)] == [
        "GiosgTokenSecret"
    ]


def test_the_webhook_secret_is_made_by_the_stack_and_long() -> None:
    made_by = made("AWS::SecretsManager::Secret")["WebhookSecret"]["GenerateSecretString"]

    assert (made_by["GenerateStringKey"], made_by["ExcludePunctuation"]) == ("current", True)
    assert made_by["PasswordLength"] >= 32


def test_no_queue_keeps_its_messages_in_the_clear() -> None:
    for queue in made("AWS::SQS::Queue").values():
        assert queue["SqsManagedSseEnabled"] is True


def test_the_topic_that_names_visitors_is_encrypted() -> None:
    assert resources("AWS::SNS::Topic")["NoticesTopic"]["Properties"]["KmsMasterKeyId"]


@pytest.mark.parametrize("name", list(template()["Parameters"]))
def test_a_parameter_says_what_it_is(name: str) -> None:
    assert template()["Parameters"][name]["Description"]
