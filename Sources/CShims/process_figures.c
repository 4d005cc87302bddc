#define _GNU_SOURCE
#include "include/process_figures.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

double dcs_boot_seconds(void) {
    FILE *file = fopen("/proc/stat", "re");
    if (!file) return 0;
    char line[256];
    double seconds = 0;
    while (fgets(line, sizeof line, file)) {
        if (sscanf(line, "btime %lf", &seconds) == 1) break;
    }
    fclose(file);
    return seconds;
}

static uint64_t open_files(void) {
    DIR *folder = opendir("/proc/self/fd");
    if (!folder) return 0;
    uint64_t count = 0;
    for (struct dirent *entry; (entry = readdir(folder));) {
        if (entry->d_name[0] != '.') count++;
    }
    closedir(folder);
    // The one that this folder is read through is not counted.
    return count ? count - 1 : 0;
}

int dcs_read_process_figures(struct dcs_process_figures *figures) {
    FILE *file = fopen("/proc/self/stat", "re");
    if (!file) return -1;
    char line[1024];
    size_t count = fread(line, 1, sizeof line - 1, file);
    fclose(file);
    line[count] = 0;
    // The second field is the program's name in parentheses, which may hold any character.
    char *rest = strrchr(line, ')');
    if (!rest) return -1;
    unsigned long long user, system, threads, start, virtual_bytes, resident_pages;
    int fields = sscanf(
        rest + 1,
        " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu %*d %*d %*d %*d %llu %*d %llu "
        "%llu %llu",
        &user, &system, &threads, &start, &virtual_bytes, &resident_pages);
    if (fields != 6) return -1;
    double ticks = (double)sysconf(_SC_CLK_TCK);
    struct rlimit limit;
    figures->cpu_seconds = (double)(user + system) / ticks;
    figures->start_seconds = (double)start / ticks;
    figures->resident_bytes = resident_pages * (uint64_t)sysconf(_SC_PAGESIZE);
    figures->virtual_bytes = virtual_bytes;
    figures->threads = threads;
    figures->open_files = open_files();
    figures->open_files_max = getrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur : 0;
    return 0;
}
