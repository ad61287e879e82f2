// SPDX-License-Identifier: Apache-2.0
// The section `expect:`: what a run has to come to. An entry names its subject (a task, a link, a
// capture) and gives bounds to metrics of it.
#include <string.h>

#include "core/quote.h"
#include "sim/capture/filter.h"
#include "sim/scenario/expect_spec.h"
#include "sim/scenario/loader.h"
#include "sim/scenario/probe_spec.h"

#define EXPECT_EXAMPLE "[{link: atlantic, queue.p99: < 50ms}]"
#define EXPECT_BOUNDS_EXAMPLE "bounds, as < 50ms, 20ms..30ms or 9.4mbit ± 3%"
#define ENTRY_EXAMPLE "{link: atlantic, queue.p99: < 50ms}"

typedef enum { IN_EACH, IN_FORWARD, IN_REVERSE } ExpectDirection;

static const char *const expect_directions[] = {"both", "forward", "reverse", NULL};

// An entry that is being read.
typedef struct {
    ExpectSpec common; // what all of its expectations share, but their names
    char *subject_text;
    char *name;
    const MetricSpec *metrics; // of its subject; NULL while that is not known
    int direction;             // ExpectDirection
    bool soft;
    int64_t after_ns, within_ns;
    GPtrArray *specs; // of ExpectSpec, owned: one for each metric
} ExpectDraft;

static const ParamSpec expect_params[] = {
    {.name = "soft",
     .type = PARAM_BOOLEAN,
     .offset = offsetof(ExpectDraft, soft),
     .fallback = "no",
     .summary = "whether it only warns"},
    {.name = "direction",
     .type = PARAM_CHOICE,
     .offset = offsetof(ExpectDraft, direction),
     .choices = expect_directions,
     .summary = "of a link: the directions of which it has to hold, each by itself"},
    {.name = "after",
     .type = PARAM_DURATION,
     .offset = offsetof(ExpectDraft, after_ns),
     .max = UINT64_C(31622400) * 1000000000,
     .summary = "of reachable: from when on, from the start of the timeline"},
    PARAM_END,
};

// Apart from the others, since a probe has a metric of that name.
static const ParamSpec expect_within = {.name = "within",
                                        .type = PARAM_DURATION,
                                        .offset = offsetof(ExpectDraft, within_ns),
                                        .min = 1000000,
                                        .max = UINT64_C(31622400) * 1000000000};

void expect_spec_free(ExpectSpec *spec)
{
    g_free(spec->name);
    g_free(spec->filter);
    g_clear_pointer(&spec->pattern, g_regex_unref);
    g_free(spec->words);
    g_free(spec->expected);
    g_free(spec);
}

static void expect_draft_clear(ExpectDraft *draft)
{
    g_free(draft->subject_text);
    g_free(draft->name);
    g_free(draft->common.filter);
    g_ptr_array_unref(draft->specs);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ExpectDraft, expect_draft_clear)

static void draft_set_subject(const Spot *spot, ExpectDraft *draft, ExpectSubject subject,
                              const MetricSpec *metrics)
{
    if (draft->subject_text != NULL) {
        spot_error(spot, "an entry is about one thing: write another for this");
        return;
    }
    draft->common.subject = subject;
    draft->metrics = metrics;
    draft->subject_text = g_strdup_printf("%s %s", spot->key, spot->value->text);
}

// One more of its expectations, with `what` in its name.
static ExpectSpec *draft_add(ExpectDraft *draft, const Spot *spot, const char *what)
{
    ExpectSpec *spec = g_memdup2(&draft->common, sizeof *spec);

    spec->filter = g_strdup(draft->common.filter);
    spec->name = g_strdup(what);
    spec->expected = g_strdup(spot->value->text);
    spec->position = spot->value->position;
    g_ptr_array_add(draft->specs, spec);
    return spec;
}

static void expect_read_name(Loader *loader, const Spot *spot, void *into)
{
    const char *name = spot_text(spot, "a name");

    (void)loader;
    if (name != NULL && *name == '\0')
        spot_error(spot, "is empty: write a name");
    ((ExpectDraft *)into)->name = g_strdup(name);
}

static void expect_read_task(Loader *loader, const Spot *spot, void *into)
{
    const char *name = spot_text(spot, "the name: of a task");
    ExpectDraft *draft = into;
    g_autofree const char **names = NULL;

    if (name == NULL)
        return;
    draft_set_subject(spot, draft, EXPECT_TASK, task_metrics);
    draft->common.task = g_hash_table_lookup(loader->scenario->task_by_name, name);
    if (draft->common.task != NULL)
        return;
    names = (const char **)g_hash_table_get_keys_as_array(loader->scenario->task_by_name, NULL);
    spot_error_unknown(spot, "name of a task", name, names);
}

