// events.js: the inbox: selection and keys, acknowledging, fresh rows that move nothing.
//
// Rows are made by the server only: a refresh fetches the same page again and takes them from it.
"use strict";

(() => {
    const byID = (id) => document.getElementById(id);
    const body = byID("rows");
    const rows = () => [...body.rows];
    const rowOf = (id) => body.querySelector(`tr[data-event="${CSS.escape(id)}"]`);
    const here = byID("events").dataset.here;
    const wide = matchMedia("(min-width: 760px)");
    const isUnsaved = (row) => row.dataset.event === "0";
    let selected = null;

    // MARK: selection

    let opening = 0;

    /** @param wait how long others may still be selected instead, in ms. */
    function select(row, wait = 0) {
        if (!row || isUnsaved(row)) return;
        for (const each of rows()) each.classList.toggle("selected", each === row);
        selected = row.dataset.event;
        if (!eventDetail?.isShown) return;
        for (const link of body.querySelectorAll("[aria-current]")) {
            link.removeAttribute("aria-current");
        }
        row.querySelector("a")?.setAttribute("aria-current", "true");
        const address = new URL(location.href);
        address.searchParams.set("event", selected);
        history.replaceState(null, "", address);
        clearTimeout(opening);
        if (eventDetail.id !== selected) opening = setTimeout(() => eventDetail.open(selected), wait);
    }

    function move(direction) {
        const all = rows().filter((row) => !isUnsaved(row));
        const at = all.findIndex((row) => row.dataset.event === selected);
        const row = all[at < 0 ? 0 : Math.min(all.length - 1, Math.max(0, at + direction))];
        if (!row) return;
        row.querySelector("a").focus({ preventScroll: true });
        row.scrollIntoView({ block: "nearest" });
        select(row, 120);
    }

    body.addEventListener("click", (event) => {
        const row = event.target.closest("tr");
        if (event.target.closest("[data-ack]")) return acknowledge([row.dataset.event]);
        if (event.target.closest("input, button") || !row || isUnsaved(row)) return;
        if (event.ctrlKey || event.metaKey || event.shiftKey) return;
        const isPicker = event.target.closest(".pick");
        if (isPicker) return isPicker.querySelector("input")?.click();
        if (!eventDetail?.isShown) {
            if (!event.target.closest("a")) location.assign(`/events/${row.dataset.event}`);
            return;
        }
        event.preventDefault();
        select(row);
    });

    // MARK: acknowledging

    /** One after the other, so that a server that refuses is not asked a hundred times at once. */
    async function acknowledge(ids) {
        const said = byID("picked-said") ?? byID("news-said");
        let done = 0;
        for (const id of ids) {
            try {
                showSaid(await sayOfEvent(id, "ack", ""));
                done += 1;
                if (eventDetail?.isShown && eventDetail.id === id) eventDetail.open(id);
            } catch (error) {
                said.textContent = error.message;
                return refresh();
            }
        }
        if (ids.length > 1) said.textContent = `${done} acknowledged.`;
        else byID("news-said").textContent = "Acknowledged.";
        refresh();
    }

    /** The row of an event that was acknowledged says so, wherever the list now ends. */
    function showSaid(event) {
        const row = rowOf(String(event.id));
        const by = event.acknowledged.at(-1)?.by;
        if (!row || by === undefined) return;
        const focused = row.contains(document.activeElement);
        row.classList.remove("open");
        row.querySelector(".by").textContent = `✓ ${by}`;
        row.querySelector("[data-ack]")?.remove();
        row.querySelector(".pick").replaceChildren();
        const pill = row.querySelector(".pill");
        if (pill.dataset.look === "cleared") pill.dataset.look = "done";
        if (focused) row.querySelector("a").focus({ preventScroll: true });
        showPicked();
    }

    const picked = () => [...body.querySelectorAll(".pick input:checked")]
        .map((box) => box.closest("tr").dataset.event);

    function showPicked() {
        const button = byID("ack-picked");
        if (!button) return;
        const count = picked().length;
        button.disabled = count === 0;
        button.textContent = count > 0 ? `Acknowledge ${count} selected` : "Acknowledge selected";
    }

    body.addEventListener("change", showPicked);
    byID("ack-picked")?.addEventListener("click", () => acknowledge(picked()));
    if (eventDetail) eventDetail.onSaid = (event) => {
        showSaid(event);
        refresh();
    };

    // MARK: fresh rows

    let latest = null;
    let asking = null;

    async function refresh() {
        asking?.abort();
        const asked = (asking = new AbortController());
        try {
            const page = await fetchPage(here, "", asked.signal);
            if (asked === asking) merge(page);
        } catch (error) {
            if (asked.signal.aborted) return;
            showNews(`${error.message} The list is as it was.`, "Try again", refresh);
        }
    }

    function merge(page) {
        latest = page;
        for (const selector of ["#totals", "#sums", "#tabs", ".sections"]) {
            replaceIn(document.querySelector(selector), page.querySelector(selector));
        }
        const fresh = [...page.querySelectorAll("#rows tr")];
        const known = new Set(rows().map((row) => row.dataset.event));
        for (const row of fresh) {
            const old = rowOf(row.dataset.event);
            if (old) update(old, row);
        }
        const listed = new Set(fresh.map((row) => row.dataset.event));
        const end = page.getElementById("more").hidden ? "" : fresh.at(-1)?.dataset.onset ?? "";
        for (const row of rows()) {
            const isGone = !listed.has(row.dataset.event) && row.dataset.onset >= end;
            row.classList.toggle("gone", isGone);
            // What it says of itself is not asked for any more.
            if (isGone && row.classList.contains("open")) {
                const pill = row.querySelector(".pill");
                pill.dataset.look = "cleared";
                pill.replaceChildren(document.createElement("i"), "No longer in this list");
            }
        }
        const news = fresh.filter((row) => !known.has(row.dataset.event)).length;
        if (news === 0) return showNews("", "", null);
        showNews(news === 1 ? "1 new event" : `${news} new events`, "Show", showLatest);
    }

    function replaceIn(old, fresh) {
        if (!old || !fresh || old.innerHTML === fresh.innerHTML) return;
        if (old.contains(document.activeElement)) return;
        old.replaceChildren(...[...fresh.childNodes].map((node) => document.adoptNode(node)));
    }

    function update(old, fresh) {
        old.className = [fresh.className, selected === old.dataset.event ? "selected" : ""].join(" ");
        [...old.cells].forEach((cell, i) => {
            const now = fresh.cells[i];
            const isSame = i === 0
                ? cell.childElementCount === now.childElementCount
                : cell.textContent === now.textContent
                    && cell.querySelector(".pill")?.dataset.look
                        === now.querySelector(".pill")?.dataset.look;
            if (!isSame && !cell.contains(document.activeElement)) {
                cell.replaceChildren(...[...now.cloneNode(true).childNodes]);
            }
        });
    }

    let news = null;

    function showNews(text, action, act) {
        news = act;
        const button = byID("show-news");
        button.hidden = !act;
        button.textContent = action;
        if (byID("news-said").textContent !== text && (act || button.dataset.was)) {
            byID("news-said").textContent = text;
        }
        if (act) button.dataset.was = "yes";
        else delete button.dataset.was;
    }

    byID("show-news").addEventListener("click", () => news?.());

    /** The first page as it is now, then what was loaded besides. */
    function showLatest() {
        if (!latest) return;
        // A page that had nothing to show beside its list has no place for it either.
        if (!eventDetail) return location.reload();
        const fresh = [...latest.querySelectorAll("#rows tr")];
        const end = fresh.at(-1)?.dataset.onset ?? "";
        const listed = new Set(fresh.map((row) => row.dataset.event));
        const older = rows().filter(
            (row) => !listed.has(row.dataset.event) && row.dataset.onset < end);
        const first = fresh.map(
            (row) => rowOf(row.dataset.event) ?? document.importNode(row, true));
        body.replaceChildren(...first, ...older);
        byID("events").hidden = false;
        byID("clear").hidden = true;
        showNews("", "", null);
        showPicked();
    }

    byID("load-more").addEventListener("click", async (event) => {
        event.preventDefault();
        const link = event.currentTarget;
        if (link.dataset.busy) return;
        link.dataset.busy = "yes";
        byID("more-said").textContent = "";
        try {
            const page = await fetchPage(link.getAttribute("href"));
            const added = [...page.querySelectorAll("#rows tr")]
                .filter((row) => !rowOf(row.dataset.event));
            body.append(...added.map((row) => document.adoptNode(row)));
            byID("more").hidden = page.getElementById("more").hidden;
            link.href = page.getElementById("load-more").getAttribute("href");
            added[0]?.querySelector("a")?.focus({ preventScroll: true });
        } catch (error) {
            byID("more-said").textContent = error.message;
        } finally {
            delete link.dataset.busy;
        }
    });

    // MARK: keys

    const keysOn = byID("keys-on");
    try {
        keysOn.checked = localStorage.getItem("earshot-keys") !== "off";
    } catch {
        // Storage may be forbidden; then the choice lasts as long as the page.
    }
    keysOn.addEventListener("change", () => {
        try {
            localStorage.setItem("earshot-keys", keysOn.checked ? "on" : "off");
        } catch {
            // As above.
        }
    });

    const keys = {
        j: () => move(1),
        k: () => move(-1),
        a: () => {
            const row = rowOf(selected ?? "");
            if (!row?.querySelector("[data-ack]")) return;
            if (eventDetail?.isShown && eventDetail.id === selected) eventDetail.say("ack");
            else acknowledge([selected]);
        },
        Enter: () => {
            const row = rowOf(selected ?? "");
            if (!row) return;
            if (!eventDetail?.isShown) return location.assign(`/events/${selected}`);
            select(row);
            eventDetail.focus();
        },
        " ": () => eventDetail?.togglePlay(),
    };

    document.addEventListener("keydown", (event) => {
        if (!keysOn.checked || event.ctrlKey || event.metaKey || event.altKey) return;
        const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
        if (!(key in keys)) return;
        const { target } = event;
        if (target.closest("input:not([type=checkbox], [type=range]), select, textarea")) return;
        const isControl = target.closest("button, summary, input, a, [tabindex]");
        // Where a control has its own use of a key, it keeps it; links of rows open beside the list.
        if (key === " " && target.closest("button, summary, input[type=checkbox]")) return;
        if (key === "Enter" && isControl && !target.closest("#rows a")) return;
        if (key === "Enter" && target.closest("#rows a")) {
            const row = target.closest("tr");
            if (!eventDetail?.isShown) return;
            selected = row.dataset.event;
        }
        event.preventDefault();
        keys[key]();
    });

    // MARK: filter, start

    byID("filter").addEventListener("change", (event) => event.target.form.requestSubmit());
    select(eventDetail && rowOf(eventDetail.id));
    wide.addEventListener("change", () => {
        if (eventDetail?.isShown && selected) eventDetail.open(selected);
    });
    showPicked();
    setInterval(() => !document.hidden && refresh(), 10_000);
    document.addEventListener("visibilitychange", () => !document.hidden && refresh());
})();
