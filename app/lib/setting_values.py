"""Parse values of settings: each parser returns the value, or says in Russian what is wanted."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

MIN_SECRET_LENGTH = 32
T = TypeVar("T")
Headers = tuple[tuple[str, str], ...]
Parser = Callable[[str], Any]


def check_leftovers(raw: str, may_have_lone_quote: bool = False) -> None:
    """Refuse a value that carries what belongs to the file it stood in: a comment, quotes.

    systemd, Docker and shells differ in what they take away. Inner quotes, ``#`` within a word and
    bracketed templates (JSON, XML) are values. The fault never quotes the value: it may be secret.
    """
    text = raw.strip()
    first, inner, last = text[:1], text[1:-1], text[-1:]
    if first + last in ("{}", "[]", "<>"):
        return
    if any(character in text for character in "\n\r\0"):
        raise ValueError("в значении перенос строки: в файле настроек не закрыта кавычка")
    if re.search(r"\s#|^#(\s|$)", raw):
        raise ValueError("в значении « #»: примечание пишется отдельной строкой")
    if first + last in ('""', "''", "“”", "‘’") and len(text) > 1 and first not in inner:
        raise ValueError("значение осталось в кавычках: уберите их")
    for quote in "\"'":
        if text.count(quote) % 2 and quote in (first, last) and not may_have_lone_quote:
            raise ValueError(f"осталась непарная кавычка {quote}")


def converting(convert: Callable[[str], T], wanted: str) -> Callable[[str], T]:
    """A parser that says what is ``wanted`` where ``convert`` fails."""

    def read(text: str) -> T:
        try:
            return convert(text)
        except (ValueError, AttributeError, LookupError, OSError, re.error) as error:
            raise ValueError(wanted.format(text=text, error=error)) from None

    return read


def matching(pattern: str, wanted: str, convert: Parser = str) -> Parser:
    """A parser of text that matches a pattern as a whole, and is converted then."""

    def check(text: str) -> Any:
        if re.fullmatch(pattern, text, re.DOTALL):
            return convert(text)
        raise ValueError

    return converting(check, wanted)


def one_of(*values: str) -> Callable[[str], str]:
    """A parser of one of several choices."""
    return matching("|".join(values), f"нужно одно из: {', '.join(values)}, а не «{{text}}»")


def list_of(read: Callable[[str], str]) -> Callable[[str], tuple[str, ...]]:
    """A parser of values parted by commas; each counts once."""
    return lambda text: tuple(
        dict.fromkeys(read(part.strip()) for part in text.split(",") if part.strip())
    )


read_secret = matching(f".{{{MIN_SECRET_LENGTH},}}", f"нужно не меньше {MIN_SECRET_LENGTH} знаков")
read_boolean = converting({"0": False, "1": True}.__getitem__, "нужно 0 или 1, а не «{text}»")
read_whole = matching("[0-9]{1,9}", "нужно целое число от нуля, а не «{text}»", int)
read_positive = matching(
    "(?=.*[1-9])[0-9]{1,9}", "нужно целое число больше нуля, а не «{text}»", int
)
read_hour = matching("[01]?[0-9]|2[0-3]", "нужен час от 0 до 23, а не «{text}»", int)
read_prefixes = list_of(
    matching(r"\+[0-9]{1,14}", "нужны начала номеров через запятую, например +79, а не «{text}»")
)
read_address = matching(
    r"[^\s<>@]+@[^\s<>@]+", "нужен адрес вида kabinet@example.ru, а не «{text}»"
)
read_addresses = list_of(read_address)
read_web_address = matching(r"https?://[^/\s]+.*", "нужен адрес http:// или https://")
read_redis_url = matching("(rediss?|unix)://.*", "нужен адрес redis://…")
read_files_url = matching(
    r"(s3://[^/\s]+|file:///|/).*", "нужна папка /путь или адрес s3://бакет/папка"
)
read_socket_address = matching(
    r"/.+|[^\s:]+:[0-9]{1,5}", "нужно имя:порт или путь сокета, например 127.0.0.1:3310"
)
read_database_url = matching(
    r"(sqlite:|postgres(ql)?(\+psycopg)?://).*",
    "нужен адрес sqlite:///… или postgresql://…",
    lambda text: re.sub(r"^postgres[a-z+]*:", "postgresql+psycopg:", text),
)
read_moment = matching(
    r".{10}.+([+-][0-9:]+|Z)",
    "нужен момент со смещением, например 2026-11-21T12:00:00+05:00, а не «{text}»",
    datetime.fromisoformat,
)
read_headers = converting(
    lambda text: tuple((name, str(value)) for name, value in json.loads(text).items()),
    'нужен объект JSON, например {{"Content-Type": "…"}}',
)
read_pattern = converting(
    lambda text: re.compile(text).pattern, "нужно регулярное выражение: {error}"
)
read_zone = converting(ZoneInfo, "нет такого часового пояса: «{text}»")


def read_base_url(text: str) -> str:
    """Parse the address of a site: scheme, host and port, without a path."""
    try:
        parts = urlsplit(text)
        origin = f"{parts.scheme}://{parts.netloc}"
        is_origin = text.lower().rstrip("/") == origin.lower() and parts.port != 0
    except ValueError:  # brackets or a port that make no address
        is_origin = False
    if not is_origin or parts.scheme not in ("http", "https") or "@" in origin:
        raise ValueError(f"нужен адрес вида https://lk.example.ru, а не «{text}»")
    return origin
