// SPDX-License-Identifier: Apache-2.0
// A file of fates has one line for each frame and each copy, whose parts add up to its delay; CSV
// and JSON lines tell the same; segments of super-frames are frames.
#include "sim/fates/fate_log.h"

#include <glib/gstdio.h>
#include <json-glib/json-glib.h>
#include <string.h>

#include "core/ecn.h"
#include "core/packet.h"
#include "tests/support/link_rig.h"
#include "tests/support/stream.h"

enum { PATIENT_MS = 60 * 1000, N_FRAMES = 1000 };

enum {
    LINK,
    DIRECTION,
    NUMBER,
    COPY,
    IN_NS,
    OUT_NS,
    BYTES,
    FLOW,
    ECN,
    FATE,
    REASON,
    QUEUE_NS,
    SENDING_NS,
    PROPAGATION_NS,
    JITTER_NS,
    N_COLUMNS
};

static const char *const columns[N_COLUMNS + 1] = {
    "link", "direction", "number", "copy",     "in_ns",      "out_ns",         "bytes",     "flow",
    "ecn",  "fate",      "reason", "queue_ns", "sending_ns", "propagation_ns", "jitter_ns", NULL};
static const char *const names[] = {[FATES_CSV] = "f.csv", [FATES_JSONL] = "f.jsonl"};

typedef struct {
    char *directory;
    Writer *writer;
    LinkRig rig;
} Fixture;

static void set_up(Fixture *fixture, const void *config)
{
    fixture->directory = g_dir_make_tmp("fates-XXXXXX", NULL);
    g_assert_nonnull(fixture->directory);
    fixture->writer = writer_new(0);
    link_rig_open(&fixture->rig, 1, "wire", config, NULL);
}

static char *path_of(const Fixture *fixture, const char *name)
{
    return g_build_filename(fixture->directory, name, NULL);
}

static void tear_down(Fixture *fixture, const void *config)
{
    (void)config;
    link_rig_close(&fixture->rig);
    writer_free(fixture->writer);
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *path = path_of(fixture, names[i]);

        g_unlink(path);
    }
    g_assert_cmpint(g_rmdir(fixture->directory), ==, 0);
    g_free(fixture->directory);
}

// Watches the forward direction with two files, one of each format, and starts writing.
static void watch(Fixture *fixture)
{
    for (FateFormat format = FATES_CSV; format <= FATES_JSONL; format++) {
        g_autofree char *path = path_of(fixture, names[format]);
        g_autoptr(GError) error = NULL;
        FateLog *log = fate_log_add(fixture->writer, path, format, &error);

        g_assert_no_error(error);
        fate_log_watch(log, fixture->rig.link, LINK_FORWARD);
    }
    writer_start(fixture->writer, INT64_C(1700000000000000000));
}

static GStrv lines_of(const Fixture *fixture, FateFormat format)
{
    g_autofree char *path = path_of(fixture, names[format]);
    g_autofree char *text = NULL;

    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    g_assert_true(g_str_has_suffix(text, "\n"));
    text[strlen(text) - 1] = '\0';
    return g_strsplit(text, "\n", -1);
}

static GPtrArray *rows_new(void)
{
    return g_ptr_array_new_with_free_func((GDestroyNotify)g_strfreev);
}

static GPtrArray *rows_of_csv(const Fixture *fixture)
{
    GPtrArray *rows = rows_new();
    g_auto(GStrv) lines = lines_of(fixture, FATES_CSV);
    g_autofree char *header = g_strjoinv(",", (char **)columns);

    g_assert_cmpstr(lines[0], ==, header);
    for (char **line = lines + 1; *line != NULL; line++) {
        GStrv row = g_strsplit(*line, ",", -1);

        g_assert_cmpuint(g_strv_length(row), ==, N_COLUMNS);
        g_ptr_array_add(rows, row);
    }
    return rows;
}

// As a row of CSV: what a line does not have is empty there.
static GStrv row_of_json(const char *line)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(JsonNode) node = json_from_string(line, &error);
    JsonObject *object;
    GStrv row = g_new0(char *, N_COLUMNS + 1);
    unsigned n_members = 0;

    g_assert_no_error(error);
    object = json_node_get_object(node);
    for (int column = 0; column < N_COLUMNS; column++) {
        JsonNode *member = json_object_get_member(object, columns[column]);

        n_members += member != NULL;
        if (member == NULL)
            row[column] = g_strdup("");
        else if (json_node_get_value_type(member) == G_TYPE_STRING)
            row[column] = g_strdup(json_node_get_string(member));
        else
            row[column] = g_strdup_printf("%" G_GINT64_FORMAT, json_node_get_int(member));
    }
    g_assert_cmpuint(n_members, ==, json_object_get_size(object));
    return row;
}

