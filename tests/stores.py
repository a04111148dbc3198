"""A server that speaks S3, in threads of this process: real requests over the network, and counted."""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import boto3
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server

BUCKET = "bucket"
CONFLICT = ("409 Conflict", "ConditionalRequestConflict")
"""What S3 answers where two conditional writes cross."""
KEYS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "us-east-1"}


class Refusal(Exception):  # noqa: N818 — an answer, no error
    """An answer of the server's own: its status line and its code."""

    def __init__(self, status: str, code: str) -> None:
        super().__init__(status)
        self.status = status
        self.body = f"<Error><Code>{code}</Code><Message>once more</Message></Error>".encode()


@dataclass
class S3:
    """A running server: where it is, and what it was asked."""

    port: int
    asked: Counter[str] = field(default_factory=Counter)
    before: list[Callable[[dict[str, Any]], None]] = field(default_factory=list)
    """Called with each request before it is answered; may raise a Refusal."""
    sent: list[Callable[[dict[str, Any], bytes], bytes]] = field(default_factory=list)
    """Called with each request and the body of its answer; what they give is sent."""

    @property
    def url(self) -> str:
        """Address of the server."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def flags(self) -> list[str]:
        """Beam's options that lead to it."""
        return [f"--s3_endpoint_url={self.url}", *self.secrets]

    @property
    def secrets(self) -> list[str]:
        """Beam's options for its credentials."""
        return ["--s3_access_key_id=test", "--s3_secret_access_key=test", "--s3_region_name=us-east-1"]

    @property
    def environment(self) -> dict[str, str]:
        """Variables that lead any client to it."""
        return {**KEYS, "AWS_ENDPOINT_URL": self.url}

    @property
    def client(self) -> Any:
        """A client of its own."""
        return boto3.client(
            "s3",
            endpoint_url=self.url,
            region_name="us-east-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",  # noqa: S106 — the server asks for none
        )

    def objects(self, prefix: str = "") -> list[str]:
        """Keys of the bucket's objects that begin with a prefix."""
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=prefix)
        return [entry["Key"] for page in pages for entry in page.get("Contents", ())]

    def read(self, key: str) -> bytes:
        """Content of an object."""
        content: bytes = self.client.get_object(Bucket=BUCKET, Key=key)["Body"].read()
        return content


@contextmanager
def serve_s3() -> Iterator[S3]:
    """Serve a bucket until the body ends.

    moto looks whether an object is there and then writes it, in two steps that threads may come between, so
    that its conditional writes are none. Requests are therefore answered one at a time.
    """
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    inner, turn = DomainDispatcherApplication(create_backend_app), threading.Lock()

    def answer(environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        try:
            for look in list(store.before):
                look(environ)
        except Refusal as refusal:
            start(refusal.status, [("Content-Type", "application/xml")])
            return [refusal.body]
        with turn:
            store.asked[_kind(environ)] += 1
            body = b"".join(inner(environ, start))
        for change in list(store.sent):
            body = change(environ, body)
        return [body]

    server = make_server("127.0.0.1", 0, answer, threaded=True)
    store = S3(server.server_port)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        store.client.create_bucket(Bucket=BUCKET)
        yield store
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _kind(environ: dict[str, Any]) -> str:
    """What a request asks for."""
    listing = "list-type" in environ["QUERY_STRING"]
    return "LIST" if listing else str(environ["REQUEST_METHOD"])
