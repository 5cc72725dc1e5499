"""A table of a scenario, as a frozen record."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema


class Record(BaseModel):
    """
    A table of a scenario: frozen, and an unknown key is an error.

    How it is proved is worked out when a scenario has the table, not when the module is read: most
    scenarios have few of all tables, and a short run would wait for the others. For the same reason
    modules of records do without `from __future__ import annotations`: each annotation would be
    text, and be compiled when the module is read.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Return how the record is proved: as the key of another one, when it stands there."""
        if handler.field_name is None:
            return handler(source)
        return core_schema.no_info_plain_validator_function(cls.model_validate)
