"""Settings: one field each, read once by bot/main.py from the environment or `.env`."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

PREFIX = "THANTHIEN_"
_SCHEMES = {
    "nlu_urls": ("http://", "https://"),
    "database_url": ("sqlite:", "sqlite+aiosqlite:", "postgresql:", "postgresql+asyncpg:"),
    "media_bucket_url": ("https://", "http://"),
    "redis_url": ("redis://", "rediss://", "unix://"),
}


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix=PREFIX, env_file=".env", extra="ignore")

    database_url: str | None = Field(None, description="Database; default: SQLite in the data folder.")
    redis_url: str | None = Field(None, description="Redis for many processes; default: within the process.")
    secret_key: SecretStr | None = Field(
        None, description="Key the channels' secrets are encrypted with; default: made and kept in the data folder."
    )
    zalo_api_url: str = Field("https://openapi.zalo.me", description="Zalo's OA API.")
    zalo_oauth_url: str = Field("https://oauth.zaloapp.com", description="Where Zalo's tokens are renewed.")
    zalo_business_url: str = Field("https://business.openapi.zalo.me", description="Zalo's API of ZBS templates.")
    facebook_graph_url: str = Field("https://graph.facebook.com", description="Facebook's Graph API.")
    nlu_urls: str | None = Field(None, description="Rasa servers, separated by spaces; default: one started here.")
    nlu_token: SecretStr | None = Field(None, description="Token of the Rasa servers; default: made and kept here.")
    nlu_models: str | None = Field(
        None, description="Where the Rasa servers of NLU_URLS see the models' folder of the data folder."
    )
    nlu_port: int = Field(5005, ge=1, le=65535, description="Port on 127.0.0.1 of the Rasa server started here.")
    public_url: str = Field("http://127.0.0.1:8080", description="Address citizens and platforms reach the web at.")
    data_dir: Path = Field(Path("data"), description="Folder for the database, trained models and logs.")
    media_hosts: str = Field("", description="Further hosts of platforms' media, with all below them, by spaces.")
    media_bucket_url: str | None = Field(
        None, description="S3-compatible bucket for citizens' files, as https://host/bucket; default: the data folder."
    )
    media_bucket_region: str = Field("us-east-1", description="Region the bucket's requests are signed for.")
    media_bucket_key_id: str = Field("", description="Access key id of the bucket.")
    media_bucket_secret: SecretStr | None = Field(None, description="Secret access key of the bucket.")
    calibration_messages: Path = Field(
        Path(__file__).parent.parent / "nlu/calibration/messages.jsonl",
        description="Labelled messages no model is trained on, for thresholds and the gate.",
    )
    host: str = Field("127.0.0.1", description="Address the web process listens on.")
    port: int = Field(8080, ge=0, le=65535, description="Port the web process listens on.")
    default_unit: str = Field("xa-tan-an", description="Unit of the web chat when the address names none.")
    log_level: str = Field("info", description="debug, info, warning or error.")
    trust_proxy: bool = Field(False, description="Take the caller's address from X-Forwarded-For's last entry.")

    @field_validator("log_level")
    @classmethod
    def _known_level(cls, level: str) -> str:
        if level not in {"debug", "info", "warning", "error"}:
            raise ValueError("must be debug, info, warning or error")
        return level

    @field_validator("nlu_urls", "database_url", "redis_url", "media_bucket_url")
    @classmethod
    def _known_address(cls, address: str | None, info: ValidationInfo) -> str | None:
        if address is None or not address.strip():
            return None
        schemes = _SCHEMES[info.field_name or ""]
        if not all(part.startswith(schemes) for part in address.split()):
            raise ValueError(f"ghi địa chỉ bắt đầu bằng {' hoặc '.join(schemes)}")
        return address.strip()

    @field_validator("secret_key")
    @classmethod
    def _long_enough(cls, key: SecretStr | None) -> SecretStr | None:
        if key is None or not key.get_secret_value().strip():
            return None
        if len(key.get_secret_value()) < 16:
            raise ValueError("cần ít nhất 16 ký tự; tạo bằng: openssl rand -base64 32")
        return key

    @field_validator("data_dir", "calibration_messages")
    @classmethod
    def _absolute(cls, folder: Path) -> Path:
        return folder.absolute()

    @property
    def database(self) -> str:
        return self.database_url or f"sqlite:///{self.data_dir / 'than-thien.db'}"
