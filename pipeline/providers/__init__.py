"""Other people's services: what fails how, what is done about it, what it costs, and whose turn it is."""

from pipeline.providers.account import Account
from pipeline.providers.calls import Answered, Ask, Reply
from pipeline.providers.errors import Category, ProviderError
from pipeline.providers.policy import POLICY, operator_alerts
from pipeline.providers.prices import PriceTable, Usage, load_prices

__all__ = [
    "POLICY",
    "Account",
    "Answered",
    "Ask",
    "Category",
    "PriceTable",
    "ProviderError",
    "Reply",
    "Usage",
    "load_prices",
    "operator_alerts",
]
