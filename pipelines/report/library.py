"""The plotting library that the page carries: Vega, Vega-Lite and Vega-Embed in one script."""

from __future__ import annotations

import base64
import hashlib
import json
from contextlib import suppress
from functools import cache
from importlib import resources
from importlib.metadata import version
from typing import Any

from platformdirs import user_cache_path

from transforms.steps import storage


@cache
def library_script() -> str:
    """Text of the library's script, which sets `vegaEmbed` and `vega`.

    The package takes a second to put it together, so it is kept in the user's cache, named by its digest.
    """
    folder = user_cache_path("tamis") / f"vega-{version('vl-convert-python')}"
    for path in sorted(folder.glob("*.js")):
        script = path.read_text("utf-8")
        if _name(script) == path.name:
            return script
    script = _bundle()
    with suppress(OSError):  # a worker may have no place of its own
        storage.write_bytes(str(folder / _name(script)), script.encode())
    return script


def _bundle() -> str:
    import vl_convert

    script = vl_convert.javascript_bundle()  # type: ignore[call-arg] # its stubs ask for what has a default
    return script.replace("</script", r"<\/script")


def _name(script: str) -> str:
    return f"{hashlib.sha256(script.encode()).hexdigest()}.js"


_SCRIPTS = ("charts.js", "lengths.js", "page.js")


@cache
def own_script() -> str:
    """Text of the page's own script."""
    folder = resources.files("pipelines.report") / "templates"
    return "\n".join((folder / name).read_text("utf-8") for name in _SCRIPTS)


def allow(*scripts: str) -> str:
    """Content security policy that lets these scripts run, and lets nothing be fetched.

    >>> allow("1").split("; ")[-1]
    "script-src 'sha256-a4ayc/80/OGda4BO/1o/V0etpOqiLx1JwB5S3beHW0s='"
    """
    digests = (base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in scripts)
    allowed = " ".join(f"'sha256-{digest}'" for digest in digests)
    nowhere = "default-src 'none'; base-uri 'none'; form-action 'none'"
    return f"{nowhere}; style-src 'unsafe-inline'; script-src {allowed}"


def embed_json(value: Any) -> str:
    r"""JSON that ends no script element and holds no line separators.

    >>> embed_json({"a": "</script>"})
    '{"a":"\\u003c/script>"}'
    """
    text = json.dumps(value, ensure_ascii=True, separators=(",", ":"), allow_nan=False)
    return text.replace("<", r"\u003c")
