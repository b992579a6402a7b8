// fragment.js: brings parts of the page up to date with how the server renders them now. So words
// and markup stand in one place, the server's templates.
"use strict";

const fragment = {
    /**
     * Asks for this page once more and takes over the elements of these ids.
     *
     * What has not changed stays as it is, with its focus, and an open disclosure stays open.
     * Throws `AnswerError`; without a session it leaves for the sign-in page.
     */
    async refresh(...ids) {
        const address = location.pathname + location.search;
        let answer;
        try {
            answer = await fetch(address, { headers: { accept: "text/html" } });
        } catch {
            throw new AnswerError("The server cannot be reached.", 0);
        }
        if (answer.redirected && new URL(answer.url).pathname === "/sign-in") {
            api.signIn();
            throw new AnswerError("You are signed out.", 401);
        }
        if (!answer.ok) throw new AnswerError(`The server answered ${answer.status}.`, answer.status);
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        for (const id of ids) {
            const [old, fresh] = [document.getElementById(id), page.getElementById(id)];
            if (old && fresh) fragment.follow(old, fresh);
        }
    },

    /** Makes `old` what `fresh` is. */
    follow(old, fresh) {
        if (old.isEqualNode(fresh)) return;
        if (old.nodeType !== fresh.nodeType || old.nodeName !== fresh.nodeName) {
            return old.replaceWith(document.adoptNode(fresh));
        }
        if (old.nodeType !== Node.ELEMENT_NODE) {
            old.nodeValue = fresh.nodeValue;
            return;
        }
        for (const { name } of [...old.attributes]) {
            if (!fresh.hasAttribute(name) && name !== "open") old.removeAttribute(name);
        }
        for (const { name, value } of fresh.attributes) {
            if (old.getAttribute(name) !== value) old.setAttribute(name, value);
        }
        if (old.type === "checkbox") old.checked = fresh.checked;
        const before = [...old.childNodes];
        const after = [...fresh.childNodes];
        after.forEach((node, index) => {
            if (index < before.length) fragment.follow(before[index], node);
            else old.append(document.adoptNode(node));
        });
        for (const node of before.slice(after.length)) node.remove();
    },
};
