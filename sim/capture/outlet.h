// SPDX-License-Identifier: Apache-2.0
// Outlet: a file or pipe that records are written to without ever waiting for its reader. What a
// reader has not taken yet is held in memory up to a limit; beyond it the outlet has no room.
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

typedef struct Outlet Outlet;

// Opens `path` for writing, emptied ("-": standard output, which must not be a terminal). At most
// `limit_bytes` are held. The error names path and call behind `noun` ("capture file"), and the
// remedy where there is one.
Outlet *outlet_open(const char *noun, const char *path, size_t limit_bytes, GError **error);

// Gives up what is still held.
void outlet_close(Outlet *outlet);

// A stream whose bytes go into the outlet; unbuffered, owned by the caller. Its writes fail once
// the outlet has failed. NULL with errno set.
FILE *outlet_stream(Outlet *outlet);

// Whether a record of `n_bytes` can be written to the stream now.
bool outlet_has_room(const Outlet *outlet, size_t n_bytes);

// What was written since the last call is one record: one that counts only once it is out.
void outlet_end_record(Outlet *outlet);

// Writes what the file or reader takes at this moment. The calling thread must have SIGPIPE
// blocked.
void outlet_drain(Outlet *outlet);

// Bytes held, waiting for the reader.
size_t outlet_held_bytes(const Outlet *outlet);

// Records that are out to their last byte.
uint64_t outlet_whole_records(const Outlet *outlet);

// The errno of the write that failed for good, or 0. Nothing is written after it, and a regular
// file ends with its last whole record.
int outlet_errno(const Outlet *outlet);

// To be polled for writing; owned by the outlet.
int outlet_fd(const Outlet *outlet);
