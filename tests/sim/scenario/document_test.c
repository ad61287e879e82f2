// SPDX-License-Identifier: Apache-2.0
// YAML: what is resolved before readers see it, and what is refused with words.
#include "sim/scenario/document.h"

#include <glib.h>
#include <string.h>

static Document *document_of(const char *text)
{
    g_autoptr(Problems) problems = problems_new("x.yaml");
    Document *document = document_parse(text, strlen(text), problems);
    g_autofree char *errors = problems_format(problems);

    g_assert_cmpstr(errors, ==, "");
    g_assert_nonnull(document);
    return document;
}

static void assert_refused_bytes(const char *text, size_t length_bytes, const char *expected)
{
    g_autoptr(Problems) problems = problems_new("x.yaml");
    Document *document = document_parse(text, length_bytes, problems);
    g_autofree char *errors = problems_format(problems);

    g_assert_cmpstr(errors, ==, expected);
    if (document != NULL)
        document_free(document);
}

static void assert_refused(const char *text, const char *expected)
{
    assert_refused_bytes(text, strlen(text), expected);
}

static const Value *value_at(const Value *map, const char *key)
{
    for (guint i = 0; i < map->entries->len; i++) {
        const Entry *entry = &g_array_index(map->entries, Entry, i);

        if (strcmp(entry->key->text, key) == 0)
            return entry->value;
    }
    return NULL;
}

static void test_values_know_their_places(void)
{
    g_autoptr(Document) document = document_of("ä: {ö: [1, 'b']}\nc:\n  - d\n");
    const Value *root = document_root(document);
    const Value *list = value_at(value_at(root, "ä"), "ö");
    const Value *quoted = g_ptr_array_index(list->items, 1);

    g_assert_cmpuint(root->position.line, ==, 1);
    g_assert_cmpuint(root->position.column, ==, 1);
    g_assert_cmpuint(quoted->position.line, ==, 1);
    g_assert_cmpuint(quoted->position.column, ==, 12); // in characters, not bytes
    g_assert_false(quoted->is_plain);
    g_assert_cmpuint(value_at(root, "c")->position.line, ==, 3);
    g_assert_cmpuint(root->n_values, ==, 10);
}

static void test_nulls_are_plain(void)
{
    g_autoptr(Document) document = document_of("a:\nb: ~\nc: null\nd: ''\ne: '~'\n");
    const Value *root = document_root(document);

    g_assert_true(value_at(root, "a")->is_null);
    g_assert_true(value_at(root, "b")->is_null);
    g_assert_true(value_at(root, "c")->is_null);
    g_assert_false(value_at(root, "d")->is_null);
    g_assert_false(value_at(root, "e")->is_null);
}

static void test_merges_in_order(void)
{
    g_autoptr(Document) document = document_of("base: &base {rate: 1, loss: 2, delay: 3}\n"
                                               "other: &other {loss: 4, queue: 5}\n"
                                               "one: {loss: 6, <<: *base}\n"
                                               "two: {<<: [*other, *base], rate: 7}\n"
                                               "three: {'<<': *base}\n");
    const Value *root = document_root(document);
    const Value *one = value_at(root, "one"), *two = value_at(root, "two");

    g_assert_cmpuint(one->entries->len, ==, 3);
    g_assert_cmpstr(value_at(one, "loss")->text, ==, "6"); // its own wins
    g_assert_cmpstr(value_at(one, "rate")->text, ==, "1");
    g_assert_cmpuint(two->entries->len, ==, 4);
    g_assert_cmpstr(value_at(two, "loss")->text, ==, "4"); // the earlier merge wins
    g_assert_cmpstr(value_at(two, "rate")->text, ==, "7");
    g_assert_cmpstr(value_at(two, "delay")->text, ==, "3");
    g_assert_cmpuint(value_at(root, "three")->entries->len, ==, 1); // quoted: a key like any
}

static void test_aliases_share_values(void)
{
    g_autoptr(Document) document = document_of("a: &x [1, 2]\nb: *x\nc: &x 3\nd: *x\n");
    const Value *root = document_root(document);

    g_assert_true(value_at(root, "a") == value_at(root, "b"));
    g_assert_cmpstr(value_at(root, "d")->text, ==, "3"); // the last anchor of the name
}

static void test_keys_stand_once(void)
{
    assert_refused("a: 1\nb: {c: 1, 'c': 2}\na: 3\n",
                   "x.yaml:2:11: b: the key \"c\" is given twice, first in line 2: keep one\n"
                   "x.yaml:3:1: the key \"a\" is given twice, first in line 1: keep one\n");
    assert_refused("a: &a {}\nb: {<<: *a, <<: *a}\n",
                   "x.yaml:2:13: b: the key \"<<\" is given twice: write <<: [*a, *b] to merge "
                   "several\n");
}

