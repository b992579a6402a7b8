// forms.js: dialogs with a form whose fields are the keys of a JSON body.
//
//   <button data-opens="ID" data-fill-NAME="…">   opens a dialog; fields, and `{NAME}` of its path
//   <form data-method data-path data-then>        sends; then goes to `data-then`, or loads again
//   <p data-error="KEY">                          what is wrong with a field; without key, with all
//   data-type="number|flag|time"                  of an input; a time is on the page's zone
//   <fieldset data-hours="KEY">                   hours and days, or null when they are not ticked
"use strict";

const forms = (() => {
    const zone = new Zone(document.documentElement.dataset.zone ?? "UTC");

    // MARK: values

    /** What the server reads of an input; `undefined` for what is to be left out. */
    function value(input) {
        const text = input.value.trim();
        switch (input.dataset.type) {
            case "number": {
                const number = Number(text.replace(",", "."));
                // What is no number goes as it is: the server says so, beside the field.
                return text === "" ? null : Number.isNaN(number) ? text : number;
            }
            case "flag":
                return input.type === "checkbox" ? input.checked : text === "true";
            case "time": {
                if (text !== "") {
                    const time = zone.parse(text);
                    return time === null ? text : new Date(time).toISOString();
                }
                return input.dataset.empty === "now" ? new Date().toISOString() : undefined;
            }
            default:
                return text;
        }
    }

    function hours(set) {
        const part = (name) => set.querySelector(`[data-part="${name}"]`);
        if (!part("on").checked) return null;
        const days = [...set.querySelectorAll('[data-part="days"]:checked')];
        return {
            start: part("start").value, end: part("end").value, days: days.map((day) => day.value),
        };
    }

    function body(form) {
        const object = {};
        for (const input of form.querySelectorAll("[name]")) object[input.name] = value(input);
        for (const set of form.querySelectorAll("[data-hours]")) {
            object[set.dataset.hours] = hours(set);
        }
        return object;
    }

    // MARK: what is wrong

    function clear(form) {
        for (const place of form.querySelectorAll("[data-error]")) {
            place.hidden = true;
            place.textContent = "";
        }
        for (const input of form.querySelectorAll("[aria-invalid]")) {
            input.removeAttribute("aria-invalid");
            input.removeAttribute("aria-describedby");
        }
    }

    function place(form, field) {
        return [...form.querySelectorAll("[data-error]")].find(
            ({ dataset: { error } }) =>
                error !== "" && (field === error || field.startsWith(`${error}.`)));
    }

    /** Shows an `AnswerError` under its fields; what has no field here, at the end. */
    function show(form, error) {
        let first;
        const rest = [];
        for (const { field, message } of error.faults ?? []) {
            const where = place(form, field);
            if (!where) {
                rest.push(`${field} ${message}`);
                continue;
            }
            const sentence = message.charAt(0).toUpperCase() + message.slice(1);
            where.textContent = where.hidden ? sentence : `${where.textContent} ${sentence}`;
            where.hidden = false;
            where.id ||= `wrong-${form.closest("dialog")?.id}-${where.dataset.error}`;
            const input = form.elements[field];
            if (!input?.setAttribute || input.type === "hidden") continue;
            input.setAttribute("aria-invalid", "true");
            input.setAttribute("aria-describedby", where.id);
            first ??= input;
        }
        if (rest.length === 0 && !error.faults?.length) rest.push(error.message);
        const general = form.querySelector('[data-error=""]');
        general.textContent = rest.join(" ");
        general.hidden = rest.length === 0;
        first?.focus();
    }

    /** What a browser can tell by itself, in our words. */
    function isComplete(form) {
        const faults = [...form.querySelectorAll("[required]")]
            .filter((input) => input.value.trim() === "")
            .map((input) => ({ field: input.name, message: "is needed." }));
        if (faults.length > 0) show(form, { faults });
        return faults.length === 0;
    }

    // MARK: sending

    async function send(form) {
        clear(form);
        if (!isComplete(form)) return;
        const { method, path, then } = form.dataset;
        const button = form.querySelector('[type="submit"]');
        button.disabled = true;
        try {
            const target = fill(path, form.closest("dialog").fills ?? {});
            const answer = await api.send(
                method, target, method === "DELETE" ? undefined : body(form));
            if (then) location.assign(fill(then, answer ?? {}));
            else location.reload();
        } catch (error) {
            button.disabled = false;
            show(form, error);
        }
    }

    function fill(path, values) {
        return path.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(values[name] ?? ""));
    }

    // MARK: dialogs

    function open(button) {
        const dialog = document.getElementById(button.dataset.opens);
        dialog.fills = {};
        for (const form of dialog.querySelectorAll("form[data-path]")) {
            form.reset();
            clear(form);
        }
        for (const [key, text] of Object.entries(button.dataset)) {
            if (!key.startsWith("fill")) continue;
            const name = key.slice(4).toLowerCase();
            dialog.fills[name] = text;
            const input = dialog.querySelector(`[name="${name}"]`);
            if (input) input.value = text;
            if (name === "words") {
                for (const words of dialog.querySelectorAll("[data-words]")) words.textContent = text;
            }
        }
        for (const set of dialog.querySelectorAll("[data-hours]")) tick(set);
        dialog.showModal();
        dialog.dispatchEvent(new Event("opened"));
    }

    function tick(set) {
        set.querySelector(".hours").hidden = !set.querySelector('[data-part="on"]').checked;
    }

    document.addEventListener("click", (event) => {
        const button = event.target.closest("[data-opens], [data-closes]");
        if (!button) return;
        if ("opens" in button.dataset) open(button);
        else button.closest("dialog").close();
    });
    document.addEventListener("submit", (event) => {
        if (!event.target.matches("form[data-path]")) return;
        event.preventDefault();
        send(event.target);
    });
    document.addEventListener("change", (event) => {
        const set = event.target.closest("[data-hours]");
        if (set) tick(set);
    });

    // The browser's own list of zones; what is typed beside it is judged by the server.
    const zones = document.getElementById("zones");
    if (zones && Intl.supportedValuesOf) {
        for (const name of ["UTC", ...Intl.supportedValuesOf("timeZone")]) {
            const option = document.createElement("option");
            option.value = name;
            zones.append(option);
        }
    }

    return { clear, show };
})();
