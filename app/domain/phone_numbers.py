"""Phone numbers: find in free text, normalise to E.164, show, mask.

An extension is stored behind the number as RFC 3966 writes it: «+73513570000;ext=105».
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import phonenumbers

from app.domain.characters import DASHES, compose
from app.domain.errors import ContactError

HOME_REGION = "RU"
MAX_TEXT = 2000
MAX_EXTENSION = 6
NATIONAL = 10
"""Digits of a Russian number after +7 or 8."""
NATIONAL_STARTS = "34789"
"""First of them; 7 is Kazakhstan's, under the same country code."""
MIN_DIGITS, MAX_DIGITS = 7, 15
"""Of any number, by E.164 and by the shortest in use with a country code."""
_MANY_GROUPS = 60
_AREA_CODE = 3
_EXTENSION_MARK = ";ext="
_TO_HYPHEN = dict.fromkeys(map(ord, DASHES), "-")
# Digits under these names are nobody's number, though «ИНН 3808123456» looks like one.
_OTHER_DIGITS = re.compile(
    r"(?<![а-яёa-z])(?:инн|кпп|огрн(?:ип)?|окпо|оквэд|октмо|снилс|бик|inn|"
    r"[рклp]/(?:сч?|c)|сч[её]т[а-я]*|л/сч|дог(?:овор[а-я]*)?)(?:[\s.:/№-]|no)*[0-9]+",
    re.IGNORECASE,
)
# «1) … 2) …», «1. … 2. …»: no number begins with these digits, and none is written so.
_LIST_MARK = re.compile(r"(?:(?<=[\s,;])|^)[1-6](?:\)|\.(?=\s))")
_RUN = re.compile(r"[+0-9(][-+0-9(). \t\u00a0]*")
_EXTENSION = re.compile(
    r"[\s,;.(]*(?:;ext=|(?:доб(?:авоч[а-я]*)?|вн(?:утр[а-я]*)?|ext(?:ension)?|[x#])[\s.:№]*)"
    rf"([0-9]{{1,{MAX_EXTENSION}}})(?![0-9])\)?",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class FoundPhones:
    """Numbers in a text, in its order, and the digits that make no number."""

    phones: tuple[str, ...]
    unread: tuple[str, ...]


def find_phones(text: str) -> FoundPhones:
    """Find phone numbers in free text; spaces, commas, slashes, words and brackets separate them.

    Groups of digits are joined only where they make whole numbers and nothing else can be meant:
    a number that was read wrongly would send notifications to a stranger.
    """
    text = compose(unicodedata.normalize("NFKC", text[:MAX_TEXT])).translate(_TO_HYPHEN)
    text = _LIST_MARK.sub(";", text)
    phones: list[str] = []
    unread: list[str] = []
    position = 0
    while run := _RUN.search(text, position):
        if (other := _OTHER_DIGITS.search(text, position)) and other.start() < run.start():
            unread.append(other[0].strip())
            position = other.end()
            continue
        written = run[0].rstrip("-(). \t\u00a0")
        position = run.start() + max(1, len(written))
        groups = re.findall(r"\+?[0-9]+", written)
        if not groups:
            continue
        numbers, rest = _split(groups)
        if numbers and not rest and (extension := _EXTENSION.match(text, position)):
            numbers[-1] += f"{_EXTENSION_MARK}{extension[1]}"
            position = extension.end()
        phones += numbers
        if rest:
            unread.append(written if not numbers else " ".join(rest))
    return FoundPhones(tuple(dict.fromkeys(phones)), tuple(unread))


def normalise_phone(text: str, *, may_have_extension: bool = False) -> str:
    """Normalise one phone number to E.164: «8 (912) 345-67-89» → «+79123456789».

    Args:
        may_have_extension: accept «доб. 105»; text messages need a number without one.

    Raises:
        ContactError: ``phone``, ``phone_short``, ``phone_long``, ``phone_many`` or
            ``phone_extension``.
    """
    found = find_phones(text)
    if len(found.phones) > 1:
        raise ContactError("phone_many")
    if not found.phones or found.unread:
        raise ContactError(_what_is_wrong(text, found))
    (phone,) = found.phones
    if _EXTENSION_MARK in phone and not may_have_extension:
        raise ContactError("phone_extension")
    return phone


def split_extension(phone: str) -> tuple[str, str]:
    """Split a stored number into E.164 and its extension, empty if there is none."""
    number, _, extension = phone.partition(_EXTENSION_MARK)
    return number, extension


def show_phone(phone: str) -> str:
    """Show a stored number as «+7 912 345-67-89», with «, доб. 105» for an extension."""
    number, extension = split_extension(phone)
    if match := re.fullmatch(r"\+7(\d{3})(\d{3})(\d{2})(\d{2})", number):
        shown = "+7 {} {}-{}-{}".format(*match.groups())
    else:
        shown = phonenumbers.format_number(
            phonenumbers.parse(number), phonenumbers.PhoneNumberFormat.INTERNATIONAL
        )
    return f"{shown}, доб. {extension}" if extension else shown


def export_phone(phone: str) -> str:
    """Write a stored number for billing: «+73513570000», «+73513570000 доб. 105»."""
    return phone.replace(_EXTENSION_MARK, " доб. ")


def may_get_sms(phone: str, prefixes: Iterable[str]) -> bool:
    """Whether text messages may be sent to a number: it is on the allow-list, not a switchboard.

    Args:
        phone: in E.164, perhaps with an extension, which gets no messages.
        prefixes: allow-list of beginnings, such as «+79».
    """
    return phone.startswith(tuple(prefixes)) and _EXTENSION_MARK not in phone


def mask_phone(phone: str) -> str:
    """Mask a number: «+79123456789» → «+7 9•• •••-••-89»."""
    number, _ = split_extension(phone)
    return f"{number[:2]} {number[2:3]}•• •••-••-{number[-2:]}"


def _what_is_wrong(text: str, found: FoundPhones) -> str:
    digits = sum(character.isdecimal() for character in text[:MAX_TEXT])
    if found.phones or digits > NATIONAL + 1:
        return "phone_long"
    return "phone_short" if NATIONAL // 2 <= digits <= NATIONAL else "phone"


def _split(groups: Sequence[str]) -> tuple[list[str], list[str]]:
    """Groups of digits → numbers, and the groups left over.

    All of them as whole numbers in the one way there is; else the one among them that has its
    country code or 8, where the others are too short to be of a number: a room, an hour.
    """
    if len(groups) > _MANY_GROUPS:
        return [], list(groups)
    ways = _ways(groups)
    if len(ways) == 1:
        return ways[0], []
    if ways:
        return [], list(groups)
    for end in range(len(groups) - 1, 0, -1):
        if _is_whole(groups[:end], groups[end:]) and (number := _read(groups[:end])):
            return [number], list(groups[end:])
    # Behind a room or an hour only a number in one piece is told from its neighbours.
    whole = [group for group in groups if _is_whole([group], []) and _read([group])]
    rest = [group for group in groups if group not in whole]
    if whole and all(len(group) < _AREA_CODE for group in rest):
        return [number for group in whole if (number := _read([group]))], rest
    return [], list(groups)


def _is_whole(groups: Sequence[str], rest: Sequence[str]) -> bool:
    """Whether groups have the digits of a number with +7 or 8, and the rest too few for one."""
    digits = sum(len(group.lstrip("+")) for group in groups)
    return digits == NATIONAL + 1 and all(len(group) < _AREA_CODE for group in rest)


def _ways(groups: Sequence[str]) -> list[list[str]]:
    """List ways to cut groups of digits into whole numbers; at most two, which are ambiguous."""
    # Ways for each tail, from the last group backwards.
    tails: list[list[list[str]]] = [[[]]]
    for start in range(len(groups) - 1, -1, -1):
        found: list[list[str]] = []
        for end in range(start + 1, len(groups) + 1):
            rest = tails[len(groups) - end]
            if rest and (number := _read(groups[start:end])):
                found += [[number, *way] for way in rest]
        tails.append(found[:2])
    return tails[-1]


def _read(groups: Sequence[str]) -> str | None:
    """One whole number in E.164, or None."""
    if any(group.startswith("+") for group in groups[1:]):
        return None
    if groups[0] == "+8":
        # No country has this code; «+8 (495) 123-45-67» is not Vietnam's 84.
        groups = ["8", *groups[1:]]
    digits = "".join(groups).lstrip("+")
    if len(digits) < MIN_DIGITS:
        return None
    if groups[0].startswith("+") and not digits.startswith("7"):
        return _read_foreign("+" + digits)
    if groups[0].startswith("8") and digits.startswith("810") and len(digits) > NATIONAL + 1:
        return _read_foreign("+" + digits[len("810") :])
    if len(digits) == NATIONAL + 1 and digits[0] in "78":
        national = digits[1:]
    elif len(digits) == NATIONAL and _is_national(groups, digits):
        national = digits
    else:
        return None
    return f"+7{national}" if national[0] in NATIONAL_STARTS else None


def _is_national(groups: Sequence[str], digits: str) -> bool:
    """Whether ten digits are a number without its 8, and not one that lacks a digit."""
    lengths = [len(group) for group in groups]
    if groups[0].startswith("+") or digits[0] not in "3489":
        return False
    # «3-45-67 4-56-78» is two numbers of one town, «345-67-89 123» one with an extension.
    if (lengths[0] < _AREA_CODE and set(lengths) != {2}) or lengths == [3, 2, 2, 3]:
        return False
    # «8 912 345-67-8» against «812 345-67-89».
    return digits[0] != "8" or (lengths[0] >= _AREA_CODE and _is_in_use(digits))


def _is_in_use(digits: str) -> bool:
    """Whether ten digits are a number of the Russian plan."""
    number = phonenumbers.PhoneNumber(country_code=7, national_number=int(digits))
    return phonenumbers.is_valid_number(number)


def _read_foreign(text: str) -> str | None:
    try:
        number = phonenumbers.parse(text, HOME_REGION)
    except phonenumbers.NumberParseException:
        return None
    written = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    is_possible = phonenumbers.is_possible_number(number) and len(written) <= MAX_DIGITS + 1
    # «+9123456789» lacks its 7: not a number of India that is not in use there.
    if len(written) == NATIONAL + 1 and _is_in_use(written[1:]):
        is_possible = is_possible and phonenumbers.is_valid_number(number)
    return written if is_possible and not written.startswith("+7") else None