static void assert_same_row(char *const *a, char *const *b)
{
    for (int column = 0; column < N_COLUMNS; column++)
        g_assert_cmpstr(a[column], ==, b[column]);
}

static int64_t number_in(char *const *row, int column)
{
    return g_ascii_strtoll(row[column], NULL, 10);
}

// Each is 0 or more, but the jitter, and together they are the delay.
static void assert_parts(char *const *row)
{
    g_assert_cmpint(number_in(row, QUEUE_NS), >=, 0);
    g_assert_cmpint(number_in(row, SENDING_NS), >=, 0);
    g_assert_cmpint(number_in(row, QUEUE_NS) + number_in(row, SENDING_NS) +
                        number_in(row, PROPAGATION_NS) + number_in(row, JITTER_NS),
                    ==, number_in(row, OUT_NS) - number_in(row, IN_NS));
}

static void assert_dropped_row(char *const *row)
{
    g_assert_cmpstr(row[FATE], ==, "dropped");
    g_assert_cmpstr(row[REASON], !=, "");
    for (int column = QUEUE_NS; column < N_COLUMNS; column++)
        g_assert_cmpstr(row[column], ==, "");
}

// What both files say, which is the same.
static GPtrArray *finish(Fixture *fixture)
{
    GPtrArray *rows;
    g_auto(GStrv) lines = NULL;

    link_rig_run_to_end(&fixture->rig);
    writer_finish(fixture->writer, PATIENT_MS);
    rows = rows_of_csv(fixture);
    lines = lines_of(fixture, FATES_JSONL);
    g_assert_cmpuint(g_strv_length(lines), ==, rows->len);
    for (guint i = 0; i < rows->len; i++) {
        GStrv row = g_ptr_array_index(rows, i);
        g_auto(GStrv) same = row_of_json(lines[i]);

        assert_same_row(same, row);
        g_assert_cmpstr(row[LINK], ==, "wire");
        g_assert_cmpstr(row[DIRECTION], ==, "forward");
        if (strcmp(row[FATE], "delivered") == 0)
            assert_parts(row);
        else
            assert_dropped_row(row);
    }
    for (unsigned i = 0; i < writer_n_files(fixture->writer); i++) {
        WriterResult result = writer_file_result(writer_file(fixture->writer, i));

        g_assert_cmpint(result.kind, ==, WRITER_FATES);
        g_assert_cmpuint(result.lost_frames, ==, 0);
        g_assert_cmpstr(result.error, ==, NULL);
    }
    return rows;
}

static uint64_t count(const GPtrArray *rows, int column, const char *value)
{
    uint64_t n_rows = 0;

    for (guint i = 0; i < rows->len; i++)
        n_rows += strcmp(((GStrv)g_ptr_array_index(rows, i))[column], value) == 0;
    return n_rows;
}

#define ALL_FATES                                                                                  \
    "rate 10mbit, queue 20 packets, loss 10%, corrupt 5%, duplicate 20%, duplicate.copies 2, "     \
    "delay 3ms, jitter 2ms"

// In the order in which they leave the link, each where the probe saw it.
static void test_one_line_for_each_frame_and_copy(Fixture *fixture, const void *config)
{
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    const LinkCounters *counters = link_counters(fixture->rig.link, LINK_FORWARD);
    g_autoptr(GPtrArray) rows = NULL;
    unsigned n_arrived = 0;

    (void)config;
    watch(fixture);
    script_add(&fixture->rig.script[LINK_FORWARD], 0, 500000, N_FRAMES, 1000);
    rows = finish(fixture);
    g_assert_cmpuint(rows->len, ==, N_FRAMES + counter_get(&counters->copied_frames));
    g_assert_cmpuint(counter_get(&counters->copied_frames), >, 0);
    for (guint i = 0; i < rows->len; i++) {
        GStrv row = g_ptr_array_index(rows, i);
        const ProbeRecord *arrival;

        g_assert_true(g_hash_table_add(seen, g_strdup_printf("%s.%s", row[NUMBER], row[COPY])));
        g_assert_cmpint(number_in(row, IN_NS), ==, number_in(row, NUMBER) * 500000);
        g_assert_cmpstr(row[BYTES], ==, "1000");
        if (strcmp(row[FATE], "delivered") != 0)
            continue;
        arrival = probe_record(&fixture->rig.probe[LINK_FORWARD], n_arrived++);
        g_assert_cmpint(number_in(row, NUMBER), ==, arrival->index);
        g_assert_cmpint(number_in(row, OUT_NS), ==, arrival->at_ns);
        g_assert_cmpstr(row[SENDING_NS], ==, "800000");
        g_assert_cmpstr(row[PROPAGATION_NS], ==, "3000000");
    }
    g_assert_cmpuint(n_arrived, ==, counter_get(&counters->out_frames));
    for (DropReason reason = 0; reason < N_DROP_REASONS; reason++)
        g_assert_cmpuint(count(rows, REASON, drop_reason_name(reason)), ==,
                         counter_get(&counters->drops.frames[reason]));
    g_assert_cmpuint(count(rows, REASON, "queue-full"), >, 0);
    g_assert_cmpuint(count(rows, REASON, "corrupt"), >, 0);
}

