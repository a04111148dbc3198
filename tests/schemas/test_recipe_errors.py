"""What a recipe is refused for, and in which words."""

from __future__ import annotations

import pytest

from schemas.recipe import Recipe, RecipeError, built_in, load_recipe, override


def refusal(text: str) -> str:
    """Message with which a recipe is refused."""
    with pytest.raises(RecipeError) as caught:
        load_recipe(text, where="r.yaml")
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("deduplicate: {}", "unknown key `deduplicate`; did you mean `dedup`?"),
        ("dedup: {treshold: 1}", "unknown key `dedup.treshold`; did you mean `dedup.threshold`?"),
        (
            "rules: {output_empty: {min_char: 1}}",
            "unknown key `rules.output_empty.min_char`; did you mean `rules.output_empty.min_chars`?",
        ),
        (
            "sources: [{name: a, input: b, columns: {prompt: c}}]",
            (
                "unknown key `sources[0].columns.prompt`; "
                "the keys here are instruction, input, output, system, turns, tools"
            ),
        ),
        (
            "dedup: {bands: {count: 9, rows: 9, row: 9}}",
            "unknown key `dedup.bands.row`; did you mean `dedup.bands.rows`?",
        ),
        ("threshold: 0.9", "unknown key `threshold`; did you mean `dedup.threshold`?"),
        (
            "zzz: 1",
            (
                "unknown key `zzz`; the keys here are profile, sources, references, benchmarks, "
                "rules, own, language, placeholders, tagger, own_tagger, tokenizer, turns, dedup, balance, "
                "top, gate, license, output"
            ),
        ),
    ],
)
def test_unknown_key_names_the_nearest(text: str, problem: str) -> None:
    """At every depth; a key that belongs elsewhere is found there."""
    assert refusal(text) == f"r.yaml: {problem}"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("dedup: {threshold: 1.5}", "`dedup.threshold` must be a number from 0.3 to 1, found 1.5"),
        ("dedup: {threshold: 0.2}", "`dedup.threshold` must be a number from 0.3 to 1, found 0.2"),
        ("dedup: {threshold: '0.9'}", '`dedup.threshold` must be a number from 0.3 to 1, found "0.9"'),
        ("dedup: {exact: yes}", '`dedup.exact` must be true or false, found "yes"'),
        ("dedup: {exact: 1}", "`dedup.exact` must be true or false, found 1"),
        ("language: {min_score: .nan}", '`language.min_score` must be a number from 0 to 1, found ".nan"'),
        ("language: {min_score: 1e999}", "`language.min_score` must be a number from 0 to 1, found inf"),
        (
            "language: {max_chars: 2.0}",
            "`language.max_chars` must be a whole number from 1 to 1,000,000,000, found 2.0",
        ),
        (
            "language: {max_chars: 010}",
            '`language.max_chars` must be a whole number from 1 to 1,000,000,000, found "010"',
        ),
        ("language: {keep: en}", '`language.keep` must be a list, found "en"'),
        ("language: {keep: [true]}", "`language.keep[0]` must be text, found true"),
        (
            "language: {keep: [english]}",
            '`language.keep[0]` must be a code that lid.176 gives, such as en, de or zh, found "english"',
        ),
        ("language: {model: ''}", '`language.model` must be text, not empty or null, found ""'),
        (
            "rules: {placeholder: {action: drop}}",
            '`rules.placeholder.action` must be one of reject, flag, off, found "drop"',
        ),
        (
            "rules: {placeholder: off}",
            '`rules.placeholder` must be a mapping with the keys action, patterns, found "off"',
        ),
        ("tagger: last_verb", '`tagger` must be one of phrases, first_verb, found "last_verb"'),
        (
            "output: {shards: true}",
            "`output.shards` must be a whole number from 1 to 99,999 or null, found true",
        ),
        ("output:", "`output` must be a mapping with the keys shards, save_rejects, found null"),
        (
            "profile: articel",
            (
                "`profile` must be one of default, article, fineweb, data-juicer, nemo, text-dedup, "
                'found "articel"'
            ),
        ),
        (
            "gate: {max_rejected: [{reason: languages, share: 0.1}]}",
            (
                "`gate.max_rejected[0].reason` must be a reason that rows are dropped for, "
                'found "languages"; did you mean language?'
            ),
        ),
        ("sources: [{input: b}]", "`sources[0].name` is missing; it must be text, not empty"),
        (
            "sources: [{name: a, input: []}]",
            "`sources[0].input` must be text, not empty or a list, not empty, found a list",
        ),
        (
            "sources: [{name: a, input: b}, {name: a, input: c}]",
            '`sources` must have names that differ, found more than one named "a"',
        ),
        (
            "sources: [{name: a, input: b}]\nbenchmarks: [{name: a, input: c}, {name: d, input: e}]",
            '`sources` and `benchmarks` must have names that differ, found more than one named "a"',
        ),
        (
            "sources: [{name: a, input: b, columns: {input: input, output: input}}]",
            '`sources[0].columns` must name different columns, found "input" as input and output',
        ),
        (
            'sources: [{name: "\\ud800", input: b}]',
            '`sources[0].name` must be text, not empty, found "\\ud800"',
        ),
        (
            "dedup: {bands: 9}",
            "`dedup.bands` must be a mapping with the keys count, rows or null, found 9",
        ),
        (
            "dedup: {bands: {count: 0, rows: 9}}",
            "`dedup.bands.count` must be a whole number from 1 to 512, found 0",
        ),
        (
            "dedup: {bands: {count: 15, rows: 9}}",
            "`dedup` must have bands within 128 permutations, found 135 values",
        ),
        (
            "dedup: {shingles: {tokens: words}}",
            (
                "`dedup.shingles.tokens` must be one of unicode, whitespace, spaces, non_word, characters, "
                'found "words"'
            ),
        ),
        ("dedup: {order: highest}", "`dedup` must name the `column` that order highest goes by"),
        (
            "dedup: {column: stars}",
            "`dedup` must have order highest or lowest to go by a column, found longest_output",
        ),
        (
            "dedup: {what_if_min: 0.9}",
            "`dedup` must have what_if_min at or below the threshold 0.8",
        ),
        ("[1]", "must be a mapping of keys to values, found a list"),
    ],
)
def test_wrong_value_is_told_with_what_was_expected(text: str, problem: str) -> None:
    """One line: the file, the key, what was expected and what was found."""
    assert refusal(text) == f"r.yaml: {problem}"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            "dedup:\n  near: true\n  near: false",
            ", line 3: not valid YAML: key `near` is given twice, first on line 2",
        ),
        ("tagger: a\ntagger: a", ", line 2: not valid YAML: key `tagger` is given twice, first on line 1"),
        ("dedup: {1: 2}", ", line 1: not valid YAML: a key must be text"),
        ("a: 1\nb: c: d", ", line 2: not valid YAML: mapping values are not allowed here"),
        ("a: !!set {b}", ", line 1: not valid YAML: a tag (tag:yaml.org,2002:set) is not allowed"),
        ("a: !!int b", ", line 1: not valid YAML: a tag (tag:yaml.org,2002:int) is not allowed"),
        ("a: *b", ", line 1: not valid YAML: found undefined alias 'b'"),
        (
            "a: 1\nb: \0",
            ", line 2: not valid YAML: character U+0000 is not allowed",
        ),
    ],
)
def test_broken_yaml_names_the_line(text: str, problem: str) -> None:
    """A key given twice is broken, too, and so is a tag."""
    assert refusal(text) == f"r.yaml{problem}"


