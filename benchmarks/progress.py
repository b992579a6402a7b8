"""How far a run is, on stderr: a bar on a terminal, a line a step elsewhere."""
import sys, time


class Progress:
    """Steps of a run. One line is rewritten on a terminal; a log gets each step once."""

    def __init__(self, title, total):
        self.title, self.total, self.done, self.began = title, total, 0, time.time()
        self.is_terminal = sys.stderr.isatty()

    def step(self, text):
        """Says what begins now."""
        self.done += 1
        share = min(1, (self.done - 1) / max(1, self.total))
        if self.is_terminal:
            bar = "█" * int(share * 24) + "░" * (24 - int(share * 24))
            line = f"{self.title} {bar} {share * 100:3.0f} % {text}"
            sys.stderr.write("\r\x1b[K" + line[:110])
        else:
            sys.stderr.write(f"{self.title} [{self.done}/{self.total}] "
                             f"{time.time() - self.began:.0f} s: {text}\n")
        sys.stderr.flush()

    def end(self):
        if self.is_terminal:
            sys.stderr.write("\r\x1b[K")
        sys.stderr.write(f"{self.title} took {time.time() - self.began:.0f} s\n")
        sys.stderr.flush()
