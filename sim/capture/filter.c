// SPDX-License-Identifier: Apache-2.0
// libpcap compiles the expression into a program of the classic Berkeley packet filter and runs it.
#include "sim/capture/filter.h"

#include <pcap/pcap.h>
#include <string.h>

#include "core/quote.h"

enum { FILTER_SNAPLEN_BYTES = 262144 };

struct Filter {
    struct bpf_program program;
};

Filter *filter_new(CaptureLinkType type, const char *text, GError **error)
{
    pcap_t *pcap;
    Filter *filter;

    if (strlen(text) > FILTER_MAX_BYTES) {
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "is longer than %d bytes",
                    FILTER_MAX_BYTES);
        return NULL;
    }
    pcap = pcap_open_dead(type == CAPTURE_ETHERNET ? DLT_EN10MB : DLT_RAW, FILTER_SNAPLEN_BYTES);
    filter = g_new0(Filter, 1);
    if (pcap_compile(pcap, &filter->program, text, 1, PCAP_NETMASK_UNKNOWN) != 0) {
        g_autofree char *quote = quote_new(text);

        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "%s: %s: see pcap-filter(7)", quote,
                    pcap_geterr(pcap));
        g_clear_pointer(&filter, g_free);
    }
    pcap_close(pcap);
    return filter;
}

void filter_free(Filter *filter)
{
    pcap_freecode(&filter->program);
    g_free(filter);
}

bool filter_passes(const Filter *filter, const uint8_t *bytes, uint32_t length_bytes)
{
    const struct pcap_pkthdr whole = {.caplen = length_bytes, .len = length_bytes};

    return pcap_offline_filter(&filter->program, &whole, bytes) != 0;
}
