"""What linters cannot know of the template: routes, imports as Lambda lays them out, permissions, protection."""

import atexit
import importlib.metadata
import json
import re
import shutil
import sysconfig
from dataclasses import fields
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
    functions_by_folder,
    listed,
    properties,
    references,
    resources,
    routes,
    statements,
    template,
)
from tests.toolkit.interpreters import Interpreter

from visitor_chat import wiring
from visitor_chat.runtime.settings import Settings

FUNCTIONS = resources("AWS::Serverless::Function")
TABLES = resources("AWS::DynamoDB::Table")
LONGEST_ANSWER_SECONDS = 30
"""What API Gateway waits for a function at most."""
SHORT_LIVED = {"CoordinationTable", "ConnectionsTable"}
BUSIEST_SECOND = {
    "RequestsPerSecond": 160,
    "StartsPerSecond": 40,
    "TicketsPerSecond": 80,
    "SocketMessagesPerSecond": 35_000 / 30 + 2 * 80,
    "WebhooksPerSecond": 400,
}
OF_LOGS = {"LEAST_LOG_LEVEL", "POWERTOOLS_SERVICE_NAME"}
MOST_LINES = 15
"""More says that a right is missing a name."""
MOST_BYTES_OF_VARIABLES = 4096 - 900
LONGEST_ARN = 120
REQUIRED_PARAMETERS = {
    "GiosgOrganizationId": "4b1e0c52-7d3a-4f6e-9a41-2c88d0f7e513",
    "GiosgRoomId": "c2a7f9e4-0b56-4d18-8f6a-91d3e5b7a042",
    "GiosgApiToken": "an-api-token",
}
PROBE = """
import app, json
print(json.dumps({"is_callable": callable(app.handler), "routes": list(getattr(app, "ROUTES", []))}))
"""

ANSWERS_EVERY_ROUTE = {"WebPageFunction"}
"""It looks for a file, whatever the path."""

each_function = pytest.mark.parametrize("name", list(FUNCTIONS))
each_table = pytest.mark.parametrize("name", list(TABLES))


@cache
def libraries() -> str:
    """Lay out the libraries that the layers bring, and no others."""
    place = Path(mkdtemp(prefix="layer-"))
    texts = [(ROOT / f"layers/{layer}/requirements.txt").read_text() for layer in ("giosg_client", "web_push")]
    for name in re.findall(r"^([\w.-]+)==", "".join(texts), re.MULTILINE):
        files = importlib.metadata.files(name) or []
        for top in {file.parts[0] for file in files if file.parts[0] != ".."}:
            (place / top).symlink_to(Path(sysconfig.get_path("purelib")) / top)
    atexit.register(shutil.rmtree, place)
    return str(place)


@cache
def interpreter(layers: tuple[str, ...]) -> Interpreter:
    """Begin an interpreter that finds only these layers and what they bring."""
    begun = Interpreter([*(ROOT / layer for layer in layers), libraries()])
    atexit.register(begun.close)
    return begun


@cache
def alone(name: str) -> dict[str, Any]:
    """Import a function in a process that finds only its own folder and what its layers bring."""
    refs = [layer["Fn::If"][1] if "Fn::If" in layer else layer for layer in properties(name)["Layers"]]
    layers = [template()["Resources"][layer["Ref"]]["Properties"]["ContentUri"] for layer in refs]
    ran = interpreter(tuple(layers)).run(PROBE, ROOT / properties(name)["CodeUri"])
    assert ran.returncode == 0, ran.stderr
    found: dict[str, Any] = json.loads(ran.stdout)
    return found


@cache
def transformed_resources(**parameters: str) -> dict[str, dict[str, Any]]:
    content = load_template(ROOT / "template.yaml")
    made = transformed(content, resolved(content, REQUIRED_PARAMETERS | parameters))
    found: dict[str, dict[str, Any]] = made["Resources"]
    return found


def made(kind: str, **parameters: str) -> dict[str, dict[str, Any]]:
    found = transformed_resources(**parameters)
    return {name: each["Properties"] for name, each in found.items() if each["Type"] == kind}


@each_function
def test_a_function_imports_with_its_layer_alone_and_without_any_environment(name: str) -> None:
    assert alone(name)["is_callable"]


@each_function
def test_a_function_answers_the_routes_that_lead_to_it(name: str) -> None:
    leading = {" ".join(route) for route, target in routes().items() if target == folder(FUNCTIONS[name])}
    answered = set(alone(name)["routes"])

    assert answered == (set() if name in ANSWERS_EVERY_ROUTE else leading)


def test_every_function_folder_is_deployed_and_holds_one_file() -> None:
    folders = {path.name: path for path in (ROOT / "functions").iterdir() if path.is_dir()}

    assert set(folders) == functions_by_folder().keys()
    for path in folders.values():
        assert [file.name for file in path.iterdir() if file.name != "__pycache__"] == ["app.py"]


