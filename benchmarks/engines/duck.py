"""DuckDB: a table in time order, by a transaction and a checkpoint."""
import os, time

import duckdb, numpy, pyarrow

from . import COLUMNS, named, ranks, select, select_classes


class Engine:
    name = "DuckDB"
    settings = "table in time order, newest storage version, lightweight compression, checkpointed"

    def __init__(self, folder):
        self.file = os.path.join(folder, "store.duckdb")
        self.database = duckdb.connect()
        self.database.execute(
            f"ATTACH '{self.file}' AS store (STORAGE_VERSION 'latest')")
        self.database.execute("USE store")
        self.database.execute(
            "CREATE TABLE frames (unit USMALLINT, t BIGINT, state UTINYINT, lp SMALLINT, "
            "leq SMALLINT, lmax SMALLINT, lmin SMALLINT, lpeak SMALLINT, ln1 SMALLINT, "
            "ln2 SMALLINT)")

    def version(self):
        return duckdb.__version__

    def ingest(self, file, frames):
        table = pyarrow.table({name: numpy.ascontiguousarray(frames[name]) for name in COLUMNS})
        self.database.register("batch", table)
        self.database.execute("INSERT INTO frames SELECT * FROM batch")
        self.database.execute("CHECKPOINT store")
        self.database.unregister("batch")

    def settle(self):
        self.database.execute("CHECKPOINT store")

    def size_bytes(self):
        return os.path.getsize(self.file)

    def buckets(self, start, end, step_seconds, with_mean):
        sql = select(step_seconds, with_mean, self.table)
        found = self.database.execute(sql, [start, end]).fetchnumpy()
        return named(*found.values())

    def ranks(self, start, end):
        sql = select_classes(self.table)
        return ranks(*self.database.execute(sql, [start, end]).fetchnumpy().values())

    table = "frames"

    def cpu_seconds(self):
        return time.process_time()

    def close(self):
        self.database.close()
