"""Amazon S3 and what speaks its language, through the boto3 client that Beam's options make."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import IO, Any

from apache_beam.options.pipeline_options import PipelineOptions

from transforms.steps.stores.errors import StoreError, StoreUsageError, first_line, lacking, not_found
from transforms.steps.stores.store import Store, Versioned

_DELETED_AT_ONCE = 1000
_CHUNK_BYTES = 32 << 20
_TRIES = 5
"""How often a file is asked for whose bytes break off: boto3 asks again only until an answer begins."""

_ABSENT = {"404", "NoSuchKey", "NotFound"}
_LOST = {"412", "409", "PreconditionFailed", "ConditionalRequestConflict", *_ABSENT}
_REFUSED = {
    "401",
    "403",
    "AccessDenied",
    "ExpiredToken",
    "Forbidden",
    "InvalidAccessKeyId",
    "InvalidToken",
    "SignatureDoesNotMatch",
}


def make(options: PipelineOptions) -> Store:
    """The store, if boto3 is there."""
    try:
        import boto3  # noqa: F401 — Beam does without it until it is too late
        from apache_beam.io.aws.clients.s3.boto3_client import Client
    except ImportError:
        raise StoreUsageError("s3://", lacking("S3", "s3")) from None
    return S3Store(Client(options).client)


def split(path: str) -> tuple[str, str]:
    """Bucket and key of a path.

    >>> split("s3://bucket/a/b"), split("s3://bucket")
    (('bucket', 'a/b'), ('bucket', ''))
    """
    bucket, _, key = path.partition("://")[2].partition("/")
    return bucket, key


class S3Store:
    """A Store of objects in buckets. A version is an object's ETag."""

    def __init__(self, client: Any) -> None:
        """Ask a boto3 client, which may be shared by threads."""
        self.client = client

    def size(self, path: str) -> int | None:
        """Size of a file in bytes; None where there is none."""
        bucket, key = split(path)
        if not key:
            return None
        try:
            with _sentences(path):
                return int(self.client.head_object(Bucket=bucket, Key=key)["ContentLength"])
        except FileNotFoundError:
            return None

    def written_at(self, path: str) -> float:
        """When a file was written, in seconds since 1970 by the store's clock."""
        bucket, key = split(path)
        with _sentences(path):
            return float(self.client.head_object(Bucket=bucket, Key=key)["LastModified"].timestamp())

    def read(self, path: str, start: int = 0, stop: int | None = None) -> bytes:
        """The bytes of a file, or those from `start` to `stop`, in one request."""
        wanted = {} if stop is None else {"Range": f"bytes={start}-{stop - 1}"}
        return self._get(path, **wanted).content

    def _get(self, path: str, **wanted: str) -> Versioned:
        """A file or a range of it, with the file's version."""
        from s3transfer.utils import S3_RETRYABLE_DOWNLOAD_ERRORS
        from urllib3.exceptions import HTTPError

        bucket, key = split(path)
        for _ in range(_TRIES):
            with _sentences(path):
                found = self.client.get_object(Bucket=bucket, Key=key, **wanted)
            try:
                return Versioned(bytes(found["Body"].read()), found["ETag"])
            except (*S3_RETRYABLE_DOWNLOAD_ERRORS, HTTPError) as error:
                broken = error
        raise _unanswered(path, broken)

    def put(self, path: str, file: IO[bytes]) -> None:
        """Put a file there, whole or not at all: in one request, or in parts that are given up together."""
        from boto3.s3.transfer import TransferConfig

        bucket, key = split(path)
        config = TransferConfig(multipart_threshold=2 * _CHUNK_BYTES, multipart_chunksize=_CHUNK_BYTES)
        with _sentences(path):
            self.client.upload_fileobj(file, bucket, key, Config=config)

    def walk(self, prefix: str) -> Iterator[tuple[str, int]]:
        """Paths that begin with a prefix and their sizes, at any depth."""
        yield from ((path, size) for path, size, _ in self.dated(prefix))

    def dated(self, prefix: str) -> Iterator[tuple[str, int, float]]:
        """The same with when each was written, in seconds since 1970 by the store's clock."""
        for page, bucket in self._pages(prefix):
            for entry in page.get("Contents", ()):
                yield f"s3://{bucket}/{entry['Key']}", int(entry["Size"]), entry["LastModified"].timestamp()

    def names(self, folder: str) -> set[str]:
        """Names of what a folder holds, without looking deeper."""
        found = set()
        for page, _ in self._pages(f"{folder}/", Delimiter="/"):
            entries = [entry["Key"] for entry in page.get("Contents", ())]
            folders = [entry["Prefix"] for entry in page.get("CommonPrefixes", ())]
            found |= {key.rstrip("/").rpartition("/")[2] for key in [*entries, *folders]}
        return found - {split(folder)[1].rpartition("/")[2], ""}

    def _pages(self, prefix: str, **options: str) -> Iterator[tuple[dict[str, Any], str]]:
        bucket, key = split(prefix)
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=key, **options)
        with _sentences(prefix):
            for page in pages:
                yield page, bucket

    def delete(self, paths: Sequence[str]) -> None:
        """Delete files, those that are there, a thousand in a request."""
        for at in range(0, len(paths), _DELETED_AT_ONCE):
            some = [split(path) for path in paths[at : at + _DELETED_AT_ONCE]]
            wanted = {"Objects": [{"Key": key} for _, key in some], "Quiet": True}
            with _sentences(paths[at]):
                failed = self.client.delete_objects(Bucket=some[0][0], Delete=wanted).get("Errors", ())
            for error in failed:
                raise StoreError(f"s3://{some[0][0]}/{error['Key']}", f"not deleted: {error['Message']}")

    def load(self, path: str) -> Versioned | None:
        """A file with its version; None where there is none."""
        try:
            return self._get(path)
        except FileNotFoundError:
            return None

    def put_if(self, path: str, content: bytes, version: str | None) -> str | None:
        """Write a file if it has a version or, for None, is not there; its new version if that was so.

        Where it crosses another write it may be refused though neither was made.
        """
        from botocore.exceptions import ClientError

        bucket, key = split(path)
        condition = {"IfNoneMatch": "*"} if version is None else {"IfMatch": version}
        try:
            with _sentences(path, passing=_LOST):
                found = self.client.put_object(Bucket=bucket, Key=key, Body=content, **condition)
                return str(found["ETag"])
        except ClientError:
            return None