static void send(Fixture *fixture, Stream *stream, uint32_t payload_bytes)
{
    stream->pool = fixture->rig.pool;
    sink_push(link_entry(fixture->rig.link, LINK_FORWARD),
              stream_next(stream, &(StreamBurst){.payload_bytes = payload_bytes}, NULL));
}

// To the letter: two frames of 1250 bytes at once, 1 ms each.
static void test_text(Fixture *fixture, const void *config)
{
    g_auto(GStrv) csv = NULL;
    g_auto(GStrv) json = NULL;

    (void)config;
    watch(fixture);
    script_add(&fixture->rig.script[LINK_FORWARD], 7000000, 0, 3, 1250);
    g_ptr_array_unref(finish(fixture));
    csv = lines_of(fixture, FATES_CSV);
    g_assert_cmpstr(csv[1], ==, "wire,forward,2,0,7000000,7000000,1250,,,dropped,queue-full,,,,");
    g_assert_cmpstr(csv[2], ==,
                    "wire,forward,0,0,7000000,13000000,1250,,,delivered,,0,1000000,5000000,0");
    g_assert_cmpstr(
        csv[3], ==,
        "wire,forward,1,0,7000000,14000000,1250,,,delivered,,1000000,1000000,5000000,0");
    json = lines_of(fixture, FATES_JSONL);
    g_assert_cmpstr(json[0], ==,
                    "{\"link\": \"wire\", \"direction\": \"forward\", \"number\": 2, \"copy\": 0, "
                    "\"in_ns\": 7000000, \"out_ns\": 7000000, \"bytes\": 1250, "
                    "\"fate\": \"dropped\", \"reason\": \"queue-full\"}");
    g_assert_cmpstr(json[1], ==,
                    "{\"link\": \"wire\", \"direction\": \"forward\", \"number\": 0, \"copy\": 0, "
                    "\"in_ns\": 7000000, \"out_ns\": 13000000, \"bytes\": 1250, "
                    "\"fate\": \"delivered\", \"queue_ns\": 0, \"sending_ns\": 1000000, "
                    "\"propagation_ns\": 5000000, \"jitter_ns\": 0}");
}

// Whose frames they are, whatever their segments are cut from.
static void test_flows(Fixture *fixture, const void *config)
{
    Stream streams[] = {
        {.type = GSO_TCP4, .has_ethernet = true, .size_bytes = 1000},
        {.type = GSO_TCP6, .has_ethernet = true, .size_bytes = 1000},
        {.type = GSO_UDP, .has_ethernet = true, .size_bytes = 1000},
        {.type = GSO_TCP4, .has_ethernet = true, .has_vlan = true, .size_bytes = 1000},
        {.type = GSO_UDP, .is_ipv6 = true, .has_ethernet = false, .size_bytes = 1000},
    };
    static const char *const flows[] = {
        "tcp 10.0.0.1:40000>10.0.0.2:5201",   "tcp [fd00::1]:40000>[fd00::2]:5201",
        "udp 10.0.0.1:40000>10.0.0.2:4433",   "tcp 10.0.0.1:40000>10.0.0.2:5201",
        "udp [fd00::1]:40000>[fd00::2]:4433",
    };
    g_autoptr(GPtrArray) rows = NULL;

    (void)config;
    watch(fixture);
    for (size_t i = 0; i < G_N_ELEMENTS(streams); i++)
        send(fixture, &streams[i], 2500);
    rows = finish(fixture);
    g_assert_cmpuint(rows->len, ==, 3 * G_N_ELEMENTS(flows));
    for (guint i = 0; i < rows->len; i++) {
        GStrv row = g_ptr_array_index(rows, i);

        g_assert_cmpint(number_in(row, NUMBER), ==, i);
        g_assert_cmpstr(row[FLOW], ==, flows[i / 3]);
        g_assert_cmpstr(row[ECN], ==, "ect0");
    }
}

