"""What a client sees on the page of a location, on a site of their own."""

import json
import re
import subprocess
import urllib.request
from datetime import datetime, timedelta, timezone

from pages import wait_for_ink, wait_for_text
from visit import axe, wait_for

#: Markup in names is text. The location has no coordinates.
NAME = 'North <b>gate</b> & "co"'
PHONE = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2}
SIZES = [{"viewport": {"width": 1280, "height": 900}}, PHONE, {"viewport": {"width": 320, "height": 640}}]

#: How far content moved by itself, and when the largest part was painted.
MEASURE = """() => {
    window.moved = 0;
    window.painted = 0;
    new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.moved += entry.value;
    }).observe({ type: "layout-shift", buffered: true });
    new PerformanceObserver((list) => {
        window.painted = list.getEntries().at(-1).startTime;
    }).observe({ type: "largest-contentful-paint", buffered: true });
}"""


class Client:
    """A client with two locations: one with a limit that every level breaks, one without a unit."""

    project = "browser-project"
    loud = "browser-loud"
    bare = "browser-bare"

    def __init__(self, visitor):
        self.visitor = visitor
        self.server = visitor.server
        self._cookies = None
        page = visitor.open("/")
        page.wait_for_selector('tr[data-unit] .pill[data-look="live"]')
        rows = page.locator("tr[data-unit]", has=page.locator('.pill[data-look="live"]'))
        units = rows.evaluate_all("(rows) => rows.map((row) => row.dataset.unit)")
        visitor.leave()
        # A unit that stands elsewhere already is refused.
        self.unit = next(unit for unit in reversed(units) if self.provision(self._site(unit)))

    def _site(self, unit):
        rule = {"location": self.loud, "threshold_db": 10, "clear_margin_db": 0}
        return {
            "clients": [{"id": "browser-client", "name": "Browser & Sons"}],
            "projects": [{"id": self.project, "name": "Quay <i>1</i>", "client": "browser-client",
                          "time_zone": "Europe/London"}],
            "locations": [{"id": self.loud, "project": self.project, "name": NAME},
                          {"id": self.bare, "project": self.project, "name": "Bare"}],
            "assignments": [{"location": self.loud, "unit": unit, "from": self.ago(days=40)}],
            "rules": [
                {**rule, "id": "browser-any", "name": "Any <u>sound</u>", "metric": "lp"},
                {**rule, "id": "browser-average", "name": "Average", "threshold_db": 150,
                 "averaging": {"mode": "clock", "seconds": 900}},
            ],
        }

    @staticmethod
    def ago(**length):
        return (datetime.now(timezone.utc) - timedelta(**length)).strftime("%Y-%m-%dT%H:%M:%SZ")

    def provision(self, site):
        done = subprocess.run(
            [self.server.binary, "provision", "-", "--data", self.server.data],
            input=json.dumps(site), text=True, capture_output=True)
        return done.returncode == 0

    def operate(self, path, body):
        request = urllib.request.Request(
            self.server.url + path, json.dumps(body).encode(), method="POST", headers={
                "authorization": f"Bearer {self.server.token}", "content-type": "application/json"})
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)

    def link(self):
        return self.operate(f"/projects/{self.project}/portal-link", {"label": "Browser"})

    def enter(self, **options):
        """A window of somebody who came by a link of their own: the window and the link."""
        link = self.link()
        page = self.visitor.window(signed_in=False, **options)
        page.goto(self.server.portal + link["path"])
        page.get_by_role("button", name="Continue").click()
        page.wait_for_url(f"{self.server.portal}/portal")
        return page, link

    def window(self, **options):
        """A window of somebody who is in already."""
        if self._cookies is None:
            page, _ = self.enter()
            self._cookies = page.context.cookies()
        page = self.visitor.window(signed_in=False, **options)
        page.context.add_cookies(self._cookies)
        return page

    def open(self, location=None, query="", **options):
        page = self.window(**options)
        page.goto(self.address(location, query))
        return page

    def address(self, location=None, query=""):
        return f"{self.server.portal}/portal/location/{location or self.loud}{query}"

    def open_live(self, query="", **options):
        """The page with levels that come."""
        page = self.open(query=query, **options)
        page.wait_for_selector('#connection[data-look="live"]')
        page.wait_for_selector('#state[data-look="live"]')
        wait_for(page, "() => document.getElementById('history-readout').textContent !== ''")
        return page


