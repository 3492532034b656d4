from dataclasses import replace

import pytest

from pipeline.gate.evidence import Heard, Voice
from pipeline.gate.segmenter import Segmenter
from pipeline.gate.timing import Timing
from pipeline.gate.utterance import SegmenterState

STEP = 512
TIMING = Timing(
    step=STEP,
    votes=2,
    of=3,
    pre_roll=4 * STEP,
    closing_silence=10 * STEP,
    quick_closing=10 * STEP,
    quick_from=0,
    trailing_pad=5 * STEP,
    shortest=3 * STEP,
    longest=100 * STEP,
    overlap=2 * STEP,
    back_date=3 * STEP,
    word_before=12 * STEP,
    cut_search=20 * STEP,
)
QUICK = replace(TIMING, quick_closing=5 * STEP, quick_from=4 * STEP)
MARKS = {".": Voice.NONE, "~": Voice.FAINT, "+": Voice.NEARLY, "-": Voice.HOLDS, "#": Voice.OPENS}


def heard(script, levels=None, timing=TIMING):
    """(segmenter, utterances as steps) after one verdict a character; `levels` overrides -30 dBFS per step."""
    segmenter, found = Segmenter(timing, 0), []
    for i, mark in enumerate(script):
        level = (levels or {}).get(i, -30.0)
        if done := segmenter.hear(Heard((i + 1) * STEP, MARKS[mark], level)):
            found.append((done.start_sample // STEP, done.end_sample // STEP, done.continues))
    return segmenter, found


def test_an_utterance_has_pre_roll_and_a_trailing_pad():
    _, found = heard("." * 20 + "######" + "." * 12)
    assert found == [(16, 31, False)]


def test_one_vote_is_not_enough():
    segmenter, found = heard("...#...#...#....")
    assert (found, segmenter.state) == ([], SegmenterState.SILENT)


def test_faint_voice_that_lasts_is_enough():
    lasting = replace(TIMING, holds=6, holds_of=8)
    _, found = heard("." * 20 + "---.-----" + "." * 12, timing=lasting)
    assert found == [(16, 34, False)]
    _, found = heard("." * 20 + "--..-.---" + "." * 12, timing=lasting)
    assert found == []


def test_faint_voice_before_the_votes_moves_the_beginning_back():
    _, found = heard("." * 20 + "~~####" + "." * 12)
    assert found[0][0] == 16
    _, found = heard("." * 10 + "~" * 10 + "####" + "." * 12)
    assert found[0][0] == 20 - 3 - 4


def test_what_nearly_was_voice_shortly_before_is_the_utterances_first_word():
    _, found = heard("." * 20 + "+" + "." * 8 + "####" + "." * 12)
    assert found[0][0] == 20 - 4
    _, found = heard("." * 20 + "+" + "." * 12 + "####" + "." * 12)
    assert found[0][0] == 33 - 4


def test_a_word_before_is_waited_for_and_then_forgotten():
    segmenter, _ = heard("." * 20 + "+" + "." * 8)
    assert segmenter.busy
    assert segmenter.decided_upto(29 * STEP) <= (20 - 4) * STEP
    segmenter.pass_silence(34 * STEP)
    assert not segmenter.busy


def test_weak_voice_holds_but_does_not_open():
    assert heard("." * 20 + "-" * 20)[1] == []
    assert heard("." * 20 + "###" + "-" * 20 + "." * 12)[1] == [(16, 48, False)]


def test_a_pause_shorter_than_the_closing_silence_is_inside():
    _, found = heard("." * 20 + "###" + "." * 9 + "###" + "." * 12)
    assert len(found) == 1


def test_too_little_voice_is_no_utterance():
    assert heard("." * 20 + "##" + "." * 12)[1] == []


def test_utterances_do_not_overlap_unless_one_continues_the_other():
    _, found = heard("####" + "." * 10 + "####" + "." * 12)
    assert found[0][1] <= found[1][0]


def test_a_long_one_is_cut_where_it_is_quietest_and_goes_on():
    _, found = heard("#" * 130 + "." * 12, levels={92: -60.0})
    first, second = found
    assert first == (0, 93, True)
    assert second == (91, 135, False)


def test_the_next_cut_is_not_looked_for_where_the_last_one_was():
    _, found = heard("#" * 210, levels={85: -60.0, 90: -50.0})
    (_, first, _), (second, then, _) = found
    assert first == 86
    assert then - second >= 80


QUEUES = ("#" * 60 + ".." + "-~" * 25, "." * 20 + "#" + ".+-~" * 3, "#" * 30 + "." * 6, "", "#" * 95)


@pytest.mark.parametrize("script", QUEUES)
def test_another_goes_on_from_what_one_knew(script):
    later = "-#.-~+" * 4 + "#" * 90 + "." * 12
    whole, found = heard(script + later, timing=QUICK)
    before, told = heard(script, timing=QUICK)
    after = Segmenter(QUICK, 0, before.patience)
    assert after.go_on(before.memory())
    for i, mark in enumerate(later, len(script)):
        if done := after.hear(Heard((i + 1) * STEP, MARKS[mark], -30.0)):
            told.append((done.start_sample // STEP, done.end_sample // STEP, done.continues))
    assert told == found
    assert (after.memory(), after.patience) == (whole.memory(), whole.patience)


@pytest.mark.parametrize("memory", [[], [0.0] * 12, [0.0] * 14, [float("nan")] * 13])
def test_what_is_no_memory_changes_nothing(memory):
    segmenter, _ = heard("#" * 30)
    before = segmenter.memory()
    assert not segmenter.go_on(memory)
    assert segmenter.memory() == before


def test_silence_nobody_listened_to_closes_too():
    segmenter, _ = heard("." * 20 + "####")
    assert segmenter.pass_silence(30 * STEP) is None
    assert segmenter.state is SegmenterState.PAUSED
    done = segmenter.pass_silence(34 * STEP)
    assert done is not None
    assert done.end_sample == 29 * STEP


def closings(script, timing=QUICK):
    """The silence, in steps, after which each utterance was closed."""
    segmenter, found = Segmenter(timing, 0), []
    for i, mark in enumerate(script):
        if segmenter.hear(Heard((i + 1) * STEP, MARKS[mark], -30.0)):
            found.append(i + 1 - segmenter.speech_end // STEP)
    return found


def test_a_sentence_followed_by_clear_silence_is_closed_quickly():
    assert closings("######" + "." * 12) == [5]


def test_a_word_alone_is_given_the_long_silence():
    assert closings("####" + "." * 12) == [10]


def test_a_pause_with_something_like_voice_in_it_is_given_more():
    assert closings("######" + "...+......" + "." * 4) == [8]
    assert closings("######" + ".+" * 8) == [10]


def test_a_speaker_who_goes_on_after_a_quick_end_is_given_more_time_and_it_wears_off():
    went_on = "######" + "." * 7 + "######"
    assert closings(went_on + "." * 12) == [5, 9]
    over = "######" + "." * 20
    assert closings(went_on + "." * 20 + over * 7)[-1] == 5


def test_a_counter_with_no_room_for_quickness_has_none():
    assert closings("######" + "." * 12, replace(TIMING, closing_silence=4 * STEP, quick_closing=4 * STEP)) == [4]


def test_a_quantum_at_once_is_the_same_as_hop_by_hop():
    script = "." * 20 + "###---#####+##" + "." * 4 + "-" * 90 + "." * 12
    verdicts = [Heard((i + 1) * STEP, MARKS[mark], -30.0 - i % 7) for i, mark in enumerate(script)]
    one_by_one, at_once = Segmenter(TIMING, 0), Segmenter(TIMING, 0)
    singly = [done for verdict in verdicts if (done := one_by_one.hear(verdict))]
    together = [done for at in range(0, len(verdicts), 3) for done in at_once.hear_all(verdicts[at : at + 3])]
    assert [replace(done, speech_dbfs=0.0) for done in together] == [replace(done, speech_dbfs=0.0) for done in singly]
    assert [round(done.speech_dbfs, 9) for done in together] == [round(done.speech_dbfs, 9) for done in singly]
