// SPDX-License-Identifier: Apache-2.0
// DualPI2 steps beside the pseudocode of RFC 9332, Appendix A.2, written down here in double
// precision, with draws in place of recur(): on the same arrivals both must send the same packets
// in the same order, mark the same and drop the same.
#include "links/queue/dualpi2.h"

#include <glib.h>
#include <math.h>

#include "tests/support/dice.h"

#define MS INT64_C(1000000)
#define NS_PER_S 1e9

enum { MTU = DUALPI2_FULL_FRAME_BYTES };

static const DualPi2Params defaults = {
    .target_ns = DUALPI2_TARGET_NS,
    .update_ns = DUALPI2_UPDATE_NS,
    .step_ns = DUALPI2_STEP_NS,
    .shift_ns = DUALPI2_SHIFT_NS,
    .alpha = DUALPI2_ALPHA,
    .beta = DUALPI2_BETA,
    .coupling = DUALPI2_COUPLING,
    .protection_ppm = DUALPI2_PROTECTION_PPM,
    .drops_on_overload = true,
};

typedef struct {
    unsigned serial;
    uint32_t n_bytes;
    int64_t at_ns;
    unsigned ecn; // 0 Not-ECT, 1 ECT(1), 2 ECT(0), 3 CE
} Packet;

typedef struct {
    GQueue packets[N_DUALPI2_QUEUES];
    uint64_t n_bytes;
} Dual;

static void dual_clear(Dual *dual)
{
    for (int side = 0; side < N_DUALPI2_QUEUES; side++)
        g_queue_clear_full(&dual->packets[side], g_free);
}

static void dual_add(Dual *dual, const Packet *packet)
{
    DualPi2Side side = packet->ecn % 2 == 1 ? DUALPI2_L4S : DUALPI2_CLASSIC;

    g_queue_push_tail(&dual->packets[side], g_memdup2(packet, sizeof *packet));
    dual->n_bytes += packet->n_bytes;
}

static int64_t dual_since_ns(const Dual *dual, DualPi2Side side)
{
    const Packet *head = g_queue_peek_head((GQueue *)&dual->packets[side]);

    return head != NULL ? head->at_ns : DUALPI2_EMPTY_NS;
}

static Packet dual_take(Dual *dual, DualPi2Side side)
{
    g_autofree Packet *head = g_queue_pop_head(&dual->packets[side]);

    dual->n_bytes -= head->n_bytes;
    return *head;
}

// RFC 9332: names of Appendix A, times in seconds.
typedef struct {
    double target, alpha, beta, k, p_cmax, p_lmax, max_th, tshift, p, prevq;
    bool is_time_shifted, sheds;
    double wl, wc, credit; // weighted round robin: who is behind its share, in bytes
    Dual dual;
} Rfc9332;

static Rfc9332 rfc9332_new(const DualPi2Params *params)
{
    double k = params->coupling;
    double wc = params->protection_ppm / 1e6;

    return (Rfc9332){.target = 0.015,
                     .alpha = params->alpha / 256.0,
                     .beta = params->beta / 256.0,
                     .k = k,
                     .p_cmax = fmin(1 / (k * k), 1),
                     .p_lmax = 1,
                     .max_th = (double)params->step_ns / NS_PER_S,
                     .tshift = (double)params->shift_ns / NS_PER_S,
                     .is_time_shifted = params->scheduler == DUALPI2_TIME_SHIFTED,
                     .sheds = params->drops_on_overload,
                     .wc = wc,
                     .wl = 1 - wc,
                     .credit = MTU * (2 * wc - 1)};
}

static double rfc9332_time(const Rfc9332 *self, DualPi2Side side, double now)
{
    int64_t since_ns = dual_since_ns(&self->dual, side);

    return since_ns == DUALPI2_EMPTY_NS ? 0 : now - (double)since_ns / NS_PER_S;
}

static void rfc9332_update(Rfc9332 *self, double now)
{
    double curq =
        fmax(rfc9332_time(self, DUALPI2_CLASSIC, now), rfc9332_time(self, DUALPI2_L4S, now));

    self->p += self->alpha * (curq - self->target) + self->beta * (curq - self->prevq);
    self->p = fmax(0, fmin(self->p, self->sheds ? 1 : 1 / self->k));
    self->prevq = curq;
}

