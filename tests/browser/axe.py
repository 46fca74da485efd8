"""axe on a page: what it finds wrong with structure, names and colours."""

from __future__ import annotations

from pathlib import Path

import axe_playwright_python
from playwright.sync_api import Page

_SOURCE = Path(axe_playwright_python.__file__).parent / "axe.min.js"
# Axe keeps the parts of each colour in a WeakMap of its own, and parses each colour anew for each
# element: two thirds of what it costs. A property does for a map, a map for the parser.
_REPLACE_WEAK_MAPS = """() => {
    window.genuine = {WeakMap, WeakSet};
    window.WeakMap = class {
        key = Symbol();
        has(object) { return this.key in object; }
        get(object) { return object[this.key]; }
        set(object, value) { object[this.key] = value; return this; }
        delete(object) { return this.has(object) && delete object[this.key]; }
    };
    window.WeakSet = class extends WeakMap {
        add(object) { return this.set(object, true); }
    };
}"""
_CACHE_COLOURS = """() => {
    Object.assign(window, window.genuine);
    const colour = axe.commons.color.Color.prototype, parse = colour.parseString, parsed = {};
    colour.parseString = function (text) {
        if (!(text in parsed)) {
            parse.call(this, text);
            parsed[text] = {r: this.r, g: this.g, b: this.b, alpha: this.alpha};
        }
        return Object.assign(this, parsed[text]);
    };
}"""
_LOAD = f"({_REPLACE_WEAK_MAPS})();{_SOURCE.read_text(encoding='utf-8')};({_CACHE_COLOURS})()"
_RUN = """([exclude, rules]) => window.axe && axe.run({exclude}, {
    resultTypes: ["violations"], preload: false, ...(rules ? {runOnly: rules} : {}),
}).then(result => result.violations.flatMap(
    rule => rule.nodes.map(node => `${rule.id}: ${node.html} ${node.failureSummary}`)))"""
LIKE_THE_FIRST = ["tbody tr:nth-child(n+4)"]
COLOUR_RULES = ["color-contrast", "link-in-text-block"]


def axe(page: Page, rules: list[str] | None = None, exclude: list[str] | None = None) -> list[str]:
    """Faults that axe sees; the debugger's ``evaluate`` leaves the page's own CSP in force."""
    faults: list[str] | None = page.evaluate(_RUN, [exclude or [], rules])
    if faults is None:
        page.evaluate(_LOAD)
        return axe(page, rules, exclude)
    return faults