// A first segment that is lost, one that is not, and so on: each has a line, and its own length.
static void test_segments(Fixture *fixture, const void *config)
{
    Stream stream = {.type = GSO_TCP4, .has_ethernet = true, .size_bytes = 1000};
    g_autoptr(GPtrArray) rows = NULL;

    (void)config;
    watch(fixture);
    send(fixture, &stream, 40500);
    rows = finish(fixture);
    g_assert_cmpuint(rows->len, ==, 41);
    g_assert_cmpuint(count(rows, FATE, "dropped"), ==,
                     link_rig_dropped(&fixture->rig, LINK_FORWARD, DROP_LOSS));
    g_assert_cmpuint(count(rows, REASON, "loss"), ==, 13);
    for (guint i = 0; i < rows->len; i++) {
        GStrv row = g_ptr_array_index(rows, i);
        int64_t number = number_in(row, NUMBER);

        g_assert_cmpint(number % 3 == 2, ==, strcmp(row[FATE], "dropped") == 0);
        g_assert_cmpint(number_in(row, BYTES) - (number < 40 ? 1000 : 500), ==,
                        number_in(g_ptr_array_index(rows, 0), BYTES) - 1000);
    }
}

static void test_marks(Fixture *fixture, const void *config)
{
    Stream stream = {.type = GSO_TCP4, .has_ethernet = true, .size_bytes = 1000};
    g_autoptr(GPtrArray) rows = NULL;

    (void)config;
    stream.pool = fixture->rig.pool;
    watch(fixture);
    for (uint8_t codepoint = 0; codepoint < 4; codepoint++) {
        Frame *frame = stream_next(&stream, &(StreamBurst){.payload_bytes = 1000}, NULL);

        ecn_set_traffic_class(frame, ECN_MASK, codepoint);
        sink_push(link_entry(fixture->rig.link, LINK_FORWARD), frame);
    }
    rows = finish(fixture);
    g_assert_cmpuint(rows->len, ==, 4);
    g_assert_cmpstr(((GStrv)g_ptr_array_index(rows, 0))[ECN], ==, "not-ect");
    g_assert_cmpstr(((GStrv)g_ptr_array_index(rows, 1))[ECN], ==, "ect1");
    g_assert_cmpstr(((GStrv)g_ptr_array_index(rows, 2))[ECN], ==, "ect0");
    g_assert_cmpstr(((GStrv)g_ptr_array_index(rows, 3))[ECN], ==, "ce");
}

// Parts add up for segments of a group too, of which each was sent by itself.
static void test_groups(Fixture *fixture, const void *config)
{
    Stream stream = {.type = GSO_TCP4, .has_ethernet = true, .size_bytes = 1000};
    g_autoptr(GPtrArray) rows = NULL;

    (void)config;
    watch(fixture);
    for (int i = 0; i < 20; i++)
        send(fixture, &stream, 17300);
    rows = finish(fixture);
    g_assert_cmpuint(rows->len, ==, 20 * 18);
    g_assert_cmpuint(count(rows, FATE, "delivered"), ==, rows->len);
}

static void test_wrong_file(Fixture *fixture, const void *config)
{
    g_autoptr(GError) error = NULL;

    (void)config;
    g_assert_null(fate_log_add(fixture->writer, "/nowhere/f.csv", FATES_CSV, &error));
    g_assert_nonnull(strstr(error->message, "/nowhere/f.csv"));
    g_assert_nonnull(strstr(error->message, "No such file or directory"));
    g_assert_cmpuint(writer_n_files(fixture->writer), ==, 0);
}

static void add(const char *name, const char *config,
                void (*test)(Fixture *fixture, const void *config))
{
    g_autofree char *path = g_strconcat("/sim/fates/fate-log/", name, NULL);

    g_test_add(path, Fixture, config, set_up, test, tear_down);
}

int main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    add("one-line-for-each-frame-and-copy", ALL_FATES, test_one_line_for_each_frame_and_copy);
    add("text", "rate 10mbit, queue 1 packets, delay 5ms", test_text);
    add("flows", "", test_flows);
    add("segments", "loss.model pattern, loss.pattern ..x", test_segments);
    add("groups", "rate 100mbit, queue 1000 packets, delay 5ms, jitter 1ms, spacing 1ms",
        test_groups);
    add("marks", "", test_marks);
    add("wrong-file", "", test_wrong_file);
    return g_test_run();
}
