// SPDX-License-Identifier: Apache-2.0
// Reads and writes the fields that parameter tables describe; core/param_text.c words them.
#include "core/param.h"

#include <string.h>

#include "core/scale.h"

const ParamWord param_none_words[] = {{"none", PARAM_NO_AMOUNT}, {NULL, 0}};

// Whether `amount`, parsed from `text`, is in the range of `spec`.
static bool param_check(const ParamSpec *spec, uint64_t amount, const char *text, GError **error)
{
    g_autofree char *range = NULL;

    if (amount >= spec->min && (!param_is_bounded(spec) || amount <= spec->max))
        return true;
    range = param_range(spec);
    return quantity_fail(error, QUANTITY_ERROR_RANGE, text, "is out of range: write %s", range);
}

// Says what would be right of what is no number at all: a number, or one of the words. False.
static bool param_add_range(const ParamSpec *spec, GError **error)
{
    g_autofree char *range = NULL;
    g_autofree char *message = NULL;

    if (error == NULL || !g_error_matches(*error, QUANTITY_ERROR, QUANTITY_ERROR_NUMBER))
        return false;
    range = param_range(spec);
    message = g_strdup_printf("%s: write %s", (*error)->message, range);
    g_clear_error(error);
    g_set_error_literal(error, QUANTITY_ERROR, QUANTITY_ERROR_NUMBER, message);
    return false;
}

// The letters of a choice or boolean that was not understood.
static bool param_fail_choice(const ParamSpec *spec, const char *text,
                              const char *const *candidates, GError **error)
{
    const char *nearest = param_nearest(text, candidates);
    g_autofree char *range = param_range(spec);

    if (nearest != NULL)
        return quantity_fail(error, QUANTITY_ERROR_FORM, text,
                             "is unknown: did you mean \"%s\"? Write %s", nearest, range);
    return quantity_fail(error, QUANTITY_ERROR_FORM, text, "is unknown: write %s", range);
}

static bool param_parse_boolean(const ParamSpec *spec, const char *text, bool *value,
                                GError **error)
{
    // What YAML 1.1 calls a boolean: the even ones are true.
    static const char *const words[] = {"yes", "no", "true", "false", "on", "off", NULL};

    for (unsigned i = 0; words[i] != NULL; i++) {
        if (g_ascii_strcasecmp(text, words[i]) == 0) {
            *value = i % 2 == 0;
            return true;
        }
    }
    return param_fail_choice(spec, text, words, error);
}

static bool param_parse_choice(const ParamSpec *spec, const char *text, int *value, GError **error)
{
    for (int i = 0; spec->choices[i] != NULL; i++) {
        if (strcmp(text, spec->choices[i]) == 0) {
            *value = i;
            return true;
        }
    }
    return param_fail_choice(spec, text, spec->choices, error);
}

static const ParamWord *param_find_word(const ParamSpec *spec, const char *text)
{
    for (const ParamWord *word = spec->words; word != NULL && word->word != NULL; word++) {
        if (strcmp(word->word, text) == 0)
            return word;
    }
    return NULL;
}

bool param_has_word(const ParamSpec *spec, const char *text)
{
    return param_find_word(spec, text) != NULL;
}

// The amount that `text` says, for the types that are one unsigned number.
static bool param_parse_amount(const ParamSpec *spec, const char *text, uint64_t *amount,
                               GError **error)
{
    const ParamWord *word = param_find_word(spec, text);
    int64_t ns = 0;
    bool parsed;

    if (word != NULL) {
        *amount = word->amount;
        return true;
    }
    if (spec->type == PARAM_DURATION) {
        parsed = quantity_parse_duration_ns(text, &ns, error);
        *amount = (uint64_t)ns;
    } else if (spec->type == PARAM_RATE) {
        parsed = quantity_parse_rate_bps(text, amount, error);
    } else if (spec->type == PARAM_SIZE) {
        parsed = quantity_parse_size_bytes(text, amount, error);
    } else if (spec->type == PARAM_PROBABILITY) {
        parsed = quantity_parse_probability(text, amount, error);
    } else if (spec->type == PARAM_RATIO) {
        parsed = quantity_parse_ratio(text, amount, error);
    } else if (spec->type == PARAM_DECIMAL) {
        parsed = quantity_parse_decimal(text, amount, error);
    } else {
        parsed = quantity_parse_count(text, amount, error);
    }
    if (!parsed)
        return param_add_range(spec, error);
    return param_check(spec, *amount, text, error);
}

