// CRC32C (Castagnoli), by the processor's instruction where it has one, else by tables.
#ifndef DCS_CHECKSUM_H
#define DCS_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

/// Extends `crc` (0 for a new checksum) over `length` bytes. Chooses the instruction at run time.
uint32_t dcs_crc32c(uint32_t crc, const void *bytes, size_t length);

/// The table-driven form, always available; the reference that tests compare with.
uint32_t dcs_crc32c_portable(uint32_t crc, const void *bytes, size_t length);

/// 1 where `dcs_crc32c` uses the processor's instruction.
int dcs_crc32c_is_hardware(void);

#endif
