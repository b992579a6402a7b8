// sites.js: keeps what a project's or a location's units are doing fresh, by one request each
// 15 s that asks no unit for full rate; and helps to assign a unit.
"use strict";

(() => {
    const zone = new Zone(document.documentElement.dataset.zone);
    const rows = [...document.querySelectorAll('[data-unit]:not([data-unit=""])')];
    const reports = new Map();

    function set(element, text) {
        if (element && element.textContent !== text) element.textContent = text;
    }

    function showStates() {
        const now = clock.now();
        for (const row of rows) {
            const report = reports.get(row.dataset.unit);
            if (!report) continue;
            const state = feed.words(report, now, zone);
            feed.show(row.querySelector(".pill"), state);
            row.classList.toggle("old", !state.fresh);
        }
    }

    async function refresh() {
        if (rows.length === 0) return;
        let answer;
        try {
            answer = await api.get("/api/units");
        } catch {
            return; // The ages go on and tell it.
        }
        for (const unit of answer.units ?? []) {
            const time = words.time(unit.timestamp);
            if (time !== null && unit.age_seconds > 0) clock.set(time + unit.age_seconds * 1000);
            reports.set(unit.id, { ...unit, time, cadence: (unit.cadence_seconds ?? 1) * 1000 });
        }
        for (const row of rows) {
            const report = reports.get(row.dataset.unit);
            if (!report) continue;
            const level = report.state === "stopped" ? null : report.lp;
            set(row.querySelector('[data-metric="lp"]'), words.level(level));
        }
        showStates();
    }

    refresh();
    setInterval(() => !document.hidden && refresh(), 15_000);
    setInterval(() => !document.hidden && showStates(), 1000);
    document.addEventListener("visibilitychange", () => !document.hidden && refresh());

    // MARK: a unit that stands elsewhere moves only when that is ticked

    const move = document.getElementById("move");
    const form = move?.closest("form");

    function showMove() {
        const place = form.elements.unit.selectedOptions[0]?.dataset.place ?? "";
        move.hidden = place === "";
        set(move.querySelector("b"), place);
        form.elements.move.checked = false;
    }

    if (form) {
        form.elements.unit.addEventListener("change", showMove);
        form.closest("dialog").addEventListener("opened", showMove);
    }
})();
