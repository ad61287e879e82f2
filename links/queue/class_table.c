// SPDX-License-Identifier: Apache-2.0
// A frame's headers are found once; then the classes are asked in order, by a bit of their DSCPs
// and by their few rules.
#include "links/queue/class_table.h"

#include <string.h>

#include "core/packet.h"
#include "core/quote.h"

enum { N_DSCPS = 64, DSCP_SHIFT = 2, PROTOCOL_ICMP = 1, PROTOCOL_ICMP6 = 58 };

typedef struct {
    const char *name;
    unsigned dscp;
} DscpName;

static const DscpName dscp_names[] = {
    {"df", 0},    {"be", 0},    {"le", 1},    {"cs0", 0},   {"cs1", 8},
    {"cs2", 16},  {"cs3", 24},  {"cs4", 32},  {"cs5", 40},  {"cs6", 48},
    {"cs7", 56},  {"af11", 10}, {"af12", 12}, {"af13", 14}, {"af21", 18},
    {"af22", 20}, {"af23", 22}, {"af31", 26}, {"af32", 28}, {"af33", 30},
    {"af41", 34}, {"af42", 36}, {"af43", 38}, {"va", 44},   {"ef", 46},
};

static const char *const protocol_words[] = {
    [CLASS_ANY] = "any", [CLASS_TCP] = "tcp", [CLASS_UDP] = "udp", [CLASS_ICMP] = "icmp"};

G_GNUC_PRINTF(2, 3)
static bool class_fail(GError **error, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    if (error != NULL)
        *error = g_error_new_valist(QUANTITY_ERROR, QUANTITY_ERROR_FORM, format, arguments);
    va_end(arguments);
    return false;
}

// Takes the first word off `*rest`; NULL at its end. The caller frees it.
static char *class_word(const char **rest)
{
    const char *start = *rest + strspn(*rest, " \t\n");
    size_t n_letters = strcspn(start, " \t\n");

    *rest = start + n_letters;
    return n_letters > 0 ? g_ascii_strdown(start, (gssize)n_letters) : NULL;
}

static bool class_parse_dscp(const char *word, uint64_t *dscps)
{
    uint64_t number;

    for (unsigned i = 0; i < G_N_ELEMENTS(dscp_names); i++) {
        if (strcmp(word, dscp_names[i].name) == 0) {
            *dscps |= UINT64_C(1) << dscp_names[i].dscp;
            return true;
        }
    }
    if (!quantity_parse_count(word, &number, NULL) || number >= N_DSCPS)
        return false;
    *dscps |= UINT64_C(1) << number;
    return true;
}

// "tcp", "udp port 53", "port 443".
static bool class_parse_rule(TrafficClass *class, const char *text, GError **error)
{
    const char *rest = text;
    g_autofree char *word = class_word(&rest);
    ClassRule rule = {CLASS_ANY, 0};

    for (int i = CLASS_TCP; i <= CLASS_ICMP; i++)
        if (strcmp(word, protocol_words[i]) == 0)
            rule.protocol = (ClassProtocol)i;
    if (rule.protocol != CLASS_ANY) {
        g_free(word);
        word = class_word(&rest);
    }
    if (word != NULL) {
        g_autofree char *number = class_word(&rest);
        g_autofree char *more = class_word(&rest);
        g_autofree char *quote = quote_new(text);
        uint64_t port;

        if (strcmp(word, "port") != 0 || number == NULL || more != NULL ||
            rule.protocol == CLASS_ICMP || !quantity_parse_count(number, &port, NULL) ||
            port == 0 || port > UINT16_MAX)
            return class_fail(error,
                              "%s chooses no traffic: a DSCP (ef, af41, cs1, le, 0 to 63), "
                              "tcp, udp, icmp, or [tcp|udp] port 1 to 65535",
                              quote);
        rule.port = (uint16_t)port;
    }
    if (class->n_rules == CLASS_TABLE_MAX_RULES)
        return class_fail(error, "a class has no more than %d protocols and ports",
                          CLASS_TABLE_MAX_RULES);
    class->rules[class->n_rules++] = rule;
    return true;
}

static bool class_parse_selector(TrafficClass *class, const char *text, bool *is_default,
                                 GError **error)
{
    g_auto(GStrv) choices = g_strsplit(*text != '\0' ? text : " ", "|", -1);

    *is_default = false;
    for (char **choice = choices; *choice != NULL; choice++) {
        const char *rest = g_strstrip(*choice);
        g_autofree char *word = class_word(&rest);
        bool is_alone = rest[strspn(rest, " \t\n")] == '\0';

        if (word == NULL)
            return class_fail(error, "a class needs traffic in front of its colon");
        if (is_alone && strcmp(word, "default") == 0)
            *is_default = true;
        else if ((!is_alone || !class_parse_dscp(word, &class->dscps)) &&
                 !class_parse_rule(class, *choice, error))
            return false;
    }
    return true;
}

static bool class_parse_limit(TrafficClass *class, const char *text, GError **error)
{
    if (*text == '\0')
        return class_fail(error, "limit needs an amount, such as 50ms or 100 packets");
    if (!quantity_parse_limit(text, &class->limit, error))
        return false;
    return class->limit.amount != 0 || class_fail(error, "limit 0 would let nothing through");
}

