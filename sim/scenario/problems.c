// SPDX-License-Identifier: Apache-2.0
// Collects errors and warnings with their places. Only the first in the file are ever printed, but
// which those are is known at the end, so far more are kept than printed.
#include "sim/scenario/problems.h"

enum { PROBLEMS_KEPT = 10000 }; // of errors and of warnings: what a hostile file may cost

typedef struct {
    SourcePosition position;
    guint sequence; // keeps the order of what stands at one place
    char *text;
} Problem;

typedef struct {
    GArray *kept; // of Problem
    size_t n_added;
} ProblemList;

struct Problems {
    char *path;
    ProblemList errors;
    ProblemList warnings;
};

static void problem_clear(void *item)
{
    g_free(((Problem *)item)->text);
}

static void problem_list_init(ProblemList *list)
{
    *list = (ProblemList){.kept = g_array_new(FALSE, FALSE, sizeof(Problem))};
    g_array_set_clear_func(list->kept, problem_clear);
}

Problems *problems_new(const char *path)
{
    Problems *problems = g_new0(Problems, 1);

    problems->path = g_strdup(path);
    problem_list_init(&problems->errors);
    problem_list_init(&problems->warnings);
    return problems;
}

void problems_free(Problems *problems)
{
    g_array_unref(problems->warnings.kept);
    g_array_unref(problems->errors.kept);
    g_free(problems->path);
    g_free(problems);
}

G_GNUC_PRINTF(5, 0)
static void problem_list_add(ProblemList *list, const char *path, SourcePosition position,
                             const char *where, const char *format, va_list arguments)
{
    GString *text;
    Problem problem;

    if (list->n_added++ >= PROBLEMS_KEPT)
        return;
    text = g_string_new(path);
    if (position.line > 0)
        g_string_append_printf(text, ":%zu:%zu", position.line, position.column);
    if (where != NULL && *where != '\0')
        g_string_append_printf(text, ": %s", where);
    g_string_append(text, ": ");
    g_string_append_vprintf(text, format, arguments);
    problem = (Problem){position, list->kept->len, g_string_free(text, FALSE)};
    g_array_append_val(list->kept, problem);
}

void problems_error(Problems *problems, SourcePosition position, const char *where,
                    const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    problem_list_add(&problems->errors, problems->path, position, where, format, arguments);
    va_end(arguments);
}

void problems_warn(Problems *problems, SourcePosition position, const char *where,
                   const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    problem_list_add(&problems->warnings, problems->path, position, where, format, arguments);
    va_end(arguments);
}

size_t problems_n_errors(const Problems *problems)
{
    return problems->errors.n_added;
}

bool problems_are_many(const Problems *problems)
{
    return problems->errors.n_added > PROBLEMS_PRINTED;
}

static int problem_compare(const void *first, const void *second)
{
    const Problem *a = first, *b = second;

    if (a->position.line != b->position.line)
        return a->position.line < b->position.line ? -1 : 1;
    if (a->position.column != b->position.column)
        return a->position.column < b->position.column ? -1 : 1;
    return a->sequence < b->sequence ? -1 : 1;
}

// The texts of the first `max` in the file's order, owned by `list`.
static GPtrArray *problem_list_sort(const ProblemList *list, guint max)
{
    GPtrArray *texts = g_ptr_array_new();

    g_array_sort(list->kept, problem_compare);
    for (guint i = 0; i < MIN(list->kept->len, max); i++)
        g_ptr_array_add(texts, g_array_index(list->kept, Problem, i).text);
    return texts;
}

char *problems_format(const Problems *problems)
{
    g_autoptr(GPtrArray) texts = problem_list_sort(&problems->errors, PROBLEMS_PRINTED);
    GString *lines = g_string_new(NULL);

    for (guint i = 0; i < texts->len; i++)
        g_string_append_printf(lines, "%s\n", (const char *)g_ptr_array_index(texts, i));
    if (problems->errors.n_added > texts->len)
        g_string_append_printf(lines, "%s: %zu more errors are not shown\n", problems->path,
                               problems->errors.n_added - texts->len);
    return g_string_free(lines, FALSE);
}

GPtrArray *problems_warnings(const Problems *problems)
{
    g_autoptr(GPtrArray) texts = problem_list_sort(&problems->warnings, PROBLEMS_KEPT);
    GPtrArray *copies = g_ptr_array_new_with_free_func(g_free);

    for (guint i = 0; i < texts->len; i++)
        g_ptr_array_add(copies, g_strdup(g_ptr_array_index(texts, i)));
    return copies;
}
