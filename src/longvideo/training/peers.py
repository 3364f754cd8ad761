"""How the processes of one training end together: each holds a connection to the first and says over it how it ended.

An exchange of tensors waits for a process that is gone, with NCCL for minutes; a connection breaks at once, even when
its process is killed. Each side sends one line, DONE or FAILED with a reason: a connection that ends without it is a
death. The first process speaks for all, so that a failure is one line in their common log.
"""

import os
import secrets
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, NoReturn, TextIO

from longvideo.errors import USAGE_EXIT_STATUS, UserError, report

DONE, FAILED = "done", "failed "
MOST = 10_000
"""Characters of a line."""
GRACE_S = 2.0
"""An exchange that fails because of a dead process fails before its death is seen here, by milliseconds."""
GREETING_S = 10.0
"""Whoever connects says within this who it is."""
EXIT_S = 10
"""After a failure a process is gone by then, whatever hangs while it ends."""

Link = tuple[socket.socket, TextIO]


class Peers:
    """Watches other processes: in the first all others, in the others the first.

    Args:
        rank: Of this process.
        world: Number of processes.
        links: Connections by rank of the other side.
    """

    def __init__(self, rank: int, world: int, links: dict[int, Link]) -> None:
        self._rank, self._world, self._links = rank, world, links
        self._ending = threading.Lock()  # whoever takes it says how this process ends, and never gives it back
        self._heard = {peer: threading.Event() for peer in links}
        self._done = {peer: threading.Event() for peer in links}
        for peer in links:
            threading.Thread(target=self._watch, args=(peer,), daemon=True).start()

    def leave(self, timeout_s: float) -> None:
        """Return once every process has come here.

        Raises:
            UserError: In the first process, if another still runs after `timeout_s`.
        """
        if self._rank:
            self._say(DONE)
        for peer, done in self._done.items():
            if not done.wait(None if self._rank else timeout_s):
                raise UserError(f"expected process {peer} to end within {timeout_s:g} s, found it running; start again")
        if not self._rank:
            self._say(DONE)
        for link, _ in self._links.values():
            link.close()

    def fail(self, error: BaseException) -> None:
        """Tell the others of an error of this process, which is to be raised again.

        Raises:
            SystemExit: Instead, where the first process prints the error.
        """
        if isinstance(error, RuntimeError):
            time.sleep(GRACE_S)
        self._ending.acquire()  # not to be had if a thread that watches is about to end this process
        signal.alarm(EXIT_S)
        own = f"process {self._rank} of {self._world} failed, see above: {type(error).__name__} {error}"
        self._say(f"{FAILED}{error if isinstance(error, UserError) else own}")
        if self._rank and isinstance(error, UserError) and self._heard[0].wait(GRACE_S):
            raise SystemExit(USAGE_EXIT_STATUS) from error

    def _watch(self, peer: int) -> None:
        said = _read(self._links[peer][1])
        if said == DONE:
            self._done[peer].set()
        self._heard[peer].set()
        if said != DONE and self._ending.acquire(blocking=False):
            self._end(peer, said.removeprefix(FAILED))

    def _end(self, peer: int, reason: str) -> NoReturn:
        """End this process because of another: from a thread, as the main one may wait inside an exchange for good."""
        again = "start the training again, it goes on from its last state"
        if not reason:
            report(f"process {peer} of {self._world} is gone without a word, killed or its node lost; {again}")
        elif not self._rank:
            report(reason)
        self._say(f"{FAILED}process {peer} failed first")
        sys.stdout.flush()
        os._exit(USAGE_EXIT_STATUS)

    def _say(self, line: str) -> None:
        for link, _ in self._links.values():
            with suppress(OSError):
                link.sendall(f"{' '.join(line.split())[: MOST - 1]}\n".encode())


def connect(rank: int, world: int, host: str, timeout_s: float, tell: Callable[[Any], Any]) -> Peers:
    """Connect every process with the first, which runs on `host`.

    Args:
        rank: Of this process.
        world: Number of processes.
        host: Where the first one runs.
        timeout_s: Seconds that each has for it.
        tell: Gives every process the value that the first one passes.

    Raises:
        OSError: Some did not come, or cannot reach the first.
    """
    if rank:
        port, secret = tell(None)
        connection = _lasting(socket.create_connection((host, port), timeout_s))
        connection.sendall(f"{secret} {rank}\n".encode())
        return Peers(rank, world, {0: (connection, connection.makefile("r", encoding="utf-8", errors="replace"))})
    both = socket.has_dualstack_ipv6()
    family = socket.AF_INET6 if both else socket.AF_INET
    links: dict[int, Link] = {}
    with socket.create_server(("", 0), family=family, backlog=world, dualstack_ipv6=both) as server:
        server.settimeout(timeout_s)
        secret = secrets.token_hex()
        tell((server.getsockname()[1], secret))
        while len(links) < world - 1:
            connection, _ = server.accept()
            connection.settimeout(GREETING_S)
            lines = connection.makefile("r", encoding="utf-8", errors="replace")
            words = _read(lines).split()
            if len(words) == 2 and words[0] == secret:  # any program can connect
                links[int(words[1])] = _lasting(connection), lines
    return Peers(rank, world, links)


def _lasting(connection: socket.socket) -> socket.socket:
    """Let a connection wait without end, but break within half a minute when the other node is lost."""
    connection.settimeout(None)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in ((socket.TCP_KEEPIDLE, 10), (socket.TCP_KEEPINTVL, 5), (socket.TCP_KEEPCNT, 3)):
        connection.setsockopt(socket.IPPROTO_TCP, name, value)
    return connection


def _read(lines: TextIO) -> str:
    """Return the next line, or "" where the connection is broken."""
    try:
        return lines.readline(MOST).strip()
    except (OSError, ValueError):  # ValueError: closed on this side
        return ""
