// SPDX-License-Identifier: Apache-2.0
// What a host has of its own, and that nothing of it is seen outside.
//
//     +-------+    +--------+
//     | first |    | second |      no link between them
//     +-------+    +--------+
#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/netns/lab_rig.h"

static const char *const two_hosts[] = {"first", "second", NULL};

static void assert_prints(LabRig *rig, guint i, const char *script, const char *expected)
{
    int status;
    g_autofree char *output = lab_rig_run(rig, i, script, &status);

    g_assert_cmpstr(output, ==, expected);
    g_assert_cmpint(status, ==, 0);
}

static void test_has_its_own_name(void)
{
    g_autoptr(LabRig) rig = NULL;
    char outside[256];

    if (!lab_rig_is_possible())
        return;
    rig = lab_rig_new(two_hosts);
    assert_prints(rig, 0, "uname -n", "first");
    assert_prints(rig, 1, "uname -n", "second");
    if (access("/etc/hostname", F_OK) == 0)
        assert_prints(rig, 1, "cat /etc/hostname", "second");
    g_assert_cmpint(gethostname(outside, sizeof outside), ==, 0);
    g_assert_cmpstr(outside, !=, "second");
}

static void test_has_its_own_hosts_file(void)
{
    g_autoptr(LabRig) rig = NULL;
    g_autofree char *before = NULL;
    g_autofree char *after = NULL;

    if (!lab_rig_is_possible())
        return;
    g_assert_true(g_file_get_contents("/etc/hosts", &before, NULL, NULL));
    rig = lab_rig_new(two_hosts);
    assert_prints(rig, 0, "cat /etc/hosts", "10.0.0.1 first\n10.0.0.2 second");
    assert_prints(rig, 0, "getent hosts second | tr -s ' '", "10.0.0.2 second");
    g_assert_true(g_file_get_contents("/etc/hosts", &after, NULL, NULL));
    g_assert_cmpstr(before, ==, after);
}

static void test_has_loopback_only(void)
{
    g_autoptr(LabRig) rig = NULL;

    if (!lab_rig_is_possible())
        return;
    rig = lab_rig_new(two_hosts);
    assert_prints(rig, 0, "ls /sys/class/net", "lo");
    assert_prints(rig, 0, "cat /sys/class/net/lo/flags", "0x9"); // IFF_UP and IFF_LOOPBACK
}

static void test_sees_processes_of_the_lab_only(void)
{
    g_autoptr(LabRig) rig = NULL;

    if (!lab_rig_is_possible())
        return;
    rig = lab_rig_new(two_hosts);
    assert_prints(rig, 0, "cat /proc/1/comm", "taploom-init");
    assert_prints(rig, 0, "set -- /proc/[0-9]*; echo $#", "2"); // and this sh
}

static void test_may_ping_itself(void)
{
    g_autoptr(LabRig) rig = NULL;

    if (!lab_rig_is_possible())
        return;
    rig = lab_rig_new(two_hosts);
    assert_prints(rig, 0, "cat /proc/sys/net/ipv4/ping_group_range", "0\t2147483647");
}

static void add_sysctl(Host *host, const char *key, const char *value)
{
    SettingSpec *setting = g_new0(SettingSpec, 1);

    setting->key = g_strdup(key);
    setting->value = g_strdup(value);
    g_ptr_array_add(host_spec(host)->sysctls, setting);
}

static void test_takes_its_sysctls(void)
{
    g_autoptr(LabRig) rig = NULL;
    g_autoptr(GError) error = NULL;

    if (!lab_rig_is_possible())
        return;
    rig = lab_rig_new(two_hosts);
    add_sysctl(lab_rig_host(rig, 0), "net.ipv4.ip_default_ttl", "33");
    g_assert_true(host_configure(lab_rig_host(rig, 0), &error));
    assert_prints(rig, 0, "cat /proc/sys/net/ipv4/ip_default_ttl", "33");
    assert_prints(rig, 1, "cat /proc/sys/net/ipv4/ip_default_ttl", "64");
}

static void assert_sysctl_refused(LabRig *rig, const char *key, const char *message)
{
    g_autoptr(GError) error = NULL;
    Host *host = lab_rig_host(rig, 0);

    g_ptr_array_set_size(host_spec(host)->sysctls, 0);
    add_sysctl(host, key, "1");
    g_assert_false(host_configure(host, &error));
    g_assert_cmpstr(error->message, ==, message);
}