@each_function
def test_a_function_is_built_by_the_makefile_of_all(name: str) -> None:
    metadata = template()["Resources"][name]["Metadata"]

    assert (metadata["BuildMethod"], metadata["ContextPath"]) == ("makefile", "packaging")


@each_function
def test_a_function_takes_at_most_fifteen_lines(name: str) -> None:
    text = (ROOT / "template.yaml").read_text()
    (block,) = re.findall(rf"^  {name}:\n(?:    .*\n)+", text, re.MULTILINE)

    assert len(block.splitlines()) <= MOST_LINES


def test_what_there_is_stands_once_for_all_functions() -> None:
    own = {
        name: set(function["Properties"].get("Environment", {}).get("Variables", {}))
        for name, function in FUNCTIONS.items()
    }

    assert {name: variables for name, variables in own.items() if variables} == {
        "SocketConnectFunction": {"ALLOWED_ORIGINS"}
    }


def test_every_setting_has_its_variable_and_no_other_is_set() -> None:
    wanted = {part.metadata["variable"] for part in fields(Settings)}

    assert {name for name in environment("GetHealthFunction") if name not in OF_LOGS} == wanted


def test_the_variables_leave_room_for_many_origins() -> None:
    """Lambda takes 4 KB of names and values together (https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html)."""
    named = {name: _longest(value) for name, value in environment("GetHealthFunction").items()}

    assert sum(len(name) + length for name, length in named.items()) <= MOST_BYTES_OF_VARIABLES


def _longest(value: Any) -> int:
    """Return how long a value may be in a stack with a long name and the template's defaults."""
    text = json.dumps(value)
    if (parameters := references(value) & template()["Parameters"].keys()) and "Fn::If" not in text:
        return sum(len(str(template()["Parameters"][name].get("Default", "0" * 36))) for name in parameters)
    return LONGEST_ARN if references(value) else len(text)


@pytest.mark.parametrize("name", list(resources("AWS::IAM::ManagedPolicy")))
def test_a_shared_policy_is_shared(name: str) -> None:
    lists = [function["Properties"].get("Policies", []) for function in FUNCTIONS.values()]
    policies = [[policy["Fn::If"][1] if "Fn::If" in policy else policy for policy in policies] for policies in lists]

    assert sum({"Ref": name} in each for each in policies) > 1


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


def test_a_role_has_no_policy_of_awss_but_the_one_for_logs() -> None:
    """SAM's events would add policies that read every queue and stream of the account."""
    for role in made("AWS::IAM::Role").values():
        of_aws = [
            arn for arn in role["ManagedPolicyArns"] if not references(arn) & set(resources("AWS::IAM::ManagedPolicy"))
        ]
        assert [str(arn).rpartition("/")[2].strip("'}") for arn in of_aws] == ["AWSLambdaBasicExecutionRole"]


def test_traces_need_rights_only_where_they_are_switched_on() -> None:
    roles = made("AWS::IAM::Role", Tracing="Active").values()

    assert all(any("xray" in str(arn).lower() for arn in role["ManagedPolicyArns"]) for role in roles)
    assert {
        each["TracingConfig"]["Mode"]["Ref"] for each in made("AWS::Lambda::Function", Tracing="Active").values()
    } == {"Tracing"}
    assert not [name for name, each in made("AWS::Lambda::Function").items() if "TracingConfig" in each]


def test_every_event_source_is_read_with_a_right_to_it_alone() -> None:
    for mapping in resources("AWS::Lambda::EventSourceMapping").values():
        source, target = mapping["Properties"]["EventSourceArn"], mapping["Properties"]["FunctionName"]["Ref"]
        reading = [
            each for each in statements(target) if {"sqs:ReceiveMessage", "dynamodb:GetRecords"} & set(each["Action"])
        ]
        assert any(references(source) <= references(each["Resource"]) for each in reading)


@each_table
def test_a_table_is_paid_by_use_and_encrypted(name: str) -> None:
    table = made("AWS::DynamoDB::Table")[name]

    assert table["BillingMode"] == "PAY_PER_REQUEST"
    assert table["SSESpecification"]["SSEEnabled"] is True


@each_table
def test_what_lives_for_hours_can_not_be_recovered_for_weeks(name: str) -> None:
    """docs/privacy.md: the salts of addresses' hashes are gone after a day."""
    is_recoverable = made("AWS::DynamoDB::Table")[name].get("PointInTimeRecoverySpecification")

    assert is_recoverable == (None if name in SHORT_LIVED else {"PointInTimeRecoveryEnabled": True})


