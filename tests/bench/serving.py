"""The app of this checkout under a Python of one's choice, what its processes hold, and a browser in front of it."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
PAGES = re.compile(r'\("pages/(\w+)\.py", "(\w+)"')
BUSY = "[data-test-script-state=running], [data-test-connection-state=CONNECTING], [data-testid=stProgress]"
MEGABYTE = 1_000_000
STARTS_WITHIN, SETTLES_WITHIN, QUIET = 60, 1200, 0.7   # seconds


def titles() -> list[str]:
    """Return the pages' titles in the order of the navigation."""
    return [title for _, title in PAGES.findall((ROOT / "app.py").read_text(encoding="utf-8"))]


@contextmanager
def server(folder: Path, python: str = sys.executable):
    """Run the app and give its address and process; raise with its log where it does not start."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = ["--server.headless=true", "--server.address=127.0.0.1", f"--server.port={port}",
               "--browser.gatherUsageStats=false", "--server.fileWatcherType=none"]
    environment = {**os.environ, "EQUIPOISE_OFFLINE": "1", "XDG_CACHE_HOME": str(folder)}
    with (folder / "log.txt").open("w") as log:
        process = subprocess.Popen([python, "-m", "streamlit", "run", "app.py", *options], cwd=ROOT, env=environment,
                                   stdout=log, stderr=subprocess.STDOUT)
    url = f"http://127.0.0.1:{port}"
    try:
        until = time.monotonic() + STARTS_WITHIN
        while not answers(f"{url}/_stcore/health"):
            if time.monotonic() > until or process.poll() is not None:
                raise RuntimeError((folder / "log.txt").read_text())
            time.sleep(0.1)
        yield url, process
    finally:
        process.terminate()
        process.wait(20)


def answers(url: str) -> bool:
    try:
        urllib.request.urlopen(url, timeout=1)
    except OSError:
        return False
    return True


@contextmanager
def visitor(url: str):
    """Give a page of a fresh browser; the executable is CHROMIUM or the system's."""
    from playwright.sync_api import sync_playwright

    path = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, headless=True, args=FLAGS)
        page = browser.new_page(viewport={"width": 1400, "height": 1000})
        page.set_default_timeout(1000 * STARTS_WITHIN)
        page.goto(url)
        yield page
        browser.close()


def settle(page) -> float:
    """Wait until no script runs and no bar moves for a moment; return the seconds it took, that moment aside."""
    begun = quiet = time.monotonic()
    while (now := time.monotonic()) - quiet < QUIET:
        if now - begun > SETTLES_WITHIN:
            raise TimeoutError("the page does not come to rest")
        if page.locator(BUSY).count():
            quiet = time.monotonic()
        page.wait_for_timeout(50)
    return quiet - begun


def bring(page, file: Path) -> None:
    """Upload a table and use it with the roles that are guessed."""
    settle(page)
    page.get_by_role("radiogroup", name="View").get_by_text("Your own table").click()
    uploader = page.get_by_test_id("stFileUploader").filter(has_text="A table with one row per person")
    uploader.locator("input[type=file]").set_input_files(file)


def use(page) -> None:
    page.get_by_role("button", name="Use this table").click()
    page.get_by_role("button", name=re.compile("^See what")).wait_for(timeout=1000 * SETTLES_WITHIN)
    settle(page)


def go(page, title: str) -> None:
    """Go to another page by the navigation and wait until it rests; raise where it could not be drawn."""
    page.get_by_role("link", name=title, exact=True).click()
    page.wait_for_url(re.compile(rf"/{title.lower()}(\?|$)" if title != "Data" else r":\d+/(\?|$)"))
    page.get_by_role("heading", level=1).first.wait_for()
    settle(page)
    if page.get_by_test_id("stException").count() or page.get_by_text("because of an error of ours").count():
        raise RuntimeError(f"page {title} failed:\n{page.locator('body').inner_text()}")


class Meter:
    """What a process and its children hold resident, in MB (10^6): now, and the most since the last look."""

    def __init__(self, pid: int) -> None:
        self.pid, self.most, self.ever, self.stopped = pid, 0.0, 0.0, threading.Event()
        threading.Thread(target=self._watch, daemon=True).start()

    def now(self) -> float:
        return sum(resident(pid) for pid in family(self.pid)) / MEGABYTE

    def peak(self) -> float:
        """Return the most since the last call."""
        most, self.most = max(self.most, self.now()), 0.0
        return most

    def _watch(self) -> None:
        while not self.stopped.wait(0.05):
            now = self.now()
            self.most, self.ever = max(self.most, now), max(self.ever, now)


def family(pid: int) -> list[int]:
    try:
        children = [int(child) for task in Path(f"/proc/{pid}/task").iterdir()
                    for child in (task / "children").read_text().split()]
    except OSError:
        return [pid]
    return [pid, *(one for child in children for one in family(child))]


def resident(pid: int) -> int:
    """Return the bytes that a process holds resident, shared ones in full; 0 where it has ended."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0
