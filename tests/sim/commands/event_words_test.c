// SPDX-License-Identifier: Apache-2.0
// Faults and events of the timeline in plain words.
#include <glib.h>
#include <string.h>

#include "sim/commands/event_words.h"

static Document *document_of(const char *yaml)
{
    g_autoptr(Problems) problems = problems_new("x.yaml");
    Document *document = document_parse(yaml, strlen(yaml), problems);

    g_assert_nonnull(document);
    return document;
}

static const char *const faults[][2] = {
    {"{drop: {}}", "every frame is dropped"},
    {"{drop: {}, match: udp dst port 4433, which: \"5, 6, 9\"}",
     "frames 5, 6, 9 of those that match \"udp dst port 4433\" are dropped"},
    {"{delay: 2s, match: udp, which: \"2\"}", "frame 2 of those that match \"udp\" is late by 2s"},
    {"{delay: 2s, match: udp src port 53}",
     "every frame that matches \"udp src port 53\" is late by 2s"},
    {"{drop: {}, which: first per flow, match: tcp}",
     "the first frame of each flow that matches \"tcp\" is dropped"},
    {"{duplicate: {}, which: every 7 from 3, from: 2s, to: 10s}",
     "one frame in 7 from 3 is duplicated, from 2s on, until 10s"},
    {"{corrupt: {offset: 60B, mask: 0xff}, which: 50%}",
     "50% of the frames are corrupted (offset 60B, mask 0xff)"},
    {"{icmp: too-big, mtu: 1280B}",
     "every frame is dropped and answered by ICMP: too-big, mtu 1280B"},
    {"{black-hole: 1280B}", "every frame is dropped without a word when longer than 1280B"},
    {"{wobble: 3ms}", "every frame is subject to wobble 3ms"},
};

static void test_faults(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(faults); i++) {
        g_autoptr(Document) document = document_of(faults[i][0]);
        g_autofree char *words = event_fault_words(document_root(document));

        g_assert_cmpstr(words, ==, faults[i][1]);
    }
}

static void test_directions_of_faults(void)
{
    static const struct {
        const char *yaml;
        bool forward, reverse;
    } cases[] = {{"{drop: {}}", true, true},
                 {"{drop: {}, direction: both}", true, true},
                 {"{drop: {}, direction: forward}", true, false},
                 {"{drop: {}, direction: reverse}", false, true},
                 {"{drop: {}, interface: a}", true, false},
                 {"{drop: {}, interface: \"b:eth3\"}", false, true}};

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(Document) document = document_of(cases[i].yaml);
        const Value *rule = document_root(document);

        g_assert_cmpint(event_fault_concerns(rule, 0, "a", "eth0"), ==, cases[i].forward);
        g_assert_cmpint(event_fault_concerns(rule, 1, "b", "eth3"), ==, cases[i].reverse);
    }
}

static const char *const events[][2] = {
    {"{at: 10s, link: atlantic, set: {loss: 5%, delay: 50ms}}",
     "at 10s atlantic has loss 5%, delay 50ms"},
    {"{at: 20s, link: \"tag:wan\", down: 2s}", "at 20s each link tagged wan goes down for 2s"},
    {"{at: 20s, link: x, down: true}", "at 20s x goes down"},
    {"{at: 0s, every: 10s, for: 2s, link: \"*-eu\", set: {loss: 100%}}",
     "at 0s and every 10s from then on each link like *-eu has loss 100%, for 2s; then it is as "
     "before"},
    {"{at: 5s, link: x, direction: forward, ramp: {delay: 200ms}, over: 5s}",
     "at 5s x (forward) moves evenly to delay 200ms, over 5s"},
    {"{at: 30s, link: x, flap: {period: 1s, duty: 50%}, for: 10s}",
     "at 30s x goes down and up again and again: period 1s, duty 50%, for 10s; then it is as "
     "before"},
    {"{at: 40s, partition: [[a, b], [c, d]], for: 5s}",
     "at 40s the groups (a, b), (c, d) are cut off from each other, for 5s; then it is as before"},
    {"{at: 50s, restart: server}", "at 50s the tasks of server start again"},
    {"{at: 50s, wobble: [1, 2]}", "at 50s, wobble (1, 2)"},
};

static void test_timeline(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(events); i++) {
        g_autoptr(Document) document = document_of(events[i][0]);
        g_autofree char *words = event_timeline_words(document_root(document));

        g_assert_cmpstr(words, ==, events[i][1]);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/commands/event-words/faults", test_faults);
    g_test_add_func("/commands/event-words/directions-of-faults", test_directions_of_faults);
    g_test_add_func("/commands/event-words/timeline", test_timeline);
    return g_test_run();
}
