import subprocess
from pathlib import Path

from watcher.version import commit_of


def test_a_checkout_is_named_by_its_commits(tmp_path: Path):
    assert commit_of(tmp_path) == []
    git = ("git", "-C", str(tmp_path), "-c", "user.name=Ann", "-c", "user.email=ann@example.org")
    subprocess.run([*git, "init", "--quiet"], check=True, timeout=60)
    assert commit_of(tmp_path) == []  # no commit yet
    for number in (1, 2):
        subprocess.run([*git, "commit", "--quiet", "--allow-empty", "-m", str(number)], check=True, timeout=60)
        count, name = commit_of(tmp_path)
        assert (count, len(name)) == (str(number), 8)
