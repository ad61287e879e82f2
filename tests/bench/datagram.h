// SPDX-License-Identifier: Apache-2.0
// Datagram: the UDP sockets of the measuring tools. A mistake ends the tool with a line on stderr.
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

enum {
    DATAGRAM_PORT = 7000,
    DATAGRAM_FRAME_BYTES = 14 + 20 + 8, // what Ethernet, IPv4 and UDP put in front of the payload
};

#define NS_PER_S INT64_C(1000000000)

// A socket that sends to `address`.
int datagram_open_sender(const char *address);

// A socket bound to the port, with kernel receive stamps and a buffer that outlasts a pause of the
// receiver.
int datagram_open_receiver(void);

// The kernel's CLOCK_REALTIME stamp of a received datagram.
int64_t datagram_stamp_ns(struct msghdr *message);

// Room for the stamp, for msg_control.
#define DATAGRAM_CONTROL_BYTES 64

// After the call SIGTERM and SIGINT interrupt a receive and make this true.
void datagram_await_end(void);
bool datagram_has_ended(void);

int64_t clock_monotonic_ns(void);
int64_t clock_realtime_ns(void);

// Sleeps until `at_ns` of CLOCK_MONOTONIC.
void clock_sleep_until(int64_t at_ns);
