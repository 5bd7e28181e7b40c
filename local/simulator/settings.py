"""The settings of a running simulator."""

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from local.simulator.pushes.callbacks import Callback, Format, Mode

MILLION = 1_000_000
ENCODING_AES_KEY = "^[A-Za-z0-9+/]{43}$"


class SimulatorSettings(BaseModel):
    """Quotas are calls per day (from midnight in China) or per minute. None: no limit.

    `risky_words` and `review_words`: the label that a text check returns for each word.

    Of the official account: `repeat_answer` is what a repeated client_msg_id is answered, which WeChat doesn't document.
    `finish_msgid_zero`: events have the MsgID 0. `banned_templates` are refused with 43116.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    latency_ms: float = Field(default=0, ge=0)
    daily_quota: int | None = Field(default=MILLION, ge=0)
    minute_limit: int | None = Field(default=None, ge=0)
    token_daily_quota: int | None = Field(default=2000, ge=0)
    stable_token_daily_quota: int | None = Field(default=500_000, ge=0)
    stable_token_minute_limit: int | None = Field(default=10_000, ge=0)
    text_check_daily_quota: int | None = Field(default=2 * MILLION, ge=0)
    text_check_minute_limit: int | None = Field(default=4000, ge=0)
    gettemplate_daily_quota: int | None = Field(default=None, ge=0)
    prepay_id_delay: float = Field(default=0, ge=0)
    refuse_above_per_second: int | None = Field(default=None, ge=0)
    retired: bool = False
    released_pages: frozenset[str] | None = None
    strict_utf8: bool = True
    one_at_a_time: bool = True
    unionid: bool = False
    risky_words: dict[str, int] = {}
    review_words: dict[str, int] = {}
    callback_url: str | None = Field(default=None, pattern="^https?://")
    callback_token: str = ""
    encoding_aes_key: str | None = Field(default=None, pattern=ENCODING_AES_KEY)
    callback_format: Format = "json"
    callback_mode: Mode | None = None
    push_kept_choices: bool = False
    official_daily_quota: int | None = Field(default=100_000, ge=0)
    official_minute_limit: int | None = Field(default=None, ge=0)
    official_to_one_user_per_minute: int | None = Field(default=None, ge=0)
    banned_templates: frozenset[str] = frozenset()
    follower_page: int = Field(default=10_000, ge=1, le=10_000)
    repeat_answer: Literal["same_msgid", "zero_msgid", "40241"] = "same_msgid"
    finish_msgid_zero: bool = False
    official_callback_url: str | None = Field(default=None, pattern="^https?://")
    official_callback_token: str = ""
    official_encoding_aes_key: str | None = Field(default=None, pattern=ENCODING_AES_KEY)
    official_callback_mode: Mode | None = None

    @property
    def callback(self) -> Callback | None:
        """Where events are pushed to. None: nowhere."""
        if not self.callback_url:
            return None
        return Callback(
            url=self.callback_url,
            token=self.callback_token,
            encoding_aes_key=self.encoding_aes_key,
            format=self.callback_format,
            wanted=self.callback_mode,
        )

    @property
    def official_callback(self) -> Callback | None:
        """Where the official account's events are pushed to, in XML. None: nowhere."""
        if not self.official_callback_url:
            return None
        return Callback(
            url=self.official_callback_url,
            token=self.official_callback_token,
            encoding_aes_key=self.official_encoding_aes_key,
            format="xml",
            wanted=self.official_callback_mode,
        )

    @model_validator(mode="after")
    def _check_the_callbacks(self) -> Self:
        _ = self.callback, self.official_callback
        return self
