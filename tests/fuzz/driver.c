// SPDX-License-Identifier: Apache-2.0
// Runs a fuzz target over every file of a directory and over mutations of each, as a test: the
// file cut off at many places, each line left out or doubled, and bytes that mean something to
// parsers put at many places. All of it is mechanical, so each run does the same.
#include <glib.h>
#include <string.h>

#include "tests/fuzz/target.h"

enum { MUTATED_PLACES = 400 }; // of each kind, at most, in one file

// Each seed is a copy of its own size, so that a sanitizer sees reads beyond its end.
static void run_bytes(const char *bytes, size_t n_bytes)
{
    g_autofree uint8_t *copy = n_bytes > 0 ? g_memdup2(bytes, n_bytes) : NULL;

    g_assert_cmpint(LLVMFuzzerTestOneInput(copy, n_bytes), ==, 0);
}

static size_t stride(size_t n_bytes)
{
    return n_bytes / MUTATED_PLACES + 1;
}

static void run_cut(const GString *seed)
{
    for (size_t length = 0; length < seed->len; length += stride(seed->len))
        run_bytes(seed->str, length);
}

static void run_lines(const GString *seed)
{
    const char *end;

    for (const char *line = seed->str; (end = strchr(line, '\n')) != NULL; line = end + 1) {
        size_t before = (size_t)(line - seed->str), length = (size_t)(end + 1 - line);
        g_autoptr(GString) without = g_string_new_len(seed->str, (gssize)seed->len);
        g_autoptr(GString) doubled = g_string_new_len(seed->str, (gssize)seed->len);

        g_string_erase(without, (gssize)before, (gssize)length);
        run_bytes(without->str, without->len);
        g_string_insert_len(doubled, (gssize)before, line, (gssize)length);
        run_bytes(doubled->str, doubled->len);
    }
}

static void run_replaced(const GString *seed)
{
    static const char bytes[] = "\0\xff\n:-{}[],&*!|>'\"%@#09~<\t";

    for (size_t i = 0; i < sizeof bytes - 1; i++) {
        for (size_t place = i % stride(seed->len); place < seed->len; place += stride(seed->len)) {
            g_autoptr(GString) mutant = g_string_new_len(seed->str, (gssize)seed->len);

            mutant->str[place] = bytes[i];
            run_bytes(mutant->str, mutant->len);
        }
    }
}

static void test_seed(const void *path)
{
    g_autofree char *text = NULL;
    gsize length = 0;
    g_autoptr(GError) error = NULL;
    g_autoptr(GString) seed = NULL;

    g_assert_true(g_file_get_contents(path, &text, &length, &error));
    g_assert_no_error(error);
    seed = g_string_new_len(text, (gssize)length);
    run_bytes(seed->str, seed->len);
    run_cut(seed);
    run_lines(seed);
    run_replaced(seed);
}

// The arguments besides those of g_test: what is tested, and the directory.
int main(int argc, char *argv[])
{
    g_autoptr(GPtrArray) paths = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GDir) folder = NULL;
    const char *name;

    g_test_init(&argc, &argv, NULL);
    g_assert_cmpint(argc, ==, 3);
    folder = g_dir_open(argv[2], 0, NULL);
    g_assert_nonnull(folder);
    while ((name = g_dir_read_name(folder)) != NULL) {
        g_autofree char *test = g_strdup_printf("/fuzz/%s/%s", argv[1], name);

        g_ptr_array_add(paths, g_build_filename(argv[2], name, NULL));
        g_test_add_data_func(test, paths->pdata[paths->len - 1], test_seed);
    }
    g_assert_cmpuint(paths->len, >, 0);
    return g_test_run();
}
