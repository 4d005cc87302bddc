#ifndef DCS_STEMMER_SHIM_H
#define DCS_STEMMER_SHIM_H
#include <libstemmer.h>
#endif
