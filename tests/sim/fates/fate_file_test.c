// SPDX-License-Identifier: Apache-2.0
// Files of fates are read as they are written, and what is wrong in one is said with its line.
#include "sim/fates/fate_file.h"

#include <glib/gstdio.h>
#include <string.h>

#include "sim/fates/fate_log.h"
#include "tests/support/link_rig.h"

enum { PATIENT_MS = 60 * 1000, N_FRAMES = 2000 };

#define HEADER                                                                                     \
    "link,direction,number,copy,in_ns,out_ns,bytes,flow,ecn,fate,reason,queue_ns,sending_ns,"      \
    "propagation_ns,jitter_ns\n"
#define DELIVERED(number, flight)                                                                  \
    "wire,forward," number ",0,5,25,60,,,delivered,,0,0," flight ",-1\n"

typedef struct {
    char *directory;
    char *path; // "…/f"
} Fixture;

static void set_up(Fixture *fixture, const void *data)
{
    (void)data;
    fixture->directory = g_dir_make_tmp("fates-XXXXXX", NULL);
    g_assert_nonnull(fixture->directory);
    fixture->path = g_build_filename(fixture->directory, "f", NULL);
}

static void tear_down(Fixture *fixture, const void *data)
{
    (void)data;
    g_unlink(fixture->path);
    g_assert_cmpint(g_rmdir(fixture->directory), ==, 0);
    g_free(fixture->path);
    g_free(fixture->directory);
}

static FateFile *read_text(const Fixture *fixture, const char *text, gssize n_bytes, GError **error)
{
    g_assert_true(g_file_set_contents(fixture->path, text, n_bytes, NULL));
    return fate_file_read(fixture->path, error);
}

static FateFile *read_right(const Fixture *fixture, const char *text)
{
    g_autoptr(GError) error = NULL;
    FateFile *file = read_text(fixture, text, -1, &error);

    g_assert_no_error(error);
    g_assert_nonnull(file);
    return file;
}

static const Fate *fate_of(const FateFile *file, const char *link, LinkDirection direction,
                           uint64_t number, uint8_t copy)
{
    size_t place = 0;

    return fate_table_find(fate_file_table(file, link, direction), number, copy, &place);
}

static void test_columns(Fixture *fixture, const void *data)
{
    g_autoptr(FateFile) file = read_right(
        fixture, HEADER "wire,forward,7,0,100,400,60,tcp a:1>b:2,ce,delivered,,50,50,180,20\n"
                        "wire,forward,7,2,100,500,60,,,delivered,,50,50,180,120\n"
                        "wire,reverse,0,0,100,100,60,,,dropped,queue-full,,,,\n"
                        "wire,reverse,1,0,100,300,60,,,dropped,loss,,,,\n"
                        "wire,reverse,2,0,100,300,60,,,dropped,link-down,,,,\n"
                        "wire,reverse,3,0,100,100,60,,,dropped,link-down,,,,\n"
                        "wire,reverse,4,255,100,100,60,,,delivered,,0,0,0,0\n"
                        "other,reverse,0,0,1,2,60,,ect0,delivered,,0,0,1,0\n");
    const Fate *fate = fate_of(file, "wire", LINK_FORWARD, 7, 0);
    size_t line;

    (void)data;
    g_assert_cmpint(fate->flight_ns, ==, 200);
    g_assert_cmpuint(fate->fate, ==, FATE_DELIVERED);
    g_assert_true(fate->is_marked);
    fate = fate_of(file, "wire", LINK_FORWARD, 7, 2);
    g_assert_cmpint(fate->flight_ns, ==, 300);
    g_assert_false(fate->is_marked);
    g_assert_cmpuint(fate_of(file, "wire", LINK_REVERSE, 0, 0)->fate, ==, DROP_QUEUE_FULL);
    g_assert_false(fate_of(file, "wire", LINK_REVERSE, 0, 0)->was_sent);
    g_assert_true(fate_of(file, "wire", LINK_REVERSE, 1, 0)->was_sent);
    g_assert_true(fate_of(file, "wire", LINK_REVERSE, 2, 0)->was_sent);
    g_assert_false(fate_of(file, "wire", LINK_REVERSE, 3, 0)->was_sent);
    g_assert_null(fate_of(file, "wire", LINK_REVERSE, 4, 255)); // an answer: given again
    g_assert_cmpuint(fate_table_size(fate_file_table(file, "other", LINK_FORWARD)), ==, 0);
    g_assert_false(fate_of(file, "other", LINK_REVERSE, 0, 0)->is_marked);
    g_assert_null(fate_file_table(file, "third", LINK_FORWARD));
    g_assert_cmpuint(fate_file_n_links(file), ==, 2);
    g_assert_cmpstr(fate_file_link(file, 0, &line), ==, "wire");
    g_assert_cmpuint(line, ==, 2);
    g_assert_cmpstr(fate_file_link(file, 1, &line), ==, "other");
    g_assert_cmpuint(line, ==, 9);
}

