"""Settings as they are written in the environment: each reader takes text and returns a value.

All raise ``ValueError`` with what is wanted, in Russian, where the text is no such value.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import datetime
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

MIN_SECRET_LENGTH = 32
COMMENT = re.compile(r"\s#|^#(\s|$)")
QUOTES = {'"': '"', "'": "'", "“": "”", "‘": "’"}
BRACKETS = {"{": "}", "[": "]", "<": ">"}


def check_leftovers(raw: str, may_have_lone_quote: bool = False) -> None:
    """Refuse a value that carries what belongs to the file it stood in: a comment, quotes.

    systemd, Docker and shells differ in what they take away, so such a value is always a mistake
    of whoever wrote the file. Inner quotes, ``#`` within a word and bracketed templates (JSON, XML)
    are values. A password or a pattern may begin or end with a lone quote.

    Raises:
        ValueError: what is left over, without the value, which may be a secret.
    """
    text = raw.strip()
    if BRACKETS.get(text[:1]) == text[-1:] and len(text) > 1:
        return
    if any(character in text for character in "\n\r\0"):
        raise ValueError("в значении перенос строки: в файле настроек не закрыта кавычка")
    if COMMENT.search(raw):
        raise ValueError("в значении « #»: примечание пишется отдельной строкой")
    opening, closing = text[:1], text[-1:]
    inner = text[1:-1]
    if QUOTES.get(opening) == closing and len(text) > 1 and opening not in inner:
        raise ValueError("значение осталось в кавычках: уберите их")
    for quote in "\"'":
        is_lone = text.count(quote) % 2 and quote in (opening, closing)
        if is_lone and not may_have_lone_quote:
            raise ValueError(f"осталась непарная кавычка {quote}")


def read_secret(text: str) -> str:
    if len(text) < MIN_SECRET_LENGTH:
        raise ValueError(f"нужно не меньше {MIN_SECRET_LENGTH} знаков")
    return text


def read_boolean(text: str) -> bool:
    if text not in ("0", "1"):
        raise ValueError(f"нужно 0 или 1, а не «{text}»")
    return text == "1"


def read_whole(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise ValueError(f"нужно целое число от нуля, а не «{text}»")
    return int(text)


def read_positive(text: str) -> int:
    if (value := read_whole(text)) == 0:
        raise ValueError("нужно число больше нуля")
    return value


def one_of(*values: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in values:
            raise ValueError(f"нужно одно из: {', '.join(values)}, а не «{text}»")
        return text

    return read


def read_prefixes(text: str) -> tuple[str, ...]:
    prefixes = tuple(part.strip() for part in text.split(",") if part.strip())
    if not all(re.fullmatch(r"\+[0-9]{1,14}", prefix) for prefix in prefixes):
        raise ValueError(f"нужны начала номеров через запятую, например +79, а не «{text}»")
    return prefixes


def read_address(text: str) -> str:
    if not re.fullmatch(r"[^\s<>@]+@[^\s<>@]+", text):
        raise ValueError(f"нужен адрес вида kabinet@example.ru, а не «{text}»")
    return text


def read_addresses(text: str) -> tuple[str, ...]:
    """Email addresses, parted by commas; each is named once."""
    parts = (part.strip() for part in text.split(","))
    return tuple(dict.fromkeys(read_address(part) for part in parts if part))


def read_headers(text: str) -> tuple[tuple[str, str], ...]:
    try:
        headers = json.loads(text)
        return tuple((str(name), str(value)) for name, value in headers.items())
    except (ValueError, AttributeError):
        raise ValueError('нужен объект JSON, например {"Content-Type": "…"}') from None


def read_pattern(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"нужно регулярное выражение: {error}") from None
    return text


def read_web_address(text: str) -> str:
    if not re.match(r"https?://[^/\s]+", text):
        raise ValueError("нужен адрес http:// или https://")
    return text


def read_files_url(text: str) -> str:
    if not re.match(r"(s3://[^/\s]+|file:///|/)", text):
        raise ValueError("нужна папка /путь или адрес s3://бакет/папка")
    return text.removeprefix("file://")


def read_socket_address(text: str) -> str:
    if not re.fullmatch(r"/.+|[^\s:]+:[0-9]{1,5}", text):
        raise ValueError("нужно имя:порт или путь сокета, например 127.0.0.1:3310")
    return text


def read_redis_url(text: str) -> str:
    if not re.match(r"(rediss?|unix)://", text):
        raise ValueError("нужен адрес redis://…")
    return text


def read_zone(text: str) -> ZoneInfo:
    try:
        return ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"нет такого часового пояса: «{text}»") from None


def read_moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"нужен момент ISO 8601 со смещением, а не «{text}»") from None
    if moment.tzinfo is None:
        raise ValueError("нужен момент со смещением, например 2026-11-21T12:00:00+05:00")
    return moment


def read_base_url(text: str) -> str:
    try:
        parts = urlsplit(text)
        origin = f"{parts.scheme}://{parts.netloc}"
        is_origin = text.lower().rstrip("/") == origin.lower() and parts.port != 0
    except ValueError:  # brackets or a port that make no address
        is_origin = False
    if not is_origin or parts.scheme not in ("http", "https") or "@" in origin:
        raise ValueError(f"нужен адрес вида https://lk.example.ru, а не «{text}»")
    return origin


def read_database_url(text: str) -> str:
    if text.startswith("sqlite:"):
        return text
    for prefix in ("postgresql+psycopg://", "postgresql://", "postgres://"):
        if text.startswith(prefix):
            return "postgresql+psycopg://" + text.removeprefix(prefix)
    raise ValueError("нужен адрес sqlite:///… или postgresql://…")
