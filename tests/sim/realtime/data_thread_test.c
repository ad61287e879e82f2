// SPDX-License-Identifier: Apache-2.0
//   test === socket pair === Device left --- Link --- Device right === socket pair === test
//
// Socket pairs stand in for TAP devices: the thread is real, and so is its clock.
#include "sim/realtime/data_thread.h"

#include <errno.h>
#include <poll.h>
#include <semaphore.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sim/devices/vnet_header.h"
#include "sim/realtime/clock.h"
#include "tests/support/calls.h"
#include "tests/support/link_rig.h"
#include "tests/support/socket_device.h"

// With the device's header in front, which is all zero: a finished frame.
enum {
    FRAME_BYTES = 64 + VNET_HEADER_BYTES,
    POOL_BYTES = 8 * 1024 * 1024,
    READ_BUDGET_FRAMES = 32,
    CROSSING_DELAY_NS = 1000,
};

typedef struct {
    Engine *engine;
    FramePool *pool;
    DeviceScratch *scratch;
    Outbox *outbox;
    LinkConfig *config;
    Link *link;
    Device *device[N_LINK_DIRECTIONS];
    int host_fd[N_LINK_DIRECTIONS];
    DataThread *thread;
} Rig;

static void rig_open(Rig *rig, const char *link)
{
    g_autoptr(GError) error = NULL;

    rig->engine = engine_new();
    rig->pool = frame_pool_new(POOL_BYTES);
    rig->scratch = device_scratch_new(rig->pool);
    rig->outbox = outbox_new();
    rig->config = link_rig_config(link);
    rig->link = link_new(rig->engine, 1, "wire", rig->config, rig->config);
    rig->thread = data_thread_new(rig->engine, rig->outbox, WAIT_ADAPTIVE, &error);
    g_assert_no_error(error);
    for (LinkDirection way = 0; way < N_LINK_DIRECTIONS; way++) {
        rig->device[way] =
            device_open(&socket_device_class, "eth0", "host:eth0", OFFLOAD_OFF,
                        &(DeviceDriver){rig->engine, rig->pool, rig->outbox, rig->scratch}, &error);
        g_assert_no_error(error);
        rig->host_fd[way] = socket_device_host_fd();
        rig->device[way]->inward = link_entry(rig->link, way);
        g_assert_true(data_thread_add(rig->thread, rig->device[way], &error));
    }
    for (LinkDirection way = 0; way < N_LINK_DIRECTIONS; way++) {
        link_connect(rig->link, way, &rig->device[1 - way]->sink);
        rig->device[1 - way]->meter = link_take_meter(rig->link, way);
    }
    data_thread_start(rig->thread, NULL);
}

static void rig_close(Rig *rig)
{
    data_thread_stop(rig->thread);
    data_thread_free(rig->thread);
    for (LinkDirection way = 0; way < N_LINK_DIRECTIONS; way++) {
        device_close(rig->device[way]);
        close(rig->host_fd[way]);
    }
    link_free(rig->link);
    link_config_free(rig->config);
    device_scratch_free(rig->scratch);
    outbox_free(rig->outbox);
    frame_pool_free(rig->pool);
    engine_free(rig->engine);
}

static void rig_send(Rig *rig, unsigned n_frames)
{
    uint8_t bytes[FRAME_BYTES] = {0};

    for (unsigned i = 0; i < n_frames; i++)
        g_assert_cmpint(send(rig->host_fd[0], bytes, sizeof bytes, 0), ==, sizeof bytes);
}

// Waits for so many frames at the other end.
static void rig_receive(Rig *rig, unsigned n_frames)
{
    uint8_t bytes[FRAME_BYTES];

    for (unsigned i = 0; i < n_frames; i++) {
        struct pollfd input = {.fd = rig->host_fd[1], .events = POLLIN};

        while (poll(&input, 1, -1) < 0)
            g_assert_cmpint(errno, ==, EINTR);
        g_assert_cmpint(recv(rig->host_fd[1], bytes, sizeof bytes, 0), ==, sizeof bytes);
    }
}

static void semaphore_wait(sem_t *semaphore)
{
    while (sem_wait(semaphore) < 0)
        g_assert_cmpint(errno, ==, EINTR);
}

// Notes what the data thread has called so far, and may hold it up there.
typedef struct {
    Letter letter;
    bool holds;
    sem_t reached, released, applied;
    Calls calls;
} Question;

static void question_apply(Letter *letter)
{
    Question *self = (Question *)letter; // its first member

    sem_post(&self->reached);
    if (self->holds)
        semaphore_wait(&self->released);
    self->calls = calls_so_far();
    sem_post(&self->applied);
}

// Returns when the data thread has it.
static void question_ask(Question *self, Rig *rig, bool holds)
{
    *self = (Question){.letter.apply = question_apply, .holds = holds};
    sem_init(&self->reached, 0, 0);
    sem_init(&self->released, 0, 0);
    sem_init(&self->applied, 0, 0);
    data_thread_post(rig->thread, &self->letter);
    semaphore_wait(&self->reached);
}