#: By visitor: a site is set up once.
_clients = {}


def client_of(visitor):
    if visitor not in _clients:
        _clients[visitor] = Client(visitor)
    return _clients[visitor]


def test_first_view(visitor):
    """a location's page is whole before any script: name, sentence, night, numbers, limits, breaches"""
    client = client_of(visitor)
    client.open_live()  # somebody looks, so that the breach is there
    page = client.window()
    for _ in range(150):
        page.goto(client.address())
        if page.locator('#standing[data-look="breach"]').count():
            break
    plain = client.window(java_script_enabled=False)
    plain.goto(client.address())
    assert plain.locator("h1").inner_text() == NAME
    text = plain.locator("#standing").inner_text()
    assert re.search(r"Above the limit since .*: level \d+\.\d, limit 10", text), text
    assert "Any <u>sound</u>" in text
    assert plain.locator("#night").inner_text().startswith("Last night, ")
    assert re.fullmatch(r"-?\d+\.\d", plain.locator("#lp").inner_text())
    limits = plain.locator("#limits").inner_text()
    assert "level above 10 dB · at any time" in limits and "average over 15 min above 150 dB" in limits
    assert "Now, since " in plain.locator("#breach-list").inner_text()
    assert plain.locator("#history-chart .sketch path").get_attribute("d").startswith("M")
    summary = plain.locator("#history-chart").get_attribute("aria-label")
    assert re.match(r"History chart, .*, data .* %, \d breach(es)? of a limit\.$", summary), summary


def test_live(visitor):
    """a client sees levels that change, their age, and the last minutes behind them"""
    page = client_of(visitor).open_live()
    first = page.locator("#lp").inner_text()
    wait_for(page, "(was) => document.getElementById('lp').textContent !== was", first)
    assert re.search(r"Measuring\s+(\d+ s ago|just now)", page.locator("#state").inner_text())
    wait_for_ink(page, "live-chart", at_least=200)
    page.locator("#live-as-table").click()
    rows = page.locator("#live-table tbody tr")
    assert rows.count() > 5


def test_history(visitor):
    """ranges stand in the address; the table has what the chart has, and so has the file"""
    client = client_of(visitor)
    page = client.open_live()
    for name in ["1h", "7d", "30d"]:
        with page.expect_response(re.compile("/history")):
            page.locator(f'[data-range="{name}"]').click()
        assert page.url.endswith(f"?range={name}")
    page.go_back()
    wait_for(page, "() => location.search === '?range=7d'")
    page.locator('[data-range="1h"]').click()
    wait_for_ink(page, "history-chart", at_least=100)
    page.locator("#history-as-table").click()
    wait_for(page, "() => document.querySelectorAll('#history-table tbody tr').length > 20")
    wait_for(page, "() => document.getElementById('export').href.includes('from=')")
    href = page.locator("#export").get_attribute("href")
    lines = page.evaluate("async (href) => (await (await fetch(href)).text()).trim().split('\\n')", href)
    assert lines[0].startswith("t,covered_s,lp_mean"), lines[0]
    assert len(lines) > 20


def test_limits_on_charts(visitor):
    """a limit of readings is drawn on both charts; averages that are judged are drawn, and said"""
    page = client_of(visitor).open_live("?range=6h")
    wait_for_text(page, "#history-steps", "average each 15 min")
    wait_for_text(page, "#history-limits", "of that average; of single readings")
    page.locator('[data-range="1y"]').click()
    wait_for_text(page, "#history-notes", "shorter averages are drawn in shorter ranges")
    assert page.locator("#history-steps").is_hidden()


