#include "base/machine/heap.h"

#include <malloc.h>

namespace actionflow {

void use_one_heap() { mallopt(M_ARENA_MAX, 1); }

void give_back_free_memory() { malloc_trim(0); }

}  // namespace actionflow