static void expect_read_probe(Loader *loader, const Spot *spot, void *into)
{
    const char *name = spot_text(spot, "the name: of a task with a probe:");
    const GPtrArray *tasks = loader->scenario->tasks;
    ExpectDraft *draft = into;
    const TaskSpec *task;
    g_autoptr(GPtrArray) names = NULL;

    if (name == NULL)
        return;
    task = g_hash_table_lookup(loader->scenario->task_by_name, name);
    draft_set_subject(spot, draft, EXPECT_PROBE,
                      task != NULL && task->probe != NULL ? probe_metrics(task->probe->kind)
                                                          : NULL);
    draft->common.task = task;
    if (task != NULL && task->probe != NULL)
        return;
    names = g_ptr_array_new();
    for (guint i = 0; i < tasks->len; i++) {
        task = g_ptr_array_index(tasks, i);
        if (task->probe != NULL && task->name != NULL)
            g_ptr_array_add(names, task->name);
    }
    g_ptr_array_add(names, NULL);
    spot_error_unknown(spot, "name of a probe", name, (const char *const *)names->pdata);
}

static void expect_read_link(Loader *loader, const Spot *spot, void *into)
{
    const char *name = spot_text(spot, "the name of a link");
    ExpectDraft *draft = into;

    if (name == NULL)
        return;
    draft_set_subject(spot, draft, EXPECT_LINK, link_metrics);
    draft->common.link = loader_find_link(loader, spot, name);
}

// "london:eth0" or the name of its file.
static bool capture_is(const CaptureSpec *capture, const char *name)
{
    g_autofree char *interface = NULL;

    if (capture->interface == NULL || strcmp(capture->file, "-") == 0)
        return false;
    interface = g_strdup_printf("%s:%s", capture->interface->node->name, capture->interface->name);
    return strcmp(name, interface) == 0 || strcmp(name, capture->file) == 0;
}

static void expect_read_capture(Loader *loader, const Spot *spot, void *into)
{
    const char *name = spot_text(spot, "the file of a capture, or \"NODE:eth0\"");
    const GPtrArray *captures = loader->scenario->captures;
    ExpectDraft *draft = into;
    g_autoptr(GPtrArray) names = NULL;

    if (name == NULL)
        return;
    draft_set_subject(spot, draft, EXPECT_CAPTURE, capture_metrics);
    for (guint i = 0; i < captures->len && draft->common.capture == NULL; i++)
        if (capture_is(g_ptr_array_index(captures, i), name))
            draft->common.capture = g_ptr_array_index(captures, i);
    if (draft->common.capture != NULL)
        return;
    names = g_ptr_array_new();
    for (guint i = 0; i < captures->len; i++) {
        const CaptureSpec *capture = g_ptr_array_index(captures, i);

        if (capture->interface != NULL && strcmp(capture->file, "-") != 0)
            g_ptr_array_add(names, capture->file);
    }
    g_ptr_array_add(names, NULL);
    spot_error_unknown(spot, "file that capture: writes", name, (const char *const *)names->pdata);
}

static void expect_read_filter(Loader *loader, const Spot *spot, void *into)
{
    const char *text = spot_text(spot, "an expression of pcap-filter(7), as \"udp port 53\"");
    ExpectDraft *draft = into;
    const CaptureSpec *capture = draft->common.capture;
    g_autoptr(GError) error = NULL;
    g_autoptr(Filter) filter = NULL;

    (void)loader;
    if (text == NULL)
        return;
    if (draft->metrics != NULL && draft->metrics != capture_metrics) {
        spot_error(spot, "stands beside capture: only");
        return;
    }
    filter = filter_new(capture != NULL && capture->interface->node->device == DEVICE_TUN
                            ? CAPTURE_RAW_IP
                            : CAPTURE_ETHERNET,
                        text, &error);
    if (filter == NULL)
        spot_error(spot, "%s", error->message);
    draft->common.filter = g_strdup(text);
}

// "/regex/", "text", and either behind a "!": not in the output.
// "/error/i", as other languages write it: taken for a text it is never there, and behind ! it
// never fails.
static bool output_has_flags(const char *text)
{
    static const char *const flags[] = {"g",  "i",  "m",  "s",  "x",  "gi",
                                        "ig", "im", "mi", "is", "si", NULL};
    const char *end = strrchr(text, '/');

    return *text == '/' && end > text + 1 && g_strv_contains(flags, end + 1);
}

