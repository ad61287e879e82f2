// SPDX-License-Identifier: Apache-2.0
#include "tests/support/twin_links.h"

#include "core/packet.h"
#include "tests/support/conservation.h"
#include "tests/support/dice.h"
#include "tests/support/link_rig.h"

enum { POOL_BYTES = 1 << 30 };

static void arrival_clear(gpointer data)
{
    g_free(((TwinArrival *)data)->digest);
}

static void twin_link_push(Sink *sink, Frame *frame)
{
    TwinLink *self = (TwinLink *)sink;
    uint8_t bytes[FRAME_SMALL_SLOT_BYTES];

    for (unsigned i = 0; i < frame->n_segments; i++) {
        TwinArrival arrival = {.at_ns = engine_now(self->engine), .index = frame->index + i};

        arrival.length_bytes = super_frame_segment(frame, i, bytes, sizeof bytes);
        g_assert_cmpuint(arrival.length_bytes, <=, sizeof bytes);
        arrival.digest = g_compute_checksum_for_data(G_CHECKSUM_MD5, bytes, arrival.length_bytes);
        g_array_append_val(self->arrivals, arrival);
    }
    frame_free(frame);
}

static void twin_link_open(TwinLink *self, Engine *engine, const LinkConfig *config)
{
    *self = (TwinLink){.sink.push = twin_link_push, .engine = engine};
    self->link = link_new(engine, 7, "same", config, config);
    self->arrivals = g_array_new(FALSE, TRUE, sizeof(TwinArrival));
    g_array_set_clear_func(self->arrivals, arrival_clear);
    link_connect(self->link, LINK_FORWARD, &self->sink);
}

static void twin_link_close(TwinLink *self)
{
    link_free(self->link);
    g_array_unref(self->arrivals);
}

void twin_links_open(TwinLinks *self, const char *text)
{
    self->engine = engine_new();
    self->pool = frame_pool_new(POOL_BYTES);
    self->config = link_rig_config(text);
    twin_link_open(&self->wholes, self->engine, self->config);
    twin_link_open(&self->segments, self->engine, self->config);
}

void twin_links_close(TwinLinks *self)
{
    twin_link_close(&self->wholes);
    twin_link_close(&self->segments);
    link_config_free(self->config);
    frame_pool_free(self->pool);
    engine_free(self->engine);
}

void twin_links_push(TwinLinks *self, Stream *stream, const StreamBurst *burst)
{
    FrameQueue queue;
    Frame *frame;

    frame_queue_init(&queue);
    sink_push(link_entry(self->wholes.link, LINK_FORWARD), stream_next(stream, burst, &queue));
    while ((frame = frame_queue_take(&queue)) != NULL)
        sink_push(link_entry(self->segments.link, LINK_FORWARD), frame);
}

static void twin_links_push_random(TwinLinks *self, Stream *stream, Dice *dice)
{
    StreamBurst burst = {
        .payload_bytes = 1 + dice_throw(dice, TWIN_BURST_MAX_BYTES - 1),
        .last_flags = dice_throw(dice, 2) == 0 ? PACKET_TCP_PSH : PACKET_TCP_FIN,
        .has_cwr = stream->type != GSO_UDP && dice_throw(dice, 2) == 0,
    };

    twin_links_push(self, stream, &burst);
}

static void twin_links_configure(TwinLinks *self, const char *text)
{
    g_autoptr(LinkConfig) config = link_rig_config(text);

    link_configure(self->wholes.link, LINK_FORWARD, config);
    link_configure(self->segments.link, LINK_FORWARD, config);
}

void twin_links_load(TwinLinks *self, unsigned n_bursts, int64_t gap_ns, const char *const *changes,
                     uint64_t seed)
{
    Stream streams[] = {
        {.type = GSO_TCP4, .has_ethernet = true, .size_bytes = 1448, .id = 65500},
        {.type = GSO_TCP6, .has_ethernet = true, .size_bytes = 1428, .seq = UINT32_MAX - 9000},
        {.type = GSO_UDP, .has_ethernet = true, .size_bytes = 1200},
        {.type = GSO_UDP, .has_ethernet = true, .size_bytes = 333, .is_ipv6 = true},
        {.type = GSO_TCP4, .has_ethernet = true, .size_bytes = 1400, .has_vlan = true},
        {.type = GSO_TCP4, .size_bytes = 1400},
    };
    unsigned n_changes = changes != NULL ? g_strv_length((char **)changes) : 0;
    Dice dice = dice_new(seed);

    for (unsigned i = 0; i < G_N_ELEMENTS(streams); i++)
        streams[i].pool = self->pool;
    for (unsigned i = 0; i < n_bursts; i++) {
        int64_t wait_ns = gap_ns / 1000 * dice_throw(&dice, 1000);

        engine_run_until(self->engine, engine_now(self->engine) + wait_ns);
        if (n_changes > 0 && dice_throw(&dice, 3) == 0)
            twin_links_configure(self, changes[dice_throw(&dice, n_changes)]);
        twin_links_push_random(self, &streams[dice_throw(&dice, G_N_ELEMENTS(streams))], &dice);
        conservation_assert(self->wholes.link);
    }
    twin_links_run_to_end(self);
    g_assert_cmpuint(self->segments.arrivals->len, >, 0);
}

// Without a look at the heap after each event, as virtual_run_to_end() has it: these are many.
void twin_links_run_to_end(TwinLinks *self)
{
    while (engine_next_due_ns(self->engine) != ENGINE_NEVER_NS)
        engine_run_until(self->engine, engine_next_due_ns(self->engine));
}

static void assert_same_runs(const LossRuns *a, const LossRuns *b)
{
    g_assert_cmpint(a != NULL, ==, b != NULL);
    if (a != NULL)
        g_assert_cmpmem(a, sizeof *a, b, sizeof *b);
}

static void assert_same_counters(const Link *a, const Link *b)
{
    conservation_assert(a);
    conservation_assert(b);
    // Relaxed counters at rest: all of them, drops by reason included, bit for bit.
    g_assert_cmpmem(link_counters(a, LINK_FORWARD), sizeof(LinkCounters),
                    link_counters(b, LINK_FORWARD), sizeof(LinkCounters));
    assert_same_runs(link_loss_runs(a, LINK_FORWARD), link_loss_runs(b, LINK_FORWARD));
}

void twin_links_assert_same(const TwinLinks *self, int64_t tolerance_ns)
{
    const GArray *wholes = self->wholes.arrivals, *segments = self->segments.arrivals;

    assert_same_counters(self->wholes.link, self->segments.link);
    g_assert_cmpuint(wholes->len, ==, segments->len);
    for (guint i = 0; i < wholes->len; i++) {
        const TwinArrival *a = &g_array_index(wholes, TwinArrival, i);
        const TwinArrival *b = &g_array_index(segments, TwinArrival, i);

        g_assert_cmpuint(a->index, ==, b->index);
        g_assert_cmpuint(a->length_bytes, ==, b->length_bytes);
        g_assert_cmpstr(a->digest, ==, b->digest);
        g_assert_cmpint(a->at_ns, >=, b->at_ns);
        g_assert_cmpint(a->at_ns, <=, b->at_ns + tolerance_ns);
    }
}

int64_t twin_links_waited_ns(const TwinLinks *self)
{
    const GArray *wholes = self->wholes.arrivals, *segments = self->segments.arrivals;
    int64_t sum_ns = 0;

    for (guint i = 0; i < wholes->len; i++)
        sum_ns += g_array_index(wholes, TwinArrival, i).at_ns -
                  g_array_index(segments, TwinArrival, i).at_ns;
    return sum_ns;
}
