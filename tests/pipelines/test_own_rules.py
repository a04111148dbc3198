"""Rules and taggers of a user's own: the worked example of the docs, and what is refused."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
import yaml

from pipelines.cli import main
from pipelines.errors import UsageError
from schemas.recipe import RecipeError, load_recipe, override
from tests.releases import Curate, recipe_for
from tests.rows import write_rows
from transforms.kernels.own_rules import load_own

PAGE = (Path(__file__).parents[2] / "docs" / "own-rules.md").read_text("utf-8")
(PYTHON, TAGGER), (YAML, TAGGING) = (
    re.findall(rf"```{kind}\n(.*?)```", PAGE, re.DOTALL) for kind in ("python", "yaml")
)
WRONG = """
import numpy as np
import pyarrow as pa
short = lambda rows: pa.array([True])
words = lambda rows: pa.array(["yes"] * len(rows))
holes = lambda rows: pa.array([None] * len(rows), pa.bool_())
number = lambda rows: 1
misspelt = lambda rows: rows["Instruction"] == ""
thing = 3
masks = lambda rows: np.zeros(len(rows), bool)
untold = lambda rows: {}
strange = lambda rows: {"mood": pa.array(["good"] * len(rows))}
numbers = lambda rows: {"verb": pa.array([1] * len(rows), pa.int64())}
few = lambda rows: pa.table({"verb": ["ask"]})
hard = lambda rows: {"difficulty": pa.array(["hard"] * len(rows), pa.string())}
spoken = lambda rows: pa.table({"verb": ["speak"] * len(rows), "noun": pa.nulls(len(rows))})
"""


@pytest.fixture(autouse=True)
def modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The example's module and one of wrong rules, where Python finds them."""
    (tmp_path / "my_rules.py").write_text(PYTHON, "utf-8")
    (tmp_path / "my_taggers.py").write_text(TAGGER, "utf-8")
    (tmp_path / "wrong_rules.py").write_text(WRONG, "utf-8")
    (tmp_path / "broken_rules.py").write_text("rule = nobody\n", "utf-8")
    (tmp_path / "garbled_rules.py").write_text("def rule(:\n", "utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    for name in ("my_rules", "my_taggers", "wrong_rules"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    load_own.cache_clear()


ROWS = [
    {"instruction": "SAY HELLO TO ALL!", "input": "", "output": "Hello."},
    {"instruction": "Say goodbye to all.", "input": "", "output": "Goodbye."},
]


def test_the_worked_example(tmp_path: Path, curate: Curate) -> None:
    pattern = str(write_rows(tmp_path / "rows.parquet", ROWS))
    recipe = override(recipe_for(pattern), {"own": yaml.safe_load(YAML)["own"]})
    release = curate(pattern, recipe=recipe)
    assert release.ledger["verdict"].to_pylist() == ["rejected", "kept"]
    assert release.ledger["reasons"].to_pylist()[0] == ["too_loud"]
    rule = next(rule for rule in release.report.rules if rule.name == "too_loud")
    assert (rule.all, rule.meaning) == (1, "The instruction is all capitals.")


@pytest.mark.parametrize(
    ("use", "sentence"),
    [
        ("wrong_rules:short", "expected 2 booleans, one a row, found 1"),
        ("wrong_rules:words", "expected an array of booleans, found an array of string"),
        ("wrong_rules:holes", "expected true or false for each row, found null"),
        ("wrong_rules:number", "expected an array of booleans, found int"),
        ("wrong_rules:thing", "expected a function, found int"),
        ("wrong_rules:none", "module wrong_rules has no none"),
        (
            "wrong_rules:misspelt",
            'rule mine (wrong_rules:misspelt): it raises KeyError: \'Field "Instruction"',
        ),
        ("broken_rules:rule", "module broken_rules cannot be imported: NameError: name 'nobody' is not"),
        ("garbled_rules:rule", "module garbled_rules cannot be imported: SyntaxError: "),
        ("no_such_module:rule", "module no_such_module cannot be imported"),
        ("nobody", "expected MODULE:FUNCTION or an entry point of tamis.rules, found neither"),
    ],
)
def test_a_wrong_rule_is_refused(tmp_path: Path, curate: Curate, use: str, sentence: str) -> None:
    pattern = str(write_rows(tmp_path / "rows.parquet", ROWS))
    own = [{"name": "mine", "use": use, "meaning": "It is mine."}]
    with pytest.raises(UsageError, match=re.escape(sentence)):
        curate(pattern, recipe=override(recipe_for(pattern), {"own": own}))


def test_numpy_masks_do_as_well(tmp_path: Path, curate: Curate) -> None:
    pattern = str(write_rows(tmp_path / "rows.parquet", ROWS))
    own = [{"name": "mine", "use": "wrong_rules:masks", "meaning": "It is mine.", "action": "flag"}]
    release = curate(pattern, recipe=override(recipe_for(pattern), {"own": own}))
    assert release.ledger["verdict"].to_pylist() == ["kept", "kept"]


@pytest.mark.parametrize(
    ("name", "sentence"),
    [("refusal", "which is a rule already"), ("Too Loud", "must be a name in lower case")],
)
def test_a_wrong_name_is_refused(name: str, sentence: str) -> None:
    with pytest.raises(RecipeError, match=sentence):
        load_recipe(yaml.safe_dump({"own": [{"name": name, "use": "a:b", "meaning": "It is mine."}]}))


def test_the_worked_example_of_a_tagger(tmp_path: Path, curate: Curate) -> None:
    rows = [{**ROWS[1], "instruction": "Cook me a soup of leeks."}, ROWS[1]]
    pattern = str(write_rows(tmp_path / "rows.parquet", rows))
    release = curate(pattern, recipe=override(recipe_for(pattern), yaml.safe_load(TAGGING)))
    assert release.ledger["domain"].to_pylist() == ["kitchen", "elsewhere"]
    assert release.ledger["category"].to_pylist() != [None, None]


def test_a_tagger_gives_what_it_tells(tmp_path: Path, curate: Curate) -> None:
    pattern = str(write_rows(tmp_path / "rows.parquet", ROWS))
    release = curate(pattern, recipe=override(recipe_for(pattern), {"own_tagger": "wrong_rules:spoken"}))
    assert release.ledger["verb"].to_pylist() == ["speak", "speak"]
    assert release.ledger["noun"].to_pylist() == [None, None]


@pytest.mark.parametrize(
    ("use", "sentence"),
    [
        ("wrong_rules:number", "expected a table with some of the columns verb, category, noun, difficulty"),
        ("wrong_rules:untold", "domain, found nothing"),
        (
            "wrong_rules:strange",
            "expected columns among verb, category, noun, difficulty, domain, found mood",
        ),
        ("wrong_rules:numbers", "verb: expected an array of texts, found an array of int64"),
        ("wrong_rules:few", "verb: expected 2 texts, one a row, found 1"),
        ("wrong_rules:hard", "difficulty: expected simple, moderate, complex or null, found another text"),
        ("wrong_rules:misspelt", 'tagger wrong_rules:misspelt: it raises KeyError: \'Field "Instruction"'),
        ("wrong_rules:none", "tagger wrong_rules:none: module wrong_rules has no none"),
        ("nobody", "expected MODULE:FUNCTION or an entry point of tamis.taggers, found neither"),
    ],
)
def test_a_wrong_tagger_is_refused(tmp_path: Path, curate: Curate, use: str, sentence: str) -> None:
    pattern = str(write_rows(tmp_path / "rows.parquet", ROWS))
    with pytest.raises(UsageError, match=re.escape(sentence)):
        curate(pattern, recipe=override(recipe_for(pattern), {"own_tagger": use}))


def test_a_rule_may_be_called_after_a_language(tmp_path: Path, curate: Curate) -> None:
    """The rules on languages are off here, and none other."""
    pattern = str(write_rows(tmp_path / "rows.parquet", ROWS))
    rule = {"name": "language_of_capitals", "use": "my_rules:too_loud", "action": "flag", "meaning": "Loud."}
    report = curate(pattern, recipe=override(recipe_for(pattern), {"own": [rule]})).report
    assert "language_of_capitals" in [flag.name for flag in report.flags]


def test_meanings_are_no_markup(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pattern = str(write_rows(tmp_path / "rows.parquet", ROWS))
    rule = {"name": "loud", "use": "my_rules:too_loud", "action": "flag", "meaning": "It has [b]x[/a] in it."}
    (tmp_path / "recipe.yaml").write_text(yaml.safe_dump({"own": [rule]}), "utf-8")
    assert main(["audit", "--input", pattern, "--recipe", str(tmp_path / "recipe.yaml")]) == 0
    assert "It has [b]x[/a] in it." in " ".join(capsys.readouterr().out.split())
