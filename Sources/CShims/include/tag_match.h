// One probe of the key index: which of the sixteen words of a 64-byte line carry a tag.
#ifndef DCS_TAG_MATCH_H
#define DCS_TAG_MATCH_H

#include <stdint.h>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

/// Bit i is set where the low eight bits of `line[i]` equal `tag`; `line` is 64-byte aligned.
static inline uint32_t dcs_match_tags(const uint32_t *line, uint8_t tag) {
#if defined(__SSE2__)
    const __m128i low = _mm_set1_epi32(0xFF);
    const __m128i wanted = _mm_set1_epi32(tag);
    const __m128i *part = (const __m128i *)line;
    __m128i a = _mm_cmpeq_epi32(_mm_and_si128(_mm_load_si128(part), low), wanted);
    __m128i b = _mm_cmpeq_epi32(_mm_and_si128(_mm_load_si128(part + 1), low), wanted);
    __m128i c = _mm_cmpeq_epi32(_mm_and_si128(_mm_load_si128(part + 2), low), wanted);
    __m128i d = _mm_cmpeq_epi32(_mm_and_si128(_mm_load_si128(part + 3), low), wanted);
    return (uint32_t)_mm_movemask_epi8(
        _mm_packs_epi16(_mm_packs_epi32(a, b), _mm_packs_epi32(c, d)));
#else
    uint32_t bits = 0;
    for (int i = 0; i < 16; i++) bits |= (uint32_t)((line[i] & 0xFF) == tag) << i;
    return bits;
#endif
}

#endif