@contextmanager
def _sentences(path: str, passing: frozenset[str] | set[str] = frozenset()) -> Iterator[None]:
    """Turn what boto3 raises into one sentence, but for answers with one of the `passing` codes."""
    from boto3.exceptions import S3UploadFailedError
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except ClientError as error:
        if error.response["Error"]["Code"] in passing:
            raise
        raise _sentence(path, error.response["Error"]) from None
    except (BotoCoreError, S3UploadFailedError) as error:
        raise _unanswered(path, error) from None


def _sentence(path: str, error: dict[str, str]) -> OSError:
    code, bucket = error["Code"], split(path)[0]
    if code == "NoSuchBucket":
        return StoreUsageError(path, f"there is no bucket {bucket}")
    if code in _ABSENT:
        return not_found(path)
    if code in _REFUSED:
        return StoreUsageError(path, f"the store refuses these credentials ({code})")
    return StoreError(path, f"the store answers {code}: {error.get('Message', '')}")


def _unanswered(path: str, error: Exception) -> StoreError:
    """What it means that there was no answer, or that there was no question for want of credentials."""
    name, text = type(error).__name__, first_line(error)
    if "Credential" in name or "Token" in name or "Profile" in name:
        return StoreUsageError(path, f"no credentials for S3: {text}")
    if "Connect" in name or "Timeout" in name:
        return StoreError(path, f"the store cannot be reached: {text}")
    return StoreError(path, f"{name}: {text}")
