"""Name a browser and its device from the User-Agent header."""

from __future__ import annotations

_BROWSERS = (
    ("YaBrowser", "Яндекс Браузер"),
    ("OPR/", "Opera"),
    ("Edg", "Microsoft Edge"),
    ("Firefox", "Mozilla Firefox"),
    ("Chrom", "Google Chrome"),
    ("Safari", "Safari"),
)
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)


def describe_user_agent(agent: str) -> str:
    """«Google Chrome, Windows» from what a browser says of itself."""
    browser = next((name for mark, name in _BROWSERS if mark in agent), "Другой браузер")
    system = next((name for mark, name in _SYSTEMS if mark in agent), "")
    return f"{browser}, {system}" if system else browser
