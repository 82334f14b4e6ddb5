"""The stack as tests use it: the built template in an emulator of its own, within seconds."""

import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from local.stack import builds, function_logs, routes
from local.stack.cloudformation import create_stack
from local.stack.deployments import Deployment
from local.stack.emulator import EmulatorProcess, free_port
from local.stack.mended_ministack import THROTTLED_TABLES
from local.stack.parameters import Giosg, local_parameters
from local.stack.paths import test_folder
from local.stack.settings import GiosgAccount
from local.stack.webhook_urls import WebhookUrls, read_secret

# Port 9 discards: a stack without a Giosg finds nobody there.
NO_GIOSG = GiosgAccount(
    base_url="http://127.0.0.1:9",
    organization_id="00000000-0000-4000-8000-000000000001",
    room_id="00000000-0000-4000-8000-000000000002",
    api_token="no-such-token",  # noqa: S106 - it opens nothing
)


class LocalStack:
    """A deployed stack from entry to exit; nothing of it is left then.

    Args:
        giosg: where the functions find Giosg, as a `SimulatedGiosg` that serves.
        is_auth_enforced: whether the functions' policies are enforced; the clients of `boto3_client` may do everything.
        parameters: further parameters of the template.
        port: the emulator's; 0 is any free port.

    Attributes:
        durations_seconds: how long each phase of the start took.
    """

    def __init__(
        self,
        *,
        giosg: Giosg = NO_GIOSG,
        is_auth_enforced: bool = False,
        parameters: Mapping[str, str] | None = None,
        port: int = 0,
    ) -> None:
        self._giosg = giosg
        self._is_auth_enforced = is_auth_enforced
        self._parameters = parameters or {}
        self._port = port
        self.durations_seconds: dict[str, float] = {}

    def __enter__(self) -> Self:
        with ExitStack() as running:
            self._folder = Path(running.enter_context(tempfile.TemporaryDirectory(dir=test_folder())))
            process = running.enter_context(self._emulator_in(self._folder))
            with self._timed("build"):
                template = builds.build()
            with self._timed("emulator"):
                self.emulator = process.wait_until_healthy()
            with self._timed("deploy"):
                given = {**local_parameters(self._giosg, self.emulator), **self._parameters}
                self._api = create_stack(self.emulator, template=template, parameters=given)
            with self._timed("routes"):
                self._deployment = Deployment.read(self.emulator)
                self._deployment.complete(self._api)
            self._running = running.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._running.close()

    def _emulator_in(self, folder: Path) -> EmulatorProcess:
        port = self._port or free_port()
        return EmulatorProcess(port=port, folder=folder, is_auth_enforced=self._is_auth_enforced)

    @contextmanager
    def _timed(self, phase: str) -> Iterator[None]:
        start = time.monotonic()
        yield
        self.durations_seconds[phase] = round(time.monotonic() - start, 2)

    @property
    def api_url(self) -> str:
        return self._deployment.api_url

    @property
    def outputs(self) -> Mapping[str, str]:
        return self._deployment.outputs

    @property
    def resources(self) -> Mapping[str, str]:
        """The physical id of each logical one."""
        return self._deployment.resources

    @property
    def webhook_urls(self) -> WebhookUrls:
        secret = read_secret(self.boto3_client("secretsmanager"), self.outputs["WebhookSecretArn"])
        return WebhookUrls.of(self.api_url, secret=secret)

    def boto3_client(self, service: str) -> Any:
        return self.emulator.client(service)

    def logs(self) -> list[dict[str, Any]]:
        """Return what the functions have logged; an invocation's lines come when it has ended."""
        return function_logs.read_entries(self.boto3_client("logs"))

    @contextmanager
    def throttled(self, *logical_ids: str) -> Iterator[None]:
        """Let tables be too busy for any write."""
        switch = self._folder / THROTTLED_TABLES
        switch.write_text("\n".join(self.resources[each] for each in logical_ids))
        yield
        switch.unlink()

    @contextmanager
    def switched_off(self, trigger: str) -> Iterator[None]:
        """Let what waits in a queue or a stream be handed to nobody; the trigger is named by its logical id."""
        functions, trigger_id = self.boto3_client("lambda"), self.resources[trigger]
        functions.update_event_source_mapping(UUID=trigger_id, Enabled=False)
        try:
            yield
        finally:
            functions.update_event_source_mapping(UUID=trigger_id, Enabled=True)

    def check_routes(self) -> None:
        """Let every route answer once; its function is warm afterwards.

        Raises:
            RouteIsDead: the gateway answered in a function's place.
        """
        routes.check(self._api, api_url=self.api_url)