// "strict", "weight 3", either with "limit 50ms" behind it.
static bool class_parse_service(TrafficClass *class, const char *text, GError **error)
{
    const char *rest = text;
    g_autofree char *word = class_word(&rest);
    g_autofree char *next = NULL;
    g_autofree char *quote = NULL;

    if (word != NULL && strcmp(word, "strict") == 0) {
        class->is_strict = true;
    } else if (word != NULL && strcmp(word, "weight") == 0) {
        g_autofree char *number = class_word(&rest);
        uint64_t weight = 0;

        if (number == NULL || !quantity_parse_count(number, &weight, NULL) || weight < 1 ||
            weight > CLASS_TABLE_MAX_WEIGHT)
            return class_fail(error, "a weight is a number from 1 to %d", CLASS_TABLE_MAX_WEIGHT);
        class->weight = (unsigned)weight;
    } else {
        quote = quote_new(word != NULL ? word : "");
        return class_fail(error, "%s is no service: strict or weight N", quote);
    }
    next = class_word(&rest);
    if (next == NULL)
        return true;
    if (strcmp(next, "limit") == 0)
        return class_parse_limit(class, rest + strspn(rest, " \t\n"), error);
    quote = quote_new(next);
    return class_fail(error, "behind its service a class may have a limit, not %s", quote);
}

static bool rule_covers(const ClassRule *rule, const ClassRule *other)
{
    return (rule->protocol == CLASS_ANY || rule->protocol == other->protocol) &&
           (rule->port == 0 || rule->port == other->port);
}

// Whether the classes so far leave `class`, behind them, all traffic that it names.
static bool class_table_leaves(const ClassTable *table, const TrafficClass *class)
{
    for (unsigned i = 0; i < table->n_classes; i++) {
        const TrafficClass *before = &table->classes[i];

        if ((before->dscps & class->dscps) != 0)
            return false;
        for (unsigned j = 0; j < before->n_rules * class->n_rules; j++)
            if (rule_covers(&before->rules[j / class->n_rules], &class->rules[j % class->n_rules]))
                return false;
    }
    return true;
}

static bool class_table_add(ClassTable *table, const char *text, bool *has_default, GError **error)
{
    g_auto(GStrv) sides = g_strsplit(text, ":", 2);
    g_autofree char *quote = quote_new(sides[0] != NULL ? g_strstrip(sides[0]) : "");
    TrafficClass *class = &table->classes[table->n_classes];
    bool is_default;

    // One is kept for the default.
    if (table->n_classes + !*has_default == CLASS_TABLE_MAX_CLASSES)
        return class_fail(error, "no more than %d classes, the default included",
                          CLASS_TABLE_MAX_CLASSES);
    if (sides[0] == NULL || sides[1] == NULL)
        return class_fail(error, "%s is no class: write it as \"ef: strict\"", quote);
    if (!class_parse_selector(class, sides[0], &is_default, error) ||
        !class_parse_service(class, sides[1], error))
        return false;
    if (!class_table_leaves(table, class))
        return class_fail(error,
                          "what is in %s belongs to a class before it already: name each traffic "
                          "once, the narrower first",
                          quote);
    if (is_default && *has_default)
        return class_fail(error, "there is more than one default class");
    if (is_default)
        table->default_class = table->n_classes;
    *has_default |= is_default;
    table->n_classes++;
    return true;
}

bool class_table_parse(ClassTable *table, const char *text, GError **error)
{
    g_auto(GStrv) entries = g_strsplit(text, ",", -1);
    bool has_default = false;

    *table = (ClassTable){.n_classes = 0};
    for (char **entry = entries; *entry != NULL; entry++)
        if (!class_table_add(table, *entry, &has_default, error))
            return false;
    if (table->n_classes == 0)
        return class_fail(error, "there is no class: write it as \"ef: strict\"");
    if (!has_default) {
        table->default_class = table->n_classes;
        table->classes[table->n_classes++].weight = 1;
    }
    return true;
}

static bool class_has_protocol(ClassProtocol wanted, uint8_t protocol)
{
    return wanted == CLASS_ANY || (wanted == CLASS_TCP && protocol == PACKET_PROTOCOL_TCP) ||
           (wanted == CLASS_UDP && protocol == PACKET_PROTOCOL_UDP) ||
           (wanted == CLASS_ICMP && (protocol == PROTOCOL_ICMP || protocol == PROTOCOL_ICMP6));
}

// `ports` are both, 0 for a packet without.
static bool class_has(const TrafficClass *class, unsigned dscp, uint8_t protocol, uint32_t ports)
{
    if ((class->dscps >> dscp & 1) != 0)
        return true;
    for (unsigned i = 0; i < class->n_rules; i++) {
        const ClassRule *rule = &class->rules[i];

        if (class_has_protocol(rule->protocol, protocol) &&
            (rule->port == 0 || rule->port == (uint16_t)ports || rule->port == ports >> 16))
            return true;
    }
    return false;
}

unsigned class_table_find(const ClassTable *table, const Frame *frame)
{
    const uint8_t *bytes = frame_bytes_const(frame);
    uint32_t ports = 0;
    unsigned dscp;
    Packet packet;

    if (!packet_locate(&packet, bytes, frame->length_bytes, !frame->is_bare_ip))
        return table->default_class;
    dscp =
        (uint8_t)(packet_load16(bytes + packet.network_bytes) >> (packet.version == 6 ? 4 : 0)) >>
        DSCP_SHIFT;
    if ((packet.protocol == PACKET_PROTOCOL_TCP || packet.protocol == PACKET_PROTOCOL_UDP) &&
        !packet.is_fragment && packet.transport_bytes + 4U <= frame->length_bytes)
        ports = packet_load32(bytes + packet.transport_bytes);
    for (unsigned i = 0; i < table->n_classes; i++)
        if (class_has(&table->classes[i], dscp, packet.protocol, ports))
            return i;
    return table->default_class;
}
