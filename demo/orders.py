# SPDX-License-Identifier: Apache-2.0
"""Orders to a running Airflow (trigger, unpause), carried out by one helper process with Airflow's models.

Why not the REST API: on SQLite its writes can stop Airflow 3 for as long as SQLite is patient. They are made
on the event loop, which a task's own request may need in order to commit and to release the database. And
why not the CLI: it costs seconds of imports for each order.
"""

from __future__ import annotations

import json
import selectors
import subprocess
import sys
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from demo.components import Component

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_SCRIPT = Path(__file__).with_name("order_process.py")
_ANSWER_LIMIT_S = 60


@dataclass(frozen=True)
class Order:
    """What to do with a DAG; `run_id` and `conf` belong to a run that is triggered."""

    action: Literal["trigger", "unpause"]
    dag_id: str
    run_id: str | None = None
    conf: dict[str, Any] = field(default_factory=dict)


class OrderError(RuntimeError):
    """Airflow refused an order."""


class OrderProcess(Component):
    """
    The helper process; it imports Airflow once and then answers at once.

    :param env: Airflow's environment.
    :param logs_folder: Where its log goes.
    """

    def __init__(self, *, env: Mapping[str, str], logs_folder: Path) -> None:
        super().__init__(
            "orders", [sys.executable, str(_SCRIPT)], env=env, log_file=logs_folder / "orders.log"
        )

    def carry_out(self, orders: Sequence[Order]) -> list[str | None]:
        """
        Carry out orders, one after the other.

        :param orders: What to do.
        :return: The run id for each order that triggered a run.
        :raises OrderError: If Airflow refuses one of them, or does not answer.
        """
        answer = self._exchange(json.dumps([asdict(order) for order in orders]))
        if "error" in answer:
            message = f"Airflow refused: {answer['error']}"
            raise OrderError(message)
        run_ids: list[str | None] = answer["run_ids"]
        return run_ids

    def _exchange(self, line: str) -> Any:
        process = self.process
        if process is None or process.stdin is None or process.stdout is None:
            message = "The helper process for orders was not started."
            raise OrderError(message)
        self.check_running()
        process.stdin.write(line.encode() + b"\n")
        process.stdin.flush()
        with selectors.DefaultSelector() as selector:
            selector.register(process.stdout, selectors.EVENT_READ)
            answer = process.stdout.readline() if selector.select(_ANSWER_LIMIT_S) else b""
        if not answer:
            message = f"No answer to {line}. The end of {self.log_file}:\n{self.log_tail()}"
            raise OrderError(message)
        return json.loads(answer)

    def open_process(self) -> subprocess.Popen[bytes]:
        """
        Start the process with pipes for orders and answers; only its errors go to the log.

        :return: The process.
        """
        return subprocess.Popen(
            self.command,
            env=self.env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.log,
            start_new_session=True,
        )
