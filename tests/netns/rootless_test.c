// SPDX-License-Identifier: Apache-2.0
// The same without root: as user 65534, whose /dev/net/tun may be opened by all, or by root only.
//
//     +-------+
//     | first |--- [TAP eth0] --- test
//     +-------+
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim/control/visit.h"
#include "tests/netns/lab_process.h"
#include "tests/netns/lab_rig.h"

static const char *const one_host[] = {"first", NULL};

static bool rootless_test_is_possible(void)
{
    g_autofree char *limit = NULL;
    g_autofree char *restricted = NULL;

    if (!lab_rig_is_possible())
        return false;
    g_file_get_contents("/proc/sys/user/max_user_namespaces", &limit, NULL, NULL);
    g_file_get_contents("/proc/sys/kernel/apparmor_restrict_unprivileged_userns", &restricted, NULL,
                        NULL);
    if (g_strcmp0(limit, "0\n") != 0 && g_strcmp0(restricted, "1\n") != 0)
        return true;
    g_test_skip("this system forbids user namespaces");
    return false;
}

// Runs `body` as user 65534 with a /dev/net/tun of `mode`; its assertions are ours.
static void assert_as_nobody(mode_t mode, void (*body)(void))
{
    pid_t pid = fork();

    g_assert_cmpint(pid, >=, 0);
    if (pid == 0) {
        lab_process_make_tun(mode);
        lab_process_become(LAB_PROCESS_NOBODY);
        body();
        _exit(0);
    }
    g_assert_cmpint(lab_rig_wait(pid), ==, 0);
}

static void assert_prints(LabRig *rig, const char *script, const char *expected)
{
    int status;
    g_autofree char *output = lab_rig_run(rig, 0, script, &status);

    g_assert_cmpstr(output, ==, expected);
    g_assert_cmpint(status, ==, 0);
}

static void open_lab(void)
{
    LabRig *rig = lab_rig_new(one_host);
    Host *host = lab_rig_host(rig, 0);
    InterfaceSpec *interface = lab_rig_add_interface((NodeSpec *)host_spec(host), "10.9.0.1");
    int tap_fd = lab_rig_open_tap(host, "eth0", interface);

    g_assert_true(host_configure(host, NULL));
    g_assert_cmpint(enclosure_owner(lab_rig_enclosure(rig)), ==, LAB_PROCESS_NOBODY);
    assert_prints(rig, "id -u; uname -n; cat /etc/hosts",
                  "0\nfirst\n10.0.0.1 first\n10.0.0.2 second");
    assert_prints(rig, "cat /proc/1/comm", "taploom-init");
    assert_prints(rig, "ls /sys/class/net", "eth0\nlo");
    assert_prints(rig, "grep -c 'eth0.0000090A.*00FFFFFF' /proc/net/route", "1");
    close(tap_fd);
    lab_rig_free(rig);
}

static void test_a_lab_opens(void)
{
    if (rootless_test_is_possible())
        assert_as_nobody(0666, open_lab);
}

static void be_refused(void)
{
    g_autoptr(GError) error = NULL;

    g_assert_null(enclosure_open(&error));
    g_assert_cmpstr(error->message, ==,
                    "open /dev/net/tun: Permission denied (as root: chmod 0666 /dev/net/tun, or "
                    "run with sudo)");
}

static void test_a_closed_device_names_the_remedy(void)
{
    if (rootless_test_is_possible())
        assert_as_nobody(0600, be_refused);
}

// Whether `user`, who is outside of all its namespaces, gets into a lab of user 65534.
static void assert_may_visit(uid_t user)
{
    const char *const command[] = {"/bin/sh", "-c",
                                   "test $(uname -n) = first && test $(id -u) = 0 && exit 7", NULL};
    pid_t visitor = fork();

    g_assert_cmpint(visitor, >=, 0);
    if (visitor == 0) {
        g_autoptr(GError) error = NULL;
        int status;

        if (user != 0)
            lab_process_become(user);
        status = visit_run("first", command, &error);
        g_assert_no_error(error);
        _exit(status);
    }
    g_assert_cmpint(lab_rig_wait(visitor), ==, 7);
}

static void test_its_user_and_root_may_enter(void)
{
    pid_t lab;

    if (!rootless_test_is_possible())
        return;
    lab = lab_process_start("rootless", one_host, LAB_PROCESS_NOBODY);
    assert_may_visit(LAB_PROCESS_NOBODY);
    assert_may_visit(0);
    lab_process_kill(lab);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    if (geteuid() == 0 && unshare(CLONE_NEWNET) < 0)
        g_error("unshare: a network namespace for this test");
    g_test_add_func("/netns/rootless/a-lab-opens", test_a_lab_opens);
    g_test_add_func("/netns/rootless/a-closed-device-names-the-remedy",
                    test_a_closed_device_names_the_remedy);
    g_test_add_func("/netns/rootless/its-user-and-root-may-enter",
                    test_its_user_and_root_may_enter);
    return g_test_run();
}
