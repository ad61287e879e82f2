// SPDX-License-Identifier: Apache-2.0
// Samples, the lines by which figures reach the lab, and the probe's HTTP.
#include "sim/probe/figure.h"

#include <string.h>

#include "sim/probe/http.h"
#include "sim/scenario/probe_spec.h"

static void test_percentiles_are_exact(void)
{
    Samples samples;

    samples_init(&samples);
    g_assert_cmpint(samples_quantile_ns(&samples, 5000), ==, 0);
    for (int64_t value = 200; value >= 1; value--)
        samples_add(&samples, value);
    g_assert_cmpint(samples_quantile_ns(&samples, 0), ==, 1);
    g_assert_cmpint(samples_quantile_ns(&samples, 5000), ==, 100);
    g_assert_cmpint(samples_quantile_ns(&samples, 9500), ==, 190);
    g_assert_cmpint(samples_quantile_ns(&samples, 9990), ==, 200);
    g_assert_cmpint(samples_quantile_ns(&samples, 10000), ==, 200);
    g_assert_cmpfloat(samples_mean_ns(&samples), ==, 100.5);
    samples_clear(&samples);
}

static void test_lines_of_figures_are_read(void)
{
    ProbeFigure figure;

    g_assert_true(figure_parse("\001figure rtt.p95 40250000.5", ping_metrics, &figure));
    g_assert_cmpstr(figure.metric->name, ==, "rtt.p95");
    g_assert_cmpfloat(figure.value, ==, 40250000.5);
    g_assert_true(figure_parse("\001figure status 200", ping_metrics, &figure));
    g_assert_null(figure.metric);
    g_assert_true(figure_parse("\001figure ", ping_metrics, &figure));
    g_assert_null(figure.metric);
    g_assert_false(figure_parse("figure rtt.p95 1", ping_metrics, &figure));
    g_assert_false(figure_parse("20 sent", ping_metrics, &figure));
}

static void assert_url(const char *text, const char *host, const char *port, const char *path)
{
    g_autoptr(GError) error = NULL;
    HttpUrl url;

    g_assert_true(http_url_parse(&url, text, &error));
    g_assert_cmpstr(url.host, ==, host);
    g_assert_cmpstr(url.port, ==, port);
    g_assert_cmpstr(url.path, ==, path);
    http_url_clear(&url);
}

static void test_urls_are_taken_apart(void)
{
    HttpUrl url;

    assert_url("http://b", "b", "80", "/");
    assert_url("http://b:8080", "b", "8080", "/");
    assert_url("http://b:8080/x?y=1#z", "b", "8080", "/x?y=1");
    assert_url("http://b?y=1", "b", "80", "/?y=1");
    assert_url("http://[fd00::1]:81/x", "fd00::1", "81", "/x");
    assert_url("http://[fd00::1]", "fd00::1", "80", "/");
    g_assert_false(http_url_parse(&url, "https://b", NULL));
}

static void test_the_head_of_an_answer_is_read(void)
{
    static const char answer[] = "HTTP/1.1 404 Not Found\r\nServer: x\r\n\r\nbody";

    g_assert_cmpint(http_status(answer, strlen(answer)), ==, 404);
    for (size_t n = 0; n < 12; n++)
        g_assert_cmpint(http_status(answer, n), ==, 0);
    g_assert_cmpint(http_status("SSH-2.0-x\r\n", 3), ==, -1);
    g_assert_cmpint(http_status("HTTP/1.1 4x4 ", 13), ==, -1);
    g_assert_cmpuint(http_body_at(answer, strlen(answer)), ==, strlen(answer) - 4);
    g_assert_cmpuint(http_body_at(answer, strlen(answer) - 5), ==, 0);
}

int main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/probe/samples/percentiles-are-exact", test_percentiles_are_exact);
    g_test_add_func("/probe/figure/lines-of-figures-are-read", test_lines_of_figures_are_read);
    g_test_add_func("/probe/http/urls-are-taken-apart", test_urls_are_taken_apart);
    g_test_add_func("/probe/http/the-head-of-an-answer-is-read",
                    test_the_head_of_an_answer_is_read);
    return g_test_run();
}
