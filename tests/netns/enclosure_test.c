// SPDX-License-Identifier: Apache-2.0
// The end of a lab: orderly, or by SIGKILL at its main process. Nothing may be left.
//
//     test ---> lab process ---> taploom-init
//                  |    +------> `enter` ---> sh ---> sleep, an orphan soon
//                  +-- TAP eth0 in host "first"
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tests/netns/lab_rig.h"

static const char *const one_host[] = {"first", NULL};
static const char *const namespace_kinds[] = {"net", "mnt", "uts", "pid"};

static gpointer thread_answer(gpointer data)
{
    return data;
}

static void test_leaves_this_process_as_it_was(void)
{
    g_autoptr(LabRig) rig = NULL;
    g_autofree char *pid_namespace = g_file_read_link("/proc/self/ns/pid", NULL);
    g_autofree char *for_children = NULL;
    GThread *thread;

    if (!lab_rig_is_possible())
        return;
    rig = lab_rig_new(one_host);
    for_children = g_file_read_link("/proc/self/ns/pid_for_children", NULL);
    g_assert_cmpstr(for_children, ==, pid_namespace);
    thread =
        g_thread_new("probe", thread_answer, rig); // the kernel may refuse one: see enclosure.c
    g_assert_true(g_thread_join(thread) == rig);
}

static void test_raises_the_limit_of_open_files(void)
{
    const struct rlimit low = {.rlim_cur = 256, .rlim_max = 1024};
    struct rlimit before, within;
    g_autoptr(LabRig) rig = NULL;

    if (!lab_rig_is_possible())
        return;
    g_assert_cmpint(getrlimit(RLIMIT_NOFILE, &before), ==, 0);
    g_assert_cmpint(setrlimit(RLIMIT_NOFILE, &(struct rlimit){low.rlim_cur, before.rlim_max}), ==,
                    0);
    rig = lab_rig_new(one_host);
    g_assert_cmpint(getrlimit(RLIMIT_NOFILE, &within), ==, 0);
    g_assert_cmpuint(within.rlim_cur, ==, before.rlim_max);
    g_assert_cmpuint(enclosure_open_files_limit(lab_rig_enclosure(rig)), ==, low.rlim_cur);
    g_assert_cmpint(setrlimit(RLIMIT_NOFILE, &before), ==, 0);
}

static void test_out_of_descriptors_names_the_remedy(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(LabRig) rig = NULL;
    struct rlimit before;
    NodeSpec *spec;
    Host *host;

    if (!lab_rig_is_possible())
        return;
    rig = lab_rig_new(one_host);
    spec = lab_rig_spec_new("second");
    g_assert_cmpint(getrlimit(RLIMIT_NOFILE, &before), ==, 0);
    g_assert_cmpint(setrlimit(RLIMIT_NOFILE, &(struct rlimit){3, before.rlim_max}), ==, 0);
    host = host_begin(lab_rig_enclosure(rig), spec, "", &error);
    g_assert_cmpint(setrlimit(RLIMIT_NOFILE, &before), ==, 0);
    g_assert_null(host);
    g_assert_cmpstr(error->message, ==,
                    "host second: socketpair: Too many open files (raise the limit of open files "
                    "of this process: ulimit -n 65536)");
    lab_rig_spec_free(spec);
}

// What the lab process tells the test: process numbers as the test sees them, and the lab's own
// descriptors of the host's namespaces.
typedef struct {
    pid_t init_pid, entered_pid;
    int namespace_fds[G_N_ELEMENTS(namespace_kinds)];
} LabFacts;

// The number of the namespace's first process: until now it is this process's only child.
static pid_t find_init(void)
{
    g_autofree char *path = g_strdup_printf("/proc/self/task/%d/children", getpid());
    g_autofree char *children = NULL;

    g_assert_true(g_file_get_contents(path, &children, NULL, NULL));
    return (pid_t)strtol(children, NULL, 10);
}

static void describe_lab(LabRig *rig, LabFacts *facts)
{
    EnterNamespaces fds = enter_namespaces(lab_rig_enclosure(rig), lab_rig_host(rig, 0));
    const int in_order[] = {fds.net, fds.mnt, fds.uts, fds.pid};

    facts->init_pid = find_init();
    memcpy(facts->namespace_fds, in_order, sizeof in_order);
}

// The namespace behind a descriptor of the lab. Held, its number cannot go to a new namespace.
static int hold_namespace(pid_t lab_pid, int lab_fd)
{
    g_autofree char *path = g_strdup_printf("/proc/%d/fd/%d", lab_pid, lab_fd);
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    g_assert_cmpint(fd, >=, 0);
    return fd;
}

