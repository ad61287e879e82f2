// SPDX-License-Identifier: Apache-2.0
// Writer: files written by a thread of its own from records that the engine's thread leaves in a
// ring. That thread never waits: when the ring is full, records are counted as lost to their file,
// and the run goes on unharmed. What a file holds is the affair of its class.
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "core/counter.h"
#include "sim/capture/outlet.h"

typedef struct Writer Writer;
typedef struct WriterFile WriterFile;

typedef enum { WRITER_CAPTURE, WRITER_FATES } WriterFileKind;

typedef struct {
    WriterFileKind kind;
    // Writes a record to the file's stream, on the writer's thread; `epoch_ns` is that of
    // writer_start(). Never more than record_max_bytes().
    void (*write)(WriterFile *file, const void *record, int64_t epoch_ns);
    size_t (*record_max_bytes)(const WriterFile *file, const void *record);
    // Before the outlet is closed; NULL for nothing.
    void (*close)(WriterFile *file);
    void (*free)(WriterFile *file); // what is its own, and itself
} WriterFileClass;

// The start of a file's own structure.
struct WriterFile {
    const WriterFileClass *class;
    Writer *writer;
    char *name; // of the point that it is about: "london:eth0"
    char *path;
    Outlet *outlet;
    bool is_optional;          // not left behind without a record
    Counter refused_records;   // counted by the engine's thread
    uint64_t accepted_records; // of the writer's thread, as are the next three
    Counter written_records;   // of those accepted, out to their last byte
    Counter missed_records;    // not accepted
    char *_Atomic failure;     // set once
};

// What became of one file; texts are owned by it.
typedef struct {
    WriterFileKind kind;
    const char *path;
    const char *point;       // "london:eth0"
    uint64_t written_frames; // wholly in the file
    uint64_t lost_frames;    // that belong there and are not
    const char *error;       // NULL, or why the file is not whole: "the reader went away"
} WriterResult;

// `ring_bytes` of memory between the threads, 0 for the default.
Writer *writer_new(size_t ring_bytes);

// Opens `path` ("-": standard output, which must not be a terminal) for `file`, whose class is set;
// a file in its place is emptied. The error names file and call, and begins with `noun` ("capture
// file"). Once it is there the writer owns it. Only before the start.
bool writer_open(Writer *writer, WriterFile *file, const char *noun, const char *name,
                 const char *path, GError **error);
void writer_add(Writer *writer, WriterFile *file);

// Engine's thread: room for a record of `n_bytes` (8 bytes aligned) to be written to `file`, or
// NULL, which is counted; then hands it over.
void *writer_reserve(WriterFile *file, size_t n_bytes);
void writer_commit(WriterFile *file);

// For a file that was never added: frees what writer_open() made.
void writer_file_clear(WriterFile *file);

// Starts the thread. `epoch_ns` is added to engine time: nanoseconds since 1970 at engine time 0.
void writer_start(Writer *writer, int64_t epoch_ns);

// After the last record: writes what is in the ring and closes all files. Readers of pipes have
// `patience_ms` together to take the rest; what they then have not taken is lost.
void writer_finish(Writer *writer, unsigned patience_ms);

// Counters may be read while it runs, by any thread; they are final after the finish.
unsigned writer_n_files(const Writer *writer);
WriterFile *writer_file(const Writer *writer, unsigned i);
WriterResult writer_file_result(const WriterFile *file);

// Finishes without patience, if that was not done.
void writer_free(Writer *writer);
