"""What all specs share: frozen values that refuse unknown keys and wrong types, and the numbers they are made of."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

Fraction = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[float, Field(gt=0)]
Count = Annotated[int, Field(ge=1)]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=64)]
"""A name that is also a file or a folder of that name."""


class Spec(BaseModel):
    """A frozen, strict value object; `Spec.model_validate_json(spec.model_dump_json())` gives the same spec again."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


def merge(*layers: dict[str, Any]) -> dict[str, Any]:
    """Merge mappings key by key, later layers over earlier ones; lists and single values are replaced whole."""
    merged: dict[str, Any] = {}
    for layer in layers:
        for key, value in layer.items():
            below = merged.get(key)
            merged[key] = merge(below, value) if isinstance(below, dict) and isinstance(value, dict) else value
    return merged
