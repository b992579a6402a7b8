"""The inbox of events and the replay of one: with events of a limit that a simulated unit exceeds."""

import json
import re
import urllib.request

from visit import wait_for


def call(visitor, path, method="GET", body=None):
    """The API as a script uses it."""
    request = urllib.request.Request(
        visitor.server.url + path, method=method,
        headers={
            "authorization": f"Bearer {visitor.server.token}", "content-type": "application/json"},
        data=None if body is None else json.dumps(body).encode())
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def unit_of(visitor):
    """A unit of no location, whose events are those of these tests alone."""
    return call(visitor, "/api/units")["units"][-1]["id"]


def events(visitor, status="all"):
    return call(visitor, f"/api/events?status={status}&unit={unit_of(visitor)}")["events"]


def raised(visitor, count=2):
    """At least so many events of one unit, the newest of them active: made once."""
    page = visitor.open("/events?status=all")
    if len(events(visitor)) >= count and any(e["status"] == "active" for e in events(visitor)):
        return page
    for number in range(count):
        # A limit far below any level is exceeded by the next reading; changed, it ends its event.
        rule = call(visitor, f"/api/units/{unit_of(visitor)}/rules", "POST", {
            "name": f"Limit {number + 1}", "metric": "lp", "threshold_db": -40 - number,
            "cooldown_s": 0})
        wait_for_events(page, unit_of(visitor), number + 1)
        if number + 1 < count:
            call(visitor, f"/api/rules/{rule['id']}", "PUT", {"threshold_db": 190})
    page.reload()
    return page


def wait_for_events(page, unit, count):
    page.evaluate("""async ([unit, count]) => {
        for (;;) {
            const answer = await (await fetch(`/api/events?status=all&unit=${unit}`)).json();
            if (answer.events.length >= count) return;
            await new Promise((done) => setTimeout(done, 200));
        }
    }""", [unit, count])


def wait_for_onset(page, event):
    """Until the readings that raised an event are on disk, and its replay has them."""
    page.evaluate("""async (event) => {
        for (;;) {
            const answer = await (await fetch(`/api/events/${event}/replay`)).json();
            if (answer.steps.some((step) => step.step === "onset")) return;
            await new Promise((done) => setTimeout(done, 200));
        }
    }""", event)


def open_inbox(visitor, query="?status=all", **options):
    raised(visitor)
    return visitor.open(f"/events{query}&unit={unit_of(visitor)}", **options)


def wait_for_replay(page):
    wait_for(page, "() => document.querySelector('#log button') && document.querySelector('#at dd')")


def selected(page):
    return page.locator("#rows tr.selected").get_attribute("data-event")


def detail(page):
    return page.locator("#event").get_attribute("data-event")


def wait_for_detail(page, event):
    wait_for(page, "(id) => document.getElementById('event').dataset.event === id", event)


def test_list(visitor):
    """the inbox lists events with where, when and how far; the bar counts the active ones"""
    page = open_inbox(visitor)
    active = call(visitor, "/api/events?status=active")["active"]
    assert page.locator("h1").inner_text() == "Events"
    assert page.locator(".sections .badge").inner_text().startswith(str(active))
    assert re.search(r"\d+ measuring", page.locator("#totals").inner_text())
    row = page.locator("#rows tr").first
    assert unit_of(visitor) in row.inner_text()
    assert re.search(r"\d\d:\d\d today", row.inner_text()), row.inner_text()
    assert re.search(r"Active, \d+ (s|min)", row.inner_text()), row.inner_text()
    assert re.search(r"\+\d+\.\d over", row.inner_text()), row.inner_text()
    assert detail(page) == row.get_attribute("data-event") == selected(page)
    page.goto(visitor.server.url + "/")
    assert page.locator(".sections .badge").is_visible()


def test_tabs(visitor):
    """tabs show the active ones, those to acknowledge, and all; a filter is in the address"""
    page = open_inbox(visitor)
    every = page.locator("#rows tr").count()
    page.locator("#tabs").get_by_role("link", name=re.compile("^Active")).click()
    page.wait_for_url("**/events?status=active*")
    assert 0 < page.locator("#rows tr").count() < every
    page.locator("#filter summary").click()
    other = [u["id"] for u in call(visitor, "/api/units")["units"] if u["id"] != unit_of(visitor)][0]
    page.get_by_label("Unit").select_option(other)
    page.wait_for_url(f"**unit={other}*")
    assert page.locator("#clear").is_visible()
    assert "No events here" in page.locator("#clear").inner_text()


