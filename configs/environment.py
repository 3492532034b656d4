"""The environment, read in this one place: secrets, addresses, and what a site sets without editing files.

Everything else is in `serve_config.yaml`. Values come from the process's environment, then from `.env`.
"""

from enum import StrEnum
from pathlib import Path

from pydantic import AliasChoices, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Profile(StrEnum):
    SANDBOX = "sandbox"  # emulated providers on this machine; says so loudly
    LIVE = "live"


class Environment(BaseSettings):
    model_config = SettingsConfigDict(env_file=".env", env_file_encoding="utf-8", extra="ignore", frozen=True)

    profile: Profile | None = Field(None, validation_alias="BALTO_PROFILE")
    port: int = Field(8765, ge=1, le=65535, validation_alias="PORT")
    data_dir: Path = Field(Path("dados"), validation_alias="BALTO_DATA_DIR")
    db_file: Path | None = Field(
        None,
        validation_alias=AliasChoices("DB_FILE"),
        description="the published read-only database; default: registro.duckdb in the data folder",
    )
    vad_energy_threshold: int | None = Field(
        None, ge=0, le=32767, validation_alias="VAD_ENERGY_THRESHOLD", description="goes before gate.energy_threshold"
    )
    elevenlabs_api_key: SecretStr | None = Field(None, validation_alias="ELEVENLABS_API_KEY")
    elevenlabs_base_url: str = Field("https://api.elevenlabs.io", validation_alias="ELEVENLABS_BASE_URL")
    xai_api_key: SecretStr | None = Field(None, validation_alias="XAI_API_KEY")
    xai_base_url: str = Field("https://api.x.ai", validation_alias="XAI_BASE_URL")
    stt_api_key: SecretStr | None = Field(
        None, validation_alias="BALTO_STT_API_KEY", description="for transcription.openai_compatible"
    )
    llm_api_key: SecretStr | None = Field(
        None, validation_alias="BALTO_LLM_API_KEY", description="for a chat model that is not xAI's"
    )
    admin_token: SecretStr | None = Field(
        None, validation_alias="BALTO_ADMIN_TOKEN", description="opens /cadastro outside the sandbox"
    )
    analyst_key: SecretStr | None = Field(
        None, validation_alias="BALTO_ANALYST_KEY", description="opens /consulta outside the sandbox"
    )

    @property
    def published_db(self) -> Path:
        return self.db_file or self.data_dir / "registro.duckdb"
