// street-map.js: a street map behind the locations, for those who ask for it, from the one tile
// server that is configured. Without an answer of it the plan comes back.
"use strict";

const streetMap = (() => {
    const buttons = document.getElementById("backgrounds");
    const markers = new Map();
    let map = null;

    const byID = (id) => document.getElementById(id);

    function add(name, attributes) {
        return new Promise((resolve, reject) => {
            const element = document.createElement(name);
            element.addEventListener("load", resolve);
            element.addEventListener("error", reject);
            Object.assign(element, attributes);
            document.head.append(element);
        });
    }

    function shape(look) {
        const element = document.createElement("span");
        element.className = "shape";
        element.dataset.look = look;
        return L.divIcon({ html: element, className: "pin", iconSize: [24, 24] });
    }

    async function make() {
        const { script, style, tiles, attribution } = buttons.dataset;
        await Promise.all([
            add("link", { rel: "stylesheet", href: style }), add("script", { src: script }),
        ]);
        const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
        map = L.map("street", { zoomAnimation: !calm, fadeAnimation: !calm, attributionControl: false });
        L.control.attribution({ prefix: false }).addTo(map);
        // Only what the operator wrote, as text.
        const text = document.createElement("span");
        text.textContent = attribution;
        const layer = L.tileLayer(tiles, { attribution: text.innerHTML, maxZoom: 19 });
        let loaded = 0;
        let failed = 0;
        layer.on("tileload", () => (loaded += 1));
        layer.on("tileerror", () => {
            failed += 1;
            if (loaded === 0 && failed >= 3) showPlan("The street map cannot be reached; this is the plan.");
        });
        layer.addTo(map);
        const points = [];
        for (const link of document.querySelectorAll("[data-marker]")) {
            const { latitude, longitude, name, look, marker } = link.dataset;
            const point = [Number(latitude), Number(longitude)];
            points.push(point);
            const label = link.getAttribute("aria-label");
            const pin = L.marker(point, { icon: shape(look), title: label, alt: label, keyboard: true });
            pin.on("click", () => location.assign(link.getAttribute("href")));
            pin.on("keypress", (event) => {
                if (event.originalEvent.key === "Enter") location.assign(link.getAttribute("href"));
            });
            const tip = document.createElement("span");
            tip.textContent = name;
            pin.bindTooltip(tip, { direction: "bottom" });
            pin.addTo(map);
            markers.set(marker, pin);
        }
        map.fitBounds(L.latLngBounds(points).pad(0.2), { maxZoom: 17, animate: false });
    }

    function press(background) {
        for (const button of buttons.querySelectorAll("button")) {
            button.setAttribute("aria-pressed", String(button.dataset.background === background));
        }
        byID("plan").hidden = background !== "plan";
        byID("street").hidden = background !== "street";
    }

    function showPlan(note) {
        press("plan");
        byID("about-map").textContent = note;
        map?.remove();
        map = null;
        markers.clear();
    }

    async function showStreets() {
        press("street");
        byID("about-map").textContent = "The street map comes from another server, which sees that you look.";
        if (map) return map.invalidateSize();
        try {
            await make();
        } catch {
            showPlan("The street map cannot be shown; this is the plan.");
        }
    }

    if (buttons && byID("plan")) {
        buttons.hidden = false;
        buttons.addEventListener("click", (event) => {
            const background = event.target.dataset.background;
            if (background === "plan") showPlan("Drawn from coordinates; north is up.");
            if (background === "street") showStreets();
        });
    }

    return {
        /** How a location is doing now. */
        show(id, { look }) {
            const element = markers.get(id)?.getElement()?.querySelector(".shape");
            if (element && element.dataset.look !== look) element.dataset.look = look;
        },
    };
})();
