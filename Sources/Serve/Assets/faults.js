// faults.js: what the server finds wrong with a form, each under its field.
"use strict";

const faults = {
    /**
     * Shows what is wrong, `{field, message}`, in the elements of `form` that name the field in
     * their `data-fault`, and opens what hides them.
     *
     * Gives back what has no place in the form, as sentences.
     */
    show(form, list) {
        const rest = new Set(list);
        let first = null;
        for (const place of form.querySelectorAll("[data-fault]")) {
            const names = place.dataset.fault.split(" ");
            const own = list.filter(({ field }) =>
                names.some((name) => field === name || field.startsWith(`${name}[`)));
            own.forEach((fault) => rest.delete(fault));
            place.textContent = own.map(({ message }) => `This ${message}`).join(" ");
            for (const name of names) {
                const input = form.elements[name.split(".").pop()];
                const isWrong = own.some(({ field }) => field === name);
                input?.setAttribute?.("aria-invalid", String(isWrong));
            }
            if (own.length > 0) first ??= place;
        }
        const more = first?.closest("details");
        if (more) more.open = true;
        return [...rest].map(({ field, message }) => `${field} ${message}`);
    },
};