static DualPi2Side rfc9332_scheduler(Rfc9332 *self, double now)
{
    bool has_l = !g_queue_is_empty(&self->dual.packets[DUALPI2_L4S]);
    bool has_c = !g_queue_is_empty(&self->dual.packets[DUALPI2_CLASSIC]);

    if (!has_c || !has_l)
        return has_l ? DUALPI2_L4S : DUALPI2_CLASSIC;
    if (self->is_time_shifted)
        return rfc9332_time(self, DUALPI2_L4S, now) + self->tshift + 1e-12 >=
                       rfc9332_time(self, DUALPI2_CLASSIC, now)
                   ? DUALPI2_L4S
                   : DUALPI2_CLASSIC;
    return self->credit <= 1e-6 ? DUALPI2_L4S : DUALPI2_CLASSIC;
}

static DualPi2Fate rfc9332_judge(const Rfc9332 *self, const Packet *packet, DualPi2Side side,
                                 bool small, bool followed, double now, double u1, double u2)
{
    double p_cl = self->k * self->p, p_c = self->p * self->p;
    bool squared = !small && fmax(u1, u2) < self->p; // with probability p_c

    if (side == DUALPI2_CLASSIC) {
        if (!squared)
            return DUALPI2_PASS;
        return packet->ecn == 0 || (self->sheds && p_c >= self->p_cmax - 1e-12) ? DUALPI2_DROP
                                                                                : DUALPI2_MARK;
    }
    if (p_cl < self->p_lmax || small) {
        double waited = now - (double)packet->at_ns / NS_PER_S;
        bool native = followed && waited + 1e-12 >= self->max_th;

        return native || (!small && u1 < p_cl) ? DUALPI2_MARK : DUALPI2_PASS;
    }
    if (self->sheds && squared)
        return DUALPI2_DROP;
    return !small && u1 < p_cl ? DUALPI2_MARK : DUALPI2_PASS;
}

typedef struct {
    Rfc9332 rfc;
    DualPi2 self;
    DualPi2Params params;
    Dual dual;
    int64_t free_ns, n_updates;
    double ns_per_byte;
    unsigned n_fates[N_DUALPI2_QUEUES][3];
    uint64_t n_sent_bytes[N_DUALPI2_QUEUES];
    Dice dice;
} Pair;

static void pair_since(const Pair *pair, int64_t since_ns[N_DUALPI2_QUEUES])
{
    for (int side = 0; side < N_DUALPI2_QUEUES; side++)
        since_ns[side] = dual_since_ns(&pair->dual, (DualPi2Side)side);
}

static void pair_update(Pair *pair, int64_t now_ns)
{
    int64_t since_ns[N_DUALPI2_QUEUES];

    while ((pair->n_updates + 1) * DUALPI2_UPDATE_NS <= now_ns)
        rfc9332_update(&pair->rfc, (double)(++pair->n_updates * DUALPI2_UPDATE_NS) / NS_PER_S);
    pair_since(pair, since_ns);
    dualpi2_advance(&pair->self, &pair->params, now_ns, since_ns);
    g_assert_cmpfloat(fabs((double)pair->self.probability / (double)DUALPI2_ONE - pair->rfc.p), <,
                      0x1p-20);
}

// Draws that a rounding cannot carry over a border.
static uint64_t pair_draw(Pair *pair)
{
    uint64_t draws = 0;

    for (int n = 0; n < 2; n++) {
        uint32_t draw = dice_throw(&pair->dice, UINT32_MAX);

        if (fabs(draw - pair->rfc.p * 0x1p32) < 0x1p13 ||
            fabs(draw - pair->rfc.k * pair->rfc.p * 0x1p32) < 0x1p13)
            draw = n == 0 ? UINT32_MAX : 0;
        draws |= (uint64_t)draw << 32 * n;
    }
    return draws;
}