@each_table
def test_a_table_forgets_and_has_no_name_of_its_own(name: str) -> None:
    table = made("AWS::DynamoDB::Table")[name]

    assert table["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}
    assert "TableName" not in table


@each_table
def test_a_parameter_decides_whether_a_table_outlives_the_stack(name: str) -> None:
    assert_is_kept_by_choice(TABLES[name])


def assert_is_kept_by_choice(resource: dict[str, Any]) -> None:
    """A resource that a failed first deployment has made is not kept, as nothing is in it."""
    assert resource["DeletionPolicy"] == {"Fn::If": ["KeepsData", "RetainExceptOnCreate", "Delete"]}
    assert resource["UpdateReplacePolicy"] == {"Ref": "DataDeletion"}
    assert template()["Conditions"]["KeepsData"] == {"Fn::Equals": [{"Ref": "DataDeletion"}, "Retain"]}
    assert template()["Parameters"]["DataDeletion"]["Default"] == "Retain"
    assert template()["Parameters"]["DataDeletion"]["AllowedValues"] == ["Retain", "Delete"]


def test_the_key_is_kept_as_the_tables_are() -> None:
    assert_is_kept_by_choice(resources("AWS::KMS::Key")["DataKey"])


def test_sam_alone_transforms_the_template() -> None:
    """AWS::LanguageExtensions has no RetainExceptOnCreate, and fails at `!Ref` in a conditional resource's policy.

    https://github.com/aws-cloudformation/cfn-language-discussion/issues/124 and /139; CloudFormation itself takes both
    by now (https://github.com/aws/serverless-application-model/pull/3317).
    """
    assert template()["Transform"] == "AWS::Serverless-2016-10-31"


def test_a_chat_waits_in_the_queue_for_as_long_as_its_function_may_take() -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html asks for six times the timeout."""
    queue, timeout = made("AWS::SQS::Queue")["SyncQueue"], properties("SyncChatsFunction")["Timeout"]

    assert queue["VisibilityTimeout"] == 6 * timeout


def test_every_api_is_throttled_as_its_owner_chooses() -> None:
    stages = made("AWS::ApiGatewayV2::Stage")

    assert len(stages) == len(made("AWS::ApiGatewayV2::Api"))
    for stage in stages.values():
        for settings in (stage["DefaultRouteSettings"], *stage.get("RouteSettings", {}).values()):
            limit = template()["Parameters"][settings["ThrottlingRateLimit"]["Ref"]]
            assert settings["ThrottlingBurstLimit"] == settings["ThrottlingRateLimit"]
            assert (limit["Type"], limit["MinValue"]) == ("Number", 1)


def test_the_settings_of_routes_are_of_routes_that_there_are() -> None:
    (named,) = [each["Properties"]["RouteSettings"] for each in resources("AWS::Serverless::HttpApi").values()]

    assert set(named) <= {f"{method} {path}" for method, path in routes()}


def test_a_busy_site_is_not_throttled() -> None:
    """docs/cost.md: the busiest minute on the way to ten million visitors a month."""
    groups = template()["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
    (throttles,) = [group["Parameters"] for group in groups if group["Label"]["default"].startswith("Throttles")]
    limits = {name: template()["Parameters"][name]["Default"] for name in throttles}

    assert {name: limits[name] >= needed for name, needed in BUSIEST_SECOND.items()} == dict.fromkeys(limits, True)


def test_only_what_the_owner_alone_knows_has_to_be_answered() -> None:
    """An Enter is an answer to every other question of `sam deploy --guided`; cfn-lint holds defaults against rules."""
    asked = {name for name, each in template()["Parameters"].items() if "Default" not in each}

    assert asked == REQUIRED_PARAMETERS.keys()


def test_nobody_is_asked_whether_a_function_may_do_without_authentication() -> None:
    """`sam deploy --guided` asks so for each route of an API without `Auth`, and an Enter ends the deployment."""
    (api,) = resources("AWS::Serverless::HttpApi").values()

    assert api["Properties"]["Auth"]
    (body,) = [each["Body"] for each in made("AWS::ApiGatewayV2::Api").values() if "Body" in each]
    assert "securitySchemes" not in str(body)
    assert not [method for path in body["paths"].values() for method in path.values() if "security" in method]


def test_the_api_is_open_to_the_configured_origins_alone() -> None:
    (cors,) = [
        resource["Properties"]["CorsConfiguration"] for resource in resources("AWS::Serverless::HttpApi").values()
    ]

    assert cors["AllowOrigins"] == {"Ref": "AllowedOrigins"}
    assert set(cors["AllowHeaders"]) == {"Authorization", "Content-Type", "Idempotency-Key"}
    assert {method for method, _path in routes()} - {"ANY"} <= set(cors["AllowMethods"])
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
