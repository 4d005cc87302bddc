#ifndef DCS_CSHIMS_H
#define DCS_CSHIMS_H

#include "checksum.h"
#include "compression.h"
#include "linux_calls.h"
#include "process_figures.h"
#include "tag_match.h"

#endif