// Takes the next packet from both, and returns its length; 0 when it was dropped.
static uint32_t pair_take(Pair *pair, int64_t now_ns)
{
    double now = (double)now_ns / NS_PER_S;
    DualPi2Side side = rfc9332_scheduler(&pair->rfc, now);
    int64_t since_ns[N_DUALPI2_QUEUES];
    uint64_t backlog_bytes = pair->dual.n_bytes, draw = pair_draw(pair);
    Packet mine, other;
    DualPi2Fate fate;
    bool followed, other_waits;

    pair_since(pair, since_ns);
    g_assert_cmpint(dualpi2_choose(&pair->self, &pair->params, since_ns), ==, side);
    mine = dual_take(&pair->dual, side);
    other = dual_take(&pair->rfc.dual, side);
    g_assert_cmpuint(mine.serial, ==, other.serial);
    followed = !g_queue_is_empty(&pair->dual.packets[side]);
    other_waits = !g_queue_is_empty(&pair->dual.packets[!side]);
    fate = dualpi2_judge(&pair->self, &pair->params,
                         &(DualPi2Packet){.side = side,
                                          .knows_ecn = mine.ecn != 0,
                                          .is_followed = followed,
                                          .delay_ns = now_ns - mine.at_ns,
                                          .backlog_bytes = backlog_bytes,
                                          .draw = draw});
    g_assert_cmpint(fate, ==,
                    rfc9332_judge(&pair->rfc, &other, side, backlog_bytes < 2 * MTU, followed, now,
                                  (uint32_t)draw / 0x1p32, (double)(draw >> 32) / 0x1p32));
    pair->n_fates[side][fate]++;
    if (fate == DUALPI2_DROP)
        return 0;
    dualpi2_charge(&pair->self, &pair->params, side, mine.n_bytes, other_waits);
    if (other_waits) {
        pair->rfc.credit +=
            side == DUALPI2_L4S ? pair->rfc.wc * mine.n_bytes : -pair->rfc.wl * mine.n_bytes;
        pair->n_sent_bytes[side] += mine.n_bytes;
    }
    return mine.n_bytes;
}

static void pair_serve(Pair *pair, int64_t now_ns)
{
    while (pair->dual.n_bytes > 0 && pair->free_ns <= now_ns) {
        uint32_t n_bytes = 0;

        pair_update(pair, pair->free_ns);
        while (pair->dual.n_bytes > 0 && n_bytes == 0)
            n_bytes = pair_take(pair, pair->free_ns);
        pair->free_ns += (int64_t)(n_bytes * pair->ns_per_byte);
    }
    pair_update(pair, now_ns);
    if (pair->dual.n_bytes == 0) {
        dualpi2_rest(&pair->self, &pair->params);
        pair->rfc.credit = MTU * (pair->rfc.wc - pair->rfc.wl);
    }
}

static void pair_arrive(Pair *pair, int64_t now_ns, const Packet *packet)
{
    pair_serve(pair, now_ns);
    if (pair->dual.n_bytes + packet->n_bytes > 400000)
        return;
    if (pair->dual.n_bytes == 0 && pair->free_ns < now_ns)
        pair->free_ns = now_ns;
    dual_add(&pair->dual, packet);
    dual_add(&pair->rfc.dual, packet);
}

static const struct {
    double seconds, load, l4s_share, ect0_share;
} phases[] = {{2, 0.8, 0.5, 0.2}, {6, 1.15, 0.5, 0.3}, {3, 0, 0, 0},    {4, 2.5, 0.3, 0.5},
              {3, 0.6, 0.9, 0},   {3, 6, 0.95, 0},     {20, 0, 0, 0},   {4, 1.3, 0, 0.3},
              {4, 1.3, 1, 0},     {6, 1.02, 0.2, 0.2}, {2, 0.3, 0.5, 0}};

static void pair_run(Pair *pair)
{
    double now_s = 0, rate = NS_PER_S / pair->ns_per_byte;
    unsigned serial = 0;

    for (unsigned n = 0; n < G_N_ELEMENTS(phases); n++) {
        double end_s = now_s + phases[n].seconds;

        while (phases[n].load > 0 && now_s < end_s) {
            Packet packet = {.serial = serial++,
                             .n_bytes = 60 + dice_throw(&pair->dice, 1455),
                             .at_ns = (int64_t)(now_s * NS_PER_S)};

            if (dice_throw(&pair->dice, 1000) < phases[n].l4s_share * 1000)
                packet.ecn = dice_throw(&pair->dice, 50) == 0 ? 3 : 1;
            else if (dice_throw(&pair->dice, 1000) < phases[n].ect0_share * 1000)
                packet.ecn = 2;
            pair_arrive(pair, packet.at_ns, &packet);
            now_s += packet.n_bytes / (phases[n].load * rate);
        }
        now_s = end_s;
        pair_serve(pair, (int64_t)(now_s * NS_PER_S));
    }
}

static Pair pair_new(const DualPi2Params *params, double rate, uint64_t seed)
{
    Pair pair = {.rfc = rfc9332_new(params),
                 .params = *params,
                 .ns_per_byte = NS_PER_S / rate,
                 .dice = dice_new(seed)};

    dualpi2_init(&pair.self, params, 0);
    return pair;
}

