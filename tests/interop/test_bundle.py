"""The vendor's own tool for bundles finds ours well, unpacks it, and packs what it holds again."""

import subprocess
from pathlib import Path

import bundle
from tests.interop.clients import LONGEST_SECONDS, home_of, need

TOOL = Path("node_modules", "@anthropic-ai", "mcpb", "dist", "cli", "cli.js")


def test_the_vendor_s_tool_validates_unpacks_and_packs_the_bundle(tmp_path: Path):
    need("mcpb")
    built, unpacked = bundle.build(tmp_path), tmp_path / "unpacked"
    home = home_of("mcpb")

    for command in (
        ["unpack", str(built), str(unpacked)],
        ["validate", str(unpacked / "manifest.json")],
        ["pack", str(unpacked), str(tmp_path / "again.mcpb")],
    ):
        ran = subprocess.run(
            [str(home / "node"), str(home / TOOL), *command],
            capture_output=True,
            text=True,
            check=False,
            timeout=LONGEST_SECONDS,
        )
        assert ran.returncode == 0, ran.stdout + ran.stderr
