// SPDX-License-Identifier: Apache-2.0
// The commands that talk to running labs, against labs that the test runs. TAPLOOM names the
// program. Sockets of this test are in a network namespace of its own: no other lab is seen.
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sim/control/lab_address.h"
#include "sim/control/message.h"
#include "sim/control/running_lab.h"
#include "tests/netns/lab_process.h"
#include "tests/netns/lab_rig.h"

static const char *const two_hosts[] = {"first", "second", NULL};

// Runs `taploom LINE`, as the user of this test; asserts exit status and what stands on the two
// streams, white space at their ends aside. NULL is not looked at.
static void assert_taploom(const char *line, int status, const char *output, const char *errors)
{
    g_autofree char *command = g_strdup_printf("%s %s", g_getenv("TAPLOOM"), line);
    g_autofree char *actual_output = NULL;
    g_autofree char *actual_errors = NULL;
    int wait_status;

    g_assert_true(
        g_spawn_command_line_sync(command, &actual_output, &actual_errors, &wait_status, NULL));
    if (errors != NULL)
        g_assert_cmpstr(g_strchomp(actual_errors), ==, errors);
    if (output != NULL)
        g_assert_cmpstr(g_strchomp(actual_output), ==, output);
    g_assert_true(WIFEXITED(wait_status));
    g_assert_cmpint(WEXITSTATUS(wait_status), ==, status);
}

static bool control_test_is_possible(void)
{
    if (!lab_rig_is_possible())
        return false;
    g_assert_nonnull(g_getenv("TAPLOOM"));
    return true;
}

static void test_list_says_that_nothing_runs(void)
{
    if (!control_test_is_possible())
        return;
    assert_taploom("list", 0, "no lab is running", "");
}

static void test_list_shows_labs(void)
{
    g_autofree char *expected = NULL;
    pid_t first, second;
    int width;

    if (!control_test_is_possible())
        return;
    first = lab_process_start("atlantic", two_hosts, 0);
    second = lab_process_start("atlantic", (const char *const[]){"only", NULL}, 0);
    width = MAX(3, snprintf(NULL, 0, "%d", MAX(first, second)));
    expected = g_strdup_printf("LAB         %*s  HOSTS     UP  SCENARIO\n"
                               "atlantic    %*d      2  1m05s  atlantic.yaml\n"
                               "atlantic-2  %*d      1  1m05s  atlantic.yaml",
                               width, "PID", width, first, width, second);
    assert_taploom("list", 0, expected, "");
    lab_process_kill(second);
    lab_process_kill(first);
}

static void test_a_killed_lab_is_forgotten(void)
{
    pid_t lab;

    if (!control_test_is_possible())
        return;
    lab = lab_process_start("atlantic", two_hosts, 0);
    lab_process_kill(lab);
    assert_taploom("list", 0, "no lab is running", "");
    assert_taploom("exec first -- true", 2, "",
                   "taploom exec: no lab is running: start one with taploom run FILE");
}

static void test_exec_runs_inside(void)
{
    g_autofree char *cwd = g_get_current_dir();
    pid_t lab;

    if (!control_test_is_possible())
        return;
    lab = lab_process_start("atlantic", two_hosts, 0);
    assert_taploom("exec second -- uname -n", 0, "second", "");
    assert_taploom("exec second uname -n", 0, "second", "");
    assert_taploom("exec atlantic/first -- sh -c 'echo $TAPLOOM_LAB $TAPLOOM_HOST; exit 7'", 7,
                   "atlantic first", "");
    assert_taploom("exec first -- pwd", 0, cwd, "");
    assert_taploom("exec first -- sh -c 'kill -TERM $$'", 143, "", "");
    assert_taploom("exec first -- no-such-program", 127, "",
                   "taploom: no-such-program: No such file or directory");
    lab_process_kill(lab);
}

static void test_exec_names_what_there_is(void)
{
    pid_t atlantic, pacific;

    if (!control_test_is_possible())
        return;
    atlantic = lab_process_start("atlantic", two_hosts, 0);
    assert_taploom("exec secnd -- true", 2, "",
                   "taploom exec: lab atlantic has no host \"secnd\": did you mean second?; its "
                   "hosts: first, second");
    pacific = lab_process_start("pacific", two_hosts, 0);
    assert_taploom("exec first -- true", 2, "",
                   "taploom exec: several labs are running, say which: atlantic, pacific");
    assert_taploom("exec pacifik/first -- true", 2, "",
                   "taploom exec: no lab \"pacifik\" is running: did you mean pacific?; running: "
                   "atlantic, pacific");
    assert_taploom("exec pacific/first -- true", 0, "", "");
    assert_taploom("exec", 2, "",
                   "taploom exec: takes [LAB/]HOST [--] COMMAND [ARGUMENT…] (see taploom exec "
                   "--help)");
    lab_process_kill(pacific);
    lab_process_kill(atlantic);
}

