# The lambda server and its worker: one image, told apart by the command.
# Build from the repository's root: docker build -f docker/lambda-server.Dockerfile .
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
COPY packages/server/pyproject.toml packages/server/README.md packages/server/
RUN for member in kit server; do \
        mkdir -p "packages/$member/src/hearth_$member" && touch "packages/$member/src/hearth_$member/__init__.py"; \
    done \
 && /opt/uv/bin/uv pip install --quiet --python /opt/hearth --verify-hashes \
        --constraints requirements.lock ./packages/kit "./packages/server[stores]"
COPY packages/kit/src packages/kit/src
COPY packages/server/src packages/server/src
RUN /opt/uv/bin/uv pip install --quiet --python /opt/hearth --no-deps --reinstall ./packages/kit ./packages/server

FROM ${PYTHON_IMAGE}
ARG VERSION=0.1.0
LABEL org.opencontainers.image.title="Hearth lambda server" \
      org.opencontainers.image.description="Each person's documents, search and tools over REST, MCP and pages" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.licenses="Apache-2.0"
RUN groupadd --gid 10001 hearth \
 && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /data --shell /usr/sbin/nologin hearth \
 && mkdir /data && chown 10001:10001 /data
COPY --from=build /opt/hearth /opt/hearth
ENV PATH=/opt/hearth/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    HEARTH_HOST=0.0.0.0 HEARTH_PORT=8000 HEARTH_DATA_DIR=/data
USER 10001:10001
WORKDIR /data
VOLUME /data
EXPOSE 8000
STOPSIGNAL SIGTERM
CMD ["hearth-server", "serve"]
