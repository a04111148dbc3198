"""ShareGPT: `conversations`, lists of turns with `from` and `value`, beside `system` and `tools`."""

from __future__ import annotations

from transforms.kernels.adapters.chat import COLUMNS, Chat

ADAPTER = Chat(
    name="sharegpt",
    rank=11,
    known=COLUMNS | {"turns": ("conversations", "conversation", "messages")},
    speaker="from",
    content="value",
)
