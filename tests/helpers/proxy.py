"""A small reverse proxy that serves a local server under a path, as a hub or a web server does."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Iterator, Mapping

Targets = Mapping[str, int]  # ports by path, without a slash at the end


@contextlib.contextmanager
def proxied(targets: Targets, port: int) -> Iterator[None]:
    """Run a proxy in its own thread.

    Args:
        targets: The port of the server behind each path, which the proxy removes.
        port: The proxy's own port on 127.0.0.1.
    """
    loop = asyncio.new_event_loop()
    tasks: set[asyncio.Task[None]] = set()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError):
                await _pass_on(reader, writer, targets)
        finally:
            writer.close()
            tasks.discard(task)

    async def end(server: asyncio.Server) -> None:
        server.close()
        for task in list(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        server = asyncio.run_coroutine_threadsafe(asyncio.start_server(handle, "127.0.0.1", port), loop).result(10)
        try:
            yield
        finally:
            asyncio.run_coroutine_threadsafe(end(server), loop).result(10)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, targets: Targets) -> None:
    """Pass on one request and then whatever either side sends, which is all that a websocket needs."""
    line, _, headers = (await reader.readuntil(b"\r\n\r\n")).partition(b"\r\n")
    method, path, version = line.decode().split(" ")
    prefix = next((one for one in targets if path.startswith(f"{one}/")), None)
    if prefix is None:
        writer.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        return
    if b"upgrade:" not in headers.lower():  # one request per connection, since only its first line is rewritten
        lines = [one for one in headers.split(b"\r\n") if not one.lower().startswith(b"connection:")]
        headers = b"\r\n".join([b"Connection: close", *lines])
    inner_reader, inner = await asyncio.open_connection("127.0.0.1", targets[prefix])
    inner.write(f"{method} {path.removeprefix(prefix)} {version}\r\n".encode() + headers)
    try:
        await asyncio.gather(_copy(reader, inner), _copy(inner_reader, writer))
    finally:
        inner.close()


async def _copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    while data := await source.read(65536):
        target.write(data)
        await target.drain()
    with contextlib.suppress(OSError):
        target.write_eof()
