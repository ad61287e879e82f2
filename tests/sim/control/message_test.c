// SPDX-License-Identifier: Apache-2.0
// Messages between the two ends of a socket pair.
#include "sim/control/message.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sim/host/refusal.h"

static void open_pair(int ends[2])
{
    g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), ==, 0);
}

static void close_pair(const int ends[2])
{
    close(ends[0]);
    close(ends[1]);
}

static bool is_same_file(int a, int b)
{
    struct stat of_a, of_b;

    return fstat(a, &of_a) == 0 && fstat(b, &of_b) == 0 && of_a.st_dev == of_b.st_dev &&
           of_a.st_ino == of_b.st_ino;
}

static void test_carries_object_and_descriptors(void)
{
    g_auto(Message) sent = {.body = json_object_new(), .n_fds = 2};
    g_auto(Message) received = {.body = NULL};
    g_autoptr(GError) error = NULL;
    int ends[2], pipe_ends[2];

    open_pair(ends);
    g_assert_cmpint(pipe(pipe_ends), ==, 0);
    memcpy(sent.fds, (int[]){ends[0], pipe_ends[1]}, 2 * sizeof(int));
    json_object_set_string_member(sent.body, "text", "two\nlines");
    g_assert_true(message_send(&sent, ends[0], 0, &error));
    g_assert_true(message_receive(&received, ends[1], 100, 0, &error));
    g_assert_no_error(error);
    g_assert_cmpstr(json_object_get_string_member(received.body, "text"), ==, "two\nlines");
    g_assert_cmpuint(received.n_fds, ==, 2);
    g_assert_true(is_same_file(received.fds[0], ends[0]));
    g_assert_true(is_same_file(received.fds[1], pipe_ends[1]));
    close_pair(pipe_ends);
    close_pair(ends);
}

static void assert_receive_fails(const char *bytes, size_t limit_bytes, bool ends_then, int code)
{
    g_auto(Message) received = {.body = NULL};
    g_autoptr(GError) error = NULL;
    int ends[2];

    open_pair(ends);
    g_assert_cmpint(write(ends[0], bytes, strlen(bytes)), ==, (ssize_t)strlen(bytes));
    if (ends_then)
        shutdown(ends[0], SHUT_WR);
    g_assert_false(message_receive(&received, ends[1], limit_bytes, 0, &error));
    g_assert_error(error, REFUSAL_ERROR, code);
    g_assert_null(received.body);
    close_pair(ends);
}

static void test_refuses_what_is_no_message(void)
{
    assert_receive_fails("{\"a\": 1}", 100, true, ECONNRESET);
    assert_receive_fails("{\"a\": 1}", 100, false, ETIMEDOUT);
    assert_receive_fails("{\"a\": 123456789012345678901234567890", 10, false, EMSGSIZE);
    assert_receive_fails("[]\n", 100, false, EPROTO);
    assert_receive_fails("\n", 100, false, EPROTO);
}

static void test_gives_up_a_peer_that_does_not_read(void)
{
    g_auto(Message) sent = {.body = json_object_new()};
    g_autofree char *text = g_strnfill(8 << 20, 'x');
    g_autoptr(GError) error = NULL;
    int ends[2];

    open_pair(ends);
    json_object_set_string_member(sent.body, "text", text);
    g_assert_false(message_send(&sent, ends[0], 0, &error));
    g_assert_error(error, REFUSAL_ERROR, ETIMEDOUT);
    close(ends[1]);
    g_clear_error(&error);
    g_assert_false(message_send(&sent, ends[0], 0, &error));
    g_assert_error(error, REFUSAL_ERROR, EPIPE);
    close(ends[0]);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sim/control/message/carries-object-and-descriptors",
                    test_carries_object_and_descriptors);
    g_test_add_func("/sim/control/message/refuses-what-is-no-message",
                    test_refuses_what_is_no_message);
    g_test_add_func("/sim/control/message/gives-up-a-peer-that-does-not-read",
                    test_gives_up_a_peer_that_does_not_read);
    return g_test_run();
}