static void expect_read_output(Loader *loader, const Spot *spot, void *into)
{
    const char *text = spot_text(spot, "a text, or /REGEX/");
    ExpectDraft *draft = into;
    g_autoptr(GError) error = NULL;
    g_autofree char *pattern = NULL;
    ExpectSpec *spec;

    (void)loader;
    if (text == NULL)
        return;
    if (draft->metrics != NULL && draft->metrics != task_metrics) {
        spot_error(spot, "stands beside task: only");
        return;
    }
    spec = draft_add(draft, spot, "output");
    spec->output_without = g_str_has_prefix(text, "!");
    text += spec->output_without ? 1 : 0;
    if (strlen(text) < 2 || *text != '/' || !g_str_has_suffix(text, "/")) {
        if (*text == '\0')
            spot_error(spot, "is empty: write a text, or /REGEX/");
        else if (output_has_flags(text))
            spot_error(spot, "takes no flags behind its last /: write /(?i)REGEX/, or as an "
                             "expression what is a path, as /\\/tmp\\/i/");
        spec->words = g_strdup(text);
        return;
    }
    pattern = g_strndup(text + 1, strlen(text) - 2);
    spec->pattern = g_regex_new(pattern, G_REGEX_MULTILINE, 0, &error);
    if (spec->pattern == NULL)
        spot_error(spot, "%s: see pcresyntax(3)", error->message);
}

// These are read before all others, so that it is known what the metrics are of.
static const Field subject_fields[] = {
    {"task", expect_read_task},       {"probe", expect_read_probe},   {"link", expect_read_link},
    {"capture", expect_read_capture}, {"filter", expect_read_filter}, {NULL, NULL},
};

static void expect_read_nothing(Loader *loader, const Spot *spot, void *unused)
{
    (void)loader;
    (void)spot;
    (void)unused;
}

static bool expect_read_metric(Loader *loader, const Spot *spot, void *into);

// Beside reachable the time that there is for it, beside a probe that measures it a bound.
static void expect_read_within(Loader *loader, const Spot *spot, void *into)
{
    const ExpectDraft *draft = into;

    if (draft->metrics == NULL || !expect_read_metric(loader, spot, into))
        spot_read_param(spot, &expect_within, into);
}

static const Field expect_fields[] = {
    {"name", expect_read_name},       {"task", expect_read_nothing},
    {"probe", expect_read_nothing},   {"link", expect_read_nothing},
    {"capture", expect_read_nothing}, {"reachable", expect_read_nothing},
    {"filter", expect_read_nothing},  {"output", expect_read_output},
    {"within", expect_read_within},   {NULL, NULL},
};

static bool expect_read_metric(Loader *loader, const Spot *spot, void *into)
{
    ExpectDraft *draft = into;
    const MetricSpec *metric;
    g_autoptr(GError) error = NULL;
    const char *text;
    ExpectSpec *spec;

    (void)loader;
    if (draft->metrics == NULL)
        return true; // of an entry that is wrong already
    metric = metric_find(draft->metrics, spot->key);
    if (metric == NULL)
        return false;
    text = spot_text(spot, EXPECT_BOUNDS_EXAMPLE);
    if (text == NULL)
        return true;
    spec = draft_add(draft, spot, metric->name);
    spec->metric = metric;
    if (!bounds_parse(metric->unit, text, &spec->bounds, &error))
        spot_error(spot, "has to be %s: %s%s", metric_unit_noun(metric->unit), error->message,
                   g_error_matches(error, QUANTITY_ERROR, QUANTITY_ERROR_NUMBER)
                       ? ": write " EXPECT_BOUNDS_EXAMPLE
                       : "");
    return true;
}

// The names of all metrics, NULL-terminated; the caller frees the array.
static const char **metric_names(const MetricSpec *table)
{
    GPtrArray *names = g_ptr_array_new();

    for (const MetricSpec *metric = table; metric != NULL && metric->name != NULL; metric++)
        g_ptr_array_add(names, (gpointer)metric->name);
    g_ptr_array_add(names, NULL);
    return (const char **)g_ptr_array_free(names, FALSE);
}

// "link wire forward: queue.p99"; with a name of the entry's own that, and the metric if there are
// several.
static char *expect_name(const ExpectDraft *draft, const ExpectSpec *spec)
{
    static const char *const directions[] = {" forward", " reverse"};
    const char *direction = spec->subject == EXPECT_LINK ? directions[spec->direction] : "";
    unsigned n_directions = spec->subject == EXPECT_LINK && draft->direction == IN_EACH ? 2 : 1;

    if (draft->name == NULL)
        return g_strdup_printf("%s%s: %s", draft->subject_text, direction, spec->name);
    if (draft->specs->len == 1 && n_directions == 1)
        return g_strdup(draft->name);
    return g_strdup_printf("%s:%s %s", draft->name, n_directions > 1 ? direction : "", spec->name);
}

static ExpectSpec *expect_spec_copy(const ExpectSpec *spec)
{
    ExpectSpec *copy = g_memdup2(spec, sizeof *copy);

    copy->filter = g_strdup(spec->filter);
    copy->pattern = spec->pattern != NULL ? g_regex_ref(spec->pattern) : NULL;
    copy->words = g_strdup(spec->words);
    copy->expected = g_strdup(spec->expected);
    return copy;
}