def test_see_on_chart(visitor):
    """a breach leads to the chart, and the address to the same"""
    page = client_of(visitor).open_live()
    page.locator("#breaches [data-from]").first.click()
    wait_for(page, "() => /from=.*&to=/.test(location.search)")
    assert page.evaluate("document.activeElement.id") == "history-chart"
    summary = "() => /1 breach|One breach|breaches/.test(" \
              "document.getElementById('history-chart').getAttribute('aria-label'))"
    wait_for(page, summary)


def test_refresh(visitor):
    """what the server says anew is shown, once aloud, and nothing else moves"""
    client = client_of(visitor)
    page = client.open_live()

    def calm(route):
        text = route.fetch().text()
        text = re.sub(r'data-look="breach"', 'data-look="kept"', text)
        text = re.sub(r"Above the limit since [^<]*", "Within the limit: level 5.0, limit 10", text)
        route.fulfill(body=text, content_type="text/html")

    page.evaluate(MEASURE)
    page.route(re.compile("/portal/location/"), calm)
    page.evaluate("locationPage.refresh()")
    wait_for_text(page, "#standing", "Within the limit")
    wait_for_text(page, "#announcer", "Within the limit")
    page.unroute(re.compile("/portal/location/"))
    page.evaluate("locationPage.refresh()")
    wait_for_text(page, "#alarm", "Above the limit since")
    assert page.locator("#alarm").get_attribute("role") == "alert"
    assert page.evaluate("window.moved") <= 0.01


def test_no_meter(visitor):
    """a location without a meter says so, and waits for nothing"""
    page = client_of(visitor).open(Client.bare)
    wait_for_text(page, "#state", "No meter here at present; history stays")
    wait_for_text(page, "#standing", "No limit is set here")
    assert page.locator("#lp").inner_text() == "–"
    assert page.locator("#limits section").count() == 0
    assert page.locator("#breach-list .count").inner_text() == "0"
    wait_for_text(page, "#history-chart", "No measurements between")
    wait_for_text(page, "#night", "no data")


def test_service_down(visitor):
    """old never looks live: a service that does not answer is told, with what was known"""
    client = client_of(visitor)
    page = client.window(allow=["503"])

    def down(route):
        body = route.fetch().json()
        time = (datetime.now(timezone.utc) - timedelta(minutes=5)).isoformat()
        body.update(status="upstream_down", feed="upstream_down", timestamp=time, age_seconds=300)
        route.fulfill(json=body)

    page.route(re.compile("/api/.*/live$"), down)
    page.route(re.compile("/api/.*/history"), lambda route: route.fulfill(
        status=503, content_type="application/problem+json", body='{"detail":"Not now."}'))
    page.route_web_socket(re.compile("/stream$"), lambda socket: None)
    page.goto(client.address())
    wait_for(page, "() => document.documentElement.dataset.feed === 'upstream_down'")
    assert page.locator(".banner.down").is_visible()


def test_hidden_tab(visitor):
    """a hidden tab holds no socket; back in front it fills the hole"""
    page = client_of(visitor).open_live()
    hide = """(hidden) => {
        Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
        document.dispatchEvent(new Event("visibilitychange"));
    }"""
    page.evaluate(hide, True)
    assert page.evaluate("locationPage.socket.state") == "hidden"
    wait_for_text(page, "#connection", "Paused while hidden")
    with page.expect_response(re.compile("/history.*step=1")):
        page.evaluate(hide, False)
    wait_for_text(page, "#connection", "Connected")


def test_another_meter(visitor):
    """a socket that ends because the meter was changed is opened again"""
    client = client_of(visitor)
    page = client.window()
    sockets = []

    def route(socket):
        sockets.append(socket)
        socket.connect_to_server()

    page.route_web_socket(re.compile("/stream$"), route)
    page.goto(client.address())
    wait_for_text(page, "#connection", "Connected")
    sockets[-1].close(code=4404, reason="gone")
    wait_for_text(page, "#connection", "Reconnecting in")
    wait_for_text(page, "#connection", "Connected")
    assert len(sockets) == 2