ParamObject *param_object_new(const ParamObjectClass *class, const char *name, const char *text,
                              size_t n_bytes, GError **error)
{
    ParamObject *object = class->parse(name, text, n_bytes, error);

    if (object == NULL)
        return NULL;
    object->class = class;
    object->source = g_strdup(name);
    object->n_references = 1;
    return object;
}

ParamObject *param_object_ref(ParamObject *object)
{
    g_atomic_int_inc(&object->n_references);
    return object;
}

void param_object_unref(ParamObject *object)
{
    if (object == NULL || !g_atomic_int_dec_and_test(&object->n_references))
        return;
    g_free(object->source);
    object->class->free(object);
}

void param_set_object(const ParamSpec *spec, void *config, ParamObject *object)
{
    ParamObject **field = (ParamObject **)((char *)config + spec->offset);
    ParamObject *before = *field;

    g_assert(object == NULL || object->class == spec->object_class);
    *field = object != NULL ? param_object_ref(object) : NULL;
    param_object_unref(before);
}

static ParamObject *param_object(const ParamSpec *spec, const void *config)
{
    return spec->type == PARAM_OBJECT ? *(ParamObject *const *)((const char *)config + spec->offset)
                                      : NULL;
}

void param_ref_objects(const ParamSpec *table, const void *config)
{
    for (const ParamSpec *spec = table; spec->name != NULL; spec++) {
        ParamObject *object = param_object(spec, config);

        if (object != NULL)
            param_object_ref(object);
    }
}

void param_unref_objects(const ParamSpec *table, const void *config)
{
    for (const ParamSpec *spec = table; spec->name != NULL; spec++)
        param_object_unref(param_object(spec, config));
}

static bool param_set_object_text(const ParamSpec *spec, void *config, const char *text,
                                  GError **error)
{
    ParamObject *object;

    if (param_has_word(spec, text)) {
        param_set_object(spec, config, NULL);
        return true;
    }
    if (spec->object_class->from_file)
        return quantity_fail(error, QUANTITY_ERROR_FORM, text,
                             "names a file, which only a scenario can: put it there");
    object = param_object_new(spec->object_class, text, text, strlen(text), error);
    if (object == NULL)
        return false;
    param_set_object(spec, config, object);
    param_object_unref(object);
    return true;
}

static size_t param_field_bytes(const ParamSpec *spec)
{
    switch (spec->type) {
    case PARAM_BOOLEAN:
        return sizeof(bool);
    case PARAM_CHOICE:
        return sizeof(int);
    case PARAM_LIMIT:
        return sizeof(Limit);
    case PARAM_OBJECT:
        return sizeof(ParamObject *);
    case PARAM_DURATION:
    case PARAM_RATE:
    case PARAM_SIZE:
    case PARAM_PROBABILITY:
    case PARAM_COUNT:
    case PARAM_RATIO:
    case PARAM_DECIMAL:
        return sizeof(uint64_t);
    }
    g_assert_not_reached();
}

void param_copy(const ParamSpec *spec, void *to, const void *from)
{
    if (spec->type == PARAM_OBJECT)
        param_set_object(spec, to, param_object(spec, from));
    else
        memcpy((char *)to + spec->offset, (const char *)from + spec->offset,
               param_field_bytes(spec));
}

// The number in a field, false where there is none or it stands for an absence.
static bool param_number(const ParamSpec *spec, const void *config, Limit *number)
{
    const void *field = (const char *)config + spec->offset;

    switch (spec->type) {
    case PARAM_BOOLEAN:
    case PARAM_CHOICE:
    case PARAM_OBJECT:
        return false;
    case PARAM_LIMIT:
        *number = *(const Limit *)field;
        break;
    case PARAM_DURATION:
    case PARAM_RATE:
    case PARAM_SIZE:
    case PARAM_PROBABILITY:
    case PARAM_COUNT:
    case PARAM_RATIO:
    case PARAM_DECIMAL:
        *number = (Limit){.amount = *(const uint64_t *)field};
        break;
    }
    return number->amount >= spec->min && number->amount != PARAM_NO_AMOUNT;
}

