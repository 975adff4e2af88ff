"""Notebooks, run on generated data, as pages: ``python reference/notebooks.py docs/notebooks``."""

from __future__ import annotations

import os
import re
import shutil
import sys
import tempfile
from pathlib import Path

import nbformat
from bleach import clean
from bleach.css_sanitizer import CSSSanitizer
from jinja2 import DictLoader
from nbclient import NotebookClient
from nbconvert import MarkdownExporter
from nbconvert.exporters.exporter import ResourcesDict

__all__ = ["page_of", "run", "safe"]

SOURCES = Path(__file__).parents[1] / "notebooks"

_TAGS = frozenset(("div", "p", "b", "span", "table", "thead", "tbody", "tr", "th", "td"))
_STYLES = CSSSanitizer(
    {"background", "border-radius", "display", "height", "text-align", "width"}, []
)
_SHEET = re.compile(r"<style.*?</style>", re.DOTALL)
_TEMPLATE = """
{%- extends 'markdown/index.md.j2' -%}
{% block data_png %}
![{{ cell.metadata.alt }}]({{ output.metadata.filenames['image/png'] | path2url }})
{% endblock %}
{% block data_html scoped %}
<div class="output">{{ output.data['text/html'] | safe }}</div>
{% endblock %}
"""
_LINKS = (
    (re.compile(r"\]\(\.\./docs/"), "](../"),
    (re.compile(r"\]\(([\w-]+)\.ipynb\)"), r"](\1.md)"),
)
_NO_WIDGETS = "ignore:IProgress not found"  # what tqdm says in a kernel without ipywidgets


def run(path: Path) -> nbformat.NotebookNode:
    """Run a notebook from top to bottom, in a folder of its own and without the real data.

    Parameters
    ----------
    path
        The notebook; it is not changed.

    Returns
    -------
    NotebookNode
        With what the cells showed.

    Raises
    ------
    CellExecutionError
        When a cell fails.
    ValueError
        When a cell prints or warns: what it shows should be its result.
    """
    notebook = nbformat.read(path, as_version=4)
    with tempfile.TemporaryDirectory() as folder:
        client = NotebookClient(
            notebook,
            timeout=1200,  # seconds for one cell
            kernel_name="python3",
            extra_arguments=["--log-level=ERROR"],  # of the kernel, which warns that it uses TCP
            resources={"metadata": {"path": folder}},
        )
        absent = str(Path(folder, "none"))
        client.execute(env={**os.environ, "COTERIE_DATA": absent, "PYTHONWARNINGS": _NO_WIDGETS})
    for cell in notebook.cells:
        for output in cell.get("outputs", ()):
            if output.output_type == "stream":
                raise ValueError(f"{path.name} writes to {output.name}: {output.text}")
    return notebook


def safe(html: str) -> str:
    """Keep the tables, bars and words of a result; leave out styles, scripts and all else."""
    return clean(
        _SHEET.sub("", html),
        tags=_TAGS,
        attributes={"*": ["style"]},
        css_sanitizer=_STYLES,
        strip=True,
    )


def page_of(notebook: nbformat.NotebookNode, name: str) -> tuple[str, dict[str, bytes]]:
    """Write a notebook that was run as Markdown.

    Parameters
    ----------
    notebook
        As `run` gives it.
    name
        Of the notebook, without a suffix.

    Returns
    -------
    tuple of str and dict
        The page, and its pictures by their names.
    """
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            for link, page in _LINKS:
                cell.source = link.sub(page, cell.source)
        for output in cell.get("outputs", ()):
            if "text/html" in output.get("data", {}):
                output.data["text/html"] = safe(output.data["text/html"])
    exporter = MarkdownExporter(
        extra_loaders=[DictLoader({"page.md.j2": _TEMPLATE})], template_file="page.md.j2"
    )
    resources = ResourcesDict(unique_key=name, output_files_dir=f"{name}-pictures")
    page, made = exporter.from_notebook_node(notebook, resources)
    title, _, rest = page.strip().partition("\n")
    origin = f"*This page is `notebooks/{name}.ipynb`, run on generated data.*"
    return f"{title}\n\n{origin}\n{rest}\n", made["outputs"]


def _write_all(pages: Path) -> None:
    shutil.rmtree(pages, ignore_errors=True)
    for source in sorted(SOURCES.glob("*.ipynb")):
        page, pictures = page_of(run(source), source.stem)
        for name, content in {f"{source.stem}.md": page.encode(), **pictures}.items():
            path = pages / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)


if __name__ == "__main__":
    _write_all(Path(sys.argv[1]))
