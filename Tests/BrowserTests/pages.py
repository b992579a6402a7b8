"""What people see and do on the pages."""

import csv
import re
from pathlib import Path

from visit import axe, wait_for

ROOT = Path(__file__).resolve().parents[2]
ASSETS = ROOT / "Sources/Serve/Assets"
SIGN_IN = re.compile("/sign-in([?].*)?$")
AGE = r"Measuring\s+(\d+ s ago|just now)"
RANGES = ["1h", "6h", "24h", "7d", "30d", "1y"]

#: How many pixels of a chart's canvas have a colour, not a grey.
INK = """(id) => {
    const canvas = document.querySelector(`#${id} canvas`);
    const { width, height } = canvas;
    const copy = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
    copy.drawImage(canvas, 0, 0);
    const data = copy.getImageData(0, 0, width, height).data;
    let ink = 0;
    for (let i = 0; i < data.length; i += 4) {
        const [r, g, b] = [data[i], data[i + 1], data[i + 2]];
        if (data[i + 3] > 60 && Math.max(r, g, b) - Math.min(r, g, b) > 40) ink += 1;
    }
    return ink;
}"""


def wait_for_text(page, selector, pattern):
    wait_for(
        page, "([s, p]) => new RegExp(p).test(document.querySelector(s)?.textContent ?? '')",
        [selector, pattern])


def wait_for_query(page, pattern):
    wait_for(page, "(p) => new RegExp(p).test(location.search)", pattern)


def wait_for_ink(page, chart, at_least=0, at_most=1_000_000):
    """Waits until a chart has so many coloured pixels."""
    wait_for(page, f"([id, a, b]) => {{ const n = ({INK})(id); return n >= a && n <= b; }}",
             [chart, at_least, at_most])


def test_assets_are_built_in():
    """every file of the pages is built into the program"""
    source = (ROOT / "Sources/CAssets/assets.c").read_text()
    embedded = set(re.findall(r'#embed "\.\./Serve/Assets/([^"]+)"', source))
    table = set(re.findall(r'ASSET\("([^"]+)",', source))
    files = {path.name for path in ASSETS.iterdir()}
    assert embedded == files, f"differ: {sorted(embedded ^ files)}"
    assert files <= table, f"not in the table: {sorted(files - table)}"


def test_sign_in_by_fragment(visitor):
    """the sign-in address signs in, and its token leaves the address bar"""
    page = visitor.window(signed_in=False)
    sent, shown = [], []

    def request(request):
        sent.append(request.url)
        if request.method == "POST":
            shown.append(page.url)

    page.on("request", request)
    page.goto(f"{visitor.server.url}/sign-in#{visitor.server.token}")
    page.wait_for_url(f"{visitor.server.url}/")
    page.wait_for_selector("h1")
    token = visitor.server.token
    assert token not in page.url
    assert not [url for url in sent if token in url.split("#")[0]], "the token was in a request"
    assert shown and token not in shown[0], "the token was in the address bar when it was sent"
    page.go_back()
    assert token not in page.url, "the token is in the history"
    cookies = page.context.cookies()
    assert cookies and all(cookie["httpOnly"] for cookie in cookies), cookies


def test_wrong_token(visitor):
    """a wrong token opens nothing"""
    page = visitor.window(signed_in=False, allow=["the server responded with a status of 4"])
    page.goto(f"{visitor.server.url}/sign-in")
    if not page.locator("#token").is_visible():
        page.get_by_text("Use an access token instead").click()
    page.get_by_label("Access token").fill("not-a-token")
    with page.expect_response(lambda answer: answer.request.method == "POST"):
        page.get_by_role("button", name="Sign in with the token").click()
    page.wait_for_selector("h1")
    page.goto(f"{visitor.server.url}/")
    page.wait_for_url(SIGN_IN)


def test_pages_need_a_session(visitor):
    """without a session every page leads to the sign-in"""
    page = visitor.window(signed_in=False)
    for path in ["/", f"/units/{visitor.unit}"]:
        page.goto(visitor.server.url + path)
        page.wait_for_url(SIGN_IN)
        assert page.locator("h1").text_content() == "Sign in"


def test_units_list(visitor):
    """the list shows each unit's state, age and level, and opens no socket"""
    page = visitor.window()
    sockets = []
    page.on("websocket", lambda socket: sockets.append(socket.url))
    page.goto(visitor.server.url + "/")
    page.wait_for_selector('tr[data-unit] .pill[data-look="live"]')
    wait_for_text(page, "#counts", r"\d+ measuring")
    row = page.locator("tr[data-unit]", has=page.locator('.pill[data-look="live"]')).first
    level = row.locator('[data-metric="lp"]').inner_text()
    assert re.fullmatch(r"\d+\.\d", level), level
    assert re.search(AGE, row.inner_text()), row.inner_text()
    assert sockets == []
    row.get_by_role("link").click()
    page.wait_for_url("**/units/*")


