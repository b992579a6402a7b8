"""ClickHouse inside Python (chDB): MergeTree ordered by unit and time, codecs by column."""
import io, time

import chdb.session, numpy, pyarrow

from . import DAY_MS, METRICS, folder_bytes, named, ranks, select, select_classes

# Tried on set S: T64('bit') behind Delta is what these need; other codecs take 2.8 to 3.6 bytes.
NOISY = "Delta(2), T64('bit'), ZSTD(1)"
STEPS = "Delta(2), ZSTD(1)"
RECORD = ("t Int64, unit UInt16, state UInt8, zero UInt8, "
          + ", ".join(f"{name} Int16" for name in METRICS) + ", zero2 Int16")


class Engine:
    name = "ClickHouse"
    settings = ("embedded; MergeTree by (unit, t); Delta and ZSTD(1), for lp and lpeak "
                "T64('bit') between; parts synced; merged to one part")

    def __init__(self, folder):
        self.folder = folder
        self.session = chdb.session.Session(folder)
        self.session.query("CREATE DATABASE store")
        levels = ", ".join(
            f"{name} Int16 CODEC({NOISY if name in ('lp', 'lpeak') else STEPS})"
            for name in METRICS)
        self.session.query(
            "CREATE TABLE store.frames (unit UInt16 CODEC(ZSTD(1)), t Int64 CODEC(Delta(8), "
            f"ZSTD(1)), state UInt8 CODEC(ZSTD(1)), {levels}) ENGINE = MergeTree "
            "ORDER BY (unit, t) SETTINGS fsync_after_insert = 1, fsync_part_directory = 1")

    def version(self):
        return str(self.session.query("SELECT version()", "TabSeparated")).strip()

    def ingest(self, file, frames):
        columns = ", ".join(("unit", "t", "state") + METRICS)
        self.session.query(
            f"INSERT INTO store.frames ({columns}) SELECT {columns} "
            f"FROM file('{file}', 'RowBinary', '{RECORD}')")

    def settle(self):
        self.session.query("OPTIMIZE TABLE store.frames FINAL")

    def size_bytes(self):
        return int(str(self.session.query(
            "SELECT sum(bytes_on_disk) FROM system.parts WHERE active AND table = 'frames'",
            "TabSeparated")))

    def buckets(self, start, end, step_seconds, with_mean):
        step = step_seconds * 1000
        sql = select(step_seconds, with_mean, "store.frames")
        return named(*self._columns(sql.replace(f"t // {step}", f"intDiv(t, {step})"), start, end))

    def ranks(self, start, end):
        sql = select_classes("store.frames").replace(f"t // {DAY_MS}", f"intDiv(t, {DAY_MS})")
        return ranks(*self._columns(sql, start, end))

    def _columns(self, sql, start, end):
        sql = sql.replace("?", str(start), 1).replace("?", str(end), 1)
        answer = self.session.query(sql, "ArrowStream").bytes()
        table = pyarrow.ipc.open_stream(io.BytesIO(answer)).read_all()
        return [column.to_numpy() for column in table.columns]

    def cpu_seconds(self):
        return time.process_time()

    def close(self):
        self.session.close()