def test_revoked(visitor):
    """a link that is revoked ends the page at once, in words"""
    client = client_of(visitor)
    page, link = client.enter(allow=["401"])
    page.goto(client.address())
    wait_for_text(page, "#connection", "Connected")
    client.operate(f"/projects/{client.project}/portal-link/{link['id']}/revoke", {})
    # The stream and an answer may both lead there; the second of two ways ends the first.
    page.get_by_text("This link no longer works").wait_for()
    assert page.url == f"{client.server.portal}/portal/access"


def test_wrong_clock(visitor):
    """a device whose clock is an hour off shows the same ages"""
    client = client_of(visitor)
    for shift in [3_600_000, -3_600_000]:
        page = client.window()
        page.add_init_script(f"const now = Date.now; Date.now = () => now() + {shift};")
        page.goto(client.address())
        page.wait_for_selector('#state[data-look="live"]')
        wait_for_text(page, "#state", r"Measuring\s*(\d s ago|just now)")


def test_not_there(visitor):
    """what is not theirs is not found"""
    client = client_of(visitor)
    page = client.window(allow=["404"])
    page.goto(client.address("north-gate"))
    assert page.locator("h1").inner_text() == "Not found"


def test_weight(visitor):
    """with a 30-day chart the page is light, quick and still, on every screen"""
    client = client_of(visitor)
    for size in SIZES + [{"viewport": {"width": 900, "height": 800}}]:
        look_at_weight(client.window(**size), client)


def look_at_weight(page, client):
    page.add_init_script(f"({MEASURE})()")
    page.goto(client.address(query="?range=30d"))
    page.wait_for_selector('#state[data-look="live"]')
    wait_for(page, "() => document.querySelector('[data-drawn]')")
    total = page.evaluate("""() => performance.getEntriesByType("resource")
        .concat(performance.getEntriesByType("navigation"))
        .reduce((sum, entry) => sum + entry.transferSize, 0)""")
    moved, painted = page.evaluate("[window.moved, window.painted]")
    print(f"      {total / 1000:.0f} kB, painted after {painted:.0f} ms, moved {moved:.4f}")
    assert total <= 150_000, total
    assert moved <= 0.01, moved


def test_for_everybody(visitor):
    """everybody can use it: axe finds nothing, in light and dark, on desks and phones"""
    client = client_of(visitor)
    for scheme in ["light", "dark"]:
        for size in SIZES:
            page = client.open_live(color_scheme=scheme, **size)
            axe(page)
            wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
            assert wide <= 0, f"{wide} px too wide at {size}"
    axe(client.open(Client.bare))


def test_keys(visitor):
    """a chart is read by keys"""
    page = client_of(visitor).open_live("?range=1h")
    chart = page.locator("#history-chart")
    chart.focus()
    page.keyboard.press("ArrowLeft")
    wait_for_text(page, "#history-spoken", r"\d\d:\d\d")
    page.keyboard.press("-")
    wait_for(page, "() => /from=/.test(location.search)")
    page.keyboard.press("0")
    wait_for(page, "() => location.search === '?range=1h'")


def take_shots(visitor, folder):
    """pictures of a location are taken"""
    client = client_of(visitor)
    cases = [
        ("location", {"viewport": {"width": 1440, "height": 900}}, Client.loud),
        ("location-dark", {"viewport": {"width": 1440, "height": 900}, "color_scheme": "dark"},
         Client.loud),
        ("location-phone", PHONE, Client.loud),
        ("location-bare", {"viewport": {"width": 1280, "height": 900}}, Client.bare),
    ]
    for name, options, location in cases:
        page = client.open(location, **options)
        wait_for(page, "() => document.getElementById('history-readout').textContent !== ''")
        page.wait_for_selector('#connection[data-look="live"]')
        page.screenshot(path=folder / f"{name}.png", full_page=True)
    visitor.leave()


TESTS = [
    test_first_view, test_live, test_history, test_limits_on_charts, test_see_on_chart,
    test_refresh, test_no_meter, test_service_down, test_hidden_tab, test_another_meter,
    test_revoked, test_wrong_clock, test_not_there, test_weight, test_for_everybody, test_keys,
]
