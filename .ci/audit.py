"""Looks for known vulnerabilities of the installed packages; says so where no advisories can be reached."""

import json
import subprocess
import sys

_SECONDS = 120
_COMMAND = ("-m", "pip_audit", "--format", "json", "--progress-spinner", "off", "--skip-editable")
_NOT_AUDITED = "Not audited: the advisories cannot be reached from here."


def main() -> int:
    """The exit code: 1 if there is a vulnerability, 0 if there is none or nothing could be looked up."""
    try:
        command = [sys.executable, *_COMMAND]
        ran = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=False)
        packages = json.loads(ran.stdout)["dependencies"]
    except (subprocess.TimeoutExpired, ValueError, KeyError):
        print(_NOT_AUDITED)
        return 0
    audited = [one for one in packages if "vulns" in one]
    if not audited:
        print(_NOT_AUDITED)
        return 0
    print(f"{len(audited)} of {len(packages)} packages audited.")
    found = [(one, weakness) for one in audited for weakness in one["vulns"]]
    for one, weakness in found:
        mended = ", ".join(weakness["fix_versions"]) or "no release"
        print(f"{one['name']} {one['version']}: {weakness['id']}, mended in {mended}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