def test_live_values_change(visitor):
    """a unit's page shows levels that change, with their age in words"""
    page = visitor.open_unit()
    first = page.locator("#lp").inner_text()
    wait_for(page, "(was) => document.getElementById('lp').textContent !== was", first)
    for metric in ["lp", "leq", "lmax", "ln1", "ln2"]:
        text = page.locator(f"#{metric}").inner_text()
        assert re.fullmatch(r"\d+\.\d", text), f"{metric}: {text}"
    assert re.search(AGE, page.locator("#state").inner_text())
    assert page.locator("#connection").inner_text().strip() == "Connected"
    wait_for_text(page, "#strip", r"since .*\d\d:\d\d")


def test_live_chart(visitor):
    """the live chart is drawn, and each line can be hidden"""
    page = visitor.open_unit()
    wait_for_ink(page, "live-chart", at_least=200)
    keys = page.locator("#live-key button")
    assert keys.count() == 5
    for index in range(5):
        keys.nth(index).click()
    wait_for_ink(page, "live-chart", at_most=50)
    keys.nth(0).click()
    wait_for_ink(page, "live-chart", at_least=50)
    page.locator("#live-as-table").click()
    assert page.locator("#live-table tbody tr").count() > 1


def test_history_behind(visitor):
    """history is drawn behind the live levels, and is there as a table"""
    page = visitor.open_unit("?range=1h")
    wait_for_ink(page, "history-chart", at_least=200)
    wait_for_text(page, "#history-mean", r"L(A)?eq each ")
    wait_for_text(page, "#history-readout", r"Whole range: L(A)?eq \d+\.\d dB .* data \d+")
    button = page.locator("#history-as-table")
    button.click()
    assert button.get_attribute("aria-expanded") == "true"
    rows = page.locator("#history-table tbody tr")
    assert rows.count() == 50, rows.count()
    texts = page.locator("#history-table tbody").inner_text()
    page.get_by_role("button", name="Next rows").last.click()
    assert page.locator("#history-table tbody").inner_text() != texts
    assert "History chart" in page.locator("#history-chart").get_attribute("aria-label")


def test_ranges(visitor):
    """each range can be chosen, the address follows, and the back button leads back"""
    page = visitor.open_unit()
    for name in RANGES:
        page.locator(f'[data-range="{name}"]').click()
        wait_for_query(page, f"^\\?range={name}$")
        page.wait_for_selector(f'[data-range="{name}"][aria-pressed="true"]')
        assert page.locator('[data-range][aria-pressed="true"]').count() == 1
        wait_for_ink(page, "history-chart", at_least=20)
    page.go_back()
    page.wait_for_selector('[data-range="30d"][aria-pressed="true"]')
    page.reload()
    page.wait_for_selector('[data-range="30d"][aria-pressed="true"]')


def drag(page, start, end, shift=False):
    """Drags over the history's plot, from and to shares of its width."""
    box = page.locator("#history-chart .u-over").bounding_box()
    middle = box["y"] + box["height"] / 2
    if shift:
        page.keyboard.down("Shift")
    page.mouse.move(box["x"] + start * box["width"], middle)
    page.mouse.down()
    page.mouse.move(box["x"] + (start + end) / 2 * box["width"], middle, steps=4)
    page.mouse.move(box["x"] + end * box["width"], middle, steps=4)
    if not shift:
        marked = page.locator("#history-chart .u-select").bounding_box()
        assert abs(marked["width"] / box["width"] - abs(end - start)) < 0.02, marked
    page.mouse.up()
    if shift:
        page.keyboard.up("Shift")


def length_hours(page):
    return page.evaluate("""() => {
        const query = new URLSearchParams(location.search);
        return (Date.parse(query.get("to")) - Date.parse(query.get("from"))) / 3600e3;
    }""")


