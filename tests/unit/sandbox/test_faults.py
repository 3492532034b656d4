from sandbox.faults import BY_CHANCE, Fault, FaultBook, Service


def test_a_script_is_played_once_and_then_all_is_well() -> None:
    book = FaultBook()
    book.script(Service.ELEVENLABS, [Fault.BUSY, Fault.HANG])
    drawn = [book.next(Service.ELEVENLABS) for _ in range(3)]
    assert drawn == [Fault.BUSY, Fault.HANG, Fault.NONE]
    assert book.next(Service.XAI_CHAT) is Fault.NONE
    assert book.requests == {"elevenlabs": 3, "xai_chat": 1}
    assert book.played == {"elevenlabs:429": 1, "elevenlabs:hang": 1}


def test_a_header_goes_before_the_script() -> None:
    book = FaultBook()
    book.script(Service.ELEVENLABS, [Fault.BUSY])
    assert book.next(Service.ELEVENLABS, "500") is Fault.ERROR
    assert book.next(Service.ELEVENLABS) is Fault.BUSY


def test_a_rate_is_kept_and_the_same_seed_plays_the_same() -> None:
    def play(seed: int) -> list[Fault]:
        book = FaultBook(seed)
        book.rate(Service.ELEVENLABS, 0.2)
        return [book.next(Service.ELEVENLABS) for _ in range(1000)]

    faults = [fault for fault in play(1) if fault is not Fault.NONE]
    assert 150 <= len(faults) <= 250
    assert set(faults) == set(BY_CHANCE)
    assert play(1) == play(1)


def test_clearing_mends_everything() -> None:
    book = FaultBook()
    book.script(Service.ELEVENLABS, [Fault.BUSY])
    book.rate(Service.ELEVENLABS, 1.0)
    book.clear()
    assert book.next(Service.ELEVENLABS) is Fault.NONE