static void assert_decides_alike(const DualPi2Params *params, double rate)
{
    Pair pair = pair_new(params, rate, 5);

    pair_run(&pair);
    g_assert_cmpuint(pair.n_fates[DUALPI2_L4S][DUALPI2_PASS], >, 1000);
    g_assert_cmpuint(pair.n_fates[DUALPI2_L4S][DUALPI2_MARK], >, 1000);
    g_assert_cmpuint(pair.n_fates[DUALPI2_CLASSIC][DUALPI2_PASS], >, 1000);
    g_assert_cmpuint(pair.n_fates[DUALPI2_CLASSIC][DUALPI2_MARK], >, 20);
    g_assert_cmpuint(pair.n_fates[DUALPI2_CLASSIC][DUALPI2_DROP], >, 100);
    if (params->drops_on_overload)
        g_assert_cmpuint(pair.n_fates[DUALPI2_L4S][DUALPI2_DROP], >, 100);
    else
        g_assert_cmpuint(pair.n_fates[DUALPI2_L4S][DUALPI2_DROP], ==, 0);
    dual_clear(&pair.dual);
    dual_clear(&pair.rfc.dual);
}

static void test_decides_as_rfc_9332(void)
{
    assert_decides_alike(&defaults, 1250000);
    assert_decides_alike(&defaults, 5000000);
}

static void test_other_settings_decide_alike(void)
{
    DualPi2Params params = defaults;

    params.scheduler = DUALPI2_TIME_SHIFTED;
    assert_decides_alike(&params, 1250000);
    params = defaults;
    params.drops_on_overload = false;
    assert_decides_alike(&params, 1250000);
    params = defaults;
    params.coupling = 4;
    params.protection_ppm = 500000;
    assert_decides_alike(&params, 1250000);
}

// With both queues always full the classic one gets its share, to within a packet or two.
static void test_classic_queue_gets_its_share(void)
{
    static const uint32_t percents[] = {0, 1, 10, 50, 90, 100};

    for (unsigned n = 0; n < G_N_ELEMENTS(percents); n++) {
        DualPi2Params params = defaults;
        static const int64_t since_ns[] = {0, 0};
        uint64_t sent[N_DUALPI2_QUEUES] = {0};
        Dice dice = dice_new(n);
        DualPi2 self;

        params.protection_ppm = percents[n] * 10000;
        dualpi2_init(&self, &params, 0);
        for (int packet = 0; packet < 100000; packet++) {
            DualPi2Side side = dualpi2_choose(&self, &params, since_ns);
            uint32_t n_bytes = 60 + dice_throw(&dice, 1455);

            dualpi2_charge(&self, &params, side, n_bytes, true);
            sent[side] += n_bytes;
        }
        g_assert_cmpfloat(
            fabs((double)sent[DUALPI2_CLASSIC] - (double)(sent[0] + sent[1]) * percents[n] / 100),
            <, 2 * MTU);
    }
}

static void test_time_shift_lets_l4s_pass_within_bounds(void)
{
    DualPi2Params params = defaults;
    DualPi2 self;

    params.scheduler = DUALPI2_TIME_SHIFTED;
    dualpi2_init(&self, &params, 0);
    g_assert_cmpint(dualpi2_choose(&self, &params, (int64_t[]){50 * MS, 0}), ==, DUALPI2_L4S);
    g_assert_cmpint(dualpi2_choose(&self, &params, (int64_t[]){50 * MS + 1, 0}), ==,
                    DUALPI2_CLASSIC);
    g_assert_cmpint(dualpi2_choose(&self, &params, (int64_t[]){99 * MS, DUALPI2_EMPTY_NS}), ==,
                    DUALPI2_L4S);
    g_assert_cmpint(dualpi2_choose(&self, &params, (int64_t[]){DUALPI2_EMPTY_NS, 99 * MS}), ==,
                    DUALPI2_CLASSIC);
}

static void test_step_marks_at_its_threshold(void)
{
    DualPi2 self;
    DualPi2Packet packet = {.side = DUALPI2_L4S,
                            .knows_ecn = true,
                            .is_followed = true,
                            .delay_ns = DUALPI2_STEP_NS - 1,
                            .backlog_bytes = 2000};

    dualpi2_init(&self, &defaults, 0);
    g_assert_cmpint(dualpi2_judge(&self, &defaults, &packet), ==, DUALPI2_PASS);
    packet.delay_ns++;
    g_assert_cmpint(dualpi2_judge(&self, &defaults, &packet), ==, DUALPI2_MARK);
    packet.is_followed = false; // a queue of one packet does not become shorter by marking
    g_assert_cmpint(dualpi2_judge(&self, &defaults, &packet), ==, DUALPI2_PASS);
    packet.is_followed = true;
    packet.side = DUALPI2_CLASSIC; // knows no step
    g_assert_cmpint(dualpi2_judge(&self, &defaults, &packet), ==, DUALPI2_PASS);
}

