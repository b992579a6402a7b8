"""Tests of the pages, in a real browser, against the real program.

    .tools/venv/bin/python Tests/BrowserTests/run.py --binary PATH [--shots FOLDER] [--only WORD]

Prints one line per test and `N passed, N failed`; exit code 1 when one failed. Nothing sleeps:
tests wait for conditions. `--url URL --token TOKEN` tests a server that is running already.
"""

import argparse
import shutil
import sys
import traceback
from pathlib import Path

from playwright.sync_api import sync_playwright

import accounts
import alerts
import functions
import inbox
import location
import overview
import pages
import projects
import system
import units
from server import Running, Server
from visit import Visitor


def arguments():
    parser = argparse.ArgumentParser(description="Tests of the pages in a real browser.")
    parser.add_argument("--binary", help="the earshot program")
    parser.add_argument("--url", help="a running server instead")
    parser.add_argument("--token", help="its operator token")
    parser.add_argument("--shots", type=Path, help="folder for pictures of the pages")
    parser.add_argument("--only", default="", help="only tests with this word in their names")
    parser.add_argument("--browser", default=shutil.which("chromium"), help="chromium's path")
    given = parser.parse_args()
    if not given.binary and not (given.url and given.token):
        parser.error("give --binary, or --url and --token")
    if not given.browser:
        parser.error("there is no chromium: run `make setup` or scripts/setup test")
    return given


def main():
    given = arguments()
    server = Server(given.binary) if given.binary else Running(given.url, given.token)
    passed, failed = [], []

    def run(test, *parameters):
        name = (test.__doc__ or test.__name__).strip().splitlines()[0]
        if given.only not in name:
            return
        try:
            test(*parameters)
            passed.append(name)
            print(f"ok    {name}", flush=True)
        except Exception:
            failed.append(name)
            print(f"FAIL  {name}\n{traceback.format_exc()}", flush=True)

    try:
        with sync_playwright() as playwright:
            # Debian's chromium has no sandbox of its own for root, as which containers run this.
            browser = playwright.chromium.launch(
                executable_path=given.browser, args=["--no-sandbox"])
            visitor = Visitor(browser, server)
            run(pages.test_assets_are_built_in)
            # Clients need a site of their own, which only a server of ours can be given.
            modules = [pages, units, inbox, functions, accounts, alerts, system, projects]
            modules += [location, overview] if server.portal else []
            for module in modules:
                for test in module.TESTS:
                    run(test, visitor)
                    visitor.leave()
            if given.shots:
                given.shots.mkdir(parents=True, exist_ok=True)
                for module in modules:
                    if hasattr(module, "take_shots"):
                        run(module.take_shots, visitor, given.shots)
            run(pages.test_nothing_went_wrong_on_the_way, visitor)
            browser.close()
    finally:
        log = server.tail()
        code = server.stop()

    def test_stop():
        """the program stops cleanly while pages were open"""
        assert code == 0, f"exit: {code}"

    run(test_stop)
    if failed and log:
        print(f"what the program said last:\n{log}")
    print(f"{len(passed)} passed, {len(failed)} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
