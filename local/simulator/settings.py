"""What a person or a test may turn while the simulator runs."""

from pydantic import BaseModel, ConfigDict, Field

MILLION = 1_000_000


class Settings(BaseModel):
    """Quotas are calls per day (from midnight in China) or per minute; null means without limit.

    `risky_words` and `review_words` have the label that a text check gives for each.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    latency_ms: float = Field(default=0, ge=0)
    daily_quota: int | None = Field(default=MILLION, ge=0)
    minute_limit: int | None = Field(default=None, ge=0)
    token_daily_quota: int | None = Field(default=2000, ge=0)
    stable_token_daily_quota: int | None = Field(default=500_000, ge=0)
    stable_token_minute_limit: int | None = Field(default=10_000, ge=0)
    text_check_daily_quota: int | None = Field(default=2 * MILLION, ge=0)
    text_check_minute_limit: int | None = Field(default=4000, ge=0)
    gettemplate_daily_quota: int | None = Field(default=None, ge=0)
    retired: bool = False
    released_pages: frozenset[str] | None = None
    strict_utf8: bool = True
    one_at_a_time: bool = True
    unionid: bool = False
    risky_words: dict[str, int] = {}
    review_words: dict[str, int] = {}