def test_drag_zooms(visitor):
    """dragging zooms, Shift+dragging moves, a double click goes back, and now is one click away"""
    page = visitor.open_unit("?range=24h")
    page.locator("#history-chart").scroll_into_view_if_needed()
    drag(page, 0.25, 0.5)
    wait_for_query(page, r"from=.*&to=")
    assert abs(length_hours(page) - 6) < 0.2, length_hours(page)
    before = page.url
    drag(page, 0.2, 0.7, shift=True)
    wait_for(page, "(was) => location.href !== was", before)
    assert abs(length_hours(page) - 6) < 0.2, length_hours(page)
    page.locator("#history-chart .u-over").dblclick()
    wait_for(page, "(was) => location.href === was", before)
    page.locator("#zoom-out").click()
    wait_for(page, "(was) => location.href !== was", before)
    assert abs(length_hours(page) - 12) < 0.4, length_hours(page)
    page.get_by_role("button", name="Go to now").click()
    wait_for_query(page, r"^\?range=24h$")
    assert page.locator("#go-now").is_hidden()


def test_windows(visitor):
    """earlier and later move by one window; later ends at now"""
    page = visitor.open_unit("?range=6h")
    assert page.locator("#later").is_disabled()
    page.locator("#earlier").click()
    wait_for_query(page, r"from=")
    assert abs(length_hours(page) - 6) < 0.01
    page.locator("#later").click()
    wait_for_query(page, r"^\?range=6h$")


def test_keys(visitor):
    """the keyboard moves the cursor, which is read out, and zooms and moves the range"""
    page = visitor.open_unit("?range=1h")
    page.locator("#history-chart").focus()
    for _ in range(5):
        page.keyboard.press("ArrowLeft")
    wait_for_text(page, "#history-readout", r"\d\d:\d\d(:\d\d)?: (L(A)?eq \d|no data)")
    wait_for_text(page, "#history-spoken", r"\d\d:\d\d")
    page.keyboard.press("+")
    wait_for_query(page, r"from=")
    assert abs(length_hours(page) - 0.5) < 0.01
    before = page.url
    page.keyboard.press("Shift+ArrowLeft")
    wait_for(page, "(was) => location.href !== was", before)
    page.keyboard.press("0")
    wait_for_query(page, r"^\?range=1h$")


def test_custom_range(visitor):
    """a range can be typed in, in the unit's time zone"""
    page = visitor.open_unit("?range=6h")
    page.locator("#custom").click()
    first, second = page.locator("#custom-from"), page.locator("#custom-to")
    day = first.input_value()[:10]
    first.fill(f"{day}T00:00:00")
    second.fill(f"{day}T00:00:00")
    page.get_by_role("button", name="Show", exact=True).click()
    assert "from=" not in page.url, "an empty range was taken"
    second.fill(second.input_value().replace("T00:00", "T00:01"))
    page.get_by_role("button", name="Show", exact=True).click()
    wait_for_query(page, f"from={day}T00:00:00.000Z&to={day}T00:01:00.000Z")


def test_export(visitor):
    """the exported file holds what the table shows"""
    page = visitor.open_unit("?range=1h")
    page.locator("#history-as-table").click()
    shown = page.locator("#history-table .pager").inner_text()
    with page.expect_download() as download:
        page.locator("#export").click()
    rows = list(csv.DictReader(Path(download.value.path()).open()))
    assert re.search(rf"of {len(rows)}\b", shown), f"{len(rows)} rows; {shown}"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+Z", rows[0]["t"]), rows[0]
    assert any(row["lp_mean"] for row in rows)
    assert not [row for row in rows if row["lp_mean"] == "0"], "no value became 0"


def test_pause(visitor):
    """Pause closes the socket and says that values are old; Resume goes on"""
    page = visitor.open_unit()
    assert page.evaluate("unitPage.socket.state") == "open"
    page.locator("#pause").click()
    wait_for_text(page, "#state", r"Live paused\s*values from \d\d:\d\d:\d\d")
    wait_for_text(page, "#connection", "Live paused")
    assert page.locator("#strip.old").count() == 1
    assert page.locator("#strip .known").is_visible()
    page.get_by_role("button", name="Resume").first.click()
    page.wait_for_selector('#connection[data-look="live"]')
    page.wait_for_selector("#strip:not(.old)")


def test_cap(visitor):
    """after 15 minutes the live view pauses by itself, and says how to go on"""
    page = visitor.window()
    page.clock.install()
    page.goto(f"{visitor.server.url}/units/{visitor.unit}")
    page.wait_for_selector('#connection[data-look="live"]')
    page.clock.fast_forward("15:01")
    page.wait_for_selector("#live-capped:not([hidden])")
    assert "Live paused after 15 min" in page.locator("#live-capped").inner_text()
    page.locator("#resume").click()
    page.wait_for_selector('#connection[data-look="live"]')
    assert page.locator("#live-capped").is_hidden()


def set_hidden(page, hidden):
    page.evaluate("""(hidden) => {
        Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
        document.dispatchEvent(new Event("visibilitychange"));
    }""", hidden)


