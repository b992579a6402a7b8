"""What clients see first: doors, tiles, lanes, plan and table, with answers changed on the way."""

import json
import re
import subprocess
import urllib.request
from datetime import datetime, timedelta, timezone
from functools import cache

from playwright.sync_api import Error

from pages import ASSETS
from visit import axe, wait_for

API = "**/portal/api/locations"
REFRESH = "document.dispatchEvent(new Event('visibilitychange'))"
SHIFTS = """() => {
    window.shifts = [];
    new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) window.shifts.push(entry.value);
    }).observe({ type: "layout-shift", buffered: true });
}"""
#: What a browser writes when a question gets no answer.
LOST = ["Failed to load resource"]
NAMES = ["North gate", "Quay wall east", "Crane base 3", "Mill Street school", "River walk",
         "Site <office> roof"]
PLACES = [(51.5030, -0.0190), (51.5022, -0.0165), (51.5012, -0.0175), (51.5020, -0.0212),
          (51.5003, -0.0198), (51.5002, -0.0160)]


def wait_for_text(page, selector, pattern):
    wait_for(
        page, "([s, p]) => new RegExp(p).test(document.querySelector(s)?.textContent ?? '')",
        [selector, pattern])


# MARK: a client of our own

def ask(server, path, body=None):
    """An operator's question; with a body, a POST."""
    request = urllib.request.Request(
        server.url + path, json.dumps(body).encode() if body is not None else None,
        {"Authorization": f"Bearer {server.token}", "Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.loads(answer.read())


@cache
def portal(visitor):
    """The address of the portal, and that of a link into it that works as often as one likes."""
    server = visitor.server
    units = [unit["id"] for unit in ask(server, "/api/units")["units"]]
    # A unit that stands elsewhere is refused; then the tests go without.
    for unit in [*units, None]:
        done = subprocess.run(
            [server.binary, "provision", "--data", server.data, "-"], input=json.dumps(site(unit)),
            text=True, capture_output=True)
        if done.returncode == 0:
            break
    link = ask(server, "/projects/browser-quay/portal-link", {"label": "browser tests"})
    return server.portal, server.portal + link["path"]


def site(unit):
    """Six locations of a client; `unit` stands at the first."""
    return {
        "clients": [{"id": "browser", "name": "Alpha Homes"}],
        "projects": [{"id": "browser-quay", "client": "browser", "name": "Harbour Quarter phase 2",
                      "time_zone": "Europe/London"}],
        "locations": [
            {"id": f"browser-{index}", "project": "browser-quay", "name": name,
             "latitude": PLACES[index][0], "longitude": PLACES[index][1]}
            for index, name in enumerate(NAMES)],
        "assignments": [{"location": "browser-0", "unit": unit, "from": "2026-01-01T00:00:00Z"}]
        if unit else [],
        "rules": [{"id": "browser-night", "location": "browser-0", "name": "Noise", "metric": "laeq",
                   "averaging": {"mode": "clock", "seconds": 900}, "comparison": "above",
                   "threshold_db": 65}],
    }


@cache
def session(visitor):
    """One session for all windows: an address may enter ten times a minute."""
    page = visitor.window(signed_in=False)
    page.goto(portal(visitor)[1])
    page.get_by_role("button", name="Continue").click()
    page.wait_for_url(f"{portal(visitor)[0]}/portal")
    return page.context.cookies()


def enter(page, visitor):
    page.context.add_cookies(session(visitor))
    page.goto(f"{portal(visitor)[0]}/portal")


def answering(change):
    def answer(route):
        try:
            response = route.fetch()
            body = response.json()
            change(body)
            route.fulfill(response=response, body=json.dumps(body))
        except Error:
            # The window was closed while it asked.
            pass

    return answer


def open_overview(visitor, change=None, query="", **options):
    """The overview, entered by its link; `change` may change what the locations answer."""
    page = visitor.window(signed_in=False, **options)
    enter(page, visitor)
    if change:
        page.route(API, answering(change))
    if change or query:
        page.goto(f"{portal(visitor)[0]}/portal{query}")
    wait_for_text(page, "#connection", "Connected")
    return page


def text(time):
    return time.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def scene(body):
    """A day on a building site: one above its limit, one delayed, one stopped, the rest fine."""
    now = datetime.fromisoformat(body["now"])
    start = datetime.fromisoformat(body["locations"][0]["lane"]["from"])
    for place in body["locations"]:
        index = int(place["id"].split("-")[1])
        hours = [(start + timedelta(minutes=15 * cell)).hour for cell in range(96)]
        means = [46 + index + 12 * (7 <= hour < 18) + cell * 7 % 5 for cell, hour in enumerate(hours)]
        place |= {
            "status": "live", "state": "measuring", "timestamp": text(now - timedelta(seconds=1)),
            "age_seconds": 1, "cadence_seconds": 1, "lp": 58.2 + index, "active": 0,
            "limit": limit(57.4 + index), "lane": {**place["lane"], "mean": means, "above": []},
        }
    first, _, third, _, fifth, sixth = sorted(body["locations"], key=lambda place: place["id"])
    began = now.replace(second=0, microsecond=0) - timedelta(minutes=4)
    breach(first, began)
    first["lane"]["above"] = [[text(start + timedelta(hours=4)), text(start + timedelta(hours=4.75))],
                              [text(began), None]]
    third["lane"]["mean"][60:66] = [None] * 6
    fifth |= {"status": "delayed", "timestamp": text(now - timedelta(minutes=4)), "age_seconds": 240}
    sixth |= {"status": "stopped", "state": "stopped", "limit": None}
    sixth["lane"]["mean"][70:] = [None] * 26


def limit(value):
    return {"id": "r", "name": "Noise", "metric": "laeq",
            "averaging": {"mode": "clock", "seconds": 900, "consecutive": 1}, "comparison": "above",
            "threshold_db": 65.0, "duration_s": 0, "in_force": True, "value": value,
            "active_since": None}


def breach(place, since):
    place["active"] = 1
    place["lp"] = 64.8
    place["limit"] = limit(66.92) | {"active_since": text(since)}


def tile(page, index):
    return page.locator(f'[data-place="browser-{index}"]')


# MARK: doors

def test_doors(visitor):
    """a link shows a button, lets in by it, and the way out ends the session"""
    page = visitor.window(signed_in=False, allow=["status of 401"])
    page.goto(portal(visitor)[1])
    assert page.locator("h1").inner_text() == "Welcome"
    assert page.context.cookies() == [], "a GET begins nothing"
    axe(page)
    page.get_by_role("button", name="Continue").click()
    page.wait_for_url(f"{portal(visitor)[0]}/portal")
    assert portal(visitor)[1].split("/")[-1] not in page.content()
    assert all(cookie["httpOnly"] for cookie in page.context.cookies())
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_selector("text=open the link that you were given again")
    answer = page.goto(f"{portal(visitor)[0]}/portal")
    assert answer.status == 401
    assert "This link no longer works. Ask your contact for a new one." in page.inner_text("main")
    axe(page)


def test_wrong_links(visitor):
    """a link that is not one says the same as one that no longer works, and what is not there is 404"""
    page = visitor.window(
        signed_in=False, allow=["status of 401", "status of 404"])
    wrong = page.goto(f"{portal(visitor)[0]}/portal/enter/{'0' * 64}")
    assert wrong.status == 401 and "no longer works" in page.inner_text("main")
    enter(page, visitor)
    bodies = set()
    for name in ["x", "loc-a1"]:
        answer = page.goto(f"{portal(visitor)[0]}/portal/location/{name}")
        assert answer.status == 404
        bodies.add(answer.body())
    assert len(bodies) == 1, "the same bytes"
    axe(page)
    page.get_by_role("link", name="Earshot").click()
    page.wait_for_url(f"{portal(visitor)[0]}/portal")


# MARK: tiles

def test_first_view(visitor):
    """the first view needs no script, has every location, and offers no control of a meter"""
    page = visitor.window(signed_in=False, java_script_enabled=False)
    enter(page, visitor)
    assert page.locator("[data-place]").count() == len(NAMES)
    assert page.locator(".lane .parts").count() == len(NAMES)
    assert "No meter here at present; history stays" in tile(page, 5).inner_text()
    assert page.locator("svg.plan a").count() == len(NAMES)
    assert tile(page, 5).locator(".name").inner_text() == "Site <office> roof"
    for word in ["start", "stop", "reset", "rate", "power"]:
        assert page.get_by_role("button", name=re.compile(word, re.I)).count() == 0
    page.locator("svg.plan a").first.click()
    assert "/portal/location/" in page.url


def test_same_drawing(visitor):
    """the browser draws and says what the server drew and said"""
    page = visitor.window(signed_in=False, allow=LOST)
    page.route(API, lambda route: route.abort())
    enter(page, visitor)
    parts = """() => [...document.querySelectorAll("[data-place], [data-lane], [data-marker]")].map((e) =>
        e.outerHTML.replace(/<span class="age">[^<]*/g, "").replace(/ data-from="[^"]*"/, ""))"""
    served = page.evaluate(parts)
    page.unroute(API)
    page.evaluate(REFRESH)
    wait_for_text(page, "#connection", "Connected")
    shown = page.evaluate(parts)
    for one, two in zip(served, shown):
        one, two = (re.sub(r"\b\d+\.\d\b(?=</)|now \d+\.\d", "n", each) for each in (one, two))
        assert one == two, f"server:\n{one}\nbrowser:\n{two}"


def test_words(visitor):
    """tiles say the limit's own quantity, since when it is broken, and how old a reading is"""
    page = open_overview(visitor, scene)
    wait_for_text(page, '[data-place="browser-0"] .word', "Above limit")
    first = tile(page, 0).inner_text()
    assert re.search(r"66\.9\s*dB\s*now 64\.8\s*average 15 min · limit 65", first), first
    assert re.search(r"Above the limit since \d\d:\d\d, \+1\.9 over", first), first
    assert "Within the limit" in tile(page, 1).inner_text()
    assert re.search(r"Delayed,?\s*4 min ago", tile(page, 4).inner_text())
    assert tile(page, 4).get_attribute("data-look") == "delayed"
    assert re.search(r"Stopped\s+–", tile(page, 5).inner_text())
    assert "1 above limit" in page.inner_text("#counts") and "3 measuring" in page.inner_text("#counts")
    lanes = page.locator(".lane b").all_inner_texts()
    assert sum(each in ("49 min", "50 min") for each in lanes) == 1 and lanes.count("0") == 4 and lanes.count("–") == 1, lanes
    label = page.locator('[data-lane="browser-2"] svg[role]').get_attribute("aria-label")
    assert label == "Crane base 3, last 24 hours: within the limit, 1 h 30 min without data", label
    marker = page.locator('[data-marker="browser-0"]')
    assert marker.get_attribute("aria-label") == "North gate: Above limit"


def test_ages_tick(visitor):
    """ages go on by the server's clock, without a question"""
    page = open_overview(visitor, scene)
    page.unroute(API)
    page.route(API, lambda route: None)
    wait_for_text(page, '[data-place="browser-1"] .age', r"^[4-9] s ago")


def test_announcements(visitor):
    """a new breach is told once, loudly; other changes quietly"""
    page = open_overview(visitor)
    states = {"breach": None, "now": None}

    def answer(route):
        body = route.fetch().json()
        scene(body)
        places = {place["id"]: place for place in body["locations"]}
        places["browser-0"] |= {"limit": limit(60.0), "active": 0}
        if states["breach"]:
            breach(places["browser-0"], states["breach"])
        if states["now"] == "back":
            places["browser-4"] |= {"status": "live", "timestamp": body["now"]}
        route.fulfill(json=body)

    page.route(API, answer)
    page.goto(f"{portal(visitor)[0]}/portal")
    wait_for_text(page, '[data-place="browser-0"] .word', "Measuring")
    assert page.inner_text("#alarm") == ""
    states["breach"] = datetime.now(timezone.utc)
    page.evaluate(REFRESH)
    wait_for_text(page, "#alarm", "North gate: Above the limit since")
    page.evaluate("document.getElementById('alarm').textContent = ''")
    states["now"] = "back"
    page.evaluate(REFRESH)
    wait_for_text(page, "#announcer", "River walk: Measuring")
    assert page.inner_text("#alarm") == "", "it was told"


def test_refresh_moves_nothing(visitor):
    """a refresh with other words and levels moves nothing, opens no socket, and is one request"""
    for width in [1440, 390]:
        page = open_overview(visitor, viewport={"width": width, "height": 844})
        sockets, asked = [], []
        page.on("websocket", lambda socket: sockets.append(socket.url))
        page.evaluate(SHIFTS)
        page.route(API, answering(scene))
        page.on("request", lambda request: asked.append(request.url))
        page.evaluate(REFRESH)
        wait_for_text(page, '[data-place="browser-0"] .word', "Above limit")
        page.evaluate("() => new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")
        assert len(asked) == 1 and sockets == [], (asked, sockets)
        shift = page.evaluate("window.shifts.reduce((a, b) => a + b, 0)")
        assert shift <= 0.01, f"at {width} px: {shift}"


def test_lost(visitor):
    """without answers the page says so, keeps its values in grey, and comes back"""
    page = open_overview(visitor, scene, allow=LOST)
    wait_for_text(page, "#alarm", "North gate")
    page.evaluate("document.getElementById('alarm').textContent = ''")
    page.unroute(API)
    page.route(API, lambda route: route.abort())
    page.evaluate(REFRESH)
    wait_for_text(page, "#connection", r"Server not reachable; values from \d\d:\d\d")
    assert tile(page, 1).get_attribute("data-look") == "delayed"
    assert "59.2" in tile(page, 1).inner_text() and "last" in tile(page, 1).inner_text()
    assert page.inner_text("#alarm") == ""
    page.unroute(API)
    page.route(API, answering(scene))
    page.get_by_role("button", name="Retry now").click()
    wait_for_text(page, "#connection", "Connected")
    assert tile(page, 0).get_attribute("data-look") == "above"
    assert page.inner_text("#alarm") == "", "it was told before"
    page.context.set_offline(True)
    wait_for_text(page, "#connection", "You are offline")
    page.context.set_offline(False)
    wait_for_text(page, "#connection", "Connected")


def test_session_ends(visitor):
    """when the session ends, the page says how to come back"""
    page = open_overview(visitor, allow=["status of 401"])
    page.context.clear_cookies()
    page.evaluate(REFRESH)
    page.wait_for_selector("text=This link no longer works")


def test_down(visitor):
    """a meter service that does not answer has a bar of its own"""
    def down(body):
        scene(body)
        for place in body["locations"][:2]:
            place |= {"status": "upstream_down",
                      "timestamp": text(datetime.fromisoformat(body["now"]) - timedelta(hours=1))}

    page = open_overview(visitor, down)
    wait_for_text(page, "#down", r"Meter service not reachable; showing last known, .*\d\d:\d\d")
    assert page.locator("#down").is_visible()
    assert "No readings since" in page.inner_text(".tiles")


def test_table(visitor):
    """the table holds the same, and the address keeps it"""
    page = open_overview(visitor, scene)
    page.get_by_role("link", name="Table").click()
    page.wait_for_url("**/portal?view=table")
    wait_for_text(page, 'tr[data-place="browser-0"] .word', "Above limit")
    row = tile(page, 0).inner_text()
    assert "66.9" in row and "now 64.8" in row and re.search("(49|50) min", row), row
    axe(page)
    page.reload()
    assert page.locator("table.places").is_visible()
    page.get_by_role("link", name="Tiles").click()
    page.wait_for_url("**/portal?view=tiles")
    wait_for_text(page, "#connection", "Connected")


def test_keyboard(visitor):
    """the keyboard reaches every location, and Enter opens it"""
    page = open_overview(visitor)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.locator(".tile .name").first.focus()
    name = page.locator(".tile .name").first.get_attribute("href")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{name}")


# MARK: the street map

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c49444154789c63b870e3"
    "010005040289b15a50370000000049454e44ae426082")


def has_leaflet():
    """Set-up goes on without it, and then there is no street map to look at."""
    return (ASSETS.parents[1] / "CAssets/vendor/leaflet.min.js").exists()


def open_map(visitor, answer, **options):
    page = open_overview(visitor, scene, also=visitor.server.tiles, **options)
    page.route(f"{visitor.server.tiles}/**", answer)
    page.get_by_role("button", name="Street map").click()
    return page


def test_street_map(visitor):
    """a street map is shown to who asks for it, with its author, and leads to the locations"""
    if not has_leaflet():
        return
    asked = []
    page = open_overview(visitor, scene, also=visitor.server.tiles)
    page.on("request", lambda request: asked.append(request.url))
    page.evaluate(REFRESH)
    wait_for_text(page, "#connection", "Connected")
    assert not [url for url in asked if visitor.server.tiles in url], "nobody asked for it yet"
    page.close()
    page = open_map(visitor, lambda route: route.fulfill(body=PNG, content_type="image/png"))
    page.wait_for_selector(".leaflet-tile-loaded", state="attached")
    assert page.locator(".pin .shape").count() == len(NAMES)
    assert page.locator('.pin .shape[data-look="above"]').count() == 1
    assert page.inner_text(".leaflet-control-attribution") == "Maps of <us>"
    axe(page)
    page.get_by_role("button", name="Plan", exact=True).click()
    assert page.locator("svg.plan").is_visible()


def test_street_map_fails(visitor):
    """when the tile server does not answer, the plan comes back with a note"""
    if not has_leaflet():
        return
    page = open_map(visitor, lambda route: route.abort(), allow=["Failed to load resource"])
    wait_for_text(page, "#about-map", "The street map cannot be reached; this is the plan")
    assert page.locator("svg.plan").is_visible()
    assert page.get_by_role("button", name="Plan", exact=True).get_attribute("aria-pressed") == "true"


def test_policy(visitor):
    """pages of clients come with a content policy: pictures of the one tile server, nothing inline"""
    page = visitor.window(signed_in=False)
    enter(page, visitor)
    answer = page.goto(f"{portal(visitor)[0]}/portal")
    policy = answer.headers["content-security-policy"]
    assert f"img-src 'self' data: {visitor.server.tiles};" in policy and "unsafe" not in policy, policy
    source = answer.text()
    assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)", source)


