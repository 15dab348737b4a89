# SPDX-License-Identifier: Apache-2.0
"""Ways in which a server can misbehave, for :mod:`tests.support.scripted_server`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.support.scripted_server import Conversation

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


def hold(conversation: Conversation) -> None:
    conversation.hold()


def reset(conversation: Conversation) -> None:
    conversation.reset()


def half_an_answer(conversation: Conversation) -> None:
    conversation.send(HEAD + b'Content-Length: 1000\r\n\r\n{"h.key": ')
    conversation.hang_up()


def slow_headers(conversation: Conversation) -> None:
    conversation.drip(b"HTTP/1.1 204 No Content\r\nX-Slow: " + b"x" * 10_000)


def slow_body(conversation: Conversation) -> None:
    conversation.send(HEAD + b"Content-Length: 10000\r\n\r\n")
    conversation.drip(b"x" * 10_000)


def endless(conversation: Conversation) -> None:
    conversation.send(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
    while not conversation.stopped.is_set():
        conversation.send(b"10000\r\n" + b"x" * 0x10000 + b"\r\n")
