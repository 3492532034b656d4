"""Settings of the recorder: where things are kept, how often they are published, for how long."""

from pydantic import BaseModel, ConfigDict


class RecordSettings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
