// hours-field.js: hours on chosen days, as the partial `hours` has them.
"use strict";

class HoursField {
    #root;
    #start;
    #end;
    #exceptDates = [];

    /** @param onChange called after each change by hand of the days; times tell it as inputs do. */
    constructor(root, onChange) {
        this.#root = root;
        this.#start = root.querySelector("[name=start]");
        this.#end = root.querySelector("[name=end]");
        root.addEventListener("input", () => this.#showEnd());
        root.addEventListener("click", ({ target }) => {
            const day = target.closest("[data-day]");
            const days = target.closest("[data-days]")?.dataset.days.split(" ");
            if (!day && !days) return;
            if (day) HoursField.#press(day, day.getAttribute("aria-pressed") !== "true");
            else this.#show(days);
            onChange();
        });
    }

    get #days() {
        return [...this.#root.querySelectorAll("[data-day]")];
    }

    static #press(button, isOn) {
        button.setAttribute("aria-pressed", String(isOn));
    }

    #show(days) {
        for (const day of this.#days) HoursField.#press(day, days.includes(day.dataset.day));
    }

    /** As the API has them; `null` shows the usual night. */
    set value(schedule) {
        this.#start.value = schedule?.start ?? "22:00";
        this.#end.value = schedule?.end ?? "07:00";
        this.#exceptDates = schedule?.except_dates ?? [];
        this.#show(schedule?.days ?? this.#days.map((day) => day.dataset.day));
        this.#showEnd();
    }

    get value() {
        const days = this.#days.filter((day) => day.getAttribute("aria-pressed") === "true");
        return {
            start: this.#start.value, end: this.#end.value,
            days: days.map((day) => day.dataset.day), except_dates: this.#exceptDates,
        };
    }

    #showEnd() {
        const [start, end] = [this.#start.value, this.#end.value];
        this.#root.querySelector(".ends").textContent =
            !start || !end ? ""
            : end === start ? "24 hours" : end < start ? "ends next day" : "ends the same day";
    }
}
