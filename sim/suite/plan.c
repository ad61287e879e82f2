// SPDX-License-Identifier: Apache-2.0
// Every scenario is checked with every combination before anything runs.
#include "sim/suite/plan.h"

#include <string.h>

#include "core/random.h"
#include "sim/scenario/scenario.h"
#include "sim/scenario/variables.h"

// What file systems and shells like in a name; of the rest, ] goes and all else becomes a dash.
#define FOLDER_LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.,=%@+-"

enum { FOLDER_START_BYTES = 200 };

// What is being read.
typedef struct {
    Plan *plan;
    const PlanOptions *options;
    GString *errors;
    GHashTable *names; // of scenarios, owned, to the path that had it first
} PlanDraft;

static void seed_search_free(void *item)
{
    g_free(((SeedSearch *)item)->name);
    g_free(item);
}

void plan_free(Plan *plan)
{
    g_ptr_array_unref(plan->tests);
    g_ptr_array_unref(plan->searches);
    g_free(plan);
}

static bool plan_is_wanted(const PlanOptions *options, const char *name)
{
    if (options->pattern == NULL)
        return true;
    if (strpbrk(options->pattern, "*?") != NULL)
        return g_pattern_match_simple(options->pattern, name);
    return strstr(name, options->pattern) != NULL;
}

static Test *plan_add(Plan *plan, const char *name, const Scenario *scenario,
                      const PlanOptions *options)
{
    Test *test = test_new(name, scenario->path);

    test->choice = g_strdup(scenario->combination);
    test->seed = options->has_seed ? options->seed : scenario->seed;
    test->has_own_seed = options->has_seed;
    test->writes_files = scenario->captures->len > 0 || scenario->fates.file != NULL;
    test->artifacts = scenario->artifacts;
    if (options->has_keep)
        test->artifacts.keep = options->keep;
    g_ptr_array_add(plan->tests, test);
    return test;
}

static void plan_add_search(Plan *plan, const char *name, const Scenario *scenario,
                            const PlanOptions *options)
{
    SeedSearch *search = g_new0(SeedSearch, 1);

    search->name = g_strdup(name);
    search->lowest_failing = UINT64_MAX;
    g_ptr_array_add(plan->searches, search);
    for (uint64_t n = 0; n <= options->last_seed - options->first_seed; n++) {
        uint64_t seed = options->first_seed + n;
        g_autofree char *seeded = g_strdup_printf("%s@%" G_GUINT64_FORMAT, name, seed);
        Test *test = plan_add(plan, seeded, scenario, options);

        test->seed = seed;
        test->has_own_seed = true;
        test->search = search;
    }
}

static void plan_add_combination(PlanDraft *draft, const char *stem, const Scenario *scenario)
{
    const PlanOptions *options = draft->options;
    g_autofree char *name = *scenario->combination != '\0'
                                ? g_strdup_printf("%s[%s]", stem, scenario->combination)
                                : g_strdup(stem);

    if (!plan_is_wanted(options, name))
        return;
    if (options->has_search) {
        plan_add_search(draft->plan, name, scenario, options);
        return;
    }
    for (unsigned n = 1; n <= options->n_repetitions; n++) {
        g_autofree char *numbered =
            options->n_repetitions > 1 ? g_strdup_printf("%s#%u", name, n) : g_strdup(name);

        plan_add(draft->plan, numbered, scenario, options);
    }
}

// Tests are called as the scenario; where two files have one name, the second as its path.
static const char *plan_stem(PlanDraft *draft, const Scenario *scenario)
{
    const char *other = g_hash_table_lookup(draft->names, scenario->name);

    if (other == NULL)
        g_hash_table_insert(draft->names, g_strdup(scenario->name), g_strdup(scenario->path));
    return other == NULL || strcmp(other, scenario->path) == 0 ? scenario->name : scenario->path;
}

