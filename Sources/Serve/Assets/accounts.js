// accounts.js: adds, changes and ends operators and tokens; the server renders what comes of it.
"use strict";

(() => {
    const byID = (id) => document.getElementById(id);
    const sections = ["operators", "tokens", "audit"];

    function say(text) {
        byID("said").textContent = text;
    }

    /** What went wrong outside of a dialog; nothing takes it away. */
    function fail(text) {
        byID("failure").hidden = !text;
        byID("failure").textContent = text ?? "";
    }

    /** Puts the sections in as they are now. */
    async function refresh() {
        const answer = await fetch(location.pathname + location.search);
        if (answer.redirected || !answer.ok) return location.reload();
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        for (const id of sections) byID(id).replaceWith(document.adoptNode(page.getElementById(id)));
    }

    // MARK: dialogs

    /**
     * Opens the dialog `id` and does `work` with its form when it is sent; what goes wrong is said
     * in it, and it stays open.
     */
    function ask(id, work) {
        const dialog = byID(id);
        const form = dialog.querySelector("form");
        const warning = form.querySelector(".banner");
        if (warning) warning.hidden = true;
        form.onsubmit = async (event) => {
            event.preventDefault();
            const button = form.querySelector("[type=submit]");
            button.disabled = true;
            try {
                await work(form);
                dialog.close();
            } catch (error) {
                if (warning) {
                    warning.textContent = error.message;
                    warning.hidden = false;
                }
            } finally {
                button.disabled = false;
            }
        };
        dialog.showModal();
    }

    /** Shows what is answered once, until it was taken. */
    function showSecret(title, label, secret) {
        byID("secret-dialog-title").textContent = title;
        byID("secret-dialog").querySelector("[data-label]").textContent = label;
        byID("secret").value = secret;
        ask("secret-dialog", () => {
            byID("secret").value = "";
        });
        byID("secret").select();
    }

    function confirm(title, consequence, verb, work) {
        const dialog = byID("confirm-dialog");
        byID("confirm-dialog-title").textContent = title;
        dialog.querySelector("[data-consequence]").textContent = consequence;
        dialog.querySelector("[data-yes]").textContent = verb;
        ask("confirm-dialog", work);
    }

    // MARK: operators

    function addOperator() {
        byID("operator-dialog").querySelector("form").reset();
        ask("operator-dialog", async (form) => {
            const { name, role, password } = form.elements;
            const made = await api.post("/api/operators", {
                name: name.value.trim(), role: role.value, password: password.value || null,
            });
            form.reset();
            await refresh();
            say(`${made.name} was added.`);
            told(`${made.name} was added`, made);
        });
    }

    /** Shows a password that was made. Behind the dialog that is just closing. */
    function told(title, person) {
        if (!person.password) return;
        setTimeout(() => showSecret(title, `Password of ${person.name}`, person.password), 0);
    }

    function resetPassword(row) {
        const dialog = byID("password-dialog");
        dialog.querySelector("form").reset();
        dialog.querySelector("[data-person]").textContent = row.dataset.person;
        ask("password-dialog", async (form) => {
            const password = form.elements.password.value || null;
            const person = await api.put(`/api/operators/${row.dataset.operator}`, { password });
            form.reset();
            // One's own session has just ended; the password must be seen before that shows.
            if (person.password) told("The password is reset", person);
            else await refresh();
            say(`The password of ${person.name} is reset.`);
        });
    }

    async function changeRole(select) {
        const row = select.closest("tr");
        fail();
        try {
            const person = await api.put(`/api/operators/${row.dataset.operator}`, {
                role: select.value,
            });
            say(`${person.name} is ${person.role} now.`);
        } catch (error) {
            fail(error.message);
        }
        await refresh();
        document.querySelector(`[data-operator="${row.dataset.operator}"] select`)?.focus();
    }

    function removeOperator(row) {
        const name = row.dataset.person;
        const consequence = "They are signed out at once. What they did stays in the audit log.";
        confirm(`Remove ${name}?`, consequence, "Remove", async () => {
            await api.remove(`/api/operators/${row.dataset.operator}`);
            await refresh();
            say(`${name} was removed.`);
        });
    }

    // MARK: tokens

    function createToken() {
        byID("token-dialog").querySelector("form").reset();
        ask("token-dialog", async (form) => {
            const { name, scope, days } = form.elements;
            const expires = days.value
                ? new Date(Date.now() + Number(days.value) * 86_400_000).toISOString()
                : null;
            const made = await api.post("/api/tokens", {
                name: name.value.trim(), scope: scope.value, expires,
            });
            await refresh();
            say(`The token ${made.name} was created.`);
            setTimeout(() => showSecret("The token was created", made.name, made.token), 0);
        });
    }

    function revokeToken(row) {
        const name = row.dataset.person;
        const consequence = "Scripts that use it, and sessions begun with it, are out at once.";
        confirm(`Revoke ${name}?`, consequence, "Revoke", async () => {
            await api.remove(`/api/tokens/${row.dataset.token}`);
            await refresh();
            say(`The token ${name} was revoked.`);
        });
    }

    // MARK: events

    async function copy(button) {
        const field = byID("secret");
        try {
            await navigator.clipboard.writeText(field.value);
        } catch {
            // Over plain http there is no clipboard; the selected text can be copied by hand.
            field.select();
            if (!document.execCommand("copy")) return;
        }
        button.textContent = "Copied";
        setTimeout(() => { button.textContent = "Copy"; }, 2000);
    }

    document.addEventListener("click", (event) => {
        const button = event.target.closest("button");
        if (!button) return;
        const row = button.closest("tr");
        if (button.dataset.open === "operator-dialog") addOperator();
        else if (button.dataset.open === "token-dialog") createToken();
        else if ("close" in button.dataset) button.closest("dialog").close();
        else if ("copy" in button.dataset) copy(button);
        else if ("reset" in button.dataset) resetPassword(row);
        else if ("remove" in button.dataset) removeOperator(row);
        else if ("revoke" in button.dataset) revokeToken(row);
    });
    document.addEventListener("change", (event) => {
        if (event.target.matches("[data-role]")) changeRole(event.target);
    });
    byID("secret-dialog").addEventListener("close", refresh);
})();
