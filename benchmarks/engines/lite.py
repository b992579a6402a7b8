"""SQLite: the table is its own index by unit and time."""
import os, sqlite3, time

import numpy

from . import COLUMNS, named, ranks, select, select_classes


class Engine:
    name = "SQLite"
    settings = ("WITHOUT ROWID by (unit, t), one transaction, page size 8 KiB, WAL, synchronous "
                "full, VACUUM")

    def __init__(self, folder):
        self.file = os.path.join(folder, "store.sqlite")
        self.database = sqlite3.connect(self.file)
        for pragma in ("page_size = 8192", "journal_mode = WAL", "synchronous = FULL",
                       "cache_size = -262144", "mmap_size = 1073741824"):
            self.database.execute("PRAGMA " + pragma)
        self.database.execute(
            f"CREATE TABLE frames ({' INTEGER, '.join(COLUMNS)} INTEGER, "
            "PRIMARY KEY (unit, t)) WITHOUT ROWID")

    def version(self):
        return sqlite3.sqlite_version

    def ingest(self, file, frames):
        columns = [frames[name].tolist() for name in COLUMNS]
        with self.database:
            self.database.executemany(
                f"INSERT INTO frames VALUES ({','.join('?' * len(COLUMNS))})", zip(*columns))
        self.settle()

    def settle(self):
        self.database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def size_bytes(self):
        self.database.execute("VACUUM")
        self.settle()
        return os.path.getsize(self.file)

    def buckets(self, start, end, step_seconds, with_mean):
        sql = select(step_seconds, with_mean, "frames", "/")
        rows = self.database.execute(sql, (start, end)).fetchall()
        return named(*numpy.array(rows).T)

    def ranks(self, start, end):
        rows = self.database.execute(select_classes("frames", "/"), (start, end)).fetchall()
        return ranks(*numpy.array(rows).T)

    def cpu_seconds(self):
        return time.process_time()

    def close(self):
        self.database.close()
