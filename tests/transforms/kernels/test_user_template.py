"""A user's template: what a chat template makes, in a sandbox, with what is learned of it."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given

from schemas.example import ASSISTANT, TURNS, USER
from tests.tokenizers import CHATML, examples, turn
from transforms.kernels import user_template
from transforms.kernels.bounds import bounded
from transforms.kernels.templates import render
from transforms.kernels.user_template import BadTemplateError, UserTemplate

MARKED = """{% for message in messages %}
<|im_start|>{{ message.role }}
{% if message.role == "assistant" %}
{% generation %}
{{- message.content }}<|im_end|>
{%- endgeneration %}
{% else %}
{{ message.content }}<|im_end|>
{%- endif %}

{% endfor %}
"""
GROW = "{{% set x = namespace(y={}) %}}{{% for i in range(40) %}}{{% set x.y = x.y {} x.y %}}{{% endfor %}}"
ROW = pa.array([[turn(USER, "Add.", "1 + 1"), turn(ASSISTANT, "2")]], TURNS)


def template(source: str) -> UserTemplate:
    return UserTemplate(source, "mine.jinja")


@given(examples=examples)
def test_chatml_as_a_users_template_is_the_one_that_is_built_in(examples: pa.Array) -> None:
    wanted = render(examples, "chatml")
    found = template(CHATML).render(examples, [None] * len(examples), "")
    assert found.text.equals(wanted.text)
    assert (found.cuts == wanted.cuts).all()
    ends = [[(one["start"], one["end"] - 1) for one in row] for row in found.spans.to_pylist()]
    assert ends == [[(one["start"], one["end"]) for one in row] for row in wanted.spans.to_pylist()]


@given(examples=examples)
def test_generation_blocks_say_what_is_learned(examples: pa.Array) -> None:
    found = template(MARKED).render(examples, [None] * len(examples), "")
    answers = [
        [
            "\n".join(filter(None, [one["content"], one["input"]])) + "<|im_end|>"
            for one in row
            if one["role"] == ASSISTANT
        ]
        for row in examples.to_pylist()
    ]
    for text, spans, said in zip(found.text.to_pylist(), found.spans.to_pylist(), answers, strict=True):
        assert [text[span["start"] : span["end"]] for span in spans] == said


def test_flat_fields_and_the_end_of_sequence_are_given() -> None:
    flat = template("Q: {{ instruction }} ({{ input }})\nA: {{ output }}{{ eos_token }}")
    found = flat.render(ROW, [None], "</s>")
    assert found.text.to_pylist() == ["Q: Add. (1 + 1)\nA: 2</s>"]
    assert found.spans.to_pylist() == [[{"start": 19, "end": 24}]]
    assert [one.to_pylist() for one in found.prompts_and_completions()] == [
        ["Q: Add. (1 + 1)\nA: "],
        ["2</s>"],
    ]


def test_tools_and_calls_are_given() -> None:
    source = "{{ tools[0].name }} {% for m in messages %}{{ m.tool_calls | tojson }}{% endfor %}"
    row = pa.array([[turn(USER, None, rest='{"tool_calls": ["é"]}')]], TURNS)
    assert template(source).render(row, ['[{"name": "sum"}]'], "").text.to_pylist() == ['sum ["é"]']


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ("{% for %}", "mine.jinja, line 1: not a Jinja template: Expected an expression"),
        ("{{ messages.append(1) }}", "mine.jinja fails on an example: access to attribute 'append'"),
        ("{{ ''.__class__.__mro__ }}", "mine.jinja fails on an example: access to attribute '__class__'"),
        ("{% include '/etc/passwd' %}", "mine.jinja fails on an example: "),
        ("{{ raise_exception('No tools.') }}", "mine.jinja fails on an example: No tools."),
        ("{{ messages[9].content.x.y }}", "mine.jinja fails on an example: "),
        ("{{ 1 / 0 }}", "mine.jinja fails on an example: division by zero"),
        ("{{ 'a' * 10**10 }}", "* would make more than 67,108,864 of anything"),
        ("{{ [0] * 10**10 }}", "* would make more than 67,108,864 of anything"),
        ("{{ 10 ** (10 ** 9) }}", "** would make a number of more than 65,536 bits"),
        ("{% macro f(n) %}{{ f(n + 1) }}{% endmacro %}{{ f(0) }}", "it is nested too deeply"),
        ("{{ '(' * 9999 }}" + "{{ " + "(" * 9999 + "1" + ")" * 9999 + " }}", "it is nested too deeply"),
        (r"{{ '\ud800' }}", r"mine.jinja fails on an example: 'utf-8' codec can't encode character '\ud800'"),
        ("{{ 'a'|center(4 * 10**9) }}", "mine.jinja fails on an example: it takes too much memory"),
        ("{{ '%4000000000d' % 1 }}", "it takes too much memory"),
        (GROW.format("'ab'", "~"), "it takes too much memory"),
        (GROW.format("99", "*"), "* would make a number of more than 65,536 bits"),
        ("{{ lipsum() }}", "mine.jinja writes 'lipsum'"),
        ("{{ messages | random }}", "No filter named 'random'"),
        ("{{ instrction }}", "mine.jinja writes 'instrction'; there are messages, tools, add_generation"),
        ("{{ 'a' if tools else instrction }}", "mine.jinja writes 'instrction'"),
        ("{{ strftime_now('%Y') }}", "mine.jinja writes 'strftime_now'"),
        (
            "{% for i in range(1000) %}{% for i in range(1000) %}{{ 'x' * 999 }}{% endfor %}{% endfor %}",
            "it writes more than 67,108,864 characters",
        ),
        (
            "{{ output }}{{ instruction }}!",
            "does not begin with its prompt; mark the answers by {% generation %}",
        ),
        (
            "{% macro m() %}{% generation %}{{ output }}{% endgeneration %}{% endmacro %}Long{{ m()[:0] }}",
            "a generation block cannot stand in a macro",
        ),
    ],
)
def test_a_bad_template_is_told(source: str, problem: str) -> None:
    with pytest.raises(BadTemplateError) as caught:
        template(source).render(ROW, [None], "")
    assert problem in str(caught.value)


@pytest.mark.parametrize("source", ["{{ output }}", "{{ 7 if x is defined }}"])
def test_a_template_that_never_ends_is_told(source: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(user_template, "bounded", lambda: bounded(0.2))
    loop = "{% for i in range(99999) %}{% for j in range(99999) %}{% set x = j %}{% endfor %}{% endfor %}"
    with pytest.raises(BadTemplateError, match=r"fails on an example: it takes more than 0\.2 seconds"):
        template(loop + source).render(ROW, [None], "")


@pytest.mark.parametrize(
    "source",
    [
        "{% if strftime_now is defined %}{{ strftime_now('%Y') }}{% else %}-{% endif %}",
        "{% if not date is defined %}{% set date = '-' %}{% endif %}{{ date }}",
        "{% if thinking %}{{ '+' }}{% endif %}{{ '-' if not thinking }}",
        "{% set ns = namespace(it='-') %}{{ ns.it }}{% for m in [] %}{{ m.content }}{% endfor %}",
        "{% macro say(it) %}{{ it }}{% endmacro %}{{ say('-') }}",
    ],
)
def test_names_that_a_template_can_do_without_are_no_mistake(source: str) -> None:
    assert template(source + "{{ output }}").render(ROW, [None], "").text.to_pylist() == ["-2"]


def test_several_answers_want_messages() -> None:
    row = pa.array([[turn(USER, "Add."), turn(ASSISTANT, "2"), turn(ASSISTANT, "4")]], TURNS)
    with pytest.raises(BadTemplateError, match="an example has 2 answers; a template needs messages to"):
        template("{{ instruction }}{{ output }}").render(row, [None], "")


def test_tools_that_are_no_json_are_given_as_text() -> None:
    assert template("{{ tools }}{{ output }}").render(ROW, ["none"], "").text.to_pylist() == ["none2"]
