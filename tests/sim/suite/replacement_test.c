// SPDX-License-Identifier: Apache-2.0
// A file gets another content, and nothing else about it changes.
#include "sim/suite/replacement.h"

#include <glib/gstdio.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct {
    char *folder, *path, *link;
} Fixture;

static void fixture_set_up(Fixture *self, const void *unused)
{
    (void)unused;
    self->folder = g_dir_make_tmp("taploom-replacement-XXXXXX", NULL);
    g_assert_nonnull(self->folder);
    self->path = g_build_filename(self->folder, "file", NULL);
    self->link = g_build_filename(self->folder, "link", NULL);
    g_assert_true(g_file_set_contents(self->path, "old", -1, NULL));
    g_assert_cmpint(symlink("file", self->link), ==, 0);
}

static void fixture_tear_down(Fixture *self, const void *unused)
{
    (void)unused;
    g_remove(self->path);
    g_assert_cmpint(g_remove(self->link), ==, 0);
    g_assert_cmpint(g_rmdir(self->folder), ==, 0); // no new file was left in it
    g_free(self->folder);
    g_free(self->path);
    g_free(self->link);
}

static void assert_content(const char *path, const char *expected)
{
    g_autofree char *text = NULL;

    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    g_assert_cmpstr(text, ==, expected);
}

static void test_permissions_stay(Fixture *self, const void *unused)
{
    static const mode_t modes[] = {0600, 0644, 0777, 0664};

    (void)unused;
    for (guint i = 0; i < G_N_ELEMENTS(modes); i++) {
        struct stat status;

        g_assert_cmpint(chmod(self->path, modes[i]), ==, 0);
        g_assert_true(replacement_write(self->path, "new", NULL));
        assert_content(self->path, "new");
        g_assert_cmpint(stat(self->path, &status), ==, 0);
        g_assert_cmpuint(status.st_mode & 07777, ==, modes[i]);
    }
}

// Whoever has the old file open goes on reading the old content.
static void test_it_is_another_file(Fixture *self, const void *unused)
{
    struct stat old, new;

    (void)unused;
    g_assert_cmpint(stat(self->path, &old), ==, 0);
    g_assert_true(replacement_write(self->path, "new", NULL));
    g_assert_cmpint(stat(self->path, &new), ==, 0);
    g_assert_cmpuint(old.st_ino, !=, new.st_ino);
}

static void test_a_link_stays_one(Fixture *self, const void *unused)
{
    (void)unused;
    g_assert_true(replacement_write(self->link, "new", NULL));
    g_assert_true(g_file_test(self->link, G_FILE_TEST_IS_SYMLINK));
    assert_content(self->path, "new");
}

static void test_what_is_not_there_is_refused(Fixture *self, const void *unused)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *expected =
        g_strdup_printf("%s: realpath: No such file or directory", self->link);

    (void)unused;
    g_assert_cmpint(g_remove(self->path), ==, 0);
    g_assert_false(replacement_write(self->link, "new", &error));
    g_assert_true(g_str_has_prefix(error->message, expected));
}

static void add(const char *name, void (*test)(Fixture *, const void *))
{
    g_autofree char *path = g_strconcat("/sim/suite/replacement/", name, NULL);

    g_test_add(path, Fixture, NULL, fixture_set_up, test, fixture_tear_down);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    add("permissions-stay", test_permissions_stay);
    add("it-is-another-file", test_it_is_another_file);
    add("a-link-stays-one", test_a_link_stays_one);
    add("what-is-not-there-is-refused", test_what_is_not_there_is_refused);
    return g_test_run();
}
