"""Homes with many services of a person's own, as like real ones as generated ones can be."""

from __future__ import annotations

from pathlib import Path

FIRST_OFFSET = 200
EVERY = 4

_SERVICE = """\
x-hearth:
  title: Generated {number}
  summary: A generated service with a page, a database and a queue
  home: https://example.org/{name}
  licence: MIT
  port: {offset}
  route: {name}
  needs: {{postgres: {{database: {database}}}, redis: {{}}}}
  wants: {wants}
  offers: {{{name}-api: {{url: "http://{name}:8080", secret: api_key}}}}
  secrets:
    api_key: {{kind: hex, bytes: 32}}
    session: {{kind: password, length: 32}}
  variables: {{{upper}_WORKERS: {{default: "2", about: How many workers}}}}
  egress: {egress}
  containers:
    {name}: {{memory: {{typical: 100M, limit: 500M}}}}
    {name}-worker: {{memory: {{typical: 100M, limit: 500M}}}}
  backup: {{{name}-data: files}}
services:
  {name}:
    image: example/{name}:1.2.3
    expose: ["8080"]
    environment:
      DATABASE_URL: postgres://${{POSTGRES_USER}}:${{POSTGRES_PASSWORD}}@${{POSTGRES_HOST}}:${{POSTGRES_PORT}}/${{POSTGRES_DATABASE}}
      REDIS_URL: redis://:${{REDIS_PASSWORD}}@${{REDIS_HOST}}:${{REDIS_PORT}}
      LLM: ${{LLM_URL:-none}}
      API_KEY: ${{{upper}_API_KEY}}
      SESSION_SECRET: ${{{upper}_SESSION}}
      PUBLIC_URL: ${{{upper}_PUBLIC_URL}}
{upstream}    volumes: ["{name}-data:/data"]
    healthcheck: {{test: [CMD, /check], interval: 10s, timeout: 5s, retries: 3, start_period: 30s}}
  {name}-worker:
    image: example/{name}:1.2.3
    command: [work, "--count", "${{{upper}_WORKERS}}"]
    environment:
      DATABASE_URL: postgres://${{POSTGRES_USER}}:${{POSTGRES_PASSWORD}}@${{POSTGRES_HOST}}:${{POSTGRES_PORT}}/${{POSTGRES_DATABASE}}
      REDIS_URL: redis://:${{REDIS_PASSWORD}}@${{REDIS_HOST}}:${{REDIS_PORT}}
    depends_on: [{name}]
    volumes: ["{name}-data:/data"]
    healthcheck: {{test: [CMD, /check], interval: 10s, timeout: 5s, retries: 3, start_period: 30s}}
volumes:
  {name}-data: {{}}
"""


def add_services(home: Path, count: int) -> None:
    """Give a home so many services, all on: `EVERY`th goes out, each wants the one before it."""
    for number in range(count):
        folder = home / "services" / _name(number)
        folder.mkdir(parents=True)
        (folder / "compose.yaml").write_text(_text(number))
    lines = (f"{_upper(number)}_SOURCE=container\n" for number in range(count))
    with (home / ".env").open("a") as file:
        file.writelines(lines)


def _text(number: int) -> str:
    before = _name(number - 1)
    upstream = f"      UPSTREAM: ${{{_upper(number - 1)}_API_URL}}\n" if number else ""
    return _SERVICE.format(
        number=number,
        name=_name(number),
        upper=_upper(number),
        database=_name(number).replace("-", "_"),
        offset=FIRST_OFFSET + number,
        wants=f"[llm, {before}-api]" if number else "[llm]",
        egress="true" if number % EVERY == 0 else "false",
        upstream=upstream,
    )


def _name(number: int) -> str:
    return f"gen-{number:03}"


def _upper(number: int) -> str:
    return _name(number).upper().replace("-", "_")
