"""The JSON Schema of a service file, which editors complete and check by.

Made from `document`, with what pydantic cannot know: extensions pass everywhere, and Compose keys
that Hearth says itself are refused with what to write instead. `python -m` prints it.

Source: https://json-schema.org/draft/2020-12 and the settings of the YAML language server,
https://github.com/redhat-developer/yaml-language-server (`errorMessage`, read 2026-11)
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from hearth_control.catalog.compose_keys import INSTEAD_SERVICE, INSTEAD_TOP, SERVICE_KEYS
from hearth_control.catalog.document import ServiceDocument

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_EXTENSIONS: Mapping[str, Any] = {"^x-": {}}


class _Generator(GenerateJsonSchema):
    """Leaves out titles that only repeat a field's name."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ANN401, ARG002  # pydantic's
        """Say no."""
        return False


def json_schema() -> dict[str, Any]:
    """Give the schema of one service file as plain JSON values."""
    made = ServiceDocument.model_json_schema(
        by_alias=True, mode="validation", schema_generator=_Generator
    )
    blocks: dict[str, Any] = made.pop("$defs")
    for block in blocks.values():
        if block.get("additionalProperties") is False:
            block["patternProperties"] = _EXTENSIONS
    blocks["ComposeService"] = _closed(
        blocks["ComposeService"],
        others={key: {} for key in sorted(SERVICE_KEYS)},
        instead=INSTEAD_SERVICE,
    )
    document = _closed(made, others={"name": {"type": "string"}}, instead=INSTEAD_TOP)
    return {
        "$schema": DIALECT,
        **document,
        "title": "A service of Hearth's catalog",
        "$defs": blocks,
    }


def _closed(
    block: Mapping[str, Any], *, others: Mapping[str, Any], instead: Mapping[str, str]
) -> dict[str, Any]:
    """Name every key that a Compose mapping may have; those that Hearth says itself never match."""
    refused = {
        key: {"not": {}, "description": what, "errorMessage": what} for key, what in instead.items()
    }
    return {
        **block,
        "properties": {**others, **block["properties"], **refused},
        "patternProperties": _EXTENSIONS,
        "additionalProperties": False,
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n")