static void plan_read_file(PlanDraft *draft, const char *path)
{
    size_t length_bytes;
    g_autofree char *errors = NULL;
    g_autofree char *text = scenario_read_file(path, &length_bytes, &errors);
    g_autoptr(GPtrArray) choices = NULL;

    if (text != NULL)
        choices = variables_combinations(path, text, length_bytes, &errors);
    for (guint i = 0; choices != NULL && i < choices->len; i++) {
        const char *const choice[] = {g_ptr_array_index(choices, i), NULL};
        g_autoptr(Scenario) scenario =
            scenario_parse_chosen(path, text, length_bytes, choice, &errors);

        if (scenario == NULL && i > 0)
            g_string_append_printf(draft->errors, "%s: with %s:\n", path, choice[0]);
        if (scenario == NULL)
            break;
        plan_add_combination(draft, plan_stem(draft, scenario), scenario);
    }
    g_string_append(draft->errors, errors != NULL ? errors : "");
}

static int compare_texts(const void *first, const void *second)
{
    return strcmp(*(const char *const *)first, *(const char *const *)second);
}

static void plan_read_directory(PlanDraft *draft, const char *path, GDir *directory)
{
    g_autoptr(GPtrArray) files = g_ptr_array_new_with_free_func(g_free);
    const char *name;

    while ((name = g_dir_read_name(directory)) != NULL) {
        if (g_str_has_suffix(name, ".yaml") || g_str_has_suffix(name, ".yml"))
            g_ptr_array_add(files, g_build_filename(path, name, NULL));
    }
    g_ptr_array_sort(files, compare_texts);
    if (files->len == 0)
        g_string_append_printf(draft->errors, "%s: has no file that ends with .yaml\n", path);
    for (guint i = 0; i < files->len; i++)
        plan_read_file(draft, g_ptr_array_index(files, i));
}

// Where a test goes in the order that the key stands for.
static uint64_t shuffle_draw(uint64_t key, guint index)
{
    return random_draw(random_key(key, "suite", 0, "shuffle"), index, 0);
}

// Fisher and Yates: each order is as likely as any other, but for what the modulo does to 64 bits.
static void plan_shuffle(GPtrArray *tests, uint64_t key)
{
    for (guint i = tests->len; i > 1; i--) {
        guint other = (guint)(shuffle_draw(key, i) % i);
        void *test = tests->pdata[i - 1];

        tests->pdata[i - 1] = tests->pdata[other];
        tests->pdata[other] = test;
    }
}

// One that no other test has, and that leaves room for a number within what a name may have.
static char *plan_folder_name(const char *name, guint index, GHashTable *taken)
{
    g_auto(GStrv) parts = g_strsplit(name, "]", -1);
    g_autofree char *letters = g_strcanon(g_strjoinv("", parts), FOLDER_LETTERS, '-');
    g_autofree char *start = g_strndup(letters, FOLDER_START_BYTES);
    char *folder = g_strdup(start);

    for (guint number = index; g_hash_table_contains(taken, folder); number++) {
        g_free(folder);
        folder = g_strdup_printf("%s-%u", start, number);
    }
    return folder;
}

static void plan_name_folders(const Plan *plan)
{
    g_autoptr(GHashTable) taken = g_hash_table_new(g_str_hash, g_str_equal);

    for (guint i = 0; i < plan->tests->len; i++) {
        Test *test = g_ptr_array_index(plan->tests, i);

        test->folder_name = plan_folder_name(test->name, i, taken);
        g_hash_table_add(taken, test->folder_name);
    }
}

Plan *plan_new(char *const *paths, const PlanOptions *options, char **errors)
{
    g_autoptr(Plan) plan = g_new0(Plan, 1);
    g_autoptr(GHashTable) names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    PlanDraft draft = {plan, options, g_string_new(NULL), names};

    plan->tests = g_ptr_array_new_with_free_func((GDestroyNotify)test_free);
    plan->searches = g_ptr_array_new_with_free_func(seed_search_free);
    for (char *const *path = paths; *path != NULL; path++) {
        GDir *directory = g_dir_open(*path, 0, NULL);

        if (directory != NULL) {
            plan_read_directory(&draft, *path, directory);
            g_dir_close(directory);
        } else {
            plan_read_file(&draft, *path);
        }
    }
    *errors = g_string_free(draft.errors, draft.errors->len == 0);
    if (*errors != NULL)
        return NULL;
    plan_name_folders(plan);
    if (options->is_shuffled)
        plan_shuffle(plan->tests, options->shuffle);
    return g_steal_pointer(&plan);
}
