"""The card of alerts: a rule is made, tried out, changed, switched off and deleted."""

import re

from units import wait_for_text
from visit import wait_for


def open_card(visitor, **options):
    page = visitor.open(f"/units/{visitor.unit}", **options)
    page.wait_for_selector("#rule-add")
    return page


def add(page, name, level="65", subject=None):
    """Opens the form and fills its sentence."""
    page.locator("#rule-add").click()
    page.locator("#rule-editor[open]").wait_for()
    page.get_by_label("Name", exact=True).fill(name)
    if subject:
        page.get_by_label("What is judged").select_option(subject)
    page.get_by_label("Limit in dB").fill(level)


def save(page):
    page.get_by_role("button", name="Save").click()
    wait_for(page, "() => !document.getElementById('rule-editor').open")


def row(page, name):
    return page.locator("#rules li", has=page.locator("h3", has_text=name))


def delete(page, name):
    row(page, name).get_by_role("button", name="Delete").click()
    page.locator("#rule-delete[open]").wait_for()
    page.locator("#delete-yes").click()
    row(page, name).wait_for(state="detached")


def test_a_rule_from_first_to_last(visitor):
    """a rule is tried out, saved, changed and deleted, and read as one sentence"""
    page = open_card(visitor)
    add(page, "Late noise")
    wait_for_text(page, "#preview", "fired.* in the last 30 days|no readings")
    page.locator("[name=always]").uncheck()
    wait_for_text(page, "#rule-form .ends", "ends next day")
    page.get_by_role("button", name="Weekdays").click()
    page.locator("[name=start]").fill("21:30")
    save(page)
    sentence = "Alert when average over 15 min is above 65 dB · 21:30–07:00 Mon–Fri"
    assert row(page, "Late noise").locator(".sentence").inner_text() == sentence

    row(page, "Late noise").get_by_role("button", name="Edit").click()
    page.locator("#rule-editor[open]").wait_for()
    assert page.locator("[name=start]").input_value() == "21:30"
    assert page.locator('[data-day="sat"]').get_attribute("aria-pressed") == "false"
    page.get_by_label("What is judged").select_option("lp")
    page.get_by_label("Limit in dB").fill("61.5")
    page.get_by_label("Seconds that it must last").fill("60")
    wait_for_text(page, "#rule-hint", "Every sample of 1 min")
    page.locator("[name=always]").check()
    save(page)
    sentence = "Alert when Lp is above 61.5 dB for 1 min · at all times"
    assert row(page, "Late noise").locator(".sentence").inner_text() == sentence
    page.reload()
    assert row(page, "Late noise").locator(".sentence").inner_text() == sentence
    delete(page, "Late noise")
    wait_for_text(page, "#alerts-said", "deleted")


def test_preview(visitor):
    """a preview says how often a rule would have fired, and lists when"""
    page = open_card(visitor)
    add(page, "Anything", level="-20", subject="lp")
    wait_for_text(page, "#preview", r"^Would have fired (once|twice|\d+ times) in the last 30 days")
    page.locator("#preview-list summary").click()
    assert re.search(r"\d+ \w+ 20\d\d \d\d:\d\d, .*highest .* dB",
                     page.locator("#preview-list li").first.inner_text())
    page.get_by_label("Limit in dB").fill("199")
    wait_for_text(page, "#preview", "^Would not have fired")
    assert page.locator("#preview-list").is_hidden()


def test_faults(visitor):
    """what is wrong stands under its field, and a preview says so"""
    page = open_card(visitor, allow=["status of 422"])
    add(page, "", level="300", subject="lp")
    wait_for_text(page, "#error-threshold_db", "from -50 to 200")
    wait_for_text(page, "#preview", "No preview yet")
    page.locator("#rule-more summary").click()
    page.get_by_label("Warning at, dB").fill("70")
    page.get_by_label("Limit in dB").fill("65")
    wait_for_text(page, "#error-warning_db", "comes no sooner")
    page.get_by_label("Warning at, dB").fill("")
    wait_for_text(page, "#error-warning_db", "^$")
    page.get_by_role("button", name="Save").click()
    wait_for_text(page, "#error-name", "This ")
    assert page.locator("[name=name]").get_attribute("aria-invalid") == "true"
    assert page.locator("#rule-editor").evaluate("(dialog) => dialog.open")


