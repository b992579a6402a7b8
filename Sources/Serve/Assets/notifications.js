// notifications.js: recipients are added, changed, tested and removed; the log stays fresh.
"use strict";

(() => {
    const byID = (id) => document.getElementById(id);
    const path = (id) => `/api/recipients/${encodeURIComponent(id)}`;
    const said = (text) => (byID("said").textContent = text);

    async function refresh() {
        try {
            await fragment.refresh("totals", "recipients", "log");
        } catch {
            // What is shown stays; whatever is done next says what is wrong.
        }
    }

    const filter = byID("filter");
    filter.classList.add("by-script");
    filter.addEventListener("change", () => filter.requestSubmit());

    const editor = byID("recipient-editor");
    if (editor) {
        const form = byID("recipient-form");
        const { elements } = form;
        const save = form.querySelector("[type=submit]");
        const hours = new HoursField(form.querySelector(".hours"), () => {});
        /** The id of the recipient that is changed; `null`: a new one. */
        let edited = null;
        /** Its secret is told when it is made. */
        let toldSecret = "";

        function arrange() {
            const isWebhook = elements.channel.value === "webhook";
            byID("target-label").textContent = isWebhook ? "URL" : "Mail address";
            elements.target.placeholder = isWebhook ? "https://hooks.example.org/earshot" : "name@example.org";
            byID("secret-part").hidden = !isWebhook;
            byID("quiet-part").hidden = !elements.quiet.checked;
        }

        function open(recipient) {
            edited = recipient?.id ?? null;
            const shown = {
                name: "", channel: "webhook", target: "", watchdogs: false, quiet_hours: null,
                time_zone: Intl.DateTimeFormat().resolvedOptions().timeZone ?? "UTC",
                reminder_hours: 4, enabled: true, ...recipient,
            };
            byID("recipient-title").textContent = edited ? "Change the recipient" : "Add a recipient";
            for (const name of ["name", "channel", "target", "time_zone"]) {
                elements[name].value = shown[name];
            }
            elements.reminder_hours.value = shown.reminder_hours ?? "";
            elements.secret.value = "";
            elements.secret.placeholder = edited ? "stays as it is" : "made when it is left out";
            elements.watchdogs.checked = shown.watchdogs;
            elements.enabled.checked = shown.enabled;
            elements.quiet.checked = shown.quiet_hours !== null;
            hours.value = shown.quiet_hours;
            faults.show(form, []);
            byID("recipient-fault").textContent = "";
            arrange();
            editor.showModal();
        }

        async function edit(id) {
            try {
                const { recipients } = await api.get("/api/recipients");
                const recipient = recipients.find((each) => each.id === id);
                if (recipient) return open(recipient);
                said("This recipient was removed meanwhile.");
                refresh();
            } catch (error) {
                said(error.message);
            }
        }

        function value() {
            const reminder = elements.reminder_hours.value.trim();
            const secret = elements.secret.value.trim();
            return {
                name: elements.name.value.trim(),
                channel: elements.channel.value,
                target: elements.target.value.trim(),
                watchdogs: elements.watchdogs.checked,
                enabled: elements.enabled.checked,
                quiet_hours: elements.quiet.checked ? hours.value : null,
                time_zone: elements.time_zone.value.trim() || "UTC",
                reminder_hours: reminder === "" ? null : Number.isNaN(Number(reminder)) ? reminder : Number(reminder),
                ...(secret && elements.channel.value === "webhook" ? { secret } : {}),
            };
        }

        form.addEventListener("input", arrange);
        form.addEventListener("submit", async (event) => {
            event.preventDefault();
            save.disabled = true;
            byID("recipient-fault").textContent = "";
            try {
                const recipient = edited
                    ? await api.put(path(edited), value())
                    : await api.post("/api/recipients", value());
                await refresh();
                editor.close();
                said(edited ? "The recipient is changed." : "The recipient is added. Name it in rules, and it is told of them.");
                if (recipient.secret) {
                    toldSecret = recipient.secret;
                    byID("secret").textContent = toldSecret;
                    byID("recipient-secret").showModal();
                }
            } catch (error) {
                const rest = error.status === 422 ? faults.show(form, error.faults) : [error.message];
                byID("recipient-fault").textContent = ["Not saved.", ...rest].join(" ");
            }
            save.disabled = false;
        });

        byID("secret-copy").addEventListener("click", async ({ currentTarget }) => {
            try {
                await navigator.clipboard.writeText(toldSecret);
                currentTarget.textContent = "Copied";
            } catch {
                currentTarget.textContent = "Copy it by hand";
            }
        });
        byID("recipient-secret").addEventListener("close", () => {
            toldSecret = "";
            byID("secret").textContent = "";
            byID("secret-copy").textContent = "Copy";
        });

        async function test(button) {
            button.disabled = true;
            try {
                await api.ask(`${path(button.dataset.test)}/test`, { method: "POST", headers: {} });
                said("A test is on its way; what becomes of it is in the log.");
                await refresh();
            } catch (error) {
                said(`No test: ${error.message}`);
            }
            button.disabled = false;
        }

        const asking = byID("recipient-delete");
        let removed = null;

        function ask(button) {
            removed = button.dataset.delete;
            byID("delete-name").textContent = button.dataset.name;
            byID("delete-fault").textContent = "";
            asking.showModal();
        }

        byID("delete-yes").addEventListener("click", async () => {
            try {
                await api.remove(path(removed));
            } catch (error) {
                // What is gone already is removed.
                if (error.status !== 404) return (byID("delete-fault").textContent = error.message);
            }
            await refresh();
            asking.close();
            said("The recipient is removed.");
            byID("recipient-add").focus();
        });

        byID("recipient-add").addEventListener("click", () => open(null));
        document.addEventListener("click", ({ target }) => {
            const button = target.closest?.("button");
            if (button?.dataset.edit) edit(button.dataset.edit);
            else if (button?.dataset.test) test(button);
            else if (button?.dataset.delete) ask(button);
            else if (button?.hasAttribute("data-close")) editor.close();
        });
    }

    setInterval(() => !document.hidden && !document.querySelector("dialog[open]") && refresh(), 15_000);
})();
