"""The runbooks of this machine: read from their folders, re-read when a file changed."""

from collections.abc import Sequence
from pathlib import Path

from warroom.runbooks.errors import RunbookError
from warroom.runbooks.model import Runbook
from warroom.runbooks.parse import load, load_folder, shipped


class Shelf:
    """Runbooks by name; a name is the file's without its suffix, the first folder wins."""

    def __init__(self, folders: Sequence[Path], *, with_shipped: bool = True) -> None:
        self._folders = (*folders, shipped()) if with_shipped else tuple(folders)
        self._stamp: tuple[tuple[str, int], ...] | None = None
        self._books: dict[str, Runbook] = {}
        self.errors: tuple[RunbookError, ...] = ()
        """What could not be understood at the last look."""

    def books(self) -> dict[str, Runbook]:
        """Return all runbooks by name as they are on the disk now."""
        stamp = tuple(
            (str(path), path.stat().st_mtime_ns)
            for folder in self._folders
            if folder.is_dir()
            for path in sorted(folder.rglob("*.md"))
        )
        if stamp != self._stamp:
            books: dict[str, Runbook] = {}
            errors: list[RunbookError] = []
            for folder in self._folders:
                if folder.is_dir():
                    found, wrong = load_folder(folder)
                    errors.extend(wrong)
                    for book in found:
                        books.setdefault(Path(book.path).stem, book)
            self._books, self.errors, self._stamp = books, tuple(errors), stamp
        return self._books

    def book(self, name: str) -> Runbook | None:
        """Return one runbook by name or by path."""
        found = self.books().get(name)
        if found is None and ("/" in name or name.endswith(".md")):
            found = load(Path(name))
        return found
