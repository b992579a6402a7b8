"""Accounts: signing in by name and password, operators, tokens, the audit log."""

import json
import re
import urllib.error
import urllib.request

from visit import wait_for

PASSWORD = "correct horse battery"


def call(visitor, method, path, body=None):
    """The API as a script has it."""
    request = urllib.request.Request(
        visitor.server.url + path, method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={
            "Authorization": f"Bearer {visitor.server.token}", "Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=120) as answer:
        text = answer.read()
    return json.loads(text) if text else None


def operator(visitor, name, role):
    """An operator who is there afterwards, with the password of these tests."""
    for person in call(visitor, "GET", "/api/operators")["operators"]:
        if person["name"] == name:
            change = {"role": role, "password": PASSWORD}
            return call(visitor, "PUT", f"/api/operators/{person['id']}", change)
    return call(visitor, "POST", "/api/operators", {
        "name": name, "role": role, "password": PASSWORD})


def sign_in(visitor, name, password=PASSWORD, next_path="/accounts", **options):
    page = visitor.open(f"/sign-in?next={next_path}", signed_in=False, **options)
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in", exact=True).click()
    return page


def row(page, name):
    return page.locator(f'tr[data-person="{name}"]')


def test_sign_in_by_password(visitor):
    """an operator signs in by name and password, and out again"""
    operator(visitor, "ada", "admin")
    page = sign_in(visitor, "ada", "not the password", allow=["401"])
    assert page.get_by_role("alert").text_content() == "Wrong name or password."
    assert page.get_by_label("Name").input_value() == "ada"
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url(re.compile("/accounts$"))
    assert page.locator(".account b").text_content() == "ada"
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url(re.compile("/sign-in$"))
    page.goto(visitor.server.url + "/accounts")
    assert "/sign-in" in page.url


def test_token_instead(visitor):
    """a token still signs in, behind a second choice"""
    operator(visitor, "ada", "admin")
    page = visitor.open("/sign-in", signed_in=False)
    assert not page.locator("#token").is_visible()
    page.get_by_text("Use an access token instead").click()
    page.locator("#token").fill(visitor.server.token)
    page.get_by_role("button", name="Sign in with the token").click()
    page.wait_for_url(visitor.server.url + "/")


def test_operators(visitor):
    """an admin adds an operator, changes the role, resets the password, and removes them"""
    operator(visitor, "ada", "admin")
    page = sign_in(visitor, "ada")
    page.get_by_role("button", name="Add operator").click()
    dialog = page.locator("#operator-dialog")
    dialog.get_by_label("Name").fill("grace")
    dialog.get_by_label("Role").select_option("viewer")
    dialog.get_by_role("button", name="Add operator").click()
    page.wait_for_selector("#secret-dialog[open]")
    password = page.locator("#secret").input_value()
    assert re.fullmatch(r"([0-9a-z]{5}-){3}[0-9a-z]{5}", password), password
    page.get_by_role("button", name="Done").click()
    assert page.locator("#secret").input_value() == ""
    row(page, "grace").wait_for()
    theirs = sign_in(visitor, "grace", password, "/")
    theirs.wait_for_selector(".account")
    row(page, "grace").locator("select").select_option("operator")
    wait_for(page, "() => /grace is operator now/.test(document.getElementById('said').textContent)")
    row(page, "grace").get_by_role("button", name="Reset password").click()
    page.locator("#password-dialog").get_by_label("New password").fill("another password")
    page.locator("#password-dialog").get_by_role("button", name="Reset password").click()
    wait_for(page, "() => /is reset/.test(document.getElementById('said').textContent)")
    theirs.goto(visitor.server.url + "/")
    assert "/sign-in" in theirs.url, "another password signs out"
    row(page, "grace").get_by_role("button", name="Remove").click()
    page.locator("#confirm-dialog").get_by_role("button", name="Remove").click()
    wait_for(page, "() => !document.querySelector('tr[data-person=\"grace\"]')")
    text = page.locator("#audit").text_content()
    for words in ["Removed an operator", "grace, another password", "grace, viewer to operator"]:
        assert words in text, words


def test_what_goes_wrong(visitor):
    """what cannot be is said where it was asked for, and nothing is lost"""
    operator(visitor, "ada", "admin")
    page = sign_in(visitor, "ada", allow=["409"])
    page.get_by_role("button", name="Add operator").click()
    dialog = page.locator("#operator-dialog")
    dialog.get_by_label("Name").fill("ADA")
    dialog.get_by_role("button", name="Add operator").click()
    dialog.get_by_role("alert").wait_for()
    assert "already" in dialog.get_by_role("alert").text_content()
    assert dialog.get_by_label("Name").input_value() == "ADA"
    page.keyboard.press("Escape")
    assert not dialog.is_visible()
    assert page.evaluate("document.activeElement.textContent") == "Add operator"


def test_tokens(visitor):
    """an admin creates a token, sees it once, and revokes it"""
    operator(visitor, "ada", "admin")
    page = sign_in(visitor, "ada")
    page.get_by_role("button", name="Create token").click()
    dialog = page.locator("#token-dialog")
    dialog.get_by_label("What it is for").fill("nightly export")
    dialog.get_by_label("Scope").select_option("viewer")
    dialog.get_by_role("button", name="Create token").click()
    page.wait_for_selector("#secret-dialog[open]")
    secret = page.locator("#secret").input_value()
    assert re.fullmatch("es_[0-9a-f]{64}", secret)
    page.get_by_role("button", name="Done").click()
    row(page, "nightly export").wait_for()
    assert secret not in page.content()
    row(page, "nightly export").get_by_role("button", name="Revoke").click()
    page.locator("#confirm-dialog").get_by_role("button", name="Revoke").click()
    wait_for(page, "() => !document.querySelector('tr[data-person=\"nightly export\"]')")
    request = urllib.request.Request(
        visitor.server.url + "/api/units", headers={"Authorization": f"Bearer {secret}"})
    try:
        urllib.request.urlopen(request, timeout=120)
        raise AssertionError("the token works still")
    except urllib.error.HTTPError as error:
        assert error.code == 401


def test_others(visitor):
    """others neither see the section nor the page"""
    operator(visitor, "eve", "viewer")
    page = sign_in(visitor, "eve", allow=["403"])
    page.wait_for_url(re.compile("/accounts$"))
    assert "needs the role admin" in page.locator("main").text_content()
    page.goto(visitor.server.url + "/")
    assert page.locator('.sections a[href="/accounts"]').count() == 0


def test_accounts_fit(visitor):
    """the page of accounts fits phones, every control has a name, and nothing jumps"""
    operator(visitor, "ada", "admin")
    operator(visitor, "A rather long name of somebody who looks after the meters", "viewer")
    for width in [320, 390, 800, 1440]:
        page = sign_in(visitor, "ada", viewport={"width": width, "height": 844})
        page.wait_for_selector("#audit")
        wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0, f"at {width} px it is {wide} px too wide"
        unnamed = page.evaluate("""() => [...document.querySelectorAll("button, select, input")]
            .filter((e) => e.checkVisibility() && !e.textContent.trim() && !e.labels?.length
                && !e.getAttribute("aria-label") && e.type !== "hidden"
                && !("themeButton" in e.dataset)).map((e) => e.outerHTML)""")
        assert unnamed == [], unnamed
        shift = page.evaluate("""() => new Promise((done) => {
            let sum = 0;
            new PerformanceObserver((list) => {
                for (const entry of list.getEntries()) sum += entry.value;
            }).observe({ type: "layout-shift", buffered: true });
            requestAnimationFrame(() => requestAnimationFrame(() => done(sum)));
        })""")
        assert shift <= 0.01, f"at {width} px: layout shift {shift}"


def take_shots(visitor, folder):
    """pictures of accounts are taken: light, dark, phone"""
    for name, role in [("ada", "admin"), ("grace", "operator"), ("eve", "viewer")]:
        operator(visitor, name, role)
    phone = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2}
    for name, options in [("light", {}), ("dark", {"color_scheme": "dark"}), ("phone", phone)]:
        page = sign_in(visitor, "ada", **options)
        page.wait_for_selector("#audit")
        page.screenshot(path=folder / f"accounts-{name}.png", full_page=True)
        page.get_by_role("button", name="Add operator").click()
        page.screenshot(path=folder / f"accounts-dialog-{name}.png")
        page = visitor.open("/sign-in", signed_in=False, **options)
        page.screenshot(path=folder / f"sign-in-{name}.png")
        visitor.leave()
    page = sign_in(visitor, "eve", allow=["403"])
    page.screenshot(path=folder / "accounts-forbidden.png")
    visitor.leave()


TESTS = [
    test_sign_in_by_password, test_token_instead, test_operators, test_what_goes_wrong,
    test_tokens, test_others, test_accounts_fit,
]
