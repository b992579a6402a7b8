"""Clients, projects, locations: made, changed and ended on their pages, and links handed out."""

import json
import re

from visit import wait_for


def texts(page, selector):
    return page.locator(selector).inner_text()


def open_dialog(page, name):
    page.click(f'[data-opens="{name}"] >> nth=0')
    page.wait_for_selector(f"dialog#{name}[open]")
    return page.locator(f"dialog#{name}")


def make_project(visitor, client, project="Harbour quarter"):
    """A client and a project of it, made as people make them; the project's page."""
    page = visitor.open("/projects")
    dialog = open_dialog(page, "add-client")
    dialog.locator('[name="name"]').fill(client)
    dialog.locator('[type="submit"]').click()
    page.wait_for_selector(f"section.client h2:text-is('{client}')")
    page.locator("section.client", has_text=client).locator('[data-opens="add-project"]').click()
    dialog = page.locator("dialog#add-project")
    dialog.locator('[name="name"]').fill(project)
    dialog.locator('[name="time_zone"]').fill("Europe/London")
    dialog.locator('[type="submit"]').click()
    page.wait_for_url(re.compile(r"/projects/[a-z0-9-]+$"))
    return page


def add_location(page, name, latitude="", longitude=""):
    dialog = open_dialog(page, "add-location")
    dialog.locator('[name="name"]').fill(name)
    dialog.locator('[name="latitude"]').fill(latitude)
    dialog.locator('[name="longitude"]').fill(longitude)
    dialog.locator('[type="submit"]').click()


def assign(page, unit):
    dialog = open_dialog(page, "assign")
    dialog.locator('[name="unit"]').select_option(unit)
    if page.locator("#move").is_visible():
        page.locator("#move input").check()
    dialog.locator('[type="submit"]').click()
    page.wait_for_selector(f'.now[data-unit="{unit}"]')


def test_from_nothing(visitor):
    """a client, a project, two locations and a unit that moves between them, all on the pages"""
    page = make_project(visitor, "Walkthrough Ltd")
    assert texts(page, "h1") == "Harbour quarter"
    assert "No location yet" in texts(page, "main")
    project = page.url
    add_location(page, "North gate", "51,5", "-0.02")
    page.wait_for_url(re.compile(r"/locations/"))
    gate = page.url
    assert "51.5, -0.02" in texts(page, ".facts")
    assert "No meter here at present" in texts(page, "main")
    assign(page, visitor.unit)
    page.wait_for_selector('.now .pill[data-look="live"]')
    wait_for(page, r"() => /\d/.test(document.querySelector('.now [data-metric=lp]').textContent)")
    page.goto(project)
    assert visitor.unit in texts(page, "table.sites")
    add_location(page, "Yard")
    page.wait_for_url(re.compile(r"/locations/"))
    dialog = open_dialog(page, "assign")
    dialog.locator('[name="unit"]').select_option(visitor.unit)
    assert "Move it from North gate" in texts(page, "#move")
    page.keyboard.press("Escape")
    assign(page, visitor.unit)
    page.goto(gate)
    assert "No meter here at present" in texts(page, "main")
    assert page.locator("table.stays tbody tr").count() == 1


def test_moves_only_when_ticked(visitor):
    """a unit that stands elsewhere is refused, beside its field, until moving is ticked"""
    page = make_project(visitor, "Refusal Ltd")
    project = page.url
    add_location(page, "One")
    page.wait_for_url(re.compile(r"/locations/"))
    assign(page, visitor.unit)
    page = visitor.open(project.removeprefix(visitor.server.url), allow=("409",))
    add_location(page, "Two")
    page.wait_for_url(re.compile(r"/locations/"))
    dialog = open_dialog(page, "assign")
    dialog.locator('[name="unit"]').select_option(visitor.unit)
    dialog.locator('[type="submit"]').click()
    page.wait_for_selector('#assign [data-error="unit"]:not([hidden])')
    assert 'at the location "one' in texts(page, '#assign [data-error="unit"]')
    assert dialog.locator('[name="unit"]').get_attribute("aria-invalid") == "true"
    page.locator("#move input").check()
    dialog.locator('[type="submit"]').click()
    page.wait_for_selector(".now")