def test_selection(visitor):
    """j and k move, the event beside follows; Enter goes into it; off they do nothing"""
    page = open_inbox(visitor)
    first, second = [
        page.locator("#rows tr").nth(i).get_attribute("data-event") for i in range(2)]
    page.keyboard.press("j")
    assert selected(page) == second
    wait_for_detail(page, second)
    assert f"event={second}" in page.url
    page.keyboard.press("k")
    wait_for_detail(page, first)
    page.keyboard.press("Enter")
    wait_for(page, "() => document.activeElement?.id === 'event-title'")
    page.locator("#keys-on").uncheck()
    page.keyboard.press("j")
    assert selected(page) == first
    page.reload()
    assert not page.locator("#keys-on").is_checked()
    page.keyboard.press("j")
    assert selected(page) == first
    page.locator("#keys-on").check()
    page.locator(f'#rows tr[data-event="{second}"] .began').click()
    wait_for_detail(page, second)


def test_acknowledge(visitor):
    """a acknowledges, with the note that was written; a comment is added; nothing is overwritten"""
    page = open_inbox(visitor)
    event = page.locator("#rows tr.open").last.get_attribute("data-event")
    page.locator(f'#rows tr[data-event="{event}"] .began').click()
    wait_for_detail(page, event)
    page.get_by_label("Note").fill("permit 114")
    page.get_by_role("button", name="Acknowledge", exact=True).click()
    wait_for(page, "() => document.getElementById('said').textContent === 'Acknowledged.'")
    wait_for(page, "() => document.querySelector('.notes li')?.textContent.includes('permit 114')")
    assert "✓" in page.locator(f'#rows tr[data-event="{event}"]').inner_text()
    assert page.locator(f'#rows tr[data-event="{event}"] [data-ack]').count() == 0
    assert selected(page) == event
    page.get_by_role("button", name="Comment only").click()
    assert page.locator("#said").inner_text() == "Write a note first."
    page.get_by_label("Note").fill("called <b>them</b>")
    page.get_by_role("button", name="Comment only").click()
    wait_for(page, "() => document.querySelectorAll('.notes li').length === 2")
    assert "called <b>them</b>" in page.locator(".notes").inner_text()
    record = call(visitor, f"/api/events/{event}")
    assert [note["note"] for note in record["acknowledged"]] == ["permit 114"]
    assert [note["note"] for note in record["comments"]] == ["called <b>them</b>"]
    # By key, for one that nobody acknowledged yet.
    row = page.locator("#rows tr.open").first
    event = row.get_attribute("data-event")
    row.locator(".began").click()
    wait_for_detail(page, event)
    page.locator("#rows tr.selected a").focus()
    page.keyboard.press("a")
    wait_for(page, "(id) => document.querySelector(`#rows tr[data-event=\"${id}\"] .by`)"
             ".textContent.includes('✓')", event)


def test_refused(visitor):
    """an acknowledgement that is refused says why, with the request, and keeps the note"""
    page = open_inbox(visitor, allow=["status of 409"])
    page.route("**/ack", lambda route: route.fulfill(
        status=409, json={"detail": "It is full.", "request_id": "r77"}))
    page.get_by_label("Note").fill("once more")
    page.get_by_role("button", name="Acknowledge", exact=True).click()
    wait_for(page, "() => document.getElementById('said').textContent"
             " === 'It is full. (request r77)'")
    assert page.get_by_label("Note").input_value() == "once more"


def test_replay(visitor):
    """a replay plays by key and button, its steps light up, a step is a place to go to"""
    page = open_inbox(visitor)
    event = page.locator("#rows tr").last.get_attribute("data-event")
    wait_for_onset(page, event)
    page.locator("#rows tr").last.locator(".began").click()
    wait_for_detail(page, event)
    wait_for(page, "() => document.getElementById('log').textContent.includes('Alarm began')")
    steps = page.locator("#log li")
    now = page.locator('#log [aria-current="step"]').all_inner_texts()
    assert any("Alarm began" in text for text in now), now
    page.keyboard.press("Space")
    assert page.locator("#play").inner_text() == "Pause"
    before = float(page.locator("#head").input_value())
    wait_for(page, "(v) => Number(document.getElementById('head').value) > v", before)
    page.locator('[data-speed="60"]').click()
    assert page.locator('[data-speed="60"]').get_attribute("aria-pressed") == "true"
    # To the end of the list of steps: one after the other is the current one.
    wait_for(page, "() => document.querySelector('#log li:last-child').ariaCurrent === 'step'"
             " || document.getElementById('play').textContent === 'Play'")
    steps.first.locator("button").click()
    assert steps.first.get_attribute("aria-current") == "step"
    assert re.search(r"Lp\s*(\d+\.\d|–)", page.locator("#at").inner_text())
    page.locator("#replay-chart").focus()
    at = page.locator("#at dd").first.inner_text()
    page.keyboard.press("Shift+ArrowLeft")
    assert page.locator("#at dd").first.inner_text() != at
    assert page.locator("#play").inner_text() == "Play"
    page.get_by_role("button", name="Show as table").click()
    assert page.locator("#replay-table tbody tr").count() > 0


