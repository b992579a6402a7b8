// theme.js: light, dark, or as the system says; kept in this browser.
//
// Loaded in the head without `defer`, so that the page never flashes in the other theme.
"use strict";

const theme = (() => {
    const choices = ["auto", "light", "dark"];
    const names = { auto: "Theme: system", light: "Theme: light", dark: "Theme: dark" };
    const root = document.documentElement;
    let choice = "auto";
    try {
        const kept = localStorage.getItem("earshot-theme");
        if (choices.includes(kept)) choice = kept;
    } catch {
        // Storage may be forbidden; then the choice lasts as long as the page.
    }

    function apply() {
        if (choice === "auto") delete root.dataset.theme;
        else root.dataset.theme = choice;
        for (const button of document.querySelectorAll("[data-theme-button]")) {
            button.title = names[choice];
            button.setAttribute("aria-label", `${names[choice]}. Change`);
            for (const icon of button.querySelectorAll("[data-icon]")) {
                icon.classList.toggle("off", icon.dataset.icon !== choice);
            }
        }
        root.dispatchEvent(new Event("themechange"));
    }

    function next() {
        choice = choices[(choices.indexOf(choice) + 1) % choices.length];
        try {
            localStorage.setItem("earshot-theme", choice);
        } catch {
            // As above.
        }
        apply();
    }

    apply();
    document.addEventListener("DOMContentLoaded", () => {
        for (const button of document.querySelectorAll("[data-theme-button]")) {
            button.hidden = false;
            button.addEventListener("click", next);
        }
        apply();
    });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", apply);
    return { apply };
})();
