# SPDX-License-Identifier: Apache-2.0
"""A load that does not wait: requests begin by the clock, whether or not the last one was answered.

    python bench/api_load.py PORT PATH RATE SECONDS

Prints JSON. The latency of a request counts from the moment it was due, so that a server that
falls behind shows it.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time

CONNECTIONS = 16
#: Seconds that count not: in them the server opens its connections to the database.
WARM_UP_S = 2.0


class Load:
    """Connections to a server, and what went wrong on them."""

    def __init__(self, port: int, path: str) -> None:
        self.port = port
        self.request = (
            f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nX-Roles: admin\r\n"
            "OpenStack-API-Version: infra-optim 1.7\r\n\r\n"
        ).encode()
        self.idle: asyncio.Queue[tuple[asyncio.StreamReader, asyncio.StreamWriter]]
        self.failed = self.reconnected = 0

    async def run(self, rate: float, seconds: float) -> dict[str, float]:
        """Send ``rate`` requests a second for some seconds and return the figures."""
        self.idle = asyncio.Queue()
        for _ in range(CONNECTIONS):
            self.idle.put_nowait(await self._connect())
        began = time.perf_counter()
        running = []
        for number in range(int(rate * (seconds + WARM_UP_S))):
            due = began + number / rate
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            running.append(asyncio.create_task(self._ask(due)))
        latencies = sorted((await asyncio.gather(*running))[int(rate * WARM_UP_S) :])
        elapsed = time.perf_counter() - began - WARM_UP_S
        return {
            "rate": rate,
            "seconds": seconds,
            "answered_per_s": round(len(latencies) / elapsed, 1),
            "failed": self.failed,
            "reconnected": self.reconnected,
            "p50_ms": round(latencies[len(latencies) // 2] * 1000, 2),
            "p99_ms": round(latencies[int(len(latencies) * 0.99)] * 1000, 2),
            "longest_ms": round(latencies[-1] * 1000, 2),
        }

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection("127.0.0.1", self.port)

    async def _ask(self, due: float) -> float:
        reader, writer = await self.idle.get()
        writer.write(self.request)
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(
            int(line.split(b":")[1])
            for line in head.split(b"\r\n")
            if line.lower().startswith(b"content-length")
        )
        await reader.readexactly(length)
        latency_s = time.perf_counter() - due
        if b"\r\nconnection: close" in head.lower():
            writer.close()
            reader, writer = await self._connect()
            self.reconnected += 1
        self.idle.put_nowait((reader, writer))
        self.failed += not head.startswith(b"HTTP/1.1 200")
        return latency_s


def main() -> None:
    """Run as a process of its own."""
    port, path, rate, seconds = sys.argv[1:]
    print(json.dumps(asyncio.run(Load(int(port), path).run(float(rate), float(seconds)))))


if __name__ == "__main__":
    main()
