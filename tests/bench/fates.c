// SPDX-License-Identifier: Apache-2.0
// What files of fates cost, as JSON; in virtual time, processor time of the engine's thread only:
// - `unwatched_ns`, `watched_ns`: of a small TCP frame through a link (rate, loss, delay) whose
//   fates go nowhere, or to a file;
// - `replayed_ns`: of the same through a link that replays that file;
// - `written_lines_per_s`, `read_lines_per_s`: of the writer's thread, and of reading it again; a
//   second of processor time too.
//
// Batches are small enough for the ring, and the writer may catch up after each. Best of all turns.
#include <glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "sim/fates/fate_file.h"
#include "sim/fates/fate_log.h"
#include "tests/support/link_rig.h"
#include "tests/support/stream.h"

enum { N_BATCHES = 40, BATCH_FRAMES = 20000, PATIENT_MS = 60 * 1000 };

#define GAP_NS INT64_C(10000)
#define NS_PER_S 1e9

typedef struct {
    Sink sink;
} Drain;

typedef struct {
    Engine *engine;
    FramePool *pool;
    LinkConfig *config;
    Link *link;
    Frame *model; // of all frames
    Drain drain;
    double best_ns; // a frame
} Rig;

static double clock_ns(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return (double)now.tv_sec * NS_PER_S + (double)now.tv_nsec;
}

static double other_threads_ns(void)
{
    return clock_ns(CLOCK_PROCESS_CPUTIME_ID) - clock_ns(CLOCK_THREAD_CPUTIME_ID);
}

static void drain_push(Sink *sink, Frame *frame)
{
    (void)sink;
    frame_free(frame);
}

static void rig_open(Rig *rig, const char *name)
{
    Stream stream = {.type = GSO_TCP4, .has_ethernet = true, .size_bytes = 1000};

    rig->engine = engine_new();
    rig->pool = frame_pool_new(UINT64_C(1) << 30);
    rig->config = link_rig_config("rate 1gbit, loss 1%, delay 1ms");
    rig->link = link_new(rig->engine, 1, name, rig->config, rig->config);
    rig->drain.sink.push = drain_push;
    link_connect(rig->link, LINK_FORWARD, &rig->drain.sink);
    stream.pool = rig->pool;
    rig->model = stream_next(&stream, &(StreamBurst){.payload_bytes = 10}, NULL);
    rig->best_ns = G_MAXDOUBLE;
}

static void rig_close(Rig *rig)
{
    frame_free(rig->model);
    link_free(rig->link);
    link_config_free(rig->config);
    frame_pool_free(rig->pool);
    engine_free(rig->engine);
}

static void rig_turn(Rig *rig)
{
    int64_t now_ns = engine_now(rig->engine);
    double start_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID), frame_ns;

    for (int i = 0; i < BATCH_FRAMES; i++) {
        engine_run_until(rig->engine, now_ns += GAP_NS);
        sink_push(link_entry(rig->link, LINK_FORWARD), frame_copy(rig->model));
    }
    frame_ns = (clock_ns(CLOCK_THREAD_CPUTIME_ID) - start_ns) / BATCH_FRAMES;
    rig->best_ns = MIN(rig->best_ns, frame_ns);
}

static void wait_for_writer(const Writer *writer, uint64_t n_lines)
{
    while (writer_file_result(writer_file(writer, 0)).written_frames < n_lines)
        usleep(1000);
}

int main(int argc, char **argv)
{
    const char *path = argc > 1 ? argv[1] : "/tmp/taploom-fates.csv";
    Writer *writer = writer_new(0);
    FateFormat format = g_str_has_suffix(path, ".jsonl") ? FATES_JSONL : FATES_CSV;
    FateLog *log = fate_log_add(writer, path, format, NULL);
    Rig plain = {0}, watched = {0}, replayed = {0};
    double start_ns, written_ns = 0, read_ns;
    uint64_t n_lines;
    FateFile *file;

    if (log == NULL) {
        fprintf(stderr, "%s cannot be written\n", path);
        return EXIT_FAILURE;
    }
    rig_open(&plain, "wire");
    rig_open(&watched, "wire");
    rig_open(&replayed, "wire");
    fate_log_watch(log, watched.link, LINK_FORWARD);
    writer_start(writer, 0);
    for (int i = 0; i < N_BATCHES; i++) {
        rig_turn(&plain);
        start_ns = other_threads_ns();
        rig_turn(&watched);
        // All but what is still under way.
        wait_for_writer(writer, (uint64_t)(i + 1) * BATCH_FRAMES - 1000);
        written_ns += other_threads_ns() - start_ns;
    }
    writer_finish(writer, PATIENT_MS);
    n_lines = writer_file_result(writer_file(writer, 0)).written_frames;
    start_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID);
    file = fate_file_read(path, NULL);
    read_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID) - start_ns;
    link_set_replay(replayed.link, LINK_FORWARD, fate_file_table(file, "wire", LINK_FORWARD));
    for (int i = 0; i < N_BATCHES; i++)
        rig_turn(&replayed);
    printf("{\"unwatched_ns\": %.0f, \"watched_ns\": %.0f, \"replayed_ns\": %.0f, "
           "\"written_lines_per_s\": %.0f, \"read_lines_per_s\": %.0f}\n",
           plain.best_ns, watched.best_ns, replayed.best_ns,
           (double)n_lines * NS_PER_S / written_ns, (double)n_lines * NS_PER_S / read_ns);
    rig_close(&plain);
    rig_close(&watched);
    rig_close(&replayed);
    fate_file_free(file);
    writer_free(writer);
    unlink(path);
    return EXIT_SUCCESS;
}
