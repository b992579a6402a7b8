// api.js: questions to this server, and what went wrong with them in words.
"use strict";

/** An answer that is not the one asked for. `message` is a sentence for people. */
class AnswerError extends Error {
    /** @param faults what is wrong by field: `{field, message}`. */
    constructor(message, status, requestID, faults = []) {
        super(requestID ? `${message} (request ${requestID})` : message);
        this.status = status;
        this.faults = faults;
    }
}

const api = {
    /**
     * The JSON at `path` with `query`.
     *
     * Throws `AnswerError`; an aborted question throws the signal's reason. Without a session it
     * leaves the page.
     */
    get(path, query = {}, signal) {
        const text = new URLSearchParams(query).toString();
        return api.ask(text ? `${path}?${text}` : path, { signal, headers: {} });
    },

    /** Sets what is at `path`; gives back what it is then. Throws as `get`. */
    put(path, value) {
        return api.send("PUT", path, value);
    },

    /** Gives `value` to `path`; gives back the answer. Throws as `get`. */
    post(path, value, signal) {
        return api.send("POST", path, value, signal);
    },

    /** Removes what is at `path`. Throws as `get`. */
    remove(path) {
        return api.ask(path, { method: "DELETE", headers: {} });
    },

    /** Changes something; without a value, with no body. Gives back the answer, if there is one. */
    send(method, path, value, signal) {
        if (value === undefined) return api.ask(path, { method, signal, headers: {} });
        return api.ask(path, {
            method,
            signal,
            headers: { "content-type": "application/json" },
            body: JSON.stringify(value),
        });
    },

    async ask(path, options) {
        let answer;
        try {
            options.headers.accept = "application/json";
            answer = await fetch(path, options);
        } catch (error) {
            if (options.signal?.aborted) throw error;
            throw new AnswerError("The server cannot be reached.", 0);
        }
        if (answer.status === 401) {
            api.signIn();
            throw new AnswerError("You are signed out.", 401);
        }
        if (!answer.ok) throw await api.failure(answer);
        return answer.status === 204 ? null : answer.json();
    },

    async failure(answer) {
        const problem = await answer.json().catch(() => ({}));
        const requestID = problem.request_id ?? answer.headers.get("x-request-id");
        const message = problem.detail ?? problem.title ?? `The server answered ${answer.status}.`;
        return new AnswerError(message, answer.status, requestID, problem.errors);
    },

    /** Leaves for where one gets in: the page says where, if it is not the sign-in page. */
    signIn() {
        const { door } = document.documentElement.dataset;
        if (door) return location.assign(door);
        const next = encodeURIComponent(location.pathname + location.search);
        location.assign(`/sign-in?next=${next}`);
    },

    unit(id) {
        return `/api/units/${encodeURIComponent(id)}`;
    },
};
