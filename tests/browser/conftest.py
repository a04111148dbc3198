"""A real browser, and pages to open in it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from pipelines.report import Context, build, render_html
from schemas.report import Report
from schemas.verdict import RESOLVED
from tests.releases import Release, Sampled, make_release, recipe_for
from tests.tokenizers import byte_level
from transforms.kernels.tally import Tally

_QUIET = [
    "disable-gpu",
    "disable-background-networking",
    "disable-component-update",
    "disable-sync",
    "no-first-run",
]
HOSTILE = (
    "=HYPERLINK(1) </script><script>window.ran = 1</script><img src=x onerror='window.ran = 2'><h1>big</h1>"
    "\u202egnirts\u202c \u2066x\u2069 \x1b[31m {{ 7*7 }} <!-- " + "w" * 400
)


@dataclass
class Opened:
    """A page, with what it said on the console and asked for."""

    page: Page
    said: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)


Open = Callable[..., Opened]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Headless Chromium, as the distribution has it."""
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        pytest.fail("Chromium is not installed; make test-browser installs it by apt-get")
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--no-first-run", *(f"--disable-{name}" for name in _QUIET)]
        browser = playwright.chromium.launch(executable_path=path, args=arguments)
        yield browser
        browser.close()


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Open]:
    """Open a file at a width, and wait until it is drawn."""
    contexts = []

    def opened(path: Path, width: int = 1440, scheme: str = "light") -> Opened:
        context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
        contexts.append(context)
        found = Opened(context.new_page())
        found.page.on("console", lambda message: found.said.append(message.text))
        found.page.on("pageerror", lambda error: found.said.append(str(error)))
        found.page.on("request", lambda request: found.asked.append(request.url))
        found.page.goto(path.as_uri())
        found.page.wait_for_selector("html[data-drawn]", state="attached")
        return found

    yield opened
    for context in contexts:
        context.close()


@pytest.fixture(scope="session")
def sample_page(sampled: Sampled) -> Path:
    """The report of the sample's release."""
    return sampled.release.folder / "report" / "report.html"


@pytest.fixture(scope="session")
def real_page(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of a release of all real rows."""
    recipe = recipe_for(str(real_data / "instruct-mix" / "*.parquet"), language__enabled=True)
    made = make_release(tmp_path_factory.mktemp("real"), recipe, workers=None)
    return made.folder / "report" / "report.html"


@pytest.fixture(scope="session")
def refreshed_page(sampled: Sampled, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of a release that follows one of the sample, a file of which is gone."""
    files = sorted(map(str, sampled.inputs.iterdir()))[1:]
    recipe = recipe_for(files, language__enabled=True)
    before = str(sampled.release.folder)
    made = make_release(tmp_path_factory.mktemp("refreshed"), recipe, previous=before)
    return made.folder / "report" / "report.html"


@pytest.fixture(scope="session")
def counted(sampled: Sampled, tmp_path_factory: pytest.TempPathFactory) -> Release:
    """A release of the sample whose tokens a tokenizer counts."""
    folder = tmp_path_factory.mktemp("counted")
    (folder / "tokenizer.json").write_bytes(byte_level())
    recipe = recipe_for(sampled.pattern, tokenizer=f"{folder}/tokenizer.json", language__enabled=True)
    return make_release(folder / "output", recipe)


@pytest.fixture(scope="session")
def counted_page(counted: Release) -> Path:
    """The report of a release whose tokens a tokenizer counts."""
    return counted.folder / "report" / "report.html"


@pytest.fixture(scope="session")
def hostile_page(sampled: Sampled, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of the sample, with markup, scripts and long words in every text that comes from data."""
    report = sampled.release.report
    excerpt = {"source": HOSTILE, "file": HOSTILE, "record_id": HOSTILE}
    excerpt |= {"instruction": HOSTILE, "input": HOSTILE, "output": HOSTILE}
    changed = report.model_dump()
    changed["release"] = changed["profile"] = changed["digest"] = HOSTILE
    for example in changed["examples"]:
        example["shown"] |= excerpt
    for cluster in changed["duplicates"]["largest"]:
        cluster["kept"] |= excerpt
    for name in ("verbs", "languages", "output_languages", "sources", "domains"):
        changed[name][0]["name"] = HOSTILE
    for name in ("verbs", "languages", "sources"):
        changed["mix"][name] = [HOSTILE, *changed["mix"][name][1:]]
    changed["pairs"]["top"][0]["noun"] = HOSTILE
    changed["phrasing"][1]["openings"][0]["words"] = HOSTILE
    changed["task_lengths"][0]["verb"] = HOSTILE
    changed["costs"][0]["value"] = HOSTILE
    path = tmp_path_factory.mktemp("hostile") / "report.html"
    path.write_text(render_html(Report.model_validate(changed)), "utf-8")
    return path


@pytest.fixture(scope="session")
def old_page(sampled: Sampled, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of the sample as version 1 had it."""
    new = {
        "mix",
        "indices",
        "costs",
        "pairs",
        "task_lengths",
        "phrasing",
        "examples",
        "unreadable",
        "licence",
    }
    old = sampled.release.report.model_dump(exclude=new) | {"version": 1}
    path = tmp_path_factory.mktemp("old") / "report.html"
    path.write_text(render_html(Report.model_validate(old)), "utf-8")
    return path


@pytest.fixture(scope="session")
def empty_page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of no rows at all."""
    context = Context(release="0001", tamis="0", profile="default", files_in=0, bytes_in=0, threshold=0.8)
    path = tmp_path_factory.mktemp("empty") / "report.html"
    path.write_text(render_html(build(Tally.of(RESOLVED.empty_table()), context)), "utf-8")
    return path