// As other programs write it again: other columns, another order, quotes, CR LF, no end of line.
static void test_foreign_csv(Fixture *fixture, const void *data)
{
    g_autoptr(FateFile) file = read_right(
        fixture, "note,jitter_ns,propagation_ns,sending_ns,queue_ns,reason,fate,ecn,flow,bytes,"
                 "out_ns,in_ns,copy,number,direction,\"link\"\r\n"
                 "x,3,2,,,,delivered,,,,9,1,0,6,reverse,wire\r\n"
                 "\r\n"
                 "\"x, y\",\"4\",2,,,,\"delivered\",,,,9,1,0,7,reverse,\"wire\"");

    (void)data;
    g_assert_cmpint(fate_of(file, "wire", LINK_REVERSE, 6, 0)->flight_ns, ==, 5);
    g_assert_cmpint(fate_of(file, "wire", LINK_REVERSE, 7, 0)->flight_ns, ==, 6);
}

static void test_json(Fixture *fixture, const void *data)
{
    g_autoptr(FateFile) file = read_right(
        fixture, "{\"link\": \"wire\", \"direction\": \"forward\", \"number\": 3, \"copy\": 0, "
                 "\"in_ns\": 5, \"out_ns\": 5, \"fate\": \"dropped\", \"reason\": \"aqm\"}\n"
                 " {\"jitter_ns\":-1,\"propagation_ns\":30,\"note\":\"a \\\"b\\\" }\",\"x\":1.5e3,"
                 "\"fate\":\"delivered\",\"ecn\":\"ce\",\"copy\":1,\"number\":3,\"in_ns\":5,"
                 "\"out_ns\":35,\"direction\":\"forward\",\"link\":\"wire\"} \n");

    (void)data;
    g_assert_cmpuint(fate_of(file, "wire", LINK_FORWARD, 3, 0)->fate, ==, DROP_AQM);
    g_assert_cmpint(fate_of(file, "wire", LINK_FORWARD, 3, 1)->flight_ns, ==, 29);
    g_assert_true(fate_of(file, "wire", LINK_FORWARD, 3, 1)->is_marked);
}

static void assert_wrong(const Fixture *fixture, const char *text, gssize n_bytes,
                         const char *expected)
{
    g_autoptr(GError) error = NULL;

    g_assert_null(read_text(fixture, text, n_bytes, &error));
    g_assert_true(g_str_has_prefix(error->message, fixture->path));
    g_assert_cmpstr(error->message + strlen(fixture->path), ==, expected);
}

