"""The shapes of the YAML that people write: settings, contents, chapter headers."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import Any

import jsonschema
import yaml

from book.findings import BookError, Finding

TEXT = {"type": "string", "minLength": 1}
TEXTS = {"type": "array", "items": TEXT}
OBJECT = {"type": "object"}


def _only(properties: dict[str, Any], required: tuple[str, ...] = ()) -> dict[str, Any]:
    """An object with these keys and no others."""
    return {
        "type": "object", "properties": properties, "required": list(required),
        "additionalProperties": False,
    }  # fmt: skip


# Jupyter Book accepts any other key in silence.
CONFIG = _only(
    {
        "title": TEXT,
        "author": TEXT,
        "copyright": TEXT,
        "only_build_toc_files": {"type": "boolean"},
        "exclude_patterns": TEXTS,
        "repository": _only({"url": TEXT, "branch": TEXT}, ("url",)),
        "html": _only({"baseurl": TEXT, "favicon": TEXT}, ("baseurl",)),
        "execute": _only(
            {"execute_notebooks": {"const": "cache"}, "timeout": {"type": "number", "minimum": 1}}
        ),
        "parse": _only({"myst_enable_extensions": TEXTS}),
        "bibtex_bibfiles": TEXTS,
        "latex": _only({"latex_engine": TEXT, "latex_documents": OBJECT}),
        "sphinx": _only({"local_extensions": OBJECT, "extra_extensions": TEXTS, "config": OBJECT}),
    },
    ("title", "repository", "html"),
)
CHAPTER = _only({"file": TEXT}, ("file",))
PART = _only(
    {"caption": TEXT, "numbered": {"type": "boolean"}, "chapters": {"type": "array", "items": CHAPTER}},
    ("caption", "chapters"),
)  # fmt: skip
CONTENTS = _only(
    {"format": {"const": "jb-book"}, "root": TEXT, "parts": {"type": "array", "items": PART}},
    ("root", "parts"),
)
HEADER = {
    "type": "object",
    "properties": {
        "kernelspec": {"type": "object", "required": ["name"]},
        "book": _only(
            {
                "needs": TEXTS,
                "data": TEXTS,
                "minutes": {"type": "number", "exclusiveMinimum": 0, "maximum": 600},
                "accelerator": {"enum": ["GPU"]},
                "packages": TEXTS,
            }
        ),
    },
}
CELL = _only(
    {
        "tags": {"anyOf": [TEXTS, TEXT, {"type": "null"}]},
        "mystnb": {
            "type": "object",
            "properties": {
                "image": {"type": "object", "properties": {"alt": TEXT}},
                "figure": {
                    "type": "object",
                    "properties": {"name": TEXT, "caption": TEXT},
                },
            },
        },
    }
)


def load(root: Path, path: Path, schema: dict[str, Any]) -> dict[str, Any]:
    """Read a settings file below `root`; raises `BookError` unless it has the shape of `schema`."""
    try:
        text = (root / path).read_text(encoding="utf-8-sig")
        loaded = yaml.safe_load(text)
    except FileNotFoundError:
        message = "missing; restore it from version control"
        raise BookError(Finding(path, 1, message, "config")) from None
    except UnicodeDecodeError:
        raise BookError(Finding(path, 1, "not UTF-8; save the file as UTF-8", "encoding")) from None
    except (yaml.YAMLError, ValueError) as error:
        raise BookError(unreadable(path, error, 1)) from None
    if not isinstance(loaded, dict):
        raise BookError(Finding(path, 1, "empty, or not `key: value` lines", "yaml"))
    if found := violations(path, loaded, text, schema):
        raise BookError(found)
    return loaded


def unreadable(path: Path, error: Exception, first: int) -> Finding:
    """The finding for YAML that cannot be read and begins in line `first`."""
    mark = getattr(error, "problem_mark", None)
    line = first + (mark.line if mark else 0)
    said = getattr(error, "problem", None) or str(error).splitlines()[0]
    return Finding(path, line, f"not valid YAML: {said}; mend the line or the one above", "yaml")


def violations(
    path: Path, data: Any, text: str, schema: dict[str, Any], first: int = 1
) -> list[Finding]:
    """Where `data`, read from `text` from its line `first` on, has not the shape of `schema`."""
    found = []
    for error in jsonschema.Draft202012Validator(schema).iter_errors(data):
        keys = [str(key) for key in error.absolute_path if isinstance(key, str)]
        place = ".".join(map(str, error.absolute_path)) or "the file"
        if error.validator == "additionalProperties":
            known = error.schema["properties"]
            for key in sorted(set(error.instance) - set(known)):
                near = difflib.get_close_matches(key, known, n=1)
                cure = f"did you mean `{near[0]}`?" if near else f"known are {', '.join(known)}"
                message = f"unknown setting `{key}`; {cure}"
                found.append(Finding(path, _line(text, [*keys, key], first), message, "setting"))
        else:
            message = f"{place}: {error.message}; mend it"
            found.append(Finding(path, _line(text, keys, first), message, "setting"))
    return found


def _line(text: str, keys: list[str], first: int) -> int:
    """The line of the innermost of the nested `keys`, from line `first` on."""
    number, lines = first - 1, text.splitlines()
    for key in keys:
        for later in range(number, len(lines)):
            if lines[later].lstrip(" -:").startswith(f"{key}:"):
                number = later
                break
    return number + 1