def test_faults_stand_by_their_fields(visitor):
    """what is wrong stands under its field, and goes when it is put right"""
    page = make_project(visitor, "Faults Ltd")
    page = visitor.open(page.url.removeprefix(visitor.server.url), allow=("422",))
    dialog = open_dialog(page, "add-location")
    dialog.locator('[type="submit"]').click()
    assert texts(page, '#add-location [data-error="name"]') == "Is needed."
    wait_for(page, "() => document.activeElement.name === 'name'")
    add = dialog.locator('[type="submit"]')
    dialog.locator('[name="name"]').fill("Gate")
    dialog.locator('[name="latitude"]').fill("north")
    add.click()
    page.wait_for_selector('#add-location [data-error="latitude"]:not([hidden])')
    assert "number from -90 to 90" in texts(page, '#add-location [data-error="latitude"]')
    dialog.locator('[name="latitude"]').fill("91")
    dialog.locator('[name="longitude"]').fill("0")
    add.click()
    page.wait_for_selector('#add-location [data-error="latitude"]:not([hidden])')
    dialog.locator('[name="latitude"]').fill("51")
    add.click()
    page.wait_for_url(re.compile(r"/locations/"))
    page = visitor.open("/projects", allow=("422",))
    page.locator("section.client", has_text="Faults Ltd").locator(
        '[data-opens="add-project"]').click()
    dialog = page.locator("dialog#add-project")
    dialog.locator('[name="name"]').fill("Zone")
    dialog.locator('[name="time_zone"]').fill("BST")
    dialog.locator('[type="submit"]').click()
    page.wait_for_selector('#add-project [data-error="time_zone"]:not([hidden])')


def test_a_project_ends(visitor):
    """a project is archived, made active again and deleted, each after a question"""
    page = make_project(visitor, "Ending Ltd", "Short job")
    open_dialog(page, "archive-project").locator('[type="submit"]').click()
    page.wait_for_selector(".lead .pill:has-text('Archived')")
    open_dialog(page, "revive-project").locator('[type="submit"]').click()
    page.wait_for_selector('[data-opens="archive-project"]')
    open_dialog(page, "delete-project").locator('[type="submit"]').click()
    page.wait_for_url(f"{visitor.server.url}/projects")
    card = page.locator("section.client", has_text="Ending Ltd")
    assert "No project yet" in card.inner_text()
    page.click("text=/Show .* deleted/")
    assert "Short job" in texts(page, "main")


LINKS = {
    "links": [
        {"id": 2, "client": "c", "label": "Site <b>office</b>", "status": "active",
         "created": "2026-11-01T09:00:00.000Z", "expires": "2027-01-30T09:00:00.000Z",
         "one_time": False, "last_used": "2026-11-23T08:00:00.000Z", "use_count": 4,
         "revoked": None},
        {"id": 1, "client": "c", "label": "Old phone", "status": "revoked",
         "created": "2026-10-01T09:00:00.000Z", "expires": None, "one_time": True,
         "last_used": None, "use_count": 0, "revoked": "2026-10-02T09:00:00.000Z"},
    ],
    "open": {"enabled": True, "path": "/portal/open/p", "url": "http://127.0.0.1:9/portal/open/p"},
}


def open_links(visitor, project_page, **options):
    """The dialog of links, with the answers of the contract; what was sent is noted."""
    sent = []
    page = visitor.window(**options)

    def answer(route):
        request = route.request
        path = request.url.removeprefix(visitor.server.url)
        if request.method == "GET":
            return route.fulfill(json=LINKS)
        sent.append((path, json.loads(request.post_data or "null")))
        if path.endswith("/revoke"):
            return route.fulfill(json=LINKS["links"][0])
        route.fulfill(status=201, json=LINKS["links"][0] | {
            "token": "t", "path": "/portal/enter/t", "url": "http://127.0.0.1:9/portal/enter/t",
            "is_public": False})

    page.route(re.compile("/portal-link"), answer)
    page.goto(project_page)
    dialog = open_dialog(page, "links")
    page.wait_for_selector("#link-list li")
    return page, dialog, sent


