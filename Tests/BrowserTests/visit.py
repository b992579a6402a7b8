"""Visits to pages, with a note of everything that must not happen on the way."""

from urllib.parse import urlsplit


def wait_for(page, condition, argument=None, seconds=120):
    """Waits until `condition`, a function in JavaScript, says yes.

    Playwright's own `wait_for_function` evaluates text in the page, which the pages' content
    policy forbids; this sends the function itself.
    """
    page.evaluate(
        """([argument, seconds]) => new Promise((resolve, reject) => {
            const condition = %s;
            const end = performance.now() + seconds * 1000;
            const look = () => {
                if (condition(argument)) resolve();
                else if (performance.now() > end) reject(new Error(`never: ${condition}`));
                else setTimeout(look, 20);
            };
            look();
        })""" % condition,
        [argument, seconds])


class Visitor:
    """One browser, many windows; what they complain about is kept in `complaints`."""

    def __init__(self, browser, server):
        self.browser = browser
        self.server = server
        self.complaints = []
        self.contexts = []
        self._cookies = None
        self._unit = None

    def window(self, signed_in=True, **options):
        """A new window of its own. `allow`: words of console messages that a test provokes."""
        allow = options.pop("allow", ())
        context = self.browser.new_context(
            **{"viewport": {"width": 1280, "height": 900}, "locale": "en-GB", **options})
        context.set_default_timeout(120_000)
        if signed_in:
            context.add_cookies(self._session())
        page = context.new_page()
        self.contexts.append(context)
        origins = [urlsplit(url).netloc for url in (self.server.url, self.server.portal) if url]

        def console(message):
            text = message.text
            if message.type in ("error", "warning") and not any(word in text for word in allow):
                self.complaints.append(f"{page.url}: {message.type}: {text}")

        def request(request):
            parts = urlsplit(request.url)
            if parts.scheme not in ("blob", "data") and parts.netloc not in origins:
                self.complaints.append(f"{page.url}: foreign request: {request.url}")

        page.on("console", console)
        page.on("pageerror", lambda error: self.complaints.append(f"{page.url}: {error}"))
        page.on("request", request)
        page.on("websocket", lambda socket: request(socket))
        return page

    def _session(self):
        if self._cookies is None:
            page = self.window(signed_in=False)
            page.goto(f"{self.server.url}/sign-in#{self.server.token}")
            page.wait_for_url(f"{self.server.url}/")
            self._cookies = page.context.cookies()
        return self._cookies

    @property
    def unit(self):
        """The name of a unit that measures now."""
        if self._unit is None:
            page = self.open("/")
            page.wait_for_selector('tr[data-unit] .pill[data-look="live"]')
            row = page.locator("tr[data-unit]", has=page.locator('.pill[data-look="live"]')).first
            self._unit = row.get_attribute("data-unit")
        return self._unit

    def open(self, path, **options):
        page = self.window(**options)
        page.goto(self.server.url + path)
        return page

    def open_unit(self, query="", **options):
        """The page of a unit that measures, once its live and past levels are there."""
        page = self.open(f"/units/{self.unit}{query}", **options)
        page.wait_for_selector('#connection[data-look="live"]')
        page.wait_for_selector('#state[data-look="live"]')
        wait_for(page, "() => document.getElementById('history-readout').textContent !== ''")
        return page

    def leave(self):
        for context in self.contexts:
            context.close()
        self.contexts.clear()
