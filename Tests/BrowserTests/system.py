"""Recipients and the log of what they were told; the page about Earshot itself."""

from units import wait_for_text
from visit import wait_for


def row(page, name):
    return page.locator("#recipients li", has=page.locator("h3", has_text=name))


def add(page, name, target, channel="webhook"):
    page.locator("#recipient-add").click()
    page.locator("#recipient-editor[open]").wait_for()
    page.locator(f'[name=channel][value="{channel}"]').check()
    page.get_by_label("Name", exact=True).fill(name)
    page.locator("[name=target]").fill(target)


def save(page):
    page.get_by_role("button", name="Save").click()
    wait_for(page, "() => !document.getElementById('recipient-editor').open")


def remove(page, name):
    row(page, name).get_by_role("button", name="Remove").click()
    page.locator("#recipient-delete[open]").wait_for()
    page.locator("#delete-yes").click()
    row(page, name).wait_for(state="detached")


def test_a_recipient_from_first_to_last(visitor):
    """a recipient is added, its secret shown once, tested, changed and removed"""
    page = visitor.open("/notifications")
    # Nobody listens there: what is sent stays among ourselves.
    add(page, "Operations", "http://127.0.0.1:9/earshot")
    page.locator("[name=quiet]").check()
    page.get_by_role("button", name="Weekdays").click()
    page.locator("[name=time_zone]").fill("Europe/London")
    save(page)
    secret = page.locator("#secret").inner_text()
    assert secret.startswith("esw_"), secret
    page.get_by_role("button", name="I have it").click()
    wait_for(page, "() => document.getElementById('secret').textContent === ''")
    words = row(page, "Operations").inner_text()
    assert "Webhook to http://127.0.0.1:9/earshot" in words
    assert "quiet 22:00–07:00 Mon–Fri (Europe/London) · reminds each 4 h" in words, words

    row(page, "Operations").get_by_role("button", name="Send a test").click()
    wait_for_text(page, "#said", "on its way")
    wait_for_text(page, "#log", "Operations\\s+Test")

    row(page, "Operations").get_by_role("button", name="Edit").click()
    page.locator("#recipient-editor[open]").wait_for()
    assert page.locator("[name=target]").input_value() == "http://127.0.0.1:9/earshot"
    assert page.locator('[data-day="sun"]').get_attribute("aria-pressed") == "false"
    page.locator("[name=quiet]").uncheck()
    page.locator("[name=reminder_hours]").fill("")
    page.locator("[name=enabled]").uncheck()
    save(page)
    assert page.locator("#recipient-secret").is_hidden()
    words = row(page, "Operations").inner_text()
    assert "no reminders" in words and "Off: told nothing" in words, words
    remove(page, "Operations")


def test_recipient_faults(visitor):
    """what is wrong with a recipient stands under its field"""
    page = visitor.open("/notifications", allow=["status of 422"])
    add(page, "", "nowhere", channel="mail")
    page.locator("[name=time_zone]").fill("Mars")
    page.get_by_role("button", name="Save").click()
    wait_for_text(page, '[data-fault="target channel"]', "one mail address")
    assert "1 to 200" in page.locator('[data-fault="name"]').inner_text()
    assert "time zone database" in page.locator('[data-fault="time_zone"]').inner_text()
    assert page.locator("#recipient-editor").evaluate("(dialog) => dialog.open")


def test_log(visitor):
    """the log is filtered by its address"""
    page = visitor.open("/notifications")
    page.locator("#filter [name=status]").select_option("merged")
    page.wait_for_url("**/notifications?status=merged*")
    assert page.locator("#filter [name=status]").input_value() == "merged"
    assert "No messages here" in page.locator("#log").inner_text()


def test_system(visitor):
    """the page of the system says how Earshot is doing, and says so when it is not reached"""
    page = visitor.open("/system", allow=["net::ERR"])
    wait_for_text(page, "#health", "Ready|Degraded")
    for words in ["Meter services", "Storage", "Readings", "Serving", "Program", "Memory"]:
        assert words in page.locator("#system").inner_text(), words
    page.route("**/system", lambda route: route.abort())
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    wait_for_text(page, "#health", "Not reachable; this is what was known")
    page.unroute("**/system")
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    wait_for_text(page, "#health", "Ready|Degraded")


def test_system_stands_still(visitor):
    """a refresh of the page of the system moves nothing"""
    page = visitor.open("/system")
    place = "() => document.getElementById('program-title').getBoundingClientRect().top"
    before = page.evaluate(place)
    with page.expect_response("**/system"):
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    assert page.evaluate(place) == before


def take_shots(visitor, folder):
    """pictures of notifications and system are taken"""
    page = visitor.open("/notifications")
    add(page, "Operations", "http://127.0.0.1:9/earshot")
    page.locator("[name=watchdogs]").check()
    save(page)
    page.get_by_role("button", name="I have it").click()
    row(page, "Operations").get_by_role("button", name="Send a test").click()
    wait_for_text(page, "#log", "Test")
    cases = [
        ("light", {}), ("dark", {"color_scheme": "dark"}),
        ("phone", {"viewport": {"width": 390, "height": 844}}),
        ("small", {"viewport": {"width": 320, "height": 700}}),
    ]
    for name, options in cases:
        for path in ["notifications", "system"]:
            page = visitor.open(f"/{path}", **options)
            wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
            assert wide <= 0, f"{path} {name} is {wide} px too wide"
            page.screenshot(path=folder / f"{path}-{name}.png", full_page=True)
        page = visitor.open("/notifications", **options)
        row(page, "Operations").get_by_role("button", name="Edit").click()
        page.locator("#recipient-editor[open]").wait_for()
        page.locator("[name=quiet]").check()
        page.screenshot(path=folder / f"recipient-{name}.png")
    page = visitor.open("/notifications")
    remove(page, "Operations")
    visitor.leave()


TESTS = [
    test_a_recipient_from_first_to_last, test_recipient_faults, test_log, test_system,
    test_system_stands_still,
]
