// links.js: the links by which a client enters the portal: made, shown once, copied, revoked.
"use strict";

(() => {
    const dialog = document.getElementById("links");
    const base = `/projects/${encodeURIComponent(dialog.dataset.project)}`;
    const zone = new Zone(document.documentElement.dataset.zone);
    const byID = (id) => document.getElementById(id);
    const form = byID("make-link");
    const states = { active: "Works", used: "Used", expired: "Expired", revoked: "Revoked" };

    // MARK: the list

    async function load() {
        let answer;
        try {
            answer = await api.get(`${base}/portal-links`);
        } catch (error) {
            byID("no-links").hidden = false;
            byID("no-links").textContent = error.message;
            return;
        }
        byID("quick").hidden = !answer.open?.enabled;
        if (answer.open?.enabled) {
            byID("quick").querySelector("input").value =
                answer.open.url ?? answer.open.path;
        }
        byID("link-list").replaceChildren(...answer.links.map(row));
        byID("no-links").hidden = answer.links.length > 0;
        byID("no-links").textContent = "No link yet. Make the first one above.";
    }

    function row(link) {
        const item = byID("link-row").content.firstElementChild.cloneNode(true);
        const works = link.status === "active";
        item.querySelector(".label").textContent = link.label;
        item.querySelector(".word").textContent = states[link.status] ?? link.status;
        item.querySelector(".pill").dataset.works = works;
        item.querySelector(".facts-of-link").textContent = facts(link);
        const button = item.querySelector("button");
        button.hidden = !works;
        button.setAttribute("aria-label", `Revoke the link ${link.label}`);
        button.addEventListener("click", () => revoke(link, button));
        return item;
    }

    function facts(link) {
        const day = (time) => zone.moment(words.time(time), DAY);
        const parts = [`made ${day(link.created)}`];
        parts.push(link.last_used ? `last used ${day(link.last_used)}` : "never used");
        if (link.revoked) parts.push(`revoked ${day(link.revoked)}`);
        else parts.push(link.expires ? `until ${day(link.expires)}` : "no end");
        if (link.one_time) parts.push("once only");
        return parts.join(" · ");
    }

    /** The first press asks; the second does it. */
    async function revoke(link, button) {
        if (!button.dataset.sure) {
            button.dataset.sure = "yes";
            button.textContent = "Really revoke?";
            button.setAttribute("aria-label", `Really revoke the link ${link.label}?`);
            button.addEventListener("blur", () => {
                delete button.dataset.sure;
                button.textContent = "Revoke";
                button.setAttribute("aria-label", `Revoke the link ${link.label}`);
            }, { once: true });
            return;
        }
        button.disabled = true;
        try {
            await api.send("POST", `${base}/portal-link/${link.id}/revoke`);
            byID("links-said").textContent = `The link ${link.label} is revoked.`;
            await load();
            dialog.querySelector("[data-closes]").focus();
        } catch (error) {
            button.disabled = false;
            forms.show(form, error);
        }
    }

    // MARK: a new one

    /** When it ends; `undefined`: when the server says, `null`: never. */
    function expires() {
        switch (form.elements.expiry.value) {
            case "never":
                return null;
            case "date": {
                const start = zone.parse(`${form.elements.until.value}T00:00`);
                // To the end of that day, which may have 23 or 25 hours.
                return start === null ? "" : new Date(zone.midnight(start + 36 * HOUR)).toISOString();
            }
            default:
                return undefined;
        }
    }

    async function make(event) {
        event.preventDefault();
        forms.clear(form);
        const label = form.elements.label.value.trim();
        const ends = expires();
        if (label === "" || ends === "") {
            const message = label === "" ? "Say for whom the link is." : "Give the last day.";
            form.elements[label === "" ? "label" : "until"].focus();
            return forms.show(form, new AnswerError(message, 0));
        }
        const button = form.querySelector('[type="submit"]');
        button.disabled = true;
        try {
            const made = await api.send("POST", `${base}/portal-link`, {
                label, expires: ends, one_time: form.elements.one_time.checked,
            });
            const field = byID("made").querySelector("input");
            field.value = made.url ?? made.path;
            byID("private").hidden = made.is_public !== false;
            byID("made").hidden = false;
            byID("links-said").textContent = "The link is made. Its address is shown this once.";
            form.reset();
            byID("until").hidden = true;
            field.focus();
            field.select();
            await load();
        } catch (error) {
            forms.show(form, error);
        } finally {
            button.disabled = false;
        }
    }

    async function copy(button) {
        const field = button.parentElement.querySelector("input");
        field.select();
        try {
            await navigator.clipboard.writeText(field.value);
            button.textContent = "Copied";
            byID("links-said").textContent = "Copied.";
        } catch {
            // It is selected; people copy it themselves.
            button.textContent = "Press Ctrl+C";
        }
    }

    form.addEventListener("submit", make);
    form.elements.expiry.addEventListener("change", () => {
        byID("until").hidden = form.elements.expiry.value !== "date";
    });
    dialog.addEventListener("click", (event) => {
        const button = event.target.closest("[data-copies]");
        if (button) copy(button);
    });
    dialog.addEventListener("opened", load);
    // An address is shown once: it does not wait in a closed dialog.
    dialog.addEventListener("close", () => {
        byID("made").hidden = true;
        byID("made").querySelector("input").value = "";
        for (const button of dialog.querySelectorAll("[data-copies]")) button.textContent = "Copy";
    });
})();