def test_hidden_tab(visitor):
    """a hidden tab holds no socket; shown again, it fills the hole"""
    page = visitor.open_unit()
    set_hidden(page, True)
    wait_for_text(page, "#connection", "Paused while hidden")
    with page.expect_response(lambda answer: "resolution=raw" in answer.url):
        set_hidden(page, False)
    page.wait_for_selector('#connection[data-look="live"]')


def test_reconnects(visitor):
    """a lost socket is said, counted down, and opened again on request"""
    page = visitor.window()
    routes = []

    def route(socket):
        routes.append(socket)
        socket.connect_to_server()

    page.route_web_socket(re.compile("/stream$"), route)
    page.goto(f"{visitor.server.url}/units/{visitor.unit}")
    page.wait_for_selector('#connection[data-look="live"]')
    routes[-1].close(code=1012, reason="test")
    wait_for_text(page, "#connection", r"Reconnecting in \d+ s")
    page.locator("#retry").click()
    page.wait_for_selector('#connection[data-look="live"]')
    assert len(routes) == 2, len(routes)
    assert page.locator("#retry").is_hidden()


def test_unknown_unit(visitor):
    """an unknown unit shows the not-found page with its status"""
    page = visitor.window(allow=["status of 404"])
    answer = page.goto(f"{visitor.server.url}/units/no-such-unit")
    assert answer.status == 404, answer.status
    assert page.locator("h1").inner_text() == "Not found"
    page.get_by_role("link", name="All units").click()
    page.wait_for_url(f"{visitor.server.url}/")


def test_theme(visitor):
    """the theme follows the system, can be chosen, and stays chosen"""
    page = visitor.open_unit(color_scheme="dark")
    background = "getComputedStyle(document.body).backgroundColor"
    dark = page.evaluate(background)
    page.locator("[data-theme-button]").click()
    page.wait_for_selector('html[data-theme="light"]')
    light = page.evaluate(background)
    assert light != dark
    page.reload()
    assert page.evaluate(background) == light
    page.locator("[data-theme-button]").click()
    assert page.evaluate(background) == dark


def paths(visitor):
    return [
        "/", f"/units/{visitor.unit}", "/notifications", "/system", "/sign-in",
        "/units/no-such-unit",
    ]


def test_policy(visitor):
    """pages come with a content policy, and hold no inline script or style"""
    page = visitor.window(allow=["status of 404"])
    for path in paths(visitor):
        answer = page.goto(visitor.server.url + path)
        policy = answer.headers.get("content-security-policy", "")
        assert "default-src 'self'" in policy and "unsafe" not in policy, f"{path}: {policy}"
        source = answer.text()
        assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)", source), path
        for address in re.findall(r'<(?:script|link)[^>]*(?:src|href)="([^"]*)"', source):
            assert re.fullmatch(r"/assets/[\w-]+(\.[\w-]+)+\.(js|css|svg)", address), address


def test_basics(visitor):
    """every page has one h1, a language, landmarks, and names for all controls"""
    page = visitor.window(allow=["status of 404"])
    for path in paths(visitor):
        page.goto(visitor.server.url + path)
        found = page.evaluate("""() => {
            const all = (selector) => [...document.querySelectorAll(selector)];
            const ids = all("[id]").map((element) => element.id);
            const named = (e) => (e.getAttribute("aria-label") ?? e.textContent).trim() !== "";
            return {
                h1: all("h1").length,
                lang: document.documentElement.lang,
                main: all("main").length,
                header: all("body > header").length,
                title: document.title,
                twice: ids.filter((id, i) => ids.indexOf(id) !== i),
                unnamed: all("a, button").filter((e) => !named(e)).map((e) => e.outerHTML),
                unlabelled: all("input:not([type=hidden]), select")
                    .filter((e) => !e.labels.length && !e.getAttribute("aria-label"))
                    .map((e) => e.outerHTML),
                nowhere: all("[aria-controls], [aria-labelledby], [aria-describedby]")
                    .flatMap((e) => ["aria-controls", "aria-labelledby", "aria-describedby"]
                        .map((name) => e.getAttribute(name)))
                    .filter((id) => id && !document.getElementById(id)),
                small: all("button, a.btn").filter((e) => e.offsetParent)
                    .filter((e) => e.offsetHeight < 24).map((e) => e.outerHTML),
            };
        }""")
        assert found["h1"] == 1 and found["main"] == 1 and found["header"] == 1, (path, found)
        assert found["lang"] == "en" and found["title"].endswith("Earshot"), (path, found)
        for name in ["twice", "unnamed", "unlabelled", "nowhere", "small"]:
            assert found[name] == [], f"{path}: {name}: {found[name]}"
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.className") == "skip", path


