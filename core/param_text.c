// SPDX-License-Identifier: Apache-2.0
// Parameters in words: values as a file writes them, and what is accepted.
#include "core/param.h"

// An amount in the unit of the parameter's type.
static char *param_format_amount(const ParamSpec *spec, uint64_t amount)
{
    switch (spec->type) {
    case PARAM_DURATION:
        return quantity_format_duration((int64_t)amount);
    case PARAM_RATE:
        return quantity_format_rate(amount);
    case PARAM_SIZE:
        return quantity_format_size(amount);
    case PARAM_PROBABILITY:
        return quantity_format_probability(amount);
    case PARAM_RATIO:
        return quantity_format_ratio(amount);
    case PARAM_DECIMAL:
        return quantity_format_decimal(amount);
    case PARAM_LIMIT:
    case PARAM_COUNT:
    case PARAM_BOOLEAN:
    case PARAM_CHOICE:
    case PARAM_OBJECT:
        return g_strdup_printf("%" G_GUINT64_FORMAT, amount);
    }
    g_assert_not_reached();
}

// Whether a word stands for an amount, and not for the absence of one.
static bool param_word_is_amount(const ParamSpec *spec, const ParamWord *word)
{
    return word->amount >= spec->min && word->amount != PARAM_NO_AMOUNT;
}

// The word for what is no amount, or NULL.
static const char *param_word_of(const ParamSpec *spec, uint64_t amount)
{
    for (const ParamWord *word = spec->words; word != NULL && word->word != NULL; word++)
        if (word->amount == amount && !param_word_is_amount(spec, word))
            return word->word;
    return NULL;
}

char *param_format(const ParamSpec *spec, const void *config)
{
    const void *field = (const char *)config + spec->offset;
    const ParamObject *object;
    const char *word;

    switch (spec->type) {
    case PARAM_BOOLEAN:
        return g_strdup(*(const bool *)field ? "yes" : "no");
    case PARAM_CHOICE:
        return g_strdup(spec->choices[*(const int *)field]);
    case PARAM_LIMIT:
        return quantity_format_limit(*(const Limit *)field);
    case PARAM_OBJECT:
        object = *(ParamObject *const *)field;
        return g_strdup(object != NULL ? object->source : "none");
    case PARAM_DURATION:
        return quantity_format_duration(*(const int64_t *)field);
    case PARAM_RATE:
    case PARAM_SIZE:
    case PARAM_PROBABILITY:
    case PARAM_COUNT:
    case PARAM_RATIO:
    case PARAM_DECIMAL:
        word = param_word_of(spec, *(const uint64_t *)field);
        return word != NULL ? g_strdup(word) : param_format_amount(spec, *(const uint64_t *)field);
    }
    g_assert_not_reached();
}

// "a, b or c"
static char *param_list(const char *const *words)
{
    GString *list = g_string_new(words[0]);

    for (unsigned i = 1; words[0] != NULL && words[i] != NULL; i++)
        g_string_append_printf(list, "%s%s", words[i + 1] != NULL ? ", " : " or ", words[i]);
    return g_string_free(list, FALSE);
}

// "1ns to 1h", "1B or more"
static char *param_format_bounds(const ParamSpec *spec)
{
    bool is_probability = spec->type == PARAM_PROBABILITY;
    g_autofree char *min = param_format_amount(spec, spec->min);
    g_autofree char *max = NULL;

    if (!param_is_bounded(spec) && !is_probability)
        return g_strdup_printf("%s or more", min);
    max = param_format_amount(spec, param_is_bounded(spec) ? spec->max : RANDOM_ALWAYS);
    return g_strdup_printf("%s to %s", min, max);
}

static char *param_format_limit_bounds(const ParamSpec *spec)
{
    GString *bounds = g_string_new(NULL);

    for (LimitUnit unit = LIMIT_TIME; unit <= LIMIT_PACKETS; unit++) {
        g_autofree char *min = quantity_format_limit((Limit){unit, spec->min});
        g_autofree char *max = quantity_format_limit((Limit){unit, spec->max});

        if (unit > LIMIT_TIME)
            g_string_append(bounds, unit == LIMIT_PACKETS ? ", or " : ", ");
        g_string_append(bounds, min);
        g_string_append_printf(bounds, param_is_bounded(spec) ? " to %s" : " or more", max);
    }
    return g_string_free(bounds, FALSE);
}

enum { PARAM_TOLD_WORDS = 3 }; // of more words a range does not tell the amounts

// Adds ", or ethernet (24B)".
static void param_add_words(const ParamSpec *spec, GString *range)
{
    unsigned n_words = 0;

    while (spec->words != NULL && spec->words[n_words].word != NULL)
        n_words++;
    for (unsigned i = 0; i < n_words; i++) {
        bool is_told = n_words <= PARAM_TOLD_WORDS;
        const char *separator = is_told || i == 0 ? ", or " : i + 1 < n_words ? ", " : " or ";

        g_string_append_printf(range, "%s%s", separator, spec->words[i].word);
        if (is_told && param_word_is_amount(spec, &spec->words[i])) {
            g_autofree char *amount = param_format_amount(spec, spec->words[i].amount);

            g_string_append_printf(range, " (%s)", amount);
        }
    }
}

char *param_range(const ParamSpec *spec)
{
    GString *range;
    g_autofree char *bounds = NULL;

    if (spec->type == PARAM_BOOLEAN)
        return g_strdup("yes or no");
    if (spec->type == PARAM_CHOICE)
        return param_list(spec->choices);
    if (spec->type == PARAM_RATIO)
        return g_strdup("a number from 0 to 1, as 1e-9");
    if (spec->type == PARAM_OBJECT)
        bounds = g_strdup(spec->object_class->noun);
    else
        bounds =
            spec->type == PARAM_LIMIT ? param_format_limit_bounds(spec) : param_format_bounds(spec);
    range = g_string_new(bounds);
    param_add_words(spec, range);
    return g_string_free(range, FALSE);
}
