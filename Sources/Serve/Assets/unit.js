// unit.js: the page of one unit: what is measured now, its past, and how it is read.
"use strict";

const unitPage = (() => {
    const page = document.documentElement.dataset;
    const zone = new Zone(page.zone);

    function showReading(unit) {
        byID("rate-now").textContent = reading.rate(unit);
        const cost = reading.cost(unit.cellular, clock.now(), zone);
        byID("cost-day").textContent = cost.day;
        byID("cost-since").textContent = cost.since;
        const faults = reading.faults(unit.faults);
        reading.list(byID("faults"), "li", faults.length > 0 ? faults : ["none"]);
    }

    /** Sets how fast the unit shall be read; without success the page shows what holds. */
    async function setRate(rate) {
        const said = byID("rate-said");
        said.textContent = "";
        try {
            const unit = await api.put(page.api, { rate });
            showReading(unit);
            said.textContent = "Set. It holds within a few seconds.";
            for (const choice of byID("rate-form").elements.rate) {
                choice.defaultChecked = choice.value === unit.rate;
            }
            setTimeout(() => present.ask(), 3000);
        } catch (error) {
            said.textContent = `Not set: ${error.message}`;
            byID("rate-form").reset();
        }
    }

    byID("rate-form").addEventListener("change", (event) => setRate(event.target.value));
    byID("rate-form").addEventListener("submit", (event) => event.preventDefault());

    const present = new LevelPresent(zone, page.api, {
        live: showReading,
        refill: { resolution: "raw", limit: 100_000 },
    });
    const past = new LevelHistory(zone, {
        name: page.unit,
        newest: () => present.time,
    });
    present.begin();
    return { socket: present.socket, past };
})();
