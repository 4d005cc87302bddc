// What the kernel tells of this process.
#ifndef DCS_PROCESS_FIGURES_H
#define DCS_PROCESS_FIGURES_H

#include <stdint.h>

struct dcs_process_figures {
    double cpu_seconds;
    /// Since the machine was started.
    double start_seconds;
    uint64_t resident_bytes;
    uint64_t virtual_bytes;
    uint64_t threads;
    uint64_t open_files;
    uint64_t open_files_max;
};

/// Seconds since 1970 at which the machine was started, 0 where /proc is missing.
double dcs_boot_seconds(void);

/// Reads /proc; -1 where it is missing or not understood.
int dcs_read_process_figures(struct dcs_process_figures *figures);

#endif