// At p' = 1/8: L4S marked k p' = 1/4, classic hit p'^2 = 1/64; a million packets each, within 3.9
// standard deviations (99.99 %).
static void test_marks_are_coupled_by_the_square(void)
{
    RandomKey key = random_key(1, "", 0, "");
    DualPi2Packet packet = {.knows_ecn = true, .backlog_bytes = 100000};
    unsigned n_hits[N_DUALPI2_QUEUES] = {0};
    DualPi2 self;

    dualpi2_init(&self, &defaults, 0);
    self.probability = DUALPI2_ONE / 8;
    for (unsigned n = 0; n < 1000000; n++) {
        packet.draw = random_draw(key, n, 0);
        for (int side = 0; side < N_DUALPI2_QUEUES; side++) {
            packet.side = (DualPi2Side)side;
            n_hits[side] += dualpi2_judge(&self, &defaults, &packet) == DUALPI2_MARK;
        }
    }
    g_assert_cmpfloat(fabs(n_hits[DUALPI2_L4S] - 250000.0), <, 3.9 * sqrt(1e6 * 0.25 * 0.75));
    g_assert_cmpfloat(fabs(n_hits[DUALPI2_CLASSIC] - 15625.0), <,
                      3.9 * sqrt(1e6 / 64 * (1 - 1.0 / 64)));
}

static void test_borders(void)
{
    DualPi2Packet packet = {.side = DUALPI2_CLASSIC, .backlog_bytes = 100000};
    DualPi2 self;

    dualpi2_init(&self, &defaults, 0);
    g_assert_cmpint(dualpi2_judge(&self, &defaults, &packet), ==, DUALPI2_PASS); // p' = 0, draw 0
    self.probability = DUALPI2_ONE;
    packet.draw = UINT64_MAX;
    g_assert_cmpint(dualpi2_judge(&self, &defaults, &packet), ==, DUALPI2_DROP);
    packet.knows_ecn = true; // overload: not marked
    g_assert_cmpint(dualpi2_judge(&self, &defaults, &packet), ==, DUALPI2_DROP);
    packet.side = DUALPI2_L4S;
    g_assert_cmpint(dualpi2_judge(&self, &defaults, &packet), ==, DUALPI2_DROP);
    self.probability = DUALPI2_ONE / 2; // p_CL = 1: the rest is marked
    g_assert_cmpint(dualpi2_judge(&self, &defaults, &packet), ==, DUALPI2_MARK);
    packet.backlog_bytes = 2 * MTU - 1;
    g_assert_cmpint(dualpi2_judge(&self, &defaults, &packet), ==, DUALPI2_PASS);
}

static void test_long_rest_is_short(void)
{
    static const int64_t since_ns[] = {DUALPI2_EMPTY_NS, DUALPI2_EMPTY_NS};
    DualPi2 self;

    dualpi2_init(&self, &defaults, 0);
    self.probability = DUALPI2_ONE;
    dualpi2_advance(&self, &defaults, INT64_C(31536000) * 1000 * MS, since_ns); // a year
    g_assert_cmpuint(self.probability, ==, 0);
    g_assert_cmpint(self.due_ns, ==,
                    (INT64_C(31536000) * 1000 * MS / DUALPI2_UPDATE_NS + 1) * DUALPI2_UPDATE_NS);
}

int main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/links/dualpi2/decides-as-rfc-9332", test_decides_as_rfc_9332);
    g_test_add_func("/links/dualpi2/other-settings-decide-alike", test_other_settings_decide_alike);
    g_test_add_func("/links/dualpi2/classic-queue-gets-its-share",
                    test_classic_queue_gets_its_share);
    g_test_add_func("/links/dualpi2/time-shift-lets-l4s-pass-within-bounds",
                    test_time_shift_lets_l4s_pass_within_bounds);
    g_test_add_func("/links/dualpi2/step-marks-at-its-threshold", test_step_marks_at_its_threshold);
    g_test_add_func("/links/dualpi2/marks-are-coupled-by-the-square",
                    test_marks_are_coupled_by_the_square);
    g_test_add_func("/links/dualpi2/borders", test_borders);
    g_test_add_func("/links/dualpi2/long-rest-is-short", test_long_rest_is_short);
    return g_test_run();
}
