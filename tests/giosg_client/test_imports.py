"""What importing the package costs."""

import subprocess
import sys


def test_webhooks_and_models_load_no_http_library() -> None:
    code = "import sys, giosg_client.webhooks, giosg_client.models; sys.exit('requests' in sys.modules)"

    imported = subprocess.run([sys.executable, "-c", code], env={"PYTHONPATH": ":".join(sys.path)}, check=False)  # noqa: S603 - our own code

    assert imported.returncode == 0
