#define _GNU_SOURCE
#include "include/linux_calls.h"

#include <malloc.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif
#ifndef RWF_NOWAIT
#define RWF_NOWAIT 0x00000008
#endif

ssize_t dcs_pread_cached(int fd, void *buffer, size_t length, off_t offset) {
    struct iovec part = {buffer, length};
    ssize_t count = preadv2(fd, &part, 1, offset, RWF_NOWAIT);
    if (count < 0 && (errno == EOPNOTSUPP || errno == ENOSYS)) errno = EAGAIN;
    return count;
}

int dcs_direct_flag(void) { return O_DIRECT; }

int dcs_allocate(int fd, off_t offset, off_t length) { return fallocate(fd, 0, offset, length); }

int dcs_populate_write(void *address, size_t length) {
    if (madvise(address, length, MADV_POPULATE_WRITE) == 0) return 0;
    if (errno != EINVAL) return -1;
    volatile char *bytes = address;
    for (size_t at = 0; at < length; at += 4096) (void)bytes[at];
    return 0;
}

int dcs_release_pages(void *address, size_t length) {
    return madvise(address, length, MADV_DONTNEED);
}

void *dcs_reserve(size_t length) {
    int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
    void *address = mmap(NULL, length, PROT_READ | PROT_WRITE, flags, -1, 0);
    return address == MAP_FAILED ? NULL : address;
}

void dcs_unreserve(void *address, size_t length) { munmap(address, length); }

int dcs_prefer_huge_pages(void *address, size_t length) {
    return madvise(address, length, MADV_HUGEPAGE);
}

int dcs_lock_exclusive(int fd) { return flock(fd, LOCK_EX | LOCK_NB); }

void dcs_trim_memory(void) { malloc_trim(0); }

uint64_t dcs_resident_bytes(void) {
    FILE *file = fopen("/proc/self/statm", "re");
    if (!file) return 0;
    unsigned long long total = 0, resident = 0;
    int fields = fscanf(file, "%llu %llu", &total, &resident);
    fclose(file);
    return fields == 2 ? resident * (uint64_t)sysconf(_SC_PAGESIZE) : 0;
}

void dcs_name_thread(const char *name) { prctl(PR_SET_NAME, name, 0, 0, 0); }

void dcs_futex_wait(const void *address, uint32_t expected) {
    syscall(SYS_futex, address, FUTEX_WAIT_PRIVATE, expected, NULL, NULL, 0);
}

void dcs_futex_wake_one(const void *address) {
    syscall(SYS_futex, address, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

void dcs_lower_priority(void) {
    // On Linux a nice value belongs to a thread, and thread 0 is the calling one.
    setpriority(PRIO_PROCESS, 0, 10);
}

void dcs_thread_use(uint64_t *nanoseconds, uint64_t *preemptions) {
    struct timespec time = {0, 0};
    struct rusage usage = {0};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    getrusage(RUSAGE_THREAD, &usage);
    *nanoseconds = (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
    *preemptions = (uint64_t)usage.ru_nivcsw;
}
