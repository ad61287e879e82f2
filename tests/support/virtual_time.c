// SPDX-License-Identifier: Apache-2.0
// Instant by instant, so that a heap that went wrong is found at the event that did it.
#include "tests/support/virtual_time.h"

#include <glib.h>

static void virtual_run_instant(Engine *engine)
{
    engine_run_until(engine, engine_next_due_ns(engine));
    g_assert_true(engine_is_consistent(engine));
}

void virtual_run(Engine *engine, int64_t until_ns)
{
    while (engine_next_due_ns(engine) != ENGINE_NEVER_NS && engine_next_due_ns(engine) <= until_ns)
        virtual_run_instant(engine);
    engine_run_until(engine, until_ns);
}

int64_t virtual_run_to_end(Engine *engine)
{
    while (engine_next_due_ns(engine) != ENGINE_NEVER_NS)
        virtual_run_instant(engine);
    return engine_now(engine);
}
