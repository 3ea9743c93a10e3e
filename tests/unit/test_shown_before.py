"""A demonstration takes away what an earlier one wrote, and nothing else."""

from __future__ import annotations

from pathlib import Path

from casedesk.cli.shown_before import remember, take_away


def test_only_what_was_written_and_is_as_it_was_is_taken_away(tmp_path: Path) -> None:
    out = tmp_path / "demo"
    (out / "papers").mkdir(parents=True)
    old, changed, own = (out / "papers" / name for name in ("old.pdf", "changed.pdf", "own.pdf"))
    for path in (old, changed, own):
        path.write_bytes(b"paper")
    remember(out, [old, changed])
    changed.write_bytes(b"signed")
    take_away(out)
    assert sorted(path.name for path in (out / "papers").iterdir()) == ["changed.pdf", "own.pdf"]
    take_away(out)
    assert changed.read_bytes() == b"signed"


def test_a_list_that_leads_elsewhere_removes_nothing(tmp_path: Path) -> None:
    out, elsewhere = tmp_path / "demo", tmp_path / "precious.pdf"
    out.mkdir()
    elsewhere.write_bytes(b"paper")
    remember(tmp_path, [elsewhere])
    listed = (tmp_path / "written.txt").read_text(encoding="utf-8")
    (out / "written.txt").write_text(listed.replace("precious", "../precious"), encoding="utf-8")
    take_away(out)
    assert elsewhere.exists()
