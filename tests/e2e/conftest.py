"""A server of this checkout on a free loopback port, a real browser, and a page that keeps complaints."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]
STARTS_WITHIN = 60  # seconds
PATIENCE = 20_000  # milliseconds that an expectation may take on a busy machine


def chromium() -> str | None:
    named = os.environ.get("CHROMIUM")
    return shutil.which(named) if named else shutil.which("chromium") or shutil.which("chromium-browser")


@pytest.fixture(scope="session")
def browser():
    path = chromium()
    if path is None:
        message = "no Chromium: install it, or name it in the environment variable CHROMIUM"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, headless=True, args=FLAGS)
        yield started
        started.close()


@contextmanager
def running(folder: Path):
    """Run the app and give its address; its log is shown when it does not start."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = folder / "log.txt"
    options = ["--server.headless=true", "--server.address=127.0.0.1", f"--server.port={port}",
               "--browser.gatherUsageStats=false", "--server.fileWatcherType=none"]
    environment = {**os.environ, "EQUIPOISE_OFFLINE": "1", "XDG_CACHE_HOME": str(folder)}
    with log.open("w") as out:
        command = [sys.executable, "-m", "streamlit", "run", "app.py", *options]
        server = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=out, stderr=subprocess.STDOUT)
    try:
        wait_for(f"http://127.0.0.1:{port}/_stcore/health", server, log)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(20)


@pytest.fixture(scope="session")
def address(tmp_path_factory):
    """The address of an app that all tests of a run share."""
    with running(tmp_path_factory.mktemp("server")) as url:
        yield url


@pytest.fixture
def cold_address(tmp_path):
    """The address of an app that nobody has visited."""
    with running(tmp_path) as url:
        yield url


def wait_for(url: str, server: subprocess.Popen, log: Path) -> None:
    until = time.monotonic() + STARTS_WITHIN
    while time.monotonic() < until and server.poll() is None:
        try:
            urllib.request.urlopen(url, timeout=1)
            return
        except OSError:
            time.sleep(0.2)
    pytest.fail(f"the app did not start:\n{log.read_text()}")


@pytest.fixture
def visit(browser, address):
    """Open an address as a fresh visitor. A script error, a dialog or a request to another host fails the test."""
    contexts, complaints = [], []

    def open_page(path="/", at=address, **options):
        context = browser.new_context(**{"viewport": {"width": 1400, "height": 1000}, **options})
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(2 * PATIENCE)
        watch(page, at, complaints)
        page.goto(at + path)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not complaints


def watch(visitor, address: str, complaints: list[str] | None = None) -> list[str]:
    """Return the list, growing from now on, of what no page may do; the one given where there is one."""
    complaints = [] if complaints is None else complaints

    def away(url: str) -> None:
        ours = address.removeprefix("http:")
        if not url.startswith((f"http:{ours}/", f"ws:{ours}/", "blob:", "data:")):
            complaints.append(f"to another host: {url}")

    def asked(dialog) -> None:
        complaints.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    visitor.on("pageerror", lambda error: complaints.append(f"script error: {error}"))
    visitor.on("dialog", asked)
    visitor.on("request", lambda request: away(request.url))
    visitor.on("websocket", lambda socket: away(socket.url))
    return complaints
