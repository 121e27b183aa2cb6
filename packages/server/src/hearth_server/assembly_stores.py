"""Choose the stores that the settings name; nothing is opened or asked yet.

The embedded ones are the default. The clients of the others are imported where they are chosen,
so that an installation without them neither loads nor needs them.
"""

from __future__ import annotations

from typing import assert_never

from hearth_server.adapters.obstore.folder import open_folder
from hearth_server.capabilities.knowledge.ports import Objects
from hearth_server.settings.errors import SettingsError
from hearth_server.settings.model import ObjectsKind, Settings

HINT = "hearth-server settings"


def make_objects(settings: Settings) -> Objects:
    """Choose where originals are kept.

    Raises:
        SettingsError: a setting that this store needs is missing.
        ObjectsDownError: the folder cannot be made.
    """
    match settings.objects:
        case ObjectsKind.FOLDER:
            return open_folder(settings.data_dir)
        case ObjectsKind.S3:
            from hearth_server.adapters.obstore.bucket import open_bucket

            url = _given("s3", "HEARTH_OBJECTS_URL", settings.objects_url)
            bucket = _given("s3", "HEARTH_OBJECTS_BUCKET", settings.objects_bucket)
            access_key = _given("s3", "HEARTH_OBJECTS_ACCESS_KEY", settings.objects_access_key)
            if settings.objects_secret_key is None:
                raise _needs("s3", "HEARTH_OBJECTS_SECRET_KEY")
            return open_bucket(
                bucket,
                url=url,
                access_key=access_key,
                secret_key=settings.objects_secret_key,
                region=settings.objects_region,
            )
        case _:
            assert_never(settings.objects)


def _given(store: str, key: str, value: str) -> str:
    if not value:
        raise _needs(store, key)
    return value


def _needs(store: str, key: str) -> SettingsError:
    return SettingsError(f"{key}: is needed by the store `{store}`", hint=HINT)
