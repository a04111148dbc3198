"""Google Cloud Storage, through the client that Beam's options make."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import IO, Any

from apache_beam.options.pipeline_options import GoogleCloudOptions, PipelineOptions

from transforms.steps.stores.errors import StoreError, StoreUsageError, first_line, lacking, not_found
from transforms.steps.stores.s3 import split
from transforms.steps.stores.store import Store, Versioned

_THREADS = 8
_SMALL_SECONDS = 15.0
"""How long an answer about a small file may take: Google's 60 are as long as a lease lives without a beat."""


def make(options: PipelineOptions) -> Store:
    """The store, if Google's client is there."""
    try:
        from apache_beam.io.gcp.gcsio import create_storage_client
    except ImportError:
        sentence = lacking("Google Cloud Storage", "gcs")
        raise StoreUsageError("gs://", sentence) from None
    anonymous = options.view_as(GoogleCloudOptions).no_auth
    return GCSStore(create_storage_client(options, use_credentials=not anonymous))


class GCSStore:
    """A Store of objects in buckets. A version is an object's generation."""

    def __init__(self, client: Any) -> None:
        """Ask a client of google-cloud-storage."""
        self.client = client

    def _blob(self, path: str) -> Any:
        bucket, key = split(path)
        return self.client.bucket(bucket).blob(key)

    def size(self, path: str) -> int | None:
        """Size of a file in bytes; None where there is none."""
        bucket, key = split(path)
        if not key:
            return None
        with _sentences(path):
            found = self.client.bucket(bucket).get_blob(key)
        return None if found is None else int(found.size)

    def written_at(self, path: str) -> float:
        """When a file was written, in seconds since 1970 by the store's clock."""
        bucket, key = split(path)
        with _sentences(path):
            found = self.client.bucket(bucket).get_blob(key)
        if found is None:
            raise not_found(path)
        return float(found.updated.timestamp())

    def read(self, path: str, start: int = 0, stop: int | None = None) -> bytes:
        """The bytes of a file, or those from `start` to `stop`, in one request."""
        with _sentences(path):
            if stop is None:
                return bytes(self._blob(path).download_as_bytes())
            return bytes(self._blob(path).download_as_bytes(start=start, end=stop - 1))

    def put(self, path: str, file: IO[bytes]) -> None:
        """Put a file there, whole or not at all: an upload that is not finished is no object."""
        from google.cloud.storage.retry import DEFAULT_RETRY

        with _sentences(path, absent="bucket"):
            self._blob(path).upload_from_file(file, rewind=True, retry=DEFAULT_RETRY)

    def walk(self, prefix: str) -> Iterator[tuple[str, int]]:
        """Paths that begin with a prefix and their sizes, at any depth."""
        yield from ((path, size) for path, size, _ in self.dated(prefix))

    def dated(self, prefix: str) -> Iterator[tuple[str, int, float]]:
        """The same with when each was written, in seconds since 1970 by the store's clock."""
        bucket, key = split(prefix)
        fields = "items(name,size,updated),nextPageToken"
        with _sentences(prefix, absent="bucket"):
            for blob in self.client.list_blobs(bucket, prefix=key, fields=fields):
                yield f"gs://{bucket}/{blob.name}", int(blob.size), blob.updated.timestamp()

    def names(self, folder: str) -> set[str]:
        """Names of what a folder holds, without looking deeper."""
        bucket, key = split(f"{folder}/")
        with _sentences(folder, absent="bucket"):
            found = self.client.list_blobs(bucket, prefix=key, delimiter="/")
            names = {blob.name.removeprefix(key) for blob in found}
        return (names | {name.removeprefix(key).rstrip("/") for name in found.prefixes}) - {""}

    def delete(self, paths: Sequence[str]) -> None:
        """Delete files, those that are there."""
        with ThreadPoolExecutor(_THREADS) as pool:
            list(pool.map(self._delete, paths))

    def _delete(self, path: str) -> None:
        with suppress(FileNotFoundError), _sentences(path):
            self._blob(path).delete()

    def load(self, path: str) -> Versioned | None:
        """A file with its version; None where there is none."""
        bucket, key = split(path)
        with _sentences(path):
            while (blob := self.client.bucket(bucket).get_blob(key, timeout=_SMALL_SECONDS)) is not None:
                with suppress(_Changed), _unless_changed():
                    content = blob.download_as_bytes(
                        if_generation_match=blob.generation, timeout=_SMALL_SECONDS
                    )
                    return Versioned(bytes(content), str(blob.generation))
        return None

    def put_if(self, path: str, content: bytes, version: str | None) -> str | None:
        """Write a file if it has a version or, for None, is not there; its new version if that was so."""
        kind, expected = "application/octet-stream", int(version or 0)
        try:
            with _sentences(path), _unless_changed():
                blob = self._blob(path)
                blob.upload_from_string(content, kind, if_generation_match=expected, timeout=_SMALL_SECONDS)
        except _Changed:
            return None
        return str(blob.generation)


class _Changed(Exception):  # noqa: N818 — an answer, no error
    """An object is not of the generation that was asked for."""


@contextmanager
def _unless_changed() -> Iterator[None]:
    """Turn the answer that an object is of another generation into _Changed."""
    from google.api_core.exceptions import NotFound, PreconditionFailed

    try:
        yield
    except (NotFound, PreconditionFailed):
        raise _Changed from None


@contextmanager
def _sentences(path: str, absent: str = "file") -> Iterator[None]:
    """Turn what Google's client raises into one sentence; `absent` is what "not found" is about."""
    from google.api_core.exceptions import Forbidden, GoogleAPIError, NotFound, Unauthorized
    from google.auth.exceptions import GoogleAuthError
    from google.cloud.exceptions import GoogleCloudError
    from google.resumable_media import DataCorruption, InvalidResponse
    from requests.exceptions import RequestException

    try:
        yield
    except NotFound as error:
        if absent == "bucket" or "bucket does not exist" in str(error):
            raise StoreUsageError(path, f"there is no bucket {split(path)[0]}") from None
        raise not_found(path) from None
    except (Forbidden, Unauthorized) as error:
        raise StoreUsageError(path, f"the store refuses these credentials ({error.code})") from None
    except GoogleAuthError as error:
        raise StoreUsageError(path, f"no credentials for Google Cloud Storage: {first_line(error)}") from None
    except RequestException as error:
        raise StoreError(path, f"the store cannot be reached: {first_line(error)}") from None
    except (GoogleAPIError, GoogleCloudError, DataCorruption, InvalidResponse) as error:
        raise StoreError(path, f"the store answers: {first_line(error)}") from None
