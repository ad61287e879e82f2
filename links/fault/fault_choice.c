// SPDX-License-Identifier: Apache-2.0
// Lists become rising ranges, so that one is found by halving however many there are.
#include "links/fault/fault_choice.h"

#include <string.h>

#include "core/quantity.h"
#include "core/quote.h"

#define FAULT_CHOICE_FORMS                                                                         \
    "\"all\", \"5, 6, 9\", \"10-20\", \"every 7\", \"every 7 from 3\", \"50%\" or \"first per "    \
    "flow\""

static bool choice_fail(GError **error, const char *text, const char *what)
{
    g_autofree char *quote = quote_new(text);

    g_set_error(error, QUANTITY_ERROR, QUANTITY_ERROR_FORM, "%s %s: write %s", quote, what,
                FAULT_CHOICE_FORMS);
    return false;
}

// A number of a frame: digits alone, at least 1.
static bool number_parse(const char *text, uint64_t *number)
{
    return quantity_parse_count(text, number, NULL) && *number > 0;
}

// "5", "10-20" or "100-".
static bool range_parse(const char *text, FaultRange *range)
{
    g_auto(GStrv) ends = g_strsplit(text, "-", 2);

    if (ends[0] == NULL)
        return false;
    g_strstrip(ends[0]);
    if (!number_parse(ends[0], &range->first))
        return false;
    range->last = range->first;
    if (ends[1] == NULL)
        return true;
    g_strstrip(ends[1]);
    if (*ends[1] == '\0')
        range->last = UINT64_MAX;
    else if (!number_parse(ends[1], &range->last))
        return false;
    return range->first <= range->last;
}

static gint range_compare(gconstpointer a, gconstpointer b)
{
    const FaultRange *left = a, *right = b;

    return left->first < right->first ? -1 : left->first > right->first;
}

// Puts what overlaps or touches together.
static void ranges_merge(GArray *ranges)
{
    guint n_merged = 1;

    g_array_sort(ranges, range_compare);
    for (guint i = 1; i < ranges->len; i++) {
        const FaultRange *range = &g_array_index(ranges, FaultRange, i);
        FaultRange *last = &g_array_index(ranges, FaultRange, n_merged - 1);

        if (last->last != UINT64_MAX && range->first > last->last + 1)
            g_array_index(ranges, FaultRange, n_merged++) = *range;
        else
            last->last = MAX(last->last, range->last);
    }
    g_array_set_size(ranges, n_merged);
}

static bool list_parse(FaultChoice *choice, const char *text, GError **error)
{
    g_auto(GStrv) items = g_strsplit(text, ",", -1);
    g_autoptr(GArray) ranges = g_array_new(FALSE, FALSE, sizeof(FaultRange));

    for (char **item = items; *item != NULL; item++) {
        FaultRange range;

        if (!range_parse(*item, &range))
            return choice_fail(error, text, "is no choice of frames");
        g_array_append_val(ranges, range);
    }
    if (ranges->len == 0)
        return choice_fail(error, text, "is no choice of frames");
    ranges_merge(ranges);
    *choice = (FaultChoice){.kind = FAULT_CHOICE_LIST, .n_ranges = ranges->len};
    choice->ranges = g_memdup2(ranges->data, ranges->len * sizeof(FaultRange));
    return true;
}

// "every 7" or "every 7 from 3", in words.
static bool every_parse(FaultChoice *choice, const char *text, char *const *words, GError **error)
{
    *choice = (FaultChoice){.kind = FAULT_CHOICE_EVERY};
    if (words[1] == NULL || !number_parse(words[1], &choice->every))
        return choice_fail(error, text, "is no choice of frames");
    choice->first = choice->every;
    if (words[2] == NULL)
        return true;
    if (strcmp(words[2], "from") != 0 || words[3] == NULL || words[4] != NULL ||
        !number_parse(words[3], &choice->first))
        return choice_fail(error, text, "is no choice of frames");
    return true;
}

// The words of a text with single blanks between them.
static GStrv words_of(const char *text)
{
    GStrv words = g_strsplit_set(text, " \t", -1);
    guint n_words = 0;

    for (guint i = 0; words[i] != NULL; i++) {
        char *word = words[i];

        words[i] = NULL;
        if (*word != '\0')
            words[n_words++] = word;
        else
            g_free(word);
    }
    return words;
}

bool fault_choice_parse(FaultChoice *choice, const char *text, GError **error)
{
    g_auto(GStrv) words = words_of(text);
    g_autofree char *plain = g_strjoinv(" ", words);
    FaultChoice parsed = {.kind = FAULT_CHOICE_ALL};

    if (strcmp(plain, "first per flow") == 0) {
        parsed.kind = FAULT_CHOICE_FIRST_PER_FLOW;
    } else if (g_str_has_prefix(plain, "every")) {
        if (!every_parse(&parsed, text, words, error))
            return false;
    } else if (strchr(plain, '%') != NULL) {
        parsed.kind = FAULT_CHOICE_SHARE;
        if (!quantity_parse_probability(plain, &parsed.share, error))
            return false;
    } else if (strcmp(plain, "all") != 0 && !list_parse(&parsed, text, error)) {
        return false;
    }
    *choice = parsed;
    return true;
}

void fault_choice_clear(FaultChoice *choice)
{
    g_free(choice->ranges);
    *choice = (FaultChoice){.kind = FAULT_CHOICE_ALL};
}

static bool list_has(const FaultChoice *choice, uint64_t number)
{
    size_t low = 0, high = choice->n_ranges;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (number > choice->ranges[middle].last)
            low = middle + 1;
        else
            high = middle;
    }
    return low < choice->n_ranges && number >= choice->ranges[low].first;
}

bool fault_choice_has(const FaultChoice *choice, uint64_t number)
{
    if (choice->kind == FAULT_CHOICE_LIST)
        return list_has(choice, number);
    if (choice->kind == FAULT_CHOICE_EVERY)
        return number >= choice->first && (number - choice->first) % choice->every == 0;
    return choice->kind == FAULT_CHOICE_ALL;
}
