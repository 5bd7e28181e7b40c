"""A table's export in S3, in DynamoDB's own format. The emulator starts exports and writes no files."""

import base64
import gzip
import hashlib
import json
from collections.abc import Sequence
from itertools import batched
from typing import Any

ID = "01796000000000-0a1b2c3d"


def write_export(s3: Any, url: str, items: Sequence[dict[str, Any]], files: int = 2, id_: str = ID) -> None:
    """At the folder that `make export` printed, such as s3://bucket/folder/stack/2026-11-30T100000Z/Users."""
    bucket, _, prefix = url.removeprefix("s3://").partition("/")
    folder = f"{prefix}/AWSDynamoDB/{id_}"
    entries = []
    for number, part in enumerate(batched(items, max(1, -(-len(items) // files)), strict=False)):
        key = f"{folder}/data/{number:026}.json.gz"
        lines = "".join(json.dumps({"Item": _encoded(item)}) + "\n" for item in part)
        body = gzip.compress(lines.encode())
        s3.put_object(Bucket=bucket, Key=key, Body=body)
        entries.append(_entry(key, body, len(part)))
    listed = f"{folder}/manifest-files.json"
    s3.put_object(Bucket=bucket, Key=listed, Body="".join(json.dumps(one) + "\n" for one in entries).encode())
    summary = {
        "version": "2023-08-01",
        "exportArn": f"arn:aws:dynamodb:us-east-1:000000000000:table/t/export/{id_}",
        "s3Bucket": bucket,
        "s3Prefix": prefix,
        "manifestFilesS3Key": listed,
        "itemCount": len(items),
        "outputFormat": "DYNAMODB_JSON",
    }
    s3.put_object(Bucket=bucket, Key=f"{folder}/manifest-summary.json", Body=json.dumps(summary).encode())


def _entry(key: str, body: bytes, items: int) -> dict[str, Any]:
    """DynamoDB uploads each file in parts, also a small one: its ETag is the MD5 of the parts' MD5s, with their number."""
    digest = hashlib.md5(body, usedforsecurity=False).digest()
    etag = f"{hashlib.md5(digest, usedforsecurity=False).hexdigest()}-1"
    return {
        "itemCount": items,
        "md5Checksum": base64.b64encode(digest).decode(),
        "etag": etag,
        "dataFileS3Key": key,
    }


def copy_export(s3: Any, url: str, to: str) -> None:
    """All files, from folder to folder."""
    bucket, _, prefix = url.removeprefix("s3://").partition("/")
    target, _, folder = to.removeprefix("s3://").partition("/")
    for one in s3.list_objects_v2(Bucket=bucket, Prefix=prefix)["Contents"]:
        key = one["Key"].replace(prefix, folder, 1)
        s3.copy_object(Bucket=target, Key=key, CopySource={"Bucket": bucket, "Key": one["Key"]})


def _encoded(item: dict[str, Any]) -> dict[str, Any]:
    return {
        name: {kind: base64.b64encode(one).decode() if kind == "B" else one for kind, one in value.items()}
        for name, value in item.items()
    }