def test_every_problem_has_its_line() -> None:
    """All are told at once."""
    assert len(refusal("tager: a\ndedup: {near: 1, exact: 2}").splitlines()) == 3


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"dedup.treshold": 1}, "unknown key `dedup.treshold`; did you mean `dedup.threshold`?"),
        ({"dedup.threshold": 2}, "`dedup.threshold` must be a number from 0.3 to 1, found 2"),
        ({"language.keep": {"en"}}, "`language.keep` must be a list, found set"),
        ({"tagger.kind": 1}, "`tagger` must be one of phrases, first_verb, found a mapping"),
        ({"profile": "article"}, "`profile` cannot be changed afterwards; name it in the recipe"),
    ],
)
def test_override_is_as_strict(changes: dict[str, object], problem: str) -> None:
    """The same sentences, under the name the caller gives."""
    with pytest.raises(RecipeError) as caught:
        override(Recipe(), changes, where="flags")
    assert str(caught.value) == f"flags: {problem}"


def test_unknown_built_in_names_the_known() -> None:
    """A profile's name may hold anything."""
    with pytest.raises(RecipeError, match=r'must be one of default, article, .*, found "a: b"'):
        built_in("a: b")


def test_yaml_that_is_nested_too_deeply_is_told() -> None:
    with pytest.raises(RecipeError, match="nested too deeply"):
        load_recipe("top: " + "[" * 3000, where="recipe.yaml")