def test_advanced(visitor):
    """running values stand under Advanced with a warning, and read in the sentence as chosen"""
    page = open_card(visitor)
    add(page, "Latch")
    page.locator("#rule-more summary").click()
    page.get_by_label("Judge instead").select_option("leq")
    assert "stays above until the meter starts afresh" in page.locator("#rule-latch").inner_text()
    assert page.locator("[name=subject] :checked").inner_text() == "the meter’s Leq"
    page.get_by_label("Judge instead").select_option("sliding")
    page.get_by_label("Length of the average, s").fill("7200")
    assert page.locator("[name=subject] :checked").inner_text() == "average over the last 2 h"
    assert page.locator("#rule-latch").is_hidden()
    save(page)
    sentence = row(page, "Latch").locator(".sentence").inner_text()
    assert sentence.startswith("Alert when average over the last 2 h is above 65 dB"), sentence
    row(page, "Latch").get_by_role("button", name="Edit").click()
    page.locator("#rule-editor[open]").wait_for()
    assert page.locator("[name=subject] :checked").inner_text() == "average over the last 2 h"
    page.get_by_label("What is judged").select_option("window")
    assert not page.locator("[name=always]").is_checked()
    save(page)
    delete(page, "Latch")


def test_conflict(visitor):
    """a rule that somebody else changed meanwhile is not overwritten"""
    page = open_card(visitor, allow=["status of 409"])
    add(page, "Contested")
    save(page)
    edit = row(page, "Contested").get_by_role("button", name="Edit")
    edit.click()
    page.locator("#rule-editor[open]").wait_for()
    rule = row(page, "Contested").get_attribute("data-rule")
    page.evaluate("(id) => api.put(`/api/rules/${id}`, { threshold_db: 50 })", rule)
    page.get_by_label("Limit in dB").fill("70")
    page.get_by_role("button", name="Save").click()
    wait_for_text(page, "#rule-fault", "changed this rule meanwhile")
    page.get_by_role("button", name="Load what is stored now").click()
    wait_for(page, "() => document.querySelector('[name=threshold_db]').value === '50'")
    assert page.locator("#rule-fault").inner_text() == ""
    page.get_by_label("Limit in dB").fill("70")
    save(page)
    assert "above 70 dB" in row(page, "Contested").inner_text()
    delete(page, "Contested")


def test_switch(visitor):
    """a rule is switched off and on by the keyboard, and the focus stays"""
    page = open_card(visitor)
    add(page, "Switched")
    save(page)
    switch = row(page, "Switched").get_by_role("switch")
    for is_on, words in [(False, "is off"), (True, "is on")]:
        switch.focus()
        page.keyboard.press("Space")
        wait_for_text(page, "#alerts-said", words)
        wait_for(page, "(on) => document.querySelector('#rules li.off') === null === on", is_on)
        assert switch.is_checked() == is_on
        assert switch.evaluate("(input) => input === document.activeElement")
    delete(page, "Switched")


def take_shots(visitor, folder):
    """pictures of the card of alerts and its form are taken"""
    page = open_card(visitor)
    add(page, "Late noise")
    page.locator("[name=always]").uncheck()
    page.locator("#rule-more summary").click()
    page.get_by_label("Warning at, dB").fill("60")
    save(page)
    add(page, "Works, at once", level="5", subject="lp")
    save(page)
    row(page, "Works, at once").get_by_role("switch").click()
    cases = [
        ("light", {}), ("dark", {"color_scheme": "dark"}),
        ("phone", {"viewport": {"width": 390, "height": 844}}),
        ("small", {"viewport": {"width": 320, "height": 700}}),
    ]
    for name, options in cases:
        page = open_card(visitor, **options)
        wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0, f"{name} is {wide} px too wide"
        page.locator("#alerts").screenshot(path=folder / f"alerts-{name}.png")
        row(page, "Late noise").get_by_role("button", name="Edit").click()
        wait_for_text(page, "#preview", "30 days")
        page.screenshot(path=folder / f"alerts-form-{name}.png")
        page.locator("#rule-more summary").click()
        page.locator("#rule-editor .body").evaluate("(body) => (body.scrollTop = 1e6)")
        page.screenshot(path=folder / f"alerts-more-{name}.png")
    page = open_card(visitor)
    for name in ["Late noise", "Works, at once"]:
        delete(page, name)
    visitor.leave()


TESTS = [
    test_a_rule_from_first_to_last, test_preview, test_faults, test_advanced, test_conflict,
    test_switch,
]
