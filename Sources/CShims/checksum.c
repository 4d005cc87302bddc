#include "include/checksum.h"

#include <pthread.h>
#include <string.h>

// Slicing by eight: table[k][b] is the effect of byte b followed by k zero bytes.
static uint32_t table[8][256];
static pthread_once_t table_once = PTHREAD_ONCE_INIT;

static void make_table(void) {
    for (uint32_t byte = 0; byte < 256; byte++) {
        uint32_t crc = byte;
        for (int bit = 0; bit < 8; bit++) crc = (crc >> 1) ^ ((crc & 1) ? 0x82F63B78u : 0);
        table[0][byte] = crc;
    }
    for (int zeros = 1; zeros < 8; zeros++)
        for (int byte = 0; byte < 256; byte++) {
            uint32_t previous = table[zeros - 1][byte];
            table[zeros][byte] = (previous >> 8) ^ table[0][previous & 0xFF];
        }
}

uint32_t dcs_crc32c_portable(uint32_t crc, const void *bytes, size_t length) {
    pthread_once(&table_once, make_table);
    const uint8_t *p = bytes;
    crc = ~crc;
    while (length >= 8) {
        uint32_t low = crc ^ ((uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
                              (uint32_t)p[3] << 24);
        crc = table[7][low & 0xFF] ^ table[6][(low >> 8) & 0xFF] ^ table[5][(low >> 16) & 0xFF] ^
              table[4][low >> 24] ^ table[3][p[4]] ^ table[2][p[5]] ^ table[1][p[6]] ^
              table[0][p[7]];
        p += 8;
        length -= 8;
    }
    while (length--) crc = table[0][(crc ^ *p++) & 0xFF] ^ (crc >> 8);
    return ~crc;
}

#if defined(__x86_64__)
#include <nmmintrin.h>
#define HARDWARE_TARGET __attribute__((target("sse4.2")))
#define CRC_8(crc, p) _mm_crc32_u64(crc, load64(p))
#define CRC_1(crc, p) _mm_crc32_u8((uint32_t)(crc), *(p))
static int instruction_present(void) { return __builtin_cpu_supports("sse4.2"); }
#elif defined(__aarch64__)
#include <arm_acle.h>
#include <sys/auxv.h>
#define HARDWARE_TARGET __attribute__((target("+crc")))
#define CRC_8(crc, p) __crc32cd((uint32_t)(crc), load64(p))
#define CRC_1(crc, p) __crc32cb((uint32_t)(crc), *(p))
static int instruction_present(void) { return (getauxval(AT_HWCAP) & (1UL << 7)) != 0; }
#endif

#ifdef HARDWARE_TARGET
static inline uint64_t load64(const uint8_t *p) {
    uint64_t word;
    memcpy(&word, p, 8);
    return word;
}

HARDWARE_TARGET
static uint32_t crc32c_instruction(uint32_t start, const void *bytes, size_t length) {
    const uint8_t *p = bytes;
    uint64_t crc = (uint32_t)~start;
    while (length >= 8) {
        crc = CRC_8(crc, p);
        p += 8;
        length -= 8;
    }
    while (length--) {
        crc = CRC_1(crc, p);
        p++;
    }
    return ~(uint32_t)crc;
}

// 0 unknown, 1 absent, 2 present. Every thread computes the same answer, so a race is harmless.
static int instruction_state;

int dcs_crc32c_is_hardware(void) {
    int state = __atomic_load_n(&instruction_state, __ATOMIC_RELAXED);
    if (state == 0) {
        state = instruction_present() ? 2 : 1;
        __atomic_store_n(&instruction_state, state, __ATOMIC_RELAXED);
    }
    return state == 2;
}

uint32_t dcs_crc32c(uint32_t crc, const void *bytes, size_t length) {
    return dcs_crc32c_is_hardware() ? crc32c_instruction(crc, bytes, length)
                                    : dcs_crc32c_portable(crc, bytes, length);
}
#else
int dcs_crc32c_is_hardware(void) { return 0; }
uint32_t dcs_crc32c(uint32_t crc, const void *bytes, size_t length) {
    return dcs_crc32c_portable(crc, bytes, length);
}
#endif
