#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every .c and .h of the tree looks as .clang-format says. Other versions of clang-format break
lines elsewhere, so only the one the file was written for is asked. Prints TAP; the only argument
is the tree's root."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

VERSION = 14


def clang_format():
    """The path of clang-format in the right version, or None."""
    for name in [f'clang-format-{VERSION}', 'clang-format']:
        path = shutil.which(name)
        if path is None:
            continue
        text = subprocess.run([path, '--version'], capture_output=True, text=True).stdout
        if re.search(rf'version {VERSION}\.', text):
            return path
    return None


def main(root):
    sources = sorted(path.relative_to(root).as_posix()
                     for folder in ['core', 'links', 'sim', 'tests']
                     for path in (root / folder).rglob('*.[ch]'))
    tool = clang_format()
    if tool is None:
        remedy = f'clang-format {VERSION} is not installed (./bootstrap deps ci)'
        if os.environ.get('CI') != 'true':
            print(f'1..0 # SKIP {remedy}')
            return 0
        print(f'1..1\nnot ok 1 - {remedy}')
        return 1
    print('1..2')
    print(f"{'ok' if sources else 'not ok'} 1 - there are sources to look at")
    # Without -Werror it names every place and not only the first file.
    run = subprocess.run([tool, '--dry-run', *sources], cwd=root, capture_output=True, text=True)
    good = run.returncode == 0 and not run.stderr
    print(f"{'ok' if good else 'not ok'} 2 - clang-format would change nothing")
    for line in run.stderr.splitlines():
        if 'warning:' in line or 'error:' in line:
            print(f'# {line}')
    return 0 if sources and good else 1


if __name__ == '__main__':
    sys.exit(main(Path(sys.argv[1])))
