"""Plain `sam deploy --guided`, as somebody types it who has read three lines of the README: in a terminal."""

import os
import pty
import re
import select
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from local.stack import builds
from local.stack.emulator import ACCESS_KEY_ID, REGION, SECRET_ACCESS_KEY, Emulator, EmulatorProcess, free_port
from local.stack.paths import ROOT, SAM

STACK = "visitor-chat-of-a-newcomer"
TOKEN = "token-that-nobody-shall-see"
ANSWERS = {
    "Stack Name": STACK,
    "Parameter GiosgOrganizationId": "4b1e0c52-7d3a-4f6e-9a41-2c88d0f7e513",
    "Parameter GiosgRoomId": "c2a7f9e4-0b56-4d18-8f6a-91d3e5b7a042",
    "Parameter GiosgApiToken": TOKEN,
}
"""Everything else is answered with Enter."""
QUESTION = re.compile(r"([^\r\n]+?)(?: \[[^\r\n]*\])?: $")
COLOURS = re.compile(r"\x1b\[[0-9;]*m")
PATIENCE_SECONDS = 120.0


def sam_environment(emulator: Emulator) -> dict[str, str]:
    """Return sam's environment: nothing of an AWS account of the user's is in it."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "SAM_"))}
    return {
        **kept,
        "AWS_ACCESS_KEY_ID": ACCESS_KEY_ID,
        "AWS_SECRET_ACCESS_KEY": SECRET_ACCESS_KEY,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ENDPOINT_URL": emulator.url,
        "NO_PROXY": "127.0.0.1,localhost",
        "SAM_CLI_POLL_DELAY": "0.3",
        "SAM_CLI_TELEMETRY": "0",
    }


class Terminal:
    """A command in a terminal, whose questions are answered."""

    def __init__(self, command: list[str], *, environment: Mapping[str, str], folder: Path) -> None:
        self.asked: list[str] = []
        self.shown = ""
        self._master, slave = pty.openpty()
        self._process = subprocess.Popen(  # noqa: S603 - it is sam
            command, stdin=slave, stdout=slave, stderr=slave, env=environment, cwd=folder, close_fds=True
        )
        os.close(slave)

    def run(self, answers: Mapping[str, str]) -> int:
        """Answer until the command ends; return its exit status."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        answered = 0
        while self._read():
            assert time.monotonic() < deadline, self.shown
            question = QUESTION.search(self.shown[answered:])
            if question:
                asked = question[1].strip()
                self.asked.append(asked)
                answered = len(self.shown)
                os.write(self._master, f"{answers.get(asked, '')}\n".encode())
        return self._process.wait()

    def _read(self) -> bool:
        """Take what is shown; False when the command has ended."""
        if not select.select([self._master], [], [], 1.0)[0]:
            return True
        try:
            shown = os.read(self._master, 65536)
        except OSError:
            return False
        self.shown += COLOURS.sub("", shown.decode(errors="replace"))
        return bool(shown)

    def close(self) -> None:
        os.close(self._master)
        if self._process.poll() is None:
            self._process.kill()


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    with EmulatorProcess(port=free_port(), folder=tmp_path_factory.mktemp("emulator")) as process:
        yield process.wait_until_healthy()


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return what `sam build` has made, in a place of its own: sam saves the answers beside it."""
    return Path(shutil.copytree(builds.build().parent, tmp_path_factory.mktemp("built") / "output"))


def deploy(emulator: Emulator, built: Path, *options: str) -> Terminal:
    command = [str(SAM), "deploy", "--template-file", "template.yaml", *options]
    terminal = Terminal(command, environment=sam_environment(emulator), folder=built)
    status = terminal.run(ANSWERS)
    terminal.close()
    assert status == 0, terminal.shown
    return terminal


@pytest.mark.long
def test_enter_deploys_all_but_what_only_the_owner_knows_and_the_second_time_nothing_is_asked(
    emulator: Emulator, built: Path
) -> None:
    guided = deploy(emulator, built, "--guided")

    assert status_of(emulator) == "CREATE_COMPLETE"
    assert not [each for each in guided.asked if "authentication" in each]
    assert TOKEN not in guided.shown
    assert TOKEN not in (built / "samconfig.toml").read_text()

    again = deploy(emulator, built, "--parameter-overrides", "RetentionDays=31")

    assert again.asked == []
    assert status_of(emulator) == "UPDATE_COMPLETE"
    assert token_of(emulator) == TOKEN


def status_of(emulator: Emulator) -> str:
    (stack,) = emulator.client("cloudformation").describe_stacks(StackName=STACK)["Stacks"]
    return str(stack["StackStatus"])


def token_of(emulator: Emulator) -> str:
    """Return the token that the functions find."""
    (stack,) = emulator.client("cloudformation").describe_stacks(StackName=STACK)["Stacks"]
    outputs = {each["OutputKey"]: each["OutputValue"] for each in stack["Outputs"]}
    secrets = emulator.client("secretsmanager")
    return str(secrets.get_secret_value(SecretId=outputs["GiosgTokenSecretArn"])["SecretString"])


def test_what_sam_saves_is_not_tracked() -> None:
    assert "samconfig.toml" in (ROOT / ".gitignore").read_text().splitlines()
