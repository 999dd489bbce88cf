"""The demo is a check too: it plays both cases of the guide, and its exit code says whether the promise was kept."""

import socket
import subprocess
import sys
from collections.abc import Callable
from urllib.parse import urlsplit

from infra.demo import named_by
from infra.template import PROJECT
from tests.stories.people import Desk


def _demo(desk: Desk) -> subprocess.CompletedProcess[str]:
    """`make demo` beside a running desk."""
    cloud = desk.cloud
    ports = {
        "PORT": str(urlsplit(cloud.desk_url).port),
        "PANEL_PORT": str(urlsplit(cloud.panel_url).port),
        "SMTP_PORT": str(cloud.smtp_port),
    }
    command = [sys.executable, "-m", "infra.demo"]
    return subprocess.run(
        command, cwd=PROJECT, env=ports, capture_output=True, encoding="utf-8", check=False, timeout=900
    )


SOON = {"COOLING_OFF": "P3D"}  # fewer hours for the local clock to go through; there is still a reminder in it


def test_the_demo_tells_loudly_of_a_broken_promise_and_when_it_is_mended_can_be_played_again(
    desk_with: Callable[..., Desk],
) -> None:
    desk = desk_with(**SOON)
    desk.fault("s3", "DeleteObjects", "lie", times=1000)  # a holder that only says that it erased
    played = _demo(desk)
    assert played.returncode == 1
    assert "!!! PROMISE BROKEN: the desk's own status is closed" in played.stdout
    assert "!!! found: needs_attention, StillThere files: some" in played.stdout
    assert "!!! PROMISE BROKEN: other systems hold nothing any more: orders 0, files 3" in played.stdout
    assert played.stdout.rstrip().splitlines()[-1].startswith("  BROKEN: ")

    desk.no_more_faults()
    played = _demo(desk)
    assert played.returncode == 0, played.stdout + played.stderr
    assert f"Playing against the desk that runs at {desk.cloud.desk_url}" in played.stdout
    assert played.stdout.endswith("promises kept, 0 broken.\n")
    assert "Đã đóng (Closed) – tài khoản đã xóa" in played.stdout  # Lan
    assert "Closed – account removed" in played.stdout  # John


def test_where_no_desk_answers_the_demo_needs_one_of_its_own() -> None:
    with socket.socket() as taken:  # bound, but nobody listens there
        taken.bind(("127.0.0.1", 0))
        port = str(taken.getsockname()[1])
        assert not named_by({"PORT": port, "PANEL_PORT": port, "SMTP_PORT": port}).is_ready()
