"""Writes a folder as a container image, in one tar that `podman load`, `docker load` and `skopeo` read.

The tar is an OCI layout that also has the manifest of `docker save`. The same folder gives the same bytes: files have
one time and are in order of their names, and owners come from the table below.
"""

import argparse
import gzip
import hashlib
import io
import json
import tarfile
from datetime import datetime, timezone
from pathlib import Path

# That of the Pushgateway's image: volumes that it wrote can be written.
USER = 65534
OWN_FOLDERS = {"var/lib/silverback"}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--root", type=Path, required=True)
    parser.add_argument("--version", required=True)
    parser.add_argument("--architecture", required=True)
    parser.add_argument("--time", type=int, required=True)
    parser.add_argument("--level", type=int, default=6, help="of the compression, from 1 to 9")
    parser.add_argument("--output", type=Path, required=True)
    options = parser.parse_args()
    # The base and the runtime stay the same while the server changes, and then need not be loaded again.
    paths = sorted(path.relative_to(options.root) for path in options.root.rglob("*"))
    layers = [layer(options, part) for part in split(paths)]
    write(options, layers)


def split(paths):
    runtime = Path("usr/lib/silverback/runtime")
    own = Path("usr/lib/silverback")
    parts = [[], [], []]
    for path in paths:
        parts[1 if path.is_relative_to(runtime) else 2 if path.is_relative_to(own) else 0].append(path)
    return parts


def layer(options, paths):
    """A layer as (bytes of the gzip, digest of what is in it)."""
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for path in paths:
            entry = tar.gettarinfo(options.root / path, str(path))
            entry.uid = entry.gid = USER if str(path) in OWN_FOLDERS else 0
            entry.uname = entry.gname = ""
            entry.mtime = options.time
            # Two names of one file are two files here: which comes first depends on the folder.
            if entry.islnk():
                entry.type = tarfile.REGTYPE
                entry.size = (options.root / path).stat().st_size
            if entry.isreg():
                with open(options.root / path, "rb") as file:
                    tar.addfile(entry, file)
            else:
                tar.addfile(entry)
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb", compresslevel=options.level, mtime=0, filename="") as file:
        file.write(plain.getbuffer())
    return packed.getvalue(), digest(plain.getbuffer())


def digest(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


def configuration(options, layers):
    created = datetime.fromtimestamp(options.time, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    second = 1_000_000_000
    return {
        "created": created,
        "architecture": options.architecture,
        "os": "linux",
        "config": {
            "User": f"{USER}:{USER}",
            "ExposedPorts": {"9091/tcp": {}},
            "Env": ["PATH=/usr/bin:/bin"],
            "Entrypoint": ["/usr/bin/silverback"],
            "WorkingDir": "/var/lib/silverback",
            "Labels": {
                "org.opencontainers.image.title": "silverback",
                "org.opencontainers.image.version": options.version,
                "org.opencontainers.image.licenses": "Apache-2.0",
            },
            "StopSignal": "SIGTERM",
            # Not part of OCI, but kept and run by Docker and Podman.
            "Healthcheck": {
                "Test": ["CMD", "/usr/bin/silverback", "health"],
                "Interval": 30 * second,
                "Timeout": 10 * second,
                "StartPeriod": 60 * second,
                "Retries": 3,
            },
        },
        "rootfs": {"type": "layers", "diff_ids": [content for _, content in layers]},
        "history": [
            {"created": created, "created_by": f"bench/bin/package: {what}"}
            for what in ("base", "Java runtime", "server")
        ],
    }


def encoded(value):
    return json.dumps(value, sort_keys=True).encode()


def descriptor(media_type, data, **more):
    return {"mediaType": media_type, "digest": digest(data), "size": len(data), **more}


def write(options, layers):
    name = f"silverback:{options.version}"
    config = encoded(configuration(options, layers))
    manifest = encoded(
        {
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": descriptor("application/vnd.oci.image.config.v1+json", config),
            "layers": [descriptor("application/vnd.oci.image.layer.v1.tar+gzip", packed) for packed, _ in layers],
        }
    )
    index = encoded(
        {
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.index.v1+json",
            "manifests": [
                descriptor(
                    "application/vnd.oci.image.manifest.v1+json",
                    manifest,
                    annotations={
                        "io.containerd.image.name": f"docker.io/library/{name}",
                        "org.opencontainers.image.ref.name": options.version,
                    },
                    platform={"architecture": options.architecture, "os": "linux"},
                )
            ],
        }
    )
    blobs = [packed for packed, _ in layers] + [config, manifest]
    saved = [{"Config": blob(config), "RepoTags": [name], "Layers": [blob(packed) for packed, _ in layers]}]
    files = {blob(data): data for data in blobs}
    files |= {
        "index.json": index,
        "manifest.json": encoded(saved),
        "oci-layout": encoded({"imageLayoutVersion": "1.0.0"}),
    }
    with tarfile.open(options.output, "w", format=tarfile.PAX_FORMAT) as tar:
        for path in sorted(files):
            entry = tarfile.TarInfo(path)
            entry.size = len(files[path])
            entry.mtime = options.time
            entry.mode = 0o644
            tar.addfile(entry, io.BytesIO(files[path]))


def blob(data):
    return "blobs/sha256/" + digest(data).removeprefix("sha256:")


if __name__ == "__main__":
    main()