static void test_refuses_sysctls_of_the_system(void)
{
    g_autoptr(LabRig) rig = NULL;

    if (!lab_rig_is_possible())
        return;
    rig = lab_rig_new(two_hosts);
    assert_sysctl_refused(rig, "kernel.panic",
                          "host first: sysctl kernel.panic: Invalid argument "
                          "(only settings below net. belong to a host)");
    assert_sysctl_refused(rig, "net/../kernel/panic",
                          "host first: sysctl net/../kernel/panic: Invalid argument "
                          "(only settings below net. belong to a host)");
    assert_sysctl_refused(rig, "net.ipv4.no_such_setting",
                          "host first: sysctl net.ipv4.no_such_setting = 1: No such file or "
                          "directory (the kernel has no such setting for a network namespace of "
                          "its own)");
}

static void test_forwards_only_if_told(void)
{
    g_autoptr(LabRig) rig = NULL;
    NodeSpec *spec;

    if (!lab_rig_is_possible())
        return;
    rig = lab_rig_new(two_hosts);
    spec = (NodeSpec *)host_spec(lab_rig_host(rig, 0));
    spec->forward = true;
    g_assert_true(host_configure(lab_rig_host(rig, 0), NULL));
    g_assert_true(host_configure(lab_rig_host(rig, 1), NULL));
    assert_prints(rig, 0, "cat /proc/sys/net/ipv4/ip_forward", "1");
    assert_prints(rig, 1, "cat /proc/sys/net/ipv4/ip_forward", "0");
}

// A socket of `type` bound to any port in the host; TCP listens. Returns the port.
static uint16_t open_listener(Host *host, int type, int *fd)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t length = sizeof address;

    g_assert_true(host_enter(host, NULL));
    *fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);
    host_leave(host);
    g_assert_cmpint(bind(*fd, (struct sockaddr *)&address, sizeof address), ==, 0);
    if (type == SOCK_STREAM)
        g_assert_cmpint(listen(*fd, 1), ==, 0);
    g_assert_cmpint(getsockname(*fd, (struct sockaddr *)&address, &length), ==, 0);
    return ntohs(address.sin_port);
}

static void test_knows_who_listens(void)
{
    g_autoptr(LabRig) rig = NULL;
    int tcp_fd, udp_fd;
    uint16_t tcp_port, udp_port;

    if (!lab_rig_is_possible())
        return;
    rig = lab_rig_new(two_hosts);
    tcp_port = open_listener(lab_rig_host(rig, 0), SOCK_STREAM, &tcp_fd);
    udp_port = open_listener(lab_rig_host(rig, 0), SOCK_DGRAM, &udp_fd);
    g_assert_true(host_is_listening(lab_rig_host(rig, 0), READY_TCP_PORT, tcp_port));
    g_assert_true(host_is_listening(lab_rig_host(rig, 0), READY_UDP_PORT, udp_port));
    g_assert_false(host_is_listening(lab_rig_host(rig, 1), READY_TCP_PORT, tcp_port));
    g_assert_false(host_is_listening(lab_rig_host(rig, 1), READY_UDP_PORT, udp_port));
    close(tcp_fd);
    close(udp_fd);
    g_assert_false(host_is_listening(lab_rig_host(rig, 0), READY_TCP_PORT, tcp_port));
    g_assert_false(host_is_listening(lab_rig_host(rig, 0), READY_UDP_PORT, udp_port));
}

static void test_an_unfinished_host_can_be_closed(void)
{
    const char *const none[] = {NULL};
    g_autoptr(LabRig) rig = NULL;
    NodeSpec *spec;

    if (!lab_rig_is_possible())
        return;
    rig = lab_rig_new(none);
    spec = lab_rig_spec_new("half");
    host_close(host_begin(lab_rig_enclosure(rig), spec, "", NULL));
    lab_rig_spec_free(spec);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/netns/host/has-its-own-name", test_has_its_own_name);
    g_test_add_func("/netns/host/has-its-own-hosts-file", test_has_its_own_hosts_file);
    g_test_add_func("/netns/host/has-loopback-only", test_has_loopback_only);
    g_test_add_func("/netns/host/sees-processes-of-the-lab-only",
                    test_sees_processes_of_the_lab_only);
    g_test_add_func("/netns/host/may-ping-itself", test_may_ping_itself);
    g_test_add_func("/netns/host/takes-its-sysctls", test_takes_its_sysctls);
    g_test_add_func("/netns/host/refuses-sysctls-of-the-system",
                    test_refuses_sysctls_of_the_system);
    g_test_add_func("/netns/host/forwards-only-if-told", test_forwards_only_if_told);
    g_test_add_func("/netns/host/knows-who-listens", test_knows_who_listens);
    g_test_add_func("/netns/host/an-unfinished-host-can-be-closed",
                    test_an_unfinished_host_can_be_closed);
    return g_test_run();
}
