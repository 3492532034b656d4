"""Foresees an utterance's end: while the gate waits out the closing silence, its text and its verdict are asked for.

When the utterance closes without further speech that is its answer; when the voice goes on it is thrown away.

What was asked is paid for either way, so a call under way is not broken off: its cost is recorded. One guess is under
way at a time, which bounds what an utterance with many pauses can cost.
"""

import asyncio
from collections.abc import Awaitable, Iterable
from dataclasses import replace
from typing import Protocol, TypeVar

from configs.ingress import ConversationSettings
from pipeline.audio import AudioBuffer, samples_from_ms, seconds
from pipeline.conversation.guess import Answer, Guess, Part, State
from pipeline.conversation.pause import Pause
from pipeline.events import ProviderCalled
from pipeline.ids import new_id
from pipeline.providers.errors import Category
from pipeline.redaction import redact
from pipeline.stages import (
    Counter,
    GateReply,
    Heard,
    RecommendationRequest,
    Recommender,
    Recorder,
    SpeechSpan,
    StageFailed,
    Transcriber,
    Transcription,
    TranscriptionRequest,
    Verdict,
)

A = TypeVar("A")


class Foresee(Protocol):
    def __call__(self, heard: Heard) -> RecommendationRequest | None:
        """The question that hearing this would raise at once, if any."""