bool param_interpolate(const ParamSpec *spec, void *config, const void *from, const void *to,
                       uint64_t part, uint64_t whole)
{
    void *field = (char *)config + spec->offset;
    Limit first = {0}, last = {0};

    g_assert(part <= whole && whole > 0);
    if (!param_number(spec, from, &first) || !param_number(spec, to, &last) ||
        first.unit != last.unit)
        return false;
    if (last.amount >= first.amount)
        first.amount += scale(last.amount - first.amount, part, whole);
    else
        first.amount -= scale(first.amount - last.amount, part, whole);
    if (spec->type == PARAM_LIMIT)
        *(Limit *)field = first;
    else
        *(uint64_t *)field = first.amount;
    return true;
}

bool param_set(const ParamSpec *spec, void *config, const char *text, GError **error)
{
    void *field = (char *)config + spec->offset;
    uint64_t amount;
    Limit limit;

    switch (spec->type) {
    case PARAM_OBJECT:
        return param_set_object_text(spec, config, text, error);
    case PARAM_BOOLEAN:
        return param_parse_boolean(spec, text, field, error);
    case PARAM_CHOICE:
        return param_parse_choice(spec, text, field, error);
    case PARAM_LIMIT:
        if (!quantity_parse_limit(text, &limit, error))
            return param_add_range(spec, error);
        if (!param_check(spec, limit.amount, text, error))
            return false;
        *(Limit *)field = limit;
        return true;
    case PARAM_DURATION:
        if (!param_parse_amount(spec, text, &amount, error))
            return false;
        *(int64_t *)field = (int64_t)amount;
        return true;
    case PARAM_RATE:
    case PARAM_SIZE:
    case PARAM_PROBABILITY:
    case PARAM_COUNT:
    case PARAM_RATIO:
    case PARAM_DECIMAL:
        if (!param_parse_amount(spec, text, &amount, error))
            return false;
        *(uint64_t *)field = amount;
        return true;
    }
    g_assert_not_reached();
}

void param_set_fallbacks(const ParamSpec *table, void *config)
{
    for (const ParamSpec *spec = table; spec->name != NULL; spec++) {
        g_autoptr(GError) error = NULL;

        if (spec->fallback != NULL && !param_set(spec, config, spec->fallback, &error))
            g_error("the fallback of the parameter %s: %s", spec->name, error->message);
    }
}

const ParamSpec *param_find(const ParamSpec *table, const char *name)
{
    for (const ParamSpec *spec = table; spec->name != NULL; spec++) {
        if (strcmp(spec->name, name) == 0)
            return spec;
    }
    return NULL;
}

enum { NEAREST_MAX_BYTES = 64 }; // longer words are like nothing

// Damerau's distance with adjacent transpositions (optimal string alignment): the fewest letters
// inserted, left out, changed or swapped that make `a` of `b`. Both are at most NEAREST_MAX_BYTES.
static size_t param_distance(const char *a, size_t a_bytes, const char *b, size_t b_bytes)
{
    size_t rows[3][NEAREST_MAX_BYTES + 1]; // this one, the one above, and the one above that

    for (size_t j = 0; j <= b_bytes; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= a_bytes; i++) {
        size_t *row = rows[i % 3];
        const size_t *above = rows[(i + 2) % 3], *above_twice = rows[(i + 1) % 3];

        row[0] = i;
        for (size_t j = 1; j <= b_bytes; j++) {
            size_t changed = above[j - 1] + (a[i - 1] != b[j - 1]);

            row[j] = MIN(changed, MIN(above[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = MIN(row[j], above_twice[j - 2] + 1);
        }
    }
    return rows[a_bytes % 3][b_bytes];
}

const char *param_nearest(const char *word, const char *const *candidates)
{
    size_t word_bytes = strlen(word);
    size_t least = MAX(2, word_bytes / 3) + 1;
    const char *nearest = NULL;

    if (word_bytes > NEAREST_MAX_BYTES)
        return NULL;
    for (; *candidates != NULL; candidates++) {
        size_t candidate_bytes = strlen(*candidates);
        size_t distance;

        if (candidate_bytes > NEAREST_MAX_BYTES || candidate_bytes >= word_bytes + least ||
            word_bytes >= candidate_bytes + least)
            continue;
        distance = param_distance(word, word_bytes, *candidates, candidate_bytes);
        if (distance < least && distance < MAX(word_bytes, candidate_bytes)) {
            least = distance;
            nearest = *candidates;
        }
    }
    return nearest;
}
