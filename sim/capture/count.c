// SPDX-License-Identifier: Apache-2.0
#include "sim/capture/count.h"

#include <pcap/pcap.h>

static bool count_refuse(GError **error, const char *path, const char *reason)
{
    g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_FAILED, "%s: %s", path, reason);
    return false;
}

static bool count_all(pcap_t *pcap, const char *path, uint64_t *n_frames, GError **error)
{
    struct pcap_pkthdr *header;
    const u_char *bytes;
    int status;

    for (*n_frames = 0; (status = pcap_next_ex(pcap, &header, &bytes)) == 1;)
        ++*n_frames;
    return status == PCAP_ERROR_BREAK || count_refuse(error, path, pcap_geterr(pcap));
}

bool capture_count_frames(const char *path, const char *filter, uint64_t *n_frames, GError **error)
{
    char reason[PCAP_ERRBUF_SIZE];
    pcap_t *pcap = pcap_open_offline(path, reason);
    struct bpf_program program;
    bool good;

    if (pcap == NULL) {
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_FAILED, "%s", reason);
        return false;
    }
    if (filter != NULL) {
        good = pcap_compile(pcap, &program, filter, 1, PCAP_NETMASK_UNKNOWN) == 0;
        if (!good || pcap_setfilter(pcap, &program) != 0) {
            count_refuse(error, path, pcap_geterr(pcap));
            pcap_close(pcap);
            return false;
        }
        pcap_freecode(&program);
    }
    good = count_all(pcap, path, n_frames, error);
    pcap_close(pcap);
    return good;
}