static Calls question_answer(Question *self)
{
    sem_post(&self->released);
    semaphore_wait(&self->applied);
    sem_destroy(&self->applied);
    sem_destroy(&self->released);
    sem_destroy(&self->reached);
    return self->calls;
}

static Calls rig_ask(Rig *rig)
{
    Question question;

    question_ask(&question, rig, false);
    return question_answer(&question);
}

// Frames come while the thread is held up, so that it finds all of them: each sweep then reads as
// many as it may of one device in two handfuls, and writes them in as many bursts, one after the
// other.
static void test_clock_is_read_once_a_sweep_a_handful_and_a_burst(void)
{
    enum {
        N_SWEEPS = 3,
        N_HANDFULS = 2 * N_SWEEPS,
        N_BURSTS = N_HANDFULS,
        N_WRITES = N_SWEEPS,
        N_LOOKS_AFTER = 3
    };
    enum { N_LETTERS = 1 }; // the last
    Rig rig;
    Question first;
    Calls before, after;
    uint64_t n_looks;

    rig_open(&rig, "");
    question_ask(&first, &rig, true);
    rig_send(&rig, N_SWEEPS * READ_BUDGET_FRAMES);
    before = question_answer(&first);
    rig_receive(&rig, N_SWEEPS * READ_BUDGET_FRAMES);
    after = rig_ask(&rig);
    n_looks = after.polls + after.sleeps - before.polls - before.sleeps;
    g_assert_cmpuint(after.clock_reads - before.clock_reads, ==,
                     n_looks + N_HANDFULS + N_WRITES + N_BURSTS + N_LETTERS);
    // One a sweep; then one since more might have come, and the wait for the letter.
    g_assert_cmpuint(n_looks, <=, N_SWEEPS + N_LOOKS_AFTER);
    rig_close(&rig);
}

// Sends one more frame from within a sweep, as a host does that runs while this thread does not.
typedef struct {
    Letter letter;
    Rig *rig;
    int64_t sent_ns;
} LateSender;

static void late_sender_apply(Letter *letter)
{
    LateSender *self = (LateSender *)letter; // its first member

    self->sent_ns = data_thread_elapsed_ns(self->rig->thread);
    rig_send(self->rig, 1);
}

typedef struct {
    Observer observer;
    unsigned n_frames;
    int64_t last_ns;
} Arrivals;

static void arrivals_see(Observer *observer, const Frame *frame, int64_t at_ns)
{
    Arrivals *self = (Arrivals *)observer; // its first member

    (void)frame;
    self->n_frames++;
    self->last_ns = at_ns;
}

// The sweep after the question finds the letter and, behind it, a device that has input.
static void test_what_comes_during_a_sweep_is_not_taken_for_earlier(void)
{
    Rig rig;
    Question question;
    Arrivals arrivals = {.observer.see = arrivals_see};
    LateSender sender = {.letter.apply = late_sender_apply, .rig = &rig};

    rig_open(&rig, "");
    question_ask(&question, &rig, true);
    rig.device[0]->observers = &arrivals.observer;
    data_thread_post(rig.thread, &sender.letter);
    rig_send(&rig, 1);
    question_answer(&question);
    rig_receive(&rig, 2);
    rig_ask(&rig); // which orders what the observer has noted before what follows
    g_assert_cmpuint(arrivals.n_frames, ==, 2);
    g_assert_cmpint(arrivals.last_ns, >=, sender.sent_ns);
    rig_close(&rig);
}

// Has a frame leave towards the device that is read next, and frames there to be read.
typedef struct {
    Letter letter;
    Rig *rig;
} Crossing;

static void crossing_apply(Letter *letter)
{
    Rig *rig = ((Crossing *)letter)->rig; // its first member
    Frame *frame = frame_new(rig->pool, FRAME_BYTES);
    int64_t pushed_ns = engine_now(rig->engine);

    frame->length_bytes = FRAME_BYTES;
    memset(frame_bytes(frame), 0, FRAME_BYTES);
    sink_push(link_entry(rig->link, LINK_REVERSE), frame);
    rig_send(rig, 2);
    while (data_thread_elapsed_ns(rig->thread) <= pushed_ns + CROSSING_DELAY_NS)
        ;
}

static void arrivals_see_in_order(Observer *observer, const Frame *frame, int64_t at_ns)
{
    Arrivals *self = (Arrivals *)observer; // its first member

    g_assert_cmpint(at_ns, >=, self->last_ns);
    arrivals_see(observer, frame, at_ns);
}

