"""The portal's template environment puts out what Jinja's own does."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from flask.templating import Environment
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import pass_context, pass_environment, pass_eval_context
from jinja2.runtime import Context
from markupsafe import Markup, escape

from app.web.template_engine import PageEnvironment, bind_spaces, escape_piece


class Framed:
    """Text that brings its own HTML."""

    def __html__(self) -> str:
        return "<i>&amp;</i>"


class Subtext(str):
    """A text that is no plain ``str``."""

    __slots__ = ()


TEMPLATES = (
    "{{ text }}{{ text ~ safe }}{{ safe }}{{ number }}{{ nothing }}{{ framed }}{{ subtext }}",
    "{% set made %}<b>{{ text }}</b>{% endset %}{{ made }}{{ made ~ text }}",
    "{% macro cell(value, name='&') %}<td {{ name }}>{{ value }}{% endmacro %}"
    "{{ cell(text) }}{{ cell(safe, name=text) }}{% set both = cell(text) ~ text %}{{ both }}",
    "{% macro around() %}<p>{{ caller(text) }}</p>{% endmacro %}"
    "{% call(inner) around() %}{{ inner }}{% endcall %}",
    "{% autoescape false %}{{ text }}{% endautoescape %}{{ text|safe }}{{ text|upper }}",
    "{% for piece in [text, safe] %}{{ loop.index }}{{ loop.cycle('<', '>') }}{{ piece }}"
    "{% endfor %}{{ absent }}{{ [text, safe]|join('<') }}",
    "{% set seen = 1 %}{{ of_context('text') }}{{ of_evaluation('<') }}{{ of_environment() }}"
    "{% for word in [text] %}{{ of_context('word') }}{% endfor %}",
    "{{ text.replace('a', '<') }}{{ made_by.__len__() }}{{ '%s<'|format(text) }}",
)


def of_context(context: Context, name: str) -> Any:
    return context.get(name)


def of_evaluation(evaluation: Any, text: str) -> Any:
    return text.upper() if evaluation.autoescape else text


def of_environment(environment: Any) -> str:
    return f"<{environment.block_start_string}>"


CONTEXT: dict[str, Any] = {
    "text": "a<b>&\"'",
    "safe": Markup("<b>&amp;</b>"),
    "number": 12,
    "nothing": None,
    "framed": Framed(),
    "subtext": Subtext("a<"),
    "made_by": ["x"],
    "of_context": pass_context(of_context),
    "of_evaluation": pass_eval_context(of_evaluation),
    "of_environment": pass_environment(of_environment),
}


@pytest.fixture
def environments() -> Iterator[tuple[Environment, Environment]]:
    app = Flask(__name__)
    with app.test_request_context("/"):
        yield Environment(app), PageEnvironment(app)


@pytest.mark.parametrize("source", TEMPLATES)
def test_a_template_puts_out_what_jinja_makes_of_it(
    environments: tuple[Environment, Environment], source: str
) -> None:
    texts = []
    for environment in environments:
        environment.autoescape = True
        texts.append(environment.from_string(source).render(**CONTEXT))
    assert texts[0] == texts[1]
    assert "&lt;" in texts[0]


def test_output_is_compiled_to_the_short_way(
    environments: tuple[Environment, Environment],
) -> None:
    environment = environments[1]
    environment.autoescape = True
    assert "environment.escape_piece(" in environment.compile("{{ text }}", raw=True)


@given(
    st.one_of(
        st.text(),
        st.text().map(Markup),
        st.text().map(Subtext),
        st.integers(),
        st.none(),
        st.just(Framed()),
    )
)
def test_a_piece_is_escaped_as_markupsafe_does(value: Any) -> None:
    assert "".join([escape_piece(value)]) == str(escape(value))


def test_the_portals_pages_are_rendered_by_it(app: Flask) -> None:
    assert type(app.jinja_env) is PageEnvironment


@pytest.mark.parametrize(
    ("source", "bound"),
    [
        ("Договор № {{ number }} от", "Договор №_{{ number }} от"),
        ('"№ " ~ number', '"№_" ~ number'),
        ("прибор № <bdi>", "прибор №_<bdi>"),
        ("НДС {{ rate }} %, пени 9 %", "НДС {{ rate }}_%, пени 9_%"),
        ("{% if count == 5 %}", "{% if count == 5 %}"),
        ("{{ kwh|energy }} кВт·ч", "{{ kwh|energy }}_кВт·ч"),
        ("{% endif %} {{ line.unit }}", "{% endif %}_{{ line.unit }}"),
        ("({{ end }} − {{ start }}) × 40", "({{ end }} −_{{ start }}) ×_40"),
        ("{{ ratio }} = {{ kwh }}", "{{ ratio }} =_{{ kwh }}"),
        ("{% set a = b %}", "{% set a = b %}"),
    ],
)
def test_numbers_stay_on_one_line_with_their_signs_and_units(source: str, bound: str) -> None:
    assert bind_spaces(source) == bound.replace("_", "\u00a0")
