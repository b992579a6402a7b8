"""The list of units, and how a unit is read: with answers changed on the way to the page."""

import json
import re
from datetime import datetime, timedelta

from visit import wait_for

REFRESH = "document.dispatchEvent(new Event('visibilitychange'))"


def wait_for_text(page, selector, pattern):
    wait_for(
        page, "([s, p]) => new RegExp(p).test(document.querySelector(s)?.textContent ?? '')",
        [selector, pattern])


def open_list(visitor, change=None, path="/", **options):
    """The list, fresh; `change` may change what `/api/units` answers."""
    page = visitor.window(**options)
    if change:
        def answer(route):
            response = route.fetch()
            body = response.json()
            change(body)
            route.fulfill(response=response, body=json.dumps(body))

        page.route("**/api/units", answer)
    page.goto(visitor.server.url + path)
    wait_for_text(page, "#counts", r"\d")
    return page


def row(page, index):
    return page.locator("tr[data-unit]").nth(index)


def before(unit, seconds):
    """The time so long before an answer, as told by one of its units."""
    now = datetime.fromisoformat(unit["timestamp"]) + timedelta(seconds=unit["age_seconds"])
    return (now - timedelta(seconds=seconds)).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def trouble(body):
    """The second unit is left out, the third's upstream is down; faults and data everywhere.

    The others are well, of which the demo has one that is late and one that was stopped.
    """
    cost = {"bytes_per_day": 43_200_000, "bytes": 1_230_000, "since": "2026-11-24T07:00:00.000Z"}
    rates = [
        {"full": True, "reason": "viewer", "viewers": 2},
        {"full": False, "reason": "upstream_full", "viewers": 1},
        {"full": False, "reason": "unwanted", "viewers": 0},
    ]
    for index, unit in enumerate(body["units"]):
        unit["cellular"] = cost
        unit["rate_now"] = rates[index if index < 3 else 0]
        unit["has_monitor"] = index != 2
        unit["faults"] = {"timed_out": 3, "missing_level": index + 1} if index in (1, 2) else {}
        unit["timestamp"] = before(unit, 1)
        unit |= {"feed": "ok", "state": "measuring", "age_seconds": 1}
    unit = body["units"][2]
    unit["feed"] = "upstream_down"
    unit["age_seconds"] = 4000
    unit["timestamp"] = before(body["units"][0], 4000)
    body["upstreams"][0] |= {
        "state": "down", "condition": "not reachable",
        "notices": ["Meter service simulator not reachable since 07:01: connection refused. "
                    "Its 7 units show their last known values."],
    }


def test_words(visitor):
    """the list says rate, data, faults and upstreams in words, and one bar for a failed upstream"""
    page = open_list(visitor, trouble, "/?sort=name")
    wait_for_text(page, "td.rate", "Full rate: 2 viewers")
    assert "Idle: 13 units of this upstream are at full rate already" in row(page, 1).inner_text()
    assert "Background poll: nobody looks" in row(page, 2).inner_text()
    cost = row(page, 0).locator("td.cost").inner_text()
    assert re.search(r"≈ 43 MB a day\s+1\.2 MB since .*07:00", cost), cost
    assert page.locator("#notices .banner").count() == 1
    assert "not reachable since 07:01" in page.locator("#notices").inner_text()
    assert "not reachable" in row(page, 0).locator("th").inner_text()
    assert row(page, 0).locator("details").is_hidden()
    faults = row(page, 1).locator("details")
    assert faults.locator("summary").inner_text() == "5"
    faults.locator("summary").click()
    assert "3 × answers too late" in faults.inner_text()
    assert "2 × levels missing" in faults.inner_text()
    # What is open stays open, and the bar goes when its reason has gone.
    page.unroute("**/api/units")
    page.evaluate(REFRESH)
    wait_for(page, "() => !document.querySelector('#notices .banner')")
    assert faults.get_attribute("open") is not None


def test_old_values(visitor):
    """a unit without fresh values looks old, is counted so, and comes first"""
    page = open_list(visitor, trouble)
    wait_for_text(page, "#counts", r"\d measuring.* 1 no data since ")
    old = page.locator("tr.old")
    assert old.count() == 1
    assert old.locator('.pill[data-look="delayed"]').count() == 1
    assert "No readings since" in old.inner_text()
    page.locator('[name="sort"]').select_option("name")
    page.locator('[name="sort"]').select_option("state")
    assert row(page, 0).get_attribute("class") == "old"


def test_refresh_moves_nothing(visitor):
    """a refresh with other words, faults and levels moves nothing, and is one request"""
    for width in [1280, 390]:
        page = open_list(visitor, path="/?sort=name", viewport={"width": width, "height": 844})
        page.evaluate("""() => {
            window.shifts = [];
            new PerformanceObserver((list) => {
                for (const entry of list.getEntries()) window.shifts.push(entry.value);
            }).observe({ type: "layout-shift" });
        }""")

        def quiet(body):
            trouble(body)
            body["upstreams"][0]["notices"] = []
            body["upstreams"][0]["condition"] = None

        asked = []
        page.on("request", lambda request: asked.append(request.url))
        page.route("**/api/units", lambda route: route.fulfill(json=changed(route, quiet)))
        page.evaluate(REFRESH)
        wait_for_text(page, "td.rate", "Full rate: 2 viewers")
        page.evaluate("() => new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")
        assert len(asked) == 1 and asked[0].endswith("/api/units"), asked
        shift = page.evaluate("window.shifts.reduce((a, b) => a + b, 0)")
        assert shift < 0.02, f"at {width} px: {shift}"


