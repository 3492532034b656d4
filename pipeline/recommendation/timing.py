"""How old the person is, and for how long the complaint has lasted, as far as the conversation tells."""

import re

from pipeline.recommendation.denial import sounds_of
from pipeline.recommendation.lexicon import Kind
from pipeline.recommendation.numbers import Amount, amounts, number, ordinals
from pipeline.recommendation.turns import Reading, Status, Turn

SINCE = frozenset({"fas", "a", "desde", "mais", "uns", "umas", "kuase", "durante", "por", "ja"})
BIRTH_QUESTIONS = ("kuando naseu", "naseu kuando", "kuando ke naseu")
AGE_QUESTIONS = (
    *BIRTH_QUESTIONS,
    "tem kuanto",
    "kuanto ela tem",
    "kuanto ele tem",
    "kuanto tempo el",
    "kuantos ano",
    "kuantos mes",
    "ke idade",
    "kual a idade",
    "kual idade",
    "idade ",
    "kuantos anino",
)
WARRANTY = ("garantia", "validade", "vense", "bateria")
KIN = ("beb", "nene", "rese", "nasid", "net", "fil", "sobrin", "menin", "afiliad", "bisnet", "garot", "gri", "krians")
TURNING = frozenset({"fes", "kompletou", "faser", "kompleta", "kompletar", "kom", "nem"})  # "fez um mês ontem"
SMALL = frozenset({"crianca", "bebe", "recem_nascido"})
BIRTH = frozenset({"tive", "nenen", "nene", "bebe", "naseu", "gane"})
PREGNANCY = frozenset({"gravida", "jestante", "jestasao"})
WEEKDAY_PAST = re.compile(r"\b(segunda|tersa|kuarta|kinta|sesta|sexta|sabado|domingo)( feira)? (pa|retra)sad[ao]\b")
FEVER_DATED = re.compile(r"\b(onten|ontem|oje|agora|antiontem|anteontem|dia|dias|semana)\b")
WEEKDAYS = {"segunda": 0, "tersa": 1, "kuarta": 2, "kinta": 3, "sesta": 4, "sexta": 4, "sabado": 5, "domingo": 6}
WEEKDAY = re.compile(rf"\b(?:{'|'.join(WEEKDAYS)})\b")
TODAY = re.compile(rf"\boje (?:ja )?e (?P<day>{'|'.join(WEEKDAYS)})\b")
AGE_BY_KIN = re.compile(
    r"(?<!\S)(?:mai(?=or)|men(?=or)|vel|"
    r"fil|menin|net|sobrin|krians|garot|gri|pia|mulek|molek|kasul|afiliad|entead|guri|minin)\S* (?:[ao] )?"
    r"(?:de|kom|tem|fes|fas|kompleta|kompletou|ja tem|vai faser) (?P<n>\w+)(?P<half> e meio)?(?: (?P<unit>\w+))?(?!\S)"
)
COUNTED = sounds_of(
    "ano anos aninho aninhos mês meses mesinho dia dias semana semanas quilo quilos grau graus e hora horas vez vezes "
    "metro reais real caixa caixas sintoma"
)
AGE_COMPARED = re.compile(
    r"\b(?:tem|fes|ta kom) (?P<n>\w+) (?:anos? |aninos? )?(?:\w+ ){0,6}?"
    r"(?P<less>\w+) (?:(?P<unit>anos?|meses) )?mais nov[ao]\b"
)
YEARS = sounds_of("ano anos aninho aninhos")
AGE_COMING = re.compile(
    r"\b(?:(?:vai|vao) (?:faser|kompletar) |(?:kompleta|fas) (?=\w+ (?:anos? |aninos? )?(?:em|no|so|mes ke|ano ke|"
    r"semana ke|daki) ))(?P<n>\w+)(?: (?P<unit>\w+))?"
)
IN_MONTHS = re.compile(r"\bmes(es|ino|inos)?\b")
LAST_WEEKDAY_DAYS = 6.0
TODDLER_MONTHS = 12.0  # "nem anda ainda": under two, whatever the age
NEWBORN_MONTHS = 0.5  # said to be newborn, with no age: well under the three months that matter