def test_looks(visitor):
    """axe finds nothing wrong with the overview, and it fits every screen"""
    for width, scheme in [(1440, "light"), (1440, "dark"), (390, "light"), (320, "dark")]:
        page = open_overview(
            visitor, scene, viewport={"width": width, "height": 844}, color_scheme=scheme)
        wait_for_text(page, '[data-place="browser-0"] .word', "Above limit")
        axe(page)
        wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0, f"{width} px: {wide} px too wide"


def take_shots(visitor, folder):
    """pictures of the overview are taken"""
    cases = [
        ("overview", {"viewport": {"width": 1440, "height": 900}}, ""),
        ("overview-dark", {"viewport": {"width": 1440, "height": 900}, "color_scheme": "dark"}, ""),
        ("overview-table", {"viewport": {"width": 1440, "height": 900}}, "?view=table"),
        ("overview-phone", {"viewport": {"width": 390, "height": 844}}, ""),
        ("overview-small", {"viewport": {"width": 320, "height": 700}}, ""),
        ("overview-table-phone", {"viewport": {"width": 390, "height": 844}}, "?view=table"),
    ]
    for name, options, query in cases:
        page = open_overview(visitor, scene, query, **options)
        wait_for_text(page, '[data-place="browser-0"] .word', "Above limit")
        page.screenshot(path=folder / f"{name}.png", full_page=True)
    visitor.leave()


TESTS = [
    test_doors, test_wrong_links, test_first_view, test_same_drawing, test_words, test_ages_tick,
    test_announcements, test_refresh_moves_nothing, test_lost, test_session_ends, test_down,
    test_table, test_keyboard, test_street_map, test_street_map_fails, test_policy, test_looks,
]