def test_fits(visitor):
    """no page is wider than a phone, and nothing jumps while it loads"""
    for width in [320, 390, 1440]:
        viewport = {"width": width, "height": 844}
        for path in ["/", f"/units/{visitor.unit}", "/notifications", "/system", "/sign-in"]:
            page = visitor.open(path, viewport=viewport)
            if "units" in path:
                page.wait_for_selector('#connection[data-look="live"]')
                wait_for_ink(page, "history-chart", at_least=20)
            wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
            assert wide <= 0, f"{path} at {width} px is {wide} px too wide"
            shift = page.evaluate("""() => new Promise((done) => {
                let sum = 0;
                const observer = new PerformanceObserver((list) => {
                    for (const entry of list.getEntries()) sum += entry.value;
                });
                observer.observe({ type: "layout-shift", buffered: true });
                requestAnimationFrame(() => requestAnimationFrame(() => done(sum)));
            })""")
            assert shift < 0.05, f"{path} at {width} px: layout shift {shift}"


def test_axe(visitor):
    """axe finds nothing wrong with any page, light or dark, on a desktop or a phone"""
    for options in [{}, {"color_scheme": "dark", "viewport": {"width": 390, "height": 844}}]:
        page = visitor.window(allow=["status of 404"], **options)
        for path in ["/", "/accounts", "/sign-in", "/units/no-such-unit"]:
            page.goto(visitor.server.url + path)
            axe(page)
        axe(visitor.open_unit(**options))


def test_answers(visitor):
    """the answers that the pages live on have the fields they need"""
    page = visitor.open_unit()
    fields = page.evaluate("""async () => {
        const unit = api.unit(document.documentElement.dataset.unit);
        const now = Date.now();
        const keys = async (path) => Object.keys(await (await fetch(path)).json());
        const first = async (path) => Object.keys((await (await fetch(path)).json()).units[0]);
        return {
            live: await keys(`${unit}/live`),
            raw: await keys(`${unit}/history?resolution=raw&from=${now - 60e3}&to=${now}`),
            bins: await keys(`${unit}/history?points=100&from=${now - 36e5}&to=${now}`),
            units: await first("/api/units"),
        };
    }""")
    wanted = {
        "live": "unit lp leq lmax lmin lpeak ln1 ln2 state measurement_start timestamp"
                " age_seconds feed cadence_seconds",
        "raw": "unit complete_until t lp leq lmax lmin lpeak ln1 ln2 state origin",
        "bins": "unit from to step_seconds source complete_until coverage t lp covered damage",
        "units": "lp leq lmax state timestamp age_seconds feed cadence_seconds rate rate_now"
                 " cellular faults has_monitor listed",
    }
    for name, words in wanted.items():
        missing = set(words.split()) - set(fields[name])
        assert not missing, f"{name} has no {sorted(missing)}, but {fields[name]}"


def take_shots(visitor, folder):
    """pictures are taken: light, dark, phone"""
    phone = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2}
    cases = [
        ("unit-light", True, {}), ("unit-dark", True, {"color_scheme": "dark"}),
        ("unit-phone", True, phone), ("units-light", False, {}),
        ("units-dark", False, {"color_scheme": "dark"}), ("units-phone", False, phone),
    ]
    for name, is_unit, options in cases:
        if is_unit:
            page = visitor.open_unit("?range=6h", **options)
            wait_for_ink(page, "history-chart", at_least=20)
            wait_for_ink(page, "live-chart", at_least=20)
        else:
            page = visitor.open("/", **options)
            wait_for_text(page, "#counts", "measuring")
        page.screenshot(path=folder / f"{name}.png", full_page=True)
    page = visitor.open("/sign-in", signed_in=False)
    page.screenshot(path=folder / "sign-in.png")
    visitor.leave()


def test_nothing_went_wrong_on_the_way(visitor):
    """no console error, no exception, no request to another origin in all of this"""
    assert visitor.complaints == [], "\n".join(visitor.complaints)


TESTS = [
    test_sign_in_by_fragment, test_wrong_token, test_pages_need_a_session, test_units_list,
    test_live_values_change, test_live_chart, test_history_behind, test_ranges, test_drag_zooms,
    test_windows, test_keys, test_custom_range, test_export, test_pause, test_cap,
    test_hidden_tab, test_reconnects, test_unknown_unit, test_theme, test_policy, test_basics,
    test_fits, test_axe, test_answers,
]