def age_months(reading: Reading, codes: set[str]) -> float | None:
    """The youngest age said of anyone, so that a doubt is resolved for the child."""
    youngest: float | None = None
    small = bool(SMALL & {s.code for s in reading.said}) or _birth_was_told(reading)
    for index, turn in enumerate(reading.turns):
        sounds = turn.scan.spoken.sounds
        asked = _age_was_asked(reading, index)
        for amount in amounts(sounds):
            since_birth = asked and _asks_any(reading, index, BIRTH_QUESTIONS)
            pregnant = "gestante" in turn.cues or "gestante" in codes
            if since_birth or _is_age(amount, small, asked, pregnant) or _tells_only_an_age(turn, amount, pregnant):
                months = amount.days / 30.4 if amount.unit in ("dia", "semana") else amount.days / (365 / 12)
                youngest = months if youngest is None else min(youngest, months)
        for years in _ages_by_kin(sounds):
            youngest = years * 12 if youngest is None else min(youngest, years * 12)
        if asked and not amounts(sounds) and (bare := _bare_number(sounds)) is not None:
            youngest = bare * (1 if IN_MONTHS.search(reading.turns[index - 1].scan.spoken.sounds) else 12)
        if small or asked or youngest is not None:
            told = (youngest, *_ages_coming(sounds), *_ages_compared(sounds))
            youngest = min((months for months in told if months is not None), default=None)
    if youngest is None and "recem_nascido" in codes:
        return NEWBORN_MONTHS
    return TODDLER_MONTHS if youngest is None and "nao_anda" in codes else youngest


def _ages_coming(sounds: str) -> list[float]:
    """ "vai fazer dois em dezembro": not two yet, and in doubt about to be."""
    found = []
    for match in AGE_COMING.finditer(sounds):
        years = number(match["n"])
        if years is not None and match["unit"] not in COUNTED - YEARS:
            found.append(years * 12.0 - 1)
    return found


def _ages_by_kin(sounds: str) -> list[float]:
    """ "minha filha de sete": a number of years that nothing is counted by."""
    found = []
    for match in AGE_BY_KIN.finditer(sounds):
        years = number(match["n"])
        if years is not None and match["unit"] not in COUNTED:
            found.append(years + (0.5 if match["half"] else 0.0))
    return found


def _ages_compared(sounds: str) -> list[float]:
    """ "a irmã tem três e ela é dois anos mais nova": one."""
    found = []
    for match in AGE_COMPARED.finditer(sounds):
        base, less = number(match["n"]), number(match["less"])
        if base is not None and less is not None:
            found.append(max(0.0, base * 12.0 - less * (1 if match["unit"] == "meses" else 12)))
    return found


def _age_was_asked(reading: Reading, index: int) -> bool:
    return _asks_any(reading, index, AGE_QUESTIONS)


def _asks_any(reading: Reading, index: int, questions: tuple[str, ...]) -> bool:
    return index > 0 and any(q in reading.turns[index - 1].scan.spoken.sounds for q in questions)


def _birth_was_told(reading: Reading) -> bool:
    return any("naseu" in turn.scan.spoken.sounds for turn in reading.turns)


def _bare_number(sounds: str) -> int | None:
    values = [v for word in sounds.split()[:4] if (v := number(word)) is not None and word not in ("um", "uma")]
    return values[0] if values else None


def _is_age(amount: Amount, small: bool, asked: bool, pregnant: bool) -> bool:
    before, after = amount.before.split(), amount.after.split()[:2]
    if any(word.startswith(WARRANTY) for word in before) or after[:1] == ["mais"]:
        return False
    if small and before and before[-1] in TURNING and "fas" not in before:
        return True
    if before[-2:] in (["to", "de"], ["estou", "de"]) and amount.unit in ("mes", "semana"):
        return False  # "tô de dois mesinhos": pregnant
    if "naseu" in before or (before[-2:] == ["ta", "kom"] and after[:1] != ["de"] and not pregnant):
        return True
    if before and (before[-1] in SINCE or "fas" in before or "desde" in before):
        return False
    if amount.unit == "ano":
        return after[:1] != ["atras"]
    if after and after[0] in ("ke", "atras", "seguido", "kom") and before[-1:] == ["tem"]:
        return False
    if pregnant and not small:
        return False
    if amount.unit == "mes":
        return (small or asked) and not PREGNANCY & {*before, *after}
    if after[:1] == ["de"] and after[1:] not in (["vida"], ["nasido"], ["nasida"]):
        return False
    of_life = after[:1] == ["de"] and after[1:] in (["vida"], ["nasido"], ["nasida"])
    said_of_it = before[-1:] in (["tem"], ["de"]) and len(before) > 1 and _young(before[-2])
    return of_life or said_of_it or (asked and small)


