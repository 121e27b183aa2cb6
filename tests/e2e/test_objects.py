"""X must Y: what people put in must lie in the object store, in a bucket that nobody else reaches.

Server, worker, PostgreSQL and SeaweedFS are real; who else has a bucket is a placeholder.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from compose_bench import eventually
from journey import Installation, lighthouse_pdf, signed_in
from lab.ports import free_base_port

pytestmark = [
    pytest.mark.docker,
    pytest.mark.timeout(300),
    # Within botocore.
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]

SETTINGS = """\
ENGINE=compose
PRESET=none
LAMBDA_SERVER_SOURCE=container
LAMBDA_WORKER_SOURCE=container
LAMBDA_OBJECTS=s3
ALBUM_SOURCE=container
"""
ALBUM = {
    "x-hearth": {
        "title": "Album",
        "summary": "A service of the person's own",
        "home": "https://example.org/album",
        "licence": "MIT",
        "port": 230,
        "memory": {"typical": "16M", "limit": "64M"},
        "stateless": True,
        "needs": {"s3": {"bucket": "album"}},
    },
    "services": {
        "album": {
            "image": "hearth-lab/placeholder:1",
            "expose": ["8080"],
            "environment": {"KEY": "${S3_PASSWORD}"},
        }
    },
}


PORT = 13
"""SeaweedFS' own, of the catalog."""


@pytest.fixture
def base_port() -> int:
    return free_base_port()


@pytest.fixture
def installation(tmp_path: Path, base_port: int) -> Iterator[Installation]:
    home = tmp_path / "home"
    (home / "services" / "album").mkdir(parents=True)
    (home / "services" / "album" / "compose.yaml").write_text(json.dumps(ALBUM))
    (home / ".env").write_text(f"{SETTINGS}BASE_PORT={base_port}\n")
    made = Installation(home=home)
    yield made
    made.run("down", "--delete-data", "--yes")


def as_account(installation: Installation, base_port: int, user: str) -> Any:
    """Speak with the store from this machine, as one of its accounts."""
    key = installation.home / "secrets" / f"{user}_s3"
    return boto3.client(
        "s3",
        endpoint_url=f"http://127.0.0.1:{base_port + PORT}",
        region_name="us-east-1",
        aws_access_key_id=user,
        aws_secret_access_key=key.read_text().strip(),
        config=Config(retries={"total_max_attempts": 1}),
    )


def keys(client: Any, bucket: str) -> list[str]:
    return [each["Key"] for each in client.list_objects_v2(Bucket=bucket).get("Contents", [])]


def test_files_lie_in_a_bucket_of_the_servers_own(
    installation: Installation, base_port: int
) -> None:
    installation.must("up", "--yes")
    content = lighthouse_pdf()
    with signed_in(installation) as client:
        given = client.post("/api/v1/documents", files={"files": ("light.pdf", content)})
        assert given.status_code in {200, 201}, given.text

        def listed() -> dict[str, Any]:
            (document,) = client.post("/api/v1/tools/list_documents", json={}).json()["documents"]
            return dict(document)

        eventually(lambda: listed()["status"] == "ready", "the file is taken in", seconds=60)
        original = f"/api/v1/documents/{listed()['id']}/original"
        assert client.get(original).content == content

        mine = as_account(installation, base_port, "lambda-server")
        person = client.get("/api/me").json()["user_id"]
        (key,) = keys(mine, "lambda")
        assert key.startswith(f"user-{person}/documents/")
        assert mine.get_object(Bucket="lambda", Key=key)["Body"].read() == content

        other = as_account(installation, base_port, "album")
        other.create_bucket(Bucket="album")
        assert keys(other, "album") == []
        with pytest.raises(ClientError) as refused:
            other.get_object(Bucket="lambda", Key=key)
        assert refused.value.response["Error"]["Code"] == "AccessDenied"
        with pytest.raises(ClientError):
            keys(other, "lambda")

        project = json.loads(installation.must("plan", "--json"))["project"]
        stop = ("docker", "stop", "--time", "1", f"{project}-seaweedfs-1")
        subprocess.run(stop, check=True, capture_output=True)
        gone = client.get(original)
        assert (gone.status_code, gone.json()["code"]) == (503, "objects-down")
        asked = client.get("/health/ready").json()["dependencies"]
        assert [each["name"] for each in asked if each["status"] == "down"] == ["objects"]
        words = {"query": "pigeons of the last keeper"}
        (found, *_) = client.post("/api/v1/tools/search_knowledge_base", json=words).json()["hits"]
        assert found["citation"]["page"] == 3
