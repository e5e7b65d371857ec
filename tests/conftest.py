"""A checkout of its own for tests of the ``course`` command. Some files of tests have one that holds more."""

import pytest

from course_utils import settings


def set_up(folder, patch):
    for name in ("COURSE_PROFILE", "COURSE_SEED", "COURSE_DATA"):
        patch.delenv(name, raising=False)
    patch.setenv("COURSE_BUILD", str(folder / "build"))
    patch.setenv("COURSE_CACHE", str(folder / "cache"))
    patch.setattr(settings, "project_folder", lambda: folder)
    (folder / "notebooks").mkdir()


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """Return a folder that the command takes for the course."""
    set_up(tmp_path, monkeypatch)
    return tmp_path


@pytest.fixture(scope="module")
def checkout_of_the_module(tmp_path_factory):
    """The same, for all tests of a file."""
    folder = tmp_path_factory.mktemp("checkout")
    with pytest.MonkeyPatch.context() as patch:
        set_up(folder, patch)
        yield folder