class Speculation:
    """One session's guesses. A Transcriber and a Recommender that answer from a confirmed guess where they can."""

    def __init__(
        self,
        session_id: str,
        counter: Counter,
        audio: AudioBuffer,
        transcriber: Transcriber,
        recommender: Recommender,
        recorder: Recorder,
        settings: ConversationSettings,
        foresee: Foresee,
        *,
        along: bool = False,
    ) -> None:
        """`along`: the transcriber listens along and is asked what it has; the text itself comes when all is said."""
        self._session_id = session_id
        self._counter = counter
        self._audio = audio
        self._transcriber = transcriber
        self._recommender = recommender
        self._recorder = recorder
        self._settings = settings
        self._foresee = foresee
        self._along = along
        self._pause = Pause(audio)
        self._guess: Guess | None = None

    # --- from the gate

    def follow(self, reply: GateReply, previous_text: str) -> None:
        """Take each reply of the gate, while its audio is still held."""
        for span in reply.spans:
            self._judge(span)
        since, paused = reply.speech_since_sample, self._pause.follow(reply)
        if since is None or paused is None:
            self._drop()  # the voice goes on, or it was no speech after all
        elif self._pause.heard and paused >= samples_from_ms(self._settings.speculate_after_ms):
            # One who listens along was asked for the text at some point of this pause, perhaps a shorter one than this.
            end_sample = self._pause.began_sample if self._along else None
            self._begin(
                max(since, self._audio.start_sample), end_sample or self._pause.heard_upto_sample, previous_text
            )

    def _judge(self, span: SpeechSpan) -> None:
        if self._guess and self._guess.state is State.OPEN and self._guess.foresaw(span):
            self._guess.state = State.CONFIRMED
        self._drop()

    def _drop(self) -> None:
        if self._guess and self._guess.state is State.OPEN:
            self._guess.state = State.DROPPED
            self._guess.give_up()

    def _begin(self, start_sample: int, end_sample: int, previous_text: str) -> None:
        if self._guess:
            if self._guess.state is State.OPEN or self._guess.under_way:
                return
            self._guess.give_up()
        guess = self._guess = Guess(start_sample, end_sample)
        text = self._text(guess, self._audio.cut(start_sample, end_sample), previous_text)
        guess.text = Part(text, f"foreseen text {self._session_id}", self._thrown_away)
        guess.answer = Part(self._answer(guess), f"foreseen verdict {self._session_id}", self._thrown_away)

    # --- asking ahead of time

    async def _text(self, guess: Guess, pcm: bytes, previous_text: str) -> Transcription | StageFailed:
        request = TranscriptionRequest(
            session_id=self._session_id,
            utterance_id=new_id(),
            balcao_id=self._counter.balcao_id,
            cliente_codigo=self._counter.cliente_codigo,
            pcm=pcm,
            start_sample=guess.start_sample,
            budget_s=self._settings.utterance_deadline_s,
            previous_text=previous_text,
            foreseen=self._along,
        )
        result = await _within(request.budget_s, self._transcriber.transcribe(request))
        guess.question = self._question(guess, result)  # here: before the conversation can have heard the text
        return result

    def _question(self, guess: Guess, result: Transcription | StageFailed) -> RecommendationRequest | None:
        if isinstance(result, StageFailed) or guess.state is State.DROPPED or not (text := redact(result.text)):
            return None
        at_s, end_s = seconds(guess.start_sample), seconds(guess.end_sample)
        return self._foresee(Heard(utterance_id=new_id(), text=text, at_s=at_s, end_s=end_s))

    async def _answer(self, guess: Guess) -> Answer | None:
        assert guess.text is not None
        await asyncio.shield(guess.text.task)
        question = guess.question
        if question is None:
            return None
        return Answer(await _within(question.budget_s, self._recommender.recommend(question)))

    # --- as a stage

    async def transcribe(self, request: TranscriptionRequest) -> Transcription | StageFailed:
        """The foreseen text if this utterance closed as foreseen, else the transcriber's."""
        began = asyncio.get_running_loop().time()
        guess = None if self._along else self._guess
        if guess and guess.text and guess.state is State.CONFIRMED and guess.starts_at(request.start_sample):
            result = await guess.text.use()
            if isinstance(result, Transcription):
                return replace(result, calls=_of_utterance(result.calls, request.utterance_id))
            self._thrown_away(result)
        left_s = request.budget_s - (asyncio.get_running_loop().time() - began)
        return await self._transcriber.transcribe(replace(request, budget_s=max(0.0, left_s)))

    async def recommend(self, request: RecommendationRequest) -> Verdict | StageFailed:
        """The foreseen verdict if it answers this very question, else the recommender's."""
        began = asyncio.get_running_loop().time()
        guess = self._guess
        if guess and guess.answer and guess.state is State.CONFIRMED and _same(guess.question, request):
            answer = await guess.answer.use()
            if answer and not isinstance(answer.verdict, StageFailed):
                calls = _of_interaction(answer.calls, request.interaction_id)
                return replace(answer.verdict, basis=replace(answer.verdict.basis, calls=calls))
            self._thrown_away(answer)
        left_s = request.budget_s - (asyncio.get_running_loop().time() - began)
        return await self._recommender.recommend(replace(request, budget_s=max(0.0, left_s)))

    def _thrown_away(self, answer: Transcription | StageFailed | Answer | None) -> None:
        """Paid for and of no use: recorded as the session's, of no utterance and no interaction."""
        if answer is not None and answer.calls:
            self._recorder.note([replace(call, utterance_id=None, interaction_id=None) for call in answer.calls])

    # --- the end

    async def finish(self) -> None:
        """Let calls under way end, so that their cost is known."""
        self._drop()
        if self._guess:
            await asyncio.wait(self._guess.tasks)

    async def close(self) -> None:
        """End at once."""
        guess, self._guess = self._guess, None
        if guess:
            guess.state = State.DROPPED
            guess.give_up()
            for task in guess.tasks:
                task.cancel()
            await asyncio.wait(guess.tasks)


async def _within(budget_s: float, work: Awaitable[A]) -> A | StageFailed:
    try:
        async with asyncio.timeout(budget_s + 1.0):
            return await work
    except TimeoutError:
        return StageFailed(category=Category.TIMEOUT, message="sem resposta a tempo")


def _same(foreseen: RecommendationRequest | None, asked: RecommendationRequest) -> bool:
    return foreseen is not None and _substance(foreseen) == _substance(asked)


def _substance(request: RecommendationRequest) -> tuple[object, ...]:
    return request.conversation_id, [heard.text for heard in request.heard], request.shown_skus


def _of_utterance(calls: Iterable[ProviderCalled], utterance_id: str) -> tuple[ProviderCalled, ...]:
    return tuple(replace(call, utterance_id=utterance_id) for call in calls)


def _of_interaction(calls: Iterable[ProviderCalled], interaction_id: str) -> tuple[ProviderCalled, ...]:
    return tuple(replace(call, interaction_id=interaction_id) for call in calls)
