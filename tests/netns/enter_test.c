// SPDX-License-Identifier: Apache-2.0
// Programs inside a host: their exit statuses, environment, signals, and their end.
//
//     +-------+
//     | first |      no link
//     +-------+
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tests/netns/lab_rig.h"

static const char *const one_host[] = {"first", NULL};

static void assert_status(LabRig *rig, const char *script, int expected)
{
    int status;

    g_free(lab_rig_run(rig, 0, script, &status));
    g_assert_cmpint(status, ==, expected);
}

static void test_ends_with_the_status_of_the_program(void)
{
    g_autoptr(LabRig) rig = NULL;

    if (!lab_rig_is_possible())
        return;
    rig = lab_rig_new(one_host);
    assert_status(rig, "true", 0);
    assert_status(rig, "exit 7", 7);
    assert_status(rig, "exit 255", 255);
    assert_status(rig, "kill -KILL $$", 128 + SIGKILL);
    assert_status(rig, "kill -TERM $$", 128 + SIGTERM);
}

static int run_command(LabRig *rig, const char *program)
{
    const char *const command[] = {program, NULL};
    int output_fd;
    pid_t pid = lab_rig_start(rig, 0, command, &output_fd);

    g_free(lab_rig_read_all(output_fd));
    return lab_rig_wait(pid);
}

static void test_says_what_cannot_be_run(void)
{
    g_autoptr(LabRig) rig = NULL;

    if (!lab_rig_is_possible())
        return;
    rig = lab_rig_new(one_host);
    g_assert_cmpint(run_command(rig, "no-such-program-anywhere"), ==, 127);
    g_assert_cmpint(run_command(rig, "/etc/hosts"), ==, 126);
}

// Starts a script that prints its number when it is ready; returns the process that enters.
static pid_t start_script(LabRig *rig, const char *script, int *output_fd)
{
    const char *const command[] = {"/bin/sh", "-c", script, NULL};
    pid_t pid = lab_rig_start(rig, 0, command, output_fd);
    g_autofree char *line = lab_rig_read_line(*output_fd);

    g_assert_cmpstr(line, ==, "ready");
    return pid;
}

static void test_passes_signals_on(void)
{
    static const int signals[] = {SIGTERM, SIGINT, SIGHUP, SIGQUIT};
    g_autoptr(LabRig) rig = NULL;

    if (!lab_rig_is_possible())
        return;
    rig = lab_rig_new(one_host);
    for (size_t i = 0; i < G_N_ELEMENTS(signals); i++) {
        int output_fd;
        pid_t pid = start_script(rig, "ulimit -c 0; echo ready; exec sleep 1000", &output_fd);

        g_assert_cmpint(kill(pid, signals[i]), ==, 0);
        g_assert_cmpint(lab_rig_wait(pid), ==, 128 + signals[i]);
        close(output_fd);
    }
}

static void test_a_program_may_answer_a_signal(void)
{
    g_autoptr(LabRig) rig = NULL;
    int output_fd;
    pid_t pid;

    if (!lab_rig_is_possible())
        return;
    rig = lab_rig_new(one_host);
    pid = start_script(rig, "trap 'exit 5' TERM; sleep 1000 & echo ready; wait", &output_fd);
    g_assert_cmpint(kill(pid, SIGTERM), ==, 0);
    g_assert_cmpint(lab_rig_wait(pid), ==, 5);
    close(output_fd);
}

// The pipe ends only when the last process of the group, which ignores SIGTERM, has gone.
static void test_kills_the_whole_group(void)
{
    g_autoptr(LabRig) rig = NULL;
    g_autofree char *rest = NULL;
    int output_fd;
    pid_t pid;

    if (!lab_rig_is_possible())
        return;
    rig = lab_rig_new(one_host);
    pid = start_script(rig, "trap '' TERM; (sleep 1000; sleep 1000) & echo ready; wait; wait",
                       &output_fd);
    g_assert_cmpint(kill(pid, SIGTERM), ==, 0);
    g_assert_cmpint(kill(pid, ENTER_KILL_SIGNAL), ==, 0);
    g_assert_cmpint(lab_rig_wait(pid), ==, 128 + SIGKILL);
    rest = lab_rig_read_all(output_fd);
    g_assert_cmpstr(rest, ==, "");
}

