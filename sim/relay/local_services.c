// SPDX-License-Identifier: Apache-2.0
// The tables that proc_net(5) describes: a line a socket, addresses as words in the machine's own
// byte order. The kernel shows TCP sockets that listen before all others, and makes the text as it
// is read: so reading on a busy server ends behind them.
#include "sim/relay/local_services.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>

enum { WORD_DIGITS = 8, LINE_BYTES = 512 };

typedef struct {
    ServiceProtocol protocol;
    int family;
    const char *path;
} ServiceTable;

static const ServiceTable service_tables[] = {
    {SERVICE_TCP, AF_INET, "/proc/net/tcp"},
    {SERVICE_TCP, AF_INET6, "/proc/net/tcp6"},
    {SERVICE_UDP, AF_INET, "/proc/net/udp"},
    {SERVICE_UDP, AF_INET6, "/proc/net/udp6"},
};

// Lower is better; only the loopback has ranks at all.
typedef enum { RANK_HOME, RANK_HOME_V6, RANK_OTHER, RANK_NONE } ServiceRank;

static bool address_parse(const char *digits, uint32_t *words, size_t n_words)
{
    if (strlen(digits) != n_words * WORD_DIGITS)
        return false;
    for (size_t i = 0; i < n_words; i++)
        if (sscanf(digits + i * WORD_DIGITS, "%8x", &words[i]) != 1)
            return false;
    return true;
}

static ServiceRank service_reach_v4(LocalService *service, struct in_addr bound)
{
    uint32_t host = ntohl(bound.s_addr);

    if (host != INADDR_ANY && host >> 24 != IN_LOOPBACKNET)
        return RANK_NONE;
    service->address.v4 = (struct sockaddr_in){
        .sin_family = AF_INET,
        .sin_port = htons(service->port),
        .sin_addr.s_addr = host == INADDR_ANY ? htonl(INADDR_LOOPBACK) : bound.s_addr};
    return host == INADDR_ANY || host == INADDR_LOOPBACK ? RANK_HOME : RANK_OTHER;
}

static ServiceRank service_reach_v6(LocalService *service, const struct in6_addr *bound)
{
    struct in_addr mapped;

    if (IN6_IS_ADDR_V4MAPPED(bound)) {
        memcpy(&mapped, &bound->s6_addr[12], sizeof mapped);
        return service_reach_v4(service, mapped);
    }
    if (!IN6_IS_ADDR_UNSPECIFIED(bound) && !IN6_IS_ADDR_LOOPBACK(bound))
        return RANK_NONE;
    service->address.v6 = (struct sockaddr_in6){.sin6_family = AF_INET6,
                                                .sin6_port = htons(service->port),
                                                .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    return RANK_HOME_V6;
}

static ServiceRank service_rank(const LocalService *service)
{
    if (service->address.any.sa_family == AF_INET6)
        return RANK_HOME_V6;
    return service->address.v4.sin_addr.s_addr == htonl(INADDR_LOOPBACK) ? RANK_HOME : RANK_OTHER;
}

static void services_add(GArray *services, const LocalService *service, ServiceRank rank)
{
    for (guint i = 0; i < services->len; i++) {
        LocalService *known = &g_array_index(services, LocalService, i);

        if (known->protocol != service->protocol || known->port != service->port)
            continue;
        if (rank < service_rank(known))
            *known = *service;
        return;
    }
    g_array_append_val(services, *service);
}

// Adds the socket of a line; false behind the last that can be of interest.
static bool services_add_line(GArray *services, ServiceProtocol protocol, int family,
                              const char *line)
{
    // An unconnected UDP socket is shown as closed.
    const unsigned awaited_state = protocol == SERVICE_TCP ? TCP_LISTEN : TCP_CLOSE;
    LocalService service = {.protocol = protocol};
    char digits[4 * WORD_DIGITS + 1];
    unsigned port, state;
    uint32_t words[4];
    ServiceRank rank = RANK_NONE;

    if (sscanf(line, " %*u: %32[0-9A-F]:%x %*[0-9A-F]:%*x %x", digits, &port, &state) != 3)
        return true; // the heading
    if (state != awaited_state)
        return protocol == SERVICE_UDP;
    service.port = (uint16_t)port;
    if (family == AF_INET && address_parse(digits, words, 1))
        rank = service_reach_v4(&service, (struct in_addr){words[0]});
    else if (family == AF_INET6 && address_parse(digits, words, 4))
        rank = service_reach_v6(&service, (const struct in6_addr *)words);
    if (rank != RANK_NONE)
        services_add(services, &service, rank);
    return true;
}

void local_services_add_table(GArray *services, ServiceProtocol protocol, int family,
                              const char *table)
{
    g_auto(GStrv) lines = g_strsplit(table, "\n", -1);

    for (char **line = lines; *line != NULL; line++)
        if (!services_add_line(services, protocol, family, *line))
            return;
}

GArray *local_services_list(void)
{
    GArray *services = g_array_new(FALSE, FALSE, sizeof(LocalService));

    for (size_t i = 0; i < G_N_ELEMENTS(service_tables); i++) {
        const ServiceTable *table = &service_tables[i];
        FILE *file = fopen(table->path, "re");
        char line[LINE_BYTES];

        while (file != NULL && fgets(line, sizeof line, file) != NULL)
            if (!services_add_line(services, table->protocol, table->family, line))
                break;
        if (file != NULL)
            fclose(file);
    }
    return services;
}