def _tells_only_an_age(turn: Turn, amount: Amount, pregnant: bool) -> bool:
    """ "tem seis semanas", of someone, where no symptom is told that it could be the length of."""
    ails = any(m.concept.kind in (Kind.SYMPTOM, Kind.WARNING) for m in turn.scan.mentions)
    last = amount.before.split()[-1:]
    if last == ["pra"] and amount.unit != "ano" and "febr" in turn.scan.spoken.sounds and amount.unit != "dia":
        return True  # "remédio de febre pra um mês": of a baby; in doubt, of the youngest
    return last == ["tem"] and not amount.after and not ails and not pregnant


def _young(word: str) -> bool:
    return word in ("ele", "ela") or word.startswith(KIN)


def durations(reading: Reading, codes: set[str]) -> tuple[float, float]:
    """Days that the complaint, and fever in particular, have lasted: the longest said."""
    ailing = (Kind.SYMPTOM, Kind.WARNING)
    symptoms = [s for s in reading.said if s.status is Status.SAID and s.mention.concept.kind in ailing]
    if not symptoms:
        return 0.0, 0.0
    turns = {s.turn for s in symptoms}
    feverish = {s.turn for s in symptoms if s.code == "febre"}
    dated = any(FEVER_DATED.search(reading.turns[index].scan.spoken.sounds) for index in feverish)
    longest = fever = 0.0
    for index, turn in enumerate(reading.turns):
        if _no_duration(turn):
            continue
        days = _longest(reading, index, codes)
        if index >= min(turns):
            longest = max(longest, days)
        if index in feverish or (feverish and (index not in turns or not dated)):  # in doubt, the fever's own
            fever = max(fever, days)
    if feverish:
        fever = max(fever, _days_since_weekday(reading))
    return longest, fever


def _longest(reading: Reading, index: int, codes: set[str]) -> float:
    turn = reading.turns[index]
    small, asked, pregnant = bool(codes & SMALL), _age_was_asked(reading, index), "gestante" in codes
    found = [7.0] if "semana pasada" in turn.scan.spoken.sounds and "desde" in turn.cues else []
    if WEEKDAY_PAST.search(turn.scan.spoken.sounds):
        found.append(LAST_WEEKDAY_DAYS)
    if not pregnant:
        found += [float(days) for days in ordinals(turn.scan.spoken.sounds)]
    for amount in amounts(turn.scan.spoken.sounds):
        if _dates_no_symptom(amount):
            continue
        of_pregnancy = pregnant and amount.unit in ("mes", "semana") and amount.before.endswith("de")
        if not (of_pregnancy or _is_age(amount, small, asked, pregnant) or _of_a_baby(amount, turn.cues)):
            found.append(amount.days)
    return max(found, default=0.0)


def _dates_no_symptom(amount: Amount) -> bool:
    """ "desde os vinte anos" dates a habit; "cinco meses mês que vem", "um de oito meses" are ages."""
    habit = amount.unit == "ano" and amount.before.endswith("desde os")
    coming = amount.after.startswith(("mais nov", "ke vem", "no mes", "mes ke", "semana ke", "sabado", "domingo"))
    one_of = amount.before.endswith(("um de", "uma de", "o de", "a de", "pro de", "pra de"))
    return habit or coming or one_of


def _days_since_weekday(reading: Reading) -> float:
    """ "segunda começou, hoje já é domingo": the days between, 0 when today is not named."""
    sounds = " ".join(turn.scan.spoken.sounds for turn in reading.turns)
    today = TODAY.search(sounds)
    if today is None:
        return 0.0
    now = WEEKDAYS[today["day"]]
    return float(max((now - WEEKDAYS[m.group()]) % 7 for m in WEEKDAY.finditer(sounds)))


def _no_duration(turn: Turn) -> bool:
    past = "passado" in turn.cues and "desde" not in turn.cues
    asked = "?" in turn.scan.spoken.text and not turn.states
    return past or bool(turn.cues & {"posologia", "midia"}) or asked


def _of_a_baby(amount: Amount, cues: frozenset[str]) -> bool:
    """A pregnancy's or a newborn's weeks, or a treatment's days: no symptom's duration."""
    before = set(amount.before.split())
    treatment = amount.after.startswith(("pra", "por dia", "de gravid", "de jesta")) or "gravid" in amount.after
    return treatment or bool(before & PREGNANCY) or "recem_nascido" in cues or bool(before & BIRTH)
