"""Runs a command and tells its peak memory, as a program of its own.

What a process has used is counted for the one that it becomes, so a large program can't ask this of
a small one that it starts: this small one can. The peak, in bytes, is the last line on standard
error; what the command says there is left out.
"""

from __future__ import annotations

import resource
import subprocess
import sys

_UNIT = 1 if sys.platform == "darwin" else 1_024

if __name__ == "__main__":
    code = subprocess.call(sys.argv[1:], stderr=subprocess.DEVNULL)
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * _UNIT
    sys.stderr.write(f"{peak}\n")
    sys.exit(code)
