"""What a search finds on a judged collection is as good as it has to be."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.acceptance

EVALUATE = Path(__file__).parents[4] / "bench" / "evaluate.py"


def test_both_legs_together_beat_each_and_words_keep_up_with_bm25s() -> None:
    done = subprocess.run(
        [sys.executable, EVALUATE, "--json"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    rows = {row["way"]: row for row in json.loads(done.stdout)}
    assert rows["fused, weighted"]["ndcg_at_10"] > 0.85
    assert rows["fused, weighted"]["recall_at_100"] == 1.0
    assert "bm25s" in rows
