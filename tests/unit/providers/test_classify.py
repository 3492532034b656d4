import pytest

from pipeline.providers.classify import classify
from pipeline.providers.errors import Category

ELEVENLABS = [
    (429, {"detail": {"status": "concurrent_limit_exceeded", "message": "x"}}, Category.BUSY),
    (429, {"detail": {"type": "rate_limit_error", "code": "too_many_concurrent_requests"}}, Category.BUSY),
    (429, {"detail": {"status": "system_busy", "message": "x"}}, Category.CAPACITY),
    (429, {"detail": {"code": "rate_limit_exceeded"}}, Category.RATE),
    (401, {"detail": {"status": "quota_exceeded", "message": "x"}}, Category.QUOTA),
    (402, {"detail": {"code": "insufficient_credits"}}, Category.QUOTA),
    (401, {"detail": {"status": "invalid_api_key"}}, Category.AUTH),
    (401, {"detail": {"status": "detected_unusual_activity"}}, Category.AUTH),
    (403, {"detail": {"status": "subscription_required"}}, Category.AUTH),
    (422, {"detail": [{"loc": ["body", "model_id"], "msg": "Field required", "type": "missing"}]}, Category.INVALID),
    (400, {"detail": {"status": "invalid_request"}}, Category.INVALID),
    (500, {"detail": {"status": "internal_error"}}, Category.TRANSIENT),
    (500, {"detail": "Internal Server Error"}, Category.TRANSIENT),
]
XAI = [
    (400, {"code": "invalid-argument", "error": "Incorrect API key provided: xa***"}, Category.AUTH),
    (400, {"code": "invalid-argument", "error": "temperature must be a number"}, Category.INVALID),
    (429, {"code": "resource-exhausted", "error": "Too many requests for team"}, Category.RATE),
    (429, {"code": "resource-exhausted", "error": "The model is currently at capacity"}, Category.CAPACITY),
    (429, {"code": "resource-exhausted", "error": "Your team has used all available credits"}, Category.QUOTA),
    (403, {"code": "permission-denied", "error": "You reached your monthly spending limit."}, Category.QUOTA),
    (403, {"code": "permission-denied", "error": "no access to this model"}, Category.AUTH),
]
OPENAI = [
    (429, {"error": {"type": "insufficient_quota", "code": "insufficient_quota", "message": "x"}}, Category.QUOTA),
    (429, {"error": {"type": "requests", "code": "rate_limit_exceeded", "message": "x"}}, Category.RATE),
    (401, {"error": {"type": "invalid_request_error", "code": "invalid_api_key"}}, Category.AUTH),
]
BARE = [
    (401, None, Category.AUTH),
    (402, None, Category.QUOTA),
    (408, None, Category.TRANSIENT),
    (418, None, Category.INVALID),
    (429, "not json", Category.RATE),
    (503, None, Category.TRANSIENT),
    (529, {"detail": 7}, Category.TRANSIENT),
]


@pytest.mark.parametrize(("status", "body", "category"), ELEVENLABS + XAI + OPENAI + BARE)
def test_every_known_body_has_its_category(status: int, body: object, category: Category) -> None:
    assert classify(status, body) is category
