// Preloaded into the program under test: short and interrupted transfers, and a clock that is wrong.
//
// FAULTS_TRANSFERS=N   every Nth pread, preadv2 or pwrite is cut short, and every Nth is interrupted
//                      (EINTR) before it does anything. The rest of the call is the real one.
// FAULTS_CLOCK=PATH    a file that holds seconds as text; they are added to the wall clock. Read
//                      again at most every 10 ms, so that the clock can be stepped under way.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

static long period(void) {
    static _Atomic long known = -1;
    long value = known;
    if (value < 0) {
        const char *text = getenv("FAULTS_TRANSFERS");
        known = value = text ? atol(text) : 0;
    }
    return value;
}

// 0: leave the call alone, 1: cut it short, 2: interrupt it.
static int fate(void) {
    static _Atomic unsigned long calls;
    long every = period();
    if (every <= 0) return 0;
    unsigned long call = ++calls;
    return call % every == 0 ? 1 : call % every == 1 ? 2 : 0;
}

static size_t shortened(size_t count) { return count > 1 ? (count + 1) / 2 : count; }

#define TRANSFER(NAME, POINTER)                                              \
    ssize_t NAME(int fd, POINTER buffer, size_t count, off_t offset) {       \
        static ssize_t (*real)(int, POINTER, size_t, off_t);                 \
        if (!real) real = dlsym(RTLD_NEXT, #NAME);                           \
        int what = fate();                                                   \
        if (what == 2) return errno = EINTR, -1;                             \
        return real(fd, buffer, what == 1 ? shortened(count) : count, offset); \
    }

TRANSFER(pread, void *)
TRANSFER(pread64, void *)
TRANSFER(pwrite, const void *)
TRANSFER(pwrite64, const void *)

ssize_t preadv2(int fd, const struct iovec *parts, int count, off_t offset, int flags) {
    static ssize_t (*real)(int, const struct iovec *, int, off_t, int);
    if (!real) real = dlsym(RTLD_NEXT, "preadv2");
    int what = count == 1 ? fate() : 0;
    if (what == 2) return errno = EINTR, -1;
    struct iovec part = parts[0];
    if (what == 1) part.iov_len = shortened(part.iov_len);
    return count == 1 ? real(fd, &part, 1, offset, flags) : real(fd, parts, count, offset, flags);
}

int fdatasync(int fd) {
    static int (*real)(int);
    if (!real) real = dlsym(RTLD_NEXT, "fdatasync");
    return fate() == 2 ? (errno = EINTR, -1) : real(fd);
}

static int64_t steady_milliseconds(void) {
    struct timespec now;
    syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static long read_offset(const char *path) {
    char text[32] = {0};
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return 0;
    ssize_t count = read(fd, text, sizeof text - 1);
    close(fd);
    return count > 0 ? atol(text) : 0;
}

static long offset_seconds(void) {
    static _Atomic int64_t next;
    static _Atomic long offset;
    const char *path = getenv("FAULTS_CLOCK");
    if (!path) return 0;
    int64_t now = steady_milliseconds();
    if (now >= next) {
        next = now + 10;
        offset = read_offset(path);
    }
    return offset;
}

int clock_gettime(clockid_t clock, struct timespec *time) {
    int result = (int)syscall(SYS_clock_gettime, clock, time);
    if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) {
        time->tv_sec += offset_seconds();
    }
    return result;
}