static void test_errors(Fixture *fixture, const void *data)
{
    const char *const lines[][2] = {
        {"wire,sideways,0,0,1,2,60,,,delivered,,0,0,1,0\n",
         ":2: direction: \"sideways\": write forward or reverse"},
        {"wire,forward,-1,0,1,2,60,,,delivered,,0,0,1,0\n",
         ":2: number: \"-1\": write a whole number"},
        {"wire,forward,18446744073709551616,0,1,2,60,,,delivered,,0,0,1,0\n",
         ":2: number: \"18446744073709551616\": write a whole number"},
        {"wire,forward,0,256,1,2,60,,,delivered,,0,0,1,0\n",
         ":2: copy: \"256\": write a whole number"},
        {"wire,forward,0,,1,2,60,,,delivered,,0,0,1,0\n", ":2: copy: \"\": write a whole number"},
        {"wire,forward,0,0,1,2,60,,,lost,,0,0,1,0\n",
         ":2: fate: \"lost\": write delivered or dropped"},
        {"wire,forward,0,0,1,2,60,,,delivered,,0,0,1ms,0\n",
         ":2: propagation_ns: \"1ms\": write whole nanoseconds"},
        {"wire,forward,0,0,1,2,60,,,delivered,,0,0,1,-2\n",
         ":2: propagation_ns and jitter_ns are less than nothing together"},
        {"wire,forward,0,0,x,2,60,,,dropped,loss,,,,\n",
         ":2: in_ns: \"x\": write whole nanoseconds"},
        {"wire,forward,0,0\n", ":2: has fewer columns than the 15 that the first line names"},
        {"wire,forward,0,0,1,2,60,,,delivered,,0,0,1,0,9\n",
         ":2: has more columns than the 15 that the first line names"},
        {DELIVERED("0", "9") DELIVERED("1", "9") DELIVERED("0", "9"),
         ": link wire, forward: frame 0 has two fates: this is more than one recording"},
    };
    g_autoptr(GError) error = NULL;

    (void)data;
    for (size_t i = 0; i < G_N_ELEMENTS(lines); i++) {
        g_autofree char *text = g_strconcat(HEADER, lines[i][0], NULL);

        assert_wrong(fixture, text, -1, lines[i][1]);
    }
    assert_wrong(fixture, "", -1, ":1: is empty: a file that `fates:` writes has at least a line");
    assert_wrong(fixture, "time,length\n", -1,
                 ":1: no column is named link: this is no file that `fates:` writes, whose first "
                 "line names link, direction, number and so on");
    assert_wrong(fixture, HEADER DELIVERED("0", "9") "wire,\0",
                 strlen(HEADER DELIVERED("0", "9")) + 6, ":3: has a byte 0: this is no text");
    g_assert_null(
        read_text(fixture, HEADER "w,forward,0,0,1,2,60,,,dropped,tired,,,,\n", -1, &error));
    g_assert_nonnull(
        strstr(error->message, ":2: reason: \"tired\": write queue-full or link-down"));
}

static void test_json_errors(Fixture *fixture, const void *data)
{
    (void)data;
    assert_wrong(fixture, "{\"link\": \"wire\"}\n", -1, ":1: there is no direction");
    assert_wrong(fixture,
                 "{\"link\": \"w\", \"direction\": \"forward\", \"number\": 3, \"copy\": 0, "
                 "\"in_ns\": 5, \"out_ns\": 5, \"fate\": \"dropped\"}\n",
                 -1, ":1: there is no reason");
    assert_wrong(fixture, "{\"link\": \"wire\n", -1,
                 ":1: is no JSON object on one line, of texts and numbers only");
    assert_wrong(fixture, "{\"link\" \"wire\"}\n", -1,
                 ":1: is no JSON object on one line, of texts and numbers only");
    assert_wrong(fixture, "{\"link\": \"wire\\", -1,
                 ":1: is no JSON object on one line, of texts and numbers only");
    assert_wrong(fixture, "{}\n", -1,
                 ":1: is no JSON object on one line, of texts and numbers only");
    assert_wrong(fixture,
                 "{\"link\": \"w\", \"direction\": \"forward\", \"number\": 3, \"copy\": 0, "
                 "\"in_ns\": 5, \"out_ns\": 5, \"fate\": \"dropped\", \"reason\": \"aqm\"}\n[]\n",
                 -1, ":2: is no JSON object: write {\"link\": …}");
}

