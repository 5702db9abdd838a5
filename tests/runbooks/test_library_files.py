"""Shipped runbooks that work on files and git, against real files and a real bare repository."""

import json
import os
import subprocess

import pytest
from tests.runbooks.play import BEFORE, RUN, UNDO, VERIFY, Play, book, program


def test_a_flag_in_json_goes_off_and_back_to_what_it_was(tmp_path):
    file = tmp_path / "flags.json"
    before = {"flags": {"new-cart": {"share": 25}, "other": True}, "name": "Zoë"}
    file.write_text(json.dumps(before))
    file.chmod(0o640)
    play = Play(book("flag-json"), {"file": str(file), "flag": "flags/new-cart"})
    play.good(1, BEFORE, RUN, VERIFY)
    assert json.loads(file.read_text())["flags"] == {"new-cart": False, "other": True}
    assert file.stat().st_mode & 0o777 == 0o640
    play.good(1, UNDO)
    assert json.loads(file.read_text()) == before
    assert "is {" in play.refused(1, VERIFY)
    assert [path.name for path in tmp_path.iterdir()] == ["flags.json"]


def test_a_flag_that_is_not_there_is_refused_and_the_file_untouched(tmp_path):
    for name, text in (
        ("flag-json", '{"flags": {}}'),
        ("flag-toml", "[flags]\na = 1\n[b]\nx = 1\n"),
    ):
        file = tmp_path / name
        file.write_text(text)
        answers = {"file": str(file), "flag": "x"}
        assert "x is not in" in Play(book(name), answers).refused(1, BEFORE)
        assert "x is not in" in Play(book(name), answers).refused(1, RUN)
        assert file.read_text() == text


def test_a_flag_in_toml_changes_one_line_only(tmp_path):
    file = tmp_path / "flags.toml"
    before = (
        '# ours\n[other]\nnew-cart = 1\n\n[flags]  # mind\nnew-cart = true # since May\nz = "a"\n'
    )
    file.write_text(before)
    play = Play(book("flag-toml"), {"file": str(file), "flag": "new-cart"})
    play.good(1, BEFORE, RUN, VERIFY)
    assert file.read_text() == before.replace("true #", "false #")
    play.good(1, UNDO)
    assert file.read_text() == before


def test_the_link_returns_to_a_release_and_back(tmp_path):
    for release in ("1.0", "1.1"):
        (tmp_path / "releases" / release).mkdir(parents=True)
    (tmp_path / "current").symlink_to("releases/1.1")
    play = Play(book("rollback-symlink"), {"root": str(tmp_path), "release": "1.0"})
    play.good(1, BEFORE, RUN, VERIFY)
    assert os.readlink(tmp_path / "current") == "releases/1.0"
    play.good(1, UNDO)
    assert os.readlink(tmp_path / "current") == "releases/1.1"
    play.answers["release"] = "1.1"
    assert "current already" in play.refused(1, BEFORE)
    play.answers["release"] = "0.9"
    assert "no folder" in play.refused(1, BEFORE)


@pytest.fixture
def repository(tmp_path):
    """A clone of a bare repository with a good and a bad commit; the tests' own git identity."""
    home = tmp_path / "home"
    home.mkdir()
    (home / ".gitconfig").write_text("[user]\nname = Ops\nemail = ops@example.org\n")
    environ = {"PATH": os.environ["PATH"], "HOME": str(home)}

    def git(*words, cwd=tmp_path):
        done = subprocess.run(
            ["git", *words], cwd=cwd, env=environ, check=True, capture_output=True, text=True
        )
        return done.stdout.strip()

    git("init", "-q", "--bare", "-b", "main", "origin.git")
    git("clone", "-q", "origin.git", "clone")
    clone = tmp_path / "clone"
    git("checkout", "-q", "-b", "main", cwd=clone)
    for value in ("good", "bad"):
        (clone / "app.conf").write_text(f"{value}\n")
        git("add", "app.conf", cwd=clone)
        git("commit", "-q", "-m", f"Deploy {value}", cwd=clone)
    git("push", "-q", "origin", "main", cwd=clone)
    return git, clone, environ


