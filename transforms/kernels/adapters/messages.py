"""Chat as `messages`: lists of turns with `role` and `content`, the content text or typed parts."""

from __future__ import annotations

from transforms.kernels.adapters.chat import COLUMNS, Chat

ADAPTER = Chat(name="messages", rank=10, known=COLUMNS, speaker="role", content="content")
