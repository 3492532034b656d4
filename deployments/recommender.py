"""The recommender: rules, the chat model's client, checks."""

from typing import Any

from ray.serve.handle import DeploymentHandle

from configs.environment import Environment
from configs.model import ModelSettings
from configs.recommendation import RecommendationSettings
from deployments.accounts import share_accounts
from deployments.direct_serving import CalledDirectly, serve_directly
from deployments.ending import at_its_end
from pipeline.recommendation.chat import make_chat_model
from pipeline.recommendation.recommend import make_recommender
from pipeline.stages import RecommendationRequest, StageFailed, Verdict


class RecommenderReplica(CalledDirectly):
    async def __init__(  # type: ignore[misc]  # Serve awaits it: clients belong to the loop
        self, settings: RecommendationSettings, model: ModelSettings, recorder: "DeploymentHandle[Any]"
    ) -> None:
        self._model = make_chat_model(model, Environment())
        self._recommender = make_recommender(settings, self._model)
        self._sharing = await share_accounts([self._model.account], recorder) if self._model else None
        self._direct = await serve_directly({"recommend": self.recommend})
        at_its_end(self, self._close)

    async def recommend(self, request: RecommendationRequest) -> Verdict | StageFailed:
        return await self._recommender.recommend(request)

    async def _close(self) -> None:
        await self._direct.close()
        if self._sharing:
            self._sharing.cancel()
        if self._model is not None:
            await self._model.aclose()
