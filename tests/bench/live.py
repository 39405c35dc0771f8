"""What a hand on the live explorer feels: gaps between frames while dragging, and release to Python's numbers painted.

    python -m tests.bench.live [rows [groups ...]]     (default 1e6 2 4 12; plain and with the CPU throttled four times)

Needs Chromium (environment variable CHROMIUM). A frame is late when it comes more than 25 ms after the one before.
Nothing may be sent while dragging; that is checked before a line is printed.
"""

import os
import socket
import statistics
import subprocess
import sys
import time
import urllib.request

from playwright.sync_api import sync_playwright

from tests.e2e.conftest import FLAGS, ROOT, chromium

LATE = 25.0      # ms
STEPS = 180      # moves of one drag, at about 125 a second
RELEASES = 10
PROBE = """
const after = (done) => { const c = new MessageChannel(); c.port1.onmessage = done; c.port2.postMessage(0); };
const raw = window.requestAnimationFrame.bind(window);
let on = false, frames = [], draws = [];
window.requestAnimationFrame = (work) => raw((t) => { const from = performance.now(); work(t);
  if (on) draws.push(performance.now() - from); });
window.begin = () => { on = true; frames = []; draws = [];
  const tick = (t) => { if (on) { frames.push(t); raw(tick); } }; raw(tick); };
window.finish = () => { on = false; return { gaps: frames.slice(1).map((t, i) => t - frames[i]), draws }; };
window.addEventListener("pointerup", (event) => { window.up = event.timeStamp; }, true);
window.untilText = (words) => new Promise((done) => {
  const look = () => document.body.innerText.includes(words) && (watch.disconnect(),
    raw(() => after(() => done(performance.now() - window.up))), true);
  const watch = new MutationObserver(look);
  watch.observe(document.body, { subtree: true, childList: true, characterData: true });
  look();
});
"""


def share(values, part):
    """Return a quantile of a sample."""
    return sorted(values)[min(len(values) - 1, int(part * len(values)))] if values else float("nan")


def serve():
    """Start the explorer's little app; return its address and process."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = ["--server.headless=true", "--server.address=127.0.0.1", f"--server.port={port}",
               "--browser.gatherUsageStats=false", "--server.fileWatcherType=none"]
    command = [sys.executable, "-m", "streamlit", "run", "tests/e2e/live_app.py", *options]
    server = subprocess.Popen(command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)},
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    for _ in range(300):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=1)
            break
        except OSError:
            time.sleep(0.1)
    return f"http://127.0.0.1:{port}", server


def run_of(page):
    """Return how often Python has run."""
    return int(page.get_by_text("python run ").first.inner_text().split(" ")[2])


def drag(page):
    """Drag the first line to and fro, let go, and return frame gaps and draw times."""
    box = page.locator(".te .plot").first.bounding_box()
    y = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] * 0.5, y)
    page.mouse.down()
    page.evaluate("begin()")
    for i in range(STEPS):
        turn = abs((i / STEPS * 4) % 2 - 1)
        page.mouse.move(box["x"] + box["width"] * (0.08 + 0.84 * turn), y)
        time.sleep(0.008)
    found = page.evaluate("finish()")
    return found["gaps"], found["draws"]


def report(name, gaps, draws):
    """Print a line of frame gaps."""
    late = sum(gap > LATE for gap in gaps) / max(1, len(gaps))
    print(f"  {name:28s} frames {len(gaps):4d}  gap {statistics.median(gaps):5.1f} / {share(gaps, 0.95):5.1f} ms  "
          f"late {late:6.1%}  draw {statistics.median(draws):4.2f} / {share(draws, 0.95):4.2f} ms", flush=True)


def releases(page, wire, name):
    """Print the time from release to Python's numbers painted, and the bytes it took."""
    waits, up, down = [], [], []
    for i in range(RELEASES):
        box, run = page.locator(".te .plot").first.bounding_box(), run_of(page)
        x, y = box["x"] + box["width"] * (0.2 + 0.05 * i), box["y"] + 40
        page.mouse.move(x, y)
        page.mouse.down()
        page.mouse.move(x + 10, y)
        page.wait_for_timeout(80)
        before = sum(wire["in"]), sum(wire["out"])
        page.mouse.up()
        waits.append(page.evaluate(f"untilText('python run {run + 1} ')"))
        page.wait_for_timeout(250)
        down.append(sum(wire["in"]) - before[0])
        up.append(sum(wire["out"]) - before[1])
    print(f"  {name:28s} release to painted {statistics.median(waits):4.0f} ms ({min(waits):.0f} to {max(waits):.0f}); "
          f"{statistics.median(up):,.0f} B up, {statistics.median(down):,.0f} B down", flush=True)


def one_size(browser, address, groups, rows):
    """Print all lines of one number of groups."""
    page = browser.new_page(viewport={"width": 1400, "height": 1000})
    page.add_init_script(PROBE)
    wire = {"in": [], "out": []}
    page.on("websocket", lambda ws: (ws.on("framereceived", lambda data: wire["in"].append(len(data))),
                                     ws.on("framesent", lambda data: wire["out"].append(len(data)))))
    begun = time.perf_counter()
    page.goto(f"{address}/?k={groups}&n={rows}")
    page.locator(".te .panel").first.wait_for(timeout=120_000)
    page.get_by_text("python run 1 ").wait_for()
    ready = time.perf_counter() - begun
    print(f"{groups} groups, {rows:,} rows: ready in {ready:.1f} s, {sum(wire['in']):,} B received")
    control = page.context.new_cdp_session(page)
    for throttle in (1, 4):
        control.send("Emulation.setCPUThrottlingRate", {"rate": throttle})
        speed = "plain" if throttle == 1 else f"CPU / {throttle}"
        page.evaluate("begin()")
        page.wait_for_timeout(1500)
        idle = page.evaluate("finish()")["gaps"]
        print(f"  {speed + ', nobody drags':28s} frames {len(idle):4d}  gap {statistics.median(idle):5.1f} / "
              f"{share(idle, 0.95):5.1f} ms  late {sum(gap > LATE for gap in idle) / max(1, len(idle)):6.1%}")
        for linked in (True, False):
            page.locator(".te input").set_checked(linked)
            page.wait_for_timeout(1200)
            quiet = len(wire["out"])
            gaps, draws = drag(page)
            if len(wire["out"]) != quiet:
                raise SystemExit("something was sent while dragging")
            page.mouse.up()
            page.wait_for_timeout(1200)
            report(f"{speed}, {'all linked' if linked else 'one line'}", gaps, draws)
        page.locator(".te input").set_checked(True)
        page.wait_for_timeout(1200)
        releases(page, wire, speed)
    page.close()


def main():
    rows = int(float(sys.argv[1])) if len(sys.argv) > 1 else 1_000_000
    sizes = [int(size) for size in sys.argv[2:]] or [2, 4, 12]
    address, server = serve()
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium(), headless=True, args=FLAGS)
            print("medians / 95th percentiles")
            for groups in sizes:
                one_size(browser, address, groups, rows)
            browser.close()
    finally:
        server.terminate()
        server.wait(20)


if __name__ == "__main__":
    main()
