# SPDX-License-Identifier: Apache-2.0
"""Row: what was measured set beside what has to be reached."""

import math
from dataclasses import dataclass, field
from statistics import median


@dataclass
class Row:
    """`met` is None for what could not be measured. `values` are the single measurements."""
    what: str
    measured: str
    target: str
    met: bool | None
    values: dict = field(default_factory=dict)

    def verdict(self):
        return {True: 'met', False: 'MISSED', None: 'skipped'}[self.met]


def ratio_row(what, unit, ours, theirs, least):
    """The median of our measurements as a share of that of theirs."""
    ratio = median(ours) / median(theirs)
    return Row(what, f'{ratio:.2f} ({median(ours):.0f} of {median(theirs):.0f} {unit})',
               f'≥ {least}', ratio >= least, {'ours': ours, 'theirs': theirs, 'ratio': ratio})


def binomial_interval(n, probability, confidence):
    """The counts that cut off at most half of what confidence leaves on either side."""
    tail = (1 - confidence) / 2
    below, low, high = 0.0, None, None
    for k in range(n + 1):
        log = (math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
               + k * math.log(probability) + (n - k) * math.log1p(-probability))
        below += math.exp(log)
        if low is None and below > tail:
            low = k
        if high is None and below >= 1 - tail:
            high = k
            break
    return low, high
