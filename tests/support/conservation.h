// SPDX-License-Identifier: Apache-2.0
// Conservation: in + copied = out + dropped + held, in both directions of a link, at any moment.
#pragma once

#include "links/link.h"

// Fails the test with the link's name and all terms unless the sum holds.
void conservation_assert(const Link *link);