def test_replay_fails(visitor):
    """a replay that cannot be had says so and can be asked for again; one without readings too"""
    page = visitor.window(allow=["status of 429"])
    raised(visitor)
    fail = True

    def answer(route):
        if fail:
            return route.fulfill(status=429, json={"detail": "Too many.", "request_id": "r5"})
        body = route.fetch().json()
        for column in ["t", "lp", "leq", "lmax", "state"]:
            body[column] = []
        return route.fulfill(json=body)

    page.route("**/replay", answer)
    page.goto(visitor.server.url + "/events?status=all")
    note = page.locator('[data-note="error"]')
    note.wait_for()
    assert "Too many. (request r5)" in note.inner_text()
    fail = False
    note.get_by_role("button").click()
    page.locator('[data-note="empty"]').wait_for()
    assert not note.is_visible()
    assert "no data" in page.locator("#replay-marks").inner_text()


def test_gone(visitor):
    """an event that is gone says so beside the list, and is not found on its own"""
    page = open_inbox(visitor, allow=["status of 404"])
    page.route("**/events/*", lambda route: route.fulfill(status=404, body="no"))
    page.locator("#rows tr").last.locator(".began").click()
    page.locator("#failure").wait_for()
    assert "This event is gone." in page.locator("#failure").inner_text()
    page.unroute("**/events/*")
    page.goto(visitor.server.url + "/events/999999")
    assert page.locator("h1").inner_text() == "Not found"


def test_news(visitor):
    """new events are told and shown on request; a refresh moves and selects nothing else"""
    page = open_inbox(visitor)
    ids = [row.get_attribute("data-event") for row in page.locator("#rows tr").all()]
    page.evaluate("(id) => document.querySelector(`#rows tr[data-event=\"${id}\"]`).remove()", ids[0])
    page.locator("#rows tr").last.locator(".began").click()
    chosen = selected(page)
    refresh = "document.dispatchEvent(new Event('visibilitychange'))"
    page.evaluate(refresh)
    wait_for(page, "() => /^[0-9]+ new event/.test(document.getElementById('news-said').textContent)")
    assert page.locator("#rows tr").count() == len(ids) - 1
    assert selected(page) == chosen
    page.locator("#show-news").click()
    assert [row.get_attribute("data-event") for row in page.locator("#rows tr").all()][0] == ids[0]
    assert selected(page) == chosen
    assert page.locator("#show-news").is_hidden()


def test_alone(visitor):
    """an event has an address of its own, with its facts and its replay"""
    page = open_inbox(visitor)
    event = detail(page)
    page.goto(f"{visitor.server.url}/events/{event}")
    assert unit_of(visitor) in page.locator("h1").inner_text()
    assert page.locator("h1").count() == 1
    wait_for_replay(page)
    for name in ["Began", "Cleared", "Lasted", "Peak", "Limit"]:
        assert page.locator(".event-facts").get_by_text(name, exact=True).count() == 1, name
    assert "Above the limit" in page.locator(".rest").inner_text()


def test_phone(visitor):
    """on a phone a tap opens the event; several are selected and acknowledged at once"""
    page = open_inbox(visitor, viewport={"width": 390, "height": 844}, has_touch=True)
    assert page.locator("#detail").is_hidden() and page.locator("#key-words").is_hidden()
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= 390, width
    boxes = page.locator("#rows input[type=checkbox]")
    if boxes.count() > 0:
        boxes.first.check()
        button = page.locator("#ack-picked")
        assert button.inner_text() == "Acknowledge 1 selected"
        button.click()
        wait_for(page, "() => document.getElementById('ack-picked').disabled")
    page.locator("#rows th a").first.click()
    page.wait_for_url("**/events/*")
    wait_for_replay(page)
    for selector in ["#play", "[data-speed]", "#log button"]:
        assert page.locator(selector).first.bounding_box()["height"] >= 39, selector
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def compute(visitor, script, argument=None):
    page = open_inbox(visitor)
    return page.evaluate(script, argument)


