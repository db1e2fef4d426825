# SPDX-License-Identifier: Apache-2.0
"""The least that an answer can cost in Python: one SQL statement and ``json.dumps`` of its bytes.

    python bench/api_floor.py PORT

Reads cases as lines of JSON, ``{"sql", "body", "times"}``, and answers each with the milliseconds
of processor time that one such answer takes. The driver is the one that the service uses; there is
no server, no routing, no ORM.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any

import pymysql


def measure(cursor: pymysql.cursors.Cursor, case: dict[str, Any]) -> float:
    """Return the milliseconds of processor time that one case takes."""
    document = json.loads(case["body"])

    def once() -> None:
        if case["sql"]:
            cursor.execute(case["sql"])
            cursor.fetchall()
        json.dumps(document).encode()

    once()
    began = time.process_time()
    for _ in range(case["times"]):
        once()
    return (time.process_time() - began) / case["times"] * 1000


def main() -> None:
    """Measure the cases of the input, one after the other."""
    connection = pymysql.connect(
        host="127.0.0.1", port=int(sys.argv[1]), user="bench", password="bench",
        database="watcher", charset="utf8mb4", autocommit=True,
    )  # fmt: skip
    with connection, connection.cursor() as cursor:
        for line in sys.stdin:
            print(measure(cursor, json.loads(line)), flush=True)


if __name__ == "__main__":
    main()
