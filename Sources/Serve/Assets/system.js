// system.js: keeps the page about Earshot itself fresh by one request each 15 s.
"use strict";

(() => {
    const said = document.getElementById("unreached");
    const health = document.getElementById("health");

    async function refresh() {
        try {
            await fragment.refresh("health", "system");
            said.textContent = "";
        } catch (error) {
            // What stands here is old: it must not look live.
            said.textContent = error.message;
            health.dataset.look = "delayed";
            health.querySelector(".word").textContent = "Not reachable; this is what was known";
        }
    }

    setInterval(() => !document.hidden && refresh(), 15_000);
    document.addEventListener("visibilitychange", () => !document.hidden && refresh());
})();
