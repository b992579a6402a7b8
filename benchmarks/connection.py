"""A kept-alive HTTP connection whose own cost is small: what a figure's client adds is known."""
import os, socket, time, urllib.parse


class Connection:
    """One socket, one request at a time. Answers must say their length."""

    def __init__(self, base, token, timeout=600):
        host, port = urllib.parse.urlsplit(base).netloc.rsplit(":", 1)
        self.socket = socket.create_connection((host, int(port)), timeout=timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.fields = (f" HTTP/1.1\r\nHost: {host}:{port}\r\n"
                       f"Authorization: Bearer {token}\r\n").encode()
        self.buffer = memoryview(bytearray(1 << 26))

    def request(self, path):
        """The bytes to send for a GET."""
        return b"GET " + path.encode() + self.fields + b"\r\n"

    def exchange(self, request):
        """Sends a request, reads the answer to its end: seconds, head, body.

        The body is a view that the next exchange overwrites.
        """
        began = time.perf_counter()
        self.socket.sendall(request)
        filled, end = 0, -1
        while end < 0:
            filled += self._read(filled)
            end = self.buffer.obj.find(b"\r\n\r\n", 0, filled)
        head = bytes(self.buffer[:end]).lower()
        at = head.find(b"content-length:")
        if at < 0:
            raise ConnectionError(f"an answer without its length: {head[:300]!r}")
        whole = end + 4 + int(head[at + 15:].split(b"\r\n", 1)[0])
        while filled < whole:
            filled += self._read(filled)
        return time.perf_counter() - began, head, self.buffer[end + 4:whole]

    def get(self, path):
        """Seconds and body of a GET; an answer other than 200 ends the run."""
        seconds, head, body = self.exchange(self.request(path))
        check(head, body, path)
        return seconds, bytes(body)

    def post_file(self, path, kind, file, prefix=b"", offset=0, count=None):
        """Seconds and body of a POST whose body is `prefix` and a part of a file, by sendfile."""
        size = os.path.getsize(file) - offset if count is None else count
        with open(file, "rb") as opened:
            def body():
                position, end = offset, offset + size
                while position < end:
                    position += os.sendfile(
                        self.socket.fileno(), opened.fileno(), position, min(end - position, 1 << 24))
            return self._post(path, kind, len(prefix) + size, prefix, body)

    def post(self, path, kind, data):
        return self._post(path, kind, len(data), b"", lambda: self.socket.sendall(data))

    def _post(self, path, kind, length, prefix, send):
        # sendfile knows no timeout of Python's: the socket blocks, the kernel keeps the time.
        began = time.perf_counter()
        head = b"POST " + path.encode() + self.fields + (
            f"Content-Type: {kind}\r\nContent-Length: {length}\r\n\r\n").encode()
        timeout = self.socket.gettimeout()
        self.socket.settimeout(None)
        try:
            self.socket.sendall(head + prefix)
            send()
        except (BrokenPipeError, ConnectionResetError):
            pass  # refused early: the answer says why
        finally:
            self.socket.settimeout(timeout)
        _, head, body = self.exchange(b"")
        check(head, body, path)
        return time.perf_counter() - began, bytes(body)

    def close(self):
        self.socket.close()

    def _read(self, at):
        count = self.socket.recv_into(self.buffer[at:])
        if count == 0:
            raise ConnectionError("the service closed the connection")
        return count


class Refused(Exception):
    """An answer other than 200."""


def check(head, body, path):
    if not head.startswith(b"http/1.1 200"):
        raise Refused(f"{path.split('?')[0]}: {head.split(chr(13).encode())[0].decode()}: "
                      f"{bytes(body[:500]).decode(errors='replace')}")