static void test_an_interface_sees_frames_in_the_order_of_their_stamps(void)
{
    Rig rig;
    Question question;
    Arrivals arrivals = {.observer.see = arrivals_see_in_order};
    Crossing crossing = {.letter.apply = crossing_apply, .rig = &rig};

    rig_open(&rig, "delay 1us");
    question_ask(&question, &rig, true);
    rig.device[0]->observers = &arrivals.observer;
    data_thread_post(rig.thread, &crossing.letter);
    rig_send(&rig, 1);
    question_answer(&question);
    rig_receive(&rig, 3);
    rig_ask(&rig);
    g_assert_cmpuint(arrivals.n_frames, ==, 4);
    rig_close(&rig);
}

// Posts a letter from within a sweep that will find it, as the main thread does that runs while
// this one does not.
typedef struct {
    Letter letter; // posted in time, for that sweep to come to the mailbox
    Event event;   // posts the other
    Letter late_letter;
    Rig *rig;
    int64_t posted_ns, applied_ns;
} LatePost;

static void late_post_apply(Letter *letter)
{
    LatePost *self = (LatePost *)((char *)letter - offsetof(LatePost, late_letter));

    self->applied_ns = engine_now(self->rig->engine);
}

static void late_post_fire(Event *event)
{
    LatePost *self = (LatePost *)((char *)event - offsetof(LatePost, event));

    self->posted_ns = data_thread_elapsed_ns(self->rig->thread);
    self->late_letter.apply = late_post_apply;
    data_thread_post(self->rig->thread, &self->late_letter);
}

static void late_post_apply_first(Letter *letter)
{
    (void)letter;
}

static void late_post_begin(Letter *letter)
{
    LatePost *self = (LatePost *)letter; // its first member

    event_init(&self->event, late_post_fire);
    engine_arm(self->rig->engine, &self->event, engine_now(self->rig->engine) + 1);
    self->letter.apply = late_post_apply_first;
    data_thread_post(self->rig->thread, &self->letter);
}

static void test_a_letter_is_applied_no_earlier_than_it_was_posted(void)
{
    Rig rig;
    LatePost post = {.letter.apply = late_post_begin, .rig = &rig};

    rig_open(&rig, "");
    data_thread_post(rig.thread, &post.letter);
    rig_ask(&rig);
    rig_ask(&rig);
    rig_ask(&rig);
    g_assert_cmpint(post.posted_ns, >, 0);
    g_assert_cmpint(post.applied_ns, >=, post.posted_ns);
    rig_close(&rig);
}

// Or the stamps of all captures would be wrong by as much.
static void test_a_halt_between_the_clocks_moves_no_epoch(void)
{
    enum { HALT_NS = 50 * 1000 * 1000 };
    Rig rig;
    int64_t ahead_ns, epoch_ns;

    calls_halt_clock(HALT_NS);
    rig_open(&rig, "");
    ahead_ns = clock_wall_ahead_ns();
    epoch_ns = data_thread_instant_ns(rig.thread, 0) + ahead_ns;
    g_assert_cmpint(ABS(data_thread_epoch_ns(rig.thread) - epoch_ns), <, HALT_NS / 2);
    rig_close(&rig);
}

static void test_steady_state_allocates_nothing(void)
{
    enum { N_WARM_UP = 100, N_FRAMES = 1000 };
    Rig rig;
    Calls before;

    rig_open(&rig, "rate 1gbit, loss 0%, delay 100us, jitter 10us");
    rig_send(&rig, N_WARM_UP);
    rig_receive(&rig, N_WARM_UP);
    before = rig_ask(&rig);
    for (unsigned i = 0; i < N_FRAMES; i++) {
        rig_send(&rig, 1);
        rig_receive(&rig, 1);
    }
    g_assert_cmpuint(rig_ask(&rig).allocations - before.allocations, ==, 0);
    rig_close(&rig);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/realtime/data_thread/clock-is-read-once-a-sweep-a-handful-and-a-burst",
                    test_clock_is_read_once_a_sweep_a_handful_and_a_burst);
    g_test_add_func("/realtime/data_thread/what-comes-during-a-sweep-is-not-taken-for-earlier",
                    test_what_comes_during_a_sweep_is_not_taken_for_earlier);
    g_test_add_func("/realtime/data_thread/an-interface-sees-frames-in-the-order-of-their-stamps",
                    test_an_interface_sees_frames_in_the_order_of_their_stamps);
    g_test_add_func("/realtime/data_thread/a-letter-is-applied-no-earlier-than-it-was-posted",
                    test_a_letter_is_applied_no_earlier_than_it_was_posted);
    g_test_add_func("/realtime/data_thread/a-halt-between-the-clocks-moves-no-epoch",
                    test_a_halt_between_the_clocks_moves_no_epoch);
    if (!calls_are_sanitized()) // which has an allocator of its own
        g_test_add_func("/realtime/data_thread/steady-state-allocates-nothing",
                        test_steady_state_allocates_nothing);
    return g_test_run();
}
