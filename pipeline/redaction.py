"""Personal data is taken out of a transcript before anything else sees it: the model, the record, a log.

Speech reaches us as words, so numbers may be dictated ("nove nove oito…") and punctuation may be missing. What is
removed is replaced by a tag, so that quotes stay literal parts of the text that is kept. Rules rather than a
model: they are cheap, explainable and never leave the machine; a name said without "meu nome é" is not found.
"""

import re

_DIGIT = r"(?:\d|\b(?:zero|um|uma|dois|duas|tr[eê]s|quatro|cinco|seis|meia|sete|oito|nove)\b)"
_SEPARATOR = r"[\s.,/-]*"


def _digits(least: int, most: int) -> str:
    return rf"(?<![\w]){_DIGIT}(?:{_SEPARATOR}{_DIGIT}){{{least - 1},{most - 1}}}(?!\w)"


_NAME = r"[^\W\d_]+(?:\s+(?:d[aeo]s?\s+)?[A-ZÀ-Ý][^\W\d_]+)*"
_STREET = r"\b(?:rua|avenida|av\.|travessa|alameda|rodovia)\s+[^,.;?!]{2,60}"
_HOUSE = r"(?:,?\s*(?:n[uú]mero|n[ºo°.]*)?\s*\d{1,5}\b)"
_DOCUMENT = r"(?<!\w)(?:\d{3}\.\d{3}\.\d{3}-?\d{2}|\d{2}\.\d{3}\.\d{3}-?[\dxX])(?!\w)"

_RULES: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("[email]", re.compile(r"[\w.+-]+(?:@|\s+arroba\s+)[\w-]+(?:(?:\.|\s+ponto\s+)[\w-]+)+", re.I)),
    ("[cartao]", re.compile(_digits(13, 19), re.I)),
    ("[documento]", re.compile(_DOCUMENT)),
    ("[numero]", re.compile(_digits(8, 12), re.I)),
    ("[endereco]", re.compile(_STREET + _HOUSE, re.I)),
    ("[nome]", re.compile(rf"(?<=\bmeu nome é ){_NAME}|(?<=\bme chamo ){_NAME}|(?<=\bno nome de ){_NAME}")),
)


def redact(text: str) -> str:
    """`text` with e-mails, card, document and telephone numbers, addresses and introduced names replaced by tags."""
    for tag, pattern in _RULES:
        text = pattern.sub(tag, text)
    return text