static void test_the_program_dies_with_who_entered(void)
{
    g_autoptr(LabRig) rig = NULL;
    g_autofree char *rest = NULL;
    int output_fd;
    pid_t pid;

    if (!lab_rig_is_possible())
        return;
    rig = lab_rig_new(one_host);
    pid = start_script(rig, "echo ready; exec sleep 1000", &output_fd);
    g_assert_cmpint(kill(pid, SIGKILL), ==, 0);
    g_assert_cmpint(lab_rig_wait(pid), ==, 128 + SIGKILL);
    rest = lab_rig_read_all(output_fd); // returns when `sleep` has gone
    g_assert_cmpstr(rest, ==, "");
}

static void test_gets_no_descriptors(void)
{
    g_autoptr(LabRig) rig = NULL;
    g_autofree char *output = NULL;
    int status;

    if (!lab_rig_is_possible())
        return;
    rig = lab_rig_new(one_host);
    g_assert_cmpint(dup2(STDERR_FILENO, 50), ==, 50); // one without close-on-exec
    output =
        lab_rig_run(rig, 0, "for fd in /proc/self/fd/*; do echo -n ${fd##*/}' '; done", &status);
    close(50);
    // sh itself has 0, 1, 2, and reads the directory through one more, gone when it is printed.
    g_assert_true(g_str_has_prefix(output, "0 1 2"));
    g_assert_null(strstr(output, "50"));
}

static void test_environment_names_host_and_lab(void)
{
    const char *const inherited[] = {"PATH=/bin", "TAPLOOM_HOST=outer", "EDITOR=vi", NULL};
    NodeSpec *spec = lab_rig_spec_new("first");
    SettingSpec *setting = g_new0(SettingSpec, 1);
    g_auto(GStrv) environment = NULL;

    setting->key = g_strdup("EDITOR");
    setting->value = g_strdup("ed");
    g_ptr_array_add(spec->env, setting);
    environment = enter_environment_new(spec, "atlantic", inherited);
    g_assert_cmpstr(g_environ_getenv(environment, "PATH"), ==, "/bin");
    g_assert_cmpstr(g_environ_getenv(environment, "TAPLOOM_HOST"), ==, "first");
    g_assert_cmpstr(g_environ_getenv(environment, "TAPLOOM_LAB"), ==, "atlantic");
    g_assert_cmpstr(g_environ_getenv(environment, "EDITOR"), ==, "ed");
    g_assert_cmpuint(g_strv_length(environment), ==, 4);
    lab_rig_spec_free(spec);
}

int main(int argc, char **argv)
{
    // nohup and a shell's background ignore these, and programs inherit that.
    signal(SIGHUP, SIG_DFL);
    signal(SIGINT, SIG_DFL);
    signal(SIGQUIT, SIG_DFL);
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/netns/enter/ends-with-the-status-of-the-program",
                    test_ends_with_the_status_of_the_program);
    g_test_add_func("/netns/enter/says-what-cannot-be-run", test_says_what_cannot_be_run);
    g_test_add_func("/netns/enter/passes-signals-on", test_passes_signals_on);
    g_test_add_func("/netns/enter/a-program-may-answer-a-signal",
                    test_a_program_may_answer_a_signal);
    g_test_add_func("/netns/enter/kills-the-whole-group", test_kills_the_whole_group);
    g_test_add_func("/netns/enter/the-program-dies-with-who-entered",
                    test_the_program_dies_with_who_entered);
    g_test_add_func("/netns/enter/gets-no-descriptors", test_gets_no_descriptors);
    g_test_add_func("/netns/enter/environment-names-host-and-lab",
                    test_environment_names_host_and_lab);
    return g_test_run();
}