def test_a_commit_is_reverted_pushed_and_brought_back(repository):
    git, clone, environ = repository
    bad = git("rev-parse", "HEAD", cwd=clone)
    (clone / "app.conf").write_text("somebody is editing here\n")
    play = Play(
        book("rollback-git-revert"), {"repository": str(clone), "commit": bad}, environ=environ
    )
    assert "Deploy bad" in play.good(1, BEFORE)
    play.good(1, RUN, VERIFY)
    assert git("--git-dir=origin.git", "show", "main:app.conf") == "good"
    assert git("--git-dir=origin.git", "rev-list", "--count", "main") == "3"
    play.good(1, UNDO)
    assert git("--git-dir=origin.git", "show", "main:app.conf") == "bad"
    assert (clone / "app.conf").read_text() == "somebody is editing here\n"
    assert git("worktree", "list", cwd=clone).count("\n") == 0


def test_a_merge_is_reverted_against_its_first_parent(repository):
    git, clone, environ = repository
    git("checkout", "-q", "-b", "feature", cwd=clone)
    (clone / "new.conf").write_text("x\n")
    git("add", "new.conf", cwd=clone)
    git("commit", "-q", "-m", "Feature", cwd=clone)
    git("checkout", "-q", "main", cwd=clone)
    git("merge", "-q", "--no-ff", "-m", "Merge feature", "feature", cwd=clone)
    git("push", "-q", "origin", "main", cwd=clone)
    play = Play(
        book("rollback-git-revert"),
        {"repository": str(clone), "commit": git("rev-parse", "HEAD", cwd=clone)},
        environ=environ,
    )
    play.good(1, BEFORE, RUN, VERIFY)
    assert git("--git-dir=origin.git", "ls-tree", "--name-only", "main") == "app.conf"


def test_a_commit_of_another_branch_is_refused(repository):
    git, clone, environ = repository
    git("checkout", "-q", "-b", "side", cwd=clone)
    git("commit", "-q", "--allow-empty", "-m", "side", cwd=clone)
    play = Play(
        book("rollback-git-revert"),
        {"repository": str(clone), "commit": git("rev-parse", "HEAD", cwd=clone)},
        environ=environ,
    )
    assert "not on main" in play.refused(1, BEFORE)


def test_a_rejected_push_changes_nothing_and_leaves_no_work_tree(repository):
    git, clone, environ = repository
    hook = clone.parent / "origin.git" / "hooks" / "pre-receive"
    program(hook, "#!/bin/sh\necho protected >&2\nexit 1\n")
    bad = git("rev-parse", "HEAD", cwd=clone)
    play = Play(
        book("rollback-git-revert"), {"repository": str(clone), "commit": bad}, environ=environ
    )
    assert "protected" in play.refused(1, RUN)
    assert git("--git-dir=origin.git", "rev-parse", "main") == bad
    assert git("worktree", "list", cwd=clone).count("\n") == 0


CONTROL = """#!/bin/sh
# Stands in for systemctl, which no test machine runs: the same words, a real process.
pidfile="$HOME/$2.pid"
case "$1" in
  restart)
    if test -f "$pidfile"; then kill "$(cat "$pidfile")"; rm "$pidfile"; fi
    setsid -f sh -c 'echo $$ > "$1"; exec sleep 300' sh "$pidfile" >/dev/null 2>&1 </dev/null
    for _ in 1 2 3 4 5 6 7 8 9 10; do test -s "$pidfile" && exit 0; sleep 0.05; done; exit 1 ;;
  is-active|status) kill -0 "$(cat "$pidfile")" ;;
esac
"""


def test_a_restarted_daemon_outlives_the_step(tmp_path):
    control = program(tmp_path / "control", CONTROL)
    environ = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    play = Play(book("recover-restart"), {"control": control, "unit": "shop"}, environ=environ)
    try:
        play.good(2, BEFORE, RUN, VERIFY)
        first = (tmp_path / "shop.pid").read_text()
        (tmp_path / "shop.pid").rename(tmp_path / "old.pid")
        (tmp_path / "shop.pid").write_text(first)
        play.good(2, RUN, VERIFY)
        assert (tmp_path / "shop.pid").read_text() != first
    finally:
        os.kill(int((tmp_path / "shop.pid").read_text()), 9)
