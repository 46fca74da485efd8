"""Transliterate text for files in windows-1251: characters it lacks are written as people do.

Banks accept payment orders in windows-1251. A name of another people of Russia sounds alike there:
«Яңы тормош һәм Көнсығыш» becomes «Яны тормош хэм Консыгыш», never «Я?ы».
"""

from __future__ import annotations

import re
import unicodedata

from app.domain.characters import compose

ENCODING = "windows-1251"
# Small letters; a capital follows its small one. Bashkir, Tatar, Kazakh, Chuvash, Yakut, Tuvan,
# Buryat, Kalmyk, Altai, Khakas, Mari, Udmurt, Komi, Mordvin, Ossetian, Khanty, Mansi, Nenets,
# Chukchi, Itelmen, Abkhaz, the languages of Dagestan; neighbours; letters of older books.
_SUBSTITUTES = {
    "ә": "э",
    "ӓ": "я",
    "ӑ": "а",
    "ӕ": "э",
    "ӛ": "э",
    "ԝ": "в",
    "ғ": "г",
    "ӷ": "г",
    "ҕ": "г",
    "ӻ": "г",
    "ԍ": "г",
    "ҙ": "з",
    "ӟ": "з",
    "ԑ": "э",
    "ԇ": "з",
    "ӡ": "дз",
    "ԁ": "д",
    "ԃ": "дь",
    "ӗ": "е",
    "ҽ": "ч",
    "ҿ": "ч",
    "ӂ": "ж",
    "җ": "ж",
    "ӝ": "дж",
    "ԅ": "з",
    "ԫ": "дз",
    "ԭ": "дч",
    "қ": "к",
    "ҝ": "к",
    "ҟ": "к",
    "ҡ": "к",
    "ӄ": "к",
    "ԟ": "к",
    "ԛ": "к",
    "ӆ": "л",
    "ԓ": "л",
    "ԡ": "л",
    "ԯ": "л",
    "ԉ": "ль",
    "ԕ": "лх",
    "ӎ": "м",
    "ң": "н",
    "ҥ": "нг",
    "ӊ": "н",
    "ӈ": "н",
    "ԋ": "нь",
    "ԣ": "н",
    "ԩ": "н",
    "ө": "о",
    "ӧ": "о",
    "ӫ": "о",
    "ҩ": "о",
    "ҧ": "п",
    "ԥ": "п",
    "ҏ": "р",
    "ԗ": "рх",
    "ҫ": "с",
    "ԏ": "ть",
    "ҭ": "т",
    "ү": "у",
    "ұ": "у",
    "ӱ": "у",
    "ӳ": "у",
    "ӯ": "у",
    "һ": "х",
    "ҳ": "х",
    "ӽ": "х",
    "ӿ": "х",
    "ԧ": "х",
    "ҵ": "ц",
    "ҷ": "ч",
    "ҹ": "ч",
    "ӌ": "ч",
    "ӵ": "ч",
    "ҁ": "ц",
    "ѕ": "дз",
    "ӏ": "I",
    "ӹ": "ы",
    "ҍ": "ь",
    "ҋ": "й",
    "ӥ": "и",
    "ӣ": "и",
    "ӭ": "э",
    "ѐ": "е",
    "ѝ": "и",
    "ѣ": "е",
    "ѳ": "ф",
    "ѵ": "и",
    "ѷ": "и",
    "ѡ": "о",
    "ѽ": "о",
    "ѿ": "от",
    "ѻ": "о",
    "ѥ": "е",
    "ѧ": "я",
    "ѩ": "я",
    "ѫ": "у",
    "ѭ": "ю",
    "ѯ": "кс",
    "ѱ": "пс",
    "ѹ": "у",
    "ꙋ": "у",
    "ꙑ": "ы",
    "ꙗ": "я",
    "ꙁ": "з",
    "ꙃ": "дз",
    "ꙅ": "дз",
    "ꙇ": "и",
    "ꙉ": "г",
    "ꙍ": "о",
    "ꙏ": "ъ",
    "ꙓ": "е",
    "ꙕ": "ю",
    "ꙙ": "я",
    "ꙛ": "я",
    "ꙝ": "я",
    "ꙟ": "н",
    "ꙡ": "ц",
    "ꙣ": "д",
    "ꙥ": "л",
    "ꙧ": "м",
    "ꙩ": "о",
    "ꙫ": "о",
    "ꙭ": "о",
    "ꙮ": "о",
    "ꙻ": "и",
    "ꚁ": "дз",
    "ꚃ": "дж",
    "ꚅ": "ж",
    "ꚇ": "ч",
    "ꚉ": "дз",
    "ꚋ": "т",
    "ꚍ": "т",
    "ꚏ": "ц",
    "ꚑ": "ц",
    "ꚓ": "ч",
    "ꚕ": "х",
    "ꚗ": "ш",
    "ꚙ": "о",
    "ꚛ": "о",
    "ᲀ": "в",
    "ᲁ": "д",
    "ᲂ": "о",
    "ᲃ": "с",
    "ᲄ": "т",
    "ᲅ": "т",
    "ᲆ": "ъ",
    "ᲇ": "е",
    "ᲈ": "у",
    "ԙ": "я",
    # Latin that does not come apart into a letter and a mark; German is spelt out.
    "ß": "ss",
    "æ": "ae",
    "œ": "oe",
    "ø": "o",
    "đ": "d",
    "ð": "d",
    "þ": "th",
    "ł": "l",
    "ħ": "h",
    "ı": "i",
    "ŋ": "n",
    "ſ": "s",
    "ƒ": "f",
    "ŧ": "t",
    "ĸ": "k",
    "ə": "a",
    "ɡ": "g",
    # Greek as Russian writes it.
    "α": "а",
    "β": "в",
    "γ": "г",
    "δ": "д",
    "ε": "е",
    "ζ": "з",
    "η": "и",
    "θ": "ф",
    "ι": "и",
    "κ": "к",
    "λ": "л",
    "μ": "м",
    "ν": "н",
    "ξ": "кс",
    "ο": "о",
    "π": "п",
    "ρ": "р",
    "σ": "с",
    "ς": "с",
    "τ": "т",
    "υ": "и",
    "φ": "ф",
    "χ": "х",
    "ψ": "пс",
    "ω": "о",
}
_SIGNS = {
    "₽": "руб.",
    "−": "-",
    "‐": "-",
    "‑": "-",
    "‒": "-",
    "―": "-",
    "⁃": "-",
    "′": "'",
    "″": '"',
    "ʹ": "'",
    "ʺ": '"',
    "ʻ": "'",
    "ʼ": "'",
    "ʽ": "'",
    "ˈ": "'",
    "‛": "'",
    "‟": '"',
    "´": "'",
    "×": "x",
    "÷": "/",
    "⁄": "/",
    "∕": "/",
    "•": "•",
    "∙": "·",
    "≈": "~",
    "≤": "<=",
    "≥": ">=",
    "≠": "<>",
    "º": "o",
    "ª": "a",
    "¿": "",
    "¡": "",
    "҂": "",
    "꙳": "*",
    "꙾": "",
    "ꙿ": "",
}
_LATIN_NAME = re.compile(
    r"LATIN (SMALL|CAPITAL) LETTER (?:(?:OPEN|TURNED|REVERSED|AFRICAN|SMALL CAPITAL) )?([A-Z])"
    r"(?: WITH .*)?"
)
REPLACEMENT = "*"
"""Replaces a run of characters that cannot be written in windows-1251: banks refuse «?»."""


