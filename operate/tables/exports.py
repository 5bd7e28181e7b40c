"""Exports of DynamoDB tables in S3, as DynamoDB writes them.

An export is a folder `…/AWSDynamoDB/<id>/` with `manifest-summary.json`, `manifest-files.json` (one object a line for
each data file) and `data/*.json.gz` (one `{"Item": …}` a line, in DynamoDB's JSON).
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/S3DataExport.Output.html
"""

import gzip
import hashlib
import json
from base64 import b64decode, b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from tempfile import TemporaryFile
from typing import IO, Any, Final
from urllib.parse import urlsplit

from minipush_cli.errors import CommandError, Exit

SUMMARY = "manifest-summary.json"
FILES = "manifest-files.json"
DATA = "DYNAMODB_JSON"
NOT_FOUND = 404
CHUNK: Final = 1024 * 1024

type Item = dict[str, Any]


@dataclass(frozen=True, slots=True)
class DataFile:
    """`md5`: of the compressed file, in base64. Empty if the manifest has none."""

    key: str
    md5: str
    items: int


@dataclass(frozen=True, slots=True)
class TableExport:
    """`table`: the logical name that `make export` wrote as the last part of the prefix, such as `Users`."""

    bucket: str
    table: str
    arn: str
    items: int
    files: tuple[DataFile, ...]


def place(url: str) -> tuple[str, str]:
    """Bucket and prefix of an `s3://` URL. Raises CommandError."""
    parts = urlsplit(url)
    if parts.scheme != "s3" or not parts.netloc:
        raise CommandError(f"{url or 'nothing'} is no s3://bucket/folder", Exit.USAGE)
    return parts.netloc, parts.path.strip("/")


def find_exports(s3: Any, url: str) -> Iterator[TableExport]:
    """All complete exports below `url`. Raises CommandError if there is none, or if one has another format."""
    bucket, prefix = place(url)
    found = [key for key in _keys(s3, bucket, prefix) if key.endswith(f"/{SUMMARY}")]
    if not found:
        raise CommandError(f"there is no complete export below {url}")
    for key in found:
        yield _read(s3, bucket, key)


def _keys(s3: Any, bucket: str, prefix: str) -> list[str]:
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=f"{prefix}/" if prefix else "")
    try:
        return [one["Key"] for page in pages for one in page.get("Contents", [])]
    except s3.exceptions.NoSuchBucket:
        raise CommandError(f"there is no bucket {bucket}", Exit.NOT_FOUND) from None


def is_written(s3: Any, url: str, arn: str) -> bool:
    """Whether the export with this ARN is at `url`. True if these credentials may not look."""
    bucket, prefix = place(url)
    try:
        s3.head_object(Bucket=bucket, Key=f"{prefix}/AWSDynamoDB/{arn.rpartition('/')[2]}/{SUMMARY}")
    except s3.exceptions.ClientError as error:
        return bool(error.response["ResponseMetadata"]["HTTPStatusCode"] != NOT_FOUND)
    return True


def items(s3: Any, bucket: str, file: DataFile) -> Iterator[Item]:
    """Raises CommandError if the file is not the one that the manifest lists."""
    with _fetched(s3, bucket, file) as kept, gzip.open(kept) as lines:
        for line in lines:
            yield {name: _value(value) for name, value in json.loads(line)["Item"].items()}


@contextmanager
def _fetched(s3: Any, bucket: str, file: DataFile) -> Iterator[IO[bytes]]:
    """The whole file, on disk: its checksum is known before the first item is stored.

    A copy in another bucket has another ETag than the manifest says, so only the checksum tells whether it is the same.
    """
    with TemporaryFile() as kept:
        digest = hashlib.md5(usedforsecurity=False)
        for chunk in s3.get_object(Bucket=bucket, Key=file.key)["Body"].iter_chunks(CHUNK):
            digest.update(chunk)
            kept.write(chunk)
        if file.md5 and b64encode(digest.digest()).decode() != file.md5:
            raise CommandError(f"s3://{bucket}/{file.key} has changed since the export")
        kept.seek(0)
        yield kept


def _value(value: dict[str, Any]) -> dict[str, Any]:
    """As botocore takes it: binary values are bytes."""
    [(kind, content)] = value.items()
    match kind:
        case "B":
            return {kind: b64decode(content)}
        case "BS":
            return {kind: [b64decode(one) for one in content]}
        case "L":
            return {kind: [_value(one) for one in content]}
        case "M":
            return {kind: {name: _value(one) for name, one in content.items()}}
    return value


def _read(s3: Any, bucket: str, key: str) -> TableExport:
    summary = json.loads(_text(s3, bucket, key))
    if summary["outputFormat"] != DATA:
        raise CommandError(f"s3://{bucket}/{key} has the format {summary['outputFormat']}, not {DATA}")
    folder = key.removesuffix(f"/{SUMMARY}")
    lines = _text(s3, bucket, f"{folder}/{FILES}").splitlines()
    return TableExport(
        bucket,
        (summary.get("s3Prefix") or "").rpartition("/")[2],
        summary["exportArn"],
        summary["itemCount"],
        tuple(_data_file(folder, json.loads(line)) for line in lines if line.strip()),
    )


def _data_file(folder: str, entry: dict[str, Any]) -> DataFile:
    """Where it is now: the manifest has the key that it was written to, and a copy may be in another folder."""
    name = entry["dataFileS3Key"].rpartition("/")[2]
    return DataFile(f"{folder}/data/{name}", entry.get("md5Checksum", ""), entry["itemCount"])


def _text(s3: Any, bucket: str, key: str) -> str:
    return str(s3.get_object(Bucket=bucket, Key=key)["Body"].read(), "utf-8")