// A lab in a process of its own, with a device, a program and an orphan of it. `facts_fd` gets its
// facts; then it waits for its end.
static _Noreturn void run_lab(int facts_fd, int output_fd)
{
    const char *const command[] = {"/bin/sh", "-c",
                                   "(sh -c 'sleep 1000 & echo ready'); exec sleep 1000", NULL};
    LabRig *rig = lab_rig_new(one_host);
    LabFacts facts;
    g_autofree char *line = NULL;
    int tap_fd, program_fd;

    describe_lab(rig, &facts);
    tap_fd = lab_rig_open_tap(lab_rig_host(rig, 0), "eth0", NULL);
    dup2(output_fd, STDERR_FILENO); // inherited by every program: it ends with the last of them
    close(output_fd);
    facts.entered_pid = lab_rig_start(rig, 0, command, &program_fd);
    line = lab_rig_read_line(program_fd);
    if (tap_fd < 0 || strcmp(line, "ready") != 0 ||
        write(facts_fd, &facts, sizeof facts) != sizeof facts)
        _exit(1);
    pause();
    _exit(1);
}

static void test_sigkill_leaves_nothing(void)
{
    int facts_fds[2], output_fds[2], init_fd, entered_fd;
    int namespace_fds[G_N_ELEMENTS(namespace_kinds)];
    LabFacts facts;
    pid_t lab_pid;

    if (!lab_rig_is_possible())
        return;
    // What the lab leaves comes to this process to be reaped: a zombie is in its namespace still.
    g_assert_cmpint(prctl(PR_SET_CHILD_SUBREAPER, 1), ==, 0);
    g_assert_cmpint(pipe2(facts_fds, O_CLOEXEC), ==, 0);
    g_assert_cmpint(pipe2(output_fds, O_CLOEXEC), ==, 0);
    lab_pid = fork();
    if (lab_pid == 0)
        run_lab(facts_fds[1], output_fds[1]);
    close(facts_fds[1]);
    close(output_fds[1]);
    g_assert_cmpint(read(facts_fds[0], &facts, sizeof facts), ==, sizeof facts);
    close(facts_fds[0]);
    init_fd = (int)syscall(SYS_pidfd_open, facts.init_pid, 0);
    entered_fd = (int)syscall(SYS_pidfd_open, facts.entered_pid, 0);
    for (size_t i = 0; i < G_N_ELEMENTS(namespace_kinds); i++) {
        namespace_fds[i] = hold_namespace(lab_pid, facts.namespace_fds[i]);
        g_assert_true(lab_rig_is_namespace_used(namespace_kinds[i], namespace_fds[i]));
    }

    g_assert_cmpint(kill(lab_pid, SIGKILL), ==, 0);
    g_assert_cmpint(lab_rig_wait(lab_pid), ==, 128 + SIGKILL);
    g_free(lab_rig_read_all(output_fds[0])); // returns when no program holds it any more
    g_assert_true(lab_rig_has_ended(init_fd));
    g_assert_true(lab_rig_has_ended(entered_fd));
    close(init_fd);
    close(entered_fd);
    g_assert_cmpint(lab_rig_wait(facts.entered_pid), ==, 128 + SIGKILL);
    lab_rig_wait(facts.init_pid);
    g_assert_cmpint(prctl(PR_SET_CHILD_SUBREAPER, 0), ==, 0);
    for (size_t i = 0; i < G_N_ELEMENTS(namespace_kinds); i++) {
        g_assert_false(lab_rig_is_namespace_used(namespace_kinds[i], namespace_fds[i]));
        close(namespace_fds[i]);
    }
}

static void test_close_ends_all_inside(void)
{
    const char *const command[] = {
        "/bin/sh", "-c", "trap '' TERM INT HUP; echo ready; sleep 1000; sleep 1000", NULL};
    g_autofree char *line = NULL;
    LabRig *rig;
    int output_fd;
    pid_t pid;

    if (!lab_rig_is_possible())
        return;
    rig = lab_rig_new(one_host);
    pid = lab_rig_start(rig, 0, command, &output_fd);
    line = lab_rig_read_line(output_fd);
    g_assert_cmpstr(line, ==, "ready");
    lab_rig_free(rig);
    g_assert_cmpint(lab_rig_wait(pid), ==, 128 + SIGKILL);
    close(output_fd);
}

static void test_orphans_are_reaped(void)
{
    g_autoptr(LabRig) rig = NULL;
    g_autofree char *output = NULL;
    int status;

    if (!lab_rig_is_possible())
        return;
    rig = lab_rig_new(one_host);
    // The orphan writes its number and ends; the pipe of `read` ends with it. A zombie would have
    // a directory under /proc still.
    output = lab_rig_run(rig, 0,
                         "orphan=$(sh -c '(exec sh -c \"echo \\$\\$\") & :'); "
                         "while [ -d /proc/$orphan ]; do :; done; echo reaped",
                         &status);
    g_assert_cmpstr(output, ==, "reaped");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/netns/enclosure/leaves-this-process-as-it-was",
                    test_leaves_this_process_as_it_was);
    g_test_add_func("/netns/enclosure/raises-the-limit-of-open-files",
                    test_raises_the_limit_of_open_files);
    g_test_add_func("/netns/enclosure/out-of-descriptors-names-the-remedy",
                    test_out_of_descriptors_names_the_remedy);
    g_test_add_func("/netns/enclosure/sigkill-leaves-nothing", test_sigkill_leaves_nothing);
    g_test_add_func("/netns/enclosure/close-ends-all-inside", test_close_ends_all_inside);
    g_test_add_func("/netns/enclosure/orphans-are-reaped", test_orphans_are_reaped);
    return g_test_run();
}
