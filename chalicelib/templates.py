"""Where the templates of pages and mails come from: their files, or modules that packing has made of them."""

from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from jinja2 import BaseLoader

COMPILED: Final = "compiled"


def loader(folder: Path) -> "BaseLoader":
    """To make code of a page's templates takes Jinja some 20 ms, and on Lambda it would at every cold start:
    infra/compiled_templates.py does it before."""
    from jinja2 import FileSystemLoader, ModuleLoader

    ready = folder / COMPILED
    return ModuleLoader(ready) if ready.is_dir() else FileSystemLoader(folder)
