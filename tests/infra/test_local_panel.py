"""The panel's own page: what stands on it before its script runs, and what it may load."""

import re
import urllib.error
import urllib.request
from collections.abc import Iterator
from types import SimpleNamespace
from typing import cast

import pytest

from infra.local.cloud import LocalCloud
from infra.local.panel import Panel

DESK = "http://127.0.0.1:8000"


@pytest.fixture
def url() -> Iterator[str]:
    panel = Panel(cast(LocalCloud, SimpleNamespace(desk_url=DESK)), 0)
    try:
        with panel.serving():
            yield panel.url
    finally:
        panel.close()


def got(url: str) -> tuple[str, str, str]:
    """Kind, policy and text."""
    with urllib.request.urlopen(url, timeout=10) as answer:
        return (
            answer.headers["content-type"],
            answer.headers.get("content-security-policy", ""),
            answer.read().decode(),
        )


def test_the_page_leads_to_the_desk_and_names_whoever_is_seeded(url: str) -> None:
    _, _, page = got(f"{url}/")
    for path in ("/portal", "/close-account", "/desk"):
        assert f'href="{DESK}{path}"' in page
    for name in ("Nguyễn Thị Lan", "John Carter", "Trần Văn Minh", "An", "Bình", "Chi"):
        assert f"<b>{name}</b>" in page
    assert set(re.findall(r'data-by="(\w+)"', page)) == {"PT1H", "P1D", "P7D"}


def test_the_page_loads_its_own_files_and_nothing_else(url: str) -> None:
    _, policy, page = got(f"{url}/")
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "frame-ancestors 'none'" in policy
    kinds = {
        path: got(url + path)[0] for path in re.findall(r'<(?:script src|link rel="stylesheet" href)="([^"]+)"', page)
    }
    assert kinds == {"/panel.css": "text/css; charset=utf-8", "/panel.js": "text/javascript; charset=utf-8"}
    assert "<style" not in page
    assert not re.search(r"<script(?! src)", page)


def test_a_mails_html_gets_no_scripts(url: str) -> None:
    _, _, script = got(f"{url}/panel.js")
    granted = re.search(r'setAttribute\("sandbox", "([^"]*)"\)', script)
    assert granted
    assert set(granted[1].split()) == {"allow-popups", "allow-popups-to-escape-sandbox"}
    assert "innerHTML" not in script


def test_what_the_panel_lacks_is_404_and_names_what_it_has(url: str) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        got(f"{url}/panel.py")
    assert refused.value.code == 404
    assert "GET /outbox.json" in refused.value.read().decode()
