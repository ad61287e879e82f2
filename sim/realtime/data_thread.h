// SPDX-License-Identifier: Apache-2.0
// DataThread: the driver of real time. It owns the engine and the devices while it runs: reads what
// is there, runs what is due, writes what leaves, then waits for the next of these.
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/engine.h"
#include "sim/devices/device.h"
#include "sim/realtime/grants.h"
#include "sim/realtime/mailbox.h"
#include "sim/realtime/waiter.h"

typedef struct DataThread DataThread;

// `outbox` is the one that the devices were opened with.
DataThread *data_thread_new(Engine *engine, Outbox *outbox, WaitMode wait_mode, GError **error);

// Before the start only.
bool data_thread_add(DataThread *thread, Device *device, GError **error);

// Engine time 0 is the moment of the start. The thread has taken `grants` (NULL: it has none) when
// this returns.
void data_thread_start(DataThread *thread, Grants *grants);

// Engine time now, as the clock has it; from any thread after the start.
int64_t data_thread_elapsed_ns(const DataThread *thread);

// When it is that by the engine, on the monotonic clock; after the start.
int64_t data_thread_instant_ns(const DataThread *thread, int64_t engine_ns);

// Nanoseconds since 1970 at engine time 0: to be added to engine time in files.
int64_t data_thread_epoch_ns(const DataThread *thread);

// Has `letter` applied between two events; from the main thread.
void data_thread_post(DataThread *thread, Letter *letter);

// Ends the thread and waits for that; engine and devices are the caller's again. The engine's time
// is then the moment of the end.
void data_thread_stop(DataThread *thread);

void data_thread_free(DataThread *thread);