def test_clock(visitor):
    """a clock of a replay moves with its speed, stops at the end, begins anew, and sleeps well"""
    found = compute(visitor, """() => {
        const clock = new PlayClock(1000, 61_000, 31_000);
        const seen = [clock.tick(5)];
        clock.play(100);
        seen.push(clock.tick(200));
        clock.speed = 60;
        seen.push(clock.tick(300), clock.tick(10_000));
        seen.push(clock.tick(20_000), clock.tick(30_000), clock.playing);
        clock.play(40_000);
        seen.push(clock.at, clock.playing);
        clock.pause();
        seen.push(clock.tick(50_000));
        clock.seek(-5);
        seen.push(clock.at);
        const empty = new PlayClock(7, 7);
        empty.play(0);
        return [...seen, empty.playing];
    }""")
    assert found == [
        31_000, 32_000, 38_000, 53_000, 61_000, 61_000, False, 1000, True, 1000, 1000, False], found


def test_judged(visitor):
    """a limit is drawn against what it judges: periods, the last minutes, or the level itself"""
    found = compute(visitor, """() => {
        const zone = new Zone("UTC");
        const t = Array.from({ length: 181 }, (_, i) => 10_000 * i);
        const event = (rule) => ({
            level: "alarm", first_exceeded_at: new Date(900_000).toISOString(),
            onset_at: new Date(900_000).toISOString(), peak_value: 70, acknowledged: [],
            last_exceeded_at: new Date(1_500_000).toISOString(), cleared_at: null,
            rule: { metric: "laeq", averaging: null, comparison: "above", threshold_db: 65,
                warning_db: null, duration_s: 0, clear_margin_db: 2, schedule: null, ...rule },
        });
        const read = (rule) => replays.read({
            event: event(rule), from: new Date(0).toISOString(),
            to: new Date(1_800_000).toISOString(), t, lp: t.map(() => 60), leq: t.map(() => 61),
            lmax: t.map(() => 62), state: t.map(() => "measuring"),
            steps: [{ step: "judged", at: new Date(900_000).toISOString(), value: 66.1 }],
        }, zone);
        const clock = read({ averaging: { mode: "clock", seconds: 900, consecutive: 1 } });
        const sliding = read({ averaging: { mode: "sliding", seconds: 300, consecutive: 1 } });
        const level = read({ metric: "lp" });
        const other = read({ metric: "ln1" });
        return [
            clock.judged, clock.value[0], clock.value[1], clock.value[90], clock.value[91],
            sliding.value[1], sliding.value[100], level.judged, level.value[3], level.columns[0][3],
            other.judged, other.limit, other.limits.length, level.limit, level.breach,
        ];
    }""")
    assert found == [
        "average", None, 66.1, 66.1, None, None, 60, "level", 60, None,
        None, None, 0, 65, [900_000, 1_500_000]], found


def test_in_force(visitor):
    """a limit is in force from start to end on the days it starts on, by the project's clock"""
    found = compute(visitor, """() => {
        const hours = (zone, schedule, from, to) => replays
            .inForce(schedule, new Zone(zone), Date.parse(from), Date.parse(to))
            .map((span) => span.map((t) => new Date(t).toISOString().slice(5, 16)));
        const night = { start: "22:00", end: "07:00", days: ["fri"], except_dates: [] };
        return [
            hours("UTC", null, "2026-11-27T10:00Z", "2026-11-27T12:00Z"),
            hours("UTC", night, "2026-11-27T20:00Z", "2026-11-29T23:00Z"),
            hours("Europe/Berlin", night, "2026-11-27T20:00Z", "2026-11-28T05:00Z"),
            hours("UTC", { ...night, except_dates: ["2026-11-27"] },
                "2026-11-27T20:00Z", "2026-11-28T05:00Z"),
        ];
    }""")
    assert found == [
        [["11-27T10:00", "11-27T12:00"]], [["11-27T22:00", "11-28T07:00"]],
        [["11-27T21:00", "11-28T05:00"]], []], found


TESTS = [
    test_list, test_tabs, test_selection, test_replay, test_replay_fails, test_refused, test_gone,
    test_news, test_alone, test_acknowledge, test_phone, test_clock, test_judged, test_in_force,
]


def take_shots(visitor, folder):
    """pictures of the inbox, light and dark, wide and narrow"""
    for name, options in {
        "inbox": {"viewport": {"width": 1440, "height": 900}},
        "inbox-dark": {"viewport": {"width": 1440, "height": 900}, "color_scheme": "dark"},
    }.items():
        page = open_inbox(visitor, **options)
        wait_for_replay(page)
        page.screenshot(path=folder / f"{name}.png")
    page = open_inbox(visitor, viewport={"width": 390, "height": 844})
    page.screenshot(path=folder / "inbox-phone.png")
    page.locator("#rows th a").first.click()
    page.wait_for_url("**/events/*")
    wait_for_replay(page)
    page.screenshot(path=folder / "event-phone.png", full_page=True)