static void expect_add(const ExpectDraft *draft, Scenario *scenario)
{
    for (guint i = 0; i < draft->specs->len; i++) {
        const ExpectSpec *spec = g_ptr_array_index(draft->specs, i);

        for (unsigned direction = 0; direction < 2; direction++) {
            bool is_in =
                spec->subject == EXPECT_LINK
                    ? draft->direction == IN_EACH || draft->direction == (int)direction + IN_FORWARD
                    : direction == 0;
            ExpectSpec *copy = is_in ? expect_spec_copy(spec) : NULL;

            if (copy == NULL)
                continue;
            copy->direction = direction;
            copy->soft = draft->soft;
            copy->name = expect_name(draft, copy);
            g_ptr_array_add(scenario->expectations, copy);
        }
    }
}

// A task of which the exit status is expected is judged by that and nothing else, a probe by all
// that is expected of it.
static void expect_judge_tasks(const ExpectDraft *draft)
{
    for (guint i = 0; i < draft->specs->len; i++) {
        const ExpectSpec *spec = g_ptr_array_index(draft->specs, i);

        if (!draft->soft && (spec->subject == EXPECT_PROBE ||
                             (spec->subject == EXPECT_TASK && spec->metric != NULL &&
                              strcmp(spec->metric->name, "exit") == 0)))
            ((TaskSpec *)spec->task)->is_judged = true;
    }
}

static void expect_add_reachable(Loader *loader, const Spot *spot, const ExpectDraft *draft)
{
    ExpectSpec *spec = reachable_read(loader, spot, draft->after_ns, draft->within_ns);
    g_autofree char *after = quantity_format_duration(draft->after_ns);
    g_autofree char *ends = NULL;

    if (spec == NULL)
        return;
    spec->soft = draft->soft;
    ends = spec->name;
    spec->name = draft->name != NULL ? g_strdup(draft->name)
                                     : g_strdup_printf("reachable %s after %s", ends, after);
    g_ptr_array_add(loader->scenario->expectations, spec);
}

static void expect_read_entry(Loader *loader, const Spot *spot, Scenario *scenario)
{
    g_auto(ExpectDraft)
        draft = {.specs = g_ptr_array_new_with_free_func((GDestroyNotify)expect_spec_free)};
    size_t n_errors = problems_n_errors(spot->problems);
    g_autofree const char **names = NULL;
    Section section = {.noun = "an expectation",
                       .fields = expect_fields,
                       .params = expect_params,
                       .read_other = expect_read_metric};
    guint index, reachable_index;
    bool is_reachable;

    if (!spot_is_map(spot, ENTRY_EXAMPLE))
        return;
    for (const Field *field = subject_fields; field->name != NULL; field++) {
        if (spot_find(spot, field->name, &index)) {
            Spot entry = spot_entry(spot, index);

            field->read(loader, &entry, &draft);
        }
    }
    is_reachable = spot_find(spot, "reachable", &reachable_index);
    if (is_reachable && draft.subject_text != NULL)
        spot_error(spot, "an entry is about one thing: write another for reachable:");
    if (!is_reachable && draft.subject_text == NULL &&
        problems_n_errors(spot->problems) == n_errors)
        spot_error(spot,
                   "needs what it is about: one of task:, probe:, link:, capture: and reachable:");
    names = metric_names(draft.metrics);
    section.other_names = names;
    section_read(&section, loader, spot, &draft);
    if (spot_find(spot, "direction", &index) && draft.metrics != NULL &&
        draft.metrics != link_metrics)
        spot_error(spot, "direction: stands beside link: only");
    if (!is_reachable && draft.metrics != NULL &&
        (spot_find(spot, "after", &index) ||
         (spot_find(spot, "within", &index) && metric_find(draft.metrics, "within") == NULL)))
        spot_error(spot, "after: and within: stand beside reachable: only");
    if (problems_n_errors(spot->problems) > n_errors)
        return;
    if (is_reachable) {
        Spot reachable = spot_entry(spot, reachable_index);

        expect_add_reachable(loader, &reachable, &draft);
        return;
    }
    if (draft.specs->len == 0)
        spot_error(spot, "expects nothing: write a metric, as \"%s: 0\"", draft.metrics->name);
    expect_judge_tasks(&draft);
    expect_add(&draft, scenario);
}

void expect_read(Loader *loader, const Spot *spot, void *scenario)
{
    if (!spot_is_list(spot, EXPECT_EXAMPLE))
        return;
    for (guint i = 0; i < spot->value->items->len; i++) {
        Spot item = spot_item(spot, i);

        expect_read_entry(loader, &item, scenario);
    }
}