def test_links(visitor):
    """links are listed, made, shown once and revoked after a second press"""
    project = make_project(visitor, "Links Ltd").url
    page, dialog, sent = open_links(visitor, project)
    rows = page.locator("#link-list li")
    assert rows.count() == 2
    assert "Site <b>office</b>" in rows.nth(0).inner_text()
    assert "last used 23 Nov 2026" in rows.nth(0).inner_text()
    assert rows.nth(1).locator("button").is_hidden()
    assert page.locator("#quick input").input_value() == LINKS["open"]["url"]
    form = page.locator("#make-link")
    form.locator('[type="submit"]').click()
    assert "for whom" in form.inner_text()
    form.locator('[name="label"]').fill("Night desk")
    form.locator('[type="submit"]').click()
    page.wait_for_selector("#made:not([hidden])")
    assert page.locator("#made input").input_value().endswith("/portal/enter/t")
    assert page.locator("#private").is_visible()
    form.locator('[name="label"]').fill("Night desk")
    form.locator('[name="expiry"]').select_option("date")
    form.locator('[name="until"]').fill("2026-12-01")
    form.locator('[name="one_time"]').check()
    form.locator('[type="submit"]').click()
    wait_for(page, "() => !document.querySelector('#make-link [type=submit]').disabled")
    form.locator('[name="label"]').fill("Night desk")
    form.locator('[name="expiry"]').select_option("never")
    form.locator('[type="submit"]').click()
    wait_for(page, "() => !document.querySelector('#make-link [type=submit]').disabled")
    assert [body for _, body in sent] == [
        {"label": "Night desk", "one_time": False},
        {"label": "Night desk", "expires": "2026-12-02T00:00:00.000Z", "one_time": True},
        {"label": "Night desk", "expires": None, "one_time": False},
    ], sent
    revoke = rows.nth(0).locator("button")
    revoke.click()
    assert len(sent) == 3 and revoke.inner_text() == "Really revoke?"
    revoke.click()
    wait_for(page, "() => /revoked/.test(document.getElementById('links-said').textContent)")
    assert sent[3][0].endswith("/portal-link/2/revoke")
    # The address is gone with the dialog.
    page.keyboard.press("Escape")
    open_dialog(page, "links")
    assert page.locator("#made").is_hidden()


TESTS = [
    test_from_nothing, test_moves_only_when_ticked, test_faults_stand_by_their_fields,
    test_a_project_ends, test_links,
]


def take_shots(visitor, folder):
    """pictures of projects and locations, in both themes and on a phone"""
    project = make_project(visitor, "Gamma Homes").url
    page = visitor.window()
    for name, place in [("North gate", ("51.5", "-0.02")), ("School wall", ("51.501", "-0.021"))]:
        page.goto(project)
        add_location(page, name, *place)
        page.wait_for_url(re.compile(r"/locations/"))
        if name == "North gate":
            assign(page, visitor.unit)
            location = page.url
    phone = {"viewport": {"width": 390, "height": 844}, "has_touch": True}
    narrow = {"viewport": {"width": 320, "height": 700}}
    for look, options in [
        ("light", {}), ("dark", {"color_scheme": "dark"}), ("phone", phone), ("narrow", narrow),
    ]:
        for name, address in [
            ("projects", f"{visitor.server.url}/projects"), ("project", project),
            ("location", location),
        ]:
            page = visitor.window(**options)
            page.goto(address)
            page.wait_for_load_state("networkidle")
            wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
            assert wide <= 0, f"{name} {look} is {wide} px too wide"
            page.screenshot(path=folder / f"{name}-{look}.png", full_page=True)
        page, _, _ = open_links(visitor, project, **options)
        page.screenshot(path=folder / f"links-{look}.png")
        page = visitor.window(**options)
        page.goto(project)
        open_dialog(page, "edit-project")
        page.screenshot(path=folder / f"edit-project-{look}.png")
        page.goto(location)
        open_dialog(page, "assign")
        page.screenshot(path=folder / f"assign-{look}.png")
