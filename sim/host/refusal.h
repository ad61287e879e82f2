// SPDX-License-Identifier: Apache-2.0
// Refusal: what the system refused, as an error that ends a command with STATUS_REFUSED.
#pragma once

#include <glib.h>

#define REFUSAL_ERROR (refusal_error_quark())
GQuark refusal_error_quark(void);

// Sets `error` to "FORMAT: what errno means", followed by the remedy where that errno has one that
// does not depend on the call. The code is `errno_value`.
void refusal_set(GError **error, int errno_value, const char *format, ...) G_GNUC_PRINTF(3, 4);

// The same with a remedy that only the caller knows; NULL for none.
void refusal_set_remedy(GError **error, int errno_value, const char *remedy, const char *format,
                        ...) G_GNUC_PRINTF(4, 5);
