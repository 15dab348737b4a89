# SPDX-License-Identifier: Apache-2.0
"""Helper processes: each takes one order after another as a line of JSON, and answers each with a line."""

from __future__ import annotations

import json
import os
import selectors
import subprocess
import sys
from typing import TYPE_CHECKING, Any

from demo.components import Component

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

_ANSWER_LIMIT_S = 300.0


class HelperError(RuntimeError):
    """A helper could not carry out an order."""


class Helper(Component):
    """
    A helper process.

    :param module: The module to run.
    :param arguments: Its arguments.
    :param env: Its whole environment.
    :param log_file: Where what it prints goes; the folder exists.
    """

    def __init__(self, module: str, *arguments: str, env: Mapping[str, str], log_file: Path) -> None:
        command = [sys.executable, "-W", "ignore", "-m", module, *arguments]
        super().__init__(log_file.stem, command, env=env, log_file=log_file)

    def order(self, **order: Any) -> Any:
        """
        Have an order carried out.

        :param order: What to do.
        :return: The answer.
        :raises HelperError: If the order fails, or no answer comes.
        """
        self.tell(**order)
        return self.read_answer()

    def tell(self, **order: Any) -> None:
        """
        Give an order without waiting for its answer.

        :param order: What to do.
        :raises HelperError: If the process was not started.
        """
        if self.process is None or self.process.stdin is None:
            message = f"The helper {self.name} was not started."
            raise HelperError(message)
        self.check_running()
        self.process.stdin.write(json.dumps(order).encode() + b"\n")
        self.process.stdin.flush()

    def read_answer(self) -> Any:
        """
        Read the answer of the oldest order that has none yet.

        :return: The answer.
        :raises HelperError: If the order failed, or no answer comes.
        """
        if self.process is None or self.process.stdout is None:
            message = f"The helper {self.name} was not started."
            raise HelperError(message)
        with selectors.DefaultSelector() as selector:
            selector.register(self.process.stdout, selectors.EVENT_READ)
            line = self.process.stdout.readline() if selector.select(_ANSWER_LIMIT_S) else b""
        if not line:
            message = f"{self.name} gave no answer. The end of its log:\n{self.log_tail(10)}"
            raise HelperError(message)
        answer = json.loads(line)
        if "error" in answer:
            message = f"{self.name}: {answer['error']} The end of its log:\n{self.log_tail(10)}"
            raise HelperError(message)
        return answer["answer"]

    def open_process(self) -> subprocess.Popen[bytes]:
        """
        Start the process with pipes for orders and answers; what it prints goes to the log.

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


class Orders:
    """
    The helper's own side. To be made before anything is imported that may print: only answers belong on the
    pipe, whatever else is printed joins the log, and no task may take orders for its standard input.
    """

    def __init__(self) -> None:
        self._orders, self._answers = os.fdopen(os.dup(0)), os.fdopen(os.dup(1), "w")
        os.dup2(2, 1)
        with open(os.devnull) as nothing:  # noqa: PTH123 - only its number is wanted
            os.dup2(nothing.fileno(), 0)

    def carry_out(self, carry_out: Callable[[dict[str, Any]], Any]) -> None:
        """
        Carry out orders until no more come.

        :param carry_out: Does what an order says; whatever it raises is the answer.
        """
        for line in self._orders:
            try:
                answer = {"answer": carry_out(json.loads(line))}
            except Exception as error:  # noqa: BLE001 - told to whoever gave the order
                answer = {"error": f"{type(error).__name__}: {error}"}
            print(json.dumps(answer), file=self._answers, flush=True)
