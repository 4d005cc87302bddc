// Linux calls and constants that the Glibc module does not import.
#ifndef DCS_LINUX_CALLS_H
#define DCS_LINUX_CALLS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/// Reads only what the page cache holds; -1 with EAGAIN where the disk would be asked.
ssize_t dcs_pread_cached(int fd, void *buffer, size_t length, off_t offset);

/// The flag of `open` for reads past the page cache.
int dcs_direct_flag(void);

/// Allocates the range and keeps the file at least that long.
int dcs_allocate(int fd, off_t offset, off_t length);

/// Makes the pages of a shared mapping present and writable before they are touched.
/// Where the kernel cannot (before 5.14), reads one byte of each page instead.
int dcs_populate_write(void *address, size_t length);

/// Drops the pages of a mapping from the process; the file keeps them.
int dcs_release_pages(void *address, size_t length);

/// Takes address space for zeroed private memory; NULL where there is none.
void *dcs_reserve(size_t length);
void dcs_unreserve(void *address, size_t length);

/// Asks for huge pages; advice only.
int dcs_prefer_huge_pages(void *address, size_t length);

/// Whole-file advisory lock that dies with the process; -1 with EWOULDBLOCK where held.
int dcs_lock_exclusive(int fd);

/// Resident bytes of this process, 0 where /proc is missing.
uint64_t dcs_resident_bytes(void);

/// Gives memory that the allocator keeps but nobody uses back to the system.
void dcs_trim_memory(void);

/// Names the calling thread for debuggers; at most 15 bytes are kept.
void dcs_name_thread(const char *name);

/// Lets the calling thread run after those of ordinary priority where processors are short.
void dcs_lower_priority(void);

/// Processor time of the calling thread in nanoseconds, and how often it was made to leave a
/// processor for another.
void dcs_thread_use(uint64_t *nanoseconds, uint64_t *preemptions);

/// Sleeps while the word at `address` is `expected`; may return early.
void dcs_futex_wait(const void *address, uint32_t expected);
void dcs_futex_wake_one(const void *address);

static inline void dcs_pause(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

static inline void dcs_prefetch(const void *address) { __builtin_prefetch(address, 0, 3); }

/// Clears bits of a word that other threads clear too; returns the word as it was.
static inline uint64_t dcs_atomic_clear(uint64_t *word, uint64_t bits) {
    return __atomic_fetch_and(word, ~bits, __ATOMIC_RELAXED);
}

static inline uint64_t dcs_atomic_load(const uint64_t *word) {
    return __atomic_load_n(word, __ATOMIC_RELAXED);
}

static inline uint32_t dcs_atomic_load32(const uint32_t *word) {
    return __atomic_load_n(word, __ATOMIC_RELAXED);
}

#endif