static void test_show_prints_counters(void)
{
    pid_t lab;

    if (!control_test_is_possible())
        return;
    lab = lab_process_start("atlantic", two_hosts, 0);
    assert_taploom(
        "show", 0,
        "atlantic: 65.0 s\n"
        "LINK   DIRECTION        IN  OUT  HELD         RATE  DROPPED                         SET "
        "TO\n"
        "cable  first > second  100   90     3  94.1 Mbit/s  5 queue-full, 2 loss; 4 marked  "
        "100mbit, down\n"
        "cable  second > first    7    7     0    800 bit/s  0",
        "");
    lab_process_kill(lab);
}

// A socket connected to lab "atlantic" of root.
static int connect_to_lab(void)
{
    LabAddress lab = lab_address(0, "atlantic");
    struct sockaddr_un address;
    socklen_t length = lab_address_to_socket(&lab, &address);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    g_assert_cmpint(connect(fd, (struct sockaddr *)&address, length), ==, 0);
    return fd;
}

static void assert_refused_request(const char *bytes, const char *error_text)
{
    g_auto(Message) reply = {.body = NULL};
    g_autoptr(GError) error = NULL;
    int fd = connect_to_lab();

    g_assert_cmpint(write(fd, bytes, strlen(bytes)), ==, (ssize_t)strlen(bytes));
    message_receive(&reply, fd, 1 << 16, 5000, &error);
    g_assert_no_error(error);
    g_assert_nonnull(
        strstr(json_object_get_string_member_with_default(reply.body, "error", ""), error_text));
    close(fd);
}

static void test_a_lab_survives_bad_requests(void)
{
    pid_t lab;

    if (!control_test_is_possible())
        return;
    lab = lab_process_start("atlantic", two_hosts, 0);
    assert_refused_request("nonsense\n", "<data>:1");
    assert_refused_request("[1, 2]\n", "not a JSON object");
    assert_refused_request("{\"command\": \"fly\"}\n", "no request \"fly\"");
    assert_refused_request("{\"command\": ", "Connection timed out"); // and nothing more
    close(connect_to_lab());
    assert_taploom("exec first -- true", 0, "", "");
    lab_process_kill(lab);
}

// Whether a process of another user gets an answer from lab "atlantic" of root.
static void test_a_lab_answers_its_user_only(void)
{
    pid_t lab, other;

    if (!control_test_is_possible())
        return;
    lab = lab_process_start("atlantic", two_hosts, 0);
    other = fork();
    if (other == 0) {
        g_auto(Message) reply = {.body = NULL};
        LabAddress address = lab_address(0, "atlantic");
        g_autoptr(GArray) labs = NULL;

        lab_process_become(LAB_PROCESS_NOBODY);
        labs = running_labs_new();
        if (labs->len != 0)
            _exit(1);
        _exit(running_lab_ask(&address, "describe", NULL, &reply, NULL) ? 2 : 0);
    }
    g_assert_cmpint(lab_rig_wait(other), ==, 0);
    lab_process_kill(lab);
}

// A stranger who listens under the name of root's lab is not believed.
static void test_a_false_lab_is_not_believed(void)
{
    g_auto(Message) reply = {.body = NULL};
    g_autoptr(GError) error = NULL;
    LabAddress address = lab_address(0, "atlantic");
    int ready_fds[2];
    pid_t stranger;
    char ready;

    if (!control_test_is_possible())
        return;
    g_assert_cmpint(pipe2(ready_fds, O_CLOEXEC), ==, 0);
    stranger = fork();
    if (stranger == 0) {
        struct sockaddr_un socket_address;
        socklen_t length = lab_address_to_socket(&address, &socket_address);
        int fd = socket(AF_UNIX, SOCK_STREAM, 0);

        lab_process_become(LAB_PROCESS_NOBODY);
        if (bind(fd, (struct sockaddr *)&socket_address, length) < 0 || listen(fd, 1) < 0 ||
            write(ready_fds[1], "", 1) != 1)
            _exit(1);
        pause();
    }
    g_assert_cmpint(read(ready_fds[0], &ready, 1), ==, 1);
    g_assert_false(running_lab_ask(&address, "describe", NULL, &reply, &error));
    g_assert_cmpstr(error->message, ==,
                    "lab atlantic is not run by user 0: Operation not permitted");
    close(ready_fds[0]);
    close(ready_fds[1]);
    lab_process_kill(stranger);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    if (geteuid() == 0 && unshare(CLONE_NEWNET) < 0)
        g_error("unshare: a network namespace for this test");
    g_test_add_func("/netns/control/list-says-that-nothing-runs", test_list_says_that_nothing_runs);
    g_test_add_func("/netns/control/list-shows-labs", test_list_shows_labs);
    g_test_add_func("/netns/control/a-killed-lab-is-forgotten", test_a_killed_lab_is_forgotten);
    g_test_add_func("/netns/control/exec-runs-inside", test_exec_runs_inside);
    g_test_add_func("/netns/control/exec-names-what-there-is", test_exec_names_what_there_is);
    g_test_add_func("/netns/control/show-prints-counters", test_show_prints_counters);
    g_test_add_func("/netns/control/a-lab-survives-bad-requests", test_a_lab_survives_bad_requests);
    g_test_add_func("/netns/control/a-lab-answers-its-user-only", test_a_lab_answers_its_user_only);
    g_test_add_func("/netns/control/a-false-lab-is-not-believed", test_a_false_lab_is_not_believed);
    return g_test_run();
}