static void test_wrong_references_are_refused(void)
{
    assert_refused("a: *b\n", "x.yaml:1:4: a: *b: there is no anchor &b before it\n");
    assert_refused("a: &x [1, *x]\n",
                   "x.yaml:1:11: a[1]: *x stands inside the value it stands for\n");
    assert_refused("a: &x\n  b: {<<: *x}\n",
                   "x.yaml:2:11: a.b.<<: *x stands inside the value it stands for\n");
    assert_refused("a: {<<: 3}\n", "x.yaml:1:5: a: <<: merges a map or a list of maps, as "
                                   "*ANCHOR\n");
}

// Ten to the power of ten values in eleven lines.
static void test_alias_bombs_are_refused(void)
{
    GString *text = g_string_new("a0: &a0 x\n");

    for (int i = 1; i <= 10; i++) {
        g_string_append_printf(text, "a%d: &a%d [", i, i);
        for (int j = 0; j < 10; j++)
            g_string_append_printf(text, "%s*a%d", j > 0 ? "," : "", i - 1);
        g_string_append(text, "]\n");
    }
    assert_refused(text->str, "x.yaml:8:14: a7[1]: holds more than 2000000 values once aliases are "
                              "followed: no scenario needs that\n");
    g_string_free(text, TRUE);
}

static void test_deep_nesting_is_refused(void)
{
    g_autofree char *open = g_strnfill(100000, '[');
    g_autofree char *lists = g_strnfill(64, '[');
    g_autoptr(Problems) problems = problems_new("x.yaml");
    g_autofree char *errors = NULL;

    g_assert_null(document_parse(open, strlen(open), problems));
    errors = problems_format(problems);
    g_assert_true(g_str_has_prefix(errors, "x.yaml:1:65: [0][0]"));
    g_assert_true(g_str_has_suffix(errors, ": is nested more than 64 deep\n"));
    // 64 deep it may be.
    for (size_t depth = 0; depth < 64; depth++)
        lists[depth] = '[';
    {
        g_autofree char *close = g_strnfill(64, ']');
        g_autofree char *text = g_strconcat(lists, close, NULL);
        g_autoptr(Document) document = document_of(text);

        g_assert_cmpuint(document_root(document)->n_values, ==, 64);
    }
}

static void test_broken_yaml_is_refused_at_its_place(void)
{
    assert_refused("a: [1, 2\nb: 3\n", "x.yaml:2:2: a[2]: is not valid YAML: did not find expected "
                                       "',' or ']', while parsing a flow sequence\n");
    assert_refused("a: b\n---\nc: d\n",
                   "x.yaml:2:1: a second document starts here: a file holds one scenario\n");
    assert_refused("[a]: b\n", "x.yaml:1:1: a list or a map cannot be a key\n");
    assert_refused("a: !lua b\n", "x.yaml:1:4: a: the tag !lua has no meaning here: quote the "
                                  "whole value, or remove the tag\n");
    assert_refused("a: \"b\\0c\"\n", "x.yaml:1:4: a: holds a NUL character\n");
    assert_refused("a: \x01\n",
                   "x.yaml:1:4: is not valid YAML: control characters are not allowed (0x01)\n");
}

static void test_wrong_bytes_are_refused_at_their_place(void)
{
    assert_refused_bytes("a: b\nä\0: c", 11,
                         "x.yaml:2:2: holds a NUL byte: a scenario is a text file\n");
    assert_refused("a: b\nc: \xff\n",
                   "x.yaml:2:4: is not UTF-8: the byte 0xff does not belong here\n");
}

static void test_emptiness_is_refused(void)
{
    static const char message[] = "x.yaml:1:1: is empty: a scenario has nodes: and links:\n";

    assert_refused_bytes(NULL, 0, message);
    assert_refused("", message);
    assert_refused("# nothing\n\n", message);
}

int main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/scenario/document/values-know-their-places", test_values_know_their_places);
    g_test_add_func("/scenario/document/nulls-are-plain", test_nulls_are_plain);
    g_test_add_func("/scenario/document/merges-in-order", test_merges_in_order);
    g_test_add_func("/scenario/document/aliases-share-values", test_aliases_share_values);
    g_test_add_func("/scenario/document/keys-stand-once", test_keys_stand_once);
    g_test_add_func("/scenario/document/wrong-references-are-refused",
                    test_wrong_references_are_refused);
    g_test_add_func("/scenario/document/alias-bombs-are-refused", test_alias_bombs_are_refused);
    g_test_add_func("/scenario/document/deep-nesting-is-refused", test_deep_nesting_is_refused);
    g_test_add_func("/scenario/document/broken-yaml-is-refused-at-its-place",
                    test_broken_yaml_is_refused_at_its_place);
    g_test_add_func("/scenario/document/wrong-bytes-are-refused-at-their-place",
                    test_wrong_bytes_are_refused_at_their_place);
    g_test_add_func("/scenario/document/emptiness-is-refused", test_emptiness_is_refused);
    return g_test_run();
}
