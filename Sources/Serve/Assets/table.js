// table.js: the data of a chart as a table, page by page, and as a CSV file.
"use strict";

class DataTable {
    static pageRows = 50;

    #element;
    #columns;
    #rows = [];
    #page = 0;

    /**
     * @param element an empty block; @param caption what the table holds.
     * @param columns [{ title, name, text(row), value(row) }]: `title` and `text` for people,
     *   `name` and `value` for the file.
     */
    constructor(element, caption, columns) {
        this.#element = element;
        this.#columns = columns;
        element.append(this.#frame(caption));
    }

    /** @param rows any values that the columns understand. */
    show(rows) {
        this.#rows = rows;
        this.#page = Math.min(this.#page, this.#pages - 1);
        this.#draw();
    }

    /** The file that spreadsheets and scripts read: no value is an empty field. */
    static csv(columns, rows) {
        const line = (cells) => `${cells.map((cell) => cell ?? "").join(",")}\r\n`;
        const lines = rows.map((row) => line(columns.map((column) => column.value(row))));
        return line(columns.map((column) => column.name)) + lines.join("");
    }

    /** Hands `text` to the browser as a download. */
    static save(text, name) {
        const link = document.createElement("a");
        link.href = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
        link.download = name;
        link.click();
        // The download has begun by the time the next task runs, in every browser.
        setTimeout(() => URL.revokeObjectURL(link.href), 0);
    }

    get #pages() {
        return Math.max(1, Math.ceil(this.#rows.length / DataTable.pageRows));
    }

    #frame(caption) {
        const frame = document.createDocumentFragment();
        const scroller = document.createElement("div");
        scroller.className = "scroller";
        scroller.tabIndex = 0;
        scroller.setAttribute("role", "region");
        scroller.setAttribute("aria-label", caption);
        const table = document.createElement("table");
        table.createCaption().textContent = caption;
        table.caption.className = "vh";
        const head = table.createTHead().insertRow();
        for (const column of this.#columns) {
            const cell = document.createElement("th");
            cell.scope = "col";
            cell.textContent = column.title;
            head.append(cell);
        }
        table.createTBody();
        scroller.append(table);
        const pager = document.createElement("div");
        pager.className = "pager";
        const where = document.createElement("span");
        where.className = "small muted";
        where.setAttribute("role", "status");
        pager.append(this.#button("Previous rows", -1), where, this.#button("Next rows", 1));
        frame.append(scroller, pager);
        return frame;
    }

    #button(text, direction) {
        const button = document.createElement("button");
        button.type = "button";
        button.className = "btn";
        button.textContent = text;
        button.addEventListener("click", () => {
            this.#page = Math.min(this.#pages - 1, Math.max(0, this.#page + direction));
            this.#draw();
        });
        return button;
    }

    #draw() {
        const first = this.#page * DataTable.pageRows;
        const rows = this.#rows.slice(first, first + DataTable.pageRows);
        const body = document.createElement("tbody");
        for (const row of rows) {
            const line = body.insertRow();
            for (const column of this.#columns) line.insertCell().textContent = column.text(row);
        }
        this.#element.querySelector("tbody").replaceWith(body);
        const [back, where, on] = this.#element.querySelector(".pager").children;
        where.textContent = rows.length
            ? `Rows ${first + 1} to ${first + rows.length} of ${this.#rows.length}`
            : "No rows";
        back.disabled = this.#page === 0;
        on.disabled = this.#page >= this.#pages - 1;
    }
}
