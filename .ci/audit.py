"""Ask the advisory service about every pinned package; fail on a known weakness, say so when it was not reached."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
FILES = ("requirements.txt", "requirements-dev.txt")
WITHIN = 120  # seconds


def ask(name: str) -> dict[str, Any] | None:
    """Return pip-audit's report on one file of pins, None when the service could not be reached."""
    words = ["--require-hashes", "--disable-pip", "--progress-spinner", "off", "--timeout", "10", "--format", "json"]
    command = [sys.executable, "-m", "pip_audit", *words, "--requirement", name]
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=WITHIN, check=False)
        report: dict[str, Any] = json.loads(done.stdout)
    except (subprocess.TimeoutExpired, ValueError):
        return None
    return report


def verdict(name: str, report: dict[str, Any] | None) -> tuple[bool, str]:
    """Return whether a file passes, and what to say of it.

    A package that the service does not answer for counts as not audited: without a network, or behind a mirror that has
    no advisories, pip-audit itself calls that "no known vulnerabilities".
    """
    packages = report["dependencies"] if report else []
    weak = [f"{each['name']} {each['version']}: {one['id']}" for each in packages for one in each.get("vulns", ())]
    if weak:
        return False, f"{name}: known weaknesses in\n  " + "\n  ".join(weak)
    if not packages:
        return True, f"{name}: NOT audited: the advisory service was not reached"
    unknown = sum("skip_reason" in each for each in packages)
    if unknown == len(packages):
        return (
            True,
            f"{name}: NOT audited: the index answers for none of {unknown} packages (a mirror without advisories?)",
        )
    rest = f", {unknown} NOT audited: unknown to the service" if unknown else ""
    return True, f"{name}: {len(packages) - unknown} packages without known weakness{rest}"


def main() -> int:
    """Audit both files; 1 when anything weak is pinned."""
    found = [verdict(name, ask(name)) for name in FILES]
    print("\n".join(said for _, said in found))
    return 0 if all(passes for passes, _ in found) else 1


if __name__ == "__main__":
    sys.exit(main())
