// portal-location.js: the page of a location: what stands on it is the server's, and kept fresh.
"use strict";

const locationPage = (() => {
    const page = document.documentElement.dataset;
    // The page has just come: before the first answer, too, ages are of the server's clock.
    clock.set(words.time(page.now));
    const zone = new Zone(page.zone);
    const limits = new Limits(page.api, zone);
    const refreshMilliseconds = 30_000;
    let breachPage = new URLSearchParams(location.search).get("breaches") ?? "";
    let refreshing = null;

    const present = new LevelPresent(zone, `${page.api}/live`, {
        words: say,
        failed: ({ status }) => status === 404 && leave(),
        message: ({ type }) => type === "event" && refresh(),
        refill: { step: 1, metrics: METRICS.join(",") },
    });
    const past = new LevelHistory(zone, {
        newest: () => present.time,
        judge: (range, _, signal) => judge(range, signal),
    });

    function say(report, now, zone) {
        if (report.feed === "unassigned") {
            return feed.state("unassigned", "idle", "No meter here at present; history stays");
        }
        return feed.words(report, now, zone);
    }

    /** What is not there any more has a page that says so. */
    function leave() {
        if (performance.now() > 10_000) location.reload();
    }

    // MARK: limits on the charts

    async function judge(range, signal) {
        const judged = await limits.judge(range, signal);
        for (const name of ["steps", "limits", "notes"]) {
            const mark = byID(`history-${name}`);
            if (!mark) continue;
            mark.hidden = judged.legend[name] === "";
            mark.lastElementChild.textContent = judged.legend[name];
        }
        return judged;
    }

    async function showLiveLimits() {
        try {
            present.showLimits(await limits.live());
        } catch {
            // The chart stays as it is; the limits stand beside it.
        }
    }

    // MARK: what the server says

    /** Puts what the server says now in the place of what it said before. */
    async function refresh() {
        if (document.hidden || refreshing) return refreshing;
        refreshing = replace().finally(() => (refreshing = null));
        return refreshing;
    }

    async function replace() {
        const query = breachPage ? `?breaches=${encodeURIComponent(breachPage)}` : "";
        let answer;
        try {
            answer = await fetch(location.pathname + query, { headers: { accept: "text/html" } });
        } catch {
            return; // The state says already that nothing comes.
        }
        if (answer.status === 401) return api.signIn();
        if (answer.status === 404) return leave();
        if (!answer.ok) return;
        const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
        for (const place of document.querySelectorAll("[data-fresh]")) {
            const found = fresh.getElementById(place.id);
            if (found) exchange(place, found);
        }
        showLiveLimits();
    }

    function exchange(place, found) {
        const isSame = place.innerHTML === found.innerHTML;
        if (isSame && place.dataset.look === found.dataset.look) return;
        const focused = place.contains(document.activeElement)
            ? [...place.querySelectorAll("a, button")].indexOf(document.activeElement) : -1;
        if (place.id === "standing") announce(place, found);
        if (found.dataset.look) place.dataset.look = found.dataset.look;
        place.replaceChildren(...found.childNodes);
        if (focused >= 0) place.querySelectorAll("a, button")[focused]?.focus();
    }

    /** A new breach is said at once, every other change when there is time. */
    function announce(before, after) {
        if (before.dataset.look === after.dataset.look) return;
        const text = after.querySelector("b").textContent;
        byID(after.dataset.look === "breach" ? "alarm" : "announcer").textContent = text;
    }

    // MARK: what people do

    byID("breaches").addEventListener("click", async (event) => {
        const show = event.target.closest("[data-from]");
        if (show) showBreach(Number(show.dataset.from), Number(show.dataset.to));
        const link = event.target.closest("[data-page]");
        if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
        event.preventDefault();
        breachPage = link.dataset.page;
        await refreshing;
        await refresh();
        byID("breaches").querySelector("[data-page]")?.focus();
    });

    function showBreach(from, to) {
        const around = Math.max(10 * MINUTE, (to - from) / 2);
        past.goTo(from - around, to + around);
        const chart = byID("history-chart");
        chart.closest("section").scrollIntoView();
        chart.focus({ preventScroll: true });
    }

    document.addEventListener("visibilitychange", refresh);
    setInterval(refresh, refreshMilliseconds);
    showLiveLimits();
    present.begin();
    return { socket: present.socket, past, refresh };
})();