def to_windows_1251(text: str) -> str:
    """Transliterate a text to the characters of windows-1251.

    Invisible characters are removed, odd spaces become spaces, and a run of what cannot be written
    becomes ``REPLACEMENT``. Line breaks are left to the caller.
    """
    written: list[str] = []
    is_unknown = False
    for character in compose(text):
        found = _write(character)
        if found is None:
            found = "" if is_unknown else REPLACEMENT
            is_unknown = True
        elif found:
            is_unknown = False
        written.append(found)
    return "".join(written)


def _write(character: str) -> str | None:
    """Write one character, or None where it cannot be written."""
    if _has(character):
        return character
    if character in _SIGNS:
        return _SIGNS[character]
    if unicodedata.combining(character) or unicodedata.category(character) in ("Mn", "Me", "Mc"):
        return ""
    if substitute := _find_substitute(character):
        return substitute
    parts = unicodedata.normalize("NFKD", character)
    if parts == character:
        return _find_base_latin(character)
    known = [_write(part) for part in parts]
    return None if None in known else "".join(filter(None, known))


def _find_base_latin(character: str) -> str | None:
    """Read the base letter from a Unicode name: «ƀ» is «LATIN SMALL LETTER B WITH STROKE»."""
    match = _LATIN_NAME.fullmatch(unicodedata.name(character, ""))
    if match is None:
        return None
    return match[2] if match[1] == "CAPITAL" else match[2].lower()


def _find_substitute(character: str) -> str | None:
    """Look a character up in the table; a capital of two letters is written «Нг»."""
    small = character.lower()
    found = _SUBSTITUTES.get(small)
    if found is None or character == small:
        return found
    return found[:1].upper() + found[1:]


def _has(character: str) -> bool:
    try:
        character.encode(ENCODING)
    except UnicodeEncodeError:
        return False
    return True