def changed(route, change):
    body = route.fetch().json()
    change(body)
    return body


def visible(page):
    return page.locator("tr[data-unit]:visible").evaluate_all(
        "(rows) => rows.map((row) => row.dataset.unit)")


def test_find(visitor):
    """the list is searched while one types; the address leads back to what was found"""
    page = open_list(visitor)
    every = visible(page)
    assert len(every) > 1
    page.locator("#find-text").press_sequentially(every[1].lower()[-4:])
    assert visible(page) == [every[1]]
    assert f"q={every[1].lower()[-4:]}" in page.url
    assert page.locator("#found").inner_text() == f"1 of {len(every)}"
    page.reload()
    wait_for_text(page, "#counts", r"\d")
    assert visible(page) == [every[1]]
    page.locator("#find-text").fill("nothing is called so")
    assert visible(page) == []
    page.get_by_role("button", name="Show all").click()
    assert len(visible(page)) == len(every)
    assert page.url == visitor.server.url + "/"


def test_sort(visitor):
    """the list is sorted on request, and stays so in the address"""
    def levels(body):
        for level, unit in zip([50.0, 70.0, 60.0, 40.0, 30.0, 20.0, 10.0, 5.0], body["units"]):
            unit |= {"lp": level, "state": "measuring"}

    page = open_list(visitor, levels)
    wait_for(page, "() => [...document.querySelectorAll('[data-metric=lp]')]"
                   ".some((cell) => cell.textContent === '70.0')")
    page.locator('[name="sort"]').select_option("name")
    names = visible(page)
    assert names == sorted(names)
    page.locator('[name="sort"]').select_option("level")
    assert visible(page) == [names[1], names[2], names[0]] + names[3:]
    assert page.url.endswith("/?sort=level")


def test_without_script(visitor):
    """without scripts the list is whole, and is searched and sorted by its form"""
    page = visitor.window(java_script_enabled=False)
    page.goto(visitor.server.url + "/")
    assert re.search(r"\d measuring", page.locator("#counts").inner_text())
    rows = page.locator("tr[data-unit]")
    last = rows.nth(rows.count() - 1).get_attribute("data-unit")
    page.locator("#find-text").fill(last)
    page.get_by_role("button", name="Show").click()
    assert f"q={last}" in page.url
    assert page.locator("tr[data-unit]:visible").count() == 1
    page.goto(f"{visitor.server.url}/units/{last}")
    assert page.locator("h1").inner_text() == last
    assert page.get_by_label("Automatic").is_checked()


def test_rate(visitor):
    """the rate is set by keyboard, is told, and stays set"""
    page = visitor.open_unit()
    page.get_by_label("Automatic").focus()
    with page.expect_response(lambda answer: answer.request.method == "PUT") as answer:
        page.keyboard.press("ArrowRight")
    assert answer.value.status == 200
    assert answer.value.json()["rate"] == "full"
    wait_for_text(page, "#rate-said", "^Set")
    page.reload()
    assert page.get_by_label("Always full").is_checked()
    with page.expect_response(lambda answer: answer.request.method == "PUT"):
        page.get_by_label("Automatic").check()
    wait_for_text(page, "#rate-said", "^Set")


def test_rate_refused(visitor):
    """a rate that could not be set is not shown as set"""
    page = visitor.window(allow=["the server responded with a status of 403"])
    page.goto(f"{visitor.server.url}/units/{visitor.unit}")
    page.route("**/api/units/*", lambda route: route.fulfill(
        status=403, content_type="application/problem+json",
        body=json.dumps({"detail": "This needs the scope operator.", "request_id": "abc"})))
    page.get_by_label("Always idle").check()
    wait_for_text(page, "#rate-said", "Not set: This needs the scope operator")
    assert page.get_by_label("Automatic").is_checked()


def take_shots(visitor, folder):
    """pictures of the list with trouble are taken"""
    cases = [
        ("trouble-light", {}), ("trouble-dark", {"color_scheme": "dark"}),
        ("trouble-phone", {"viewport": {"width": 390, "height": 844}}),
        ("trouble-small", {"viewport": {"width": 320, "height": 700}}),
    ]
    for name, options in cases:
        page = open_list(visitor, trouble, "/?sort=name", **options)
        wait_for_text(page, "td.rate", "Full rate")
        row(page, 1).locator("summary").click()
        wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0, f"{name} is {wide} px too wide"
        page.screenshot(path=folder / f"{name}.png", full_page=True)
    visitor.leave()


TESTS = [
    test_words, test_old_values, test_refresh_moves_nothing, test_find, test_sort,
    test_without_script, test_rate, test_rate_refused,
]
