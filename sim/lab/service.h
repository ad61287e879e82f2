// SPDX-License-Identifier: Apache-2.0
// Service: what a running lab answers to other taploom processes, on the lab's loop.
#pragma once

#include <glib.h>
#include <uv.h>

#include "sim/lab/lab.h"

typedef struct Service Service;

// Made for each `taploom show`; the caller owns it.
typedef Report *(*LiveReport)(void *data);

// From now on the lab can be found, under service_lab_name().
Service *service_open(uv_loop_t *loop, Lab *lab, LiveReport live_report, void *data,
                      GError **error);

const char *service_lab_name(const Service *service);

// The loop must run once more after it.
void service_close(Service *service);
