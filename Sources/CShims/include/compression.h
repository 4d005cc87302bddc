// LZ4 and zstd as the block codec calls them; every function gives 0 or less for "no".
#ifndef DCS_COMPRESSION_H
#define DCS_COMPRESSION_H

#include <stddef.h>
#include <stdint.h>

size_t dcs_compress_bound(size_t count);

int64_t dcs_lz4_compress(const void *source, size_t count, void *target, size_t room);
/// Decompresses at least `wanted` of the `room` raw bytes; more may have been written.
int64_t dcs_lz4_decompress(
    const void *source, size_t count, void *target, size_t wanted, size_t room);

int64_t dcs_zstd_compress(const void *source, size_t count, void *target, size_t room);
int64_t dcs_zstd_decompress(const void *source, size_t count, void *target, size_t room);

#endif