static void test_no_file(Fixture *fixture, const void *data)
{
    g_autoptr(GError) error = NULL;

    (void)data;
    g_assert_null(fate_file_read("/nowhere/f.csv", &error));
    g_assert_cmpstr(error->message, ==,
                    "/nowhere/f.csv: cannot be read: No such file or directory");
    g_clear_error(&error);
    g_assert_null(fate_file_read(fixture->directory, &error));
    g_assert_nonnull(strstr(error->message, ": cannot be read: Is a directory"));
}

// What a link did is found as the log wrote it; in `format`.
static void assert_round_trip(const Fixture *fixture, FateFormat format)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(FateFile) file = NULL;
    Writer *writer = writer_new(0);
    const LinkCounters *counters;
    uint64_t n_found[N_DROP_REASONS + 1] = {0};
    FateLog *log;
    LinkRig rig;

    link_rig_open(&rig, 1, "wire",
                  "rate 10mbit, queue 20 packets, loss 10%, corrupt 5%, duplicate 20%, delay 3ms, "
                  "jitter 2ms",
                  NULL);
    log = fate_log_add(writer, fixture->path, format, &error);
    g_assert_no_error(error);
    fate_log_watch(log, rig.link, LINK_FORWARD);
    writer_start(writer, 0);
    script_add(&rig.script[LINK_FORWARD], 0, 500000, N_FRAMES, 1000);
    link_rig_run_to_end(&rig);
    writer_finish(writer, PATIENT_MS);
    writer_free(writer);
    file = fate_file_read(fixture->path, &error);
    g_assert_no_error(error);
    counters = link_counters(rig.link, LINK_FORWARD);
    g_assert_cmpuint(fate_table_size(fate_file_table(file, "wire", LINK_FORWARD)), ==,
                     N_FRAMES + counter_get(&counters->copied_frames));
    for (unsigned i = 0; i < probe_count(&rig.probe[LINK_FORWARD]); i++) {
        const ProbeRecord *arrival = probe_record(&rig.probe[LINK_FORWARD], i);
        int64_t flight_ns = arrival->at_ns - arrival->wired_ns;
        const Fate *original = fate_of(file, "wire", LINK_FORWARD, arrival->index, 0);
        const Fate *copy = fate_of(file, "wire", LINK_FORWARD, arrival->index, 1);

        g_assert_true(original->flight_ns == flight_ns ||
                      (copy != NULL && copy->flight_ns == flight_ns));
    }
    for (uint64_t number = 0; number < N_FRAMES; number++) {
        const Fate *fate = fate_of(file, "wire", LINK_FORWARD, number, 0);

        n_found[MIN(fate->fate, N_DROP_REASONS)]++;
    }
    for (DropReason reason = 0; reason < N_DROP_REASONS; reason++)
        g_assert_cmpuint(n_found[reason], ==, counter_get(&counters->drops.frames[reason]));
    link_rig_close(&rig);
}

static void test_round_trip(Fixture *fixture, const void *data)
{
    (void)data;
    assert_round_trip(fixture, FATES_CSV);
    assert_round_trip(fixture, FATES_JSONL);
}

static void add(const char *name, void (*test)(Fixture *fixture, const void *data))
{
    g_autofree char *path = g_strconcat("/sim/fates/fate-file/", name, NULL);

    g_test_add(path, Fixture, NULL, set_up, test, tear_down);
}

int main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    add("columns", test_columns);
    add("foreign-csv", test_foreign_csv);
    add("json", test_json);
    add("errors", test_errors);
    add("json-errors", test_json_errors);
    add("no-file", test_no_file);
    add("round-trip", test_round_trip);
    return g_test_run();
}
