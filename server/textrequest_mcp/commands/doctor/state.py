"""Looks at the state folder: whether it can be written, is on this machine, has room, and holds a whole state file."""

import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

from textrequest_mcp.commands.doctor.finding import Finding, note, ok, problem
from textrequest_mcp.ground.schema import check_version
from textrequest_mcp.ground.store import FILE_NAME, StoreError

_CHECK = "state"
_LARGE_BYTES = 500_000_000
_LEAST_FREE_BYTES = 100_000_000
# SQLite's WAL needs memory that all its users share, which these do not give (sqlite.org/wal.html).
_OVER_A_NETWORK = {
    *("nfs", "nfs4", "cifs", "smb3", "smbfs", "afs", "afpfs", "9p", "ceph", "glusterfs", "webdav"),
    *("fuse.sshfs", "fuse.rclone", "fuse.gcsfuse", "fuse.s3fs", "davfs"),
}
_COPIED_AWAY = ("OneDrive", "Dropbox", "Google Drive", "CloudStorage", "Mobile Documents")
_MOVE = "Set TEXTREQUEST_STATE_DIR to a folder on this machine's own disk, in every host's entry."


def folder_of_state(folder: Path, system: str = sys.platform) -> list[Finding]:
    """What is the matter with the state folder; one `ok` where nothing is."""
    there = next(each for each in (folder, *folder.parents) if os.path.exists(each))
    found: list[Finding] = []
    if not os.access(there, os.W_OK | os.X_OK):
        found.append(problem(_CHECK, f"{there} cannot be written to.", "Make it yours, or set TEXTREQUEST_STATE_DIR."))
    kind = _kind_of_disk(there, system)
    if kind:
        found.append(problem(_CHECK, f"{there} is on a network disk ({kind}), where sends may be lost.", _MOVE))
    copied = next((name for name in _COPIED_AWAY if name in str(folder)), None)
    if copied:
        found.append(problem(_CHECK, f"{folder} is copied elsewhere by {copied}, which damages a database.", _MOVE))
    if shutil.disk_usage(there).free < _LEAST_FREE_BYTES:
        found.append(problem(_CHECK, "Less than 100 MB are free on its disk.", "Free some space: no state, no send."))
    if there == folder and system != "win32" and stat.S_IMODE(folder.stat().st_mode) & (stat.S_IRWXG | stat.S_IRWXO):
        found.append(problem(_CHECK, f"Others on this machine can look into {folder}.", f"chmod 700 {folder}"))
    return [*found, *_file(folder / FILE_NAME)] or [ok(_CHECK, f"{folder} is writable, on this machine and whole.")]


def _file(file: Path) -> list[Finding]:
    if not os.path.isfile(file):
        return []
    import sqlite3

    try:
        connection = sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True, timeout=1)
        try:
            check_version(connection, file)
            (said,) = connection.execute("PRAGMA quick_check(1)").fetchone()
        finally:
            connection.close()
    except StoreError as error:
        return [problem(_CHECK, str(error), "Update this program, as the sentence says.")]
    except sqlite3.Error as error:
        said = str(error)
    if said != "ok":
        aside = (
            f"Stop every server, move aside all files in {file.parent} that begin with {FILE_NAME}, and start again."
        )
        return [problem(_CHECK, f"{file} is damaged or locked ({said.splitlines()[0]}).", aside)]
    size = file.stat().st_size
    if size > _LARGE_BYTES:
        fewer = "Set TEXTREQUEST_EVENT_DAYS or TEXTREQUEST_AUDIT_DAYS lower, if it is too large for you."
        return [note(_CHECK, f"{file} is whole, and has {size / 1e6:.0f} MB.", fewer)]
    return []


def _kind_of_disk(folder: Path, system: str) -> str | None:
    """The kind of the file system, if it is another machine's."""
    if system == "win32":
        drive = os.path.splitdrive(folder)[0] or str(folder)
        return "a share" if drive.startswith(("\\\\", "//")) else None
    real = os.path.realpath(folder)
    try:
        mounts = _mounts(system)
    except (OSError, subprocess.SubprocessError):
        return None
    inside = [(len(point), kind) for point, kind in mounts if point == "/" or f"{real}/".startswith(f"{point}/")]
    kind = max(inside)[1] if inside else ""
    return kind if kind in _OVER_A_NETWORK else None


def _mounts(system: str) -> list[tuple[str, str]]:
    """Where each file system begins, and its kind."""
    if system == "darwin":
        said = subprocess.run(["/sbin/mount"], capture_output=True, text=True, check=True, timeout=5).stdout
        rows = [line.partition(" on ")[2].rpartition(" (") for line in said.splitlines()]
        return [(point, kinds.split(",")[0].rstrip(")")) for point, _, kinds in rows]
    columns = [line.split(" ") for line in Path("/proc/self/mounts").read_text("utf-8", "replace").splitlines()]
    return [(row[1].replace("\\040", " "), row[2]) for row in columns if len(row) > 2]
