"""Objects in a folder: what lies in moto's buckets, each version a file, so that another process finds them again.

Kept are content, version and order, and markers of deletion; of the rest (types, tags, retention) nothing.
"""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

from moto.s3.models import S3Backend, s3_backends

from infra.local.folder import Folder
from infra.local.seams import replaced
from infra.local.where import ACCOUNT


@dataclass(frozen=True, kw_only=True)
class Objects:
    """The folder of all versions: first a line of JSON that names it, then its bytes."""

    kept: Folder

    @contextmanager
    def installed(self) -> Iterator[None]:
        """While it lasts, what is put or deleted is so in the folder too, before anyone is told of it."""
        with ExitStack() as seams:
            if self.kept.path:
                seams.enter_context(replaced(S3Backend, "put_object", self._put))
                seams.enter_context(replaced(S3Backend, "delete_object", self._delete))
            yield

    def restore(self) -> None:
        """Puts what is kept into moto's buckets, which are there and empty; before `installed`, or it is kept twice."""
        backend = s3_backends[ACCOUNT]["aws"]
        for each in self.kept.files():
            head, _, content = each.read_bytes().partition(b"\n")
            named = json.loads(head)
            if named["is_deleted"]:
                backend.delete_object(named["bucket"], named["key"])
                made = backend.get_bucket(named["bucket"]).keys.getlist(named["key"])[-1]
            else:
                made = backend.put_object(named["bucket"], named["key"], content)
            made._version_id = named["version"]

    def _put(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def put_object(backend: S3Backend, bucket_name: str, key_name: str, value: bytes, **given: Any) -> Any:
            made = original(backend, bucket_name, key_name, value, **given)
            self._lay(bucket_name, key_name, made.version_id, bytes(value), is_deleted=False)
            return made

        return put_object

    def _delete(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def delete_object(
            backend: S3Backend, bucket_name: str, key_name: str, version_id: str | None = None, bypass: bool = False
        ) -> Any:
            done, told = original(backend, bucket_name, key_name, version_id, bypass)
            if done and version_id is None and "version-id" in told:
                self._lay(bucket_name, key_name, told["version-id"], b"", is_deleted=True)
            elif done:
                self._drop(version_id or "null")
            return done, told

        return delete_object

    def _lay(self, bucket: str, key: str, version: str, content: bytes, *, is_deleted: bool) -> None:
        if version == "null":  # of a bucket without versions, such as that of the code
            return
        named = {"bucket": bucket, "key": key, "version": version, "is_deleted": is_deleted}
        self.kept.lay(f"{time.time_ns():020}-{version}", json.dumps(named).encode() + b"\n" + content)

    def _drop(self, version: str) -> None:
        for each in self.kept.files():
            if each.name.partition("-")[2] == version:
                self.kept.drop(each.name)
