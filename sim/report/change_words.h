// SPDX-License-Identifier: Apache-2.0
// What was changed while a scenario ran, in the words of a report.
#pragma once

#include "sim/timeline/change_log.h"

// "set loss 5%, delay 50ms", "put back loss, delay", "down"; the caller frees it, as all of these.
char *change_action_words(const ChangeRecord *record);

// "atlantic", "atlantic, pacific and 98 more", "server" of a restart; with the direction where it
// is one.
char *change_place_words(const TimelineEntry *entry);

// When an entry of a file happens: "10s", "0s, every 10s, for 2s".
char *change_time_words(const TimelineEntry *entry);

// "timeline:12", or "command".
char *change_origin_words(const TimelineEntry *entry);

// What is configured besides rate, queue limit, delay, jitter and loss, and is no fallback:
// "overhead 24B, jitter distribution normal, loss model gilbert".
char *link_details_words(const LinkConfig *config);

// "10mbit, queue 50ms, delay 20ms, jitter 1ms, loss 1%, down", with the above; what is 0 stays out,
// and all of it is "nothing".
char *link_state_words(const LinkConfig *config, bool is_down);
