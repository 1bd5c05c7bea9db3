"""What a model tells the schema's generator beyond types: words for a default that Python cannot show."""

from dataclasses import dataclass

from pydantic.config import JsonDict

SHOWN_DEFAULT = "x-shown-default"


@dataclass(frozen=True, slots=True)
class Shown:
    """`default`: what stands in the description where the Python default (None) says too little."""

    default: str

    @property
    def extra(self) -> JsonDict:
        """For Field's json_schema_extra; taken out again by the generator."""
        return {SHOWN_DEFAULT: self.default}
