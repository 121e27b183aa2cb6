# The backup runner: restic and PostgreSQL's own programs, and what tells them what to do.
# Build from the repository's root: docker build -f docker/backup.Dockerfile .
ARG PYTHON_IMAGE=python:3.13-slim-trixie

FROM ${PYTHON_IMAGE} AS build
WORKDIR /src
ENV UV_PYTHON_DOWNLOADS=never UV_LINK_MODE=copy UV_NO_CACHE=1 UV_COMPILE_BYTECODE=1
COPY requirements.lock ./
# uv itself comes out of the lock too: pip refuses another hash.
RUN awk '/^uv==/ {on = 1} on {print} on && !/\\$/ {exit}' requirements.lock > uv.txt \
 && python -m venv /opt/uv \
 && /opt/uv/bin/pip install --quiet --no-cache-dir --no-deps --only-binary :all: --require-hashes -r uv.txt \
 && /opt/uv/bin/uv venv --quiet --python "$(command -v python)" /opt/hearth
# What others made changes seldom: it is a layer of its own, made from the members' names alone.
COPY pyproject.toml ./
COPY packages/kit/pyproject.toml packages/kit/README.md packages/kit/
COPY packages/backup/pyproject.toml packages/backup/README.md packages/backup/
RUN for member in kit backup; do \
        mkdir -p "packages/$member/src/hearth_$member" && touch "packages/$member/src/hearth_$member/__init__.py"; \
    done \
 && /opt/uv/bin/uv pip install --quiet --python /opt/hearth --verify-hashes \
        --constraints requirements.lock ./packages/kit ./packages/backup
COPY packages/kit/src packages/kit/src
COPY packages/backup/src packages/backup/src
RUN /opt/uv/bin/uv pip install --quiet --python /opt/hearth --no-deps --reinstall ./packages/kit ./packages/backup

FROM ${PYTHON_IMAGE}
ARG VERSION=0.1.0
LABEL org.opencontainers.image.title="Hearth backup runner" \
      org.opencontainers.image.description="Takes encrypted backups of all stores, restores and checks them" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.licenses="Apache-2.0"
# pg_dump reads servers of its own version and older: 17 is what the catalog serves.
RUN apt-get update \
 && apt-get install --yes --no-install-recommends ca-certificates postgresql-client-17 restic tzdata \
 && rm -rf /var/lib/apt/lists/* \
 && mkdir -p /set/data /set/run /installation /repository
COPY --from=build /opt/hearth /opt/hearth
ENV PATH=/opt/hearth/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    HOME=/tmp PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /set
STOPSIGNAL SIGTERM
CMD ["hearth-backup", "serve"]
