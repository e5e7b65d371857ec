"""One browser for all tests: the installed Chromium, which is refused every host but this computer."""

import contextlib
import shutil
from collections.abc import Iterator

import pytest

ARGUMENTS = [
    "--no-sandbox",  # a container's root has none
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    # What slips past the routes below (a preconnect, the browser's own wishes) does not even get an address.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
]
HERE = ("http://127.0.0.1", "ws://127.0.0.1", "http://localhost", "ws://localhost", "file:", "data:", "blob:", "about:")


def executable() -> str | None:
    """Return where Chromium or Chrome lies on this computer, or None."""
    mac = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"
    names = ("chromium", "chromium-browser", "google-chrome", mac)
    return next(filter(None, map(shutil.which, names)), None)


def missing() -> str:
    """Return why there is no browser to test with, or an empty string if there is one."""
    try:
        import playwright.sync_api  # noqa: F401
    except ImportError:
        return "playwright is not installed"
    return "" if executable() else "no chromium, chromium-browser or google-chrome on this computer"


# `@browser.needed` on a test (or `pytestmark = browser.needed`) skips it where there is none, and says why.
needed = pytest.mark.skipif(bool(missing()), reason=missing())


@contextlib.contextmanager
def page(width: int = 1280, height: int = 720, **options) -> Iterator:
    """Open a page of a browser that reaches this computer only.

    Parameters
    ----------
    width, height : int
        Size of the window's content in CSS pixels.
    **options
        Further options of Playwright's ``Browser.new_context``, such as ``color_scheme="dark"``.

    Yields
    ------
    playwright.sync_api.Page
        The page. ``page.refused`` lists the addresses on other hosts that were asked for, ``page.errors`` the
        uncaught exceptions of its scripts and what they wrote with ``console.error``; windows that it opens count, too.
    """
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=executable(), args=ARGUMENTS)
        try:
            context = chromium.new_context(viewport={"width": width, "height": height}, **options)
            refused, errors = [], []

            def decide(route):
                if _here(route.request.url):
                    route.continue_()
                else:
                    refused.append(route.request.url)
                    route.abort()

            def listen(opened):
                opened.on("pageerror", lambda error: errors.append(str(error)))
                opened.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
                opened.on("websocket", lambda socket: None if _here(socket.url) else refused.append(socket.url))

            context.route("**/*", decide)
            context.on("page", listen)
            opened = context.new_page()
            opened.refused, opened.errors = refused, errors
            yield opened
        finally:
            chromium.close()


def _here(address: str) -> bool:
    return address.startswith(HERE)
